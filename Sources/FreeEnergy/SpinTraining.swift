internal import Configurations
internal import Hamiltonians
internal import NeuralNetworks
internal import Parallelism
internal import SpinDistributions

/// A distribution of one length with its trainer.
struct SpinTraining {
  let stage: GrowthStage
  let trainer: any SpinTrainer
  /// How many configurations go together.
  let chunk: Int
  /// The side of the blocks of each network.
  private let sides: [Int]

  /// Prepares the distribution of a stage with new networks.
  ///
  /// - Parameters:
  ///   - model: The model of the length asked for.
  ///   - beta: β.
  ///   - settings: The settings, resolved.
  ///   - stage: The stage.
  ///   - execution: The threads.
  /// - Throws: ``FreeEnergyError`` where memory does not suffice.
  init(
    _ model: ClassicalIsing, beta: Double, _ settings: FreeEnergySettings, stage: GrowthStage,
    execution: Execution
  ) throws(FreeEnergyError) {
    self.stage = stage
    let length = stage.length
    let model =
      length == model.length
      ? model : ClassicalIsing(length: length, couplings: model.couplings)
    var random = RandomSource(seed: settings.seed)
    if settings.ansatz.isDecoder {
      let distribution = DecoderDistribution(
        model: model, beta: beta, network: settings.makeDecoder(positions: model.siteCount),
        spinFlip: settings.symmetry == .gauge ? .gauge : .none, random: &random)
      chunk = try settings.checkedChunk(of: distribution.network, threads: execution.threads)
      trainer = WholeTrainer(distribution, settings: settings, chunk: chunk, execution: execution)
      sides = [length]
    } else {
      let hierarchy = settings.hierarchy(length: length)
      chunk = try FreeEnergyMemory(hierarchy, model, settings, threads: execution.threads)
        .checkedChunk()
      let distribution = HierarchicalDistribution(
        model: model, beta: beta, hierarchy: hierarchy,
        spinFlip: settings.symmetry == .gauge ? .gauge : .none,
        levelOptions: hierarchy.levels.map { settings.networkOptions(side: $0.side) },
        random: &random)
      if settings.rewards == .local {
        let local = LocalTrainer(
          distribution, settings: settings, chunk: chunk, execution: execution)
        // Smaller blocks have learnt in shorter lattices, where a step costs less.
        if stage.offset > 0 { local.trainOnly(levels: 0...1) }
        trainer = local
      } else {
        trainer = WholeTrainer(
          distribution, settings: settings, chunk: chunk, execution: execution)
      }
      sides = distribution.places.map { hierarchy.levels[$0.level].side }
    }
  }

  /// Takes the networks of blocks of the same side, and what the optimiser carries of them.
  func take(_ shorter: SpinTraining) {
    let (parameters, state) = (shorter.trainer.parameters, shorter.trainer.state)
    for (old, side) in shorter.sides.enumerated().dropFirst() {
      guard let new = sides.firstIndex(of: side) else { continue }
      trainer.parameters[new] = parameters[old]
      trainer.state["step\(new)"] = state["step\(old)"]
    }
  }
}
