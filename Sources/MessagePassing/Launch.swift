internal import Foundation
public import Parallelism

/// How this process was started: alone, or as one of several that work together.
public struct Launch: Sendable {
  /// All processes of the job.
  public let communicator: any Communicator
  /// The number of processes that a launcher started where the program was built without MPI, so that each would
  /// do all the work; 1 otherwise.
  public let strangers: Int
  private let finishing: @Sendable () -> Void

  /// The MPI library, where the program was built with one.
  public static var library: String? {
    #if MPI
    MPICommunicator.library
    #else
    nil
    #endif
  }

  /// Finds out, and starts MPI where a launcher asks for it; to be called once, by the main thread.
  ///
  /// - Returns: The processes.
  public static func start() -> Launch {
    guard let count = processCount(ProcessInfo.processInfo.environment) else { return .alone }
    #if MPI
    _ = count
    let communicator = MPICommunicator.start()
    return Launch(
      communicator: communicator, strangers: 1, finishing: { communicator.finish() })
    #else
    return Launch(communicator: SerialCommunicator(), strangers: count, finishing: {})
    #endif
  }

  /// A process of its own.
  public static var alone: Launch {
    Launch(communicator: SerialCommunicator(), strangers: 1, finishing: {})
  }

  /// Waits for the other processes to come to their end.
  public func finish() { finishing() }

  /// Returns the number of processes that a launcher of MPI programs has announced; nil where there is none.
  ///
  /// - Parameter environment: The environment's variables.
  /// - Returns: The number of Open MPI's `mpirun`, or of a launcher that speaks PMI or PMIx, as `srun` does.
  package static func processCount(_ environment: [String: String]) -> Int? {
    for name in ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"] {
      if let count = environment[name].flatMap({ Int($0) }), count > 0 { return count }
    }
    // srun --mpi=pmix says how many in Slurm's own variable.
    if environment["PMIX_RANK"] != nil {
      return environment["SLURM_NTASKS"].flatMap { Int($0) } ?? 1
    }
    return nil
  }
}
