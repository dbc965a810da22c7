import Foundation
import HDF5Files
import Integrals
import Testing

/// The folder of reference files.
let reference = Bundle.module.resourceURL?.appendingPathComponent("Reference").path ?? ""

/// Calls `body` with the path of a file in a fresh folder that is removed afterwards.
func withTemporaryFile<Result>(
  _ name: String = "file.fcidump", _ body: (String) throws -> Result
) throws -> Result {
  let folder = FileManager.default.temporaryDirectory
    .appendingPathComponent("integrals-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.appendingPathComponent(name).path)
}

/// Reads text as an integral file.
func read(_ text: String) throws -> IntegralFile { try read(Array(text.utf8)) }

/// Reads bytes as an integral file.
func read(_ bytes: [UInt8]) throws -> IntegralFile {
  try withTemporaryFile { path in
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try IntegralFile.read(path: path)
  }
}

/// Returns the error of reading text, or nil if it is read.
func failure(reading text: String) throws -> IntegralsError? {
  do {
    _ = try read(text)
    return nil
  } catch let error as IntegralsError {
    return error
  }
}

/// The largest difference of any number; infinite where the shapes differ.
func distance(_ first: MolecularIntegrals, _ second: MolecularIntegrals) -> Double {
  guard first.orbitalCount == second.orbitalCount, first.alphaCount == second.alphaCount,
    first.betaCount == second.betaCount, first.isUnrestricted == second.isUnrestricted
  else { return .infinity }
  let pairs = [
    (first.oneBodyAlpha, second.oneBodyAlpha),
    (first.oneBodyBeta ?? [], second.oneBodyBeta ?? []),
    (first.twoBodyAlphaAlpha, second.twoBodyAlphaAlpha),
    (first.twoBodyBetaBeta ?? [], second.twoBodyBetaBeta ?? []),
    (first.twoBodyAlphaBeta ?? [], second.twoBodyAlphaBeta ?? []),
    ([first.coreEnergy], [second.coreEnergy]),
  ]
  return pairs.reduce(0) { worst, pair in
    zip(pair.0, pair.1).reduce(worst) { max($0, abs($1.0 - $1.1)) }
  }
}

/// A small generator with a fixed seed, SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Random integrals without symmetry.
func randomIntegrals(
  orbitals n: Int, isUnrestricted: Bool, seed: UInt64
) -> MolecularIntegrals {
  var generator = SeededGenerator(state: seed)
  func values(_ count: Int) -> [Double] {
    (0..<count).map { _ in
      Double.random(in: -1...1, using: &generator)
        * pow(10, Double(Int.random(in: -12...2, using: &generator)))
    }
  }
  let pairs = MolecularIntegrals.pairCount(n)
  let packed = MolecularIntegrals.pairCount(pairs)
  return MolecularIntegrals(
    orbitalCount: n, alphaCount: (n + 1) / 2, betaCount: n / 2, coreEnergy: values(1)[0],
    oneBodyAlpha: values(pairs), oneBodyBeta: isUnrestricted ? values(pairs) : nil,
    twoBodyAlphaAlpha: values(packed), twoBodyBetaBeta: isUnrestricted ? values(packed) : nil,
    twoBodyAlphaBeta: isUnrestricted ? values(pairs * pairs) : nil)
}
