internal import ArgumentParser
internal import Training

/// The options that are settings, on the command line.
///
/// A property only says that there is an option: its name, help, values and effect are those of the
/// setting. Values stay texts until the settings take them, which a TOML file's do as well.
struct SettingsOptions: ParsableArguments {
  @OptionGroup(title: Setting.Group.waveFunction.rawValue) var ansatz: AnsatzOptions
  @OptionGroup(title: Setting.Group.sampling.rawValue) var sampling: SamplingOptions
  @OptionGroup(title: Setting.Group.optimizer.rawValue) var optimizer: OptimizerOptions
  @OptionGroup(title: Setting.Group.annealing.rawValue) var annealing: AnnealingOptions
  @OptionGroup(title: Setting.Group.localEnergy.rawValue) var localEnergy: LocalEnergyOptions
  @OptionGroup(title: Setting.Group.schedule.rawValue) var schedule: ScheduleOptions

  func validate() throws {
    if schedule.withoutSelectedCi, schedule.selectedCi != nil {
      throw ValidationError("--selected-ci and --no-selected-ci exclude each other.")
    }
  }

  /// The settings that were given.
  var given: [GivenSetting] {
    let groups: [any SettingGroupOptions] = [
      ansatz, sampling, optimizer, annealing, localEnergy, schedule,
    ]
    var given = groups.flatMap(\.given)
    if schedule.withoutSelectedCi {
      given.append(GivenSetting(setting: .selectedCI, text: "0", file: nil))
    }
    return given
  }
}

struct AnsatzOptions: SettingGroupOptions {
  @Option(.basis) var preset: String?
  @Option(.ansatz) var ansatz: String?
  @Option(.width) var width: String?
  @Option(.heads) var heads: String?
  @Option(.layers) var layers: String?
  @Option(.feedForward) var feedForward: String?
  @Option(.transformerForm) var transformerForm: String?
  @Option(.retnetForm) var retnetForm: String?
  @Option(.chunk) var chunk: String?
  @Option(.hidden) var hidden: String?
  @Option(.activation) var activation: String?
  @Option(.phaseHidden) var phaseHidden: String?
  @Option(.phaseForm) var phaseForm: String?
  @Flag(.spinFlip) var spinFlip: Bool?
  @Flag(.latticeSymmetry) var latticeSymmetry: Bool?
  @Flag(.exactLatticeSymmetry) var exactLatticeSymmetry: Bool?
  @Option(.orbitals) var orbitals: String?
  @Option(.order) var order: String?
}

struct SamplingOptions: SettingGroupOptions {
  @Option(.samples) var samples: String?
  @Option(.draws) var draws: String?
  @Option(.firstDraws) var firstDraws: String?
  @Flag(.wholeSector) var wholeSector: Bool?
  @Option(.exponent) var exponent: String?
}

struct OptimizerOptions: SettingGroupOptions {
  @Option(.optimizer) var optimizer: String?
  @Option(.stepMetric) var stepMetric: String?
  @Option(.learningRate) var learningRate: String?
  @Option(.learningRateSchedule) var learningRateSchedule: String?
  @Option(.momentum) var momentum: String?
  @Option(.shift) var shift: String?
  @Option(.weightDecay) var weightDecay: String?
  @Option(.maximumStep) var maximumStep: String?
  @Option(.maximumGradient) var maximumGradient: String?
}

struct AnnealingOptions: SettingGroupOptions {
  @Option(.annealing) var annealing: String?
  @Option(.t0) var t0: String?
  @Option(.annealingSteps) var annealingSteps: String?
  @Option(.warmUpSteps) var warmUpSteps: String?
  @Option(.temperatureSteps) var temperatureSteps: String?
}

struct LocalEnergyOptions: SettingGroupOptions {
  @Option(.localEnergy) var localEnergy: String?
  @Option(.cutoff) var cutoff: String?
  @Option(.screening) var screening: String?
  @Option(.screenedDraws) var screenedDraws: String?
  @Option(.memoryBudget) var memoryBudget: String?
}

struct ScheduleOptions: SettingGroupOptions {
  @Option(.start) var start: String?
  @Option(.startDeterminants) var startDeterminants: String?
  @Option(.startSteps) var startSteps: String?
  @Option(.steps) var steps: String?
  @Option(.minimumSteps) var minimumSteps: String?
  @Option(.energyTolerance) var energyTolerance: String?
  @Option(.window) var window: String?
  @Option(.finalDraws) var finalDraws: String?
  @Option(.finalSamples) var finalSamples: String?
  @Option(.exactLimit) var exactLimit: String?
  @Option(.leading) var leading: String?
  @Option(.selectedCI) var selectedCi: String?
  @Flag(name: .customLong("no-selected-ci"), help: "The same as --selected-ci 0.")
  var withoutSelectedCi = false
  @Option(.seed) var seed: String?
  @Option(.threads) var threads: String?
}

// MARK: - From a setting to an option

/// Options each of which is the setting of the property's name.
protocol SettingGroupOptions: ParsableArguments {}

extension SettingGroupOptions {
  /// The settings that were given.
  var given: [GivenSetting] {
    declaredOptions(of: self).compactMap { name, option in
      let text =
        switch option {
        case let option as Option<String?>: option.wrappedValue
        case let flag as Flag<Bool?>: flag.wrappedValue.map { "\($0)" }
        default: String?.none
        }
      guard let text, let setting = Setting.named(name) else { return nil }
      return GivenSetting(setting: setting, text: text, file: nil)
    }
  }

  func validate() throws {
    for setting in given {
      do { try setting.check() } catch { throw ValidationError(withFlags(error.message) + ".") }
    }
  }
}

extension Option where Value == String? {
  /// The option of a setting.
  init(_ setting: Setting) {
    // Values may begin with a dash: a negative number deserves a better answer than "missing value".
    self.init(
      name: .customLong(setting.name), parsing: .unconditional, help: ArgumentHelp(setting.helpLine)
    )
  }
}

extension Flag where Value == Bool? {
  /// The flag of a setting, and its opposite.
  init(_ setting: Setting) {
    self.init(
      name: .customLong(setting.name), inversion: .prefixedNo, exclusivity: .chooseLast,
      help: ArgumentHelp(setting.helpLine))
  }
}

extension Setting {
  /// The meaning, the values where they are names, and the default.
  fileprivate var helpLine: String {
    let values =
      shape == .word ? " (\(expected); default: \(defaultText))" : " (default: \(defaultText))"
    return withFlags(help + values)
  }
}

/// Returns the option properties of parsed arguments by the names of their options.
func declaredOptions(of arguments: any ParsableArguments) -> [(name: String, option: Any)] {
  Mirror(reflecting: arguments).children.compactMap { child in
    guard let label = child.label, label.hasPrefix("_") else { return nil }
    let name = label.dropFirst().reduce(into: "") { name, letter in
      name += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
    }
    return (name, child.value)
  }
}
