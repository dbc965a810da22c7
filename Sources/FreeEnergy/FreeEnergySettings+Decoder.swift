internal import NeuralNetworks

extension FreeEnergySettings {
  /// Returns the network of wave functions that the settings describe, with two tokens.
  func makeDecoder(positions: Int) -> any AutoregressiveNetwork {
    let (width, heads, layers) = (width ?? 32, heads ?? 4, layers ?? 2)
    switch ansatz {
    case .retnet:
      return RetNetNetwork(
        configuration: RetNetConfiguration(
          width: width, heads: heads, layers: layers, feedForward: 2 * width, positionBias: true,
          finalNorm: true, chunk: positions < 32 ? nil : 8),
        positions: positions, vocabulary: 2)
    case .made:
      return MADENetwork(
        configuration: MaskedConfiguration(hiddenWidths: [64], activation: .silu),
        positions: positions, vocabulary: 2)
    case .transformer, .han, .van:
      return TransformerNetwork(
        configuration: TransformerConfiguration(
          width: width, heads: heads, layers: layers, feedForward: 2 * width),
        positions: positions, vocabulary: 2)
    }
  }

  /// Returns how many configurations go through a network together.
  ///
  /// - Throws: ``FreeEnergyError`` where memory does not suffice.
  func checkedChunk(
    of network: any AutoregressiveNetwork, threads: Int
  ) throws(FreeEnergyError) -> Int {
    let chunk = 64
    try FreeEnergyMemory.check(
      Double(threads) * Double(network.workspaceBytes(batch: chunk, tree: chunk))
        + FreeEnergyMemory.evaluation(self, sites: network.positions))
    return chunk
  }
}
