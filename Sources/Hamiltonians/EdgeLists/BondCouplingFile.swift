/// Reads the couplings of a quantum spin model from text, one bond a line.
///
/// ```
/// # i j J [K], sites from 0
/// 0 1  1.0
/// 0 3 -0.5  0.25
/// ```
///
/// What the numbers mean is in ``BondCoupling``. Any two different sites of a
/// ``LatticeUnitCell/graph`` can have a bond, and every site has at least one; on another geometry the
/// bonds are those of nearest neighbours, and each has one line, with coupling 0 where there is none. Lines
/// are in any order, the sites of one in either order. Blank lines, and what follows a `#`, are ignored.
public enum BondCouplingFile {
  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - geometry: The sites and which of them are neighbours.
  ///   - allowsTransverse: Whether lines may have the fourth column, K.
  /// - Returns: The bonds in ascending order of their sites, the lower one first.
  /// - Throws: ``EdgeListError`` with the line, what was expected and what to do.
  public static func read(
    path: String, on geometry: LatticeGeometry, allowsTransverse: Bool = false
  ) throws(EdgeListError) -> [BondCoupling] {
    try bonds(EdgeListText(path: path), on: geometry, allowsTransverse: allowsTransverse)
  }

  /// Reads a text.
  ///
  /// - Parameters:
  ///   - text: What is in the file.
  ///   - path: The file, for messages.
  ///   - geometry: The sites and which of them are neighbours.
  ///   - allowsTransverse: Whether lines may have the fourth column, K.
  /// - Returns: The bonds in ascending order of their sites, the lower one first.
  /// - Throws: ``EdgeListError`` with the line, what was expected and what to do.
  public static func parse(
    _ text: String, path: String, on geometry: LatticeGeometry, allowsTransverse: Bool = false
  ) throws(EdgeListError) -> [BondCoupling] {
    try bonds(EdgeListText(text, path: path), on: geometry, allowsTransverse: allowsTransverse)
  }

  private static func bonds(
    _ text: EdgeListText, on geometry: LatticeGeometry, allowsTransverse: Bool
  ) throws(EdgeListError) -> [BondCoupling] {
    let place = Place(geometry)
    var bonds: [BondCoupling] = []
    var found: Set<Pair> = []
    for line in text.lines {
      let count = line.columns.count
      guard count == 3 || (count == 4 && allowsTransverse) else {
        throw EdgeListError(
          .malformedLine, path: text.path, line: line.number,
          "expected three columns 'i j J', two sites and their coupling"
            + (allowsTransverse ? ", or four, 'i j J K'" : "") + ", and found \(count)"
            + (count == 4 ? "; a fourth one is for xxz only" : ""))
      }
      let first = try text.site(0, of: line, count: geometry.siteCount, on: place.name)
      let second = try text.site(1, of: line, count: geometry.siteCount, on: place.name)
      guard first != second else {
        throw EdgeListError(
          .selfLoop, path: text.path, line: line.number,
          "the bond joins site \(first) with itself; give two different sites")
      }
      let pair = Pair(first, second)
      if let neighbours = place.neighbours, !neighbours.contains(pair) {
        throw EdgeListError(
          .notNeighbours, path: text.path, line: line.number,
          "sites \(first) and \(second) are no nearest neighbours on the \(place.name); correct the "
            + "sites, or choose the geometry 'graph', where any two can have a bond")
      }
      guard found.insert(pair).inserted else { throw text.doubled(first, second, at: line) }
      bonds.append(
        BondCoupling(
          pair.lower, pair.upper, strength: try text.coupling(2, of: line),
          transverse: count == 4 ? try text.coupling(3, of: line) : nil))
    }
    if let neighbours = place.neighbours {
      let missing = neighbours.subtracting(found)
      if let first = missing.min() {
        throw text.missing(
          missing.count, of: neighbours.count, on: place.name, first: (first.lower, first.upper))
      }
    } else {
      let joined = Set(bonds.flatMap { [$0.first, $0.second] })
      if let site = (0..<geometry.siteCount).first(where: { !joined.contains($0) }) {
        throw EdgeListError(
          .missingSite, path: text.path,
          "no line has site \(site) of the \(place.name), whose sites are numbered from 0 to "
            + "\(geometry.siteCount - 1); give each site a bond, with coupling 0 where it has none")
      }
    }
    return bonds.sorted { ($0.first, $0.second) < ($1.first, $1.second) }
  }

  /// Two sites in ascending order.
  private struct Pair: Hashable, Comparable {
    let lower: Int
    let upper: Int

    init(_ first: Int, _ second: Int) {
      lower = min(first, second)
      upper = max(first, second)
    }

    static func < (left: Pair, right: Pair) -> Bool {
      (left.lower, left.upper) < (right.lower, right.upper)
    }
  }

  /// What the bonds are on.
  private struct Place {
    let name: String
    /// The pairs that must have a bond; nil where any may.
    let neighbours: Set<Pair>?

    init(_ geometry: LatticeGeometry) {
      guard geometry.unitCell.form != .graph else {
        name = "graph of \(geometry.siteCount) sites"
        neighbours = nil
        return
      }
      name = "\(geometry.size) \(geometry.unitCell.name) lattice"
      // A lattice so small that a site is its own neighbour has no pairs.
      let bonds = (try? geometry.bonds()) ?? []
      neighbours = Set(bonds.map { Pair($0.first, $0.second) })
    }
  }
}
