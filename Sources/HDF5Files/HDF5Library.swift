internal import CHDF5
internal import Foundation

/// The one door to the C library, which may not be entered by two threads at once.
enum HDF5Library {
  private static let mutex = RecursiveMutex()

  /// Runs `body` alone, with the library's own printing of errors off.
  static func locked<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    mutex.lock()
    defer { mutex.unlock() }
    // A thread-safe build has one error stack for each thread.
    H5Eset_auto2(nqs_H5E_DEFAULT, nil, nil)
    return try body()
  }

  /// Returns what the library says went wrong last, the innermost cause, and forgets it.
  static func lastReason() -> String? {
    var reasons: [String] = []
    withUnsafeMutablePointer(to: &reasons) { pointer in
      _ = H5Ewalk2(
        nqs_H5E_DEFAULT, H5E_WALK_UPWARD,
        { _, entry, context in
          if let text = entry?.pointee.desc, let context {
            context.assumingMemoryBound(to: [String].self).pointee.append(String(cString: text))
          }
          return 0
        }, pointer)
    }
    H5Eclear2(nqs_H5E_DEFAULT)
    return reasons.first { !$0.isEmpty }
  }
}

private final class RecursiveMutex: @unchecked Sendable {
  private let storage = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    storage.initialize(to: pthread_mutex_t())
    var attributes = pthread_mutexattr_t()
    pthread_mutexattr_init(&attributes)
    pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_RECURSIVE))
    pthread_mutex_init(storage, &attributes)
    pthread_mutexattr_destroy(&attributes)
  }

  func lock() { pthread_mutex_lock(storage) }

  func unlock() { pthread_mutex_unlock(storage) }
}

/// An identifier of the C library that is closed when it goes out of use.
struct Handle: ~Copyable {
  enum Kind {
    case file
    case group
    case dataset
    case space
    case type
    case attribute
    case properties
    case object
  }

  let id: hid_t
  private let kind: Kind

  /// Takes over an identifier; nil if it says that the call failed.
  init?(_ id: hid_t, _ kind: Kind) {
    self.id = id
    self.kind = kind
    if id < 0 { return nil }
  }

  deinit {
    guard id >= 0 else { return }
    switch kind {
    case .file: H5Fclose(id)
    case .group: H5Gclose(id)
    case .dataset: H5Dclose(id)
    case .space: H5Sclose(id)
    case .type: H5Tclose(id)
    case .attribute: H5Aclose(id)
    case .properties: H5Pclose(id)
    case .object: H5Oclose(id)
    }
  }
}
