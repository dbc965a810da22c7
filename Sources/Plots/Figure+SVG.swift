internal import Foundation

extension Figure {
  /// Returns the figure as the text of an SVG file.
  ///
  /// - Returns: SVG 1.1 in UTF-8, with a white ground.
  /// - Throws: ``PlotError`` where there is nothing to draw, a number is not finite, a number on a logarithmic axis is
  ///   not positive, or an axis' range is empty.
  public func svg() throws(PlotError) -> String {
    try check()
    let layout = FigureLayout(self)
    var text = SVGText()
    let (width, height) = (SVGText.number(layout.width), SVGText.number(layout.height))
    text.add("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")
    text.add(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"\(width)pt\" height=\"\(height)pt\" "
        + "viewBox=\"0 0 \(width) \(height)\" font-family=\"Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', "
        + "sans-serif\">")
    text.element("rect", ["width": width, "height": height, "fill": "#FFFFFF"])
    for index in panels.indices {
      PanelDrawing(
        panel: panels[index], frame: layout.frames[index], x: layout.ticks[index].x,
        y: layout.ticks[index].y, bar: layout.bars[index], number: index
      ).draw(into: &text)
    }
    layout.drawLegend(into: &text)
    text.add("</svg>")
    return text.lines.joined(separator: "\n") + "\n"
  }
}

/// A rectangle in points, y downwards.
package struct PlotFrame: Sendable, Hashable {
  package var x: Double
  package var y: Double
  package var width: Double
  package var height: Double
}

/// The sizes of fonts, in points.
enum FontSize {
  static let title = 8.5
  static let label = 8.0
  static let tick = 7.0
  static let legend = 7.5
}

/// Where the parts of a figure are.
package struct FigureLayout {
  /// The frame of each panel.
  package private(set) var frames: [PlotFrame] = []
  /// The axes of each panel.
  package private(set) var ticks: [(x: AxisTicks, y: AxisTicks)] = []
  /// The ticks of the bar of colours of each panel; nil for none.
  package private(set) var bars: [AxisTicks?] = []
  package private(set) var width = 0.0
  package private(set) var height = 0.0
  private var entries: [(series: Series, x: Double, y: Double)] = []

  /// Arranges a figure that has been checked.
  package init(_ figure: Figure) {
    let (columns, count) = (min(figure.columns, figure.panels.count), figure.panels.count)
    ticks = figure.panels.map { panel in
      let points = panel.series.flatMap(\.points)
      let y = points.flatMap { point -> [Double] in
        guard let error = point.error else { return [point.y] }
        // A bar that reaches zero has no end on a logarithmic axis.
        let isOpen = panel.y.scale == .logarithmic && point.y - error <= 0.1 * point.y
        return [isOpen ? point.y : point.y - error, point.y + error]
      }
      return (
        AxisTicks(panel.x, values: points.map(\.x), target: Int(figure.frameWidth / 38)),
        AxisTicks(panel.y, values: y, target: Int(figure.frameHeight / 24))
      )
    }
    bars = figure.panels.map { panel in
      guard let cells = panel.cells, case .ramp = cells.colors else { return nil }
      return AxisTicks(
        Axis("", range: cells.ends), values: [], target: Int(figure.frameHeight / 24))
    }
    let barWidths = bars.map { bar -> Double in
      guard let bar else { return 0 }
      let widest = bar.major.map { SVGText.width($0.text, size: FontSize.tick) }.max() ?? 0
      return CellDrawing.gap + CellDrawing.barWidth + 4 + max(widest, 12)
    }
    let labelWidths = zip(ticks, figure.panels).map { pair, panel in
      !panel.showsAxes
        ? 0
        : pair.y.major.map { tick in
          SVGText.width(tick.text, size: FontSize.tick)
            + (tick.exponent.map { SVGText.width("−\($0.magnitude)", size: 0.75 * FontSize.tick) }
              ?? 0)
        }.max() ?? 0
    }
    // Panels of a column begin at one place.
    var x = 4.0
    var starts: [Double] = []
    for column in 0..<columns {
      let widest = stride(from: column, to: count, by: columns).map { labelWidths[$0] }.max() ?? 0
      let hasAxes = stride(from: column, to: count, by: columns).contains {
        figure.panels[$0].showsAxes
      }
      starts.append(x + (hasAxes ? 1.5 * FontSize.label + widest + 6 : 2))
      let bar = stride(from: column, to: count, by: columns).map { barWidths[$0] }.max() ?? 0
      x = (starts.last ?? 0) + figure.frameWidth + bar + 14
    }
    width = x
    var y = 4.0
    for row in 0..<(count + columns - 1) / columns {
      let panels = row * columns..<min(count, (row + 1) * columns)
      let isRaised = panels.contains {
        figure.panels[$0].title != nil || ticks[$0].y.commonExponent != 0 || bars[$0] != nil
      }
      y += isRaised ? 1.7 * FontSize.title : 4
      for index in panels {
        frames.append(
          PlotFrame(
            x: starts[index - row * columns], y: y, width: figure.frameWidth,
            height: figure.frameHeight))
      }
      let hasText = panels.contains {
        figure.panels[$0].showsAxes || figure.panels[$0].graph != nil
      }
      y += figure.frameHeight + (hasText ? 1.5 * FontSize.tick + 1.7 * FontSize.label + 4 : 4)
    }
    height = y + 2
    placeLegend(of: figure, left: starts.first ?? 0)
  }

  /// Puts the names of all series in rows below the panels.
  private mutating func placeLegend(of figure: Figure, left: Double) {
    var seen: Set<String> = []
    let named = figure.panels.flatMap(\.series).filter { series in
      series.label.map { seen.insert($0).inserted } ?? false
    }
    if named.isEmpty { return }
    var (x, y) = (left, height + 0.5 * FontSize.legend)
    for series in named {
      let length = 24 + SVGText.width(series.label ?? "", size: FontSize.legend) + 10
      if x > left, x + length > width {
        x = left
        y += 1.5 * FontSize.legend
      }
      entries.append((series, x, y))
      x += length
      // One name may be wider than the panels.
      width = max(width, x)
    }
    height = y + 1.2 * FontSize.legend
  }

  func drawLegend(into text: inout SVGText) {
    for entry in entries {
      let drawing = SeriesDrawing(series: entry.series)
      drawing.drawSample(x: entry.x, y: entry.y, into: &text)
      text.text(
        entry.series.label ?? "", size: FontSize.legend,
        [
          "x": SVGText.number(entry.x + 24),
          "y": SVGText.number(entry.y + 0.35 * FontSize.legend),
        ])
    }
  }
}
