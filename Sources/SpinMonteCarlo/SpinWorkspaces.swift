internal import NeuralNetworks
internal import Synchronization

/// Workspaces of a network that threads take and give back.
final class SpinWorkspaces: Sendable {
  private let network: any SpinNetwork
  private let capacity: Int
  private let keepsDerivatives: Bool
  private let free = Mutex<[Entry]>([])

  /// A workspace that one thread has at a time, and which parameters it holds.
  private struct Entry: @unchecked Sendable {
    let batch: any SpinNetworkBatch
    var version: Int?
  }

  init(_ network: any SpinNetwork, capacity: Int, keepsDerivatives: Bool) {
    self.network = network
    self.capacity = capacity
    self.keepsDerivatives = keepsDerivatives
  }

  /// Calls a body with a workspace that has the given parameters.
  func use<Result>(
    _ parameters: [Float], _ version: Int, _ body: (any SpinNetworkBatch) -> Result
  ) -> Result {
    var entry =
      free.withLock { $0.popLast() }
      ?? Entry(
        batch: network.makeBatch(capacity: capacity, keepsDerivatives: keepsDerivatives),
        version: nil)
    if entry.version != version {
      entry.batch.setParameters(parameters)
      entry.version = version
    }
    defer { free.withLock { $0.append(entry) } }
    return body(entry.batch)
  }
}
