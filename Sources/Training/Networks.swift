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
    modulus = Self.modulus(
      ansatz.modulus, positions: space.positions, vocabulary: space.vocabulary)
    // One orbital (site) leaves no others for inputs.
    let isPublished = ansatz.phaseForm == .published && space.positions > 1
    phase = MultilayerPerceptron(
      configuration: PerceptronConfiguration(
        hiddenWidths: ansatz.phaseHidden ?? [], activation: isPublished ? .relu : .silu,
        // A random start needs different signs to choose from; a fitted one needs none.
        outputScale: startKind == .random ? 2 : 0.1,
        choices: isPublished ? space.vocabulary : nil),
      inputs: NetworkWaveFunction<Word>.phaseInputCount(
        of: space, choosesByLastToken: isPublished))
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
    _ modulus: ModulusSettings, positions: Int, vocabulary: Int
  ) -> any AutoregressiveNetwork {
    switch modulus {
    case .transformer(let shape):
      let isPublished = shape.form == .published
      return TransformerNetwork(
        configuration: TransformerConfiguration(
          width: shape.width ?? 32, heads: shape.heads ?? 4, layers: shape.layers ?? 2,
          feedForward: shape.feedForward, activation: isPublished ? .relu : .gelu,
          positionBias: !isPublished, finalNorm: !isPublished,
          initialDeviation: isPublished ? publishedDeviation : nil),
        positions: positions, vocabulary: vocabulary)
    case .retnet(let shape):
      let isPublished = shape.form == .published
      return RetNetNetwork(
        configuration: RetNetConfiguration(
          width: shape.width ?? 32, heads: shape.heads ?? 4, layers: shape.layers ?? 2,
          feedForward: shape.feedForward, positionBias: !isPublished, finalNorm: !isPublished,
          groupNormEpsilon: isPublished ? 1e-6 : 0.1, chunk: shape.chunk,
          initialDeviation: isPublished ? publishedDeviation : nil),
        positions: positions, vocabulary: vocabulary)
    case .made(let shape):
      return MADENetwork(
        configuration: configuration(shape), positions: positions, vocabulary: vocabulary)
    case .nade(let shape):
      return NADENetwork(
        configuration: configuration(shape), positions: positions, vocabulary: vocabulary)
    }
  }

  /// That of arXiv:2411.03900's code.
  private static let publishedDeviation: Float = 0.02

  private static func configuration(_ shape: MaskedSettings) -> MaskedConfiguration {
    MaskedConfiguration(hiddenWidths: shape.hidden ?? [64], activation: shape.activation ?? .silu)
  }
}
