public import Configurations
public import Integrals
public import Parallelism

/// The one- and two-particle reduced density matrices of a vector of determinants.
///
/// ```
/// γσ_pq  = ⟨a†_pσ a_qσ⟩
/// Γσσ'_pqrs = ⟨a†_pσ a†_rσ' a_sσ' a_qσ⟩
/// E = E_core + Σ_pq h_pq γ_pq + ½ Σ_pqrs (pq|rs) Γ_pqrs
/// ```
///
/// ### Conventions
///
/// - The order of indices is PySCF's (`fci.direct_spin1.make_rdm12s`): `p` and `q` belong to the first electron,
///   `r` and `s` to the second, as in `(pq|rs)`. The spin-summed `Γ` is `Γαα + Γββ + Γαβ + Γβα`, of trace `N (N − 1)` where
///   `γ` has trace `N`.
/// - Orbitals are real, so all matrices are real and symmetric; of a complex vector these are the real parts,
///   from which energies of real Hamiltonians follow.
/// - Stored once are `⟨a†_p a†_q a_s a_r⟩` of pairs: `p > q`, `r > s` for equal spins, all `(p, q)`, `(r, s)` for αβ.
///
/// ### Accuracy
///
/// Sums have a fixed order, which no number of threads changes. A vector that is not normalised gives matrices of its
/// own norm.
///
/// ### Complexity
///
/// For N determinants that couple to C others inside the vector, O(N C) products and O(n⁴) memory for n orbitals, once
/// for each thread beside the result.
public struct DensityMatrices: Sendable, Hashable, Codable {
  /// The number of spatial orbitals, n.
  public let orbitalCount: Int
  /// The number of α electrons.
  public let alphaCount: Int
  /// The number of β electrons.
  public let betaCount: Int
  /// `γα`, `[n, n]`.
  public internal(set) var alpha: [Double]
  /// `γβ`, `[n, n]`.
  public internal(set) var beta: [Double]
  /// `⟨a†_pα a†_qα a_sα a_rα⟩`, `[P, P]` of pairs `p > q` at `p (p − 1)/2 + q`.
  public internal(set) var pairsAlpha: [Double]
  /// The same of β.
  public internal(set) var pairsBeta: [Double]
  /// `⟨a†_pα a†_qβ a_sβ a_rα⟩`, `[n², n²]` of pairs at `p n + q`.
  public internal(set) var pairsMixed: [Double]

  /// Computes the matrices of a vector.
  ///
  /// - Parameters:
  ///   - configurations: The determinants, all different and of one sector; partners under spin flip both.
  ///   - real: The real parts of their coefficients.
  ///   - imaginary: The imaginary parts; nil for none.
  ///   - orbitals: The number of spatial orbitals.
  ///   - execution: The threads to use.
  /// - Precondition: There is a determinant, and a coefficient for each.
  public init<Word: ConfigurationWord>(
    _ configurations: [Configuration<Word>], real: [Double], imaginary: [Double]? = nil,
    orbitals: Int, execution: Execution = Execution()
  ) {
    precondition(real.count == configurations.count, "one coefficient for each determinant")
    precondition(
      imaginary.map { $0.count == configurations.count } ?? true,
      "one imaginary part for each determinant")
    guard let first = configurations.first else {
      preconditionFailure("a vector without determinants has no density matrices")
    }
    orbitalCount = orbitals
    alphaCount = first.alpha.nonzeroBitCount
    betaCount = first.beta.nonzeroBitCount
    let states = HoleStates(configurations, real, orbitals: orbitals, execution: execution)
    alpha = states.overlaps(.alpha)
    beta = states.overlaps(.beta)
    pairsAlpha = states.overlaps(.twoAlpha)
    pairsBeta = states.overlaps(.twoBeta)
    pairsMixed = states.overlaps(.alphaBeta)
    guard let imaginary, imaginary.contains(where: { $0 != 0 }) else { return }
    let others = HoleStates(configurations, imaginary, orbitals: orbitals, execution: execution)
    Self.add(others.overlaps(.alpha), to: &alpha)
    Self.add(others.overlaps(.beta), to: &beta)
    Self.add(others.overlaps(.twoAlpha), to: &pairsAlpha)
    Self.add(others.overlaps(.twoBeta), to: &pairsBeta)
    Self.add(others.overlaps(.alphaBeta), to: &pairsMixed)
  }

  private static func add(_ values: [Double], to sum: inout [Double]) {
    for place in sum.indices { sum[place] += values[place] }
  }

  /// Returns the memory that the matrices of a vector take while they are computed.
  ///
  /// - Parameters:
  ///   - determinants: The number of determinants.
  ///   - orbitals: The number of spatial orbitals.
  ///   - threads: The number of threads.
  /// - Returns: An estimate in bytes.
  public static func memoryEstimate(determinants: Int, orbitals: Int, threads: Int) -> Double {
    let n = Double(orbitals)
    let mixed = 8 * n * n * n * n
    // αβ with both equal-spin blocks of a quarter each, one αβ for each thread and its part of the holes.
    let part = max(Double(HoleStates<UInt128>.partSize), mixed / 32)
    return 1.5 * mixed + Double(threads) * (mixed + 80 * part)
      + 48 * Double(determinants)
  }

