internal import ExactSolvers
internal import Foundation
internal import FreeEnergy
internal import Hamiltonians
internal import Results
internal import SpinMonteCarlo
internal import Training

/// Results of spins and of exact vectors.
extension ResultReport {
  mutating func addSpins(_ record: SpinRecord, _ evaluation: SpinEvaluation?, _ path: String) {
    let trace = record.snapshot.trace
    self.trace = TraceTable(trace)
    let sites = Double(record.model.geometry.siteCount)
    let unit = "J"
    add("kind", .string("lattice"))
    add("problem", .string(record.name))
    add("ansatz", .string(record.settings.ansatz.rawValue))
    add("parameters", .integer(record.snapshot.parameters.count))
    add("unit", .string(unit))
    add("sites", .integer(record.model.geometry.siteCount))
    add("steps", .integer(trace.count))
    var rows = originRows(record.provenance, path: path, problem: record.name)
    rows.append(
      (
        "network",
        "\(record.settings.ansatz.rawValue), \(record.snapshot.parameters.count) parameters, sampled by Markov chains"
      ))
    if let final = evaluation?.evaluation {
      rows.append(
        (
          "convergence",
          Self.reliability(final, "the chains agree, and nothing speaks against the error bar")
        ))
      addNumbers(final)
      func row(_ label: String, _ name: String, _ scale: Double = 1, unit: String = "") {
        guard let value = final.numbers[name] else { return }
        let error = final.numbers[name + "_error"].map { String(format: " +/- %.3g", $0 * scale) }
        rows.append((label, String(format: "%.8g", value * scale) + unit + (error ?? "")))
      }
      row("energy per site", "energy_per_site", unit: " J")
      row("variance", "variance", unit: " J^2")
      row("V-score", "v_score")
      row("acceptance", "acceptance")
      row("R-hat", "r_hat")
      row("independent samples", "effective_samples")
    } else {
      rows.append(("evaluation", Self.unfinished(trace.count, path)))
      add("energy", .null)
      if let last = trace.last {
        rows.append(
          (
            "last step",
            String(format: "%.8f J a site +/- %.1e", last.energy / sites, last.error / sites)
          ))
      }
    }
    if let symmetry = record.snapshot.symmetry {
      add("irrep", symmetry.isProjected ? .string(symmetry.irrep) : .null)
      rows.append(("irrep", symmetry.isProjected ? symmetry.irrep : "not projected"))
    }
    if let line = evaluation?.extrapolation {
      add("extrapolated_energy", .number(line.energy.value))
      add("extrapolated_energy_error", .number(line.energy.error))
      rows.append(
        (
          "at zero variance",
          String(
            format: "%.8f J  +/- %.8f a site", line.energy.value / sites, line.energy.error / sites)
        ))
    }
    for (name, value) in (evaluation?.correlations?.numbers ?? [:]).sorted(by: { $0.key < $1.key })
    where !name.hasSuffix("_error") && name != "samples" {
      let error = evaluation?.correlations?.numbers[name + "_error"]
      add(name, .number(value))
      add(name + "_error", .number(error))
      rows.append(
        (
          name.replacing("_", with: " "),
          String(format: "%.5f", value) + (error.map { String(format: " +/- %.5f", $0) } ?? "")
        ))
    }
    finish(rows, seconds: record.snapshot.seconds, steps: trace.count, labels: 40)
    if let numbers = evaluation?.evaluation.numbers, let energy = numbers["energy"],
      let error = numbers["energy_error"]
    {
      add(
        section: nil,
        [
          String(format: "FINAL ENERGY  %.8f J  +/- %.8f", energy, error)
            + (evaluation?.evaluation.isReliable == true ? "" : "  NOT CONVERGED")
        ])
    }
    addWarnings(evaluation?.evaluation.warnings ?? [])
    addSettings(StoredSettings.entries(record.settings))
  }

