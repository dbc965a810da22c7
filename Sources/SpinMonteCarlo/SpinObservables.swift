internal import Foundation
public import Hamiltonians

/// Correlations of the spins of a state, with standard errors.
///
/// Spins are `S = σ/2`. Errors are those of independent chains, one configuration of each.
public struct SpinObservables: Sendable, Hashable {
  /// A mean with its standard error.
  public struct Estimate: Sendable, Hashable {
    /// The mean.
    public let value: Double
    /// Its standard error.
    public let error: Double

    /// Creates an estimate.
    public init(value: Double, error: Double) {
      self.value = value
      self.error = error
    }
  }

  /// The pairs of sites that an entry of the correlations stands for: one of them, averaged with all its shifts where
  /// shifts are symmetries.
  public let pairs: [LatticeGeometry.Bond]
  /// ⟨S_i·S_j⟩, by pair.
  public let correlations: [Estimate]
  /// ⟨Sᶻ_i Sᶻ_j⟩, by pair.
  public let longitudinal: [Estimate]
  /// The momenta of ``structureFactor`` in units of 2π over the lengths, `[n1, n2]`.
  public let momenta: [[Int]]
  /// `S(q) = (1/N) Σ_ij cos q·(r_i − r_j) ⟨S_i·S_j⟩`, by momentum.
  public let structureFactor: [Estimate]
  /// `(1/N²) Σ_ij ε_i ε_j ⟨S_i·S_j⟩` with ε = ±1 on two sublattices; nil where there are none.
  public let staggeredMagnetization: Estimate?
  /// `(1/N²) Σ_ij cos(2π (c_i − c_j)/3) ⟨S_i·S_j⟩` with the three sublattices c of the triangular lattice.
  public let triangularMagnetization: Estimate?
  /// `⟨S²⟩ = Σ_ij ⟨S_i·S_j⟩` of the whole lattice.
  public let totalSpinSquared: Estimate
  /// `(1/N) Σ_i ⟨Sˣ_i⟩`; nil where the number of up spins is conserved, and it is zero.
  public let transverseMagnetization: Estimate?
  /// `⟨(1/N Σ_i Sᶻ_i)²⟩`.
  public let longitudinalMagnetization: Estimate
  /// The pairs of nearest-neighbour bonds of ``dimers``.
  public let dimerPairs: [DimerPair]
  /// `⟨D_a D_b⟩ − ⟨D_a⟩⟨D_b⟩` with `D = Sᶻ Sᶻ` of a bond.
  public let dimers: [Estimate]
  /// The number of configurations.
  public let samples: Int

  /// The numbers of the whole lattice, by their names in JSON and in result files.
  public var scalars: [(name: String, estimate: Estimate)] {
    var all = [("total_spin_squared", totalSpinSquared)]
    if let staggeredMagnetization {
      all.append(("staggered_magnetization_squared", staggeredMagnetization))
    }
    if let triangularMagnetization {
      all.append(("triangular_magnetization_squared", triangularMagnetization))
    }
    if let transverseMagnetization {
      all.append(("transverse_magnetization", transverseMagnetization))
    }
    all.append(("longitudinal_magnetization_squared", longitudinalMagnetization))
    return all
  }

  /// Two bonds.
  public struct DimerPair: Sendable, Hashable {
    /// One bond.
    public let first: LatticeGeometry.Bond
    /// The other.
    public let second: LatticeGeometry.Bond
  }
}

/// Which pairs of sites are averaged, and what is added up from them.
struct ObservablePlan: Sendable {
  /// Without shifts there are as many entries as pairs of sites: beyond this many sites they are not measured.
  static let largestWithoutShifts = 144

  let geometry: LatticeGeometry
  let conservesMagnetization: Bool
  /// The entry of each pair of sites, `[N, N]`.
  let classes: [Int]
  /// One pair of each entry.
  let pairs: [LatticeGeometry.Bond]
  /// The number of ordered pairs of sites of each entry.
  let counts: [Double]
  let momenta: [[Int]]
  /// `(1/N) cos q·(r_i − r_j)`, summed over the pairs of an entry and divided by their number, `[momenta, entries]`.
  let waves: [Double]
  let staggered: [Double]?
  let triangular: [Double]?
  let bonds: [LatticeGeometry.Bond]
  let dimerPairs: [SpinObservables.DimerPair]
  /// The two bonds of every member of an entry of dimers, by entry.
  let dimerMembers: [[SIMD2<Int32>]]

