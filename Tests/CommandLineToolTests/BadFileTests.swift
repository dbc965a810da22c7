import Foundation
import Testing

/// One entry of the manifest of malformed and unusual files.
struct BadFile: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let expect: String
  let energy: Double?
  let tolerance: Double?
  let keywords: [String]

  enum CodingKeys: String, CodingKey {
    case file
    case expect
    case energy
    case tolerance
    case keywords = "complaint_keywords"
  }

  var testDescription: String { file }
  var path: String { Program.reference("bad/\(file)") }

  static let all: [BadFile] = {
    struct Manifest: Decodable { let files: [BadFile] }
    let data =
      FileManager.default.contents(atPath: Program.reference("bad/manifest.json")) ?? Data()
    return (try? JSONDecoder().decode(Manifest.self, from: data))?.files ?? []
  }()

  static func expecting(_ what: String) -> [BadFile] { all.filter { $0.expect == what } }
}

@Suite("Malformed and unusual integral files", .serialized)
struct BadFileTests {
  /// 1e-8 hartree: what reading the text of a good file gives.
  static let exactTolerance = 1e-8
  /// 0.1 millihartree: what `solve` promises of small molecules.
  static let trainedTolerance = 1e-4

  @Test("The manifest is there")
  func manifestIsComplete() {
    #expect(BadFile.all.count == 94)
    #expect(BadFile.expecting("refuse").count > 40)
    #expect(BadFile.expecting("accept").count > 30)
  }

  @Test("Refused with one clear complaint", arguments: BadFile.expecting("refuse"))
  func isRefused(_ file: BadFile) throws {
    for command in ["inspect", "exact", "solve"] {
      let program = try Program()
      let output = try program.run(command, file.path)
      expectComplaint(output, in: program, mentioning: file.keywords)
      #expect(output.standardError.contains(file.file), "\(output.standardError)")
    }
  }

  @Test("Read as what it says", arguments: BadFile.expecting("accept"))
  func isAccepted(_ file: BadFile) throws {
    let energy = try #require(file.energy)
    let program = try Program()
    #expect(try program.run("inspect", file.path).status == 0)

    let exact = try program.run("exact", file.path, "--json")
    #expect(exact.status == 0, "\(exact.standardError)")
    let energies = try #require(try exact.json()["energies"] as? [Double])
    #expect(abs(try #require(energies.first) - energy) < Self.exactTolerance)

    let solved = try program.run("solve", file.path, "--json", "--quiet", "--output", "r.h5")
    #expect(solved.status == 0, "\(solved.standardError)")
    let trained = try #require(try solved.json()["energy"] as? Double)
    #expect(abs(trained - energy) < Self.trainedTolerance)
  }

  @Test("Refused, or read without a silent wrong number", arguments: BadFile.expecting("either"))
  func isEither(_ file: BadFile) throws {
    let program = try Program()
    let output = try program.run("exact", file.path, "--json")
    if output.status != 0 {
      expectComplaint(output, in: program, mentioning: file.keywords)
      return
    }
    let energies = try #require(try output.json()["energies"] as? [Double])
    if let energy = file.energy {
      #expect(abs(try #require(energies.first) - energy) < Self.exactTolerance)
    } else if file.file.hasPrefix("truncated") || file.file.contains("symmetry") {
      #expect(output.standardError.contains("warning: "))
    }
  }
}
