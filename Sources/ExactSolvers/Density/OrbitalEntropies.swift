public import Configurations
internal import Foundation
internal import LinearAlgebra
public import Parallelism

/// How strongly each orbital, and each pair of orbitals, is entangled with the others.
///
/// ```
/// s(i)   = −Tr ρ_i ln ρ_i,   s(i,j) = −Tr ρ_ij ln ρ_ij
/// I(i,j) = ½ (s(i) + s(j) − s(i,j)),   i ≠ j
/// ```
///
/// with the reduced density matrices of one orbital (4 states: empty, α, β, both) and of two (16) (J. Rissler, R. Noack,
/// S. White, Chem. Phys. 323, 519 (2006), whose factor ½ is kept; K. Boguslawski et al., J. Chem. Theory Comput.
/// 9, 2959 (2013)). The elements come from the vector itself: the diagonal by counting, the others by looking up the
/// determinants in which `i` and `j` have exchanged electrons.
///
/// ### Accuracy
///
/// Natural logarithms. Nothing depends on the number of threads. Of a complex vector `ρ_ij` is the real part.
///
/// ### Complexity
///
/// O(N n²) for N determinants and n orbitals, of which O(N n_e n_v) are lookups.
public struct OrbitalEntropies: Sendable, Hashable, Codable {
  /// `s(i)`, `[n]`.
  public var oneOrbital: [Double]
  /// `s(i,j)`, `[n, n]`; `s(i)` on the diagonal.
  public var twoOrbital: [Double]
  /// `I(i,j)`, `[n, n]`; 0 on the diagonal.
  public var mutualInformation: [Double]

  /// Puts stored parts together.
  package init(oneOrbital: [Double], twoOrbital: [Double], mutualInformation: [Double]) {
    self.oneOrbital = oneOrbital
    self.twoOrbital = twoOrbital
    self.mutualInformation = mutualInformation
  }

  /// Computes the entropies of a vector.
  ///
  /// - Parameters:
  ///   - configurations: The determinants, all different and of one sector; partners under spin flip both.
  ///   - real: The real parts of their coefficients, normalised together with the imaginary ones.
  ///   - imaginary: The imaginary parts; nil for none.
  ///   - n: The number of spatial orbitals.
  ///   - execution: The threads to use.
  /// - Throws: ``EigensolverError`` where LAPACK fails.
  /// - Precondition: There is a coefficient for each determinant.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  public init<Word: ConfigurationWord>(
    _ configurations: [Configuration<Word>], real: [Double], imaginary: [Double]? = nil,
    orbitals n: Int, execution: Execution = Execution()
  ) throws(EigensolverError) {
    precondition(real.count == configurations.count, "one coefficient for each determinant")
    var matrices = PairStates.sum(configurations, real, orbitals: n, execution)
    if let imaginary, imaginary.contains(where: { $0 != 0 }) {
      let other = PairStates.sum(configurations, imaginary, orbitals: n, execution)
      for place in matrices.indices { matrices[place] += other[place] }
    }
    let size = PairStates.size
    oneOrbital = [Double](repeating: 0, count: n)
    twoOrbital = [Double](repeating: 0, count: n * n)
    mutualInformation = twoOrbital
    if n == 1 { oneOrbital[0] = 0 }
    do throws(LinearAlgebraError) {
      for i in 0..<n {
        for j in 0..<i {
          let first = size * PairStates.place(i, j)
          let matrix = Array(matrices[first..<first + size])
          let entropy = Self.entropy(try LAPACK.eigenSymmetric(matrix, n: 16).values)
          twoOrbital[i * n + j] = entropy
          twoOrbital[j * n + i] = entropy
          if j == 0 { oneOrbital[i] = Self.entropy(PairStates.occupations(ofFirst: true, matrix)) }
          if i == 1 { oneOrbital[0] = Self.entropy(PairStates.occupations(ofFirst: false, matrix)) }
        }
      }
    } catch {
      throw EigensolverError(.numericalFailure, error.description)
    }
    for i in 0..<n {
      twoOrbital[i * n + i] = oneOrbital[i]
      for j in 0..<n where i != j {
        mutualInformation[i * n + j] =
          0.5 * (oneOrbital[i] + oneOrbital[j] - twoOrbital[i * n + j])
      }
    }
  }

  private static func entropy(_ probabilities: [Double]) -> Double {
    probabilities.reduce(0) { $1 > 1e-300 ? $0 - $1 * log($1) : $0 }
  }
}

