internal import Configurations
internal import NeuralNetworks

/// The choice of the sector that a state is projected on.
///
/// A state that is in one irrep says so. Of a mixture nothing is assumed: the sectors that it has some part in are
/// projected on one by one and trained for some steps, the worse half is dropped, and so on until the lowest is left. States
/// of small gaps inside one sector have basins of their own, which other random parameters find: several starts are compared
/// in the same way.
extension SpinRun {
  /// The weight from which on an irrep is taken without a comparison.
  private static let decisiveWeight = 0.9
  /// The smallest weight of a sector that is compared: below it there is noise.
  private static let smallestWeight = 2e-3
  /// The sectors of a start whose energies are measured, those with the largest weights.
  private static let measuredCount = 8
  /// The sectors of a start that are trained, those with the lowest energies.
  private static let trainedCount = 3
  /// The steps between two drops.
  private static let heat = 12

  private struct Candidate {
    let group: SpinGroup
    let irrep: SpinIrrep
    let weight: Double
    let start: Int
    var position: Position
    var energy = Double.infinity
    var error = 0.0
  }

  /// Chooses the projection of a stage, and at the first one the start.
  ///
  /// - Parameters:
  ///   - stage: The stage.
  ///   - step: The step before which it begins; nil in an evaluation, where nothing is trained.
  /// - Throws: ``SpinRunError`` where numbers are not finite.
  func choose(stage: Int, at step: Int?) throws(SpinRunError) {
    let kind = settings.stages[stage].kind
    var candidates: [Candidate] = []
    var (largestWeight, isMeasured) = (0.0, false)
    let starts = stage == 0 && step != nil ? settings.starts ?? 1 : 1
    let first = Position(self)
    let (before, projection) = (symmetry, state.projection)
    for start in 1...starts {
      if start > 1, let step {
        try begin(start)
        // A start that diverges is none.
        guard isTrained(at: Array(1..<step)) else { continue }
      }
      let found = measureWeights(kind, start: start)
      largestWeight = max(largestWeight, found.first?.weight ?? 0)
      guard let top = found.first, top.weight >= Self.smallestWeight else { continue }
      let likely = Array(
        found.filter { $0.weight >= Self.smallestWeight }.prefix(Self.measuredCount))
      if top.weight >= Self.decisiveWeight || likely.count == 1 {
        candidates.append(top)
      } else {
        candidates += measureEnergies(likely, trains: step != nil)
        isMeasured = true
      }
    }
    first.restore(self)
    state.projection = projection
    guard let only = candidates.first else {
      if var kept = before, kept.isProjected {
        (kept.stage, kept.isMissed) = (stage, true)
        symmetry = kept
        return
      }
      symmetry = SymmetryFinding(
        stage: stage, kind: kind, irrep: "", phases: [], weight: largestWeight, candidates: [])
      return
    }
    if candidates.count == 1, !isMeasured {
      take(only, stage: stage, candidates: [])
      return
    }
    if let step { train(&candidates, stage: stage, at: step) }
    guard let lowest = candidates.min(by: { $0.energy < $1.energy }), lowest.energy.isFinite else {
      throw SpinRunError(
        "the energy is not a finite number in any sector: start anew with a smaller `learning-rate`"
      )
    }
    take(
      lowest, stage: stage,
      candidates: candidates.sorted { $0.energy < $1.energy }.map {
        SectorCandidate(
          irrep: $0.irrep.label.description, start: $0.start, weight: $0.weight,
          energy: $0.energy, error: $0.error)
      })
  }

  /// Begins with other random parameters.
  private func begin(_ start: Int) throws(SpinRunError) {
    var random = RandomSource(seed: settings.seed).split(UInt64(start))
    let network = try settings.makeNetwork(for: problem)
    Position(
      parameters: network.makeParameters(using: &random), previous: [], squares: [],
      chains: ChainSampler(problem, chains: sampler.chainCount, seed: settings.seed).snapshot
    ).restore(self)
    state.projection = .none(siteCount: problem.siteCount)
  }

