internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import LinearAlgebra
internal import Parallelism
internal import Problems
internal import Results
internal import Training

/// What a summary says of a run beside its evaluation.
struct RunFacts {
  let settings: Settings
  let parameterCount: Int
  let stepCount: Int
  let sectorDimension: Double
  let referenceEnergy: Double

  /// The facts of a run.
  init(_ run: any TrainingRun) {
    settings = run.settings
    parameterCount = run.parameterCount
    stepCount = run.trace.count
    sectorDimension = run.sectorDimension
    referenceEnergy = run.referenceEnergy
  }

  /// The facts of a stored run.
  init(_ record: RunRecord) {
    settings = record.settings
    parameterCount = record.parameterCount
    stepCount = record.snapshot.trace.count
    sectorDimension = record.sectorDimension
    referenceEnergy = record.referenceEnergy
  }
}

/// What `solve` prints at the end.
struct SolveSummary {
  let run: RunFacts
  let final: FinalResult
  let problem: Problem
  /// The problem's name for people.
  let problemName: String
  /// What was to be said before the run.
  let warnings: [String]
  /// The result file; nil where it could not be written.
  let output: String?
  let seconds: Double

  /// The number of sites; nil for molecules.
  private var sites: Int? {
    if case .lattice(let model) = problem { model.geometry.siteCount } else { nil }
  }

  /// The energy of the best single determinant; nil for lattices.
  private var referenceEnergy: Double? { sites == nil ? run.referenceEnergy : nil }

  var json: JSONValue {
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue) { members.append(.init(key: key, value: value)) }
    let settings = run.settings
    add("program", .string("qchem-nqs"))
    add("version", .string(programVersion))
    add("problem", .string(problemName))
    add("ansatz", .string(settings.ansatz.kind.rawValue))
    add("parameters", .integer(run.parameterCount))
    add("seed", Int(exactly: settings.seed).map { .integer($0) } ?? .string("\(settings.seed)"))
    add("threads", .integer(settings.threads ?? ProcessorCount.current.count))
    add("steps", .integer(run.stepCount))
    add("converged", .bool(final.isConverged))
    add("unit", .string(problem.unit))
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
    add("residual_energy", .number(final.residual))
    add("remaining_error", .number(final.remainingError))
    if final.remainingError != nil {
      add("remaining_error_is_lower_bound", .bool(final.isRemainingErrorBound))
    }
    add("leak_energy", .number(final.leakEnergy))
    add("leak_weight", .number(final.leakWeight))
    add("collapsed", .bool(final.isCollapsed))
    add("spin_squared", .number(final.spinSquared))
    add("spin_squared_error", .number(final.spinSquaredError))
    if sites == nil {
      add("orbitals", .string((settings.ansatz.orbitals ?? .given).rawValue))
      let occupations = final.observables?.natural?.occupations
      add("natural_occupations", occupations.map { .array($0.map { .number($0) }) } ?? .null)
      addSelected(add)
    }
    add("sector_dimension", .number(run.sectorDimension))
    add("distinct_samples", .integer(final.distinctSamples))
    add("draws", .integer(final.draws))
    add("dropped_weight", .number(final.droppedWeight))
    add("wall_seconds", .number(seconds))
    add("output", .string(output))
    add("warnings", .array((warnings + final.warnings.map(withFlags)).map { .string($0) }))
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
    return (lines + energyLines).joined(separator: "\n")
  }

  /// The lines with the energies.
  var energyLines: [String] {
    var lines: [String] = []
    // No more digits than are known, and one.
    let unknown = max(final.error, final.remainingError ?? 0)
    let digits = unknown > 0 ? max(3, min(10, 1 - Int(log10(unknown).rounded(.down)))) : 10
    let ending = final.isConverged ? "" : "  NOT CONVERGED"
    if let sites {
      let number = Double(sites)
      lines.append(
        "ENERGY PER SITE  " + fixed(final.energy / number, digits) + " J  +/- "
          + fixed(final.error / number, max(7, digits)) + ending)
    }
    if let line = final.selected.map(Self.energyLine) { lines.append(line) }
    lines.append(
      "FINAL ENERGY  " + fixed(final.energy, digits) + " \(problem.unit)  +/- "
        + fixed(final.error, max(7, digits)) + ending)
    return lines
  }

  /// The lines before the energy, by their labels.
  var rows: [(String, String)] {
    let unit = problem.unit
    let whole = final.isExactSum ? ", the whole sector: no statistical error" : ""
    var rows: [(String, String)] = [
      ("steps", "\(run.stepCount), \(final.isConverged ? "converged" : "NOT CONVERGED")"),
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
    if let remaining = final.remainingError, let residual = final.residual {
      rows.append(
        (
          "remaining error",
          (final.isRemainingErrorBound ? "at least " : "about ")
            + String(format: "%.1e \(unit) (residual %.1e)", remaining, residual)
        ))
    }
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
    rows += selectedRows
    rows.append(("time", String(format: "%.1f s", seconds)))
    if let output { rows.append(("result", output)) }
    return rows
  }

  private var spinError: String {
    final.spinSquaredError.map { $0 > 0 ? String(format: " +/- %.6f", $0) : "" } ?? ""
  }
}
