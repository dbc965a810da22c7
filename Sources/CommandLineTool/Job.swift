internal import Foundation
internal import MessagePassing
internal import Parallelism

/// The processes of this program that work together, of which the first alone speaks and writes.
///
/// The command line has no place to pass it in, so it belongs to the program; libraries get its communicator.
enum Job {
  /// How this process was started.
  static let launch = Launch.start()

  /// The processes.
  static var communicator: any Communicator { launch.communicator }

  /// Whether this process reads, speaks and writes for all.
  static var isFirst: Bool { communicator.rank == 0 }

  /// How long the others wait with a complaint, which may be the first's as well.
  static let patience: UInt32 = 3

  /// Returns why these processes cannot do together what was asked for, or nil.
  ///
  /// - Parameter arguments: The command line without the program's name.
  /// - Returns: The complaint.
  static func refusal(_ arguments: [String]) -> String? {
    let command = arguments.first { !$0.hasPrefix("-") } ?? "help"
    let asksForHelp = !Set(arguments).isDisjoint(with: ["--help", "-h", "--version"])
    if asksForHelp || ["help", "info"].contains(command) { return nil }
    if launch.strangers > 1 {
      return
        "a launcher has started \(launch.strangers) processes, but this program was built without MPI, so each "
        + "would do all of the work. Build it with --traits MPI (docs/mpi.md), or start one process."
    }
    if communicator.isDistributed, command != "solve" {
      return "only solve divides its work over processes, not \(command); start one process."
    }
    return nil
  }

  /// Throws where several processes have been started for what one does alone.
  ///
  /// - Parameter what: What it is, as the beginning of a sentence.
  /// - Throws: ``ToolError`` that says so.
  static func refuseProcesses(_ what: String) throws(ToolError) {
    if communicator.isDistributed {
      throw ToolError(
        "\(what) are not divided over processes; start one process with more --threads.")
    }
  }

  /// Whether another process of the launcher speaks for this one, where there is no MPI to ask.
  private static var isStranger: Bool {
    let environment = ProcessInfo.processInfo.environment
    return launch.strangers > 1
      && ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"].contains {
        environment[$0].map { $0 != "0" } ?? false
      }
  }

  /// Waits, in all but the first process, so that one that has the same complaint says it first: the launcher then
  /// ends the others.
  static func waitForFirst() {
    if !isFirst || isStranger { sleep(patience) }
  }

  /// The name of this process in a complaint, with a colon; empty for the first.
  static var name: String {
    isFirst ? "" : "process \(communicator.rank) of \(communicator.size) on \(hostName()): "
  }
}
