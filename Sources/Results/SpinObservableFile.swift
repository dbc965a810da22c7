internal import HDF5Files
internal import Hamiltonians
internal import SpinMonteCarlo

/// Correlations of spins and extrapolations in result files.
enum SpinObservableFile {
  /// Writes correlations.
  static func write(_ observables: SpinObservables, to group: HDF5Group) throws(HDF5Error) {
    try group.setAttribute("samples", .int(observables.samples))
    for (name, estimate) in observables.scalars {
      try group.setAttribute(name, .double(estimate.value))
      try group.setAttribute(name + "_error", .double(estimate.error))
    }
    try writeNumbers(
      observables.pairs.map { [$0.first, $0.second] }, 2, "pairs",
      "sites of each entry of the correlations", to: group)
    try writeEstimates(
      observables.correlations, "correlations", "mean of S_i.S_j, by pair", to: group)
    try writeEstimates(
      observables.longitudinal, "longitudinal_correlations", "mean of Sz_i Sz_j, by pair", to: group
    )
    try writeNumbers(
      observables.momenta, observables.momenta.first?.count ?? 1, "momenta",
      "momenta in units of 2 pi over the lengths", to: group)
    try writeEstimates(
      observables.structureFactor, "structure_factor",
      "sum of cos q(r_i - r_j) S_i.S_j over all i and j, over N, by momentum", to: group)
    try writeNumbers(
      observables.dimerPairs.map {
        [$0.first.first, $0.first.second, $0.second.first, $0.second.second]
      }, 4, "dimer_bonds", "sites of two bonds of each entry of the dimers", to: group)
    try writeEstimates(
      observables.dimers, "dimers", "connected correlation of Sz Sz of two bonds", to: group)
  }

  /// Writes an extrapolation.
  static func write(_ line: VarianceExtrapolation, to group: HDF5Group) throws(HDF5Error) {
    try group.setAttribute("energy", .double(line.energy))
    try group.setAttribute("energy_error", .double(line.error))
    try group.setAttribute("slope", .double(line.slope))
    try ResultFile.write(
      line.points.map(\.variance), "variances", "J2", "variances of stages of training", to: group)
    try ResultFile.write(
      line.points.map(\.energy), "energies", "J", "energies of stages of training", to: group)
    try ResultFile.write(
      line.points.map(\.error), "errors", "J", "their standard errors", to: group)
  }

  private static func writeNumbers(
    _ rows: [[Int]], _ width: Int, _ name: String, _ text: String, to group: HDF5Group
  ) throws(HDF5Error) {
    try ResultFile.write(
      rows.flatMap { $0.map(Int32.init) }, shape: [rows.count, width], name, "none", text,
      to: group)
  }

  private static func writeEstimates(
    _ estimates: [SpinObservables.Estimate], _ name: String, _ text: String, to group: HDF5Group
  ) throws(HDF5Error) {
    try ResultFile.write(estimates.map(\.value), name, "1", text, to: group)
    try ResultFile.write(
      estimates.map(\.error), name + "_errors", "1", "standard errors of " + name, to: group)
  }
}
