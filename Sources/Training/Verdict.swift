internal import Foundation
internal import WaveFunctions

extension VariationalMonteCarlo {
  /// Says whether a final result is what was asked for, and what a user must know if not.
  func judge(_ result: inout FinalResult) {
    var warnings: [String] = []
    let remaining = result.remainingError ?? .infinity
    var reasons = obstacles.map(\.description)
    if !(remaining <= resolved.residualTolerance) {
      let about = result.isRemainingErrorBound ? "at least" : "about"
      reasons.append("the lowest state of the sector lies \(about) \(short(remaining)) below")
    }
    result.isConverged = reasons.isEmpty
    if !reasons.isEmpty {
      warnings.append(
        "NOT CONVERGED: \(reasons.joined(separator: "; ")). Try more `steps`, more `samples`, a larger "
          + "network or another `seed`.")
    }
    if result.isCollapsed {
      warnings.append(
        "SUPPORT COLLAPSE: configurations outside the sample would lower the energy by about "
          + "\(short(-result.leakEnergy)): the state has lost them or is not converged, and the energy "
          + "is not that of the ground state. Try more `steps`, more `samples`, another `seed`, "
          + "`start` perturbative or `annealing` linear.")
    }
    // Where one configuration is exact, training comes to it from above.
    let tolerance = max(resolved.residualTolerance, 1e-4 * resolved.energyScale)
    if result.energy - 3 * result.error > context.referenceEnergy + tolerance {
      warnings.append(
        "the energy is above that of the best single configuration, "
          + String(format: "%.6f", context.referenceEnergy)
          + ": the training has not got anywhere. Try more `steps`, another `seed` or `start` "
          + "perturbative.")
    }
    if let bound = upperBound,
      result.energy - 3 * result.error > bound + resolved.residualTolerance
    {
      warnings.append(
        "the energy is above the upper bound of the CI that found the symmetry, "
          + String(format: "%.6f ", bound) + context.unit
          + ": the training has not reached the ground state. Try more `steps`, another `seed` or "
          + "more `start-determinants`.")
    }
    if let selected = result.selected {
      let excess = result.energy - result.error - selected.energy
      if excess > 1e-8 * resolved.energyScale {
        warnings.append(
          "selected CI of \(selected.dimension) determinants is lower by \(short(excess)): the network's energy is no "
            + "better than this bound.")
      }
      if let limit = selected.extrapolatedEnergy, let error = selected.extrapolatedError,
        limit - error >= result.energy + 3 * result.error
      {
        warnings.append(
          "the selected CI's limit lies above the network's energy, an upper bound: its error bar reaches down to that."
        )
      }
    }
    if closeSectorCount > 0 {
      warnings.append(
        "SYMMETRY NOT ESTABLISHED: \(closeSectorCount) symmetry sectors lie within the uncertainty of "
          + "their comparison; what they do not share is not imposed.")
    }
    if let spin = contaminatedSpin(result) { warnings.append(spin) }
    result.warnings = warnings
  }

  /// A warning where ⟨S²⟩ is far from every S(S + 1).
  private func contaminatedSpin(_ result: FinalResult) -> String? {
    guard context.conservesSpin, let value = result.spinSquared else { return nil }
    // Spins differ by whole numbers from Sz.
    let isHalf = context.degreesOfFreedom % 2 == 1
    var spin = isHalf ? 0.5 : 0
    while (spin + 1) * (spin + 2) - value < value - spin * (spin + 1) { spin += 1 }
    let distance = abs(value - spin * (spin + 1))
    guard distance > 0.02 + 3 * (result.spinSquaredError ?? 0) else { return nil }
    return String(
      format:
        "SPIN CONTAMINATION: <S^2> = %.3f is that of no single spin (nearest: S = %g); the state "
        + "mixes multiplets that lie close together. Try `spin`, more `steps` or another `seed`.",
      value, spin)
  }

  private func short(_ value: Double) -> String {
    String(format: "%.1e ", value) + context.unit
  }
}
