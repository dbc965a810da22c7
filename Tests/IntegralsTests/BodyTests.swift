import Foundation
import Integrals
import Testing

/// The forms of the lines of integrals.
struct BodyTests {
  static let header = "&FCI NORB=2,NELEC=2,MS2=0 /\n"

  /// Each way to write one number, against Swift's own reading of it.
  @Test(
    arguments: [
      ("1.0", 1.0), ("1", 1), ("1.", 1), (".5", 0.5), ("-.5", -0.5), ("-0.", 0), ("0", 0),
      ("+2.5", 2.5), ("1.0E+00", 1), ("1.0D+00", 1), ("1.5d-3", 1.5e-3), ("1.5Q2", 150),
      ("0.10000000-101", 1e-102), ("0.25+002", 25), ("1.0E-320", 2024 * .leastNonzeroMagnitude),
      ("5E-324", .leastNonzeroMagnitude),
      ("0.67448876635683752", 0.67448876635683752),
      ("1.7976931348623157E308", 1.7976931348623157e308),
      ("123456789012345678901234567890", 1.2345678901234568e29),
      ("0.000000000000000000000000000000000123", 1.23e-34),
      ("9007199254740993", 9_007_199_254_740_992),
      ("9007199254740993.0", 9_007_199_254_740_992), ("(0.5,0.0)", 0.5), ("(0.5, -0)", 0.5),
      ("( 5.0D-01 , 0.D0 )", 0.5), ("0.5 0.0", 0.5), ("0.5,", 0.5),
      ("2.2250738585072011e-308", .leastNormalMagnitude.nextDown), ("8.5e22", 8.5e22),
      ("8.5e23", 8.5e23),
    ])
  func valueIsRead(_ text: String, _ value: Double) throws {
    let file = try read("\(Self.header) \(text) 2 1 1 1\n 1 1 1 0 0\n 0 0 0 0 0\n")
    #expect(file.integrals.twoBodyAlphaAlpha[1] == value)
  }

  /// Random decimals of 1 to 22 digits round as the standard library rounds them.
  @Test func valuesAreCorrectlyRounded() throws {
    var generator = SeededGenerator(state: 7)
    var texts: [String] = []
    for _ in 0..<20_000 {
      let digits = (0..<Int.random(in: 1...22, using: &generator)).map { _ in
        String(Int.random(in: 0...9, using: &generator))
      }
      let point = Int.random(in: 0...digits.count, using: &generator)
      let number = digits[..<point].joined() + "." + digits[point...].joined()
      let exponent = Int.random(in: -45...30, using: &generator)
      texts.append("\(number)E\(exponent)")
    }
    // Ties and their neighbours.
    for _ in 0..<2000 {
      let mantissa = UInt64.random(in: 1 << 52..<1 << 53, using: &generator)
      texts.append("\(mantissa).5")
      texts.append("\(Double(mantissa) / 1_048_576)")
    }
    let n = 64
    var text = "&FCI NORB=\(n),NELEC=2,MS2=0 /\n"
    var index = 0
    outer: for p in 1...n {
      for q in 1...p {
        for r in 1...p {
          for s in 1...(r == p ? q : r) {
            if index == texts.count { break outer }
            text += "\(texts[index]) \(p) \(q) \(r) \(s)\n"
            index += 1
          }
        }
      }
    }
    let values = try read(text).integrals.twoBodyAlphaAlpha
    let wrong = texts.indices.filter { values[$0] != Double(texts[$0]) }.map { texts[$0] }
    #expect(wrong.isEmpty)
  }

  @Test(
    arguments: [
      ("1.0 1 1 1", "field"), ("1.0 1 1 1 1 1", "field"), ("1.0 3 1 1 1", "NORB"),
      ("1.0 -1 1 1 1", "index"), ("1.0 1 1 1.0 1", "integer"), ("1.0 1 0 1 1", "pattern"),
      ("1.0 0 0 1 1", "pattern"), ("1.0 0 1 0 0", "pattern"), ("nan 1 1 1 1", "NaN"),
      ("-inf 1 1 1 1", "infinite"), ("1e999 1 1 1 1", "double"), ("1,000.0 1 1 1 1", "field"),
      ("0x10 1 1 1 1", "number"), ("1e 1 1 1 1", "number"), (". 1 1 1 1", "number"),
      ("1.0.0 1 1 1 1", "number"), ("--1 1 1 1 1", "number"), ("(1.0) 1 1 1 1", "complex"),
      ("(1.0,0.5) 1 1 1 1", "imaginary"), ("1.0 0.5 1 1 1 1", "imaginary"),
      ("1.0 99999999999 1 1 1", "integer"), ("&FCI NORB=2 /", "header"),
    ])
  func lineIsRefused(_ line: String, _ word: String) throws {
    let text = "\(Self.header) 0.5 1 1 1 1\n \(line)\n 1 1 1 0 0\n 0 0 0 0 0\n"
    let error = try #require(try failure(reading: text))
    #expect(error.line == 3)
    #expect(error.description.contains(word), "\(error)")
  }

