internal import HDF5Files
internal import Training

extension ResultFile {
  /// Writes `/selected_ci`: the selected CI that began with the state.
  static func writeSelected(
    _ selected: SelectedInteraction, to group: HDF5Group
  ) throws(HDF5Error) {
    try group.setAttribute("unit", .string("hartree"))
    try group.setAttribute("selected_ci_energy", .double(selected.energy))
    try group.setAttribute("selected_ci_dimension", .int(selected.dimension))
    try group.setAttribute("selected_ci_seeds", .int(selected.seedCount))
    try group.setAttribute("pt2_energy", .double(selected.secondOrderEnergy))
    try group.setAttribute("pt2_error", .double(selected.secondOrderError))
    if let energy = selected.extrapolatedEnergy, let error = selected.extrapolatedError {
      try group.setAttribute("extrapolated_energy", .double(energy))
      try group.setAttribute("extrapolated_error", .double(error))
    }
    if let spin = selected.spinSquared { try group.setAttribute("spin_squared", .double(spin)) }
    let stages = selected.stages
    try group.write(stages.map(\.dimension), to: "stage_dimensions")
    try describe("stage_dimensions", "1", "determinants of each stage", in: group)
    try group.write(stages.map(\.energy), to: "stage_energies")
    try describe("stage_energies", "hartree", "variational energies, upper bounds", in: group)
    try group.write(stages.map(\.secondOrderEnergy), to: "stage_pt2_energies")
    try describe("stage_pt2_energies", "hartree", "second-order energies", in: group)
    try group.write(stages.map(\.secondOrderError), to: "stage_pt2_errors")
    try describe(
      "stage_pt2_errors", "hartree", "standard errors of these, 0 where nothing was sampled",
      in: group)
    if let observables = selected.observables { try ObservableFile.write(observables, to: group) }
  }

  /// Reads what ``writeSelected(_:to:)`` wrote.
  static func readSelected(_ group: HDF5Group) throws(HDF5Error) -> SelectedInteraction {
    let dimensions = try group.read(Int.self, "stage_dimensions").values
    guard !dimensions.isEmpty else { throw damaged("'stage_dimensions' is empty", group) }
    let energies = try readColumn(Double.self, "stage_energies", dimensions.count, group)
    let second = try readColumn(Double.self, "stage_pt2_energies", dimensions.count, group)
    let errors = try readColumn(Double.self, "stage_pt2_errors", dimensions.count, group)
    return SelectedInteraction(
      stages: dimensions.indices.map {
        .init(
          dimension: dimensions[$0], energy: energies[$0], secondOrderEnergy: second[$0],
          secondOrderError: errors[$0])
      },
      seedCount: try integer("selected_ci_seeds", in: group),
      extrapolatedEnergy: try group.attribute("extrapolated_energy")?.doubleValue,
      extrapolatedError: try group.attribute("extrapolated_error")?.doubleValue,
      spinSquared: try group.attribute("spin_squared")?.doubleValue,
      observables: group.isGroup("rdm") ? try ObservableFile.read(group) : nil)
  }
}
