internal import Foundation

/// Draws the line, the bars and the marks of one series.
struct SeriesDrawing {
  /// A point on the page.
  struct Place {
    let x: Double
    let y: Double
    /// The ends of the error bar.
    let bar: (lower: Double, upper: Double)?
  }

  let series: Series
  private let color: String

  init(series: Series) {
    self.series = series
    color = Palette.color(series.color)
  }

  /// Draws the series with its points where they are on the page.
  ///
  /// - Parameters:
  ///   - places: Where they are.
  ///   - bottom: Where the frame ends, for bars.
  ///   - text: Where to draw.
  func draw(at places: [Place], bottom: Double, into text: inout SVGText) {
    if series.line == .bars { drawColumns(places, bottom: bottom, into: &text) }
    drawLine(through: places.map { ($0.x, $0.y) }, into: &text)
    guard series.marker != nil || places.contains(where: { $0.bar != nil }) else { return }
    drawBars(places, into: &text)
    if series.marker == nil { return }
    let path = places.map { mark($0.x, $0.y) }.joined()
    text.element("path", markStyle(path))
  }

  /// Draws what stands before the name in the legend.
  func drawSample(x: Double, y: Double, into text: inout SVGText) {
    drawLine(through: [(x, y), (x + 18, y)], into: &text)
    if series.marker != nil { text.element("path", markStyle(mark(x + 9, y))) }
  }

  private func drawLine(through places: [(Double, Double)], into text: inout SVGText) {
    guard let style = series.line, style != .bars, places.count > 1 else { return }
    let number = SVGText.number
    let corners = Self.thinned(places).map { "\(number($0.0)) \(number($0.1))" }
    var attributes = [
      ("d", "M" + corners.joined(separator: "L")), ("fill", "none"), ("stroke", color),
      ("stroke-width", "1"), ("stroke-linejoin", "round"),
    ]
    if style == .dashed { attributes.append(("stroke-dasharray", "3 2")) }
    if series.isFaint { attributes.append(("opacity", "0.45")) }
    text.element("path", attributes)
  }

  /// Returns a line of many points with the first, least, greatest and last of each third of a point of width.
  static func thinned(_ places: [(Double, Double)]) -> [(Double, Double)] {
    if places.count <= 2000 { return places }
    var result: [(Double, Double)] = []
    var start = 0
    while start < places.count {
      var end = start
      while end < places.count, abs(places[end].0 - places[start].0) < 1 / 3.0 { end += 1 }
      let indices = start..<max(end, start + 1)
      let least = indices.min { places[$0].1 < places[$1].1 } ?? start
      let most = indices.max { places[$0].1 < places[$1].1 } ?? start
      for index in Set([indices.lowerBound, least, most, indices.upperBound - 1]).sorted() {
        result.append(places[index])
      }
      start = indices.upperBound
    }
    return result
  }

  private func drawColumns(_ places: [Place], bottom: Double, into text: inout SVGText) {
    let number = SVGText.number
    let columns = Set(places.map(\.x)).sorted()
    let gap = zip(columns, columns.dropFirst()).map { $1 - $0 }.min() ?? 12
    let half = 0.4 * gap
    let path = places.map { place in
      "M\(number(place.x - half)) \(number(bottom))V\(number(place.y))h\(number(2 * half))"
        + "V\(number(bottom))Z"
    }.joined()
    text.element("path", [("d", path), ("fill", color)])
  }

  private func drawBars(_ places: [Place], into text: inout SVGText) {
    var path = ""
    let number = SVGText.number
    for place in places {
      guard let bar = place.bar else { continue }
      let (left, right) = (number(place.x - 1.6), number(place.x + 1.6))
      let (lower, upper) = (number(bar.lower), number(bar.upper))
      path +=
        "M\(number(place.x)) \(lower)V\(upper)M\(left) \(lower)H\(right)M\(left) \(upper)H\(right)"
    }
    if path.isEmpty { return }
    text.element("path", ["d": path, "fill": "none", "stroke": color, "stroke-width": "0.7"])
  }

  private func markStyle(_ path: String) -> [(String, String)] {
    let isOpen = series.marker == .cross
    var style = [
      ("d", path), ("fill", isOpen ? "none" : color), ("stroke", isOpen ? color : "#FFFFFF"),
      ("stroke-width", isOpen ? "1" : "0.3"),
    ]
    if series.isFaint { style.append(("opacity", "0.45")) }
    return style
  }

  /// Returns the outline of a mark.
  private func mark(_ x: Double, _ y: Double) -> String {
    let r = series.isFaint ? 1.6 : 2.6
    let number = SVGText.number
    func outline(_ corners: [(Double, Double)]) -> String {
      "M" + corners.map { "\(number(x + r * $0.0)) \(number(y + r * $0.1))" }.joined(separator: "L")
        + "Z"
    }
    switch series.marker {
    case .circle, nil:
      let radius = number(r)
      return "M\(number(x - r)) \(number(y))a\(radius) \(radius) 0 1 0 \(number(2 * r)) 0"
        + "a\(radius) \(radius) 0 1 0 \(number(-2 * r)) 0Z"
    case .square: return outline([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])
    case .triangle: return outline([(0, -1.2), (1.1, 0.8), (-1.1, 0.8)])
    case .diamond: return outline([(0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)])
    case .triangleDown: return outline([(0, 1.2), (1.1, -0.8), (-1.1, -0.8)])
    case .cross:
      return "M\(number(x - r)) \(number(y - r))L\(number(x + r)) \(number(y + r))"
        + "M\(number(x - r)) \(number(y + r))L\(number(x + r)) \(number(y - r))"
    }
  }
}
