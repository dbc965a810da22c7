import ExactSolvers
import Foundation
import Hamiltonians
import Testing

/// `Reference/ising2d_exact.json`: the Ising model with J = 1 on the L × L torus.
struct IsingReference: Decodable, Sendable {
  /// The numbers of one temperature, as text of 16 digits.
  struct Entry: Decodable, Sendable {
    let beta: String
    let logPartitionFunction: String?
    let freeEnergy: String
    let energy: String
    let specificHeat: String
    let entropy: String

    private enum CodingKeys: String, CodingKey {
      case beta
      case logPartitionFunction = "lnZ"
      case freeEnergy = "free_energy_per_spin"
      case energy = "energy_per_spin"
      case specificHeat = "specific_heat_per_spin"
      case entropy = "entropy_per_spin"
    }
  }

  /// By L, then β.
  let table: [String: [String: Entry]]
  /// By β.
  let infiniteVolume: [String: Entry]
  /// The number of configurations of the 4 × 4 torus, by energy.
  let densityOfStates: [String: Int]

  private enum CodingKeys: String, CodingKey {
    case table
    case infiniteVolume = "infinite_volume_onsager"
    case densityOfStates = "density_of_states_4x4"
  }

  static func read() throws -> IsingReference {
    let url = Bundle.module.bundleURL.appending(path: "Reference/ising2d_exact.json")
    return try JSONDecoder().decode(IsingReference.self, from: Data(contentsOf: url))
  }
}

/// Returns the equilibrium by listing all configurations, twice, so that the specific heat is a sum of
/// squares.
func enumerated(
  _ model: ClassicalIsing, beta: Double
) -> (
  logPartitionFunction: Double, energy: Double, specificHeat: Double, entropy: Double
) {
  let count = Double(model.siteCount)
  let energies = (0..<1 << model.siteCount).map { state in
    model.energy(of: (0..<model.siteCount).map { state >> $0 & 1 == 1 ? 1 : -1 })
  }
  let ground = energies.reduce(.infinity, min)
  let weights = energies.map { exp(-beta * ($0 - ground)) }
  let sum = weights.reduce(0, +)
  let mean = zip(weights, energies).reduce(0) { $0 + $1.0 * ($1.1 - ground) } / sum
  let variance =
    zip(weights, energies).reduce(0) {
      $0 + $1.0 * ($1.1 - ground - mean) * ($1.1 - ground - mean)
    } / sum
  return (
    log(sum) - beta * ground, (mean + ground) / count, beta * beta * variance / count,
    (log(sum) + beta * mean) / count
  )
}

/// Returns a torus with couplings from a linear congruential generator, in −1.5...1.5.
func randomTorus(length: Int, seed: UInt64) -> ClassicalIsing {
  var state = seed
  func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return 3 * Double(state >> 11) / Double(1 << 53) - 1.5
  }
  let right = (0..<length * length).map { _ in next() }
  let down = (0..<length * length).map { _ in next() }
  return ClassicalIsing(length: length, couplings: .bonds(right: right, down: down))
}

/// Returns the largest relative deviation of two sets of numbers.
func deviation(_ pairs: [(Double, Double)]) -> Double {
  pairs.reduce(0) { max($0, abs($1.0 - $1.1) / abs($1.1)) }
}
