/// The infinite lattice: primitive vectors and the sites of one cell, in the plane.
///
/// Neighbour shells follow from distances, so a new geometry is nothing but a new value here.
public struct LatticeUnitCell: Sendable, Hashable {
  /// A point or vector of the plane, in units of the lattice spacing.
  public struct Vector: Sendable, Hashable {
    /// The Cartesian components.
    public var x: Double
    /// The Cartesian components.
    public var y: Double

    /// Creates a vector from its components.
    public init(_ x: Double, _ y: Double) {
      self.x = x
      self.y = y
    }
  }

  /// A bond that every cell has: from site `source` of the cell to site `target` of the cell that
  /// lies `x` and `y` primitive vectors further.
  public struct BondVector: Sendable, Hashable {
    /// The site of this cell at which the bond starts.
    public let source: Int
    /// The site of the other cell at which it ends.
    public let target: Int
    /// The distance of the other cell along the first primitive vector.
    public let x: Int
    /// The distance of the other cell along the second primitive vector.
    public let y: Int
  }

  /// What kind of thing its copies make up.
  public enum Form: Sendable, Hashable {
    /// A lattice with neighbours by distance.
    case lattice
    /// The same, always open along the second primitive vector: legs of any length with rungs across.
    case ladder
    /// Sites without neighbours of their own, which a list of bonds joins.
    case graph
  }

  /// The name that the command line uses.
  public let name: String
  /// What its copies make up.
  public let form: Form
  /// The number of directions in which the lattice extends, 1 or 2.
  public let dimension: Int
  /// The primitive vectors; the second is unused in one dimension.
  public let primitive: [Vector]
  /// The positions of the sites of the cell.
  public let basis: [Vector]

  /// Creates a unit cell of `dimension` primitive vectors.
  public init(
    name: String, primitive: [Vector], basis: [Vector] = [Vector(0, 0)], form: Form = .lattice
  ) {
    precondition((1...2).contains(primitive.count), "a lattice has one or two primitive vectors")
    precondition(!basis.isEmpty, "a unit cell has at least one site")
    self.name = name
    self.form = form
    self.dimension = primitive.count
    self.primitive = primitive
    self.basis = basis
  }

  /// A chain.
  public static let chain = LatticeUnitCell(name: "chain", primitive: [Vector(1, 0)])
  /// The square lattice.
  public static let square = LatticeUnitCell(
    name: "square", primitive: [Vector(1, 0), Vector(0, 1)])
  /// The triangular lattice, with primitive vectors 60 degrees apart.
  public static let triangular = LatticeUnitCell(
    name: "triangular", primitive: [Vector(1, 0), Vector(0.5, halfRootThree)])
  /// The kagome lattice: three sites a cell, half a primitive vector apart.
  public static let kagome = LatticeUnitCell(
    name: "kagome", primitive: [Vector(2, 0), Vector(1, 2 * halfRootThree)],
    basis: [Vector(0, 0), Vector(1, 0), Vector(0.5, halfRootThree)])

  /// The honeycomb lattice: two sites a cell, one lattice spacing apart.
  public static let honeycomb = LatticeUnitCell(
    name: "honeycomb", primitive: [Vector(2 * halfRootThree, 0), Vector(halfRootThree, 1.5)],
    basis: [Vector(0, 0), Vector(0, 1)])
  /// A ladder: its length along the first direction, its legs along the second, which is open.
  public static let ladder = LatticeUnitCell(
    name: "ladder", primitive: [Vector(1, 0), Vector(0, 1)], form: .ladder)
  /// Sites in a list, without bonds of their own.
  public static let graph = LatticeUnitCell(name: "graph", primitive: [Vector(1, 0)], form: .graph)

  /// All of these, by the names that they have on the command line.
  public static let all = [chain, ladder, square, triangular, honeycomb, kagome, graph]

  private static let halfRootThree = 0.75.squareRoot()

  /// Returns the bonds of neighbour shell `order` (1 is nearest), one of each pair `±`.
  ///
  /// A shell holds all bonds of one length. Bonds are ordered by source, then by `y` upwards, then
  /// by `x` downwards.
  public func bondVectors(order: Int) -> [BondVector] {
    precondition(order >= 1, "neighbour shells count from 1, not \(order)")
    if form == .graph { return [] }
    let reach = order + 1
    let rows = dimension == 2 ? -reach...reach : 0...0
    var candidates: [(bond: BondVector, squaredLength: Double)] = []
    for source in basis.indices {
      for y in rows {
        for x in (-reach...reach).reversed() {
          for target in basis.indices {
            let squared = squaredLength(source: source, target: target, x: x, y: y)
            if squared < 1e-9 { continue }
            candidates.append(
              (BondVector(source: source, target: target, x: x, y: y), squared))
          }
        }
      }
    }
    var lengths: [Double] = []
    for candidate in candidates.sorted(by: { $0.squaredLength < $1.squaredLength })
    where candidate.squaredLength > (lengths.last ?? 0) + 1e-9 {
      lengths.append(candidate.squaredLength)
    }
    let length = lengths[order - 1]
    return candidates.filter { bond, squared in
      abs(squared - length) < 1e-9
        && (bond.y, bond.x, bond.target) > (0, 0, bond.source)
    }.map(\.bond)
  }

  private func squaredLength(source: Int, target: Int, x: Int, y: Int) -> Double {
    let first = primitive[0]
    let second = dimension == 2 ? primitive[1] : Vector(0, 0)
    let dx = basis[target].x - basis[source].x + Double(x) * first.x + Double(y) * second.x
    let dy = basis[target].y - basis[source].y + Double(x) * first.y + Double(y) * second.y
    return dx * dx + dy * dy
  }
}
