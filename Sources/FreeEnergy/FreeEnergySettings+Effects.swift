extension FreeEnergySettings {
  /// Throws where something that is set has no effect.
  ///
  /// - Parameters:
  ///   - length: L.
  ///   - isUniform: Whether all couplings are the same.
  /// - Throws: ``FreeEnergyError`` with the first one.
  func checkEffects(length: Int, isUniform: Bool) throws(FreeEnergyError) {
    let all = resolved(length: length, isUniform: isUniform)
    func refuse(_ name: String, _ isSet: Bool, _ reason: String) throws(FreeEnergyError) {
      if isSet { throw FreeEnergyError("`\(name)` has no effect \(reason); leave it out") }
    }
    if all.optimizer == .adam {
      try refuse("alpha", alpha != nil, "with `optimizer` adam")
      try refuse("shift", shift != nil, "with `optimizer` adam")
      try refuse("maximum-step", maximumStep != nil, "with `optimizer` adam")
    }
    if all.rewards == .whole {
      try refuse("block-samples", blockSamples != nil, "with `rewards` whole")
      try refuse("repeats", repeats != nil, "with `rewards` whole")
    }
    if all.growFrom == 0 {
      try refuse("grow-steps", growSteps != nil, "without `grow-from`")
    }
    if ansatz != .han {
      try refuse("heat-bath", heatBathSide != nil, "with `ansatz` \(ansatz.rawValue)")
    }
    if ansatz.isDecoder {
      try refuse("hidden-factor", hiddenFactor != nil, "with `ansatz` \(ansatz.rawValue)")
      try refuse("direct", direct != nil, "with `ansatz` \(ansatz.rawValue)")
    }
    if ansatz != .transformer && ansatz != .retnet {
      try refuse("width", width != nil, "with `ansatz` \(ansatz.rawValue)")
      try refuse("heads", heads != nil, "with `ansatz` \(ansatz.rawValue)")
      try refuse("layers", layers != nil, "with `ansatz` \(ansatz.rawValue)")
    }
    if all.annealing != .linear {
      try refuse("beta-steps", annealingSteps != nil, "unless `beta-annealing` is linear")
    }
    if all.annealing != .geometric {
      try refuse("beta-base", annealingBase != nil, "unless `beta-annealing` is geometric")
    }
    if let side = heatBathSide, ansatz == .han, side > max(1, length / 2 - 1) {
      throw FreeEnergyError("`heat-bath` \(side) is larger than the blocks of length \(length)")
    }
  }
}
