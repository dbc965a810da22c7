import Foundation

/// Counters of one worker in a file that it shares with the supervisor, so that they outlive a crash.
struct Progress {
  enum Field: Int, CaseIterable {
    /// The number of the input in work.
    case current
    case accepted
    case refused
    /// Inputs whose answer broke a rule that holds for every input.
    case faults
    case slowest
    case slowestMicroseconds
  }

  private static let bytes = 4096
  private let memory: UnsafeMutablePointer<Int>

  /// Maps the page of a slot; nil where the file can't be mapped.
  init?(path: String, slot: Int) {
    let descriptor = open(path, O_RDWR | O_CREAT, 0o600)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let end = off_t((slot + 1) * Self.bytes)
    if lseek(descriptor, 0, SEEK_END) < end, ftruncate(descriptor, end) != 0 { return nil }
    let address = mmap(
      nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, off_t(slot * Self.bytes))
    guard let address, address != MAP_FAILED else { return nil }
    memory = address.assumingMemoryBound(to: Int.self)
  }

  subscript(field: Field) -> Int {
    get { memory[field.rawValue] }
    nonmutating set { memory[field.rawValue] = newValue }
  }
}
