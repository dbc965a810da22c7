public import ArgumentParser
public import Estimators
public import Training

/// The options that map one to one to `Settings`, on the command line and in a TOML file.
struct SettingsOptions: ParsableArguments {
  @OptionGroup(title: "Wave function") var ansatz: AnsatzOptions
  @OptionGroup(title: "Sampling") var sampling: SamplingOptions
  @OptionGroup(title: "Optimisation") var optimizer: OptimizerOptions
  @OptionGroup(title: "Annealing") var annealing: AnnealingOptions
  @OptionGroup(title: "Local energies") var localEnergy: LocalEnergyOptions
  @OptionGroup(title: "Start, steps and final evaluation") var schedule: ScheduleOptions

  /// Overwrites those settings that were given.
  func apply(to settings: inout Settings, positions: Int) throws {
    try ansatz.apply(to: &settings.ansatz, positions: positions)
    sampling.apply(to: &settings.sampling)
    optimizer.apply(to: &settings.optimizer)
    annealing.apply(to: &settings.annealing)
    localEnergy.apply(to: &settings.localEnergy)
    schedule.apply(to: &settings)
  }
}

extension AnsatzKind: ExpressibleByArgument {}
extension OptimizerKind: ExpressibleByArgument {}
extension AnnealingKind: ExpressibleByArgument {}
extension LocalEnergyMode: ExpressibleByArgument {}
extension StartKind: ExpressibleByArgument {}

/// Throws unless an option that was given passes the test.
func require<Value>(
  _ name: String, _ value: Value?, _ expected: String, _ test: (Value) -> Bool
) throws {
  if let value, !test(value) {
    throw ValidationError("--\(name) must be \(expected), not \(value).")
  }
}

/// Assigns a value that was given.
func assign<Value>(_ value: Value?, to target: inout Value) {
  if let value { target = value }
}

/// Assigns a value that was given to an optional setting.
func assign<Value>(_ value: Value?, to target: inout Value?) {
  if let value { target = value }
}
