import Configurations
import ExactSolvers
import Foundation
import FreeEnergy
import Hamiltonians
import Parallelism
import SpinDistributions
import Testing

@Suite("Training of classical spins")
struct FreeEnergyRunTests {
  private func settings(_ change: (inout FreeEnergySettings) -> Void) -> FreeEnergySettings {
    var settings = FreeEnergySettings()
    settings.samples = 256
    settings.steps = 100
    settings.finalDraws = 8192
    change(&settings)
    return settings
  }

  private func trained(
    _ model: ClassicalIsing, beta: Double, _ settings: FreeEnergySettings
  ) throws -> FreeEnergyResult {
    let run = try FreeEnergyRun(model, beta: beta, settings: settings)
    while !run.isFinished { try run.step() }
    return try run.evaluate()
  }

  /// Everything that has an exact value, within its errors.
  private func check(
    _ result: FreeEnergyResult, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let exact = try #require(result.exact, sourceLocation: sourceLocation)
    let n = Double(result.siteCount)
    let nis = result.importance
    // Four errors of each: with some dozens of comparisons chance would exceed three.
    func near(_ name: String, _ estimate: FreeEnergyResult.Estimate, _ value: Double) {
      #expect(
        abs(estimate.value - value) <= 4 * estimate.error + 1e-6,
        "\(name): \(estimate.value) ± \(estimate.error), exact \(value)",
        sourceLocation: sourceLocation)
    }
    near("ln Z", nis.logPartition, exact.logPartitionFunction)
    near("u", nis.energy, exact.energy)
    near("c", nis.specificHeat, exact.specificHeat)
    near("S", nis.entropy, exact.entropy)
    near("u of the chain", result.chain.energy, exact.energy)
    near("c of the chain", result.chain.specificHeat, exact.specificHeat)
    #expect(
      result.freeEnergy.value >= -exact.logPartitionFunction - 4 * result.freeEnergy.error - 1e-6
        * n,
      sourceLocation: sourceLocation)
  }

  @Test(arguments: [SpinAnsatz.han, .van])
  func fourByFour(_ ansatz: SpinAnsatz) throws {
    let result = try trained(
      ClassicalIsing(length: 4), beta: 0.44, settings { $0.ansatz = ansatz })
    try check(result)
    #expect(result.importance.effectiveShare > 0.98)
    #expect(result.divergence.value < 0.02)
    #expect(result.warnings.isEmpty, "\(result.warnings)")
    #expect(result.histogram.reduce(0) { $0 + $1.count } == result.draws)
  }

  @Test("antiferromagnets, an 8 × 8 with levels of networks, and a checkerboard")
  func others() throws {
    try check(
      try trained(
        ClassicalIsing(length: 8, couplings: .uniform(-0.5)), beta: 0.6,
        settings { $0.heatBathSide = 1 }))
    let van = try trained(
      ClassicalIsing(length: 6), beta: 0.3,
      settings {
        $0.ansatz = .van
        $0.checkerboard = true
      })
    #expect(van.importance.effectiveShare > 0.9)
    try check(van)
  }

  @Test("a spin glass has its own network for each block")
  func spinGlass() throws {
    var random = RandomSource(seed: 7)
    let bonds = { (0..<64).map { _ in random.normal() } }
    let model = ClassicalIsing(length: 8, couplings: .bonds(right: bonds(), down: bonds()))
    let result = try trained(
      model, beta: 0.7,
      settings {
        $0.heatBathSide = 1
        $0.steps = 250
      })
    #expect(result.importance.effectiveShare > 0.5)
    try check(result)
  }

  @Test("averages over images: log q is theirs, and the published estimator trains them")
  func averages() throws {
    for symmetry in [SpinSymmetry.z2, .z2Translations] {
      let result = try trained(
        ClassicalIsing(length: 4), beta: 0.4,
        settings {
          $0.symmetry = symmetry
          $0.steps = 300
          $0.learningRate = 0.01
        })
      try check(result)
      #expect(result.importance.effectiveShare > 0.9, "\(symmetry)")
    }
  }

  @Test(
    "transformers, RetNets and MADEs over rows",
    arguments: [SpinAnsatz.transformer, .retnet, .made])
  func decoders(_ ansatz: SpinAnsatz) throws {
    let result = try trained(
      ClassicalIsing(length: 4), beta: 0.3,
      settings {
        $0.ansatz = ansatz
        $0.steps = 150
        $0.learningRate = 0.01
        if ansatz != .made {
          $0.width = 16
          $0.layers = 1
        }
      })
    #expect(result.importance.effectiveShare > 0.5)
    try check(result)
  }

  @Test("the published estimator's mean is the free energy's derivative, also of averages")
  func gradients() throws {
    let model = ClassicalIsing(length: 4)
    let beta = 0.3
    var random = RandomSource(seed: 11)
    var distribution = HierarchicalDistribution(
      model: model, beta: beta, hierarchy: .crosses(length: 4, heatBathSide: 1), spinFlip: .none,
      options: .init(), random: &random)
    let images = SpinImages(.z2, length: 4)
    // F over all 65,536 configurations, 256 at a time.
    func freeEnergy(_ distribution: HierarchicalDistribution) -> Double {
      let space = HierarchyWorkspace(distribution, capacity: 256)
      var sum = 0.0
      for block in 0..<256 {
        var spins = [Float](repeating: 0, count: 16 * 256)
        for column in 0..<256 {
          for site in 0..<16 {
            spins[site * 256 + column] = (block << 8 | column) >> site & 1 == 1 ? 1 : -1
          }
        }
        var turned = spins
        let direct = space.evaluate(count: 256, spins: &spins)
        images.apply(images.images[1], spins, count: 256, into: &turned)
        let flipped = space.evaluate(count: 256, spins: &turned)
        let energies = SpinObservables.energies(model, spins, count: 256)
        for column in 0..<256 {
          let q = (exp(direct[column]) + exp(flipped[column])) / 2
          sum += q * (log(q) + beta * energies[column])
        }
      }
      return sum
    }
    let settings = self.settings {
      $0.symmetry = .z2
      $0.samples = 16_384
    }
    let trainer = WholeTrainer(
      distribution, settings: settings.resolved(length: 4), chunk: 256,
      execution: Execution(threads: 2))
    var direction = [Float](repeating: 0, count: distribution.parameters[0].count)
    for index in direction.indices { direction[index] = Float(random.normal()) }
    let repeats = 12
    let slopes = (0..<repeats).map { number in
      let gradient = trainer.estimate(beta: beta, random: random.split(UInt64(number))).gradients[0]
      return zip(gradient, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    }
    let mean = slopes.reduce(0, +) / Double(repeats)
    let error =
      (slopes.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repeats * (repeats - 1)))
      .squareRoot()
    let h: Float = 1e-3
    let centre = distribution.parameters[0]
    distribution.parameters[0] = zip(centre, direction).map { $0 + h * $1 }
    let above = freeEnergy(distribution)
    distribution.parameters[0] = zip(centre, direction).map { $0 - h * $1 }
    let difference = (above - freeEnergy(distribution)) / (2 * Double(h))
    #expect(abs(difference) > 10 * error, "the test would see nothing")
    #expect(
      abs(mean - difference) < 4.5 * error + 1e-3 * abs(difference),
      "\(mean) ± \(error), \(difference)")
  }

  @Test("a run that goes on has the trace of one that was not stopped, on any number of threads")
  func resumed() throws {
    for (rewards, symmetry) in [(SpinRewards.local, SpinSymmetry.gauge), (.whole, .z2)] {
      var settings = self.settings {
        $0.rewards = rewards
        $0.symmetry = symmetry
        $0.heatBathSide = 1
        $0.steps = 12
        // Several batches, the last one not full.
        $0.samples = 700
        $0.threads = 2
      }
      let model = ClassicalIsing(length: 8)
      let whole = try FreeEnergyRun(model, beta: 0.3, settings: settings)
      while !whole.isFinished { try whole.step() }
      settings.threads = 1
      let first = try FreeEnergyRun(model, beta: 0.3, settings: settings)
      for _ in 0..<5 { try first.step() }
      let second = try FreeEnergyRun(
        model, beta: 0.3, settings: settings, snapshot: first.snapshot)
      while !second.isFinished { try second.step() }
      #expect(second.trace.map(\.freeEnergy) == whole.trace.map(\.freeEnergy))
      #expect(second.snapshot.parameters == whole.snapshot.parameters)
      #expect(try second.evaluate().freeEnergy == whole.evaluate().freeEnergy)
    }
  }

  @Test func damagedSnapshotsAreRefused() throws {
    let model = ClassicalIsing(length: 4)
    let run = try FreeEnergyRun(model, beta: 0.3, settings: settings { $0.steps = 2 })
    try run.step()
    var short = run.snapshot
    short.parameters[0].removeLast()
    var infinite = run.snapshot
    infinite.parameters[0][0] = .infinity
    for snapshot in [short, infinite] {
      #expect(throws: FreeEnergyError.self) {
        _ = try FreeEnergyRun(
          model, beta: 0.3, settings: settings { $0.steps = 2 }, snapshot: snapshot)
      }
    }
  }

  @Test("untrained distributions say that they cannot be trusted")
  func warnings() throws {
    let result = try trained(
      ClassicalIsing(length: 16), beta: 0.44, settings { $0.steps = 0 })
    #expect(!result.isReliable)
    #expect(result.warnings.contains { $0.contains("effective sample size") })
    let early = try trained(
      ClassicalIsing(length: 4), beta: 0.44,
      settings {
        $0.steps = 5
        $0.annealingSteps = 10
      })
    #expect(early.warnings.contains { $0.contains("smaller β") })
  }
}
