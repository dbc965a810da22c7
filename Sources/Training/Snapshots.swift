internal import Configurations
internal import NeuralNetworks
internal import Optimization
internal import WaveFunctions

extension VariationalMonteCarlo {
  var problem: Problem? { context.problem }

  func snapshot() -> Snapshot {
    let state = rule.state
    var scalars = state.scalars
    scalars["seconds"] = seconds
    scalars["upperBound"] = upperBound
    scalars["closeSectors"] = Double(closeSectorCount)
    // The sector of a molecule; a run that goes on or is read must not look for it again.
    if waveFunction.space.kind == .electrons {
      scalars["irrep"] = waveFunction.space.irrep.map(Double.init) ?? -1
    }
    return Snapshot(
      step: trace.count,
      parameters: waveFunction.blocks.flatMap { block in
        block.layout.entries.map { entry in
          let start = block.range.lowerBound + entry.offset
          return Snapshot.Array32(
            name: block.name + "/" + entry.name, shape: entry.shape,
            values: Array(waveFunction.parameters[start..<start + entry.count]))
        }
      },
      optimizer: state.arrays.map {
        Snapshot.Array32(name: $0.name, shape: [$0.values.count], values: $0.values)
      },
      scalars: scalars, trace: trace, spinFlipParity: waveFunction.space.spinFlipParity,
      symmetries: waveFunction.space.symmetries)
  }

  /// Puts the run where it was when a snapshot was taken.
  func restore(_ snapshot: Snapshot) throws(TrainingError) {
    try checkFinite(snapshot)
    waveFunction.parameters = try waveFunction.parameters(of: snapshot)
    rule.state = try ruleState(of: snapshot)
    guard snapshot.trace.count == snapshot.step else {
      throw TrainingError(
        .snapshotMismatch,
        "the checkpoint is of step \(snapshot.step) but its trace has \(snapshot.trace.count) rows")
    }
    trace = snapshot.trace
    // Files without them have had their sectors compared again.
    upperBound = snapshot.scalars["upperBound"] ?? upperBound
    closeSectorCount =
      snapshot.scalars["closeSectors"].flatMap { Int(exactly: $0) } ?? closeSectorCount
    secondsBefore = snapshot.scalars["seconds"] ?? 0
    restartClock()
  }

  /// Throws where a number that steps start from is not finite.
  private func checkFinite(_ snapshot: Snapshot) throws(TrainingError) {
    func check(_ name: String, _ bad: Int, of count: Int) throws(TrainingError) {
      if bad == 0 { return }
      throw TrainingError(
        .notFinite,
        "the checkpoint's \(name) has \(bad) of \(count) values that are not finite numbers: the run "
          + "has diverged or the file is damaged. Use an older copy, or start anew with a smaller "
          + "`learning-rate`")
    }
    for (folder, arrays) in [
      ("parameters", snapshot.parameters), ("optimizer/arrays", snapshot.optimizer),
    ] {
      for array in arrays {
        let bad = array.values.count { !$0.isFinite }
        try check("\(folder)/\(array.name)", bad, of: array.values.count)
      }
    }
    for (name, value) in snapshot.scalars.sorted(by: { $0.key < $1.key }) where !value.isFinite {
      try check("optimizer scalar \(name)", 1, of: 1)
    }
  }

  private func ruleState(of snapshot: Snapshot) throws(TrainingError) -> StepRuleState {
    var state = StepRuleState(scalars: snapshot.scalars)
    for (name, values) in rule.state.arrays.map({ ($0.name, $0.values) }) {
      // An array that a fresh optimiser has not got yet may have any length.
      guard let found = snapshot.optimizer.first(where: { $0.name == name }),
        values.isEmpty || found.values.count == values.count
      else {
        throw TrainingError(
          .snapshotMismatch,
          "the checkpoint has no optimiser array \(name) of this length: it was written by a "
            + "run with another `optimizer` or another network")
      }
      state.arrays.append(NamedArray(name: name, values: found.values))
    }
    return state
  }
}

extension WaveFunction {
  /// Returns the parameters that a snapshot holds, in this wave function's order.
  func parameters(of snapshot: Snapshot) throws(TrainingError) -> [Float] {
    var values = parameters
    for block in blocks {
      for entry in block.layout.entries {
        let name = block.name + "/" + entry.name
        guard let array = snapshot.parameters.first(where: { $0.name == name }),
          array.values.count == entry.count
        else {
          throw TrainingError(
            .snapshotMismatch,
            "the checkpoint has no parameters \(name) of shape \(entry.shape): it belongs "
              + "to another problem or another network")
        }
        let start = block.range.lowerBound + entry.offset
        values.replaceSubrange(start..<start + entry.count, with: array.values)
      }
    }
    return values
  }
}
