internal import Configurations
internal import Hamiltonians
internal import NeuralNetworks
internal import Optimization
internal import WaveFunctions

extension VariationalMonteCarlo {
  func snapshot() -> Snapshot {
    var scalars = ["shift": optimizer.shift, "seconds": seconds]
    if let energy = optimizer.previousEnergy { scalars["previousEnergy"] = energy }
    if let irrep = context.irrep { scalars["irrep"] = Double(irrep) }
    if let adam = optimizer.adam { scalars["adamSteps"] = Double(adam.stepCount) }
    return Snapshot(
      step: trace.count,
      parameters: named("amplitude/", waveFunction.network.layout, waveFunction.amplitudeParameters)
        + named("phase/", waveFunction.phaseNetwork.layout, waveFunction.phaseParameters),
      optimizer: optimizerArrays.map { name, values in
        Snapshot.Array32(name: name, shape: [values.count], values: values)
      },
      scalars: scalars, trace: trace, spinFlipParity: waveFunction.space.spinFlipParity,
      symmetries: waveFunction.space.symmetries)
  }

  /// Puts the run where it was when a snapshot was taken.
  func restore(_ snapshot: Snapshot) throws(TrainingError) {
    waveFunction.amplitudeParameters = try values(
      snapshot.parameters, "amplitude/", waveFunction.network.layout)
    waveFunction.phaseParameters = try values(
      snapshot.parameters, "phase/", waveFunction.phaseNetwork.layout)
    func array(_ name: String, count: Int?) throws(TrainingError) -> [Float] {
      guard let found = snapshot.optimizer.first(where: { $0.name == name }),
        count.map({ found.values.count == $0 }) ?? true
      else {
        throw TrainingError(
          .snapshotMismatch,
          "the checkpoint has no optimiser array \(name) of this length: it was written by a "
            + "run with another --optimizer or another network")
      }
      return found.values
    }
    for (name, values) in optimizerArrays {
      let isOptional = name.hasSuffix("-before")
      let restored = try array(name, count: isOptional ? nil : values.count)
      switch name {
      case "amplitude-before": optimizer.amplitudeBefore = restored
      case "phase-before": optimizer.phaseBefore = restored
      case "amplitude-step": optimizer.amplitudeStep = restored
      case "phase-step": optimizer.phaseStep = restored
      case "adam-first": optimizer.adam?.first = restored
      default: optimizer.adam?.second = restored
      }
    }
    optimizer.shift = snapshot.scalars["shift"] ?? optimizer.shift
    optimizer.previousEnergy = snapshot.scalars["previousEnergy"]
    optimizer.adam?.stepCount = Int(snapshot.scalars["adamSteps"] ?? 0)
    guard snapshot.trace.count == snapshot.step else {
      throw TrainingError(
        .snapshotMismatch,
        "the checkpoint is of step \(snapshot.step) but its trace has \(snapshot.trace.count) rows")
    }
    trace = snapshot.trace
    secondsBefore = snapshot.scalars["seconds"] ?? 0
    restartClock()
  }

  private var optimizerArrays: [(String, [Float])] {
    if let adam = optimizer.adam {
      return [("adam-first", adam.first), ("adam-second", adam.second)]
    }
    return [
      ("amplitude-step", optimizer.amplitudeStep), ("phase-step", optimizer.phaseStep),
      ("amplitude-before", optimizer.amplitudeBefore), ("phase-before", optimizer.phaseBefore),
    ]
  }

  private func named(
    _ prefix: String, _ layout: ParameterLayout, _ parameters: [Float]
  ) -> [Snapshot.Array32] {
    layout.entries.map {
      Snapshot.Array32(
        name: prefix + $0.name, shape: $0.shape,
        values: Array(parameters[$0.offset..<$0.offset + $0.count]))
    }
  }

  private func values(
    _ arrays: [Snapshot.Array32], _ prefix: String, _ layout: ParameterLayout
  ) throws(TrainingError) -> [Float] {
    var values = [Float](repeating: 0, count: layout.count)
    for entry in layout.entries {
      guard let array = arrays.first(where: { $0.name == prefix + entry.name }),
        array.values.count == entry.count
      else {
        throw TrainingError(
          .snapshotMismatch,
          "the checkpoint has no parameters \(prefix + entry.name) of shape \(entry.shape): it belongs "
            + "to another problem or another network")
      }
      values.replaceSubrange(entry.offset..<entry.offset + entry.count, with: array.values)
    }
    return values
  }
}
