// A Hamiltonian of one's own, and a training loop of one's own: sample, local energies, step.
//
// Nothing of the library knows this model of spins on a ring.

import QuantumChemistryNQS

/// `H = Σ_i (Z_i Z_{i+1} − g X_i X_{i+1})` on a ring, with Pauli matrices.
struct Ring: Hamiltonian {
  let sites: Int
  let coupling: Double

  func diagonalElement(_ configuration: Configuration<UInt64>) -> Double {
    let x = configuration.alpha
    let next = x >> 1 | (x & 1) << UInt64(sites - 1)
    return Double(sites - 2 * (x ^ next).nonzeroBitCount)
  }

  func appendConnections(
    of configuration: Configuration<UInt64>, above cutoff: Double,
    to connections: inout ConnectionList<UInt64>
  ) {
    guard coupling > cutoff else { return }
    for site in 0..<sites {
      let pair: UInt64 = 1 << UInt64(site) | 1 << UInt64((site + 1) % sites)
      connections.append(Configuration(alpha: configuration.alpha ^ pair), -coupling)
    }
  }
}

/// The lowest eigenvalue by the power method on `c − H`, for comparison.
func lowestEnergy<H: Hamiltonian>(
  of hamiltonian: H, _ configurations: [Configuration<H.Word>]
) -> Double {
  let places = Dictionary(uniqueKeysWithValues: configurations.enumerated().map { ($1, $0) })
  let rows = configurations.map { x in
    var list = ConnectionList<H.Word>()
    hamiltonian.appendConnections(of: x, above: 0, to: &list)
    return zip(list.configurations, list.elements).compactMap { y, element in
      places[y].map { ($0, element) }
    }
  }
  let diagonal = configurations.map(hamiltonian.diagonalElement)
  var vector = configurations.map { _ in 1.0 }
  var energy = 0.0
  for _ in 0..<4000 {
    var image = vector.indices.map { diagonal[$0] * vector[$0] }
    for (row, entries) in rows.enumerated() {
      for (column, element) in entries { image[row] += element * vector[column] }
    }
    let norm = vector.reduce(0) { $0 + $1 * $1 }
    energy = vector.indices.reduce(0) { $0 + vector[$1] * image[$1] } / norm
    vector = vector.indices.map { (20 * vector[$0] - image[$0]) / norm.squareRoot() }
  }
  return energy
}

let hamiltonian = Ring(sites: 8, coupling: 0.7)
// All strings: the model flips pairs of spins and conserves no magnetisation.
let space = ConfigurationSpace<UInt64>(upCount: nil, order: Array(0..<8))
var random = RandomSource(seed: 1)
let waveFunction = TableWaveFunction(space: space, random: &random)
let sampler = WholeSectorSampler(of: waveFunction)
let estimator = LocalEnergyEstimator(
  hamiltonian, waveFunction: waveFunction, options: EstimatorOptions(), execution: .serial)
let rule = NaturalGradient(
  blocks: waveFunction.blocks,
  options: .init(momentum: 0, shift: 1e-3, maximumStep: 0.3, energyScale: 1), execution: .serial)

var energy = 0.0
for step in 0..<300 {
  let stream = random.split(UInt64(step))
  let sample = sampler.sample(random: stream.split(1))
  let local = estimator.compute(sample, mode: .full, random: stream.split(2))
  energy = local.energy
  if let before = rule.judge(StepOutcome(objective: energy, error: 0, drift: 0)) {
    waveFunction.parameters = before
    continue
  }
  let problem = StepProblem(
    weights: sample.weights, metric: sample.weights,
    isPulled: Array(repeating: false, count: sample.count),
    real: local.real.map { $0 - local.energy }, imaginary: local.imaginary,
    denominators: local.diagonal.map { max($0 - local.energy, 1) }, learningRate: 0.5,
    blocks: waveFunction.blocks,
    derivatives: { waveFunction.derivatives(of: sample.configurations, block: $0) })
  var parameters = waveFunction.parameters
  _ = try rule.step(problem, parameters: &parameters)
  waveFunction.parameters = parameters
}

let exact = lowestEnergy(of: hamiltonian, sampler.configurations)
print("energy \(energy), exact \(exact)")
precondition(energy > exact - 1e-6, "below the ground state")
precondition(energy < exact + 1e-3, "not the ground state")
