internal import Configurations
internal import Foundation
internal import Hamiltonians
internal import SpinDistributions

/// Whole configurations drawn from a distribution, or from its average over images, with what is known of them.
struct SpinDraws {
  /// `[L², count]`.
  let spins: [Float]
  /// log q, of the average where there is one.
  let logProbabilities: [Double]
  /// H.
  let energies: [Double]
  /// Σ s.
  let magnetizations: [Double]
  /// The share of each image in q, image by image, `[images, count]`.
  let shares: [Float]

  init(
    _ distribution: any NormalizedDistribution, _ space: any NormalizedWorkspace,
    images: SpinImages,
    count: Int, beta: Double, random: inout RandomSource
  ) {
    let model = distribution.model
    let sites = model.siteCount
    var spins = [Float](repeating: 0, count: sites * count)
    var logs = space.sample(count: count, random: &random, into: &spins)
    let total = images.images.count
    var shares = [Float](repeating: 1, count: total * count)
    if total > 1 {
      var turned = spins
      // Every configuration gets an image at random; log q of the average is the same for all of them.
      var parts = [[Double]](repeating: [], count: total)
      for (place, image) in images.images.enumerated() {
        if place == 0 {
          parts[0] = logs
          continue
        }
        images.apply(image, spins, count: count, into: &turned)
        parts[place] = space.evaluate(count: count, spins: &turned)
      }
      for column in 0..<count {
        let largest = parts.reduce(-Double.infinity) { max($0, $1[column]) }
        let sum = parts.reduce(0) { $0 + exp($1[column] - largest) }
        logs[column] = largest + log(sum / Double(total))
        for place in 0..<total {
          shares[place * count + column] = Float(exp(parts[place][column] - largest) / sum)
        }
      }
    }
    self.spins = spins
    self.shares = shares
    logProbabilities = logs
    energies = SpinObservables.energies(model, spins, count: count)
    magnetizations = SpinObservables.magnetizations(spins, sites: sites, count: count)
  }
}

/// The effective sample size of log-weights as a share of their number: `(Σ w)²/(n Σ w²)`.
package func effectiveShare(_ logWeights: [Double]) -> Double {
  let largest = logWeights.reduce(-Double.infinity, max)
  let weights = logWeights.map { exp($0 - largest) }
  let sum = weights.reduce(0, +)
  return sum * sum / (Double(weights.count) * weights.reduce(0) { $0 + $1 * $1 })
}
