internal import Foundation
internal import HDF5Files
internal import Integrals
internal import Results
internal import ScalingLaws
internal import Synchronization
internal import Training

/// A file that a command is going to write: checked and locked before any work is done.
///
/// What is there already is never lost: only files of the same kind give way, and they are kept under a
/// numbered name, `NAME.~1~`, unless the user wants them overwritten.
final class OutputFile: Sendable {
  /// What the file is to hold, and what may therefore give way to it.
  enum Kind {
    case result
    /// Density matrices of an exact vector.
    case exactResult
    /// Configurations drawn from a state.
    case draws
    case integrals
    case measurement
    /// A table of runs.
    case runs
    /// The steps of a run.
    case trace
    case figure

    fileprivate var name: String {
      switch self {
      case .result: "a result of qchem-nqs"
      case .exactResult: "a result of qchem-nqs exact"
      case .draws: "a file of qchem-nqs sample"
      case .integrals: "an integral file"
      case .measurement: "a measurement of qchem-nqs"
      case .runs: "a table of runs"
      case .trace: "a table of steps"
      case .figure: "an SVG or PNG figure"
      }
    }
  }

  /// The path as the user gave it.
  let path: String
  /// The file that it leads to.
  private let target: String
  private let kind: Kind
  private let overwrites: Bool
  /// Nil in processes that do not write.
  private let lock: OutputLock?
  private let writing = Mutex(())

  /// Checks that a file may be written, and locks it; of several processes the first does.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - kind: What it is to hold.
  ///   - input: The input, which must not be overwritten.
  ///   - overwrites: Whether an earlier file of this kind is not to be kept.
  /// - Throws: ``ToolError`` where the folder is missing or not writable, the path is that of something
  ///   else, or another run has it.
  init(_ path: String, kind: Kind, input: String?, overwrites: Bool) throws {
    self.path = path
    self.kind = kind
    self.overwrites = overwrites
    if path == "-" {
      throw ToolError("the output must be a file, not the standard output; give its name.")
    }
    if let input, Self.isSameFile(path, input) {
      throw ToolError("\(path) is the input itself; give another name for the output.")
    }
    do {
      target = try FileReplacement.target(of: path)
      guard Job.isFirst else {
        lock = nil
        return
      }
      lock = try OutputLock(of: target)
      // Makes the temporary file that writing would, and removes it again.
      _ = try FileReplacement(of: target)
    } catch let error as HDF5Error {
      throw ToolError("the file cannot be written. \(error)")
    }
    if exists, !Self.isOf(kind, target) {
      throw ToolError(
        "\(path) exists and is not \(kind.name), so it is not overwritten; remove it or give another "
          + "name for the output.")
    }
  }

  /// Whether there is anything at its path.
  var exists: Bool {
    var information = stat()
    return lstat(target, &information) == 0
  }

  /// Writes the file; a signal that ends the process waits for it.
  ///
  /// - Parameters:
  ///   - keepsEarlier: Whether what is there belongs to another run.
  ///   - body: Puts a new file in the place of the old one in one step.
  /// - Returns: The name under which an earlier file is kept; nil where there is none to keep.
  /// - Throws: ``ToolError`` where an earlier file can't be kept, and what `body` throws.
  func write(keepsEarlier: Bool, _ body: () throws -> Void) throws -> String? {
    if !Job.isFirst { return nil }
    return try writing.withLock { _ in
      let name = keepsEarlier ? try makeWay() : nil
      do { try body() } catch {
        // Nothing has taken its place, so it needs no second name.
        if let name, exists { unlink(name) } else if let name { rename(name, target) }
        throw error
      }
      return name
    }
  }

  private func makeWay() throws(ToolError) -> String? {
    guard exists else { return nil }
    // A damaged file may be anything, and so may one that has come since the check.
    if overwrites, Self.isOf(kind, target), !Self.isDamaged(kind, target) { return nil }
    for number in 1..<1_000_000 {
      let name = "\(target).~\(number)~"
      // A second name leaves no moment without a result; some file systems have none.
      if link(target, name) == 0 { return name }
      var information = stat()
      if errno == EEXIST || lstat(name, &information) == 0 { continue }
      if rename(target, name) == 0 { return name }
      throw ToolError(
        "the earlier \(path) cannot be kept as \(name): \(String(cString: strerror(errno))).")
    }
    throw ToolError("\(path) has too many backups; remove some.")
  }

  /// Lets others write the file.
  func release() { lock?.release() }

  /// Lets others write the file and ends the process, once nothing is being written.
  func leave(_ code: Int32) -> Never {
    writing.withLock { _ in
      lock?.release()
      _exit(code)
    }
  }

  // MARK: - Names and kinds

  /// The default name of a result: the input's with `.nqs.h5`, in the current folder.
  static func standardName(for input: String) -> String {
    // Process substitution and redirection give names such as /dev/fd/63.
    if input == "-" || input.hasPrefix("/dev/") || input.hasPrefix("/proc/") {
      return "stdin.nqs.h5"
    }
    let name = (input as NSString).lastPathComponent
    let stem = (name as NSString).deletingPathExtension
    return (stem.isEmpty ? name : stem) + ".nqs.h5"
  }

  /// Whether two paths lead to one existing file.
  static func isSameFile(_ first: String, _ second: String) -> Bool {
    var a = stat()
    var b = stat()
    guard stat(first, &a) == 0, stat(second, &b) == 0 else { return false }
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino
  }

  private static func isOf(_ kind: Kind, _ path: String) -> Bool {
    switch kind {
    case .integrals: return (try? IntegralFile.read(path: path)) != nil
    case .measurement:
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
      return text.hasPrefix(CostReport.columns[0] + "\t" + CostReport.columns[1] + "\t")
    case .runs:
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
      return (try? ScalingTable(text: text, name: path)) != nil
    case .trace:
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
      return text.hasPrefix(TraceTable.beginning)
    case .figure:
      let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
      if let file = FileHandle(forReadingAtPath: path),
        let bytes = try? file.read(upToCount: signature.count), Array(bytes) == signature
      {
        return true
      }
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
      return text.prefix(1000).contains("<svg")
    case .exactResult, .draws:
      guard HDF5File.isHDF5(path), let file = try? HDF5File(readingFrom: path) else {
        return false
      }
      return (try? file.root.attribute("type"))??.stringValue
        == (kind == .draws ? DrawFile.type : ExactResultFile.type)
    case .result:
      guard HDF5File.isHDF5(path) else { return false }
      // A damaged result may give way; what is whole and of another kind may not.
      guard let file = try? HDF5File(readingFrom: path) else { return true }
      let type = (try? file.root.attribute("type"))??.stringValue
      return [ResultFile.type, ClassicalResultFile.type, SpinResultFile.type].contains(type)
    }
  }

  private static func isDamaged(_ kind: Kind, _ path: String) -> Bool {
    kind == .result && (try? HDF5File(readingFrom: path)) == nil
  }
}
