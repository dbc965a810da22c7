internal import CHDF5
internal import Foundation

/// An open HDF5 file; closed when the last reference to it or to one of its groups goes.
///
/// All calls of the C library in a process run one after another under one lock.
///
/// ```swift
/// try HDF5File.replaceAtomically("result.h5") { file throws(HDF5Error) in
///   try file.root.setAttribute("type", .string("example"))
///   try file.group("trace").write([-1.0, -1.1], to: "energy")
/// }
/// let energies = try HDF5File(readingFrom: "result.h5").group("trace").read(Double.self, "energy")
/// ```
public final class HDF5File: Sendable {
  /// The file's path.
  public let path: String
  /// Whether the file can be changed.
  public let isWritable: Bool
  let id: hid_t

  private init(path: String, id: hid_t, isWritable: Bool) {
    self.path = path
    self.id = id
    self.isWritable = isWritable
  }

  deinit { HDF5Library.locked { _ = H5Fclose(id) } }

  /// Opens a file for reading.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``HDF5Error`` if it can't be read, isn't HDF5 or is truncated.
  public convenience init(readingFrom path: String) throws(HDF5Error) {
    let id = try Self.open(path, H5F_ACC_RDONLY)
    self.init(path: path, id: id, isWritable: false)
  }

  /// Opens an existing file for reading and writing.
  ///
  /// - Parameter path: The file.
  /// - Throws: ``HDF5Error`` if it can't be opened so, isn't HDF5 or is truncated.
  public convenience init(updating path: String) throws(HDF5Error) {
    let id = try Self.open(path, H5F_ACC_RDWR)
    self.init(path: path, id: id, isWritable: true)
  }

  /// Creates an empty file, over an existing one.
  ///
  /// - Parameter path: The file.
  /// - Returns: The open file.
  /// - Throws: ``HDF5Error`` if the path can't be written.
  public static func create(atPath path: String) throws(HDF5Error) -> HDF5File {
    let id = try HDF5Library.locked { () throws(HDF5Error) -> hid_t in
      let id = H5Fcreate(path, H5F_ACC_TRUNC, nqs_H5P_DEFAULT, nqs_H5P_DEFAULT)
      guard id >= 0 else {
        throw HDF5Error(
          "create the file", path: path, reason: HDF5Library.lastReason(),
          remedy: "Choose a folder that exists and can be written")
      }
      return id
    }
    return HDF5File(path: path, id: id, isWritable: true)
  }

  /// Returns whether a file can be read and begins as HDF5 files do.
  public static func isHDF5(_ path: String) -> Bool {
    HDF5Library.locked {
      let isHDF5 = H5Fis_hdf5(path) > 0
      H5Eclear2(nqs_H5E_DEFAULT)
      return isHDF5
    }
  }

  /// Writes a new version of a file that takes the old one's place in one step, or not at all.
  ///
  /// - Parameters:
  ///   - path: The file, which need not exist.
  ///   - body: Fills the new file. It must not keep it.
  /// - Throws: ``HDF5Error``, from `body` too; the old file is then untouched.
  public static func replaceAtomically(
    _ path: String, _ body: (HDF5File) throws(HDF5Error) -> Void
  ) throws(HDF5Error) {
    let replacement = try FileReplacement(of: path)
    do {
      let file = try create(atPath: replacement.temporaryPath)
      try body(file)
      try file.flush()
    } catch {
      var error = error
      if error.path == replacement.temporaryPath { error.path = path }
      throw error
    }
    try replacement.commit()
  }

  /// The root group.
  public var root: HDF5Group { HDF5Group(file: self, path: "/") }

  /// Returns a group, created with those above it where it is missing and the file is writable.
  ///
  /// - Parameter path: The group's path from the root, such as `"final/energies"`.
  /// - Returns: The group.
  /// - Throws: ``HDF5Error`` if it can't be opened or created.
  public func group(_ path: String) throws(HDF5Error) -> HDF5Group { try root.group(path) }

  /// Hands all changes to the operating system.
  ///
  /// - Throws: ``HDF5Error`` if they can't be written.
  public func flush() throws(HDF5Error) {
    try HDF5Library.locked { () throws(HDF5Error) in
      guard H5Fflush(id, H5F_SCOPE_GLOBAL) >= 0 else {
        throw HDF5Error(
          "write the file", path: path, reason: HDF5Library.lastReason(),
          remedy: "Check the disk's free space")
      }
    }
  }

  private static func open(_ path: String, _ flags: UInt32) throws(HDF5Error) -> hid_t {
    guard access(path, R_OK) == 0 else {
      throw HDF5Error(
        "open the file", path: path, reason: String(cString: strerror(errno)),
        remedy: "Check the path and its permissions")
    }
    return try HDF5Library.locked { () throws(HDF5Error) -> hid_t in
      let id = H5Fopen(path, flags, nqs_H5P_DEFAULT)
      guard id < 0 else { return id }
      let reason = HDF5Library.lastReason()
      let remedy =
        if reason?.contains("truncated") == true {
          "The file is incomplete: write or copy it again"
        } else if reason?.contains("lock") == true {
          "Another program has it open, or the file system has no locks: then set "
            + "HDF5_USE_FILE_LOCKING=FALSE"
        } else {
          "Check that it is a complete HDF5 file"
        }
      throw HDF5Error("open the file", path: path, reason: reason, remedy: remedy)
    }
  }
}
