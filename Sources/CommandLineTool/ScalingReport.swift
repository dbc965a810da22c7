internal import Foundation
internal import ScalingLaws

/// The fits of all families beside the published ones.
struct ScalingReport {
  /// One family with its fit, or why there is none.
  struct Entry {
    let family: ScalingFamily
    let fit: ScalingFit?
    let refusal: String?
  }

  let families: [Entry]
  let failed: [FailedRun]

  init(_ families: [ScalingFamily], failed: [FailedRun]) {
    self.families = families.map { family in
      do throws(ScalingFitError) {
        return Entry(family: family, fit: try ScalingFit(family), refusal: nil)
      } catch {
        return Entry(family: family, fit: nil, refusal: error.description)
      }
    }
    self.failed = failed
  }

  /// What a reader must know before using the numbers.
  var notices: [String] {
    var lines = failed.map { "left out: \($0.name): \($0.reason)" }
    for entry in families {
      let name = entry.family.hamiltonian
      if let refusal = entry.refusal { lines.append("\(name): not fitted: \(refusal)") }
      if entry.fit != nil, entry.fit?.beta == nil {
        lines.append("\(name): one size only, so beta is not known and ln A holds beta ln N")
      }
      let rows = entry.family.points.flatMap { $0.kept + $0.dropped }
      let warned = rows.filter(\.hasWarnings).count
      if warned > 0 {
        lines.append(
          "\(name): \(warned) of \(rows.count) runs have warnings, such as a V-score above 0.1; their rows say which"
        )
      }
      if let fit = entry.fit, fit.alpha.value < 2 * fit.alpha.error {
        lines.append(
          "\(name): alpha does not differ from zero within two errors: no power law is seen")
      }
      let counts = Set(entry.family.points.map { $0.kept.count + $0.dropped.count })
      if counts.contains(1) {
        lines.append(
          "\(name): some points have one seed, whose spread is "
            + (entry.family.pooledSpread == nil
              ? "not known: errors are statistical only" : "taken from the other points"))
      }
      if let fit = entry.fit, let sum = fit.chiSquare, fit.degreesOfFreedom > 0,
        sum / Double(fit.degreesOfFreedom) > 3
      {
        lines.append(
          "\(name): the points do not follow one law within their errors (chi^2/dof = "
            + String(format: "%.1f", sum / Double(fit.degreesOfFreedom)) + "); errors are scaled up"
        )
      }
    }
    return lines
  }

  // MARK: - Text

  func text(quiet: Bool) -> String {
    families.map { text(of: $0, quiet: quiet) }.joined(separator: "\n\n")
  }

  private func text(of entry: Entry, quiet: Bool) -> String {
    let family = entry.family
    var lines = [family.hamiltonian + (family.conditions.isEmpty ? "" : "  (\(family.conditions))")]
    if !quiet { lines += table(of: family) }
    guard let fit = entry.fit else { return lines.joined(separator: "\n") }
    let published = PublishedExponents.row(of: family.hamiltonian)
    lines.append(row("", "here", published == nil ? "" : "arXiv:2606.02794"))
    lines.append(row("alpha", Self.text(fit.alpha), Self.text(published?.alpha)))
    lines.append(
      row("beta", fit.beta.map { Self.text($0) } ?? "not known", Self.text(published?.beta)))
    if let beta = fit.beta {
      lines.append(
        row(
          "beta / alpha", Self.fixed(beta.value / fit.alpha.value),
          published.map { Self.fixed($0.beta.value / $0.alpha.value) } ?? ""))
    }
    lines.append(
      row("ln A, f = C N_opt", Self.text(fit.logPrefactor), Self.text(published?.logPrefactor)))
    if let samples = family.samples {
      lines.append(
        row("ln A, f = C M N_opt", Self.fixed(fit.logPrefactor(samples: samples), 2), ""))
    }
    lines.append(row("chi^2 / dof", Self.goodness(of: fit), ""))
    lines.append(
      row(
        "errors of alpha",
        "noise \(Self.fixed(fit.alphaNoiseError, 3))"
          + (fit.alphaSeedError.map { ", seeds \(Self.fixed($0, 3))" } ?? ""), ""))
    return lines.joined(separator: "\n")
  }

