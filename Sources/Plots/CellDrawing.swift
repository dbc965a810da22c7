/// Draws the cells of a map, and the bar of its colours.
struct CellDrawing {
  let map: CellMap
  let frame: PlotFrame

  /// The width of the bar and of the gap before it.
  static let barWidth = 7.0
  static let gap = 7.0

  func draw(into text: inout SVGText) {
    switch map.colors {
    case .ramp: drawRamp(into: &text)
    case .binary: drawBinary(into: &text)
    }
  }

  private func cell(_ column: Int, _ row: Int, width: Int = 1) -> PlotFrame {
    let (w, h) = (frame.width / Double(map.columns), frame.height / Double(map.rows))
    return PlotFrame(
      x: frame.x + Double(column) * w, y: frame.y + frame.height - Double(row + 1) * h,
      width: Double(width) * w, height: h)
  }

  private func drawRamp(into text: inout SVGText) {
    let ends = map.ends
    for (index, value) in map.values.enumerated() {
      guard let value else { continue }
      let (row, column) = index.quotientAndRemainder(dividingBy: map.columns)
      let place = cell(column, row)
      let share = (value - ends.lowerBound) / (ends.upperBound - ends.lowerBound)
      text.element(
        "rect",
        Self.rectangle(place) + [
          ("fill", CellMap.color(share)), ("stroke", CellMap.color(share)), ("stroke-width", "0.3"),
        ])
    }
  }

  /// One path of the runs of black cells: a few kilobytes for thousands of spins.
  private func drawBinary(into text: inout SVGText) {
    var path = ""
    for row in 0..<map.rows {
      var start: Int?
      for column in 0...map.columns {
        let isBlack =
          column < map.columns && (map.values[row * map.columns + column] ?? 0) > 0
        if isBlack, start == nil { start = column }
        if !isBlack, let first = start {
          let place = cell(first, row, width: column - first)
          let number = SVGText.number
          path +=
            "M\(number(place.x)) \(number(place.y))h\(number(place.width))v\(number(place.height))"
            + "h\(number(-place.width))z"
          start = nil
        }
      }
    }
    if path.isEmpty { return }
    text.element(
      "path",
      ["d": path, "fill": "#000000", "stroke": "#000000", "stroke-width": "0.1"])
  }

  /// Draws the bar beside the frame.
  func drawBar(_ ticks: AxisTicks, label: String, into text: inout SVGText) {
    let number = SVGText.number
    let left = frame.x + frame.width + Self.gap
    let steps = 64
    for step in 0..<steps {
      let height = frame.height / Double(steps)
      let place = PlotFrame(
        x: left, y: frame.y + frame.height - Double(step + 1) * height, width: Self.barWidth,
        height: height)
      let color = CellMap.color((Double(step) + 0.5) / Double(steps))
      text.element(
        "rect",
        Self.rectangle(place) + [("fill", color), ("stroke", color), ("stroke-width", "0.3")])
    }
    let whole = PlotFrame(x: left, y: frame.y, width: Self.barWidth, height: frame.height)
    text.element(
      "rect",
      Self.rectangle(whole) + [("fill", "none"), ("stroke", "#000000"), ("stroke-width", "0.5")])
    for tick in ticks.major {
      let y = frame.y + frame.height * (1 - ticks.place(tick.value))
      text.element(
        "path",
        [
          "d": "M\(number(left + Self.barWidth)) \(number(y))h-2.5", "stroke": "#000000",
          "stroke-width": "0.5", "fill": "none",
        ])
      text.text(
        tick.text, exponent: tick.exponent, size: FontSize.tick,
        ["x": number(left + Self.barWidth + 2), "y": number(y + 0.35 * FontSize.tick)])
    }
    text.text(
      ticks.commonExponent == 0
        ? label : label + " / 10^{\(ticks.commonExponent)}".replacing("{-", with: "{−"),
      isMarked: true, size: FontSize.tick,
      [
        "x": number(left + Self.barWidth), "y": number(frame.y - 0.45 * FontSize.title),
        "text-anchor": "middle",
      ])
  }

  static func rectangle(_ frame: PlotFrame) -> [(String, String)] {
    [
      ("x", SVGText.number(frame.x)), ("y", SVGText.number(frame.y)),
      ("width", SVGText.number(frame.width)), ("height", SVGText.number(frame.height)),
    ]
  }
}
