import Configurations
import NeuralNetworks
import Parallelism
import Testing
import WaveFunctions

/// A wave function on a small sector, with parameters of ordinary size.
struct WaveFunctionCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let space: ConfigurationSpace<UInt64>
  let network: any AutoregressiveNetwork
  /// Whether the last token chooses among outputs of the phase.
  var choosesPhase = false

  func make(threads: Int = 2, seed: UInt64 = 1) -> NetworkWaveFunction<UInt64> {
    var random = RandomSource(seed: seed)
    let waveFunction = NetworkWaveFunction(
      space: space, network: network,
      phaseNetwork: MultilayerPerceptron(
        configuration: PerceptronConfiguration(
          hiddenWidths: [9, 7], choices: choosesPhase ? space.vocabulary : nil),
        inputs: NetworkWaveFunction<UInt64>.phaseInputCount(
          of: space, choosesByLastToken: choosesPhase)),
      execution: Execution(threads: threads), random: &random)
    for index in waveFunction.parameters.indices {
      waveFunction.parameters[index] += Float(0.2 * random.normal())
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
        WaveFunctionCase(
          testDescription: "MADE, \(name)", space: space,
          network: MADENetwork(
            configuration: MaskedConfiguration(hiddenWidths: [16], activation: .silu),
            positions: space.positions, vocabulary: space.vocabulary)),
        WaveFunctionCase(
          testDescription: "NADE, \(name)", space: space,
          network: NADENetwork(
            configuration: MaskedConfiguration(hiddenWidths: [6], activation: .silu),
            positions: space.positions, vocabulary: space.vocabulary)),
        WaveFunctionCase(
          testDescription: "MADE with a chosen phase, \(name)", space: space,
          network: MADENetwork(
            configuration: MaskedConfiguration(hiddenWidths: [8], activation: .silu),
            positions: space.positions, vocabulary: space.vocabulary), choosesPhase: true),
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
    logAmplitudes(of: batch)
  }

  /// The derivatives of a batch by one block, one row each.
  func jacobian(
    _ batch: [Configuration<Word>], block: Int = 0, stride: Int? = nil
  ) -> [[Float]] {
    derivatives(of: batch, block: block).allRows(stride: stride)
  }

  /// `Σ_x w_x ∂f(x)/∂θ` for one block.
  func gradient(
    of batch: [Configuration<Word>], weights: [Float], block: Int = 0
  ) -> [Float] {
    var gradient = [Float](repeating: 0, count: blocks[block].range.count)
    derivatives(of: batch, block: block).pull(weights, into: &gradient)
    return gradient
  }
}

extension DerivativeOperator {
  /// All rows.
  func allRows(stride: Int? = nil) -> [[Float]] {
    let stride = stride ?? parameterCount
    var rows = [Float](repeating: 7, count: rowCount * stride)
    self.rows(0..<rowCount, into: &rows, stride: stride)
    return (0..<rowCount).map { Array(rows[$0 * stride..<$0 * stride + parameterCount]) }
  }
}
