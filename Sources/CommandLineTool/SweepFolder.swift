internal import Foundation
internal import HDF5Files

/// The folder of a sweep: `sweep.json`, and for each run its result and a row of numbers.
struct SweepFolder {
  let path: String

  init(_ path: String) { self.path = path }

  var sweepPath: String { path + "/sweep.json" }
  /// Whether there is a sweep in it.
  var hasSweep: Bool { FileManager.default.fileExists(atPath: sweepPath) }

  /// The result of a run, which is its checkpoint.
  func result(of point: SweepPoint) -> String { "\(path)/\(point.name).nqs.h5" }
  /// The numbers of a run that has ended.
  func row(of point: SweepPoint) -> String { "\(path)/\(point.name).json" }

  /// Makes the folder and writes `sweep.json`, or checks that it is of this sweep.
  ///
  /// - Parameters:
  ///   - sweep: The sweep.
  ///   - points: Its runs.
  /// - Throws: ``ToolError`` where the folder holds another sweep or something else, or cannot be written.
  func prepare(_ sweep: ScalingSweep, _ points: [SweepPoint]) throws {
    let text = try sweep.text(points)
    if try check(text) { return }
    try makeFolder()
    // Of two processes that begin at the same time one waits for the other's file.
    var lock: OutputLock?
    for _ in 0..<200 where lock == nil {
      do throws(ToolError) { lock = try OutputLock(of: sweepPath) } catch {
        guard error.isBusy else { throw error }
        usleep(50_000)
      }
    }
    guard let lock else {
      throw ToolError("\(sweepPath) is being written by another process; try again later.")
    }
    defer { lock.release() }
    if try check(text) { return }
    try Self.write(text, to: sweepPath)
  }

  /// Whether the folder has this sweep.
  private func check(_ text: String) throws(ToolError) -> Bool {
    guard hasSweep else { return false }
    _ = try ScalingSweep.read(sweepPath)
    let stored = (try? String(contentsOfFile: sweepPath, encoding: .utf8)) ?? ""
    if let difference = ScalingSweep.difference(stored: stored, new: text) {
      throw ToolError(
        "\(path) holds another sweep: \(difference). Give another folder, or leave all options out to go on with it."
      )
    }
    return true
  }

  private func makeFolder() throws(ToolError) {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
      guard isFolder.boolValue else {
        throw ToolError("\(path) is a file; give the folder of a sweep.")
      }
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      if let name = names.sorted().first(where: { !$0.hasPrefix(".") }) {
        throw ToolError(
          "\(path) is not empty and has no sweep.json (it has \(name)); give a new folder.")
      }
      return
    }
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw ToolError("the folder \(path) cannot be made: \(String(cString: strerror(errno))).")
    }
  }

  /// Writes a text in one step.
  ///
  /// - Throws: ``ToolError`` where it cannot be written.
  static func write(_ text: String, to path: String) throws(ToolError) {
    try write(Array(text.utf8), to: path)
  }

  /// Writes a file in one step.
  static func write(_ bytes: [UInt8], to path: String) throws(ToolError) {
    do throws(HDF5Error) {
      let replacement = try FileReplacement(of: path)
      try replacement.write(bytes)
      try replacement.commit()
    } catch {
      throw ToolError("the file cannot be written. \(error)")
    }
  }
}
