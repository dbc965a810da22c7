import Configurations
import NeuralNetworks
import Testing
import WaveFunctions

/// A wave function on a small sector, with parameters of ordinary size.
struct WaveFunctionCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let space: ConfigurationSpace<UInt64>
  let network: any AutoregressiveNetwork

  func make(threads: Int = 2, seed: UInt64 = 1) -> WaveFunction<UInt64> {
    var random = RandomSource(seed: seed)
    let waveFunction = WaveFunction(
      space: space, network: network,
      phaseNetwork: MultilayerPerceptron(
        configuration: PerceptronConfiguration(hiddenWidths: [9, 7]),
        inputs: WaveFunction<UInt64>.phaseInputCount(of: space)),
      threads: threads, random: &random)
    for index in waveFunction.amplitudeParameters.indices {
      waveFunction.amplitudeParameters[index] += Float(0.2 * random.normal())
    }
    for index in waveFunction.phaseParameters.indices {
      waveFunction.phaseParameters[index] += Float(0.2 * random.normal())
    }
    return waveFunction
  }

  /// Every bit pattern there is, in the sector or not.
  var everything: [Configuration<UInt64>] {
    let limit = UInt64(1) << UInt64(space.positions)
    return (0..<limit).flatMap { alpha in
      (0..<(space.kind == .electrons ? limit : 1)).map { Configuration(alpha: alpha, beta: $0) }
    }
  }

  static let all: [WaveFunctionCase] = {
    let irreps: [UInt8] = [0, 3, 1, 0, 2]
    func electrons(
      _ alpha: Int, _ beta: Int, irrep: UInt8?, order: [Int], parity: Int
    ) -> ConfigurationSpace<UInt64> {
      ConfigurationSpace(
        alphaCount: alpha, betaCount: beta, orbitalIrreps: irreps, irrep: irrep, order: order,
        spinFlipParity: parity)
    }
    let down = [4, 3, 2, 1, 0]
    let spaces: [(String, ConfigurationSpace<UInt64>)] = [
      ("3α 2β", electrons(3, 2, irrep: nil, order: down, parity: 0)),
      ("3α 2β, irrep 1", electrons(3, 2, irrep: 1, order: [2, 0, 4, 1, 3], parity: 0)),
      ("2α 2β, even", electrons(2, 2, irrep: nil, order: down, parity: 1)),
      ("2α 2β, odd, irrep 3", electrons(2, 2, irrep: 3, order: [0, 1, 2, 3, 4], parity: -1)),
      ("3α 3β, odd", electrons(3, 3, irrep: nil, order: [2, 0, 4, 1, 3], parity: -1)),
      ("8 spins", ConfigurationSpace(upCount: nil, order: Array(0..<8))),
      (
        "4 of 8 spins up, even",
        ConfigurationSpace(upCount: 4, order: Array(0..<8), spinFlipParity: 1)
      ),
      (
        "6 spins, odd",
        ConfigurationSpace(upCount: nil, order: [3, 1, 0, 5, 2, 4], spinFlipParity: -1)
      ),
      (
        "4 of 8 spins up on a ring of momentum π",
        ConfigurationSpace(
          upCount: 4, order: [3, 1, 0, 5, 7, 2, 4, 6], symmetries: ring(8, translation: -1, flip: 1)
        )
      ),
      (
        "6 spins on a ring, odd",
        ConfigurationSpace(
          upCount: nil, order: Array(0..<6), symmetries: ring(6, translation: 1, flip: -1))
      ),
    ]
    return spaces.flatMap { name, space -> [WaveFunctionCase] in
      [
        WaveFunctionCase(
          testDescription: "transformer, \(name)", space: space,
          network: TransformerNetwork(
            configuration: TransformerConfiguration(
              width: 8, heads: 2, layers: 2, feedForward: 12),
            positions: space.positions, vocabulary: space.vocabulary)),
        WaveFunctionCase(
          testDescription: "RetNet, \(name)", space: space,
          network: RetNetNetwork(
            configuration: RetNetConfiguration(
              width: 8, heads: 2, layers: 2, feedForward: 12, positionBias: true, finalNorm: true),
            positions: space.positions, vocabulary: space.vocabulary)),
      ]
    }
  }()
}

/// The translations of a ring, each with and without a spin flip.
func ring(_ sites: Int, translation: Int, flip: Int) -> [SpinSymmetry] {
  (0..<sites).flatMap { distance in
    let permutation = (0..<sites).map { ($0 + distance) % sites }
    let character = distance % 2 == 0 ? 1 : translation
    return [
      SpinSymmetry(permutation: permutation, character: character),
      SpinSymmetry(permutation: permutation, flipsSpins: true, character: character * flip),
    ]
  }
}

extension WaveFunction {
  /// `(log|ψ|, arg ψ)` of a batch.
  func evaluate(_ batch: [Configuration<Word>]) -> (logModulus: [Double], phase: [Double]) {
    var logModulus: [Double] = []
    var phase: [Double] = []
    logAmplitudes(of: batch, logModulus: &logModulus, phase: &phase)
    return (logModulus, phase)
  }

  /// `∂a/∂θ` of a batch, one row each.
  func jacobian(_ batch: [Configuration<Word>], stride: Int? = nil) -> [[Float]] {
    let parameters = amplitudeParameters.count
    let stride = stride ?? parameters
    var rows = [Float](repeating: 7, count: batch.count * stride)
    amplitudeJacobian(of: batch, into: &rows, stride: stride)
    return batch.indices.map { Array(rows[$0 * stride..<$0 * stride + parameters]) }
  }
}
