internal import Foundation
internal import Training

/// What `solve` prints of the selected CI.
extension SolveSummary {
  /// Adds the keys of the selected CI, null where there is none.
  func addSelected(_ add: (String, JSONValue) -> Void) {
    let selected = final.selected
    func column(_ value: (SelectedInteraction.Stage) -> JSONValue) -> JSONValue {
      selected.map { .array($0.stages.map(value)) } ?? .null
    }
    add("selected_ci_energy", .number(selected?.energy))
    add("selected_ci_dimension", .integer(selected?.dimension))
    add("selected_ci_seeds", .integer(selected?.seedCount))
    add("selected_ci_spin_squared", .number(selected?.spinSquared))
    add("pt2_energy", .number(selected?.secondOrderEnergy))
    add("pt2_error", .number(selected?.secondOrderError))
    add("extrapolated_energy", .number(selected?.extrapolatedEnergy))
    add("extrapolated_error", .number(selected?.extrapolatedError))
    add("stage_dimensions", column { .integer($0.dimension) })
    add("stage_energies", column { .number($0.energy) })
    add("stage_pt2_energies", column { .number($0.secondOrderEnergy) })
    add("stage_pt2_errors", column { .number($0.secondOrderError) })
  }

  /// The rows of the selected CI.
  var selectedRows: [(String, String)] {
    guard let selected = final.selected else { return [] }
    var rows = [
      (
        "selected CI",
        String(format: "%.10f Eh, %d determinants", selected.energy, selected.dimension)
          + ", an upper bound"
      ),
      (
        "second order",
        String(format: "%.8f Eh", selected.secondOrderEnergy)
          + (selected.secondOrderError > 0
            ? String(format: " +/- %.1e", selected.secondOrderError) : "")
      ),
    ]
    if let energy = selected.extrapolatedEnergy {
      rows.append(("network above limit", String(format: "%.1e Eh", final.energy - energy)))
    }
    return rows
  }

  /// The line with the energy of the selected CI, as `exact --selected` writes it.
  static func energyLine(of selected: SelectedInteraction) -> String {
    guard let energy = selected.extrapolatedEnergy, let error = selected.extrapolatedError else {
      return String(
        format: "SELECTED CI ENERGY  %.10f Eh", selected.energy + selected.secondOrderEnergy)
        + "  without error bar: the second order does not fall from stage to stage"
    }
    return String(format: "SELECTED CI ENERGY  %.10f Eh  +/- %.1e", energy, error)
  }
}
