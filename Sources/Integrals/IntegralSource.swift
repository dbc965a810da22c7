internal import Foundation
internal import HDF5Files

/// Where the bytes of an integral file come from.
///
/// A plain file is opened by its path, as often as its readers like. What can be read only once, such
/// as a pipe or the standard input, is read to its end at once and kept in memory.
struct IntegralSource: Sendable {
  /// What to call it in messages: the path, or "standard input".
  let name: String
  /// The bytes of what can be read only once; nil for a plain file.
  let contents: [UInt8]?

  /// The path that stands for the standard input.
  static let standardInput = "-"

  /// Devices that give more than this, such as `/dev/zero`, give it without end.
  private static let mostOfDevice = 1 << 24

  /// Opens a path, or the standard input.
  ///
  /// - Parameter path: The path, or `-`.
  /// - Throws: ``IntegralsError`` where it is a folder or can't be read.
  init(path: String) throws(IntegralsError) {
    name = IntegralFile.name(ofPath: path)
    var information = stat()
    if path == Self.standardInput {
      guard fstat(STDIN_FILENO, &information) == 0 else { throw Self.unreadable(name) }
      contents = try Self.readAll(STDIN_FILENO, kind: information.st_mode & S_IFMT, name)
      return
    }
    let isThere = stat(path, &information) == 0
    let kind = information.st_mode & S_IFMT
    if isThere, kind == S_IFDIR {
      throw IntegralsError(
        .unsupported, path: path, "This is a folder, not a file",
        remedy: "Give a file; convert a TREXIO text folder by 'trexio convert-backend' to HDF5")
    }
    guard isThere, kind != S_IFREG else {
      // Also where there is none: the readers say so.
      contents = nil
      return
    }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.unreadable(name) }
    defer { close(descriptor) }
    contents = try Self.readAll(descriptor, kind: kind, name)
  }

  private static func readAll(
    _ descriptor: Int32, kind: mode_t, _ name: String
  ) throws(IntegralsError) -> [UInt8] {
    let isEndless = kind == S_IFCHR && isatty(descriptor) != 1 || kind == S_IFBLK
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw unreadable(name) }
      if count == 0 { return bytes }
      bytes += buffer[0..<count]
      if isEndless && bytes.count > mostOfDevice {
        throw IntegralsError(
          .unsupported, path: name, "This is a device, not a file", remedy: "Give a file or a pipe")
      }
    }
  }

  private static func unreadable(_ name: String) -> IntegralsError {
    IntegralsError(
      .inputOutput, path: name, "The file can't be read: \(String(cString: strerror(errno)))",
      remedy: "Check the path and its permissions")
  }

  /// Whether it is HDF5.
  var isHDF5: Bool { contents.map { HDF5File.isHDF5(bytes: $0) } ?? HDF5File.isHDF5(name) }

  /// Opens it as HDF5.
  func openHDF5() throws(HDF5Error) -> HDF5File {
    if let contents { return try HDF5File(bytes: contents, name: name) }
    return try HDF5File(readingFrom: name)
  }
}
