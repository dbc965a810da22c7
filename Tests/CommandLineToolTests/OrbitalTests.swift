import Foundation
import HDF5Files
import Integrals
import Testing

@Suite("orbitals", .serialized)
struct OrbitalTests {
  /// Options of a run of seconds.
  private static let small = [
    "--quiet", "--json", "--steps", "30", "--width", "8", "--heads", "2", "--layers", "1",
    "--feed-forward", "12", "--phase-hidden", "16", "--threads", "2",
  ]

  @Test("Commands that go on from a run in localised orbitals know them")
  func storedOrbitals() throws {
    let program = try Program()
    let input = Program.molecule("h2o")
    let json = try program.run(
      ["solve", input, "--orbitals", "localised", "--output", "r.h5"] + Self.small
    ).json()
    #expect(json["orbitals"] as? String == "localised")
    let reader = try ResultReader(program.folder.path("r.h5"))
    #expect(try reader.root.attribute("version")?.intValue == 4)
    let orbitals = try reader.root.group("problem").group("orbitals")
    #expect(try orbitals.attribute("kind")?.stringValue == "localised")
    #expect(try orbitals.shape("rotation") == [7, 7])
    // The matrices are over the input's orbitals: they give the energy with its integrals.
    let integrals = try IntegralFile.read(path: input).integrals
    let density = try reader.root.group("rdm").read(Double.self, "one_particle").values
    let pairs = try reader.root.group("rdm").read(Double.self, "two_particle").values
    let energy = try #require(json["energy"] as? Double)
    #expect(abs(Self.energy(integrals, density, pairs) - energy) < 1e-6)
    // The input is still the run's, and the run's own orbitals are kept.
    let resumed = try program.run(
      "solve", input, "--resume", "r.h5", "--steps", "31", "--quiet", "--json")
    #expect(resumed.status == 0, "\(resumed.standardError)")
    #expect(try resumed.json()["orbitals"] as? String == "localised")
    let evaluated = try program.run("evaluate", "r.h5", input, "--json").json()
    let again = try #require(try resumed.json()["energy"] as? Double)
    #expect(abs(try #require(evaluated["energy"] as? Double) - again) < 1e-10)
    #expect(
      try program.run("sample", "r.h5", input, "--draws", "100", "--output", "d.h5").status == 0)
    let draws = try HDF5File(readingFrom: program.folder.path("d.h5")).root
    #expect(try draws.group("problem").isGroup("orbitals"))
    let report = try program.run("inspect", "r.h5")
    #expect(report.standardOutput.contains("localised, not those of the input"))
    #expect(report.standardOutput.contains("--orbitals                localised"))
  }

  static func energy(
    _ integrals: MolecularIntegrals, _ density: [Double], _ pairs: [Double]
  ) -> Double {
    let n = integrals.orbitalCount
    let pair = MolecularIntegrals.pair
    var energy = integrals.coreEnergy
    for p in 0..<n {
      for q in 0..<n {
        energy += integrals.oneBodyAlpha[pair(p, q)] * density[p * n + q]
        for r in 0..<n {
          for s in 0..<n {
            energy +=
              0.5 * integrals.twoBodyAlphaAlpha[pair(pair(p, q), pair(r, s))]
              * pairs[((p * n + q) * n + r) * n + s]
          }
        }
      }
    }
    return energy
  }

  @Test("An irrep, or unrestricted orbitals, and localised orbitals do not go together")
  func refusals() throws {
    let program = try Program()
    let irrep = try program.run(
      "solve", Program.molecule("h2o"), "--irrep", "1", "--orbitals", "localised")
    expectComplaint(
      irrep, in: program, mentioning: ["--orbitals localised", "irrep 1", "natural"], leaving: [])
    let unrestricted = try program.run(
      "solve", Program.reference("integrals/oh_uhf_sto3g.fcidump"), "--orbitals", "natural")
    expectComplaint(
      unrestricted, in: program, mentioning: ["--orbitals natural", "--orbitals given"],
      leaving: [])
    let lattice = try program.run(
      "solve", "--lattice", "heisenberg", "--geometry", "chain", "--size", "8", "--orbitals",
      "natural", "--steps", "1", "--quiet")
    expectComplaint(lattice, in: program, mentioning: ["only with a molecule"], leaving: [])
  }

  @Test(
    "convert to other orbitals keeps the exact energy",
    arguments: [("localised", "a.fcidump"), ("natural", "a.fcidump"), ("natural", "a.h5")])
  func converted(_ orbitals: String, _ output: String) throws {
    let program = try Program()
    let input = Program.molecule("h2o")
    let written = try program.run("convert", input, output, "--orbitals", orbitals)
    #expect(written.status == 0, "\(written.standardError)")
    let energies = try [input, output].map { path in
      try #require(try program.run("exact", path, "--json").json()["energies"] as? [Double])[0]
    }
    #expect(abs(energies[0] - energies[1]) < 1e-9)
    let integrals = try IntegralFile.read(path: program.folder.path(output)).integrals
    #expect((integrals.orbitalIrreps == nil) == (orbitals == "localised"))
    let unrestricted = try program.run(
      "convert", Program.reference("integrals/oh_uhf_sto3g.fcidump"), "b.h5", "--orbitals",
      orbitals)
    expectComplaint(
      unrestricted, in: program, mentioning: ["--orbitals given"], leaving: [output])
  }
}
