internal import ExactSolvers
internal import Foundation
internal import FreeEnergy
internal import Hamiltonians
internal import Parallelism

/// What `solve --lattice classical-ising` prints at the end.
struct ClassicalSummary {
  let run: FreeEnergyRun
  let final: FreeEnergyResult
  let plan: ClassicalPlan
  /// The result file; nil where it could not be written.
  let output: String?
  let seconds: Double

  var json: JSONValue {
    let settings = run.settings
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue) { members.append(.init(key: key, value: value)) }
    add("program", .string("qchem-nqs"))
    add("version", .string(programVersion))
    add("problem", .string(plan.problem.name))
    add("ansatz", .string(settings.ansatz.rawValue))
    add("parameters", .integer(run.parameterCount))
    add("seed", Int(exactly: settings.seed).map { .integer($0) } ?? .string("\(settings.seed)"))
    add("threads", .integer(settings.threads ?? ProcessorCount.current.count))
    add("steps", .integer(run.trace.count))
    add("grow_from", .integer(settings.growFrom ?? 0))
    add("length", .integer(run.model.length))
    add("sites", .integer(run.model.siteCount))
    add("beta", .number(run.beta))
    add("coupling", .number(run.model.uniformCoupling))
    for (name, value) in final.numbers { add(name, .number(value)) }
    let names = Set(final.numbers.map(\.name))
    for key in ["free_energy_per_site", "free_energy_error", "exact_free_energy_per_site"]
    where !names.contains(key) { add(key, .null) }
    add("draws", .integer(final.draws))
    add("reliable", .bool(final.isReliable))
    add("wall_seconds", .number(seconds))
    add("output", .string(output))
    add(
      "warnings",
      .array((plan.warnings + final.warnings.map(withFlags)).map { .string($0) }))
    return .object(members)
  }

  func text(quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
      lines.append("")
      lines.append(row("", "estimate", "error", final.exact == nil ? "" : "exact"))
      let (nis, chain) = (final.importance, final.chain)
      let n = Double(run.model.siteCount)
      let exact = final.exact
      lines.append(
        row(
          "ln Z per site, weighted", nis.logPartition, 1 / n,
          exact.map { $0.logPartitionFunction / n }))
      lines.append(row("energy per site", nis.energy, 1, exact?.energy))
      lines.append(row("specific heat", nis.specificHeat, 1, exact?.specificHeat))
      lines.append(row("|M| per site", nis.magnetization, 1, nil))
      lines.append(row("entropy per site", nis.entropy, 1, exact?.entropy))
      lines.append(row("energy, chain", chain.energy, 1, exact?.energy))
      lines.append(row("specific heat, chain", chain.specificHeat, 1, exact?.specificHeat))
      lines.append(row("|M|, chain", chain.magnetization, 1, nil))
      lines.append("")
      for (name, value) in details {
        lines.append(name.padding(toLength: 26, withPad: " ", startingAt: 0) + value)
      }
    }
    let doubt = final.isReliable ? "" : "  NOT CONVERGED"
    let beta = run.beta
    if beta > 0 {
      let scale = 1 / (beta * Double(run.model.siteCount))
      lines.append(
        "FREE ENERGY PER SITE  "
          + String(
            format: "%.8f J  +/- %.8f", final.freeEnergy.value * scale,
            final.freeEnergy.error * scale) + doubt)
    } else {
      lines.append(
        "VARIATIONAL FREE ENERGY  "
          + String(format: "%.8f kT  +/- %.8f", final.freeEnergy.value, final.freeEnergy.error)
          + doubt)
    }
    return lines.joined(separator: "\n")
  }

  private var details: [(String, String)] {
    var rows: [(String, String)] = [
      ("steps", "\(run.trace.count)"),
      (
        "Kullback-Leibler, nats",
        String(format: "%.4f +/- %.4f", final.divergence.value, final.divergence.error)
          + (final.exact == nil ? ", by the weighted ln Z" : "")
      ),
    ]
    if let exact = final.exact, exact.logPartitionFunction != 0 {
      rows.append(
        (
          "relative error of F",
          String(format: "%.2e", final.divergence.value / abs(exact.logPartitionFunction))
        ))
    }
    rows += [
      (
        "effective sample size",
        String(format: "%.3f of %d draws", final.importance.effectiveShare, final.draws)
      ), ("acceptance", String(format: "%.3f", final.chain.acceptance)),
      ("autocorrelation time", String(format: "%.2f", final.chain.autocorrelationTime)),
      ("time", String(format: "%.1f s", seconds)),
    ]
    if let output { rows.append(("result", output)) }
    return rows
  }

  private func row(_ name: String, _ value: String, _ error: String, _ exact: String) -> String {
    func right(_ text: String) -> String {
      String(repeating: " ", count: max(1, 15 - text.count)) + text
    }
    let line =
      name.padding(toLength: 26, withPad: " ", startingAt: 0) + right(value) + right(error)
    return exact.isEmpty ? line : line + right(exact)
  }

  private func row(
    _ name: String, _ estimate: FreeEnergyResult.Estimate, _ scale: Double, _ exact: Double?
  ) -> String {
    row(
      name, String(format: "%.8f", estimate.value * scale),
      String(format: "%.8f", estimate.error * abs(scale)),
      exact.map { String(format: "%.8f", $0) } ?? "")
  }
}
