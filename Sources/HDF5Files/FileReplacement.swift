internal import Foundation

/// A new version of a file that takes the old one's place in one step, or not at all.
///
/// Write everything to ``temporaryPath``, in the same folder, close it, then call ``commit()``.
/// Until then the old file is untouched; without it the temporary file is removed.
///
/// ```swift
/// let replacement = try FileReplacement(of: "result.h5")
/// … write replacement.temporaryPath …
/// try replacement.commit()
/// ```
public final class FileReplacement {
  /// The file to be replaced, symbolic links resolved.
  public let path: String
  /// Where to write the new version.
  public let temporaryPath: String
  private var isCommitted = false

  /// Prepares to replace a file, which need not exist.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``HDF5Error`` if the path is taken by something else than a file, or its folder
  ///   can't be written.
  public init(of path: String) throws(HDF5Error) {
    var information = stat()
    var target = path
    if stat(path, &information) == 0 {
      guard information.st_mode & S_IFMT == S_IFREG else {
        throw HDF5Error(
          "write this path", path: path, reason: "it isn't a plain file",
          remedy: "Give the path of a file")
      }
      if let resolved = realpath(path, nil) {
        target = String(cString: resolved)
        free(resolved)
      }
    }
    let split = target.utf8.lastIndex(of: UInt8(ascii: "/"))
    let folder = split.map { String(target[...$0]) } ?? ""
    let name = split.map { String(target[target.utf8.index(after: $0)...]) } ?? target
    guard !name.isEmpty else {
      throw HDF5Error(
        "write this path", path: path, reason: "it names no file",
        remedy: "Give the path of a file")
    }
    self.path = target
    temporaryPath = "\(folder).\(name).\(getpid()).tmp"
    let descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      let reason = String(cString: strerror(errno))
      isCommitted = true
      throw HDF5Error(
        "write the file", path: path, reason: reason,
        remedy: "Choose a folder that exists and can be written")
    }
    close(descriptor)
  }

  deinit {
    if !isCommitted { unlink(temporaryPath) }
  }

  /// Makes the new version durable and puts it in place of the old one.
  ///
  /// - Throws: ``HDF5Error`` if the disk or the folder refuses; the old file is then untouched.
  public func commit() throws(HDF5Error) {
    let descriptor = open(temporaryPath, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure() }
    let status = fsync(descriptor)
    close(descriptor)
    guard status == 0, rename(temporaryPath, path) == 0 else { throw failure() }
    isCommitted = true
    // The name itself becomes durable with its folder.
    let folder = path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[...$0]) } ?? "."
    let folderDescriptor = open(folder, O_RDONLY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  private func failure() -> HDF5Error {
    HDF5Error(
      "write the file", path: path, reason: String(cString: strerror(errno)),
      remedy: "Check the disk's free space and the folder's permissions")
  }
}
