import Foundation
import Integrals
import Testing

@Suite("Inputs from pipes", .serialized)
struct StandardInputTests {
  /// Runs a shell's command line in the program's folder, with `$1` the program and `$2` a molecule.
  private func shell(
    _ program: Program, _ line: String, molecule: String = "h2"
  ) throws -> Program.Output {
    let words = [
      "-c", line, "bash", Program.executable.path, Program.molecule(molecule),
    ]
    return try program.start(words, executable: URL(fileURLWithPath: "/bin/bash")).wait()
  }

  @Test(
    "Each command reads standard input, pipes and process substitution",
    arguments: [
      "cat \"$2\" | \"$1\" C -", "\"$1\" C - < \"$2\"", "cat \"$2\" | \"$1\" C /dev/stdin",
      "\"$1\" C <(cat \"$2\")", "\"$1\" convert \"$2\" x.h5 -q; cat x.h5 | \"$1\" C -",
      "\"$1\" convert \"$2\" x.h5 -q; \"$1\" C <(cat x.h5)",
    ])
  func inputIsRead(_ line: String) throws {
    for (command, word) in [("inspect", "4 qubits"), ("exact", "EXACT ENERGY  -1.13727")] {
      let output = try shell(try Program(), line.replacing("C", with: command))
      #expect(output.status == 0, "\(output)")
      #expect(output.standardOutput.contains(word), "\(output)")
    }
    let program = try Program()
    let solved = try shell(program, line.replacing("C", with: "solve --quiet"))
    #expect(solved.status == 0 && solved.standardOutput.contains("-1.13727"), "\(solved)")
    #expect(program.folder.names.filter { $0 != "x.h5" } == ["stdin.nqs.h5"])
  }

  @Test("convert reads a pipe")
  func pipeIsConverted() throws {
    let program = try Program()
    #expect(try shell(program, "cat \"$2\" | \"$1\" convert - a.h5").status == 0)
    let copy = try IntegralFile.read(path: program.folder.path("a.h5")).integrals
    #expect(copy == (try IntegralFile.read(path: Program.molecule("h2")).integrals))
  }

  @Test("A named pipe does not hang")
  func namedPipeIsRead() throws {
    let program = try Program()
    let output = try shell(program, "mkfifo p; cat \"$2\" > p & \"$1\" inspect p")
    #expect(output.status == 0 && output.standardOutput.contains("4 qubits"), "\(output)")
  }

  @Test(
    "What cannot be read is one complaint",
    arguments: [
      ("\"$1\" inspect - < /dev/null", "empty"), ("\"$1\" inspect - <&-", "Bad file descriptor"),
      ("\"$1\" inspect /dev/zero", "device"),
      ("\"$1\" convert \"$2\" x.h5 -q; head -c 3000 x.h5 | \"$1\" inspect -", "truncated"),
      ("mkfifo p; \"$1\" solve --resume p", "plain file"),
    ])
  func nonsenseIsRefused(_ line: String, _ word: String) throws {
    let output = try shell(try Program(), line)
    #expect(output.status == 2, "\(output)")
    let errors = output.standardError.split(separator: "\n")
    #expect(errors.count == 1 && errors[0].contains(word), "\(output.standardError)")
  }
}

@Suite("Threads and memory of the process", .serialized)
struct ResourceTests {
  /// A file of the folder `integrals`.
  private static func bundled(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("integrals/\(name).fcidump").path
  }

  private func info(_ prefix: String) throws -> [String: Any] {
    let program = try Program()
    let words = ["-c", prefix + " \"$1\" info --json", "bash", Program.executable.path]
    return try program.start(words, executable: URL(fileURLWithPath: "/bin/bash")).wait().json()
  }

  @Test("Affinity and variables decide on the threads, and info says so")
  func threadsFollow() throws {
    let bound = try info("unset OMP_NUM_THREADS SLURM_CPUS_PER_TASK; taskset -c 0")
    #expect(bound["threads"] as? String == "1")
    #expect(try info("OMP_NUM_THREADS=3")["threads"] as? String == "3")
    let batch = try info("unset OMP_NUM_THREADS; SLURM_CPUS_PER_TASK=5")
    #expect(batch["threads"] as? String == "5")
    #expect(batch["threads_reason"] as? String == "SLURM_CPUS_PER_TASK=5")
  }

