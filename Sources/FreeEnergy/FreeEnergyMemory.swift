internal import Hamiltonians
internal import NeuralNetworks
internal import Parallelism
internal import SpinDistributions

/// How much memory a run takes, and how many configurations go through it together.
struct FreeEnergyMemory {
  private let hierarchy: TorusHierarchy
  private let settings: FreeEnergySettings
  private let threads: Int
  private let networks: [(network: ConditionalNetwork, blocks: Int, copies: Int)]
  private let sites: Int

  init(
    _ hierarchy: TorusHierarchy, _ model: ClassicalIsing, _ settings: FreeEnergySettings,
    threads: Int
  ) {
    self.hierarchy = hierarchy
    self.settings = settings
    self.threads = threads
    sites = model.siteCount
    let isShared = model.uniformCoupling != nil
    networks = hierarchy.levels.map { level in
      let network = ConditionalNetwork(
        settings.networkOptions(side: level.side).shape(of: level), startsUniform: true)
      return (network, isShared ? level.blocks : 1, isShared ? 1 : level.blocks)
    }
  }

  /// The bytes of a run with workspaces for a number of configurations.
  func bytes(chunk: Int) -> Double {
    let samples = settings.samples ?? 1024
    var workspace = 4 * Double(2 * sites * chunk)
    var rest = 0.0
    for (index, part) in networks.enumerated() {
      let own = Double(ConditionalBatch.bytes(part.network, capacity: chunk * part.blocks))
      workspace += own * Double(part.copies)
      let count = Double(part.network.parameterCount)
      // Parameters, two arrays of the optimiser, a gradient for each chunk.
      let chunks = Double((samples + chunk - 1) / chunk)
      rest += 4 * count * Double(part.copies) * (4 + chunks)
      if settings.rewards == .local {
        let rows = index == 0 ? samples * (settings.images ?? 1) : settings.blockSamples ?? samples
        let batches = (rows + chunk - 1) / chunk
        rest +=
          Double(batches * part.copies)
          * Double(ConditionalBatch.bytes(part.network, capacity: chunk))
        // Scores, and the kernel in Float32 twice and Float64.
        rest += Double(ConditionalScores.bytes(part.network, count: rows))
        rest += 20 * Double(rows) * Double(rows)
      } else if index == 0 {
        rest += Double(sites * samples)
      }
    }
    return Double(threads) * (workspace + Double(AvailableMemory.threadWorkspace(threads: 1)))
      + rest
  }

  /// Returns how many configurations go together: by the lattice's size only, since random streams belong to them.
  ///
  /// - Throws: ``FreeEnergyError`` where memory does not suffice.
  func checkedChunk() throws(FreeEnergyError) -> Int {
    // All blocks of a level go together: fewer configurations do where there are many.
    let chunk = max(16, min(256, 16_384 / (networks.map(\.blocks).max() ?? 1)))
    try Self.check(bytes(chunk: chunk) + Self.evaluation(settings, sites: sites))
    return chunk
  }

  /// The bytes of the evaluation: some ten numbers of each draw, a histogram, and configurations that are kept.
  static func evaluation(_ settings: FreeEnergySettings, sites: Int) -> Double {
    200 * Double(settings.finalDraws ?? 0) + 2 * Double(sites * settings.leading)
  }

  /// Throws where there is less memory than needed.
  static func check(_ needed: Double) throws(FreeEnergyError) {
    let available = Double(AvailableMemory.current().bytes)
    guard needed <= available else {
      throw FreeEnergyError(
        "this run needs \(gibibytes(needed)) of memory, and \(gibibytes(available)) are there: take fewer "
          + "`samples` or `final-draws`, a smaller network, or `ansatz` han")
    }
  }

  /// A number of bytes for people.
  static func gibibytes(_ bytes: Double) -> String {
    let tenths = (bytes / 107_374_182.4).rounded()
    return "\(tenths / 10) GiB"
  }
}
