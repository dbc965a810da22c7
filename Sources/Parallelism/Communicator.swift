/// Processes that work on one problem.
///
/// All processes call the same operations in the same order, each from one thread at a time. Nothing is
/// summed on the way: numbers are gathered and added in the order of the ranks, so that every rank gets the
/// same bits.
public protocol Communicator: Sendable {
  /// This process's number, from 0.
  var rank: Int { get }
  /// The number of processes.
  var size: Int { get }
  /// The number of these processes on this machine.
  var localSize: Int { get }

  /// Gives all processes a buffer of which each has filled its own part.
  ///
  /// - Parameters:
  ///   - bytes: The whole; the parts lie one after the other in the order of the ranks.
  ///   - counts: The bytes of each part, the same on all processes.
  func gather(_ bytes: UnsafeMutableRawBufferPointer, counts: [Int])

  /// Replaces the bytes by those of one process.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int)

  /// Returns when all processes have called it.
  func barrier()
}

extension Communicator {
  /// Whether there are other processes.
  public var isDistributed: Bool { size > 1 }

  /// Returns the values of all processes, one after the other in the order of the ranks.
  ///
  /// - Parameter values: This process's, in any number.
  /// - Returns: All.
  public func gather<Value: BitwiseCopyable>(_ values: [Value]) -> [Value] {
    if size == 1 { return values }
    var lengths = [Int](repeating: 0, count: size)
    lengths[rank] = values.count
    let stride = MemoryLayout<Int>.stride
    lengths.withUnsafeMutableBytes { gather($0, counts: Array(repeating: stride, count: size)) }
    let first = lengths[..<rank].reduce(0, +)
    let counts = lengths.map { $0 * MemoryLayout<Value>.stride }
    return [Value](unsafeUninitializedCapacity: lengths.reduce(0, +)) { buffer, count in
      count = buffer.count
      if let base = buffer.baseAddress {
        values.withUnsafeBufferPointer {
          if let source = $0.baseAddress {
            (base + first).initialize(from: source, count: values.count)
          }
        }
      }
      gather(UnsafeMutableRawBufferPointer(buffer), counts: counts)
    }
  }

  /// Replaces the values by those of one process; all have the same number.
  public func broadcast<Value: BitwiseCopyable>(_ values: inout [Value], from root: Int) {
    values.withUnsafeMutableBytes { broadcast($0, from: root) }
  }

  /// Returns the value of one process.
  public func broadcast<Value: BitwiseCopyable>(_ value: Value, from root: Int = 0) -> Value {
    var values = [value]
    broadcast(&values, from: root)
    return values[0]
  }

  /// Replaces each element by its sum over all processes, added in the order of the ranks.
  public func sum<Value: BitwiseCopyable & AdditiveArithmetic>(_ values: inout [Value]) {
    if size == 1 { return }
    let count = values.count
    let all = gather(values)
    precondition(all.count == count * size, "sums of arrays of different lengths")
    for index in 0..<count {
      var sum = all[index]
      for other in 1..<size { sum += all[other * count + index] }
      values[index] = sum
    }
  }
}

/// One process, alone: the stand-in that is always there.
public struct SerialCommunicator: Communicator {
  /// 0.
  public var rank: Int { 0 }
  /// 1.
  public var size: Int { 1 }
  /// 1.
  public var localSize: Int { 1 }

  /// Creates the communicator.
  public init() {}

  /// Does nothing: the only part is the whole.
  public func gather(_ bytes: UnsafeMutableRawBufferPointer, counts: [Int]) {
    precondition(counts == [bytes.count], "\(counts) bytes of a whole of \(bytes.count)")
  }
  /// Does nothing: the bytes are there already.
  public func broadcast(_: UnsafeMutableRawBufferPointer, from root: Int) {
    precondition(root == 0, "there is no process \(root)")
  }
  /// Returns at once.
  public func barrier() {}
}