  init(_ problem: SpinProblem) {
    let geometry = problem.geometry
    let n = problem.siteCount
    self.geometry = geometry
    conservesMagnetization = problem.upCount != nil
    let isUniform = problem.isInvariant(underShiftsBy: 1)
    // Shifts map site (x, y, b) to (x + dx, y + dy, b).
    let shifts = isUniform ? LatticeSymmetries(problem).shifts : [Array(0..<n)]
    var classes = [Int](repeating: -1, count: n * n)
    var pairs: [LatticeGeometry.Bond] = []
    var counts: [Double] = []
    for i in 0..<n {
      for j in 0..<n where classes[i * n + j] < 0 {
        for shift in shifts {
          for (a, b) in [(shift[i], shift[j]), (shift[j], shift[i])]
          where classes[a * n + b] < 0 {
            classes[a * n + b] = pairs.count
            if counts.count == pairs.count { counts.append(0) }
            counts[pairs.count] += 1
          }
        }
        pairs.append(.init(i, j))
      }
    }
    self.classes = classes
    self.pairs = pairs
    self.counts = counts

    let isChain = geometry.height == 1
    momenta = (0..<geometry.height).flatMap { y in
      (0..<geometry.width).map { x in isChain ? [x] : [x, y] }
    }
    let fractions = Self.fractions(geometry)
    var waves = [Double](repeating: 0, count: momenta.count * pairs.count)
    for (row, momentum) in momenta.enumerated() {
      let angles = fractions.map { place in
        2 * Double.pi
          * (Double(momentum[0]) * place.x / Double(geometry.width)
            + Double(momentum.count > 1 ? momentum[1] : 0) * place.y / Double(geometry.height))
      }
      for i in 0..<n {
        for j in 0..<n {
          let entry = classes[i * n + j]
          waves[row * pairs.count + entry] +=
            cos(angles[i] - angles[j]) / (Double(n) * counts[entry])
        }
      }
    }
    self.waves = waves
    func weights(_ colours: [Int]?, _ unit: Double) -> [Double]? {
      guard let colours else { return nil }
      var sums = [Double](repeating: 0, count: pairs.count)
      for i in 0..<n {
        for j in 0..<n {
          let entry = classes[i * n + j]
          sums[entry] +=
            cos(unit * Double(colours[i] - colours[j])) / (Double(n * n) * counts[entry])
        }
      }
      return sums
    }
    staggered = weights(geometry.neelColours, .pi)
    triangular = weights(geometry.triangleColours, 2 * .pi / 3)

    // One bond of each direction with all others; averaged over shifts.
    let bonds = n <= 400 ? ((try? geometry.bonds(order: 1)) ?? []) : []
    self.bonds = bonds
    var places: [LatticeGeometry.Bond: Int32] = [:]
    for (index, bond) in bonds.enumerated() {
      places[bond] = Int32(index)
    }
    var dimerPairs: [SpinObservables.DimerPair] = []
    var members: [[SIMD2<Int32>]] = []
    if isUniform {
      let starts = bonds.filter { $0.first < geometry.unitCell.basis.count }
      for first in starts {
        for second in bonds {
          var list: [SIMD2<Int32>] = []
          for shift in shifts {
            // A bond leads from its first site to its second wherever it is shifted.
            guard
              let a = places[.init(shift[first.first], shift[first.second])],
              let b = places[.init(shift[second.first], shift[second.second])]
            else { continue }
            list.append(SIMD2(a, b))
          }
          if list.isEmpty { continue }
          dimerPairs.append(.init(first: first, second: second))
          members.append(list)
        }
      }
    } else if let middle = bonds.indices.middle {
      for second in bonds.indices {
        dimerPairs.append(.init(first: bonds[middle], second: bonds[second]))
        members.append([SIMD2(Int32(middle), Int32(second))])
      }
    }
    self.dimerPairs = dimerPairs
    dimerMembers = members
  }

  /// The places of sites in units of primitive vectors.
  private static func fractions(_ geometry: LatticeGeometry) -> [(x: Double, y: Double)] {
    let a = geometry.unitCell.primitive[0]
    let b = geometry.unitCell.dimension == 2 ? geometry.unitCell.primitive[1] : .init(0, 1)
    let determinant = a.x * b.y - a.y * b.x
    return (0..<geometry.siteCount).map { site in
      let place = geometry.position(of: site)
      return (
        (place.x * b.y - place.y * b.x) / determinant, (a.x * place.y - a.y * place.x) / determinant
      )
    }
  }
}

extension Range<Int> {
  /// The middle; nil of an empty range.
  fileprivate var middle: Int? { isEmpty ? nil : (lowerBound + upperBound) / 2 }
}
