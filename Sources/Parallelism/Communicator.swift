/// Processes that work on one problem.
///
/// All processes call the same operations in the same order. Sums are formed in the order of the
/// ranks, so that every rank gets the same bits.
public protocol Communicator: Sendable {
  /// This process's number, from 0.
  var rank: Int { get }
  /// The number of processes.
  var size: Int { get }
  /// Replaces each element by its sum over all processes.
  func sum(_ values: inout [Double])
  /// Replaces each element by its sum over all processes.
  func sum(_ values: inout [Float])
  /// Replaces the values by those of one process.
  func broadcast(_ values: inout [Double], from root: Int)
  /// Returns the values of all processes, one after the other in the order of the ranks.
  func gather(_ values: [Double]) -> [Double]
  /// Returns when all processes have called it.
  func barrier()
}

/// One process, alone: the stand-in that is always there.
public struct SerialCommunicator: Communicator {
  /// 0.
  public var rank: Int { 0 }
  /// 1.
  public var size: Int { 1 }

  /// Creates the communicator.
  public init() {}

  /// Does nothing: the sum over one process.
  public func sum(_: inout [Double]) {}
  /// Does nothing: the sum over one process.
  public func sum(_: inout [Float]) {}
  /// Does nothing: the values are there already.
  public func broadcast(_: inout [Double], from root: Int) {
    precondition(root == 0, "there is no process \(root)")
  }
  /// Returns the values.
  public func gather(_ values: [Double]) -> [Double] { values }
  /// Returns at once.
  public func barrier() {}
}
