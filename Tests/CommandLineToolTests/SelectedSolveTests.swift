import Foundation
import HDF5Files
import Testing

@Suite("solve with selected CI, density matrices", .serialized)
struct SelectedSolveTests {
  private static let keys = [
    "selected_ci_energy", "selected_ci_dimension", "pt2_energy", "pt2_error",
    "extrapolated_energy", "extrapolated_error",
  ]

  @Test("Summary and file have the selected CI, and a resumed run finds it again")
  func summaryAndFile() throws {
    let program = try Program()
    let json = try program.run(
      "solve", Program.molecule("h2o"), "--json", "--steps", "4", "--selected-ci", "80",
      "--output", "r.h5"
    ).json()
    let group = try HDF5File(readingFrom: program.folder.path("r.h5")).root.group("selected_ci")
    for key in Self.keys {
      let value = try #require(json[key] as? Double, "\(key)")
      let stored = try #require(try group.attribute(key))
      let number = try #require(stored.doubleValue ?? stored.intValue.map(Double.init))
      // Foundation reads decimals to the last digit but one.
      #expect(abs(number - value) <= 1e-14 * abs(value))
    }
    let dimensions = try #require(json["stage_dimensions"] as? [Int])
    #expect(dimensions.count >= 4)
    #expect(try group.read(Int.self, "stage_dimensions").values == dimensions)
    for key in ["stage_energies", "stage_pt2_energies", "stage_pt2_errors"] {
      let values = try #require(json[key] as? [Double])
      let stored = try group.read(Double.self, key).values
      #expect(stored.count == values.count)
      #expect(zip(stored, values).allSatisfy { abs($0 - $1) <= 1e-14 * abs($1) })
    }
    let selected = try #require(json["selected_ci_energy"] as? Double)
    #expect(selected < (try #require(json["energy"] as? Double)))
    let warnings = try #require(json["warnings"] as? [String])
    #expect(warnings.contains { $0.contains("selected CI of") && $0.contains("is lower by") })
    let again = try program.run("solve", "--resume", "r.h5", "--json", "--output", "w.h5").json()
    #expect(again["selected_ci_energy"] as? Double == selected)
    let without = try program.run(
      "solve", "--resume", "r.h5", "--json", "--output", "v.h5", "--no-selected-ci"
    ).json()
    for key in Self.keys { #expect(without[key] is NSNull) }
    #expect(
      !(try HDF5File(readingFrom: program.folder.path("v.h5")).root.isGroup("selected_ci")))
  }

  @Test("The text ends with the network's energy, after the selected CI's")
  func text() throws {
    let output = try Program().run(
      "solve", Program.molecule("h2o"), "--quiet", "--steps", "4", "--selected-ci", "80")
    #expect(output.lines.count == 2)
    #expect(output.lines.first?.hasPrefix("SELECTED CI ENERGY  -75.01") == true)
    #expect(output.lines.last?.hasPrefix("FINAL ENERGY  ") == true)
  }

  @Test("Density matrices of the trained state")
  func densityOfTheState() throws {
    let program = try Program()
    let json = try program.run(
      "solve", Program.molecule("h2o"), "--json", "--output", "r.h5"
    ).json()
    let occupations = try #require(json["natural_occupations"] as? [Double])
    #expect(abs(occupations.reduce(0, +) - 10) < 1e-9)
    let root = try HDF5File(readingFrom: program.folder.path("r.h5")).root
    let stored = try root.group("observables").read(Double.self, "natural_occupations").values
    #expect(zip(stored, occupations).allSatisfy { abs($0 - $1) < 1e-14 })
    #expect(try root.group("rdm").shape("two_particle") == [7, 7, 7, 7])
  }

  @Test("exact writes density matrices of full and selected CI", arguments: [[], ["--selected"]])
  func exactOutput(_ options: [String]) throws {
    let program = try Program()
    let command = ["exact", Program.molecule("h2o"), "--output", "e.h5", "--json"] + options
    _ = try program.run(command).json()
    let root = try HDF5File(readingFrom: program.folder.path("e.h5")).root
    let final = try root.group("final")
    let energy = try #require(try final.attribute("energy")?.doubleValue)
    #expect(abs(try #require(try final.attribute("rdm_energy")?.doubleValue) - energy) < 1e-8)
    #expect(abs(energy + 75.0124036588357) < 1e-5)
    // Σ_p Γ_pprr over p and r is N (N − 1).
    let two = try root.group("rdm").read(Double.self, "two_particle").values
    var trace = 0.0
    for p in 0..<7 { for r in 0..<7 { trace += two[(p * 8 * 7 + r) * 7 + r] } }
    #expect(abs(trace - 90) < 1e-8)
    _ = try program.run(command).json()
    #expect(program.folder.names == ["e.h5", "e.h5.~1~"])
  }

  @Test(
    "Refused with one clear complaint",
    arguments: [
      (["solve", "@h2o", "--selected-ci", "many"], "'many'"),
      (["solve", "@h2o", "--selected-ci", "-5"], "--selected-ci must be"),
      (["solve", "@h2o", "--selected-ci", "900000000"], "--memory-budget"),
      (["solve", "@h2o", "--selected-ci", "90", "--no-selected-ci"], "exclude each other"),
      (["solve", "@h2o", "--selected-ci", "90", "--spin", "0"], "no --spin"),
      (["solve", "--lattice", "heisenberg", "--size", "4x4", "--selected-ci", "90"], "a molecule"),
      (["exact", "@h2o", "--overwrite"], "belongs to --output"),
      (["exact", "@h2o", "--output", "nowhere/e.h5"], "nowhere"),
      (["exact", "@h2o", "--output", "e.h5", "--memory-limit", "1M"], "--memory-limit"),
      (["exact", "--lattice", "heisenberg", "--size", "4x4", "--output", "e.h5"], "for molecules"),
      (
        [
          "exact", "--lattice", "classical-ising", "--size", "4", "--beta", "1", "--output", "e.h5",
        ],
        "for molecules"
      ),
    ])
  func isRefused(_ words: [String], _ complaint: String) throws {
    let program = try Program()
    let output = try program.run(words.map { $0 == "@h2o" ? Program.molecule("h2o") : $0 })
    expectComplaint(output, in: program, mentioning: [complaint])
  }

  @Test("Files of another kind are not overwritten")
  func otherFilesStay() throws {
    let program = try Program()
    try program.folder.write("notes", to: "e.h5")
    let output = try program.run("exact", Program.molecule("h2o"), "--output", "e.h5")
    expectComplaint(
      output, in: program, mentioning: ["is not a result of qchem-nqs exact"], leaving: ["e.h5"])
  }
}
