/// The choice of the sector that a state is projected on.
///
/// A state that is in one irrep says so. Of a mixture nothing is assumed: the sectors that it has some part in are
/// projected on one by one, the lowest ones are trained for some steps each, and the lowest of these is taken.
extension SpinRun {
  /// The weight from which on an irrep is taken without a comparison.
  private static let decisiveWeight = 0.9
  /// The smallest weight of a sector that is compared.
  private static let smallestWeight = 0.02
  /// The number of sectors that are trained.
  private static let trainedCount = 3

  private typealias Candidate = (group: SpinGroup, irrep: SpinIrrep, weight: Double)

  /// Chooses the projection of a stage.
  ///
  /// - Parameters:
  ///   - stage: The stage.
  ///   - step: The step before which it begins; nil in an evaluation, where nothing is trained.
  /// - Throws: ``SpinRunError`` where numbers are not finite.
  func choose(stage: Int, at step: Int?) throws(SpinRunError) {
    let kind = settings.stages[stage].kind
    sampler.refresh(state)
    var measurements: [SpinProjectionKind: SymmetryMeasurement] = [:]
    var all: [Candidate] = []
    for (group, irrep) in sectors.candidates(kind) {
      let measurement =
        measurements[irrep.kind]
        ?? SymmetryMeasurement(state, spins: sampler.spins, group: group)
      measurements[irrep.kind] = measurement
      all.append((group, irrep, measurement.weight(of: irrep)))
    }
    all.sort { $0.weight > $1.weight }
    let likely = all.filter { $0.weight >= Self.smallestWeight }
    guard let first = likely.first else {
      symmetry = SymmetryFinding(
        stage: stage, kind: kind, irrep: "", phases: [], weight: all.first?.weight ?? 0,
        candidates: [])
      return
    }
    if first.weight >= Self.decisiveWeight || likely.count == 1 {
      take(first, stage: stage, candidates: [])
      return
    }
    try compare(likely, stage: stage, at: step)
  }

  private func take(_ candidate: Candidate, stage: Int, candidates: [SectorCandidate]) {
    let projection = candidate.irrep.projection(candidate.group)
    state.projection = projection
    symmetry = SymmetryFinding(
      stage: stage, kind: candidate.irrep.kind, irrep: candidate.irrep.label.description,
      phases: projection.elements.map(\.phase), weight: candidate.weight, candidates: candidates)
  }

  /// Compares sectors by the energies of projected states, then the lowest ones after some training.
  private func compare(
    _ candidates: [Candidate], stage: Int, at step: Int?
  ) throws(SpinRunError) {
    let before = Position(self)
    var compared: [(candidate: Candidate, energy: Double, error: Double)] = []
    for candidate in candidates {
      before.restore(self)
      state.projection = candidate.irrep.projection(candidate.group)
      let (energy, error) = measure(rounds: 4)
      if energy.isFinite { compared.append((candidate, energy, error)) }
    }
    compared.sort { $0.energy < $1.energy }
    var positions = compared.map { _ in before }
    if let step {
      compared.removeLast(max(0, compared.count - Self.trainedCount))
      let steps = min(settings.stages[stage].steps, max(20, settings.stages[stage].steps / 10))
      for index in compared.indices {
        before.restore(self)
        state.projection = compared[index].candidate.irrep.projection(
          compared[index].candidate.group)
        for _ in 0..<steps { _ = try move(step) }
        (compared[index].energy, compared[index].error) = measure(rounds: 4)
        positions[index] = Position(self)
      }
    }
    guard
      let best = compared.indices.filter({ compared[$0].energy.isFinite })
        .min(by: { compared[$0].energy < compared[$1].energy })
    else {
      throw SpinRunError(
        "the energy is not a finite number in any sector: start anew with a smaller `learning-rate`"
      )
    }
    positions[best].restore(self)
    take(
      compared[best].candidate, stage: stage,
      candidates: compared.map {
        SectorCandidate(
          irrep: $0.candidate.irrep.label.description, weight: $0.candidate.weight,
          energy: $0.energy, error: $0.error)
      })
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
  private struct Position {
    let parameters: [Float]
    let previous: [Float]
    let squares: [Float]
    let chains: (spins: [Int8], proposals: Int)

    init(_ run: SpinRun) {
      parameters = run.state.parameters
      previous = run.rule.previous
      squares = run.rule.squares
      chains = run.sampler.snapshot
    }

    func restore(_ run: SpinRun) {
      run.state.parameters = parameters
      run.rule.previous = previous
      run.rule.squares = squares
      run.sampler.snapshot = chains
    }
  }
}
