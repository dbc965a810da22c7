internal import Hamiltonians

extension FreeEnergySettings {
  /// Throws where a setting or the model is out of range, or settings exclude each other.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - beta: β.
  /// - Throws: ``FreeEnergyError`` with what is wrong, and what to do.
  func check(_ model: ClassicalIsing, beta: Double) throws(FreeEnergyError) {
    let length = model.length
    guard beta.isFinite, beta >= 0 else {
      throw FreeEnergyError("β must be a finite number of at least 0, not \(beta)")
    }
    try checkNumbers()
    guard model.largestCoupling == 0 || (1e-3...1e6).contains(model.largestCoupling) else {
      throw FreeEnergyError(
        "the largest coupling is \(model.largestCoupling): give couplings in units in which it is between 0.001 and "
          + "1000000")
    }
    let largest = beta * model.largestCoupling
    guard largest <= 20 else {
      throw FreeEnergyError(
        "β times the largest coupling is \(largest): above 20 only ground states are left")
    }
    if ansatz == .han {
      guard length >= 4, length <= 512, length & (length - 1) == 0 else {
        throw FreeEnergyError(
          "the length is \(length): `ansatz` han needs a power of two from 4 to 512; `van` takes others"
        )
      }
      if checkerboard { throw FreeEnergyError("`checkerboard` is for `ansatz` van") }
    } else {
      guard length <= 64 else {
        throw FreeEnergyError(
          "the length is \(length): `ansatz` \(ansatz.rawValue) takes at most 64; take han")
      }
      if checkerboard, ansatz != .van {
        throw FreeEnergyError("`checkerboard` is for `ansatz` van")
      }
      if checkerboard, length % 2 == 1 {
        throw FreeEnergyError("`checkerboard` needs an even length, not \(length)")
      }
    }
    if ansatz.isDecoder, rewards == .local {
      throw FreeEnergyError("`ansatz` \(ansatz.rawValue) has no blocks: it needs `rewards` whole")
    }
    if let width, let heads, width % (2 * heads) != 0 {
      throw FreeEnergyError("`width` must be a multiple of twice `heads`, not \(width) of \(heads)")
    }
    if let side = heatBathSide, ansatz == .han {
      guard [1, 3, 7].contains(side) else {
        throw FreeEnergyError("`heat-bath` must be 1, 3 or 7, not \(side)")
      }
    }
    if optimizer == .sr, rewards == .whole {
      throw FreeEnergyError(
        "`optimizer` sr needs `rewards` local; take adam, or no average over images")
    }
    if symmetry?.isAverage == true, rewards == .local {
      throw FreeEnergyError(
        "`symmetry` \(symmetry?.rawValue ?? "") averages over whole configurations, which needs `rewards` "
          + "whole; take gauge with local ones")
    }
    if optimizer == .adam, rewards == .local {
      throw FreeEnergyError("`rewards` local needs `optimizer` sr")
    }
    if symmetry == .z2Rows || symmetry == .z2Translations, model.uniformCoupling == nil {
      throw FreeEnergyError("shifts are no symmetry of couplings from a file; take `symmetry` z2")
    }
    try checkGrowth(model)
  }

  /// Throws where networks cannot be taken over from shorter lattices.
  private func checkGrowth(_ model: ClassicalIsing) throws(FreeEnergyError) {
    if let images, images > 1 {
      guard rewards == .local, model.uniformCoupling != nil else {
        throw FreeEnergyError("`images` needs `rewards` local and equal couplings")
      }
      guard let samples, samples % 16 == 0 else {
        throw FreeEnergyError("`samples` must be a multiple of 16 with `images`, or `images` 1")
      }
    }
    guard let growFrom, growFrom != 0 else { return }
    guard ansatz == .han, rewards == .local else {
      throw FreeEnergyError(
        "`grow-from` needs `ansatz` han and `rewards` local: only networks of blocks can be taken over"
      )
    }
    guard model.uniformCoupling != nil else {
      throw FreeEnergyError(
        "`grow-from` needs equal couplings: with others every block has its own network")
    }
    guard growFrom >= 8, growFrom & (growFrom - 1) == 0, growFrom < model.length else {
      throw FreeEnergyError(
        "`grow-from` must be 0 or a power of two from 8 on and below the length \(model.length), not \(growFrom)"
      )
    }
    if let heatBathSide, growFrom / 2 - 1 <= heatBathSide {
      throw FreeEnergyError(
        "`grow-from` \(growFrom) has no networks of blocks beside `heat-bath` \(heatBathSide): take at least "
          + "\(4 * heatBathSide + 4)")
    }
  }

  private func checkNumbers() throws(FreeEnergyError) {
    func check<Value: Comparable>(
      _ name: String, _ value: Value?, _ range: ClosedRange<Value>
    ) throws(FreeEnergyError) {
      if let value, !range.contains(value) {
        throw FreeEnergyError(
          "`\(name)` must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
      }
    }
    try check("hidden-factor", hiddenFactor, 1...16)
    try check("width", width, 2...4096)
    try check("heads", heads, 1...64)
    try check("layers", layers, 1...64)
    try check("learning-rate", learningRate, 1e-9...10)
    try check("learning-rate-end", learningRateEnd, 1e-9...1)
    try check("momentum", momentum, 0...0.9999)
    try check("shift", shift, 1e-9...10)
    try check("maximum-step", maximumStep, 1e-9...100)
    try check("alpha", alpha, 0...1)
    try check("samples", samples, 2...65_536)
    try check("images", images, 1...32)
    try check("grow-steps", growSteps, 1...1_000_000_000)
    try check("block-samples", blockSamples, 2...65_536)
    // Groups fill batches of a multiple of sixteen rows.
    if let repeats, ![2, 4, 8, 16].contains(repeats) {
      throw FreeEnergyError("`repeats` must be 2, 4, 8 or 16, not \(repeats)")
    }
    try check("steps", steps, 0...1_000_000_000)
    try check("beta-steps", annealingSteps, 1...1_000_000_000)
    try check("beta-base", annealingBase, 0...0.999999999)
    try check("final-draws", finalDraws, 2...1 << 26)
    try check("threads", threads, 1...1024)
    try check("leading", leading, 0...65_536)
    if let samples, let repeats, rewards == .local, (blockSamples ?? samples) < repeats {
      throw FreeEnergyError("`block-samples` must be at least `repeats`, \(repeats)")
    }
  }
}
