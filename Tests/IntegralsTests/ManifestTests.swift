import Foundation
import Integrals
import Testing

/// Each file of `Reference/bad` against what its manifest says of it.
struct ManifestTests {
  struct Manifest: Decodable {
    struct Entry: Decodable, CustomTestStringConvertible, Sendable {
      var file: String
      var expect: String
      var base: String?
      var complaintKeywords: [String]
      var testDescription: String { file }
    }

    var files: [Entry]
  }

  static let entries: [Manifest.Entry] = {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let data = FileManager.default.contents(atPath: "\(reference)/bad/manifest.json"),
      let manifest = try? decoder.decode(Manifest.self, from: data)
    else { return [] }
    return manifest.files
  }()

  @Test func manifestIsComplete() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(reference)/bad")
    #expect(
      Set(names.filter { $0.hasSuffix(".fcidump") }.map { "bad/\($0)" })
        == Set(Self.entries.map(\.file)))
  }

  @Test(arguments: entries)
  func behavesAsTheManifestSays(_ entry: Manifest.Entry) throws {
    var message: String?
    var file: IntegralFile?
    do throws(IntegralsError) {
      file = try IntegralFile.read(path: "\(reference)/\(entry.file)")
    } catch {
      message = error.description.replacingOccurrences(of: error.path, with: "")
    }
    switch entry.expect {
    case "accept":
      #expect(message == nil)
    case "refuse":
      let text = try #require(message, "was accepted").lowercased()
      #expect(
        entry.complaintKeywords.contains { text.contains($0.lowercased()) },
        "'\(text)' has none of \(entry.complaintKeywords)")
    default:
      if file == nil {
        let text = try #require(message).lowercased()
        #expect(entry.complaintKeywords.contains { text.contains($0.lowercased()) })
      }
    }
  }

  /// The good ones hold the integrals of the file that they were made from.
  @Test(
    arguments: [
      "crlf", "cr_at_end_mixed", "lowercase", "slash", "blank_lines", "comment_lines",
      "comment_before_header", "shuffled_lines", "unsorted_indices", "header_multiline_orbsym",
      "orbsym_repeat", "no_orbsym", "no_ms2", "orbsym_pyscf0",
    ])
  func holdsTheIntegralsOfItsBase(_ name: String) throws {
    let base = try IntegralFile.read(path: "\(reference)/fcidump/h2o_sto3g.fcidump").integrals
    let file = try IntegralFile.read(path: "\(reference)/bad/valid_\(name).fcidump")
    #expect(distance(file.integrals, base) < 1e-15)
    #expect(file.warnings.isEmpty)
  }

  @Test(
    arguments: [
      "slash_same_line", "dollar_namelist", "complex_zero_imag", "complex_spaces",
      "duplicate_equal", "orbital_energies", "no_trailing_newline", "tabs", "header_order",
      "unknown_keys", "iuhf0", "uhf_false", "tiny_values", "plus_signs", "utf8_bom",
      "long_line_spaces",
    ])
  func holdsTheIntegralsOfHydrogen(_ name: String) throws {
    let base = try IntegralFile.read(path: "\(reference)/fcidump/h2_sto3g.fcidump").integrals
    let file = try IntegralFile.read(path: "\(reference)/bad/valid_\(name).fcidump")
    #expect(distance(file.integrals, base) < 1e-15)
  }

  @Test func doubtfulFilesAreWarnedAbout() throws {
    func warnings(_ name: String) throws -> String {
      try IntegralFile.read(path: "\(reference)/bad/\(name).fcidump").warnings.joined()
    }
    #expect(try warnings("truncated_at_line").contains("truncated"))
    #expect(try warnings("either_orbsym_out_of_range").contains("ORBSYM"))
    #expect(try warnings("either_symmetry_violation").contains("ORBSYM"))
  }

  @Test func symmetryOfTheDoubtfulFiles() throws {
    func integrals(_ name: String) throws -> MolecularIntegrals {
      try IntegralFile.read(path: "\(reference)/bad/\(name).fcidump").integrals
    }
    #expect(try integrals("either_orbsym_out_of_range").orbitalIrreps == nil)
    #expect(try integrals("either_symmetry_violation").orbitalIrreps == nil)
    #expect(try integrals("either_isym_inconsistent").targetIrrep == 4)
    #expect(try integrals("valid_orbsym_pyscf0").orbitalIrreps == [0, 0, 3, 0, 2, 0, 3])
    #expect(try integrals("valid_orbsym_pyscf0").targetIrrep == nil)
    #expect(try integrals("valid_crlf").orbitalIrreps == [0, 0, 2, 0, 1, 0, 2])
    #expect(try integrals("valid_nelec_odd").targetIrrep == 1)
  }
}
