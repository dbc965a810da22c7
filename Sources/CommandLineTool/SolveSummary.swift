internal import Foundation
internal import Hamiltonians
internal import Problems
internal import Training

/// What `solve` prints at the end.
struct SolveSummary {
  let run: any TrainingRun
  let final: FinalResult
  let plan: SolvePlan
  /// The result file; nil where it could not be written.
  let output: String?
  let seconds: Double

  /// The number of sites; nil for molecules.
  private var sites: Int? {
    if case .lattice(let model) = plan.problem { model.geometry.siteCount } else { nil }
  }

  /// The energy of the best single determinant; nil for lattices.
  private var referenceEnergy: Double? { sites == nil ? run.referenceEnergy : nil }

  /// What a user must know about a collapsed state.
  var collapseWarning: String {
    String(
      format: """
        SUPPORT COLLAPSE: configurations outside the sample would lower the energy by about \
        %.2e \(plan.unit): the state has lost them or is not converged, and the energy below is not \
        that of the ground state. Try more --steps, more --samples, another --seed, \
        --start perturbative or --annealing linear.
        """, -final.leakEnergy)
  }

  /// What a user must know about an energy that no training should end with; nil for others.
  var referenceWarning: String? {
    // Where one configuration is exact, training comes to it from above.
    let tolerance = max(
      1e-6 * abs(run.referenceEnergy), 10 * (run.settings.convergence.energyTolerance ?? 0))
    guard final.energy - 3 * final.error > run.referenceEnergy + tolerance else { return nil }
    return String(
      format: """
        the energy is above that of the best single configuration, %.6f \(plan.unit): the training \
        has not got anywhere. Try more --steps, another --seed or --start perturbative.
        """, run.referenceEnergy)
  }

  /// What a user must know about an energy above what a small calculation reached; nil for others.
  var boundWarning: String? {
    guard let bound = run.sectors?.upperBound else { return nil }
    let tolerance = 100 * (run.settings.convergence.energyTolerance ?? 1e-5)
    guard final.energy - 3 * final.error > bound + tolerance else { return nil }
    return String(
      format: """
        the energy is above the upper bound of the small CI that found the symmetry, %.6f \(plan.unit): \
        the training has not reached the ground state. Try more --steps, another --seed or more \
        --start-determinants.
        """, bound)
  }

  var json: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue) { members.append(.init(key: key, value: value)) }
    let settings = run.settings
    add("program", .string("qchem-nqs"))
    add("version", .string(programVersion))
    add("problem", .string(plan.problemName))
    add("ansatz", .string(settings.ansatz.kind.rawValue))
    add("parameters", .integer(run.parameterCount))
    add("seed", Int(exactly: settings.seed).map { .integer($0) } ?? .string("\(settings.seed)"))
    add("threads", .integer(settings.threads ?? ProcessInfo.processInfo.activeProcessorCount))
    add("steps", .integer(run.trace.count))
    add("converged", .bool(run.isConverged))
    add("unit", .string(plan.unit))
    add("energy", .number(final.energy))
    add("energy_error", .number(final.error))
    add("exact_sum", .bool(final.isExactSum))
    add("variance", .number(final.variance))
    if let sites {
      add("sites", .integer(sites))
      add("energy_per_site", .number(final.energy / Double(sites)))
      add("energy_per_site_error", .number(final.error / Double(sites)))
    }
    add("reference_energy", .number(referenceEnergy))
    add("correlation_energy", .number(referenceEnergy.map { final.energy - $0 }))
    add("subspace_energy", .number(final.subspaceEnergy))
    add("v_score", .number(final.vScore))
    add("leak_energy", .number(final.leakEnergy))
    add("leak_weight", .number(final.leakWeight))
    add("collapsed", .bool(final.isCollapsed))
    add("spin_squared", .number(final.spinSquared))
    add("spin_squared_error", .number(final.spinSquaredError))
    add("sector_dimension", .number(run.sectorDimension))
    add("distinct_samples", .integer(final.distinctSamples))
    add("draws", .integer(final.draws))
    add("dropped_weight", .number(final.droppedWeight))
    add("wall_seconds", .number(seconds))
    add("output", .string(output))
    add(
      "warnings",
      .array(
        (plan.warnings + [referenceWarning, boundWarning].compactMap { $0 }).map { .string($0) })
    )
    return .object(members)
  }

  func text(quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
      lines.append("")
      lines += rows.map { label, value in
        label.padding(toLength: 20, withPad: " ", startingAt: 0) + value
      }
    }
    if let sites {
      lines.append(
        String(
          format: "ENERGY PER SITE  %.10f J  +/- %.10f", final.energy / Double(sites),
          final.error / Double(sites)))
    }
    lines.append(
      String(format: "FINAL ENERGY  %.10f %@  +/- %.7f", final.energy, plan.unit, final.error))
    return lines.joined(separator: "\n")
  }

  private var rows: [(String, String)] {
    let unit = plan.unit
    let whole = final.isExactSum ? ", the whole sector: no statistical error" : ""
    var rows: [(String, String)] = [
      ("steps", "\(run.trace.count)\(run.isConverged ? ", converged" : "")"),
      ("configurations", "\(final.distinctSamples)\(whole)"),
      ("variance", String(format: "%.3e \(unit)^2", final.variance)),
      ("V-score", String(format: "%.3e", final.vScore)),
      (
        "leak",
        String(
          format: "%.2e \(unit), weight %.1e\(final.isCollapsed ? ", COLLAPSED" : "")",
          final.leakEnergy, final.leakWeight)
      ),
    ]
    if final.droppedWeight > 0 {
      rows.append(("dropped weight", String(format: "%.2e", final.droppedWeight)))
    }
    if let energy = final.subspaceEnergy {
      rows.append(("subspace energy", String(format: "%.10f \(unit), an upper bound", energy)))
    }
    if let reference = referenceEnergy {
      rows.append(("reference energy", String(format: "%.10f \(unit)", reference)))
      rows.append(
        ("correlation energy", String(format: "%.10f \(unit)", final.energy - reference)))
    }
    if let spin = final.spinSquared {
      rows.append(("<S^2>", fixed(spin, 6) + spinError))
    }
    rows.append(("time", String(format: "%.1f s", seconds)))
    if let output { rows.append(("result", output)) }
    return rows
  }

  private var spinError: String {
    final.spinSquaredError.map { $0 > 0 ? String(format: " +/- %.6f", $0) : "" } ?? ""
  }
}
