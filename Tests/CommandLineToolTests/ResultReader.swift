import Foundation
import HDF5Files
import Testing

/// Reads result files by the HDF5 library alone, as a user's script would.
struct ResultReader {
  let root: HDF5Group

  init(_ path: String) throws { root = try HDF5File(readingFrom: path).root }

  /// The resolved settings.
  func settings() throws -> [String: Any] {
    let text = try #require(try root.group("configuration").readStrings("settings").first)
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try #require(value as? [String: Any])
  }

  /// All columns of the trace but the seconds.
  func trace() throws -> [String: [Double]] {
    let group = try root.group("trace")
    var result: [String: [Double]] = [:]
    for name in try group.names() where name != "seconds" {
      result[name] = try group.read(Double.self, name).values
    }
    return result
  }
}
