import Foundation
import Integrals

/// A reader under test.
enum Target: String {
  case fcidump
  case hdf5

  var fileExtension: String { self == .fcidump ? "fcidump" : "h5" }

  /// The files that are mutated: bundled integrals and the references of the readers' tests.
  func corpus() -> [[UInt8]] {
    let root = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let folders =
      switch self {
      case .fcidump:
        [
          "integrals", "Tests/IntegralsTests/Reference/fcidump",
          "Tests/IntegralsTests/Reference/bad",
        ]
      case .hdf5: ["Tests/IntegralsTests/Reference/hdf5"]
      }
    var files: [[UInt8]] = []
    for folder in folders {
      let path = root.appending(path: folder).path()
      let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      for name in names.sorted()
      where name.hasSuffix(".fcidump") || name.hasSuffix("h5") || name.hasSuffix("hdf5") {
        guard let data = FileManager.default.contents(atPath: "\(path)/\(name)") else { continue }
        // Larger files say the same more slowly.
        if data.count <= 1 << 16 { files.append([UInt8](data)) }
      }
    }
    return files
  }
}

/// What a reader made of an input.
enum Outcome {
  case accepted
  case refused
  case faulty(String)

  /// Reads a file and checks what holds for every file: integrals are complete and finite, and a
  /// refusal is one line that a person can read.
  init(reading path: String) {
    do throws(IntegralsError) {
      let file = try IntegralFile.read(path: path)
      self = Self.fault(in: file.integrals).map { .faulty($0) } ?? .accepted
    } catch {
      let text = "\(error)"
      if text.utf8.count > 2000 {
        self = .faulty("a message of \(text.utf8.count) bytes: \(text.prefix(120))…")
      } else if text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) {
        self = .faulty("a message with control characters: \(text.debugDescription)")
      } else {
        self = .refused
      }
    }
  }

  private static func fault(in integrals: MolecularIntegrals) -> String? {
    let n = integrals.orbitalCount
    guard n > 0, (0...n).contains(integrals.alphaCount), (0...n).contains(integrals.betaCount)
    else { return "\(integrals.alphaCount) + \(integrals.betaCount) electrons in \(n) orbitals" }
    guard integrals.orbitalIrreps.map({ $0.count == n && $0.allSatisfy { $0 < 8 } }) ?? true else {
      return "irreps \(integrals.orbitalIrreps ?? [])"
    }
    let arrays: [[Double]?] = [
      integrals.oneBodyAlpha, integrals.oneBodyBeta, integrals.twoBodyAlphaAlpha,
      integrals.twoBodyBetaBeta, integrals.twoBodyAlphaBeta, [integrals.coreEnergy],
    ]
    for case let array? in arrays where !array.allSatisfy(\.isFinite) {
      return "integrals that are not finite"
    }
    return nil
  }
}