/// The density matrices of all pairs of orbitals, 16 × 16 each.
///
/// A state of the pair `i > j` is four bits: 1 for α in `i`, 2 for α in `j`, 4 for β in `i`, 8 for β in `j`. Of
/// determinants that agree in all other orbitals two states differ by exchanges of α or of β between `i` and `j`; each
/// has the sign of the electrons of that spin between the two.
private enum PairStates {
  static let size = 256
  /// The determinants of a part.
  private static let partSize = 1 << 15

  static func place(_ i: Int, _ j: Int) -> Int { i * (i - 1) / 2 + j }

  /// The weights of the four states of one orbital of a pair.
  static func occupations(ofFirst isFirst: Bool, _ matrix: [Double]) -> [Double] {
    var weights = [Double](repeating: 0, count: 4)
    for state in 0..<16 {
      let bits = isFirst ? state : state >> 1
      weights[bits & 1 | (bits >> 1 & 2)] += matrix[state * 16 + state]
    }
    return weights
  }

  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  static func sum<Word: ConfigurationWord>(
    _ configurations: [Configuration<Word>], _ coefficients: [Double], orbitals n: Int,
    _ execution: Execution
  ) -> [Double] {
    let numbers = DeterminantNumbers(configurations)
    let parts = (configurations.count + partSize - 1) / partSize
    var total = [Double](repeating: 0, count: size * n * (n - 1) / 2)
    for start in stride(from: 0, to: parts, by: execution.threads) {
      let sums = execution.map(min(execution.threads, parts - start)) { index in
        let first = (start + index) * partSize
        return part(
          first..<min(first + partSize, configurations.count), configurations, coefficients, n,
          numbers)
      }
      for sum in sums {
        for place in total.indices { total[place] += sum[place] }
      }
    }
    return total
  }

  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  private static func part<Word: ConfigurationWord>(
    _ range: Range<Int>, _ configurations: [Configuration<Word>], _ coefficients: [Double],
    _ n: Int, _ numbers: DeterminantNumbers<Word>
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: size * n * (n - 1) / 2)
    sums.withUnsafeMutableBufferPointer { sums in
      for number in range {
        let x = configurations[number]
        let own = coefficients[number]
        for i in 1..<max(1, n) {
          for j in 0..<i {
            let pair = (1 &<< Word(i)) | (1 &<< Word(j)) as Word
            let alpha =
              Int(truncatingIfNeeded: (x.alpha &>> Word(i)) & 1)
              | Int(truncatingIfNeeded: (x.alpha &>> Word(j)) & 1) << 1
            let beta =
              Int(truncatingIfNeeded: (x.beta &>> Word(i)) & 1)
              | Int(truncatingIfNeeded: (x.beta &>> Word(j)) & 1) << 1
            let state = alpha | beta << 2
            let row = size &* place(i, j) &+ 16 &* state
            sums[row &+ state] += own * own
            let between = (1 &<< Word(i)) &- (1 &<< Word(j &+ 1)) as Word
            let alphaSign = (x.alpha & between).nonzeroBitCount & 1 == 0 ? own : -own
            let betaIsOdd = (x.beta & between).nonzeroBitCount & 1 != 0
            let movesAlpha = alpha == 1 || alpha == 2
            let movesBeta = beta == 1 || beta == 2
            if movesAlpha {
              let y = Configuration(alpha: x.alpha ^ pair, beta: x.beta)
              let found = numbers.number(of: y)
              if found >= 0 { sums[row &+ (state ^ 3)] += alphaSign * coefficients[found] }
            }
            if movesBeta {
              let y = Configuration(alpha: x.alpha, beta: x.beta ^ pair)
              let found = numbers.number(of: y)
              if found >= 0 {
                sums[row &+ (state ^ 12)] += (betaIsOdd ? -own : own) * coefficients[found]
              }
            }
            if movesAlpha && movesBeta {
              let y = Configuration(alpha: x.alpha ^ pair, beta: x.beta ^ pair)
              let found = numbers.number(of: y)
              if found >= 0 {
                sums[row &+ (state ^ 15)] +=
                  (betaIsOdd ? -alphaSign : alphaSign) * coefficients[found]
              }
            }
          }
        }
      }
    }
    return sums
  }
}
