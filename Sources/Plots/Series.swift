/// One point of a series.
public struct PlotPoint: Sendable, Hashable {
  /// The place on the x axis.
  public var x: Double
  /// The place on the y axis.
  public var y: Double
  /// The standard error of y, drawn as a bar on both sides; nil for none.
  public var error: Double?

  /// Creates a point.
  ///
  /// - Parameters:
  ///   - x: The place on the x axis.
  ///   - y: The place on the y axis.
  ///   - error: The standard error of y, at least 0.
  public init(_ x: Double, _ y: Double, error: Double? = nil) {
    (self.x, self.y, self.error) = (x, y, error)
  }
}

/// The marks of points.
///
/// Shapes differ so that a print without colours can be read.
public enum Marker: Int, Sendable, Hashable, CaseIterable {
  /// A disc.
  case circle
  /// A square on its side.
  case square
  /// A triangle that points up.
  case triangle
  /// A square on its corner.
  case diamond
  /// A triangle that points down.
  case triangleDown
  /// Two crossed strokes.
  case cross

  /// Returns the mark of a number; after the last one they begin again.
  public static func numbered(_ number: Int) -> Marker { allCases[number % allCases.count] }
}

/// How points are joined.
public enum LineStyle: Sendable, Hashable {
  /// Without gaps.
  case solid
  /// With gaps.
  case dashed
  /// Not joined: a bar from each point to the lower end of the axis.
  case bars
}

/// Points that belong together, with their looks.
public struct Series: Sendable, Hashable {
  /// The name in the legend; nil for none.
  ///
  /// Series of one name in several panels have one entry.
  public var label: String?
  /// The points, in the order in which a line joins them.
  public var points: [PlotPoint]
  /// The number of the colour in ``Palette``.
  public var color: Int
  /// The mark of each point; nil for none.
  public var marker: Marker?
  /// The line through the points; nil for none.
  public var line: LineStyle?
  /// Whether marks are small and pale, as of data that stand behind others.
  public var isFaint: Bool

  /// Creates a series.
  public init(
    _ label: String?, _ points: [PlotPoint], color: Int = 0, marker: Marker? = nil,
    line: LineStyle? = nil, isFaint: Bool = false
  ) {
    self.label = label
    self.points = points
    self.color = color
    self.marker = marker
    self.line = line
    self.isFaint = isFaint
  }
}
