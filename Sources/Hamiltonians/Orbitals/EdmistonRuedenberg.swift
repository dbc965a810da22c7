internal import Configurations
internal import Foundation
public import Integrals

/// Localised orbitals from integrals alone: those of the largest self-repulsion.
///
/// ```
/// D = Σ_p (pp|pp) → max
/// ```
///
/// by rotations of pairs, swept over until none gains (C. Edmiston, K. Ruedenberg, Rev. Mod. Phys. 35, 457
/// (1963)). For a pair `(p, q)` turned by γ, `p' = p cos γ + q sin γ`,
///
/// ```
/// D(γ) = D(0) + A (1 − cos 4γ) + B sin 4γ,   A = (pq|pq) − ¼ [(pp|pp) + (qq|qq) − 2 (pp|qq)],
///                                            B = (pp|pq) − (qq|pq)
/// ```
///
/// which is largest at `4γ = atan2(B, −A)`. In a minimal basis these orbitals are the atomic ones, orthogonal.
///
/// ### Conventions
///
/// - The sweeps take orbitals by their energies, so that the result does not depend on the order of the input, and begin
///   with the given orbitals; others begin with orbitals turned at random, and one whose D is larger by more
///   than rounding takes their place.
/// - Orbitals come out along a chain where they form one: by the Fiedler vector of their exchange integrals `(pq|pq)`
///   (M. Fiedler, Czech. Math. J. 25, 619 (1975); G. Barcza et al., Phys. Rev. A 83, 012508 (2011)). The element of largest magnitude of each column is
///   positive.
/// - Orbitals of different irreps mix: what is rotated by this has no symmetry labels.
///
/// ### Edge cases
///
/// - Where D does not depend on an angle, as for the π orbitals of a linear molecule, the orbitals stay as they are.
///
/// ### Complexity
///
/// O(n⁵) for a sweep over n orbitals, and n⁴ numbers of memory.
public struct EdmistonRuedenberg: Sendable {
  /// The most sweeps of one start.
  public var maximumSweeps = 300
  /// The largest `|B|` of a pair, in units of the mean `(pp|pp)`, at which sweeps end.
  public var tolerance = 1e-10
  /// The number of starts.
  public var starts = 3

  /// Creates the method with its defaults.
  public init() {}

  /// Localised orbitals.
  public struct Result: Sendable {
    /// The orbitals in terms of the given ones.
    public var rotation: OrbitalRotation
    /// D before the first sweep of the best start, and after each.
    public var selfRepulsions: [Double]
    /// The largest `|B|` of a pair at the end, in hartree: a quarter of the gradient.
    public var gradient: Double
    /// Whether ``gradient`` is within the tolerance.
    public var isConverged: Bool
  }

  /// Localises orbitals.
  ///
  /// - Parameters:
  ///   - integrals: Restricted integrals.
  ///   - groups: Orbitals that mix among themselves only, each in one group; nil for all together.
  /// - Returns: The orbitals of the largest self-repulsion that was found; those of each group at its places.
  /// - Precondition: α and β share their orbitals, and the groups are disjoint.
  public func localise(_ integrals: MolecularIntegrals, groups: [[Int]]? = nil) -> Result {
    precondition(!integrals.isUnrestricted, "orbitals of α and β are not the same")
    let n = integrals.orbitalCount
    let order = Self.byEnergy(integrals)
    var group = [Int](repeating: groups == nil ? 0 : -1, count: n)
    for (number, members) in (groups ?? []).enumerated() {
      for p in members {
        precondition(group[p] == -1, "orbital \(p) is in two groups")
        group[p] = number
      }
    }
    let pairs = (0..<n).flatMap { q in (0..<q).map { ($0, q) } }.filter {
      group[order[$0.0]] >= 0 && group[order[$0.0]] == group[order[$0.1]]
    }
    var best = Sweeps(integrals, order, pairs)
    best.run(self)
    for start in 1..<max(1, starts) where !pairs.isEmpty {
      var other = Sweeps(integrals, order, pairs)
      var random = RandomSource(seed: UInt64(start))
      for (p, q) in pairs { other.turn(p, q, by: 2 * Double.pi * random.uniform()) }
      other.run(self)
      let gain = other.tensor.selfRepulsion - best.tensor.selfRepulsion
      if gain > 1e-7 * abs(best.tensor.selfRepulsion) { best = other }
    }
    return Result(
      rotation: Self.ordered(best, order, group), selfRepulsions: best.values,
      gradient: best.gradient, isConverged: best.isConverged)
  }

