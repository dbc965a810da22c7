import Configurations
import Estimators
import Hamiltonians
import Parallelism
import Sampling
import WaveFunctions

/// Amplitudes, derivatives, samples and local energies of wave functions, on all cores.
let waveFunctionTopic = Topic(name: "wavefunctions") {
  var cases: [Case] = []
  for name in ["n2_sto3g", "h2s_sto3g", "licl_sto3g"] {
    guard let molecule = Molecule(name) else { continue }
    for kind in NetworkKind.allCases {
      cases += amplitudeCases(molecule, kind)
      cases += sampleCases(molecule, kind)
      cases += localEnergyCases(molecule, kind)
    }
  }
  return cases
}

private func amplitudeCases(_ molecule: Molecule, _ kind: NetworkKind) -> [Case] {
  let title = "\(molecule.name) \(kind.rawValue)"
  let waveFunction = molecule.waveFunction(kind, threads: coreCount)
  let parameters = waveFunction.blocks[0].range.count
  let many = molecule.determinants(20_000)
  let few = Array(many.prefix(200))
  let batch = molecule.determinants(1000)
  return [
    Case(name: "\(title): ψ, \(many.count) at once", units: Double(many.count), unit: "strings") {
      var (logModulus, phase): ([Double], [Double]) = ([], [])
      return { waveFunction.logAmplitudes(of: many, logModulus: &logModulus, phase: &phase) }
    },
    Case(name: "\(title): ψ, naive, one by one", units: Double(few.count), unit: "strings") {
      var (logModulus, phase): ([Double], [Double]) = ([], [])
      return {
        for x in few {
          waveFunction.logAmplitudes(of: [x], logModulus: &logModulus, phase: &phase)
        }
      }
    },
    Case(
      name: "\(title): Jacobian, P=\(parameters)", units: Double(batch.count), unit: "strings"
    ) {
      let rows = buffer(batch.count * parameters)
      return {
        waveFunction.derivatives(of: batch, block: 0)
          .rows(0..<batch.count, into: rows, stride: parameters)
      }
    },
  ]
}

private func sampleCases(_ molecule: Molecule, _ kind: NetworkKind) -> [Case] {
  let title = "\(molecule.name) \(kind.rawValue)"
  let waveFunction = molecule.waveFunction(kind, threads: coreCount)
  return [
    ("10⁶ draws", TreeSplit.draws(1e6), 1024), ("heaviest", .probability, 1024),
    ("10⁶ draws, naive, one prefix at a time", .draws(1e6), 1),
  ].map { name, split, block in
    let sampler = TreeSampler(
      of: waveFunction, execution: Execution(threads: coreCount), blockSize: block)
    func run() -> Int {
      sampler.sample(split, maximumDistinct: 3000, random: RandomSource(seed: 3))
        .configurations.count
    }
    return Case(
      name: "\(title): sample of 3000, \(name)", units: Double(run()), unit: "strings"
    ) { { sink = Double(run()) } }
  }
}

private func localEnergyCases(_ molecule: Molecule, _ kind: NetworkKind) -> [Case] {
  let waveFunction = molecule.waveFunction(kind, threads: coreCount)
  let sample = molecule.determinants(500)
  let title = "\(molecule.name) \(kind.rawValue): full local energies"
  func estimator() -> LocalEnergyEstimator<MolecularHamiltonian<UInt64>> {
    LocalEnergyEstimator(
      molecule.hamiltonian, waveFunction: waveFunction, options: EstimatorOptions(),
      execution: Execution())
  }
  func mean(
    _ sample: [Configuration<UInt64>],
    _ estimator: LocalEnergyEstimator<MolecularHamiltonian<UInt64>>
  ) -> Double {
    let weights = Array(repeating: 1 / Double(sample.count), count: sample.count)
    return estimator.compute(
      Sample(configurations: sample, weights: weights, logModulus: weights), mode: .full,
      random: RandomSource(seed: 1)
    ).energy
  }
  return [
    Case(
      name: "\(title), \(sample.count) at once, rows new", units: Double(sample.count),
      unit: "strings"
    ) {
      { sink = mean(sample, estimator()) }
    },
    Case(
      name: "\(title), \(sample.count) at once, rows kept", units: Double(sample.count),
      unit: "strings"
    ) {
      let kept = estimator()
      return { sink = mean(sample, kept) }
    },
    Case(name: "\(title), naive, one by one", units: 20, unit: "strings") {
      { for x in sample.prefix(20) { sink = mean([x], estimator()) } }
    },
  ]
}
