internal import SpinDistributions
internal import Synchronization

/// Workspaces of a distribution, of which each thread has one at a time.
final class WorkspacePool<Space: AnyObject>: Sendable {
  private struct Handle: @unchecked Sendable { let space: Space }

  private let handles: Mutex<[Handle]>
  private let update: @Sendable (Space, [[Float]], Double) -> Void
  /// The largest number of configurations of a workspace.
  let capacity: Int

  /// Makes workspaces.
  ///
  /// - Parameters:
  ///   - capacity: The largest number of configurations of each.
  ///   - count: Their number.
  ///   - make: Returns one.
  ///   - update: Gives one parameters and β.
  init(
    capacity: Int, count: Int, make: () -> Space,
    update: @escaping @Sendable (Space, [[Float]], Double) -> Void
  ) {
    self.capacity = capacity
    self.update = update
    handles = Mutex((0..<count).map { _ in Handle(space: make()) })
  }

  /// Calls `body` with a workspace that has the parameters of a distribution.
  func use<Result>(
    _ distribution: some NormalizedDistribution, _ body: (Space) -> Result
  ) -> Result {
    let handle = handles.withLock { $0.removeLast() }
    defer { handles.withLock { $0.append(handle) } }
    update(handle.space, distribution.parameters, distribution.beta)
    return body(handle.space)
  }
}

/// A workspace of any distribution.
final class AnyWorkspace {
  let space: any NormalizedWorkspace
  init(_ space: any NormalizedWorkspace) { self.space = space }
}

extension WorkspacePool where Space == AnyWorkspace {
  /// Makes workspaces of any distribution.
  convenience init(_ distribution: any NormalizedDistribution, capacity: Int, count: Int) {
    self.init(capacity: capacity, count: count) {
      AnyWorkspace(distribution.makeWorkspace(capacity: capacity))
    } update: {
      $0.space.update(parameters: $1, beta: $2)
    }
  }
}

extension WorkspacePool where Space == HierarchyWorkspace {
  /// Makes workspaces of a hierarchy.
  convenience init(_ distribution: HierarchicalDistribution, capacity: Int, count: Int) {
    self.init(capacity: capacity, count: count) {
      HierarchyWorkspace(distribution, capacity: capacity)
    } update: {
      $0.update(parameters: $1, beta: $2)
    }
  }
}
