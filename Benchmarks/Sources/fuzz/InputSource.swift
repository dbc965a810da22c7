import Configurations
import Foundation

/// Makes inputs: the same number gives the same bytes, on every machine.
struct InputSource {
  let target: Target
  private let corpus: [[UInt8]]
  private let stream: RandomSource

  init(target: Target, seed: UInt64) {
    self.target = target
    corpus = target.corpus()
    stream = RandomSource(seed: seed)
    precondition(!corpus.isEmpty, "there are no files to mutate")
  }

  /// Writes input `index` to a file; false where that fails.
  func make(_ index: Int, at path: String) -> Bool {
    var random = stream.split(UInt64(index))
    var bytes = random.element(of: corpus)
    switch target {
    case .fcidump:
      let count = random.number(below: 4) + 1
      for _ in 0..<count {
        TextMutation.apply(to: &bytes, other: random.element(of: corpus), using: &random)
      }
      return Self.write(bytes, path)
    case .hdf5:
      // Half are damaged files, half whole ones with other contents.
      if random.number(below: 2) == 0 {
        let count = random.number(below: 8) + 1
        for _ in 0..<count {
          ByteMutation.apply(to: &bytes, other: random.element(of: corpus), using: &random)
        }
        return Self.write(bytes, path)
      }
      guard Self.write(bytes, path) else { return false }
      HDF5Mutation.apply(to: path, count: random.number(below: 4) + 1, using: &random)
      return true
    }
  }

  private static func write(_ bytes: [UInt8], _ path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = Foundation.write(
          descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
        if count <= 0 { return false }
        done += count
      }
      return true
    }
  }
}

extension RandomSource {
  /// A number from 0 up to `bound`, uniform to 2⁻³².
  mutating func number(below bound: Int) -> Int { Int(((next() >> 32) &* UInt64(bound)) >> 32) }

  mutating func element<Element>(of values: [Element]) -> Element {
    values[number(below: values.count)]
  }

  /// A length that is mostly small: its number of bits is uniform.
  mutating func length(upTo bound: Int) -> Int {
    let bits = number(below: Int.bitWidth - bound.leadingZeroBitCount) + 1
    return min(bound, number(below: 1 << bits) + 1)
  }
}
