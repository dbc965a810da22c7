/// How an axis maps numbers to places.
public enum AxisScale: Sendable, Hashable {
  /// Evenly.
  case linear
  /// By their logarithms; numbers must be positive.
  case logarithmic
}

/// One axis of a panel.
public struct Axis: Sendable, Hashable {
  /// What is drawn along it, with its unit; `^{…}` raises what is in it, and `_{…}` lowers it.
  public var label: String
  /// How numbers are mapped.
  public var scale: AxisScale
  /// The ends; nil for those of the data with a margin.
  public var range: ClosedRange<Double>?

  /// Creates an axis.
  public init(_ label: String, scale: AxisScale = .linear, range: ClosedRange<Double>? = nil) {
    self.label = label
    self.scale = scale
    self.range = range
  }
}

/// One pair of axes with what is drawn between them.
public struct Panel: Sendable, Hashable {
  /// The line above it; nil for none.
  public var title: String?
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn, later series over earlier ones.
  public var series: [Series]
  /// Coloured cells that fill the frame, under the series; nil for none.
  public var cells: CellMap?
  /// A graph in the place of axes and series; nil for none.
  public var graph: CircleGraph?
  /// Whether the axes have ticks, numbers and labels.
  public var showsAxes = true

  /// Creates a panel.
  public init(title: String? = nil, x: Axis, y: Axis, series: [Series]) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
  }

  /// Creates a panel of coloured cells between the ends of the axes.
  ///
  /// - Parameters:
  ///   - title: The line above it.
  ///   - x: The horizontal axis, with a range.
  ///   - y: The vertical axis, with a range.
  ///   - cells: The cells.
  public init(title: String? = nil, x: Axis, y: Axis, cells: CellMap) {
    self.init(title: title, x: x, y: y, series: [])
    self.cells = cells
  }

  /// Creates a panel of coloured cells without axes, as of an image.
  public init(title: String? = nil, cells: CellMap) {
    self.init(
      title: title, x: Axis("", range: 0...Double(cells.columns)),
      y: Axis("", range: 0...Double(max(1, cells.rows))), cells: cells)
    showsAxes = false
  }

  /// Creates a panel of a graph.
  public init(title: String? = nil, graph: CircleGraph) {
    self.init(title: title, x: Axis("", range: 0...1), y: Axis("", range: 0...1), series: [])
    self.graph = graph
    showsAxes = false
  }
}

/// Panels side by side and below one another, with one legend under all of them.
///
/// ``svg()`` writes it as SVG 1.1 with sizes in points (1/72 inch), for a column or a page of a paper. The text
/// depends on the figure only: no dates, no random names.
public struct Figure: Sendable, Hashable {
  /// The panels, row by row.
  public var panels: [Panel]
  /// The number of panels in a row.
  public var columns: Int
  /// The width of a panel's frame, in points.
  public var frameWidth: Double
  /// The height of a panel's frame, in points.
  public var frameHeight: Double

  /// Creates a figure.
  ///
  /// - Parameters:
  ///   - panels: The panels, row by row.
  ///   - columns: The number of panels in a row.
  ///   - frameWidth: The width of a panel's frame, in points.
  ///   - frameHeight: The height of a panel's frame, in points.
  public init(
    panels: [Panel], columns: Int = 2, frameWidth: Double = 190, frameHeight: Double = 140
  ) {
    precondition(columns > 0, "\(columns) columns")
    precondition(frameWidth >= 40 && frameHeight >= 40, "\(frameWidth) x \(frameHeight) points")
    self.panels = panels
    self.columns = columns
    self.frameWidth = frameWidth
    self.frameHeight = frameHeight
  }

  /// Throws where there is nothing to draw, or a number that has no place.
  func check() throws(PlotError) {
    guard !panels.isEmpty else { throw PlotError("the figure has no panels") }
    for (number, panel) in panels.enumerated() {
      let place = panel.title.map { "panel '\($0)'" } ?? "panel \(number + 1)"
      try checkContent(panel, place)
      for axis in [panel.x, panel.y] {
        guard let range = axis.range else { continue }
        guard range.lowerBound.isFinite, range.upperBound.isFinite,
          range.lowerBound < range.upperBound,
          axis.scale == .linear || range.lowerBound > 0
        else {
          throw PlotError("\(place): the range \(range) does not fit the axis '\(axis.label)'")
        }
      }
      for series in panel.series { try check(series, of: panel, place) }
    }
  }

  /// Throws unless a panel has something in it, and cells and nodes have finite numbers.
  private func checkContent(_ panel: Panel, _ place: String) throws(PlotError) {
    if let graph = panel.graph {
      guard !graph.labels.isEmpty else { throw PlotError("\(place) has no nodes") }
      guard graph.sizes.allSatisfy({ $0.isFinite && $0 >= 0 }),
        graph.edges.allSatisfy({ $0.weight.isFinite && $0.weight > 0 })
      else { throw PlotError("\(place): sizes and widths must be finite and not negative") }
    } else if let cells = panel.cells {
      guard cells.values.contains(where: { $0 != nil }) else {
        throw PlotError("\(place) has no cells")
      }
      guard cells.values.allSatisfy({ $0?.isFinite ?? true }) else {
        throw PlotError("\(place): a cell has no finite number")
      }
      guard panel.x.range != nil, panel.y.range != nil else {
        throw PlotError("\(place): cells need axes with ranges")
      }
    } else if !panel.series.contains(where: { !$0.points.isEmpty }) {
      throw PlotError("\(place) has no points")
    }
  }

  private func check(_ series: Series, of panel: Panel, _ place: String) throws(PlotError) {
    let name = series.label.map { "\(place), series '\($0)'" } ?? place
    for (index, point) in series.points.enumerated() {
      for (axis, value) in [(panel.x, point.x), (panel.y, point.y)] {
        guard value.isFinite else {
          throw PlotError(
            "\(name): point \(index + 1) is \(value) on the axis '\(axis.label)', not a finite number"
          )
        }
        guard axis.scale == .linear || value > 0 else {
          throw PlotError(
            "\(name): point \(index + 1) is \(value) on the logarithmic axis '\(axis.label)', which has positive "
              + "numbers only")
        }
      }
      if let error = point.error {
        guard error.isFinite, error >= 0 else {
          throw PlotError("\(name): point \(index + 1) has the error \(error)")
        }
      }
    }
  }
}
