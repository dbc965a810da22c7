import Foundation
import Testing

@Suite("Lattices on the command line", .serialized)
struct LatticeTests {
  static let energies: [(arguments: [String], energy: Double)] = [
    (["heisenberg", "--geometry", "honeycomb", "--size", "2x2"], -4.820089374375),
    (["heisenberg", "--geometry", "ladder", "--size", "6x2"], -7.013246018863),
    (
      ["heisenberg", "--size", "4x4", "--j2", "0.3", "--j3", "0.2"], -8.382657546722
    ),
    (
      [
        "heisenberg", "--size", "3x4", "--j2", "0.3", "--j3", "0.2", "--boundary", "open-periodic",
      ], -6.050184839781
    ),
    (["xy", "--geometry", "triangular", "--size", "4x3"], -4.877503645201),
    (
      [
        "ising", "--geometry", "chain", "--size", "10", "--field", "1", "--longitudinal-field",
        "0.3",
      ], -15.227081995269
    ),
    // The integrals' twins, by PySCF.
    (
      ["hubbard", "--geometry", "chain", "--size", "6", "--u", "4", "--magnetization", "2"],
      -2.8983814740
    ),
    (["hubbard", "--geometry", "ladder", "--size", "4x2", "--u", "8"], -3.4671734372),
    (
      ["hubbard", "--geometry", "chain", "--size", "8", "--u", "4", "--electrons", "6"],
      -6.6721959971
    ),
  ]

  @Test("exact knows the models", arguments: energies.indices)
  func exactKnowsTheModels(_ index: Int) throws {
    let (arguments, energy) = Self.energies[index]
    let json = try Program().run(["exact", "--json", "--lattice"] + arguments).json()
    let found = try #require((json["energies"] as? [Double])?.first)
    #expect(abs(found - energy) < 1e-9)
  }

  @Test("A model with couplings from a file is solved, stored and gone on with")
  func couplingsAreSolved() throws {
    let program = try Program()
    try program.folder.write("0 1 1\n1 2 -0.5\n2 3 0.7\n3 0 0.2\n", to: "bonds")
    let model = [
      "--lattice", "ising", "--geometry", "graph", "--size", "4", "--couplings", "bonds",
      "--field", "1",
    ]
    let exact = try program.run(["exact", "--json"] + model).json()
    let run = try program.run(["solve", "-o", "r.h5", "--steps", "2"] + model)
    #expect(run.status == 0, "\(run)")
    // Lines in another order are the same problem, another coupling is another.
    try program.folder.write("3 2 0.7\n1 2 -0.5\n1 0 1\n3 0 0.2\n", to: "bonds")
    let output = try program.run(["solve", "--resume", "r.h5", "--steps", "60", "--json"] + model)
    #expect(output.status == 0, "\(output)")
    let energy = try #require(try output.json()["energy"] as? Double)
    let known = try #require((exact["energies"] as? [Double])?.first)
    #expect(abs(energy - known) < 1e-3)
    try program.folder.write("3 2 0.6\n1 2 -0.5\n1 0 1\n3 0 0.2\n", to: "bonds")
    let other = try program.run(["solve", "--resume", "r.h5", "--steps", "70"] + model)
    #expect(other.status == 2 && other.standardError.contains("another problem"))
  }

  @Test("solve trains Hubbard's model and goes on with it")
  func hubbardIsSolved() throws {
    let program = try Program()
    let model = ["--lattice", "hubbard", "--u", "4", "--size", "2x2", "--boundary", "open"]
    let first = try program.run(["solve", "--steps", "3"] + model)
    #expect(first.status == 0, "\(first)")
    let name = "hubbard-square-2x2-open-u-4.nqs.h5"
    #expect(program.folder.names == [name])
    let output = try program.run(["solve", "--resume", name, "--steps", "100", "--json"] + model)
    let energy = try #require(try output.json()["energy"] as? Double)
    #expect(abs(energy + 2.1027484835) < 1e-3)
  }

  @Test("inspect lists sites, bonds and symmetries")
  func inspectLists() throws {
    let program = try Program()
    func json(_ arguments: String...) throws -> [String: Any] {
      try program.run(["inspect", "--json", "--lattice"] + arguments).json()
    }
    let square = try json("heisenberg", "--size", "6x6", "--j2", "0.5")
    #expect(square["sites"] as? Int == 36 && square["bond_count"] as? Int == 144)
    #expect(square["translations"] as? Int == 36 && square["site_permutations"] as? Int == 288)
    #expect(square["point_group_order"] as? Int == 8 && square["spin_flip"] as? Bool == true)
    #expect(square["sign_rule"] as? Bool == false && square["conserves_spin"] as? Bool == true)
    #expect(square["sector_dimension"] as? Int == 9_075_135_300)
    #expect((square["bonds"] as? [[Double]])?.first == [0, 1, 1, 1])
    // The Néel state: −2N/4 of nearest neighbours, +2N/4 · J2 of second ones.
    #expect(square["reference_energy"] as? Double == -9)
    let ising = try json(
      "ising", "--geometry", "honeycomb", "--size", "3x3", "--field", "1", "--longitudinal-field",
      "0.5")
    #expect(ising["spin_flip"] as? Bool == false && ising["sign_rule"] as? Bool == true)
    #expect(ising["sector_dimension"] as? Int == 1 << 18)
    #expect(ising["longitudinal_field"] as? Double == 0.5)
    let large = try json("heisenberg", "--size", "20x20", "--boundary", "periodic-open")
    #expect(large["sites"] as? Int == 400 && large["bond_count"] as? Int == 780)
    #expect(large["translations"] as? Int == 20 && large["site_permutations"] as? Int == 80)
    let huge = try program.run("inspect", "--lattice", "heisenberg", "--size", "256x256")
    #expect(huge.standardOutput.contains("not counted beyond 2048 sites"), "\(huge)")
    let text = try program.run(
      "inspect", "--lattice", "xy", "--geometry", "kagome", "--size", "2x2")
    #expect(text.status == 0)
    for words in ["xy-kagome-2x2", "12", "24, J1 = 1", "4 translations", "2Sz = 0", "924"] {
      #expect(text.standardOutput.contains(words), "\(text.standardOutput)")
    }
    #expect(program.folder.names.isEmpty)
  }

