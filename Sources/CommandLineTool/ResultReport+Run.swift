internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import Results
internal import Training

/// Results of autoregressive networks.
extension ResultReport {
  mutating func addRun(
    _ record: RunRecord, _ path: String, _ pointGroup: String?, _ leading: Int
  ) throws(ToolError) {
    let names = try Self.irrepNames(record.problem, pointGroup, path)
    trace = TraceTable(record.snapshot.trace)
    let seconds = record.snapshot.trace.last?.seconds ?? 0
    var rows = originRows(record.provenance, path: path, problem: problemText(record, names))
    rows.append(
      (
        "network",
        "\(record.settings.ansatz.kind.rawValue), \(record.parameterCount) parameters, "
          + "\(countText(record.sectorDimension)) configurations in the sector"
      ))
    add("kind", .string(record.problem.positionsName == "orbitals" ? "molecule" : "lattice"))
    if let final = record.final {
      let summary = SolveSummary(
        run: RunFacts(record), final: final, problem: record.problem,
        problemName: record.problemName, warnings: [], output: nil, seconds: seconds)
      if case .object(let all) = summary.json {
        let known = Set(members.map(\.key)).union(["threads", "wall_seconds", "output", "warnings"])
        members += all.filter { !known.contains($0.key) }
      }
      rows += [
        (
          "convergence",
          final.isConverged
            ? "converged: rest, residual and remaining error are within the tolerance"
            : final.warnings.isEmpty ? "NOT CONVERGED" : "NOT CONVERGED: see the warnings"
        )
      ]
      rows += summary.rows.filter { !["steps", "time", "result"].contains($0.0) }
      rows.append(("time", String(format: "%d steps in %.1f s", summary.run.stepCount, seconds)))
      add(section: nil, rows: rows)
      add(section: nil, summary.energyLines)
    } else {
      rows.append(("evaluation", Self.unfinished(record.snapshot.step, path)))
      if let last = record.snapshot.trace.last {
        rows.append(
          (
            "last step",
            String(format: "%.10f \(record.problem.unit) +/- %.1e", last.energy, last.error)
          ))
      }
      add("problem", .string(record.problemName))
      add("steps", .integer(record.snapshot.trace.count))
      add("converged", .bool(false))
      add("energy", .null)
      add(section: nil, rows: rows)
    }
    add("train_seconds", .number(seconds))
    addState(record, names)
    addWarnings(record.final?.warnings ?? [])
    addLeading(record, names, leading)
    addOccupations(record.final?.observables?.natural?.occupations)
    addSettings(
      StoredSettings.entries(
        record.settings, problem: record.problem, sectorDimension: record.sectorDimension))
  }

  /// Returns the names of irreps, by those of a point group that the user gave where there is one.
  static func irrepNames(
    _ problem: Problem, _ pointGroup: String?, _ path: String
  ) throws(ToolError) -> [String]? {
    guard case .molecule(let integrals, _) = problem else {
      if pointGroup != nil {
        throw ToolError("--point-group is for molecules, and \(path) is of a lattice.")
      }
      return nil
    }
    // Who names the group wants names: an FCIDUMP's own numbers are Molpro's.
    let names = IrrepNames.names(
      of: integrals, pointGroup: pointGroup, assuming: pointGroup == nil ? nil : .molpro)
    if let pointGroup, names == nil {
      throw ToolError(
        "--point-group \(pointGroup): "
          + (integrals.orbitalIrreps == nil
            ? "the orbitals of \(path) have no irreps"
            : "the irreps of \(path) are not those of such a group; known are "
              + IrrepNames.groupNames.joined(separator: ", "))
          + "; leave --point-group out.")
    }
    return names
  }

  private func problemText(_ record: RunRecord, _ names: [String]?) -> String {
    guard case .molecule(let integrals, _) = record.problem else { return record.problemName }
    let group = integrals.pointGroup.map { ", point group \($0)" } ?? ""
    return "\(record.problemName): \(integrals.orbitalCount) orbitals, \(integrals.alphaCount) α + "
      + "\(integrals.betaCount) β electrons\(group)"
  }

