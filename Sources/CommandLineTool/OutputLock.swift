internal import Foundation
internal import HDF5Files
internal import Synchronization

/// A lock on an output for the time of a run, so that no second run writes the same file.
///
/// The operating system's lock (`flock`) on a file beside the output, `.NAME.lock`. It goes with the
/// process, however that ends; only a kill leaves the file itself, which the next run takes over.
final class OutputLock: Sendable {
  private let path: String
  /// The open lock file; −1 where it is released, or where the file system has no locks.
  private let descriptor: Mutex<Int32>

  /// Takes the lock.
  ///
  /// - Parameter target: The output, symbolic links resolved.
  /// - Throws: ``ToolError`` where another process has it, or the folder can't be written.
  init(of target: String) throws(ToolError) {
    let (folder, name) = FileReplacement.split(target)
    path = "\(folder).\(name).lock"
    while true {
      let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
      guard file >= 0 else {
        throw ToolError(
          "the result cannot be written. \(target): \(String(cString: strerror(errno))). Choose a "
            + "folder that exists and can be written.")
      }
      if flock(file, LOCK_EX | LOCK_NB) != 0 {
        let failure = errno
        defer { close(file) }
        if failure == EINTR { continue }
        if failure == EWOULDBLOCK {
          throw ToolError(
            "\(target) is being written by another run\(Self.holder(file)); wait for its end or give "
              + "another --output.", isBusy: true)
        }
        // The file system has no locks.
        unlink(path)
        descriptor = Mutex(-1)
        return
      }
      // The owner before may have removed the file between the opening and the lock.
      var own = stat()
      var present = stat()
      guard fstat(file, &own) == 0, stat(path, &present) == 0, own.st_ino == present.st_ino,
        own.st_dev == present.st_dev
      else {
        close(file)
        continue
      }
      descriptor = Mutex(file)
      // For the complaint of a second run; a full disk may keep it out.
      ftruncate(file, 0)
      Console.write("process \(getpid()) on \(hostName())", to: file)
      FileReplacement.removeLeftovers(of: target)
      return
    }
  }

  deinit { release() }

  /// Gives the lock back and removes its file.
  func release() {
    descriptor.withLock { file in
      guard file >= 0 else { return }
      // Removed while it is held, so that nobody else's is.
      unlink(path)
      close(file)
      file = -1
    }
  }

  /// Returns who has the lock, in brackets, or nothing.
  private static func holder(_ file: Int32) -> String {
    var bytes = [UInt8](repeating: 0, count: 400)
    let count = pread(file, &bytes, bytes.count, 0)
    return count > 0 ? " (\(String(decoding: bytes[0..<count], as: UTF8.self)))" : ""
  }
}

/// Returns the machine's name.
func hostName() -> String {
  var name = [CChar](repeating: 0, count: 256)
  guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
  return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
