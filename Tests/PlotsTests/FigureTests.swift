import Foundation
import Plots
import Testing

#if canImport(FoundationXML)
import FoundationXML
#endif

@Suite("Figures") struct FigureTests {
  private func panel(
    _ points: [PlotPoint], x: Axis = Axis("x"), y: Axis = Axis("y"), label: String? = "a"
  ) -> Panel {
    Panel(
      title: "title", x: x, y: y,
      series: [Series(label, points, color: 1, marker: .circle, line: .solid)])
  }

  /// The elements of a figure's text; fails where it is not well-formed.
  private func parse(_ text: String) throws -> [(name: String, attributes: [String: String])] {
    final class Reader: NSObject, XMLParserDelegate {
      var elements: [(name: String, attributes: [String: String])] = []
      func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
        qualifiedName: String?, attributes: [String: String]
      ) { elements.append((name, attributes)) }
    }
    let (parser, reader) = (XMLParser(data: Data(text.utf8)), Reader())
    parser.delegate = reader
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    return reader.elements
  }

  @Test func textIsWellFormedWhateverLabelsSay() throws {
    let nasty = "a < b & \"c\" > 'd' \u{0} ]]> é −"
    let figure = Figure(
      panels: [
        Panel(
          title: nasty, x: Axis(nasty), y: Axis("f N^{−β/α<} and N_{opt} ^{} {"),
          series: [Series(nasty, [PlotPoint(1, 2, error: 0.5), PlotPoint(2, 3)], line: .dashed)])
      ])
    let text = try figure.svg()
    let elements = try parse(text)
    #expect(elements.first?.name == "svg")
    #expect(elements.contains { $0.name == "tspan" })
    #expect(!text.contains("\u{0}"))
    #expect(try figure.svg() == text)
  }

  @Test func pointsAreWhereTheyBelong() throws {
    let figure = Figure(
      panels: [
        panel(
          [PlotPoint(0, 1), PlotPoint(5, 10), PlotPoint(10, 100)], x: Axis("x", range: 0...10),
          y: Axis("y", scale: .logarithmic, range: 1...100))
      ], columns: 1, frameWidth: 200, frameHeight: 100)
    let layout = FigureLayout(figure)
    let frame = layout.frames[0]
    #expect(frame.width == 200 && frame.height == 100)
    // The line's corners: left bottom, middle, right top.
    let path =
      "M\(text(frame.x)) \(text(frame.y + 100))L\(text(frame.x + 100)) \(text(frame.y + 50))"
      + "L\(text(frame.x + 200)) \(text(frame.y))"
    #expect(try figure.svg().contains("d=\"\(path)\""))
  }

  private func text(_ value: Double) -> String {
    var text = String(format: "%.2f", value)
    while text.hasSuffix("0") { text.removeLast() }
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  @Test func panelsAndLegendDoNotOverlap() throws {
    let points = [PlotPoint(1, -75.0123), PlotPoint(2, -75.0124)]
    var panels = (0..<5).map { panel(points, label: "run \($0) of a long name") }
    panels[3].y = Axis("y", range: 0...1e9)
    let figure = Figure(panels: panels, columns: 2)
    let layout = FigureLayout(figure)
    for (i, a) in layout.frames.enumerated() {
      #expect(a.x > 0 && a.y > 0 && a.x + a.width <= layout.width)
      #expect(a.y + a.height + 20 < layout.height)
      for b in layout.frames[..<i] {
        #expect(
          a.x >= b.x + b.width + 10 || b.x >= a.x + a.width + 10 || a.y >= b.y + b.height + 20)
      }
    }
    let texts = try figure.svg().split(separator: "\n").filter { $0.contains("of a long name") }
    #expect(texts.count == 5)
  }

  @Test func longLinesAreThinnedWithoutLosingExtremes() throws {
    var points = (0..<50_000).map { PlotPoint(Double($0), sin(Double($0))) }
    points[31_234].y = 17
    let figure = Figure(panels: [panel(points)], columns: 1)
    let text = try figure.svg()
    let line = try #require(text.split(separator: "\n").first { $0.contains("stroke-linejoin") })
    #expect(line.split(separator: "L").count < 5000)
    // The spike is the upper end of the data: a twentieth below the frame's edge.
    let layout = FigureLayout(figure)
    let place = layout.frames[0].y + layout.frames[0].height * (1 - layout.ticks[0].y.place(17))
    #expect(line.contains(" \(self.text(place))L"))
  }

  static let bad: [(Panel, String)] = [
    (Panel(x: Axis("x"), y: Axis("y"), series: []), "no points"),
    (Panel(x: Axis("x"), y: Axis("y"), series: [Series("a", [])]), "no points"),
    (Panel(x: Axis("x"), y: Axis("y"), series: [Series("a", [PlotPoint(1, .nan)])]), "point 1"),
    (
      Panel(x: Axis("x"), y: Axis("y"), series: [Series("a", [PlotPoint(.infinity, 1)])]),
      "not a finite number"
    ),
    (
      Panel(
        x: Axis("x"), y: Axis("y", scale: .logarithmic),
        series: [Series("a", [PlotPoint(1, 1), PlotPoint(1, 0)])]),
      "point 2 is 0.0 on the logarithmic"
    ),
    (
      Panel(x: Axis("x"), y: Axis("y"), series: [Series("a", [PlotPoint(1, 1, error: -1)])]),
      "the error -1.0"
    ),
    (
      Panel(
        x: Axis("x", scale: .logarithmic, range: 0...1), y: Axis("y"),
        series: [Series("a", [PlotPoint(1, 1)])]), "does not fit"
    ),
  ]

  @Test(arguments: bad.indices) func whatHasNoPlaceIsRefused(_ index: Int) throws {
    let error = #expect(throws: PlotError.self) {
      try Figure(panels: [Self.bad[index].0]).svg()
    }
    #expect(error?.description.contains(Self.bad[index].1) == true, "\(error?.description ?? "")")
  }

  @Test func aFigureWithoutPanelsIsRefused() {
    #expect(throws: PlotError.self) { try Figure(panels: []).svg() }
  }

  @Test func cellsFillTheFrame() throws {
    let map = CellMap(columns: 2, values: [0, 1, nil, 4], colors: .ramp(label: "z"))
    let figure = Figure(
      panels: [
        Panel(x: Axis("x", range: 0...2), y: Axis("y", range: 0...2), cells: map)
      ], columns: 1, frameWidth: 100, frameHeight: 100)
    let elements = try parse(try figure.svg())
    let frame = FigureLayout(figure).frames[0]
    let cells = elements.filter {
      $0.name == "rect" && $0.attributes["width"] == "50" && $0.attributes["height"] == "50"
    }
    // The lowest row first; the cell without a number has no colour.
    #expect(
      cells.map { $0.attributes["fill"] }
        == [CellMap.color(0), CellMap.color(0.25), CellMap.color(1)])
    #expect(cells[0].attributes["y"] == text(frame.y + 50))
    #expect(cells[2].attributes["x"] == text(frame.x + 50))
    #expect(FigureLayout(figure).width > frame.x + 100 + 14)
    #expect(CellMap.color(0) == "#FFFFFF")
    // Lightness falls all the way.
    let lightness = (0...20).map { step -> Int in
      let value = Int(CellMap.color(Double(step) / 20).dropFirst(), radix: 16) ?? 0
      return 299 * (value >> 16) + 587 * (value >> 8 & 255) + 114 * (value & 255)
    }
    #expect(zip(lightness, lightness.dropFirst()).allSatisfy { $0 > $1 })
  }

  @Test func linesOfGraphsHaveWidthsByWeight() throws {
    let graph = CircleGraph(
      labels: ["a", "b", "c"], sizes: [1, 4, 0],
      edges: [.init(0, 1, weight: 1), .init(1, 2, weight: 0.5)], caption: "c")
    let elements = try parse(
      try Figure(panels: [Panel(graph: graph)], columns: 1).svg())
    let widths = elements.filter { $0.attributes["stroke-opacity"] != nil }
      .compactMap { $0.attributes["stroke-width"].flatMap(Double.init) }
    #expect(widths == [2.5, 5])
    let radii = elements.filter { $0.name == "circle" }
      .compactMap { $0.attributes["r"].flatMap(Double.init) }
    #expect(radii[1] == 2 * radii[0] && radii[2] < radii[0])
  }

  @Test func barsEndAtTheAxis() throws {
    let figure = Figure(
      panels: [
        Panel(
          x: Axis("x", range: 0...3), y: Axis("y", range: 0...4),
          series: [Series(nil, [PlotPoint(1, 2), PlotPoint(2, 4)], line: .bars)])
      ], columns: 1, frameWidth: 300, frameHeight: 100)
    let frame = FigureLayout(figure).frames[0]
    let (x, bottom) = (frame.x + 60, frame.y + 100)
    #expect(
      try figure.svg().contains(
        "M\(text(x)) \(text(bottom))V\(text(frame.y + 50))h80V\(text(bottom))Z"))
  }

  @Test func emptyAndBrokenPanelsAreRefused() {
    func message(_ panel: Panel) -> String {
      do throws(PlotError) {
        _ = try Figure(panels: [panel]).svg()
        return ""
      } catch { return error.description }
    }
    #expect(
      message(Panel(cells: CellMap(columns: 1, values: [nil], colors: .binary)))
        .contains("no cells"))
    #expect(
      message(Panel(cells: CellMap(columns: 1, values: [.nan], colors: .binary)))
        .contains("finite"))
    #expect(
      message(Panel(graph: CircleGraph(labels: [], sizes: [], edges: [], caption: "")))
        .contains("no nodes"))
    #expect(
      message(
        Panel(
          graph: CircleGraph(
            labels: ["a"], sizes: [1], edges: [.init(0, 0, weight: .infinity)], caption: ""))
      ).contains("finite"))
  }
}
