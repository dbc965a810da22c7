import Foundation
import Testing

@Suite("exact --selected", .serialized)
struct SelectedTests {
  @Test("The whole space is full CI")
  func wholeSpace() throws {
    let program = try Program()
    let output = try program.run("exact", Program.molecule("h2o"), "--selected", "--json")
    let json = try output.json()
    // PySCF's full CI of the same file.
    let exact = -75.0124036588357
    let energy = try #require(json["selected_ci_energy"] as? Double)
    let second = try #require(json["pt2_energy"] as? Double)
    #expect(energy > exact - 1e-8 && abs(energy + second - exact) < 1e-5)
    let extrapolated = try #require(json["extrapolated_energy"] as? Double)
    let error = try #require(json["extrapolated_error"] as? Double)
    #expect(abs(extrapolated - exact) < max(1e-8, error))
    #expect(json["pt2_error"] as? Double == 0)
    #expect(abs(try #require(json["spin_squared"] as? Double)) < 1e-3)
    #expect(json["irrep"] as? Int == 1 && json["spin_flip_parity"] as? Int == 1)
    let dimensions = try #require(json["stage_dimensions"] as? [Int])
    #expect(dimensions.last == json["selected_ci_dimension"] as? Int)
    for key in ["stage_energies", "stage_pt2_energies", "stage_pt2_errors"] {
      #expect((json[key] as? [Double])?.count == dimensions.count)
    }
    #expect(program.folder.names.isEmpty)
  }

  @Test("Unrestricted orbitals, a lattice, another irrep")
  func otherInputs() throws {
    let program = try Program()
    let path = Program.reference("integrals/oh_uhf_sto3g.fcidump")
    let size = ["--selected", "--selected-size", "100000", "--json"]
    let radical = try program.run(["exact", path] + size).json()
    #expect(abs(try #require(radical["selected_ci_energy"] as? Double) + 74.38713412720978) < 1e-8)
    #expect(radical["spin_squared"] is NSNull)
    let hubbard = [
      "exact", "--lattice", "hubbard", "--u", "4", "--geometry", "chain", "--size", "6",
    ]
    let known = try program.run(hubbard + ["--json"]).json()
    let energy = try #require((known["energies"] as? [Double])?.first)
    let found = try program.run(hubbard + size).json()
    #expect(abs(try #require(found["selected_ci_energy"] as? Double) - energy) < 1e-8)
    let excited = try program.run(
      ["exact", Program.molecule("h2o"), "--irrep", "2"] + size
    ).json()
    #expect(abs(try #require(excited["selected_ci_energy"] as? Double) + 74.6139261299118) < 1e-8)
    #expect(excited["irrep"] as? Int == 2)
  }

  /// The natural orbitals of this one lead to the state of largest spin, from which nothing leads on.
  @Test("No higher state is taken for the lowest", arguments: ["4x2", "8"])
  func lowestState(_ size: String) throws {
    let program = try Program()
    let hubbard = ["exact", "--lattice", "hubbard", "--u", "4", "--size", size, "--json"]
    let model = size.contains("x") ? hubbard : hubbard + ["--geometry", "chain"]
    let energy = try #require((try program.run(model).json()["energies"] as? [Double])?.first)
    let found = try program.run(model + ["--selected"]).json()
    let extrapolated = try #require(found["extrapolated_energy"] as? Double)
    let error = try #require(found["extrapolated_error"] as? Double)
    #expect(abs(extrapolated - energy) <= max(1e-8, error))
  }

  @Test("The text ends with the energy and its error bar")
  func text() throws {
    let output = try Program().run(
      "exact", Program.molecule("h2o"), "--selected", "--selected-size", "60",
      "--no-natural-orbitals", "--threads", "1")
    #expect(output.status == 0)
    #expect(output.lines.first?.contains("selected CI of 60 determinants") == true)
    #expect(output.lines.last?.hasPrefix("SELECTED CI ENERGY  -75.01") == true)
    #expect(output.lines.last?.contains("+/-") == true)
  }

  @Test(
    "Refused with one clear complaint",
    arguments: [
      (["--selected", "--selected-size", "0"], "--selected-size must be from 1"),
      (["--selected", "--selected-size", "many"], "'many'"),
      (["--selected", "--selected-size", "900000000"], "--memory-limit"),
      (["--selected", "--epsilon2", "small"], "'small'"),
      (["--selected", "--epsilon1", "-1"], "--epsilon1 must be"),
      (["--selected", "--pt2-error", "nan"], "--pt2-error must be"),
      (["--selected", "--roots", "2"], "leave --roots out"),
      (["--selected-size", "10"], "belongs to --selected"),
      (["--selected", "--irrep", "9"], "irreps 1 to 4"),
    ])
  func isRefused(_ options: [String], _ complaint: String) throws {
    let program = try Program()
    let output = try program.run(["exact", Program.molecule("h2o")] + options)
    #expect(output.status == 2 && output.standardOutput.isEmpty)
    #expect(output.standardError.contains(complaint), "\(output.standardError)")
    #expect(program.folder.names.isEmpty)
  }

  @Test("Spin lattices have no selected CI")
  func latticesAreRefused() throws {
    for lattice in [
      ["heisenberg", "--size", "4x4"], ["classical-ising", "--size", "4", "--beta", "1"],
    ] {
      let output = try Program().run(["exact", "--selected", "--lattice"] + lattice)
      #expect(output.status == 2 && output.standardError.contains("--selected is for molecules"))
    }
  }
}
