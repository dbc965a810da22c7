internal import Foundation

/// A new version of a file that takes the old one's place in one step, or not at all.
///
/// The new version is written beside the old one and renamed over it by ``commit()``. Until then the
/// old file is untouched; without it the new one is removed. A symbolic link is followed, so that
/// the file behind it is replaced and the link stays.
///
/// ```swift
/// let replacement = try FileReplacement(of: "result.h5")
/// try replacement.write(bytes)
/// try replacement.commit()
/// ```
public final class FileReplacement {
  /// The file to be replaced, symbolic links resolved.
  public let path: String
  private let temporaryPath: String
  private let descriptor: Int32
  private var isCommitted = false

  /// Prepares to replace a file, which need not exist.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``HDF5Error`` if the path is taken by something else than a file, or its folder
  ///   can't be written.
  public init(of path: String) throws(HDF5Error) {
    self.path = try Self.target(of: path)
    let (folder, name) = Self.split(self.path)
    temporaryPath = "\(folder).\(name).\(getpid()).tmp"
    descriptor = open(
      temporaryPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o666)
    guard descriptor >= 0 else {
      throw HDF5Error(
        "write the file", path: path, reason: String(cString: strerror(errno)),
        remedy: "Choose a folder that exists and can be written")
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
    if descriptor >= 0 && !isCommitted { unlink(temporaryPath) }
  }

  /// Appends bytes to the new version.
  ///
  /// - Parameter bytes: The bytes.
  /// - Throws: ``HDF5Error`` if they can't be written, as on a full disk.
  public func write(_ bytes: [UInt8]) throws(HDF5Error) {
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure() }
      done += count
    }
  }

  /// Makes the new version durable and puts it in place of the old one.
  ///
  /// - Throws: ``HDF5Error`` if the disk or the folder refuses; the old file is then untouched.
  public func commit() throws(HDF5Error) {
    guard fsync(descriptor) == 0, rename(temporaryPath, path) == 0 else { throw failure() }
    isCommitted = true
    // The name itself becomes durable with its folder.
    let folder = Self.split(path).folder
    let folderDescriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_CLOEXEC)
    if folderDescriptor >= 0 {
      fsync(folderDescriptor)
      close(folderDescriptor)
    }
  }

  /// Removes the unfinished versions that killed processes have left beside a file.
  ///
  /// - Parameter target: The file, symbolic links resolved; the caller must be its only writer.
  public static func removeLeftovers(of target: String) {
    let (folder, name) = split(target)
    let entries =
      (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
    let (start, end) = (".\(name).", ".tmp")
    for entry in entries where entry.hasPrefix(start) && entry.hasSuffix(end) {
      let process = entry.dropFirst(start.count).dropLast(end.count)
      if !process.isEmpty, process.allSatisfy(\.isNumber) { unlink(folder + entry) }
    }
  }

  private func failure() -> HDF5Error {
    HDF5Error(
      "write the file", path: path, reason: String(cString: strerror(errno)),
      remedy: "Check the disk's free space and the folder's permissions")
  }

  // MARK: - Paths

  /// Returns the file that a path leads to, which need not exist: symbolic links of its last part are
  /// followed.
  ///
  /// - Parameter path: The path.
  /// - Returns: The path of a plain file or of nothing.
  /// - Throws: ``HDF5Error`` where it is something else, such as a folder, a device or a pipe.
  public static func target(of path: String) throws(HDF5Error) -> String {
    var target = path
    var information = stat()
    var links = 0
    while lstat(target, &information) == 0, information.st_mode & S_IFMT == S_IFLNK {
      links += 1
      guard links <= 40,
        let next = try? FileManager.default.destinationOfSymbolicLink(atPath: target)
      else {
        throw HDF5Error(
          "write this path", path: path, reason: "its symbolic links lead nowhere",
          remedy: "Give the path of a file")
      }
      target = next.hasPrefix("/") ? next : split(target).folder + next
    }
    if stat(target, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
      throw HDF5Error(
        "write this path", path: path, reason: "it isn't a plain file",
        remedy: "Give the path of a file")
    }
    guard !split(target).name.isEmpty else {
      throw HDF5Error(
        "write this path", path: path, reason: "it names no file",
        remedy: "Give the path of a file")
    }
    return target
  }

  /// Returns the folder of a path, with its slash or empty, and the name in it.
  public static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
    return (String(path[...slash]), String(path[path.utf8.index(after: slash)...]))
  }
}