  /// Adds the irreps of orbitals and state, and the symmetries imposed.
  private mutating func addState(_ record: RunRecord, _ names: [String]?) {
    var rows: [(String, String)] = []
    let parity = record.snapshot.spinFlipParity
    add("spin_flip_parity", .integer(parity))
    if case .molecule(let integrals, _) = record.problem {
      let labels = integrals.orbitalIrreps
      if let kind = integrals.basis?.kind.rawValue {
        rows.append(("orbitals", "\(kind), not those of the input"))
      }
      func name(_ label: UInt8) -> String {
        names.map { $0[Int(label)] } ?? String(Int(label) + 1)
      }
      add("orbital_irreps", labels.map { .array($0.map { .string(name($0)) }) } ?? .null)
      if let labels {
        rows.append(("orbital irreps", labels.map(name).joined(separator: " ")))
        if names != nil, integrals.irrepNumbering == nil {
          rows.append(
            ("", "named as if ORBSYM had Molpro's numbers, which the integrals leave open"))
        }
      }
      let irrep = record.snapshot.scalars["irrep"].flatMap { Int(exactly: $0) }
      let imposed = irrep.flatMap { (0..<8).contains($0) && labels != nil ? name(UInt8($0)) : nil }
      add("state_irrep", .string(imposed))
      rows.append(("state's irrep", imposed ?? "not imposed"))
    } else {
      let count = record.snapshot.symmetries.count
      add("symmetries", .integer(count))
      rows.append(("symmetries", count == 0 ? "not imposed" : "\(count) imposed"))
    }
    if parity != 0 { rows.append(("spin flip", parity > 0 ? "even" : "odd")) }
    add(section: "state", rows: rows)
  }

  private mutating func addLeading(_ record: RunRecord, _ names: [String]?, _ limit: Int) {
    let all = (record.final?.leading ?? []).sorted { $0.logModulus > $1.logModulus }
    let shown = all.prefix(limit)
    var lines: [String] = []
    var values: [JSONValue] = []
    for sample in shown {
      let members = ResultFile.orbitSize(of: sample, in: record)
      let weight = exp(2 * sample.logModulus)
      let amplitude = exp(sample.logModulus)
      var line = String(format: "  %10.6f %4d  %8.4f  ", weight, members, sample.phase)
      var object: [JSONValue.Member] = [
        .init(key: "weight", value: .number(weight)),
        .init(key: "members", value: .integer(members)),
        .init(key: "modulus", value: .number(amplitude)),
        .init(key: "phase", value: .number(sample.phase)),
      ]
      switch record.problem {
      case .molecule(let integrals, _):
        let text = ConfigurationText.determinant(sample, orbitals: integrals.orbitalCount)
        line += text
        object.append(.init(key: "occupation", value: .string(text)))
        if let labels = integrals.orbitalIrreps {
          let label = ConfigurationText.irrep(sample, labels: labels)
          let name = names.map { $0[Int(label)] } ?? String(Int(label) + 1)
          line += "  \(name)"
          object.append(.init(key: "irrep", value: .string(name)))
        }
      case .lattice(let model):
        let text = ConfigurationText.spins(sample, sites: model.geometry.siteCount)
        line += text
        object.append(.init(key: "spins", value: .string(text)))
      }
      lines.append(line)
      values.append(.object(object))
    }
    add("leading", .array(values))
    if lines.isEmpty { return }
    let isMolecule = record.problem.positionsName == "orbitals"
    let what =
      isMolecule
      ? "leading determinants (2, a, b, 0 for each orbital; as many members have the same weight by symmetry)"
      : "leading configurations (1 up, 0 down for each site; as many members have the same weight by symmetry)"
    add(section: what, ["      weight  members   phase"] + lines)
  }

  /// Adds natural occupations.
  mutating func addOccupations(_ occupations: [Double]?) {
    guard let occupations else { return }
    if !members.contains(where: { $0.key == "natural_occupations" }) {
      add("natural_occupations", .array(occupations.map { .number($0) }))
    }
    let lines = stride(from: 0, to: occupations.count, by: 10).map { start in
      "  "
        + occupations[start..<min(start + 10, occupations.count)]
        .map { String(format: "%.4f", $0) }.joined(separator: "  ")
    }
    add(section: "natural occupations", lines)
  }
}

extension Problem {
  /// What configurations have bits for.
  var positionsName: String {
    switch self {
    case .molecule: "orbitals"
    case .lattice: "sites"
    }
  }
}
