import Foundation
import Testing

/// Runs the built executable, as a user's shell would.
struct Program {
  /// What a finished run left.
  struct Output {
    let status: Int32
    let standardOutput: String
    let standardError: String

    /// The JSON object on standard output.
    func json() throws -> [String: Any] {
      let value = try JSONSerialization.jsonObject(with: Data(standardOutput.utf8))
      return try #require(value as? [String: Any])
    }

    /// The lines of standard output.
    var lines: [Substring] { standardOutput.split(separator: "\n") }
  }

  /// The executable, beside the test bundle.
  static let executable = Bundle.module.bundleURL.deletingLastPathComponent()
    .appendingPathComponent("qchem-nqs")

  /// A folder for the files of one test, removed with it.
  final class Folder {
    let url: URL

    init() throws {
      url = FileManager.default.temporaryDirectory
        .appendingPathComponent("qchem-nqs-tests-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The names of all files in it.
    var names: [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
    }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ text: String, to name: String) throws {
      try Data(text.utf8).write(to: url.appendingPathComponent(name))
    }
  }

  let folder: Folder

  init() throws { folder = try Folder() }

  /// The path of a reference file.
  static func reference(_ path: String) -> String {
    Bundle.module.bundleURL.appendingPathComponent("Reference/\(path)").path
  }

  /// The path of a molecule's integrals.
  static func molecule(_ name: String) -> String { reference("integrals/\(name)_sto3g.fcidump") }

  /// Starts the program, or another; its output goes to files beside the folder.
  func start(_ arguments: [String], executable: URL = Self.executable) throws -> Running {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.currentDirectoryURL = folder.url
    process.standardInput = FileHandle.nullDevice
    let running = try Running(process: process)
    try process.run()
    return running
  }

  /// Runs the program to its end.
  @discardableResult
  func run(_ arguments: String...) throws -> Output { try start(arguments).wait() }

  /// Runs the program to its end.
  func run(_ arguments: [String]) throws -> Output { try start(arguments).wait() }

  /// A started program.
  struct Running {
    let process: Process
    private let streams: Folder

    fileprivate init(process: Process) throws {
      self.process = process
      streams = try Folder()
      for name in ["out", "err"] { try streams.write("", to: name) }
      process.standardOutput = try FileHandle(forWritingTo: streams.url.appending(path: "out"))
      process.standardError = try FileHandle(forWritingTo: streams.url.appending(path: "err"))
    }

    /// What has been written to standard output so far.
    var standardOutput: String { text("out") }

    private func text(_ name: String) -> String {
      String(
        decoding: FileManager.default.contents(atPath: streams.path(name)) ?? Data(), as: UTF8.self)
    }

    /// Waits for the end; the status of a killed process is minus the signal.
    func wait() -> Output {
      process.waitUntilExit()
      let isKilled = process.terminationReason == .uncaughtSignal
      return Output(
        status: isKilled ? -process.terminationStatus : process.terminationStatus,
        standardOutput: text("out"), standardError: text("err"))
    }

    /// Waits until a word is on standard error, for at most a minute.
    func waitForText(_ word: String) {
      for _ in 0..<6000 where process.isRunning && !text("err").contains(word) { usleep(10_000) }
    }

    /// Waits until a file exists, for at most a minute.
    func waitForFile(_ path: String) {
      for _ in 0..<6000 where process.isRunning && !FileManager.default.fileExists(atPath: path) {
        usleep(10_000)
      }
    }
  }
}

/// Checks that a run ended with one clear complaint and left nothing behind.
func expectComplaint(
  _ output: Program.Output, in program: Program, mentioning words: [String], leaving: [String] = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(output.status == 2, "\(output)", sourceLocation: sourceLocation)
  #expect(output.standardOutput.isEmpty, sourceLocation: sourceLocation)
  let errors = output.standardError.split(separator: "\n").filter { $0.hasPrefix("error: ") }
  #expect(errors.count == 1, "\(output.standardError)", sourceLocation: sourceLocation)
  let complaint = output.standardError.lowercased()
  #expect(
    words.contains { complaint.contains($0.lowercased()) },
    "none of \(words) in: \(output.standardError)", sourceLocation: sourceLocation)
  #expect(program.folder.names == leaving, sourceLocation: sourceLocation)
}
