import Configurations
import Foundation
import Hamiltonians
import Integrals
import NeuralNetworks
import Parallelism
import WaveFunctions

/// A bundled molecule with a random wave function over the sector that `solve` would choose.
struct Molecule {
  let name: String
  let integrals: MolecularIntegrals
  let hamiltonian: MolecularHamiltonian<UInt64>
  let space: ConfigurationSpace<UInt64>

  /// Reads `integrals/NAME.fcidump`; nil where it cannot be read, which is said.
  init?(_ name: String) {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appending(path: "integrals/\(name).fcidump").path()
    do throws(IntegralsError) {
      integrals = try IntegralFile.read(path: path).integrals
    } catch {
      print("left out: \(error)")
      return nil
    }
    self.name = name
    hamiltonian = MolecularHamiltonian(integrals)
    space = ConfigurationSpace(
      alphaCount: integrals.alphaCount, betaCount: integrals.betaCount,
      orbitalIrreps: integrals.orbitalIrreps, irrep: integrals.targetIrrep,
      order: Array((0..<integrals.orbitalCount).reversed()),
      spinFlipParity: integrals.alphaCount == integrals.betaCount ? 1 : 0)
  }

  /// The first determinants of the sector in the order of tokens, or as many as there are.
  func determinants(_ count: Int) -> [Configuration<UInt64>] {
    // Every k-th, so that they are spread over the sector.
    let all = space.allRepresentatives()
    let stride = max(1, all.count / count)
    return (0..<min(count, all.count)).map { all[$0 * stride] }
  }

  /// Makes a random wave function of the default size.
  func waveFunction(_ kind: NetworkKind, threads: Int) -> NetworkWaveFunction<UInt64> {
    var random = RandomSource(seed: 1)
    let network: any AutoregressiveNetwork =
      switch kind {
      case .transformer:
        TransformerNetwork(
          configuration: TransformerConfiguration(width: 32, heads: 4, layers: 2, feedForward: 64),
          positions: space.positions, vocabulary: space.vocabulary)
      case .retNet:
        RetNetNetwork(
          configuration: RetNetConfiguration(
            width: 32, heads: 4, layers: 2, feedForward: 64, positionBias: true, finalNorm: true),
          positions: space.positions, vocabulary: space.vocabulary)
      }
    let phase = MultilayerPerceptron(
      configuration: PerceptronConfiguration(hiddenWidths: [128, 128]),
      inputs: NetworkWaveFunction<UInt64>.phaseInputCount(of: space))
    return NetworkWaveFunction(
      space: space, network: network, phaseNetwork: phase, execution: Execution(threads: threads),
      random: &random)
  }
}

/// The networks of the modulus.
enum NetworkKind: String, CaseIterable {
  case transformer
  case retNet = "RetNet"
}

/// The number of processors.
let coreCount = ProcessInfo.processInfo.activeProcessorCount
