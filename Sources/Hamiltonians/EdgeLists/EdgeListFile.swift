/// Reads the couplings of a classical Ising model from text, one bond a line.
///
/// ```
/// # i j J, sites r L + c from 0
/// 0 1  1.0
/// 0 3 -0.5
/// ```
///
/// Every one of the `2 L²` bonds of the torus has one line, in any order, its sites in either order.
/// Blank lines, and what follows a `#`, are ignored.
public struct EdgeListFile: Sendable {
  private let length: Int
  private var right: [Double?]
  private var down: [Double?]

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - length: L.
  /// - Returns: The model.
  /// - Throws: ``EdgeListError`` with the line, what was expected and what to do.
  public static func read(
    path: String, length: Int
  ) throws(EdgeListError) -> ClassicalIsing {
    try model(EdgeListText(path: path), length: length)
  }

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - text: What is in the file.
  ///   - path: The file, for messages.
  ///   - length: L, at least 3.
  /// - Returns: The model.
  /// - Throws: ``EdgeListError`` with the line, what was expected and what to do.
  public static func parse(
    _ text: String, path: String, length: Int
  ) throws(EdgeListError) -> ClassicalIsing {
    try model(EdgeListText(text, path: path), length: length)
  }

  private static func model(
    _ text: EdgeListText, length: Int
  ) throws(EdgeListError) -> ClassicalIsing {
    var file = EdgeListFile(length: length)
    for line in text.lines { try file.take(line, of: text) }
    return try file.makeModel(text)
  }

  private init(length: Int) {
    precondition(length >= 3, "a torus of length \(length) has doubled bonds")
    self.length = length
    right = Array(repeating: nil, count: length * length)
    down = right
  }

  private mutating func take(
    _ line: EdgeListText.Line, of text: EdgeListText
  ) throws(EdgeListError) {
    guard line.columns.count == 3 else {
      throw EdgeListError(
        .malformedLine, path: text.path, line: line.number,
        "expected three columns 'i j J', two sites and their coupling, and found "
          + "\(line.columns.count)")
    }
    let first = try text.site(0, of: line, count: right.count, on: torus)
    let second = try text.site(1, of: line, count: right.count, on: torus)
    let coupling = try text.coupling(2, of: line)
    guard let (isDown, start) = bond(first, second) else {
      throw EdgeListError(
        .notNeighbours, path: text.path, line: line.number,
        "sites \(first) and \(second) are no nearest neighbours on the \(torus); the neighbours of "
          + "\(first) are \(neighbours(of: first)), since site r*\(length) + c is in row r, column c"
      )
    }
    guard (isDown ? down : right)[start] == nil else {
      throw text.doubled(first, second, at: line)
    }
    if isDown { down[start] = coupling } else { right[start] = coupling }
  }

  /// Returns the direction of a bond and the site at which it starts.
  private func bond(_ first: Int, _ second: Int) -> (isDown: Bool, start: Int)? {
    for (start, end) in [(first, second), (second, first)] {
      if neighbour(of: start, isDown: false) == end { return (false, start) }
      if neighbour(of: start, isDown: true) == end { return (true, start) }
    }
    return nil
  }

  /// Returns the site to the right, or below.
  private func neighbour(of site: Int, isDown: Bool) -> Int {
    let (row, column) = site.quotientAndRemainder(dividingBy: length)
    return isDown
      ? (row + 1) % length * length + column : row * length + (column + 1) % length
  }

  private func neighbours(of site: Int) -> String {
    right.indices.filter { bond(site, $0) != nil }.map(String.init).joined(separator: ", ")
  }

  private func makeModel(_ text: EdgeListText) throws(EdgeListError) -> ClassicalIsing {
    let missing = right.indices.flatMap { site in
      [(false, right[site]), (true, down[site])].filter { $0.1 == nil }
        .map { (site, neighbour(of: site, isDown: $0.0)) }
    }
    if let first = missing.first {
      throw text.missing(missing.count, of: 2 * right.count, on: torus, first: first)
    }
    return ClassicalIsing(
      length: length,
      couplings: .bonds(right: right.compactMap(\.self), down: down.compactMap(\.self)))
  }

  private var torus: String { "\(length)x\(length) torus" }
}
