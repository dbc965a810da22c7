import Foundation
import Integrals
import Testing

@Suite("inspect, exact and convert", .serialized)
struct FileCommandTests {
  @Test("inspect knows the molecule")
  func inspectKnowsTheMolecule() throws {
    let program = try Program()
    let json = try program.run("inspect", Program.molecule("h2o"), "--json", "--quiet").json()
    #expect(json["norb"] as? Int == 7)
    #expect(json["nalpha"] as? Int == 5 && json["nbeta"] as? Int == 5)
    #expect(json["sector_dimension"] as? Int == 441)
    #expect(json["irrep_dimensions"] as? [Int] == [133, 88, 128, 92])
    #expect(json["unrestricted"] as? Bool == false)
    #expect((json["orbsym"] as? [Int])?.count == 7)
    #expect(abs(try #require(json["reference_energy"] as? Double) + 74.96292824643409) < 1e-8)
    #expect(json["core_energy"] as? Double != nil)
    let text = try program.run("inspect", Program.molecule("oh"))
    #expect(text.status == 0 && text.standardOutput.contains("9 (5 α + 4 β)"))
    #expect(program.folder.names.isEmpty)
  }

  @Test("exact finds excited states and their spins")
  func exactFindsLevels() throws {
    let json = try Program().run("exact", Program.molecule("h2o"), "--roots", "3", "--json").json()
    let energies = try #require(json["energies"] as? [Double])
    // PySCF's full CI of the same file.
    for (found, known) in zip(energies, [-75.0124036588357, -74.6139261299118, -74.554151942964]) {
      #expect(abs(found - known) < 1e-8)
    }
    let spins = try #require(json["spin_squared"] as? [Double])
    for (found, known) in zip(spins, [0, 2, 0] as [Double]) { #expect(abs(found - known) < 1e-6) }
    #expect(json["dimension"] as? Int == 441)
    #expect(json["wall_seconds"] as? Double != nil)
  }

  @Test("exact in one irrep", arguments: [1, 2])
  func exactInOneIrrep(_ irrep: Int) throws {
    let known = [1: -75.0124036588357, 2: -74.6139261299118]
    let json = try Program()
      .run("exact", Program.molecule("h2o"), "--irrep", "\(irrep)", "--json").json()
    let energy = try #require((json["energies"] as? [Double])?.first)
    #expect(abs(energy - (try #require(known[irrep]))) < 1e-8)
  }

  @Test(
    "Every format of one molecule has one energy",
    arguments: [
      "lih_sto3g.fcidump", "lih_sto3g.openfermion.hdf5", "lih_sto3g.trexio.h5",
      "lih_sto3g.plain.h5",
    ])
  func formatsAgree(_ name: String) throws {
    let json = try Program().run("exact", Program.reference("integrals/\(name)"), "--json").json()
    let energy = try #require((json["energies"] as? [Double])?.first)
    #expect(abs(energy + 7.882403410335502) < 1e-8)
  }

  @Test("UHF orbitals have the energy of the restricted ones")
  func unrestrictedAgrees() throws {
    let path = Program.reference("integrals/oh_uhf_sto3g.fcidump")
    let json = try Program().run("exact", path, "--json").json()
    let energy = try #require((json["energies"] as? [Double])?.first)
    #expect(abs(energy + 74.38713412720978) < 1e-8)
    #expect(json["spin_squared"] as? [NSNull] == [NSNull()])
  }

  @Test(
    "convert there and back gives the same numbers",
    arguments: [
      "lih_sto3g.fcidump", "oh_uhf_sto3g.fcidump", "lih_sto3g.trexio.h5",
    ])
  func conversionIsExact(_ name: String) throws {
    let program = try Program()
    let original = Program.reference("integrals/\(name)")
    #expect(try program.run("convert", original, "a.h5").status == 0)
    #expect(try program.run("convert", "a.h5", "b.fcidump", "--quiet").status == 0)
    #expect(try program.run("convert", "b.fcidump", "c", "--format", "hdf5").status == 0)
    let first = try IntegralFile.read(path: original).integrals
    for copy in ["a.h5", "b.fcidump", "c"] {
      var integrals = try IntegralFile.read(path: program.folder.path(copy)).integrals
      // An FCIDUMP does not hold the group's name.
      integrals.pointGroup = first.pointGroup
      #expect(integrals == first, "\(copy) differs")
    }
    #expect(try IntegralFile.read(path: program.folder.path("c")).format == .hdf5)
  }

  @Test("convert does not overwrite its input")
  func inputStays() throws {
    let program = try Program()
    try FileManager.default.copyItem(
      atPath: Program.molecule("h2"), toPath: program.folder.path("h2.fcidump"))
    let output = try program.run("convert", "h2.fcidump", "h2.fcidump")
    expectComplaint(output, in: program, mentioning: ["input itself"], leaving: ["h2.fcidump"])
  }
}
