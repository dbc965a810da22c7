/// A finite lattice: which sites there are and which of them are neighbours.
///
/// ### Conventions
///
/// - Extents are written `Lx × Ly`, in unit cells. Sites are numbered row by row, `x` running
///   fastest: `site = (y · Lx + x) · b + s` for site `s` of a cell with `b` sites.
/// - Each bond vector of the infinite lattice gives one bond for each site at which it starts.
///   Periodic lattices wrap it around, open ones drop it where it leaves the lattice.
/// - Hence two sites are joined **twice** where the bond vector and its opposite lead to the same
///   site: nearest neighbours along a periodic direction of extent 2, second neighbours of a
///   periodic chain of 4. Such bonds are listed twice and their couplings add, so that the energy
///   is that of the translation-invariant sum `Σ_i Σ_v J S_i·S_{i+v}` at every size.
/// - A direction of extent 1 has no bonds that leave its cells, whatever the boundary: `1 × L` is a chain.
public struct LatticeGeometry: Sendable, Hashable {
  /// What happens at the edges, along the first and the second primitive vector.
  public enum Boundary: String, Sendable, Hashable, CaseIterable {
    /// The last cell of every row and column is a neighbour of the first.
    case periodic
    /// The lattice ends.
    case open
    /// A cylinder: rows close in themselves, columns end.
    case periodicOpen = "periodic-open"
    /// A cylinder: rows end, columns close in themselves.
    case openPeriodic = "open-periodic"

    /// Whether rows, along the first primitive vector, close in themselves.
    public var closesRows: Bool { self == .periodic || self == .periodicOpen }
    /// Whether columns, along the second primitive vector, close in themselves.
    public var closesColumns: Bool { self == .periodic || self == .openPeriodic }
  }

  /// Two sites joined by a bond.
  public struct Bond: Sendable, Hashable {
    /// The site at which the bond vector starts.
    public let first: Int
    /// The site to which it leads.
    public let second: Int

    /// Creates a bond between two sites.
    public init(_ first: Int, _ second: Int) {
      self.first = first
      self.second = second
    }
  }

  /// The largest number of sites.
  ///
  /// What packs spins in words of bits, as ``SpinHamiltonian`` does, takes 128 of them.
  public static let siteLimit = 65_536

  /// The infinite lattice of which this is a part.
  public let unitCell: LatticeUnitCell
  /// The number of cells along the first primitive vector, `Lx`.
  public let width: Int
  /// The number of cells along the second primitive vector, `Ly`; 1 for a chain.
  public let height: Int
  /// What happens at the edges; of a ladder with open legs, of a graph open.
  public let boundary: Boundary

  /// Creates a lattice of the given extents.
  ///
  /// - Parameters:
  ///   - unitCell: The infinite lattice.
  ///   - extents: The number of cells along each primitive vector, one number for each.
  ///   - boundary: What happens at the edges. A ladder is always open across its legs, whether or not that
  ///     is said; a graph has no edges, and what is said does not matter.
  /// - Throws: ``LatticeError`` where an extent is not positive, where there are too few or too
  ///   many of them, above ``siteLimit`` sites, or for a boundary that the lattice cannot have.
  public init(
    _ unitCell: LatticeUnitCell, extents: [Int], boundary: Boundary = .periodic
  ) throws(LatticeError) {
    let example = unitCell.dimension == 1 ? "16" : "4x4"
    guard extents.count == unitCell.dimension else {
      throw LatticeError(
        .malformedSize,
        "the \(unitCell.name) lattice needs a size of \(unitCell.dimension) number"
          + "\(unitCell.dimension == 1 ? "" : "s"), not \(extents.count); "
          + "write it like \(example)")
    }
    if let extent = extents.first(where: { $0 < 1 }) {
      throw LatticeError(
        .malformedSize,
        "a lattice extent must be at least 1, not \(extent); write the size like \(example)")
    }
    var sites = unitCell.basis.count
    for extent in extents {
      let product = sites.multipliedReportingOverflow(by: extent)
      guard !product.overflow, product.partialValue <= Self.siteLimit else {
        throw LatticeError(
          .tooManySites,
          "a \(unitCell.name) lattice of \(extents.map(String.init).joined(separator: "x")) cells "
            + "has more than the \(Self.siteLimit) sites that are supported; choose a smaller size")
      }
      sites = product.partialValue
    }
    self.unitCell = unitCell
    self.width = extents[0]
    self.height = extents.count == 2 ? extents[1] : 1
    self.boundary = try Self.boundary(boundary, of: unitCell)
  }