  /// The spins of the two electrons of a two-particle matrix.
  public enum SpinBlock: Sendable, CaseIterable {
    /// Both α.
    case alphaAlpha
    /// Both β.
    case betaBeta
    /// The first α, the second β.
    case alphaBeta
  }

  /// `γ = γα + γβ`, `[n, n]`.
  public var oneParticle: [Double] { zip(alpha, beta).map { $0 + $1 } }

  /// Returns a block `Γσσ'_pqrs` of the two-particle matrix, `[n, n, n, n]`.
  ///
  /// - Parameter block: The spins.
  /// - Returns: The elements, `s` fastest.
  public func twoParticle(_ block: SpinBlock) -> [Double] {
    var elements = [Double](repeating: 0, count: pairsMixed.count)
    add(block, to: &elements, exchanged: false)
    return elements
  }

  /// Returns the spin-summed two-particle matrix `Γ_pqrs`, `[n, n, n, n]`.
  public func twoParticle() -> [Double] {
    var elements = [Double](repeating: 0, count: pairsMixed.count)
    add(.alphaAlpha, to: &elements, exchanged: false)
    add(.betaBeta, to: &elements, exchanged: false)
    add(.alphaBeta, to: &elements, exchanged: false)
    add(.alphaBeta, to: &elements, exchanged: true)
    return elements
  }

  /// Adds `Γ_pqrs` of a block, or `Γ_rspq` where the electrons are exchanged.
  private func add(_ block: SpinBlock, to elements: inout [Double], exchanged: Bool) {
    let n = orbitalCount
    for p in 0..<n {
      for q in 0..<n {
        for r in 0..<n {
          for s in 0..<n {
            let place = ((p * n + q) * n + r) * n + s
            elements[place] +=
              exchanged
              ? element(block, created: (r, p), annihilated: (s, q))
              : element(block, created: (p, r), annihilated: (q, s))
          }
        }
      }
    }
  }

  /// `⟨a†_pσ a†_qσ' a_sσ' a_rσ⟩`.
  ///
  /// - Parameters:
  ///   - block: The spins `σσ'`.
  ///   - created: The orbitals `(p, q)`.
  ///   - annihilated: The orbitals `(r, s)`.
  /// - Returns: The element.
  public func element(
    _ block: SpinBlock, created: (Int, Int), annihilated: (Int, Int)
  ) -> Double {
    let (p, q) = created
    let (r, s) = annihilated
    let n = orbitalCount
    if block == .alphaBeta { return pairsMixed[(p * n + q) * n * n + r * n + s] }
    if p == q || r == s { return 0 }
    let pairs = n * (n - 1) / 2
    let row = max(p, q) * (max(p, q) - 1) / 2 + min(p, q)
    let column = max(r, s) * (max(r, s) - 1) / 2 + min(r, s)
    let value = (block == .alphaAlpha ? pairsAlpha : pairsBeta)[row * pairs + column]
    return (p > q) == (r > s) ? value : -value
  }

  /// Returns the energy of the vector under some integrals, in hartree.
  ///
  /// - Parameter integrals: The integrals, over the orbitals of the determinants.
  /// - Returns: `E_core ⟨ψ|ψ⟩ + Σ h γ + ½ Σ (pq|rs) Γ_pqrs`, of a normalised vector the energy.
  /// - Precondition: There are as many orbitals.
  public func energy(_ integrals: MolecularIntegrals) -> Double {
    let n = orbitalCount
    precondition(integrals.orbitalCount == n, "\(integrals.orbitalCount) orbitals, not \(n)")
    let pair = MolecularIntegrals.pair
    let betaOne = integrals.oneBodyBeta ?? integrals.oneBodyAlpha
    var energy = integrals.coreEnergy
    for p in 0..<n {
      for q in 0..<n {
        energy += integrals.oneBodyAlpha[pair(p, q)] * alpha[p * n + q]
        energy += betaOne[pair(p, q)] * beta[p * n + q]
      }
    }
    let betaTwo = integrals.twoBodyBetaBeta ?? integrals.twoBodyAlphaAlpha
    var row = 0
    let pairs = n * (n - 1) / 2
    for p in 0..<n {
      for q in 0..<p {
        var column = 0
        for r in 0..<n {
          for s in 0..<r {
            let direct = pair(pair(p, r), pair(q, s))
            let exchange = pair(pair(p, s), pair(q, r))
            let place = row * pairs + column
            energy +=
              (integrals.twoBodyAlphaAlpha[direct] - integrals.twoBodyAlphaAlpha[exchange])
              * pairsAlpha[place]
            energy += (betaTwo[direct] - betaTwo[exchange]) * pairsBeta[place]
            column += 1
          }
        }
        row += 1
      }
    }
    let packed = MolecularIntegrals.pairCount(n)
    for p in 0..<n {
      for q in 0..<n {
        for r in 0..<n {
          for s in 0..<n {
            let first = pair(p, r)
            let second = pair(q, s)
            let integral =
              integrals.twoBodyAlphaBeta.map { $0[first * packed + second] }
              ?? integrals.twoBodyAlphaAlpha[pair(first, second)]
            energy += integral * pairsMixed[(p * n + q) * n * n + r * n + s]
          }
        }
      }
    }
    return energy
  }
}
