internal import CHDF5
internal import Foundation
internal import Synchronization

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

  /// Opens the bytes of a file for reading.
  ///
  /// - Parameters:
  ///   - bytes: The whole file; a copy is kept while it is open.
  ///   - name: What to call it in errors.
  /// - Throws: ``HDF5Error`` if they aren't HDF5 or are truncated.
  public convenience init(bytes: [UInt8], name: String) throws(HDF5Error) {
    let id = try HDF5Library.locked { () throws(HDF5Error) -> hid_t in
      guard let access = Self.memoryAccess() else { throw Self.openingFailure(name) }
      // The library only reads from the pointer, whatever its type says.
      let status = bytes.withUnsafeBytes {
        H5Pset_file_image(access.id, UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count)
      }
      guard status >= 0 else { throw Self.openingFailure(name) }
      let id = H5Fopen(Self.makeImageName(), H5F_ACC_RDONLY, access.id)
      guard id >= 0 else { throw Self.openingFailure(name) }
      return id
    }
    self.init(path: name, id: id, isWritable: false)
  }

  /// Returns whether a plain file can be read and begins as HDF5 files do.
  public static func isHDF5(_ path: String) -> Bool {
    // Looking into a pipe would take bytes out of it, or wait for them.
    guard isPlainFile(path) else { return false }
    return HDF5Library.locked {
      let isHDF5 = H5Fis_hdf5(path) > 0
      H5Eclear2(nqs_H5E_DEFAULT)
      return isHDF5
    }
  }

  /// Returns whether bytes begin as HDF5 files do: with a signature at 0, 512, 1024, 2048, ….
  public static func isHDF5(bytes: [UInt8]) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var place = 0
    while place + signature.count <= bytes.count {
      if bytes[place..<place + signature.count].elementsEqual(signature) { return true }
      place = max(512, 2 * place)
    }
    return false
  }

  /// Writes a new version of a file that takes the old one's place in one step, or not at all.
  ///
  /// The library fills an image of the file in memory, which is then written: on a full disk it would
  /// fail again in closing the file, and crash when the process ends.
  ///
  /// - Parameters:
  ///   - path: The file, which need not exist.
  ///   - body: Fills the new file. It must not keep it.
  /// - Throws: ``HDF5Error``, from `body` too; the old file is then untouched.
  public static func replaceAtomically(
    _ path: String, _ body: (HDF5File) throws(HDF5Error) -> Void
  ) throws(HDF5Error) {
    let replacement = try FileReplacement(of: path)
    try replacement.write(try image(named: path, body))
    try replacement.commit()
  }

  /// Returns the bytes of a file that `body` fills.
  private static func image(
    named path: String, _ body: (HDF5File) throws(HDF5Error) -> Void
  ) throws(HDF5Error) -> [UInt8] {
    let file = try createInMemory(named: path)
    try body(file)
    try file.flush()
    return try HDF5Library.locked { () throws(HDF5Error) -> [UInt8] in
      func failure() -> HDF5Error {
        HDF5Error("write the file", path: path, reason: HDF5Library.lastReason())
      }
      let size = H5Fget_file_image(file.id, nil, 0)
      guard size > 0 else { throw failure() }
      var written = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        written = H5Fget_file_image(file.id, buffer.baseAddress, size)
        count = max(0, written)
      }
      guard written == size else { throw failure() }
      return bytes
    }
  }

  private static func createInMemory(named path: String) throws(HDF5Error) -> HDF5File {
    let id = try HDF5Library.locked { () throws(HDF5Error) -> hid_t in
      guard let access = memoryAccess() else { throw openingFailure(path) }
      let id = H5Fcreate(makeImageName(), H5F_ACC_TRUNC, nqs_H5P_DEFAULT, access.id)
      guard id >= 0 else {
        throw HDF5Error("create the file", path: path, reason: HDF5Library.lastReason())
      }
      return id
    }
    return HDF5File(path: path, id: id, isWritable: true)
  }

  private static let imageCount = Atomic<Int>(0)

  /// Returns a name that no file can have: the library knows files in memory by their names.
  private static func makeImageName() -> String {
    "/dev/null/image\(imageCount.wrappingAdd(1, ordering: .relaxed).newValue)"
  }

  /// Returns the properties of files in memory, which never touch the disk.
  private static func memoryAccess() -> Handle? {
    guard let access = Handle(H5Pcreate(H5P_FILE_ACCESS), .properties),
      H5Pset_fapl_core(access.id, 1 << 20, false) >= 0
    else { return nil }
    return access
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
    guard isPlainFile(path) else {
      throw HDF5Error(
        "open the file", path: path, reason: "it isn't a plain file",
        remedy: "Give the path of a file; write what comes from a pipe to a file first")
    }
    return try HDF5Library.locked { () throws(HDF5Error) -> hid_t in
      let id = H5Fopen(path, flags, nqs_H5P_DEFAULT)
      guard id >= 0 else { throw openingFailure(path) }
      return id
    }
  }

  private static func isPlainFile(_ path: String) -> Bool {
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFREG
  }

  /// Returns why the library could not open a file, with what to do.
  private static func openingFailure(_ path: String) -> HDF5Error {
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
    return HDF5Error("open the file", path: path, reason: reason, remedy: remedy)
  }
}
