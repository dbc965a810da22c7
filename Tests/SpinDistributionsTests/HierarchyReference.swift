import Configurations
import Foundation
import Hamiltonians
import NeuralNetworks
import SpinDistributions

/// A distribution beside its oracle.
struct HierarchyCase {
  var distribution: HierarchicalDistribution

  var model: ClassicalIsing { distribution.model }
  var sites: Int { distribution.model.siteCount }
  var isSymmetric: Bool { distribution.spinFlip == .gauge }

  init(
    _ model: ClassicalIsing, _ hierarchy: TorusHierarchy, _ spinFlip: SpinFlipTreatment,
    beta: Double = 0.4, noise: Double = 0.2, seed: UInt64 = 1
  ) {
    var random = RandomSource(seed: seed)
    distribution = HierarchicalDistribution(
      model: model, beta: beta, hierarchy: hierarchy, spinFlip: spinFlip,
      options: .init(factor: 1, direct: seed % 2 == 0, startsUniform: noise == 0), random: &random)
    for network in distribution.parameters.indices {
      for index in distribution.parameters[network].indices {
        distribution.parameters[network][index] += Float(noise * random.normal())
      }
    }
  }

  func workspace(_ capacity: Int) -> HierarchyWorkspace {
    HierarchyWorkspace(distribution, capacity: capacity)
  }

  /// Samples; spins `[L², count]`.
  func sample(
    _ count: Int, seed: UInt64, in workspace: HierarchyWorkspace? = nil
  ) -> (spins: [Float], logs: [Double]) {
    var random = RandomSource(seed: seed)
    var spins = [Float](repeating: .nan, count: sites * count)
    let logs = (workspace ?? self.workspace(count)).sample(
      count: count, random: &random, into: &spins)
    return (spins, logs)
  }

  func evaluate(_ spins: [Float]) -> [Double] {
    var spins = spins
    let count = spins.count / sites
    return workspace(count).evaluate(count: count, spins: &spins)
  }

  /// `ln q + β H` of configurations.
  func rewards(_ spins: [Float], _ logs: [Double]) -> [Double] {
    logs.indices.map { index in
      let state = (0..<sites).map { Int8(spins[$0 * logs.count + index]) }
      return logs[index] + distribution.beta * model.energy(of: state)
    }
  }

  /// Batches of one column, evaluated, one for each block that a network draws.
  private func blocks(_ spins: [Float]) -> [(network: Int, batch: ConditionalBatch, log: Double)] {
    let hierarchy = distribution.hierarchy
    return hierarchy.levels.enumerated().flatMap { index, level in
      level.sites.enumerated().map { block, places in
        var x = places.map { spins[$0] }
        if isSymmetric {
          let majority = x[..<level.border].reduce(0, +)
          let sign: Float = (majority == 0 ? x[0] : majority) < 0 ? -1 : 1
          x = x.map { sign * $0 }
        }
        let network = distribution.network(level: index, block: block)
        let batch = ConditionalBatch(network: distribution.networks[network], capacity: 1)
        batch.setParameters(distribution.parameters[network])
        batch.begin(count: 1)
        for (row, spin) in x.enumerated() { batch.border[row * batch.stride] = spin }
        var logs = [0.0]
        batch.evaluate(addingTo: &logs)
        return (network, batch, logs[0])
      }
    }
  }

  /// The oracle of derivatives: `∂ ln q/∂θ` of one configuration, `[network][P]`.
  func referenceGradients(_ spins: [Float]) -> [[Float]] {
    var gradients = distribution.parameters.map { $0.map { _ in Float(0) } }
    for (network, batch, _) in blocks(spins) {
      batch.score()
      batch.pull([1], into: &gradients[network])
    }
    return gradients
  }

  /// The oracle: ln q of one configuration, block by block, with a batch of one column for each block
  /// and the heat bath as a sum over all states of its blocks.
  func reference(_ spins: [Float]) -> Double {
    let hierarchy = distribution.hierarchy
    var total = blocks(spins).reduce(isSymmetric ? -Foundation.log(2.0) : 0) { $0 + $1.log }
    let side = hierarchy.heatBathSide
    for corner in hierarchy.heatBath {
      func spin(_ r: Int, _ c: Int) -> Double {
        Double(spins[model.site(row: corner.row + r, column: corner.column + c)])
      }
      let steps = 0..<side
      let border =
        steps.map { spin(-1, $0) } + steps.map { spin($0, side) } + steps.map { spin(side, $0) }
        + steps.map { spin($0, -1) }
      let inside = steps.flatMap { r in steps.map { spin(r, $0) } }
      let block = ReferenceBlock(model: model, row: corner.row, column: corner.column, side: side)
      total -= distribution.beta * block.energy(inside, border)
      total -= logSum(block.logWeights(border, beta: distribution.beta))
    }
    return total
  }

  /// One configuration of several.
  func column(_ index: Int, _ spins: [Float]) -> [Float] {
    let count = spins.count / sites
    return (0..<sites).map { spins[$0 * count + index] }
  }
}

/// A mean with its standard error.
struct Estimate {
  let mean: Double
  let error: Double

  init(_ values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    self.mean = mean
    error =
      (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1) / count).squareRoot()
  }

  /// The difference in standard errors.
  func distance(to other: Estimate) -> Double {
    abs(mean - other.mean) / (error * error + other.error * other.error).squareRoot()
  }
}
