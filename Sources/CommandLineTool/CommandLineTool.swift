internal import ArgumentParser
internal import Foundation
internal import MessagePassing

/// The program's entry: parses the command line, runs the command and ends the process.
///
/// Exit codes: 0 done, 2 bad usage or input, 3 stopped before the convergence asked for, 128 + n
/// after signal n.
public func main() -> Never {
  // A file that is too long for `ulimit -f` is an error like a full disk.
  signal(SIGXFSZ, SIG_IGN)
  // A reader that went away, as `| head` does, is no reason to stop a long run.
  signal(SIGPIPE, SIG_IGN)
  restartWithFasterKernels()
  exit(runTogether(Array(CommandLine.arguments.dropFirst())))
}

/// Runs one command line in all processes of the job.
///
/// An error need not be one of all processes: the others may wait for this one, so it leaves without them, upon
/// which the launcher ends them.
private func runTogether(_ arguments: [String]) -> Int32 {
  if let refusal = Job.refusal(arguments) {
    Console.error(refusal)
    return 2
  }
  let code = run(arguments)
  if code != 2 { Job.launch.finish() }
  return code
}

/// Runs one command line and returns the process's exit code.
func run(_ arguments: [String]) -> Int32 {
  do {
    var command = try RootCommand.parseAsRoot(arguments)
    try command.run()
    return 0
  } catch let code as ExitCode {
    return code.rawValue
  } catch let error as ToolError {
    Console.error(error.message)
    return 2
  } catch {
    return report(error)
  }
}

/// Prints help to standard output, or an error in one line to standard error.
private func report(_ error: any Error) -> Int32 {
  let message = RootCommand.fullMessage(for: error)
  if RootCommand.exitCode(for: error).isSuccess {
    do throws(ToolError) {
      try Console.result(message)
      return 0
    } catch {
      Console.error(error.message)
      return 2
    }
  }
  let complaint = RootCommand.message(for: error).replacingOccurrences(of: "\n", with: " ")
  Console.error(complaint)
  if let hint = message.split(separator: "\n").last(where: { $0.contains("for more information") })
  {
    Console.note(hint.trimmingCharacters(in: .whitespaces))
  }
  return 2
}

/// `qchem-nqs`.
struct RootCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "qchem-nqs",
    abstract: "Ground states of molecules and spin lattices with neural quantum states.",
    discussion: """
      Examples:
        qchem-nqs solve h2o.fcidump
        qchem-nqs solve n2.fcidump --ansatz retnet --seed 7 --output n2.h5
        qchem-nqs solve --lattice heisenberg --geometry square --size 4x4 --j2 0.5
        qchem-nqs evaluate h2o.nqs.h5 --final-samples 200000
        qchem-nqs sample h2o.nqs.h5 --draws 100000 --output draws.h5
        qchem-nqs inspect h2o.fcidump
        qchem-nqs exact h2o.fcidump --roots 3
        qchem-nqs convert h2o.fcidump h2o.h5
        qchem-nqs cost n2.fcidump
        qchem-nqs scaling fit sweep --output scaling.svg
        qchem-nqs plot h2o_sto3g.nqs.h5 --output h2o.svg
        qchem-nqs cite h2o_sto3g.nqs.h5

      Exit codes: 0 done; 2 bad usage or input; 3 not converged where --require-convergence was \
      given; 128 + n stopped by signal n (SIGINT 130, SIGTERM 143, SIGHUP 129, SIGUSR1 138), after a \
      checkpoint.
      """,
    version: programVersion,
    subcommands: [
      SolveCommand.self, EvaluateCommand.self, SampleCommand.self, InspectCommand.self,
      ExactCommand.self, ConvertCommand.self,
      CostCommand.self, ScalingCommand.self, PlotCommand.self, CiteCommand.self, InfoCommand.self,
    ])
}

/// The program's version, as `--version`, results and `info` give it.
let programVersion = "0.1.0"
