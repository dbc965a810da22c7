import Foundation
import HDF5Files
import Integrals
import Testing

@Suite("No file is lost", .serialized)
struct FileSafetyTests {
  /// A small file system in memory, unmounted with the object.
  private final class SmallDisk {
    let path: String

    /// Nil where mounting is not allowed.
    init?(_ program: Program, kibibytes: Int) throws {
      path = program.folder.path("disk")
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      guard try Self.run("mount", "-t", "tmpfs", "-o", "size=\(kibibytes)k", "tmpfs", path) else {
        return nil
      }
    }

    deinit { _ = try? Self.run("umount", path) }

    var names: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Leaves little room.
    func fill(kibibytes: Int) throws {
      try Data(count: kibibytes << 10).write(to: URL(fileURLWithPath: path + "/filler"))
    }

    static func run(_ words: String...) throws -> Bool {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = words
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus == 0
    }

    static let isAllowed: Bool = {
      guard let program = try? Program() else { return false }
      return (try? SmallDisk(program, kibibytes: 16)) != nil
    }()
  }

  @Test(
    "On a full disk the old result stays, the energy is printed, and one line complains",
    .enabled(if: SmallDisk.isAllowed, "a tmpfs cannot be mounted here: that needs root"))
  func resultOnFullDisk() throws {
    let program = try Program()
    let disk = try #require(try SmallDisk(program, kibibytes: 2048))
    let result = disk.path + "/r.h5"
    #expect(
      try program.run("solve", Program.molecule("h2o"), "--output", result, "--quiet").status == 0)
    let old = try Data(contentsOf: URL(fileURLWithPath: result))
    try disk.fill(kibibytes: 2048 - old.count / 1024 - 100)
    for options in [["--overwrite"], []] {
      let output = try program.run(
        ["solve", Program.molecule("h2o"), "--output", result, "--quiet"] + options)
      #expect(output.status == 2, "\(output)")
      #expect(output.standardOutput.hasPrefix("FINAL ENERGY  -75.0124"))
      let errors = output.standardError.split(separator: "\n")
      #expect(errors.count == 1 && errors[0].contains("No space left"), "\(output.standardError)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: result)) == old)
    }
    #expect(disk.names == ["filler", "r.h5"])
  }

  @Test(
    "convert to a full disk is one complaint and leaves nothing",
    .enabled(if: SmallDisk.isAllowed, "a tmpfs cannot be mounted here: that needs root"))
  func conversionOnFullDisk() throws {
    let program = try Program()
    let disk = try #require(try SmallDisk(program, kibibytes: 64))
    try disk.fill(kibibytes: 60)
    for name in ["c.h5", "c.fcidump"] {
      let output = try program.run("convert", Program.molecule("h2o"), disk.path + "/" + name)
      expectComplaint(output, in: program, mentioning: ["No space left"], leaving: ["disk"])
      #expect(disk.names == ["filler"])
    }
  }

  @Test("An earlier result is kept under a numbered name, unless it is to be overwritten")
  func earlierResultIsKept() throws {
    let program = try Program()
    let solve = ["solve", Program.molecule("h2"), "--output", "r.h5"]
    #expect(try program.run(solve + ["--seed", "1", "--quiet"]).status == 0)
    let first = try program.run(solve + ["--seed", "2"])
    #expect(first.status == 0 && first.standardError.contains("r.h5.~1~"))
    #expect(try program.run(solve + ["--seed", "3", "--quiet"]).status == 0)
    #expect(program.folder.names == ["r.h5", "r.h5.~1~", "r.h5.~2~"])
    for (name, seed) in [("r.h5", 3), ("r.h5.~1~", 1), ("r.h5.~2~", 2)] {
      #expect(try ResultReader(program.folder.path(name)).settings()["seed"] as? Int == seed)
    }
    #expect(try program.run(solve + ["--seed", "4", "--overwrite", "--quiet"]).status == 0)
    // Going on with a run needs no copy.
    #expect(try program.run("solve", "--resume", "r.h5", "--quiet").status == 0)
    #expect(program.folder.names == ["r.h5", "r.h5.~1~", "r.h5.~2~"])
    #expect(try ResultReader(program.folder.path("r.h5")).settings()["seed"] as? Int == 4)
  }

  @Test("convert overwrites neither texts nor results, and keeps earlier integrals")
  func foreignFilesStay() throws {
    let program = try Program()
    try program.folder.write("\\documentclass{article}\n", to: "thesis.tex")
    #expect(try program.run("solve", Program.molecule("h2"), "--output", "r.h5").status == 0)
    let result = try Data(contentsOf: program.folder.url.appending(path: "r.h5"))
    for name in ["thesis.tex", "r.h5"] {
      for options in [[], ["--overwrite"]] {
        let output = try program.run(["convert", Program.molecule("h2"), name] + options)
        expectComplaint(output, in: program, mentioning: [name], leaving: ["r.h5", "thesis.tex"])
      }
    }
    #expect(try Data(contentsOf: program.folder.url.appending(path: "r.h5")) == result)

    for _ in 0..<2 {
      #expect(try program.run("convert", Program.molecule("h2"), "a.fcidump").status == 0)
    }
    #expect(
      try program.run("convert", Program.molecule("lih"), "a.fcidump", "--overwrite").status == 0)
    #expect(program.folder.names == ["a.fcidump", "a.fcidump.~1~", "r.h5", "thesis.tex"])
    let kept = try IntegralFile.read(path: program.folder.path("a.fcidump.~1~"))
    #expect(kept.integrals.orbitalCount == 2)
  }

  @Test("Two runs do not write one file")
  func secondRunIsRefused() throws {
    let program = try Program()
    let long = [
      "solve", Program.molecule("h2o"), "--output", "r.h5", "--steps", "100000", "--window",
      "40000",
      "--checkpoint-every", "10",
    ]
    let running = try program.start(long)
    running.waitForFile(program.folder.path("r.h5"))
    for second in [
      long, ["solve", "--resume", "r.h5"], ["convert", Program.molecule("h2"), "r.h5"],
    ] {
      let output = try program.run(second)
      #expect(output.status == 2, "\(output)")
      #expect(
        output.standardError.contains("error: r.h5 is being written by another run (process "))
    }
    kill(running.process.processIdentifier, SIGKILL)
    #expect(running.wait().status == -SIGKILL)
    // A killed run has no lock, though the file is there, and it may have been writing.
    for name in [".r.h5.123.tmp", ".r.h5.old.tmp"] {
      try Data("unfinished".utf8).write(to: program.folder.url.appendingPathComponent(name))
    }
    #expect(Set(program.folder.names).isSuperset(of: [".r.h5.lock", "r.h5"]))
    let resumed = try program.run("solve", "--resume", "r.h5", "--steps", "20", "--quiet")
    #expect(resumed.status == 0, "\(resumed)")
    #expect(program.folder.names == [".r.h5.old.tmp", "r.h5"])
  }

  @Test("A symbolic link stays, and its file is replaced", arguments: [true, false])
  func linkIsFollowed(_ isDangling: Bool) throws {
    let program = try Program()
    try FileManager.default.createDirectory(
      atPath: program.folder.path("there"), withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: program.folder.path("r.h5"), withDestinationPath: "there/r.h5")
    let solve = ["solve", Program.molecule("h2"), "--output", "r.h5", "--quiet"]
    if !isDangling { #expect(try program.run(solve).status == 0) }
    #expect(try program.run(solve + ["--overwrite"]).status == 0)
    #expect(
      try FileManager.default.destinationOfSymbolicLink(atPath: program.folder.path("r.h5"))
        == "there/r.h5")
    _ = try ResultReader(program.folder.path("there/r.h5"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: program.folder.path("there")) == ["r.h5"])
  }

  @Test(
    "Pipes, devices and folders are no outputs", arguments: ["pipe", "/dev/null", "folder", "-"])
  func otherKindsAreRefused(_ name: String) throws {
    let program = try Program()
    mkfifo(program.folder.path("pipe"), 0o600)
    try FileManager.default.createDirectory(
      atPath: program.folder.path("folder"), withIntermediateDirectories: true)
    for command in [
      ["solve", Program.molecule("h2"), "-o", name], ["convert", Program.molecule("h2"), name],
    ] {
      let output = try program.run(command)
      expectComplaint(
        output, in: program, mentioning: ["plain file", "must be a file"],
        leaving: ["folder", "pipe"])
    }
  }

  @Test("A result of an earlier layout is read, and becomes one of the present")
  func earlierLayoutIsRead() throws {
    let program = try Program()
    let old = Program.reference("results/h2_version2.h5")
    let output = try program.run("solve", "--resume", old, "--output", "r.h5", "--json", "--quiet")
    #expect(output.status == 0, "\(output)")
    #expect(abs(try #require(try output.json()["energy"] as? Double) + 1.1372701747) < 1e-4)
    let before = try ResultReader(old).trace()["energy"]
    #expect(try ResultReader(program.folder.path("r.h5")).trace()["energy"] == before)
  }
}