  static let wrongUses: [(arguments: [String], words: String)] = [
    (["heisenberg", "--geometry", "ring", "--size", "8"], "honeycomb, kagome, graph, not 'ring'"),
    (["heisenberg", "--size", "8x8", "--boundary", "closed"], "periodic-open"),
    (
      ["heisenberg", "--geometry", "chain", "--size", "8", "--boundary", "open-periodic"],
      "one direction"
    ),
    (
      ["heisenberg", "--geometry", "ladder", "--size", "8x2", "--boundary", "open-periodic"],
      "across its legs"
    ),
    (["heisenberg", "--geometry", "ladder", "--size", "8"], "size of 2 numbers"),
    (["heisenberg", "--size", "300x300"], "65536"),
    (
      ["heisenberg", "--geometry", "chain", "--size", "9", "--magnetization", "0"],
      "--magnetization 0: 9 spins"
    ),
    (["heisenberg", "--size", "4x4", "--j", "one"], "'one' is invalid for '--j"),
    (["heisenberg", "--size", "4x4", "--j3", "nan"], "--j3 must be a finite number"),
    (["xy", "--size", "4x4", "--delta", "0.5"], "--delta belongs to --lattice xxz, not to xy"),
    (["xxz", "--size", "4x4", "--longitudinal-field", "1"], "belongs to --lattice ising"),
    (["heisenberg", "--geometry", "graph", "--size", "4"], "needs --couplings"),
    (
      [
        "heisenberg", "--geometry", "graph", "--size", "4", "--boundary", "open", "--couplings",
        "x",
      ], "no edges"
    ),
    (["heisenberg", "--geometry", "graph", "--size", "4", "--couplings", "none"], "no such file"),
    (
      ["heisenberg", "--size", "4x4", "--couplings", "x", "--j2", "1"],
      "--couplings and --j2 exclude"
    ),
    (["hubbard", "--size", "4x4"], "needs --u"),
    (["hubbard", "--size", "2x2", "--u", "4", "--j", "1"], "--j belongs to"),
    (["hubbard", "--size", "2x2", "--u", "4", "--electrons", "9"], "hold 0 to 8"),
    (
      ["hubbard", "--size", "2x2", "--u", "4", "--electrons", "3", "--magnetization", "0"],
      "-3, -1, …, 3"
    ),
    (["hubbard", "--size", "12x12", "--u", "4"], "128 sites"),
    (["hubbard", "--geometry", "graph", "--size", "4", "--u", "4"], "another geometry"),
    (["heisenberg", "--size", "20x20"], "at most 40 sites"),
  ]

  @Test("Wrong use is one clear complaint", arguments: wrongUses.indices)
  func wrongUseIsRefused(_ index: Int) throws {
    let (arguments, words) = Self.wrongUses[index]
    let program = try Program()
    let output = try program.run(["exact", "--lattice"] + arguments)
    expectComplaint(output, in: program, mentioning: [words])
  }

  static let wrongFiles: [(text: String, words: String)] = [
    ("0 1 1\n1 2 1\n", "bonds: no line has site 3"),
    ("0 1 1\n1 2 1\n2 1 1\n", "bonds, line 3: an earlier line has the bond"),
    ("0 1 1\n2 2 1\n", "bonds, line 2: the bond joins site 2 with itself"),
    ("0 1 1\n1 2 x\n", "bonds, line 2: the coupling must be a finite number, not 'x'"),
    ("0 1 1\n1 9 1\n", "bonds, line 2: there is no site 9"), ("0 1\n", "line 1: expected three"),
  ]

  @Test("A wrong file of couplings is one clear complaint", arguments: wrongFiles.indices)
  func wrongCouplingsAreRefused(_ index: Int) throws {
    let (text, words) = Self.wrongFiles[index]
    let program = try Program()
    try program.folder.write(text, to: "bonds")
    for command in ["exact", "solve", "inspect"] {
      let output = try program.run(
        command, "--lattice", "heisenberg", "--geometry", "graph", "--size", "4", "--couplings",
        "bonds")
      expectComplaint(output, in: program, mentioning: [words], leaving: ["bonds"])
    }
  }
}