  mutating func addClassical(
    _ record: ClassicalRecord, _ evaluation: ClassicalEvaluation?, _ path: String
  ) {
    let trace = record.snapshot.trace
    self.trace = TraceTable(trace)
    let parameters = record.snapshot.parameters.reduce(0) { $0 + $1.count }
    add("kind", .string("classical-ising"))
    add("problem", .string(record.name))
    add("ansatz", .string(record.settings.ansatz.rawValue))
    add("parameters", .integer(parameters))
    add("sites", .integer(record.model.siteCount))
    add("beta", .number(record.beta))
    add("steps", .integer(trace.count))
    var rows = originRows(record.provenance, path: path, problem: record.name)
    rows.append(("network", "\(record.settings.ansatz.rawValue), \(parameters) parameters"))
    if let final = evaluation?.evaluation {
      addNumbers(final)
      rows.append(
        (
          "convergence",
          Self.reliability(final, "the effective sample is large enough for weighted estimates")
        ))
      let names = final.numbers.keys.filter { !$0.hasSuffix("_error") && $0 != "draws" }
      for name in names.sorted() {
        let value = final.numbers[name] ?? 0
        // The error of the free energy has a name of its own.
        let key = name == "free_energy_per_site" ? "free_energy_error" : name + "_error"
        let error = final.numbers[key].map { String(format: " +/- %.2g", $0) } ?? ""
        rows.append((name.replacing("_", with: " "), String(format: "%.8g", value) + error))
      }
    } else {
      rows.append(("evaluation", Self.unfinished(trace.count, path)))
      if let last = trace.last {
        rows.append(
          ("last step", String(format: "F_q = %.6f kT +/- %.1e", last.freeEnergy, last.error)))
      }
    }
    finish(rows, seconds: record.snapshot.seconds, steps: trace.count, labels: 40)
    if let numbers = evaluation?.evaluation.numbers, let value = numbers["free_energy_per_site"],
      let error = numbers["free_energy_error"]
    {
      add(
        section: nil,
        [
          String(format: "FREE ENERGY PER SITE  %.8f J  +/- %.8f", value, error)
            + (evaluation?.evaluation.isReliable == true ? "" : "  NOT CONVERGED")
        ])
    }
    addWarnings(evaluation?.evaluation.warnings ?? [])
    addSettings(StoredSettings.entries(record.settings))
  }

  mutating func addExact(_ record: ExactResultFile.Record) {
    add("kind", .string("exact"))
    add("method", .string(record.method))
    add("unit", .string("hartree"))
    add("energy", .number(record.energy))
    add("rdm_energy", .number(record.densityEnergy))
    add("dimension", .integer(record.dimension))
    add("irrep", .integer(record.irrep))
    add("spin_squared", .number(record.observables.spinSquared))
    var rows = originRows(
      record.provenance, path: members.first?.value.plainText ?? "",
      problem: record.provenance.input ?? "molecule")
    rows += [
      ("method", "\(record.method), \(record.dimension) determinants"),
      ("energy", String(format: "%.10f Eh", record.energy)),
      ("of density matrices", String(format: "%.10f Eh", record.densityEnergy)),
    ]
    if let irrep = record.irrep { rows.append(("irrep", String(irrep))) }
    add(section: nil, rows: rows)
    addOccupations(record.observables.natural?.occupations)
  }

  private mutating func addNumbers(_ final: StoredEvaluation) {
    let known = Set(members.map(\.key))
    for (name, value) in final.numbers.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
      let isCount = ["samples", "chains", "draws"].contains(name)
      add(name, isCount ? whole(value) : .number(value))
    }
    add("reliable", .bool(final.isReliable))
  }

  private static func reliability(_ final: StoredEvaluation, _ good: String) -> String {
    final.isReliable ? good : "NOT CONVERGED: see the warnings"
  }

  private mutating func finish(
    _ rows: [(String, String)], seconds: Double, steps: Int, labels: Int
  ) {
    add("train_seconds", .number(seconds))
    let all = rows + [("time", String(format: "%d steps in %.1f s", steps, seconds))]
    add(section: nil, [tableText(all, width: min(labels, (all.map(\.0.count).max() ?? 0) + 2))])
  }
}

extension JSONValue {
  /// The text of a string.
  fileprivate var plainText: String? {
    if case .string(let text) = self { text } else { nil }
  }
}
