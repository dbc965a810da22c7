internal import Foundation
internal import Hamiltonians
internal import Parallelism

/// Estimates ``SpinObservables`` from configurations.
///
/// `(S_i·S_j)_loc(x)` of antiparallel spins is `−1/4 + ½ Re ψ(x_ij)/ψ(x)` with the two exchanged, of parallel ones
/// 1/4. All pairs are taken.
package struct ObservableEstimator: Sendable {
  let plan: ObservablePlan

  package init(_ problem: SpinProblem) { plan = ObservablePlan(problem) }

  /// The number of amplitudes that a configuration needs, on average.
  var connections: Int {
    let n = plan.geometry.siteCount
    return n * n / 4 + (plan.conservesMagnetization ? 0 : n)
  }

  /// What one configuration gives.
  fileprivate struct Local: Sendable {
    /// Means over the pairs of an entry, by entry.
    var correlations: [Double]
    var longitudinal: [Double]
    var bonds: [Double]
    var transverse: Double
    var magnetization: Double
  }

  /// Estimates from independent configurations.
  ///
  /// - Parameters:
  ///   - draw: The configurations.
  ///   - weights: Their weights, with sum 1.
  ///   - state: ψ.
  /// - Returns: The observables.
  package func estimate(_ draw: SpinDraw, weights: [Double], state: SpinState) -> SpinObservables {
    let n = plan.geometry.siteCount
    let count = draw.logModulus.count
    let plan = plan
    // Amplitudes of many configurations at a time, in an order that does not depend on threads.
    var locals: [Local] = []
    let group = max(1, 200_000 / max(1, connections))
    for first in stride(from: 0, to: count, by: group) {
      let range = first..<min(count, first + group)
      let (spins, owners) = connected(draw, range)
      let (logModulus, phase) = state.logAmplitudes(of: spins)
      locals += state.execution.map(range.count) { index in
        let configuration = range.lowerBound + index
        return plan.local(
          Array(draw.spins[configuration * n..<(configuration + 1) * n])
        ) { place in
          let entry = owners[index] + place
          let size = exp(logModulus[entry] - draw.logModulus[configuration])
          return size * cos(phase[entry] - draw.phase[configuration])
        }
      }
    }
    return plan.reduce(locals, weights: weights)
  }

  /// All configurations with two antiparallel spins exchanged, then those with one turned.
  private func connected(_ draw: SpinDraw, _ range: Range<Int>) -> (spins: [Int8], owners: [Int]) {
    let n = plan.geometry.siteCount
    var spins: [Int8] = []
    var owners: [Int] = []
    var total = 0
    for configuration in range {
      owners.append(total)
      var one = Array(draw.spins[configuration * n..<(configuration + 1) * n])
      for i in 0..<n {
        for j in i + 1..<n where one[i] != one[j] {
          one.swapAt(i, j)
          spins += one
          one.swapAt(i, j)
          total += 1
        }
      }
      if plan.conservesMagnetization { continue }
      for i in 0..<n {
        one[i] = -one[i]
        spins += one
        one[i] = -one[i]
        total += 1
      }
    }
    return (spins, owners)
  }
}

extension ObservablePlan {
  /// The local values of one configuration; `ratio` is Re ψ(y)/ψ(x) of its connections in their order.
  fileprivate func local(
    _ spins: [Int8], ratio: (Int) -> Double
  ) -> ObservableEstimator.Local {
    let n = spins.count
    var correlations = [Double](repeating: 0, count: pairs.count)
    var longitudinal = correlations
    var place = 0
    for i in 0..<n {
      // S·S of one spin with itself.
      correlations[classes[i * n + i]] += 0.75
      longitudinal[classes[i * n + i]] += 0.25
      for j in i + 1..<n {
        var value = 0.25
        let diagonal = spins[i] == spins[j] ? 0.25 : -0.25
        if spins[i] != spins[j] {
          value = -0.25 + 0.5 * ratio(place)
          place += 1
        }
        for entry in [classes[i * n + j], classes[j * n + i]] {
          correlations[entry] += value
          longitudinal[entry] += diagonal
        }
      }
    }
    for entry in counts.indices {
      correlations[entry] /= counts[entry]
      longitudinal[entry] /= counts[entry]
    }
    var transverse = 0.0
    if !conservesMagnetization {
      for _ in 0..<n {
        transverse += 0.5 * ratio(place) / Double(n)
        place += 1
      }
    }
    let total = spins.reduce(0) { $0 + Int($1) }
    return ObservableEstimator.Local(
      correlations: correlations, longitudinal: longitudinal,
      bonds: bonds.map { spins[$0.first] == spins[$0.second] ? 0.25 : -0.25 },
      transverse: transverse, magnetization: 0.5 * Double(total) / Double(n))
  }

  fileprivate func reduce(
    _ locals: [ObservableEstimator.Local], weights: [Double]
  ) -> SpinObservables {
    func estimate(_ value: (ObservableEstimator.Local) -> Double) -> SpinObservables.Estimate {
      Self.estimate(locals.map(value), weights)
    }
    let entries = pairs.count
    /// A sum over all ordered pairs of sites, from the means over those of each entry.
    func sum(_ factors: ArraySlice<Double>) -> SpinObservables.Estimate {
      let factors = Array(factors)
      return estimate { local in
        var sum = 0.0
        for entry in 0..<entries {
          sum += factors[entry] * counts[entry] * local.correlations[entry]
        }
        return sum
      }
    }
    return SpinObservables(
      pairs: pairs,
      correlations: pairs.indices.map { entry in estimate { $0.correlations[entry] } },
      longitudinal: pairs.indices.map { entry in estimate { $0.longitudinal[entry] } },
      momenta: momenta,
      structureFactor: momenta.indices.map { sum(waves[$0 * entries..<($0 + 1) * entries]) },
      staggeredMagnetization: staggered.map { sum($0[...]) },
      triangularMagnetization: triangular.map { sum($0[...]) },
      totalSpinSquared: sum(ArraySlice(repeating: 1, count: entries)),
      transverseMagnetization: conservesMagnetization ? nil : estimate { $0.transverse },
      longitudinalMagnetization: estimate { $0.magnetization * $0.magnetization },
      dimerPairs: dimerPairs, dimers: dimers(locals, weights), samples: locals.count)
  }

  /// Connected correlations; the error is that of the linear part of `⟨ab⟩ − ⟨a⟩⟨b⟩`.
  private func dimers(
    _ locals: [ObservableEstimator.Local], _ weights: [Double]
  ) -> [SpinObservables.Estimate] {
    var means = [Double](repeating: 0, count: bonds.count)
    for (local, weight) in zip(locals, weights) {
      for bond in means.indices { means[bond] += weight * local.bonds[bond] }
    }
    return dimerMembers.map { members in
      let values = locals.map { local in
        members.reduce(0.0) { sum, pair in
          let (a, b) = (Int(pair.x), Int(pair.y))
          return sum + (local.bonds[a] - means[a]) * (local.bonds[b] - means[b])
        } / Double(members.count)
      }
      return Self.estimate(values, weights)
    }
  }

  /// A weighted mean and its error.
  private static func estimate(
    _ values: [Double], _ weights: [Double]
  ) -> SpinObservables.Estimate {
    let mean = zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 }
    let square = zip(weights, values).reduce(0) {
      $0 + $1.0 * $1.0 * ($1.1 - mean) * ($1.1 - mean)
    }
    let count = Double(values.count)
    return SpinObservables.Estimate(
      value: mean, error: (square * count / max(1, count - 1)).squareRoot())
  }
}
