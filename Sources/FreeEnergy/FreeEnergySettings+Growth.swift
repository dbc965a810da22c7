internal import SpinDistributions

/// The steps that a run takes on a torus of one length.
public struct GrowthStage: Sendable, Hashable {
  /// The length.
  public let length: Int
  /// The number of steps before.
  public let offset: Int
  /// The number of steps.
  public let steps: Int
}

extension FreeEnergySettings {
  /// The lengths that a run goes through, each twice the one before, and the one asked for last.
  ///
  /// Given its border, the inside of a block does not depend on the length. So networks of blocks go on as they
  /// are, and only those of the outermost lines and of the largest blocks are new.
  ///
  /// - Parameter length: The length asked for.
  /// - Returns: The stages of settings that are resolved.
  public func stages(length: Int) -> [GrowthStage] {
    var stages: [GrowthStage] = []
    var offset = 0
    if let growFrom, growFrom > 0 {
      for shorter in sequence(first: growFrom, next: { 2 * $0 }).prefix(while: { $0 < length }) {
        stages.append(GrowthStage(length: shorter, offset: offset, steps: growSteps ?? 0))
        offset += growSteps ?? 0
      }
    }
    return stages + [GrowthStage(length: length, offset: offset, steps: steps ?? 0)]
  }

  /// β at a step of a stage, counted from 1 there.
  ///
  /// It rises in the first stage; later ones begin with networks that are trained for the final value.
  func beta(at step: Int, of stage: GrowthStage, final beta: Double) -> Double {
    stage.offset == 0 ? self.beta(at: step, final: beta) : beta
  }

  /// The size of the network of blocks of a side, which is the same in a torus of any length.
  func networkOptions(side: Int) -> HierarchicalDistribution.NetworkOptions {
    HierarchicalDistribution.NetworkOptions(
      factor: hiddenFactor ?? (side <= Self.smallLength ? 2 : 1), direct: direct ?? false,
      startsUniform: preset == .default)
  }

  /// The order in which spins of a torus are drawn.
  func hierarchy(length: Int) -> TorusHierarchy {
    ansatz == .han
      ? .crosses(length: length, heatBathSide: heatBathSide ?? 1)
      : .rows(length: length, checkerboard: checkerboard)
  }
}