  private func table(of family: ScalingFamily) -> [String] {
    let width = max(8, family.points.map(\.best.architecture.count).max() ?? 0)
    let head = "   N  " + "network".padding(toLength: width, withPad: " ", startingAt: 0)
    var lines = [head + "          C      C N_opt    V-score      error  seeds"]
    for (point, error) in zip(family.points, family.errors) {
      func scores(_ rows: [ScalingRow]) -> String {
        rows.map { "\($0.seed): " + String(format: "%.3e", $0.vScore) }.joined(separator: ", ")
      }
      let dropped = point.dropped.isEmpty ? "" : " (dropped \(scores(point.dropped)))"
      lines.append(
        String(format: "%4d  ", point.best.sites)
          + point.best.architecture.padding(toLength: width, withPad: " ", startingAt: 0)
          + String(
            format: "  %9.3e  %9.3e  %9.3e  %9.1e  ", point.best.forwardOperations,
            point.best.operations, point.vScore, point.vScore * error) + scores(point.kept)
          + dropped
      )
    }
    return lines + [""]
  }

  private func row(_ name: String, _ here: String, _ there: String) -> String {
    let text =
      name.padding(toLength: 22, withPad: " ", startingAt: 0)
      + (there.isEmpty ? here : here.padding(toLength: 28, withPad: " ", startingAt: 0) + there)
    return text
  }

  private static func goodness(of fit: ScalingFit) -> String {
    guard let sum = fit.chiSquare else { return "points have no errors; from their scatter" }
    guard fit.degreesOfFreedom > 0 else {
      return "no test of the law: as many points as parameters"
    }
    let dof = fit.degreesOfFreedom
    return String(format: "%.2f / %d = %.2f", sum, dof, sum / Double(dof))
  }

  private static func text(_ estimate: Estimate?) -> String {
    estimate.map { "\(fixed($0.value)) +/- \(fixed($0.error))" } ?? ""
  }

  private static func fixed(_ value: Double, _ decimals: Int = 3) -> String {
    String(format: "%.\(decimals)f", value)
  }

  // MARK: - JSON

  var json: JSONValue {
    .object([
      "program": .string("qchem-nqs"), "version": .string(programVersion),
      "families": .array(families.map { json(of: $0) }),
      "left_out": .array(
        failed.map { .object(["name": .string($0.name), "reason": .string($0.reason)]) }),
      "notices": .array(notices.map { .string($0) }),
    ])
  }

  private func json(of entry: Entry) -> JSONValue {
    let family = entry.family
    var members: [JSONValue.Member] = []
    func add(_ key: String, _ value: JSONValue) { members.append(.init(key: key, value: value)) }
    add("hamiltonian", .string(family.hamiltonian))
    add("conditions", .string(family.conditions))
    add("refused", .string(entry.refusal))
    if let fit = entry.fit {
      for (name, estimate) in [
        ("alpha", fit.alpha), ("beta", fit.beta), ("log_prefactor", fit.logPrefactor),
      ] as [(String, Estimate?)] {
        add(name, .number(estimate?.value))
        add(name + "_error", .number(estimate?.error))
      }
      add(
        "log_prefactor_with_samples",
        .number(family.samples.map { fit.logPrefactor(samples: $0) }))
      add("chi_square", .number(fit.chiSquare))
      add("degrees_of_freedom", .integer(fit.degreesOfFreedom))
      add("alpha_noise_error", .number(fit.alphaNoiseError))
      add("alpha_seed_error", .number(fit.alphaSeedError))
    }
    if let published = PublishedExponents.row(of: family.hamiltonian) {
      add(
        "published",
        .object([
          "alpha": .number(published.alpha.value), "alpha_error": .number(published.alpha.error),
          "beta": .number(published.beta.value), "beta_error": .number(published.beta.error),
          "log_prefactor": .number(published.logPrefactor.value),
          "log_prefactor_error": .number(published.logPrefactor.error),
        ]))
    }
    add(
      "points",
      .array(
        zip(family.points, family.errors).map { point, error in
          .object([
            "sites": .integer(point.best.sites), "network": .string(point.best.architecture),
            "forward_operations": .number(point.best.forwardOperations),
            "operations": .number(point.best.operations), "v_score": .number(point.vScore),
            "v_score_error": .number(point.vScore * error), "kept": scores(point.kept),
            "dropped": scores(point.dropped),
          ])
        }))
    return .object(members)
  }

  private func scores(_ rows: [ScalingRow]) -> JSONValue {
    .array(
      rows.map {
        .object([
          "seed": .string($0.seed), "v_score": .number($0.vScore),
          "v_score_error": .number($0.vScoreError),
        ])
      })
  }
}