  @Test func everyPermutationIsTheSameIntegral() throws {
    let n = 3
    for (p, q, r, s) in [(2, 1, 1, 1), (3, 1, 2, 2), (3, 2, 3, 1), (3, 3, 2, 1), (2, 1, 3, 2)] {
      let spellings = [
        (p, q, r, s), (q, p, r, s), (p, q, s, r), (q, p, s, r), (r, s, p, q), (s, r, p, q),
        (r, s, q, p), (s, r, q, p),
      ]
      let row = MolecularIntegrals.pair(
        MolecularIntegrals.pair(p - 1, q - 1), MolecularIntegrals.pair(r - 1, s - 1))
      for (i, j, k, l) in spellings {
        let text = "&FCI NORB=\(n),NELEC=2 /\n 0.5 \(i) \(j) \(k) \(l)\n"
        let values = try read(text).integrals.twoBodyAlphaAlpha
        #expect(values.indices.filter { values[$0] != 0 } == [row])
      }
    }
  }

  @Test func roundedDuplicatesAgreeAndOthersContradict() throws {
    let start = "\(Self.header) 0.123456789012 2 1 1 1\n"
    #expect(try failure(reading: start + " 0.12345678901 1 1 1 2\n") == nil)
    #expect(try failure(reading: start + " 0.12345678 1 1 1 2\n")?.code == .contradiction)
    #expect(try failure(reading: start + " 0 1 1 1 2\n")?.code == .contradiction)
    let tiny = "\(Self.header) 1e-13 2 1 1 1\n -2e-13 1 1 1 2\n"
    #expect(try failure(reading: tiny) == nil)
  }

  @Test func explicitZerosAndTheirContradictions() throws {
    #expect(try failure(reading: Self.header + " 0.0 1 1 1 1\n 0.5 1 1 1 1\n") != nil)
    #expect(try failure(reading: Self.header + " 0.0 0 0 0 0\n 0.5 0 0 0 0\n") != nil)
  }

  /// Fortran's `(1X,G20.12,4I3)` with indices of three digits, which run together.
  @Test func runTogetherColumns() throws {
    func line(_ value: String, _ indices: [Int]) -> String {
      " " + String(repeating: " ", count: 20 - value.count) + value
        + indices.map { String(repeating: " ", count: 3 - "\($0)".count) + "\($0)" }.joined()
    }
    let text = [
      "&FCI NORB=104,NELEC=2,MS2=0 /", line("0.123456789012    ", [104, 103, 102, 101]),
      line("-0.500000000000E-01", [100, 1, 99, 100]), line("-0.25", [103, 102, 0, 0]),
      line("0.75", [7, 6, 5, 4]), line("1.5", [0, 0, 0, 0]), "",
    ].joined(separator: "\n")
    let integrals = try read(text).integrals
    func twoBody(_ p: Int, _ q: Int, _ r: Int, _ s: Int) -> Double {
      integrals.twoBodyAlphaAlpha[
        MolecularIntegrals.pair(
          MolecularIntegrals.pair(p - 1, q - 1), MolecularIntegrals.pair(r - 1, s - 1))]
    }
    #expect(twoBody(104, 103, 102, 101) == 0.123456789012)
    #expect(twoBody(100, 1, 99, 100) == -0.05)
    #expect(twoBody(7, 6, 5, 4) == 0.75)
    #expect(integrals.oneBodyAlpha[MolecularIntegrals.pair(102, 101)] == -0.25)
    #expect(integrals.coreEnergy == 1.5)
  }

  @Test func missingAndStrangePaths() throws {
    #expect(throws: IntegralsError.self) { try IntegralFile.read(path: "/no/such/file") }
    #expect(throws: IntegralsError.self) { try IntegralFile.read(path: reference) }
  }

  /// Lines across the borders of the reader's buffer.
  @Test func largerThanTheBuffer() throws {
    let integrals = randomIntegrals(orbitals: 16, isUnrestricted: true, seed: 3)
    try withTemporaryFile { path in
      try IntegralFile.write(integrals, path: path, format: .fcidump)
      let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
      #expect(try #require(size) > 4 << 18)
      #expect(try IntegralFile.read(path: path).integrals == integrals)
    }
  }
}
