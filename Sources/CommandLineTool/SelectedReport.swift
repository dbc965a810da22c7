internal import ExactSolvers
internal import Foundation
internal import Problems

/// What `exact --selected` prints.
struct SelectedReport {
  let problem: String
  let sector: MolecularSector
  let stages: [HeatBathCI.Stage]
  let extrapolation: EnergyExtrapolation?
  let spinSquared: Double?
  let isWhole: Bool
  let naturalOrbitalRounds: Int
  let seed: UInt64
  let threads: Int
  let warnings: [String]
  var seconds = 0.0

  private var last: HeatBathCI.Stage { stages[stages.count - 1] }

  var json: JSONValue {
    func column(_ value: (HeatBathCI.Stage) -> Double) -> JSONValue {
      .array(stages.map { .number(value($0)) })
    }
    return .object([
      "program": .string("qchem-nqs"),
      "version": .string(programVersion),
      "problem": .string(problem),
      "unit": .string("Eh"),
      "selected_ci_energy": .number(last.energy),
      "selected_ci_dimension": .integer(last.dimension),
      "pt2_energy": .number(last.secondOrderEnergy),
      "pt2_error": .number(last.secondOrderError),
      "extrapolated_energy": .number(extrapolation?.energy),
      "extrapolated_error": .number(extrapolation?.error),
      "spin_squared": .number(spinSquared),
      "irrep": .integer(sector.irrep.map { Int($0) + 1 }),
      "spin_flip_parity": .integer(sector.spinFlipParity == 0 ? nil : sector.spinFlipParity),
      "whole_space": .bool(isWhole),
      "natural_orbital_rounds": .integer(naturalOrbitalRounds),
      "residual": .number(last.residual),
      "stage_dimensions": .array(stages.map { .integer($0.dimension) }),
      "stage_energies": column(\.energy),
      "stage_pt2_energies": column(\.secondOrderEnergy),
      "stage_pt2_errors": column(\.secondOrderError),
      "seed": .integer(Int(exactly: seed)),
      "threads": .integer(threads),
      "wall_seconds": .number(seconds),
      "warnings": .array(warnings.map { .string($0) }),
    ])
  }

  func text(quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
      lines.append(
        "\(problem): selected CI of \(last.dimension) determinants, \(sector), solved in "
          + String(format: "%.1f s", seconds))
      lines.append("determinants       energy (Eh)     second order       +/-          sum (Eh)")
      for stage in stages {
        lines.append(
          String(
            format: "%12d  %16.8f  %15.8f  %8.1e  %16.8f", stage.dimension, stage.energy,
            stage.secondOrderEnergy, stage.secondOrderError,
            stage.energy + stage.secondOrderEnergy))
      }
      if let spinSquared { lines.append("<S^2> " + fixed(spinSquared, 4)) }
      lines.append(
        String(format: "upper bound         %.10f Eh", last.energy)
          + (isWhole ? ", the whole space" : ""))
    }
    if let extrapolation {
      lines.append(
        String(
          format: "SELECTED CI ENERGY  %.10f Eh  +/- %.1e", extrapolation.energy,
          extrapolation.error))
    } else {
      lines.append(
        String(format: "SELECTED CI ENERGY  %.10f Eh", last.energy + last.secondOrderEnergy)
          + "  without error bar: "
          + (warnings.isEmpty
            ? "the second order does not fall from stage to stage" : "see the warnings"))
    }
    return lines.joined(separator: "\n")
  }
}
