import Foundation
import Integrals
import Testing

/// The three layouts of unrestricted files.
struct UnrestrictedTests {
  @Test(arguments: ["oh_uhf_sto3g", "h2_uhf_stretched_631g"])
  func blocksAndSpinOrbitalsHoldTheSame(_ name: String) throws {
    let blocks = try IntegralFile.read(path: "\(reference)/fcidump/\(name).fcidump")
    let spinOrbitals = try IntegralFile.read(path: "\(reference)/fcidump/\(name)_spinorb.fcidump")
    #expect(blocks.integrals.isUnrestricted)
    #expect(blocks.integrals.oneBodyAlpha != blocks.integrals.oneBodyBeta)
    #expect(distance(blocks.integrals, spinOrbitals.integrals) < 1e-14)
    #expect(blocks.warnings.isEmpty && spinOrbitals.warnings.isEmpty)
  }

  /// Writes unrestricted integrals by spin-orbital indices.
  private func text(
    _ integrals: MolecularIntegrals, header: String, index: (Int, Bool) -> Int
  ) throws -> String {
    let n = integrals.orbitalCount
    let pairs = MolecularIntegrals.pairCount(n)
    var lines = [header]
    func add(_ value: Double, _ indices: [Int]) {
      lines.append("\(value) " + indices.map(String.init).joined(separator: " "))
    }
    let oneBodyBeta = try #require(integrals.oneBodyBeta)
    let betaBeta = try #require(integrals.twoBodyBetaBeta)
    let alphaBeta = try #require(integrals.twoBodyAlphaBeta)
    for p in 0..<n {
      for q in 0...p {
        let bra = MolecularIntegrals.pair(p, q)
        for r in 0..<n {
          for s in 0...r {
            let ket = MolecularIntegrals.pair(r, s)
            let packed = MolecularIntegrals.pair(bra, ket)
            for (values, place, braIsBeta, ketIsBeta) in [
              (integrals.twoBodyAlphaAlpha, packed, false, false), (betaBeta, packed, true, true),
              (alphaBeta, bra * pairs + ket, false, true),
              (alphaBeta, ket * pairs + bra, true, false),
            ] {
              add(
                values[place],
                [
                  index(p, braIsBeta), index(q, braIsBeta), index(r, ketIsBeta),
                  index(s, ketIsBeta),
                ])
            }
          }
        }
        add(integrals.oneBodyAlpha[bra], [index(p, false), index(q, false), 0, 0])
        add(oneBodyBeta[bra], [index(p, true), index(q, true), 0, 0])
      }
    }
    add(integrals.coreEnergy, [0, 0, 0, 0])
    return lines.joined(separator: "\n") + "\n"
  }

  static let sample = randomIntegrals(orbitals: 4, isUnrestricted: true, seed: 11)

  @Test func interleaved() throws {
    let text = try text(Self.sample, header: "&FCI NORB=8,NELEC=4,MS2=0,UHF=.TRUE. /") {
      2 * $0 + ($1 ? 2 : 1)
    }
    #expect(try read(text).integrals == Self.sample)
  }

  /// All α before all β, with each header that such files have.
  @Test(
    arguments: [
      "&FCI NORB=4,NELEC=4,MS2=0,UHF=.TRUE. /", "&FCI NORB=4,NELEC=4,MS2=0,IUHF=1 /",
      "&FCI NORB=4,NELEC=4,MS2=0 /", "&FCI NORB=4,NELEC=4,MS2=0,ORBSYM=8*1 UHF=T /",
    ])
  func offset(_ header: String) throws {
    let text = try text(Self.sample, header: header) { $0 + ($1 ? 5 : 1) }
    let file = try read(text)
    #expect(file.integrals == Self.sample)
    #expect(file.formatDescription.contains("all α before all β"))
  }

