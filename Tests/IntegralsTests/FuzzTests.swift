import Foundation
import Integrals
import Testing

/// Damaged files are read or refused, but never crash the reader.
struct FuzzTests {
  @Test(arguments: ["h2o_sto3g", "oh_uhf_sto3g_spinorb", "h2_uhf_stretched_631g", "h2_sto3g"])
  func randomChanges(_ name: String) throws {
    let url = URL(fileURLWithPath: "\(reference)/fcidump/\(name).fcidump")
    let original = try Array(Data(contentsOf: url).prefix(6000))
    var generator = SeededGenerator(state: 42)
    let alphabet = Array("0123456789+-.eEdD ,()=&/$!'\n\r\tNORBULECFIT*\0\u{80}".utf8)
    for _ in 0..<500 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        // Mostly the head, where a change does most.
        let bound = Bool.random(using: &generator) ? min(150, bytes.count) : bytes.count
        let place = Int.random(in: 0..<bound, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = alphabet.randomElement(using: &generator) ?? 0
        case 1: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: place)
        case 2: bytes.removeSubrange(place..<min(place + 5, bytes.count))
        default: bytes.removeSubrange(place...)
        }
        if bytes.isEmpty { break }
      }
      do {
        let file = try read(bytes)
        let integrals = file.integrals
        #expect(integrals.twoBodyAlphaAlpha.allSatisfy { $0.isFinite })
        #expect(max(integrals.alphaCount, integrals.betaCount) <= integrals.orbitalCount)
      } catch let error as IntegralsError {
        #expect(!error.problem.isEmpty)
      }
    }
  }
}
