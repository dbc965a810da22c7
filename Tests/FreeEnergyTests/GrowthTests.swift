import Configurations
import ExactSolvers
import FreeEnergy
import Hamiltonians
import NeuralNetworks
import SpinDistributions
import Testing

@Suite("Growth of hierarchical distributions")
struct GrowthTests {
  private let model = ClassicalIsing(length: 16)

  private func settings(_ change: (inout FreeEnergySettings) -> Void) -> FreeEnergySettings {
    var settings = FreeEnergySettings()
    settings.samples = 256
    settings.heatBathSide = 1
    settings.growFrom = 8
    settings.growSteps = 6
    settings.steps = 5
    settings.finalDraws = 8192
    change(&settings)
    return settings
  }

  private func advance(_ run: FreeEnergyRun, to step: Int) throws {
    while run.trace.count < step { try run.step() }
  }

  /// log q of spins of a block given its border, by the network of a level.
  private func logProbabilities(
    _ hierarchy: TorusHierarchy, level: Int, parameters: [Float]
  ) -> [Double] {
    var random = RandomSource(seed: 3)
    let distribution = HierarchicalDistribution(
      model: ClassicalIsing(length: hierarchy.length), beta: 0.4, hierarchy: hierarchy,
      spinFlip: .gauge, options: .init(factor: 2), random: &random)
    let batch = ConditionalBatch(network: distribution.networks[level], capacity: 32)
    batch.setParameters(parameters)
    // Layouts of both lengths took different numbers before.
    random = RandomSource(seed: 4)
    batch.begin(count: 32)
    for row in 0..<batch.network.shape.inputs {
      for column in 0..<32 {
        batch.border[row * batch.stride + column] = random.next() & 1 == 0 ? 1 : -1
      }
    }
    var logs = [Double](repeating: 0, count: 32)
    batch.evaluate(addingTo: &logs)
    return logs
  }

  @Test("networks of blocks have the same log q in the longer lattice, and go on having it")
  func networksAreTakenOver() throws {
    let run = try FreeEnergyRun(model, beta: 0.4, settings: settings { _ in })
    try advance(run, to: 6)
    let old = run.snapshot
    #expect(old.parameters.count == 2)
    try advance(run, to: 9)
    let new = run.snapshot
    #expect(new.parameters.count == 3)
    let shorter = TorusHierarchy.crosses(length: 8, heatBathSide: 1)
    let longer = TorusHierarchy.crosses(length: 16, heatBathSide: 1)
    #expect(shorter.levels[1].side == longer.levels[2].side)
    // The places of a block have the same order in both.
    #expect(shorter.levels[1].bonds == longer.levels[2].bonds)
    #expect(shorter.levels[1].children == longer.levels[2].children)
    let before = logProbabilities(shorter, level: 1, parameters: old.parameters[1])
    let after = logProbabilities(longer, level: 2, parameters: new.parameters[2])
    #expect(before == after)
    #expect(old.optimizer["step1"] == new.optimizer["step2"])
    // Trained: else the comparison would see nothing.
    #expect(Set(before.map { Int($0 * 1e4) }).count > 16)
    #expect(new.parameters[1].contains { $0 != 0 && $0 != 0.5 })
  }

  @Test("a run that goes on amid a length has the trace of one that was not stopped")
  func resumed() throws {
    let settings = settings {
      $0.images = 4
      $0.growSteps = 3
    }
    let model = ClassicalIsing(length: 32)
    let whole = try FreeEnergyRun(model, beta: 0.3, settings: settings)
    try advance(whole, to: 11)
    #expect(
      whole.isFinished
        && whole.trace.map(\.length) == [8, 8, 8, 16, 16, 16]
          + whole.trace.dropFirst(6).map { _ in 32 }
    )
    for stop in [2, 3, 5, 8] {
      let first = try FreeEnergyRun(model, beta: 0.3, settings: settings)
      try advance(first, to: stop)
      let second = try FreeEnergyRun(
        model, beta: 0.3, settings: first.settings, snapshot: first.snapshot)
      try advance(second, to: 11)
      #expect(second.trace.map(\.freeEnergy) == whole.trace.map(\.freeEnergy), "\(stop)")
      #expect(second.snapshot.parameters == whole.snapshot.parameters)
    }
  }

  @Test("ln Z of a lattice that was grown into, with images, within its errors")
  func logPartition() throws {
    let run = try FreeEnergyRun(
      model, beta: 0.4,
      settings: settings {
        $0.growSteps = 150
        $0.steps = 150
        $0.images = 2
        $0.finalDraws = 16_384
      })
    while !run.isFinished { try run.step() }
    let result = try run.evaluate()
    let exact = try #require(result.exact)
    let found = result.importance.logPartition
    #expect(abs(found.value - exact.logPartitionFunction) < 3 * found.error)
    #expect(result.importance.effectiveShare > 0.3, "\(result.importance.effectiveShare)")
    #expect(result.isReliable && result.warnings.isEmpty, "\(result.warnings)")
  }

  @Test("before it has its length a run can be evaluated, and says so")
  func evaluatedEarly() throws {
    let run = try FreeEnergyRun(model, beta: 0.4, settings: settings { _ in })
    try advance(run, to: 3)
    let result = try run.evaluate()
    #expect(result.siteCount == 256 && result.warnings.contains { $0.contains("shorter lattice") })
    #expect(run.snapshot.parameters.count == 2)
  }
}