  @Test func blocksOfZeros() throws {
    let text = """
      &FCI NORB=1,NELEC=1,MS2=1,IUHF=.TRUE. /
      0.5 1 1 1 1
      0 0 0 0 0
      0.6 1 1 1 1
      0.0 0 0 0 0
      0.7 1 1 1 1
      0 0 0 0 0
      -1 1 1 0 0
      0 0 0 0 0
      -2 1 1 0 0
      0 0 0 0 0
      0 0 0 0 0

      """
    let integrals = try read(text).integrals
    #expect(integrals.coreEnergy == 0)
    #expect(integrals.oneBodyAlpha == [-1] && integrals.oneBodyBeta == [-2])
    #expect(integrals.twoBodyAlphaAlpha == [0.5] && integrals.twoBodyBetaBeta == [0.6])
    #expect(integrals.twoBodyAlphaBeta == [0.7])
  }

  /// Every proper beginning of a file in blocks is refused or warned about.
  @Test func truncatedBlocks() throws {
    let path = "\(reference)/fcidump/h2_uhf_stretched_631g.fcidump"
    let whole = try String(contentsOfFile: path, encoding: .utf8)
    let lines = whole.split(separator: "\n")
    for count in 6..<lines.count - 1 {
      let part = lines[..<count].joined(separator: "\n") + "\n"
      do {
        let warnings = try read(part).warnings
        #expect(!warnings.isEmpty, "\(count) lines were accepted")
      } catch let error as IntegralsError {
        #expect(error.code == .incomplete)
      }
    }
  }

  @Test func blocksInDisorder() throws {
    let start = "&FCI NORB=1,NELEC=1,MS2=1,IUHF=1 /\n 0.5 1 1 1 1\n 0 0 0 0 0\n"
    let oneBody = try #require(try failure(reading: start + " -1 1 1 0 0\n"))
    #expect(oneBody.line == 4 && oneBody.description.contains("block"))
    let zeros = String(repeating: " 0 0 0 0 0\n", count: 3)
    let twoBody = try #require(try failure(reading: start + zeros + " -1 1 1 1 1\n"))
    #expect(twoBody.line == 7 && twoBody.description.contains("block"))
  }

  @Test func iuhfWithoutBlocksIsRestricted() throws {
    let file = try read("&FCI NORB=1,NELEC=2,IUHF=1 /\n 0.5 1 1 1 1\n -1 1 1 0 0\n 0.2 0 0 0 0\n")
    #expect(!file.integrals.isUnrestricted)
    #expect(file.integrals.twoBodyAlphaAlpha == [0.5])
    #expect(file.integrals.coreEnergy == 0.2)
    #expect(file.warnings.contains { $0.contains("IUHF") })
  }

  @Test func spinMixingIsRefused() throws {
    let header = "&FCI NORB=4,NELEC=2,MS2=0,UHF=.TRUE. /\n"
    #expect(try failure(reading: header + " 0.5 1 2 1 1\n")?.code == .unsupported)
    #expect(try failure(reading: header + " 0.5 1 2 0 0\n")?.code == .unsupported)
    #expect(try failure(reading: header + " 0.0 1 2 0 0\n -1 1 1 0 0\n") == nil)
  }

  @Test func openShellFort55() throws {
    let path = "\(reference)/fcidump/oh_uhf_sto3g.fcidump"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let body = try #require(text.range(of: "&END\n"))
    let file = try read("     6    9\n 1 1 1\n 1 1 1\n  150000\n" + text[body.upperBound...])
    #expect(file.format == .mrcc)
    #expect(distance(file.integrals, try IntegralFile.read(path: path).integrals) == 0)
  }

  @Test func closedShellFort55() throws {
    let path = "\(reference)/fcidump/h2o_sto3g.fcidump"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let body = try #require(text.range(of: "&END\n"))
    let file = try read("  7 10\n 1 1 3 1 2 1 3\n 150000\n" + text[body.upperBound...])
    #expect(distance(file.integrals, try IntegralFile.read(path: path).integrals) == 0)
    #expect(file.integrals.orbitalIrreps == [0, 0, 2, 0, 1, 0, 2])
  }
}