  /// The orbitals by rising `h_pp`, of equal ones by falling self-repulsion.
  private static func byEnergy(_ integrals: MolecularIntegrals) -> [Int] {
    let pair = MolecularIntegrals.pair
    let scale = integrals.energyScale
    // Rounded, so that equal energies do not depend on their last digits.
    func rounded(_ value: Double) -> Double { (value / scale * 1e8).rounded() }
    return (0..<integrals.orbitalCount).sorted { p, q in
      let energies = [p, q].map { rounded(integrals.oneBodyAlpha[pair($0, $0)]) }
      if energies[0] != energies[1] { return energies[0] < energies[1] }
      let own = [p, q].map {
        rounded(integrals.twoBodyAlphaAlpha[pair(pair($0, $0), pair($0, $0))])
      }
      return own[0] == own[1] ? p < q : own[0] > own[1]
    }
  }

  /// The rotation of the original orbitals, columns of each group along its chain.
  private static func ordered(_ sweeps: Sweeps, _ order: [Int], _ group: [Int]) -> OrbitalRotation {
    let n = order.count
    var rotation = OrbitalRotation(identity: n).alpha
    for number in Set(group).sorted() where number >= 0 {
      let places = (0..<n).filter { group[order[$0]] == number }
      let chain = FiedlerOrder.order(places.count) { i, j in
        sweeps.tensor[places[i], places[j], places[i], places[j]]
      }
      let columns = (0..<n).filter { group[$0] == number }
      for (column, link) in zip(columns, chain) {
        let source = places[link]
        let values = (0..<n).map { sweeps.matrix[$0 * n + source] }
        let largest = values.indices.reduce(0) {
          abs(values[$1]) > abs(values[$0]) + 1e-10 ? $1 : $0
        }
        for place in 0..<n {
          rotation[order[place] * n + column] = values[largest] < 0 ? -values[place] : values[place]
        }
      }
    }
    return OrbitalRotation(alpha: rotation)
  }
}

/// The sweeps of one start.
private struct Sweeps {
  private(set) var tensor: RepulsionTensor
  /// The orbitals as columns over the ordered ones, `[n, n]`.
  private(set) var matrix: [Double]
  private(set) var values: [Double] = []
  private(set) var gradient = 0.0
  private(set) var isConverged = false
  private let pairs: [(Int, Int)]

  init(_ integrals: MolecularIntegrals, _ order: [Int], _ pairs: [(Int, Int)]) {
    tensor = RepulsionTensor(integrals, order: order)
    matrix = OrbitalRotation(identity: order.count).alpha
    self.pairs = pairs
  }

  mutating func turn(_ p: Int, _ q: Int, by angle: Double) {
    let (cosine, sine) = (cos(angle), sin(angle))
    tensor.rotate(p, q, cosine: cosine, sine: sine)
    let n = tensor.n
    for row in 0..<n {
      let (a, b) = (matrix[row * n + p], matrix[row * n + q])
      matrix[row * n + p] = cosine * a + sine * b
      matrix[row * n + q] = cosine * b - sine * a
    }
  }

  /// A and B of a pair.
  private func slope(_ p: Int, _ q: Int) -> (a: Double, b: Double) {
    (
      tensor[p, q, p, q]
        - 0.25 * (tensor[p, p, p, p] + tensor[q, q, q, q] - 2 * tensor[p, p, q, q]),
      tensor[p, p, p, q] - tensor[q, q, p, q]
    )
  }

  mutating func run(_ method: EdmistonRuedenberg) {
    values = [tensor.selfRepulsion]
    let limit = method.tolerance * max(abs(values[0]) / Double(max(1, tensor.n)), 1e-300)
    for sweep in 0...method.maximumSweeps {
      gradient = 0
      var gain = 0.0
      for (p, q) in pairs {
        let (a, b) = slope(p, q)
        gradient = max(gradient, abs(b))
        let size = (a * a + b * b).squareRoot()
        if size == 0 { continue }
        // a + size, of pairs near their maximum without cancellation.
        gain = max(gain, a > 0 ? a + size : b * b / (size - a))
        // An angle on which nothing depends stays.
        let isDone = size <= limit || a < 0 && abs(b) <= limit / 100
        if isDone || sweep == method.maximumSweeps { continue }
        turn(p, q, by: atan2(b, -a) / 4)
      }
      if gradient <= limit && gain <= limit {
        isConverged = true
        return
      }
      if sweep < method.maximumSweeps { values.append(tensor.selfRepulsion) }
    }
  }
}
