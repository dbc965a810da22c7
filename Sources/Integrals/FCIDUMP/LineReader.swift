internal import Foundation

/// Reads a text file line by line through one buffer, so that memory stays independent of its size.
///
/// What comes from a pipe is in memory already, and the buffer is all of it.
final class LineReader {
  let path: String
  /// The number of the line returned last, from 1.
  private(set) var lineNumber = 0
  /// Whether the line returned last ended with a newline.
  private(set) var lineIsComplete = true

  private let descriptor: Int32
  private var buffer: UnsafeMutableBufferPointer<UInt8>
  private var start = 0
  private var end = 0
  private var isAtEnd = false

  /// Lines longer than this are not those of an integral file.
  private static let longestLine = 1 << 24

  init(_ source: IntegralSource) throws(IntegralsError) {
    path = source.name
    if let contents = source.contents {
      descriptor = -1
      buffer = .allocate(capacity: max(1, contents.count))
      end = buffer.update(fromContentsOf: contents)
      isAtEnd = true
      return
    }
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    buffer = .allocate(capacity: 1 << 18)
    if descriptor < 0 {
      throw IntegralsError(
        .inputOutput, path: path, "The file can't be opened: \(String(cString: strerror(errno)))",
        remedy: "Check the path and its permissions")
    }
  }

  deinit {
    buffer.deallocate()
    if descriptor >= 0 { close(descriptor) }
  }

  /// Returns the next line without its newline, valid until the next call, or nil at the end.
  func next() throws(IntegralsError) -> UnsafeBufferPointer<UInt8>? {
    var searched = 0
    while true {
      if let base = buffer.baseAddress, end > start + searched,
        let newline = memchr(base + start + searched, 0x0A, end - start - searched)
      {
        let length = newline - UnsafeMutableRawPointer(base + start)
        return take(length, withNewline: true)
      }
      searched = end - start
      if isAtEnd { return searched == 0 ? nil : take(searched, withNewline: false) }
      try fill()
    }
  }

  private func take(_ length: Int, withNewline: Bool) -> UnsafeBufferPointer<UInt8> {
    let line = UnsafeBufferPointer(rebasing: buffer[start..<start + length])
    start += length + (withNewline ? 1 : 0)
    lineIsComplete = withNewline
    lineNumber += 1
    return line
  }

  private func fill() throws(IntegralsError) {
    if start > 0, let base = buffer.baseAddress {
      memmove(base, base + start, end - start)
      end -= start
      start = 0
    }
    if end == buffer.count { try grow() }
    while true {
      let count = read(descriptor, buffer.baseAddress.map { $0 + end }, buffer.count - end)
      if count < 0 && errno == EINTR { continue }
      if count < 0 {
        throw IntegralsError(
          .inputOutput, path: path, "The file can't be read: \(String(cString: strerror(errno)))")
      }
      isAtEnd = count == 0
      end += count
      return
    }
  }

  private func grow() throws(IntegralsError) {
    if buffer.count >= Self.longestLine {
      throw IntegralsError(
        .unknownFormat, path: path, line: lineNumber + 1,
        "A line of more than \(Self.longestLine) bytes: this isn't a text file with a &FCI header")
    }
    let larger = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 2 * buffer.count)
    _ = larger.update(fromContentsOf: buffer[0..<end])
    buffer.deallocate()
    buffer = larger
  }
}
