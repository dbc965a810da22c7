internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Plots
internal import Results
internal import Training

/// Energies of stages against what they still miss, and the line that extrapolates them.
enum ExtrapolationFigure {
  /// Draws the stages of a selected CI, or those of the training of Markov chains.
  ///
  /// - Parameters:
  ///   - result: The result.
  ///   - path: Its file, for messages.
  ///   - reference: The exact energy, drawn as a line; nil for none.
  ///   - perSite: Whether energies are divided by the number of sites.
  /// - Returns: The figure.
  /// - Throws: ``ToolError`` where the result has no stages.
  static func make(
    _ result: StoredResult, path: String, reference: Double?, perSite: Bool
  ) throws(ToolError) -> Figure {
    switch result {
    case .run(let record):
      guard let selected = record.final?.selected else {
        throw ToolError(
          "--figure extrapolation: \(path) has no selected CI beside the network; evaluate it with --selected-ci, or draw "
            + "a result that has one.")
      }
      if perSite { throw ToolError("--per-site is for lattices, and \(path) is of a molecule.") }
      return secondOrder(selected, reference)
    case .spins(let record, let evaluation):
      guard let line = evaluation?.extrapolation else {
        throw ToolError(
          "--figure extrapolation: \(path) has no energy at zero variance: the run has not ended, or the variances of its "
            + "stages differ by too little.")
      }
      let sites = perSite ? Double(record.model.geometry.siteCount) : 1
      return variance(line, sites: sites, reference)
    case .classical, .exact:
      throw ToolError(
        "--figure extrapolation is for molecules with a selected CI and for lattices by vit or rbm; \(path) is neither."
      )
    }
  }

  /// The variational energies of selected CI against −E2.
  private static func secondOrder(_ selected: SelectedInteraction, _ reference: Double?) -> Figure {
    let stages = selected.stages
    let points = stages.map { PlotPoint(-$0.secondOrderEnergy, $0.energy) }
    let sums = stages.map {
      PlotPoint(
        -$0.secondOrderEnergy, $0.energy + $0.secondOrderEnergy,
        error: $0.secondOrderError > 0 ? $0.secondOrderError : nil)
    }
    let far = points.map(\.x).max() ?? 1
    var series: [Series] = []
    if let energy = selected.extrapolatedEnergy {
      let fitted = points[EnergyExtrapolation.fittedStages(stages.map(\.secondOrderEnergy))]
        .filter { $0.x > 0 }
      // The slope of least squares with weights 1/E2², whose constant is the limit.
      let slope = fitted.reduce(0) { $0 + ($1.y - energy) / $1.x } / Double(max(1, fitted.count))
      let end = fitted.map(\.x).max() ?? far
      series.append(
        Series(
          "fit", [PlotPoint(0, energy), PlotPoint(end, energy + slope * end)], color: 6,
          line: .dashed))
    }
    series.append(Series("variational", points, color: 0, marker: .circle))
    series.append(Series("with second order", sums, color: 2, marker: .square))
    if let energy = selected.extrapolatedEnergy, let error = selected.extrapolatedError {
      series.append(
        Series("limit", [PlotPoint(0, energy, error: error)], color: 1, marker: .diamond))
    }
    return figure(
      series, x: "−E_{2} / E_{h}", y: "E / E_{h}", reference: reference, far: far)
  }

  /// The energies of stages of training against their variances.
  private static func variance(
    _ line: SpinEvaluation.Extrapolation, sites: Double, _ reference: Double?
  ) -> Figure {
    let far = line.variances.max() ?? 1
    let points = zip(line.variances, line.energies).map {
      PlotPoint($0, $1.value / sites, error: $1.error / sites)
    }
    let series = [
      Series(
        "fit",
        [
          PlotPoint(0, line.energy.value / sites),
          PlotPoint(far, (line.energy.value + line.slope * far) / sites),
        ], color: 6, line: .dashed),
      Series("stages of training", points, color: 0, marker: .circle),
      Series(
        "limit", [PlotPoint(0, line.energy.value / sites, error: line.energy.error / sites)],
        color: 1, marker: .diamond),
    ]
    return figure(
      series, x: "variance / J^{2}", y: sites == 1 ? "E / J" : "E / N / J", reference: reference,
      far: far)
  }

  /// One panel, with the exact energy as a line as far as the stages go.
  private static func figure(
    _ series: [Series], x: String, y: String, reference: Double?, far: Double
  ) -> Figure {
    var series = series
    if let reference {
      series.append(
        Series(
          "reference", [PlotPoint(0, reference), PlotPoint(far, reference)], color: 3, line: .solid)
      )
    }
    return Figure(
      panels: [Panel(x: Axis(x), y: Axis(y), series: series)], columns: 1, frameWidth: 240,
      frameHeight: 170)
  }
}
