import ExactSolvers
import Foundation
import Hamiltonians
import Integrals
import Testing
import Training

@Suite struct OrbitalChoiceTests {
  private func orbitals(
    _ name: String, _ choice: OrbitalChoice, irrep: IrrepChoice = .automatic
  ) throws -> MolecularOrbitals {
    try MolecularOrbitals(try bundled(name), choice, irrep: irrep)
  }

  @Test func basisSaysWhatWasDone() throws {
    let given = try bundled("h4_chain_r18_sto6g")
    for (choice, kind) in [
      (OrbitalChoice.localised, OrbitalBasis.Kind.localised), (.natural, .natural),
    ] {
      let found = try MolecularOrbitals(given, choice)
      // A natural orbital is only taken where it lowers the energy.
      if found.choice == .given { continue }
      let basis = try #require(found.integrals.basis)
      #expect(basis.kind == kind && found.choice == choice && found.messages.count == 1)
      let again = OrbitalRotation(alpha: basis.rotation).rotated(given)
      for (a, b) in zip(again.twoBodyAlphaAlpha, found.integrals.twoBodyAlphaAlpha) {
        #expect(abs(a - b) < 1e-11)
      }
      #expect((found.integrals.orbitalIrreps == nil) == (choice == .localised))
      let problems = [given, found.integrals].map { Problem.molecule($0, irrep: .automatic) }
      #expect(problems[0].digest != problems[1].digest)
      #expect(problems[0].givenDigest == problems[1].givenDigest)
      // What was turned stays as it is.
      #expect(try MolecularOrbitals(found.integrals, .auto).integrals == found.integrals)
    }
  }

  @Test func irrepsNeedOrbitalsThatHaveThem() throws {
    for irrep in [IrrepChoice.label(0), .label(1)] {
      #expect(throws: TrainingError.self) {
        try orbitals("h4_chain_r18_sto6g", .localised, irrep: irrep)
      }
    }
    #expect(try orbitals("h4_chain_r18_sto6g", .localised, irrep: .any).choice == .localised)
    // ISYM=4 asks for an irrep.
    #expect(throws: TrainingError.self) { try orbitals("h4_square_sto3g", .localised) }
    #expect(try orbitals("h4_square_sto3g", .auto).choice != .localised)
  }

  @Test func unrestrictedOrbitalsStay() throws {
    #expect(try orbitals("oh_uhf_sto3g", .auto).choice == .given)
    for choice in [OrbitalChoice.localised, .natural] {
      let error = #expect(throws: TrainingError.self) { try orbitals("oh_uhf_sto3g", choice) }
      #expect(error?.message.contains("`orbitals` given") == true)
    }
  }

  @Test(arguments: [
    "hubbard_1d_l6_u4", "hubbard_1d_l8_u8", "h2o_sto3g", "n2_sto3g", "lih_sto3g", "c2_sto3g",
  ])
  func givenOrbitalsStayWhereTheyDo(_ name: String) throws {
    let found = try orbitals(name, .auto)
    #expect(found.choice == .given && found.integrals.basis == nil)
  }

  @Test func stretchedChainsAreLocalised() throws {
    let found = try orbitals("h10_chain_r36_sto6g", .auto)
    #expect(found.choice == .localised && found.messages.count == 1)
  }

  @Test(arguments: ["h2o_631g", "hubbard_4x2_u4"])
  func naturalOrbitalsAreTakenWhereTheyGain(_ name: String) throws {
    let found = try orbitals(name, .auto)
    #expect(found.choice == .natural && found.messages.count == 1)
    #expect(found.integrals.orbitalIrreps == (try bundled(name)).orbitalIrreps)
  }

  /// A run in other orbitals, and one that goes on with it, find the energy and know their orbitals.
  @Test func runKnowsItsOrbitals() throws {
    let given = try bundled("h4_chain_r36_sto6g")
    let settings = smallSettings {
      $0.ansatz.orbitals = .localised
      $0.convergence.steps = 40
    }
    let run = try makeTrainingRun(.molecule(given, irrep: .automatic), settings: settings)
    #expect(run.settings.ansatz.orbitals == .localised)
    let problem = try #require(run.problem)
    #expect(!problem.hasGivenOrbitals)
    try finish(run)
    let final = try run.evaluate()
    let again = try makeTrainingRun(problem, settings: run.settings, snapshot: run.snapshot())
    #expect(try again.evaluate() == final)
    #expect(throws: TrainingError.self) {
      try makeTrainingRun(
        .molecule(given, irrep: .automatic), settings: run.settings, snapshot: run.snapshot())
    }
    // The matrices are those of the given orbitals.
    let density = try #require(final.observables).density
    #expect(abs(density.energy(given) - final.energy) < 1e-6)
    #expect(abs(final.energy - -1.9265819147) < 1e-3)
  }
}
