internal import SpinDistributions
internal import Synchronization

/// Workspaces of a distribution, of which each thread has one at a time.
final class WorkspacePool: Sendable {
  private struct Handle: @unchecked Sendable { let space: HierarchyWorkspace }

  private let handles: Mutex<[Handle]>
  /// The largest number of configurations of a workspace.
  let capacity: Int

  init(_ distribution: HierarchicalDistribution, capacity: Int, count: Int) {
    self.capacity = capacity
    handles = Mutex(
      (0..<count).map { _ in
        Handle(space: HierarchyWorkspace(distribution, capacity: capacity))
      })
  }

  /// Calls `body` with a workspace that has the parameters of a distribution.
  func use<Result>(
    _ distribution: HierarchicalDistribution, _ body: (HierarchyWorkspace) -> Result
  ) -> Result {
    let handle = handles.withLock { $0.removeLast() }
    defer { handles.withLock { $0.append(handle) } }
    handle.space.update(distribution)
    return body(handle.space)
  }
}
