/// Numbers on a grid of cells, drawn as colours under the series of a panel.
public struct CellMap: Sendable, Hashable {
  /// How numbers become colours.
  public enum Colors: Sendable, Hashable {
    /// From white over blue to nearly black, with a bar that says which is which; lightness falls evenly, so that a
    /// print without colours can be read.
    case ramp(label: String)
    /// Black where the number is positive, white elsewhere; without a bar.
    case binary
  }

  /// The number of cells in a row.
  public var columns: Int
  /// The numbers row by row, the lowest row first; nil for cells without one.
  public var values: [Double?]
  /// How numbers become colours.
  public var colors: Colors

  /// Creates a map.
  ///
  /// - Parameters:
  ///   - columns: The number of cells in a row, a divisor of the number of values.
  ///   - values: The numbers row by row, the lowest row first.
  ///   - colors: How numbers become colours.
  public init(columns: Int, values: [Double?], colors: Colors) {
    precondition(
      columns > 0 && values.count.isMultiple(of: columns),
      "\(values.count) cells in rows of \(columns)")
    self.columns = columns
    self.values = values
    self.colors = colors
  }

  /// The number of rows.
  public var rows: Int { values.count / columns }

  /// The ends of the colours: those of the numbers, and zero where these have one sign and come near to it.
  package var ends: ClosedRange<Double> {
    let all = values.compactMap { $0 }
    let (least, most) = (all.min() ?? 0, all.max() ?? 1)
    let lower = least > 0 && least < 0.5 * most ? 0 : least
    return lower < most ? lower...most : lower - 0.5...lower + 0.5
  }

  /// Returns a colour of the ramp as `#RRGGBB`.
  ///
  /// - Parameter share: The place between the ends, from 0 to 1.
  /// - Returns: The colour.
  package static func color(_ share: Double) -> String {
    let stops: [(Double, Double, Double)] = [
      (255, 255, 255), (158, 208, 240), (0, 114, 178), (0, 42, 82), (0, 10, 20),
    ]
    let place = min(max(share, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let part = place - Double(index)
    let (a, b) = (stops[index], stops[index + 1])
    return "#"
      + [(a.0, b.0), (a.1, b.1), (a.2, b.2)].map { hexadecimal($0 + part * ($1 - $0)) }.joined()
  }

  private static func hexadecimal(_ value: Double) -> String {
    let text = String(Int(value.rounded()), radix: 16, uppercase: true)
    return text.count == 1 ? "0" + text : text
  }
}

/// Nodes on a circle, joined by lines whose widths say how strongly.
public struct CircleGraph: Sendable, Hashable {
  /// A line between two nodes.
  public struct Edge: Sendable, Hashable {
    /// One node, from 0.
    public var first: Int
    /// The other.
    public var second: Int
    /// How strongly they are joined, above 0.
    public var weight: Double

    /// Creates a line between two nodes.
    public init(_ first: Int, _ second: Int, weight: Double) {
      (self.first, self.second, self.weight) = (first, second, weight)
    }
  }

  /// The names of the nodes, clockwise from the top.
  public var labels: [String]
  /// The sizes of the nodes, at least 0: areas of discs.
  public var sizes: [Double]
  /// The lines.
  public var edges: [Edge]
  /// A line below that says what widths and sizes are.
  public var caption: String

  /// Creates a graph.
  ///
  /// - Parameters:
  ///   - labels: The names of the nodes, clockwise from the top.
  ///   - sizes: The sizes of the nodes, as many.
  ///   - edges: The lines.
  ///   - caption: A line below that says what widths and sizes are.
  public init(labels: [String], sizes: [Double], edges: [Edge], caption: String) {
    precondition(labels.count == sizes.count, "\(labels.count) names and \(sizes.count) sizes")
    for edge in edges {
      precondition(
        labels.indices.contains(edge.first) && labels.indices.contains(edge.second),
        "a line from node \(edge.first) to \(edge.second) of \(labels.count)")
    }
    self.labels = labels
    self.sizes = sizes
    self.edges = edges
    self.caption = caption
  }
}
