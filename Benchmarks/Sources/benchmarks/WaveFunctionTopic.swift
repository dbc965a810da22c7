import Configurations
import Hamiltonians
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
  let parameters = waveFunction.amplitudeParameters.count
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
      return { waveFunction.amplitudeJacobian(of: batch, into: rows, stride: parameters) }
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
    let sampler = TreeSampler(of: waveFunction, threads: coreCount, blockSize: block)
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
  return [
    Case(
      name: "\(molecule.name) \(kind.rawValue): full local energies, \(sample.count) at once",
      units: Double(sample.count), unit: "strings"
    ) {
      { sink = localEnergies(of: sample, molecule, waveFunction).reduce(0, +) }
    },
    Case(
      name: "\(molecule.name) \(kind.rawValue): full local energies, naive, one by one",
      units: 20, unit: "strings"
    ) {
      { for x in sample.prefix(20) { sink = localEnergies(of: [x], molecule, waveFunction)[0] } }
    },
  ]
}

/// Computes `Re E_loc` from nothing: rows, distinct connected strings, their amplitudes, sums.
private func localEnergies(
  of sample: [Configuration<UInt64>], _ molecule: Molecule, _ waveFunction: WaveFunction<UInt64>
) -> [Double] {
  let table = molecule.hamiltonian.connections(of: sample, above: 1e-10)
  var index = ConfigurationIndex<UInt64>(capacity: sample.count)
  let numbers = sample.map { index.insert($0) }
  let columns = table.configurations.map { index.insert(molecule.space.representative($0)) }
  var (logModulus, phase): ([Double], [Double]) = ([], [])
  waveFunction.logAmplitudes(
    of: index.configurations, logModulus: &logModulus, phase: &phase)
  let psi = logModulus.indices.map { exponential(logModulus[$0], phase[$0]) }
  let starts = table.rowStarts
  let elements = Array(table.elements)
  return sample.indices.map { row in
    var (x, y) = (0.0, 0.0)
    for entry in starts[row]..<starts[row + 1] {
      x += elements[entry] * psi[columns[entry]].real
      y += elements[entry] * psi[columns[entry]].imaginary
    }
    let (a, b) = psi[numbers[row]]
    return molecule.hamiltonian.diagonalElement(sample[row]) + (x * a + y * b) / (a * a + b * b)
  }
}