  /// How much of the state is in which irrep, the largest first.
  private func measureWeights(_ kind: SpinProjectionKind, start: Int) -> [Candidate] {
    sampler.refresh(state)
    let position = Position(self)
    var measurements: [SpinProjectionKind: SymmetryMeasurement] = [:]
    var all: [Candidate] = []
    for (group, irrep) in sectors.candidates(kind) {
      let measurement =
        measurements[irrep.kind]
        ?? SymmetryMeasurement(state, spins: sampler.spins, group: group)
      measurements[irrep.kind] = measurement
      all.append(
        Candidate(
          group: group, irrep: irrep, weight: measurement.weight(of: irrep), start: start,
          position: position))
    }
    return all.sorted { $0.weight > $1.weight }
  }

  /// The energies of projected states; those that are to be trained are the lowest ones.
  private func measureEnergies(_ candidates: [Candidate], trains: Bool) -> [Candidate] {
    var measured = candidates
    for index in measured.indices {
      restore(measured[index])
      (measured[index].energy, measured[index].error) = measure(rounds: 4)
    }
    measured = measured.filter(\.energy.isFinite).sorted { $0.energy < $1.energy }
    return trains ? Array(measured.prefix(Self.trainedCount)) : measured
  }

  /// Trains candidates, and drops the worse half again and again.
  private func train(
    _ candidates: inout [Candidate], stage: Int, at step: Int
  ) {
    let steps = settings.stages[stage].steps
    let wanted = min(steps, max(20, steps / 10))
    var (running, taken) = (Array(candidates.indices), 0)
    while taken < wanted {
      let heat = running.count > 2 ? min(Self.heat, wanted - taken) : wanted - taken
      for index in running {
        restore(candidates[index])
        guard isTrained(at: Array(repeating: step, count: heat)) else {
          candidates[index].energy = .infinity
          continue
        }
        candidates[index].position = Position(self)
        (candidates[index].energy, candidates[index].error) = measure(rounds: 4)
      }
      taken += heat
      running.sort { candidates[$0].energy < candidates[$1].energy }
      // Not a number is dropped first.
      running = running.filter { candidates[$0].energy.isFinite }
      if running.isEmpty { return }
      var kept = Array(running.prefix(max(2, (running.count + 1) / 2)))
      // Two sectors stay to the end, so that what is compared was trained alike.
      func name(_ index: Int) -> String { candidates[index].irrep.label.description }
      if let lowest = kept.first, kept.allSatisfy({ name($0) == name(lowest) }),
        let other = running.first(where: { name($0) != name(lowest) })
      {
        if kept.count > 1 { kept.removeLast() }
        kept.append(other)
      }
      running = kept
    }
  }

  /// Whether some steps end with finite numbers.
  private func isTrained(at steps: [Int]) -> Bool {
    do throws(SpinRunError) {
      for step in steps { _ = try move(step) }
      return true
    } catch {
      return false
    }
  }

  private func restore(_ candidate: Candidate) {
    candidate.position.restore(self)
    state.projection = candidate.irrep.projection(candidate.group)
  }

  private func take(_ candidate: Candidate, stage: Int, candidates: [SectorCandidate]) {
    restore(candidate)
    symmetry = SymmetryFinding(
      stage: stage, kind: candidate.irrep.kind, irrep: candidate.irrep.label.description,
      phases: state.projection.elements.map(\.phase), weight: candidate.weight,
      candidates: candidates)
  }

  /// The energy of the state as it is, from some rounds of the chains.
  private func measure(rounds: Int) -> (energy: Double, error: Double) {
    sampler.refresh(state)
    sampler.advance(state, proposals: 2 * (settings.sweep ?? 1))
    var statistics = ChainStatistics(chains: sampler.chainCount)
    let blur = settings.blur ?? 0
    for _ in 0..<rounds {
      sampler.advance(state, proposals: settings.sweep ?? 1)
      statistics.add(
        estimator.compute(sampler.draw(state, blur: blur), state: state, blur: blur))
    }
    let chains = Double(sampler.chainCount)
    return (statistics.mean, (statistics.variances.between / chains).squareRoot())
  }

  /// Where training is.
  fileprivate struct Position {
    let parameters: [Float]
    let previous: [Float]
    let squares: [Float]
    let chains: (spins: [Int8], proposals: Int)

    func restore(_ run: SpinRun) {
      run.state.parameters = parameters
      run.rule.previous = previous
      run.rule.squares = squares
      run.sampler.snapshot = chains
    }
  }
}

extension SpinRun.Position {
  fileprivate init(_ run: SpinRun) {
    self.init(
      parameters: run.state.parameters, previous: run.rule.previous, squares: run.rule.squares,
      chains: run.sampler.snapshot)
  }
}
