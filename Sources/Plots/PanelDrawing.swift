internal import Foundation

/// Draws the axes of one panel and what is between them.
struct PanelDrawing {
  let panel: Panel
  let frame: PlotFrame
  let x: AxisTicks
  let y: AxisTicks
  /// The ticks of the colours' bar; nil for none.
  let bar: AxisTicks?
  /// The panel's number, for names inside the file.
  let number: Int

  private static let ink = "#000000"

  func draw(into text: inout SVGText) {
    if let graph = panel.graph {
      GraphDrawing(graph: graph, frame: frame).draw(into: &text)
      drawTitle(into: &text)
      return
    }
    text.add("<clipPath id=\"frame\(number)\">")
    text.element("rect", rectangle)
    text.add("</clipPath>")
    text.add("<g clip-path=\"url(#frame\(number))\">")
    if let cells = panel.cells { CellDrawing(map: cells, frame: frame).draw(into: &text) }
    for series in panel.series {
      let drawing = SeriesDrawing(series: series)
      drawing.draw(
        at: series.points.map(place), bottom: frame.y + frame.height, into: &text)
    }
    text.add("</g>")
    if panel.showsAxes { drawTicks(into: &text) }
    text.element(
      "rect",
      rectangle + [("fill", "none"), ("stroke", Self.ink), ("stroke-width", "0.6")])
    if panel.showsAxes { drawLabels(into: &text) }
    if let bar, let cells = panel.cells, case .ramp(let label) = cells.colors {
      CellDrawing(map: cells, frame: frame).drawBar(bar, label: label, into: &text)
    }
    drawTitle(into: &text)
  }

  private var rectangle: [(String, String)] { CellDrawing.rectangle(frame) }

  /// The place of a point on the page, with the ends of its bar.
  private func place(_ point: PlotPoint) -> SeriesDrawing.Place {
    var bar: (lower: Double, upper: Double)?
    if let error = point.error, error > 0 {
      let lower = point.y - error
      let isOpen = y.scale == .logarithmic && lower <= 0
      bar = (isOpen ? frame.y + frame.height : row(lower), row(point.y + error))
    }
    return .init(x: column(point.x), y: row(point.y), bar: bar)
  }

  private func column(_ value: Double) -> Double { frame.x + frame.width * x.place(value) }

  private func row(_ value: Double) -> Double { frame.y + frame.height * (1 - y.place(value)) }

  private func drawTicks(into text: inout SVGText) {
    let (bottom, right) = (frame.y + frame.height, frame.x + frame.width)
    var path = ""
    func stroke(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double) {
      path +=
        "M\(SVGText.number(x0)) \(SVGText.number(y0))L\(SVGText.number(x1)) \(SVGText.number(y1))"
    }
    for (values, length) in [(x.major.map(\.value), 3.0), (x.minor, 1.6)] {
      for place in values.map(column) {
        stroke(place, bottom, place, bottom - length)
        stroke(place, frame.y, place, frame.y + length)
      }
    }
    for (values, length) in [(y.major.map(\.value), 3.0), (y.minor, 1.6)] {
      for place in values.map(row) {
        stroke(frame.x, place, frame.x + length, place)
        stroke(right, place, right - length, place)
      }
    }
    text.element(
      "path", ["d": path, "stroke": Self.ink, "stroke-width": "0.5", "fill": "none"])
    for tick in x.major {
      text.text(
        tick.text, exponent: tick.exponent, size: FontSize.tick,
        [
          "x": SVGText.number(column(tick.value)),
          "y": SVGText.number(bottom + 1.3 * FontSize.tick), "text-anchor": "middle",
        ])
    }
    for tick in y.major {
      text.text(
        tick.text, exponent: tick.exponent, size: FontSize.tick,
        [
          "x": SVGText.number(frame.x - 3),
          "y": SVGText.number(row(tick.value) + 0.35 * FontSize.tick), "text-anchor": "end",
        ])
    }
  }

  private func drawLabels(into text: inout SVGText) {
    let (bottom, right) = (frame.y + frame.height, frame.x + frame.width)
    let below = bottom + 1.5 * FontSize.tick + 1.1 * FontSize.label
    text.text(
      panel.x.label, isMarked: true, size: FontSize.label,
      [
        "x": SVGText.number(frame.x + frame.width / 2), "y": SVGText.number(below),
        "text-anchor": "middle",
      ])
    let labelWidth =
      y.major.map { tick in
        SVGText.width(tick.text, size: FontSize.tick)
          + (tick.exponent == nil ? 0 : SVGText.width("−0", size: 0.75 * FontSize.tick))
      }.max() ?? 0
    let (left, middle) = (frame.x - 6 - labelWidth - 2, frame.y + frame.height / 2)
    text.text(
      panel.y.label, isMarked: true, size: FontSize.label,
      [
        "transform": "translate(\(SVGText.number(left)) \(SVGText.number(middle))) rotate(-90)",
        "text-anchor": "middle",
      ])
    if x.commonExponent != 0 {
      text.text(
        "×10", exponent: x.commonExponent, size: FontSize.tick,
        [
          "x": SVGText.number(right), "y": SVGText.number(below), "text-anchor": "end",
        ])
    }
    let above = frame.y - 0.45 * FontSize.title
    if y.commonExponent != 0 {
      text.text(
        "×10", exponent: y.commonExponent, size: FontSize.tick,
        ["x": SVGText.number(frame.x), "y": SVGText.number(above)])
    }
  }

  private func drawTitle(into text: inout SVGText) {
    let above = frame.y - 0.45 * FontSize.title
    if let title = panel.title {
      text.text(
        title, size: FontSize.title,
        [
          "x": SVGText.number(frame.x + frame.width / 2), "y": SVGText.number(above),
          "text-anchor": "middle", "font-weight": "bold",
        ])
    }
  }
}
