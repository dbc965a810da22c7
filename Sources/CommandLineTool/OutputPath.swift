internal import Foundation
internal import HDF5Files
internal import Training

/// Where results go, checked before any work is done.
enum OutputPath {
  /// The default name: the input's, or the model's, with `.nqs.h5`, in the current folder.
  static func standard(for input: String) -> String {
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

  /// Throws unless a result may be written there.
  ///
  /// - Parameters:
  ///   - path: The result file.
  ///   - input: The input, which must not be overwritten.
  /// - Throws: ``ToolError`` where the folder is missing or not writable, or the path is another
  ///   kind of file.
  static func check(_ path: String, input: String?) throws {
    if let input, isSameFile(path, input) {
      throw ToolError("--output \(path) is the input itself; give another name.")
    }
    if FileManager.default.fileExists(atPath: path), !isResult(path), isPlainFile(path) {
      throw ToolError(
        "\(path) exists and is not a result of qchem-nqs; remove it or give another --output.")
    }
    do {
      // Makes the temporary file that a checkpoint would, and removes it again.
      _ = try FileReplacement(of: path)
    } catch {
      throw ToolError("the result cannot be written. \(error)")
    }
  }

  private static func isPlainFile(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
  }

  private static func isResult(_ path: String) -> Bool {
    guard HDF5File.isHDF5(path) else { return false }
    // A damaged result may be replaced; what is whole and of another kind may not.
    guard let file = try? HDF5File(readingFrom: path) else { return true }
    return (try? file.root.attribute("type"))??.stringValue == ResultFile.type
  }
}
