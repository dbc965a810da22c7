import Foundation
import HDF5Files
import Testing
import Training

@Suite("Settings as options", .serialized)
struct OptionTests {
  private func flags(in text: String) -> String {
    text.replacing(/`([a-z0-9-]+)`/) {
      Setting.named(String($0.1)) == nil ? "\($0.1)" : "--\($0.1)"
    }
  }

  @Test("Every setting is an option in its group's section of the help, and nothing else is")
  func helpHasTheSettings() throws {
    let help = try Program().run("solve", "--help").standardOutput
    for group in Setting.Group.allCases {
      let section = try #require(
        help.components(separatedBy: "\n\n").first {
          $0.hasPrefix(group.rawValue.uppercased() + ":")
        })
      let names = section.matches(of: /\n  --([a-z0-9-]+)/).map { String($0.1) }
      // The one flag that is short for the value of another option.
      let settings = names.filter { $0 != "no-selected-ci" }
      #expect(settings == Setting.all.filter { $0.group == group }.map(\.name))
    }
    let words = help.split { " \n".contains($0) }.joined(separator: " ")
    for setting in Setting.all {
      #expect(words.contains(flags(in: setting.help)), "the help of \(setting.name) is missing")
      #expect(words.contains("default: " + flags(in: setting.defaultText)))
    }
  }

  @Test("Every option's value is checked by the setting of its name")
  func valuesAreChecked() throws {
    let program = try Program()
    for setting in Setting.all where setting.shape != .flag {
      let output = try program.run("solve", Program.molecule("h2"), "--\(setting.name)", "-?")
      expectComplaint(
        output, in: program,
        mentioning: ["--\(setting.name) must be \(setting.expected), not '-?'."])
    }
  }

  static let useless: [(arguments: [String], words: String)] = [
    (["--weight-decay", "0.1"], "only with --optimizer adam, and --optimizer is sr"),
    (["--weight-decay", "0"], "only with --optimizer adam"),
    (["--optimizer", "adam", "--shift", "0.1"], "only with --optimizer sr"),
    (["--optimizer", "adam", "--maximum-step", "0.1"], "only with --optimizer sr"),
    (["--optimizer", "adam", "--exponent", "0.5"], "without --draws"),
    (["--t0", "0.1"], "--annealing is none"),
    (["--warm-up-steps", "3"], "--annealing is none"),
    (["--annealing", "none", "--annealing-steps", "3"], "--annealing is none"),
    (["--screening", "0.1"], "--local-energy is full"),
    (["--local-energy", "subspace", "--screened-draws", "9"], "--local-energy is subspace"),
    (["--start", "random", "--start-determinants", "9"], "--start is random"),
    (["--start", "random", "--start-steps", "9"], "--start is random"),
    (["--no-lattice-symmetry"], "--no-lattice-symmetry has an effect only with a lattice"),
  ]

  @Test("An option without effect is an error that says why", arguments: useless.indices)
  func uselessOptionsAreRefused(_ index: Int) throws {
    let (arguments, words) = Self.useless[index]
    let program = try Program()
    let output = try program.run(["solve", Program.molecule("h2")] + arguments)
    expectComplaint(output, in: program, mentioning: [words])
  }

  @Test("In a file it is an error where the file alone makes it useless, else a warning")
  func uselessKeysAreJudged() throws {
    let program = try Program()
    let molecule = Program.molecule("h2")
    func run(_ text: String, _ arguments: String...) throws -> Program.Output {
      try program.folder.write(text, to: "a.toml")
      return try program.run(
        ["solve", molecule, "--config", "a.toml", "--json", "--output", "r.h5"] + arguments)
    }
    let refused = try run("t0 = 0.5")
    expectComplaint(
      refused, in: program, mentioning: ["a.toml: 't0' has an effect only with 'annealing'"],
      leaving: ["a.toml"])
    // A default may be repeated, and what the command line or the problem switches off is no error.
    for (text, arguments, warnings) in [
      ("weight-decay = 0.0", [], 0), ("weight-decay = 0", [], 0),
      ("annealing = \"linear\"\nt0 = 0.5", [], 0),
      ("annealing = \"linear\"\nt0 = 0.5", ["--annealing", "none"], 1),
      ("lattice-symmetry = false", [], 1), ("t0 = 0.5", ["--annealing", "linear"], 0),
    ] as [(String, [String], Int)] {
      try program.folder.write(text, to: "a.toml")
      let output = try program.run(
        ["solve", molecule, "--config", "a.toml", "--json", "--output", "r.h5"] + arguments)
      #expect(output.status == 0, "\(output)")
      #expect(try (output.json()["warnings"] as? [String])?.count == warnings, "\(output)")
    }
  }

  @Test("What only the sector's size makes useless is a warning")
  func smallSectorsAreSaid() throws {
    let output = try Program().run(
      "solve", Program.molecule("h2"), "--draws", "100", "--final-draws", "100", "--json")
    #expect(output.status == 0)
    let warnings = try #require(try output.json()["warnings"] as? [String])
    #expect(
      warnings.count == 2 && warnings.allSatisfy { $0.contains("all 2 of this one are taken") })
    #expect(output.standardError.contains("--draws has an effect only with"))
  }

  @Test("Preset and network come before their settings, wherever they stand")
  func orderDoesNotMatter() throws {
    let program = try Program()
    for (text, arguments) in [
      ("", ["--hidden", "5", "--ansatz", "made", "--optimizer", "sr", "--preset", "paper"]),
      ("", ["--preset", "paper", "--optimizer", "sr", "--ansatz", "made", "--hidden", "5"]),
      ("ansatz = \"made\"\nhidden = [5]\noptimizer = \"sr\"\npreset = \"paper\"", []),
      ("hidden = [5]\nansatz = \"made\"", ["--preset", "paper", "--optimizer", "sr"]),
      ("preset = \"paper\"\noptimizer = \"sr\"", ["--hidden", "5", "--ansatz", "made"]),
    ] as [(String, [String])] {
      try program.folder.write(text, to: "a.toml")
      let output = try program.run(
        ["solve", Program.molecule("h2"), "--config", "a.toml", "-o", "r.h5", "--overwrite"]
          + arguments + ["--steps", "2"])
      #expect(output.status == 0, "\(output)")
      let settings = try ResultReader(program.folder.path("r.h5")).settings()
      let ansatz = try #require(settings["ansatz"] as? [String: Any])
      #expect(settings["preset"] as? String == "paper")
      #expect(ansatz["kind"] as? String == "made" && ansatz["hidden"] as? [Int] == [5])
      #expect(ansatz["activation"] as? String == "relu" && ansatz["width"] == nil)
      #expect((settings["optimizer"] as? [String: Any])?["kind"] as? String == "sr")
    }
    // Going on with the same file changes nothing.
    try program.folder.write(
      "preset = \"paper\"\nansatz = \"made\"\nhidden = [5]\noptimizer = \"sr\"", to: "a.toml")
    let resumed = try program.run(
      "solve", "--resume", "r.h5", "--config", "a.toml", "--steps", "4")
    #expect(resumed.status == 0, "\(resumed)")
    let reader = try ResultReader(program.folder.path("r.h5"))
    #expect(try reader.trace()["step"]?.count == 4)
    let ansatz = try reader.settings()["ansatz"] as? [String: Any]
    #expect(ansatz?["hidden"] as? [Int] == [5] && ansatz?["activation"] as? String == "relu")
    let other = try program.run("solve", "--resume", "r.h5", "--preset", "default")
    #expect(other.status == 2 && other.standardError.contains("--preset default"))
  }

  @Test("Networks that do not fit the memory are refused before the work")
  func largeNetworksAreRefused() throws {
    let program = try Program()
    let line =
      "ulimit -v 4000000; exec \"$1\" solve \"$2\" --ansatz made --hidden 65536 --optimizer adam "
      + "--threads 2 --steps 1"
    let words = ["-c", line, "bash", Program.executable.path, Program.molecule("h2o")]
    let output = try program.start(words, executable: URL(fileURLWithPath: "/bin/bash")).wait()
    #expect(output.status == 2, "\(output)")
    #expect(output.standardError.contains("networks' workspaces"), "\(output.standardError)")
  }

  @Test("A run's own errors and notices name options")
  func runsSpeakOfOptions() throws {
    let program = try Program()
    for (arguments, words) in [
      (["--width", "10", "--heads", "4"], "--width must be a multiple of --heads"),
      (["--ansatz", "retnet", "--width", "4", "--heads", "4"], "--heads (4) must be even"),
      (["--order", "1,1"], "--order must name each of the 2"),
    ] {
      let output = try program.run(["solve", Program.molecule("h2")] + arguments)
      expectComplaint(output, in: program, mentioning: [words])
      #expect(!output.standardError.contains("`"))
    }
  }
}