  @Test("solve uses them, and --threads goes before")
  func solveFollows() throws {
    for (options, expected) in [("", 3), ("--threads 2", 2)] {
      let program = try Program()
      let line = "OMP_NUM_THREADS=3 \"$1\" solve \"$2\" --json --quiet \(options)"
      let words = ["-c", line, "bash", Program.executable.path, Program.molecule("h2")]
      let output = try program.start(words, executable: URL(fileURLWithPath: "/bin/bash")).wait()
      #expect(try output.json()["threads"] as? Int == expected)
    }
  }

  @Test("Too little address space is one complaint", arguments: ["solve", "exact"])
  func addressSpaceIsChecked(_ command: String) throws {
    let program = try Program()
    // Enough for the program itself, too little for the buffers of two threads.
    let line = "ulimit -v 800000; OPENBLAS_NUM_THREADS=2 \"$1\" \(command) \"$2\" --threads 2"
    let words = ["-c", line, "bash", Program.executable.path, Program.molecule("h2o")]
    let output = try program.start(words, executable: URL(fileURLWithPath: "/bin/bash")).wait()
    expectComplaint(output, in: program, mentioning: ["ulimit -v"])
    // One thread has room, and is what there is then.
    let one = try program.start(
      ["-c", line.replacingOccurrences(of: "--threads 2", with: "--threads 1")]
        + words.dropFirst(2),
      executable: URL(fileURLWithPath: "/bin/bash")
    ).wait()
    #expect(one.status == 0, "\(one)")
  }

  @Test(
    "A small budget of memory is said, kept by the checkpoint, and changes no digit that matters")
  func smallBudgetIsSaid() throws {
    let program = try Program()
    let lih = [
      "solve", Program.molecule("lih"), "--irrep", "any", "--no-spin-flip", "--steps", "5",
    ]
    let plain = try program.run(lih + ["--json", "--output", "a.h5"])
    let small = try program.run(lih + ["--memory-budget", "1", "--json", "--output", "b.h5"])
    #expect(!plain.standardError.contains("worked on in parts"))
    #expect(small.status == 0, "\(small)")
    let energies = try [plain, small].map { try #require(try $0.json()["energy"] as? Double) }
    #expect(abs(energies[0] - energies[1]) < 1e-4)
    let chain = [
      "solve", "--lattice", "heisenberg", "--geometry", "chain", "--size", "16",
      "--no-lattice-symmetry", "--samples", "200", "--steps", "3",
    ]
    let parts = try program.run(chain + ["--memory-budget", "1", "--output", "c.h5"])
    #expect(parts.status == 0 && parts.standardError.contains("worked on in parts"))
    let resumed = try program.run("solve", "--resume", "c.h5", "--steps", "4")
    #expect(resumed.status == 0 && resumed.standardError.contains("worked on in parts"))
  }

  /// Ten hydrogen atoms: 63,504 determinants with 350 connections each, which do not fit.
  @Test("A molecule of 20 qubits is solved in 850 MB of address space")
  func littleMemoryIsEnough() throws {
    let program = try Program()
    let line =
      "ulimit -v 850000; OPENBLAS_NUM_THREADS=1 \"$1\" solve \"$2\" --threads 1 --steps 1 "
      + "--irrep any --no-spin-flip --exact-limit 70000 --start-determinants 20 --samples 100 "
      + "--width 8 --heads 2 --layers 1 --phase-hidden 8 --json"
    let words = [
      "-c", line, "bash", Program.executable.path,
      Self.bundled("h10_chain_r18_sto6g"),
    ]
    let output = try program.start(words, executable: URL(fileURLWithPath: "/bin/bash")).wait()
    #expect(output.status == 0, "\(output.standardError)")
    let distinct = try #require(try output.json()["distinct_samples"] as? Int)
    #expect(distinct == 63_504)
  }
}
