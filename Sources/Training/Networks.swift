internal import Configurations
internal import NeuralNetworks
internal import Parallelism
internal import WaveFunctions

/// The networks that settings describe, without parameters: what a new run starts from and a stored
/// state is rebuilt from.
struct Networks {
  /// The network of the modulus.
  let modulus: any AutoregressiveNetwork
  /// The network of the phase.
  let phase: MultilayerPerceptron

  /// Describes the networks for a sector.
  ///
  /// - Parameters:
  ///   - ansatz: Their shapes.
  ///   - space: The sector.
  ///   - startKind: What the parameters start from, which decides the size of random ones.
  init<Word>(_ ansatz: AnsatzSettings, space: ConfigurationSpace<Word>, startKind: StartKind) {
    modulus = Self.modulus(ansatz, positions: space.positions, vocabulary: space.vocabulary)
    phase = MultilayerPerceptron(
      configuration: PerceptronConfiguration(
        hiddenWidths: ansatz.phaseHidden ?? [],
        // A random start needs different signs to choose from; a fitted one needs none.
        outputScale: startKind == .random ? 2 : 0.1),
      inputs: NetworkWaveFunction<Word>.phaseInputCount(of: space))
  }

  /// Returns the wave function with the random parameters of a seed.
  func makeWaveFunction<Word>(
    space: ConfigurationSpace<Word>, seed: UInt64, execution: Execution
  ) -> NetworkWaveFunction<Word> {
    var random = RandomSource(seed: seed).split(0x494E_4954)
    return NetworkWaveFunction(
      space: space, network: modulus, phaseNetwork: phase, execution: execution, random: &random)
  }

  private static func modulus(
    _ ansatz: AnsatzSettings, positions: Int, vocabulary: Int
  ) -> any AutoregressiveNetwork {
    let width = ansatz.width ?? 32
    let heads = ansatz.heads ?? 4
    let layers = ansatz.layers ?? 2
    switch ansatz.kind {
    case .transformer:
      return TransformerNetwork(
        configuration: TransformerConfiguration(
          width: width, heads: heads, layers: layers, feedForward: ansatz.feedForward),
        positions: positions, vocabulary: vocabulary)
    case .retnet:
      return RetNetNetwork(
        configuration: RetNetConfiguration(
          width: width, heads: heads, layers: layers, feedForward: ansatz.feedForward,
          positionBias: true, finalNorm: true),
        positions: positions, vocabulary: vocabulary)
    }
  }
}