  /// Returns the boundary that a lattice has where one is asked for.
  private static func boundary(
    _ boundary: Boundary, of unitCell: LatticeUnitCell
  ) throws(LatticeError) -> Boundary {
    let isMixed = boundary.closesRows != boundary.closesColumns
    switch unitCell.form {
    case .graph: return .open
    case .ladder where boundary == .openPeriodic:
      throw LatticeError(
        .invalidBoundary,
        "a ladder is open across its legs, and cannot have the boundary '\(boundary.rawValue)'; choose "
          + "periodic or open for its length")
    case .ladder: return boundary.closesRows ? .periodicOpen : .open
    case .lattice where isMixed && unitCell.dimension == 1:
      throw LatticeError(
        .invalidBoundary,
        "the \(unitCell.name) lattice has one direction, and cannot have the boundary "
          + "'\(boundary.rawValue)'; choose periodic or open")
    case .lattice: return boundary
    }
  }

  /// Creates a lattice from the size as written on a command line, such as `16` or `4x6`.
  ///
  /// - Parameters:
  ///   - unitCell: The infinite lattice.
  ///   - size: The extents, separated by `x`.
  ///   - boundary: What happens at the edge.
  /// - Throws: ``LatticeError`` where the text is not of that form or the lattice is refused.
  public init(
    _ unitCell: LatticeUnitCell, size: String, boundary: Boundary = .periodic
  ) throws(LatticeError) {
    let parts = size.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    var extents: [Int] = []
    for part in parts {
      guard let extent = Int(part) else {
        throw LatticeError(
          .malformedSize,
          "“\(size)” is not a lattice size: expected "
            + (unitCell.dimension == 1
              ? "a number of sites, such as 16" : "two extents joined by x, such as 4x4"))
      }
      extents.append(extent)
    }
    try self.init(unitCell, extents: extents, boundary: boundary)
  }

  /// The number of sites, N.
  public var siteCount: Int { width * height * unitCell.basis.count }

  /// The size as it is written on the command line.
  public var size: String {
    unitCell.dimension == 1 ? "\(width)" : "\(width)x\(height)"
  }

  /// Returns the number of a site from its cell and its place in the cell.
  public func site(x: Int, y: Int, basis: Int = 0) -> Int {
    (y * width + x) * unitCell.basis.count + basis
  }

  /// Returns where a site lies in the plane, in units of the lattice spacing.
  public func position(of site: Int) -> LatticeUnitCell.Vector {
    precondition((0..<siteCount).contains(site), "there is no site \(site)")
    let cell = site / unitCell.basis.count
    let (y, x) = cell.quotientAndRemainder(dividingBy: width)
    let first = unitCell.primitive[0]
    let second = unitCell.dimension == 2 ? unitCell.primitive[1] : .init(0, 0)
    let offset = unitCell.basis[site % unitCell.basis.count]
    return .init(
      Double(x) * first.x + Double(y) * second.x + offset.x,
      Double(x) * first.y + Double(y) * second.y + offset.y)
  }

  /// The number of translations that take the lattice to itself.
  public var translationCount: Int {
    (boundary.closesRows ? width : 1) * (boundary.closesColumns ? height : 1)
  }

  /// Returns the bonds of neighbour shell `order`, ordered by their first site.
  ///
  /// - Parameter order: 1 for nearest neighbours, 2 for next-nearest ones.
  /// - Returns: One bond for each site and bond vector, none of a graph; see the type's conventions on
  ///   pairs that occur twice.
  /// - Throws: ``LatticeError`` where the lattice is so small that a site would be its own
  ///   neighbour.
  public func bonds(order: Int = 1) throws(LatticeError) -> [Bond] {
    let vectors = unitCell.bondVectors(order: order)
    var bonds: [Bond] = []
    for y in 0..<height {
      for x in 0..<width {
        for vector in vectors {
          guard let targetX = step(x, by: vector.x, extent: width, closes: boundary.closesRows),
            let targetY = step(y, by: vector.y, extent: height, closes: boundary.closesColumns)
          else { continue }
          let bond = Bond(
            site(x: x, y: y, basis: vector.source),
            site(x: targetX, y: targetY, basis: vector.target))
          guard bond.first != bond.second else {
            throw LatticeError(
              .missingNeighbours,
              "on the periodic \(unitCell.name) lattice of size \(size) a site is its own "
                + "neighbour of order \(order); choose a larger size or open boundaries")
          }
          bonds.append(bond)
        }
      }
    }
    return bonds
  }

  /// Returns `position + distance` on one axis, or nil where that leaves the lattice.
  private func step(_ position: Int, by distance: Int, extent: Int, closes: Bool) -> Int? {
    let target = position + distance
    if (0..<extent).contains(target) { return target }
    if !closes || extent == 1 { return nil }
    return ((target % extent) + extent) % extent
  }
}
