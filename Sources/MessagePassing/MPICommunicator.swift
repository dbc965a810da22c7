#if MPI
internal import CMPI
public import Parallelism

/// The processes that `mpirun` or `srun` started.
///
/// Only the thread that called ``start()`` may use it. An error inside MPI ends all processes.
public struct MPICommunicator: Communicator {
  /// This process's number, from 0.
  public let rank: Int
  /// The number of processes.
  public let size: Int
  /// The number of these processes on this machine.
  public let localSize: Int

  /// Starts MPI; to be called once, by the main thread.
  ///
  /// - Returns: All processes of the job.
  public static func start() -> MPICommunicator {
    var provided: Int32 = 0
    MPI_Init_thread(nil, nil, Int32(MPI_THREAD_FUNNELED), &provided)
    var (rank, size, localSize) = (Int32(0), Int32(1), Int32(1))
    MPI_Comm_rank(MPI_COMM_WORLD, &rank)
    MPI_Comm_size(MPI_COMM_WORLD, &size)
    var local = MPI_COMM_WORLD
    MPI_Comm_split_type(MPI_COMM_WORLD, Int32(MPI_COMM_TYPE_SHARED), 0, MPI_INFO_NULL, &local)
    MPI_Comm_size(local, &localSize)
    MPI_Comm_free(&local)
    return MPICommunicator(rank: Int(rank), size: Int(size), localSize: Int(localSize))
  }

  /// Waits for all processes and ends MPI; to be called once, last.
  public func finish() { MPI_Finalize() }

  /// The library and its version, in one line.
  public static var library: String {
    var bytes = [CChar](repeating: 0, count: Int(MPI_MAX_LIBRARY_VERSION_STRING))
    var length: Int32 = 0
    MPI_Get_library_version(&bytes, &length)
    let text = String(
      decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return String(text.prefix { $0 != "," && $0 != "\n" })
  }

  /// Gives all processes a buffer of which each has filled its own part.
  public func gather(_ bytes: UnsafeMutableRawBufferPointer, counts: [Int]) {
    precondition(
      counts.count == size && counts.reduce(0, +) == bytes.count,
      "\(counts) bytes of a whole of \(bytes.count)")
    guard let base = bytes.baseAddress else { return }
    if bytes.count > Int(Int32.max) {
      // MPI counts in 32 bits.
      var start = 0
      for (rank, count) in counts.enumerated() {
        broadcast(UnsafeMutableRawBufferPointer(start: base + start, count: count), from: rank)
        start += count
      }
      return
    }
    var places: [Int32] = []
    var start = 0
    for count in counts {
      places.append(Int32(start))
      start += count
    }
    MPI_Allgatherv(
      MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, base, counts.map(Int32.init), places, MPI_BYTE,
      MPI_COMM_WORLD)
  }

  /// Replaces the bytes by those of one process.
  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int) {
    guard let base = bytes.baseAddress else { return }
    let part = 1 << 30
    for start in stride(from: 0, to: bytes.count, by: part) {
      MPI_Bcast(
        base + start, Int32(min(part, bytes.count - start)), MPI_BYTE, Int32(root), MPI_COMM_WORLD)
    }
  }

  /// Returns when all processes have called it.
  public func barrier() { MPI_Barrier(MPI_COMM_WORLD) }
}
#endif
