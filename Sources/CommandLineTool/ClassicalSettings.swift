internal import FreeEnergy
internal import Training

/// The settings of other problems that `classical-ising` has as well, under the same names.
enum ClassicalSettings {
  /// The settings that may change when a run goes on.
  static let changeable = ["steps", "final-draws", "leading", "threads"]

  /// Sets the values that were given.
  ///
  /// - Parameters:
  ///   - given: The settings that were given.
  ///   - settings: Where to set them.
  /// - Returns: Warnings about settings of a file that have no effect.
  /// - Throws: ``ToolError`` where a setting on the command line has no effect, or a value does not fit.
  static func apply(
    _ given: [GivenSetting], to settings: inout FreeEnergySettings
  ) throws(ToolError) -> [String] {
    try SharedSettings.apply(given, of: "`lattice` classical-ising") {
      name, text throws(ToolError) in
      try set(name, text, in: &settings)
    }
  }

  /// Sets one value; false where there is no such setting.
  private static func set(
    _ name: String, _ text: String, in settings: inout FreeEnergySettings
  ) throws(ToolError) -> Bool {
    func number<Value>(_ make: (String) -> Value?) throws(ToolError) -> Value {
      try SharedSettings.number(name, text, make)
    }
    func choice<Value>(_ type: Value.Type) throws(ToolError) -> Value
    where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
      try SharedSettings.choice(name, text, type, of: "classical-ising")
    }
    switch name {
    case "preset": settings.preset = try choice(FreeEnergySettings.Preset.self)
    case "ansatz": settings.ansatz = try choice(SpinAnsatz.self)
    case "width": settings.width = try number { Int($0) }
    case "heads": settings.heads = try number { Int($0) }
    case "layers": settings.layers = try number { Int($0) }
    case "optimizer": settings.optimizer = try choice(SpinOptimizer.self)
    case "samples": settings.samples = try number { Int($0) }
    case "learning-rate": settings.learningRate = try number { Double($0) }
    case "momentum": settings.momentum = try number { Double($0) }
    case "shift": settings.shift = try number { Double($0) }
    case "maximum-step": settings.maximumStep = try number { Double($0) }
    case "steps": settings.steps = try number { Int($0) }
    case "final-draws": settings.finalDraws = try number { Int($0) }
    case "leading": settings.leading = try number { Int($0) }
    case "seed": settings.seed = try number { UInt64($0) }
    case "threads": settings.threads = try number { Int($0) }
    default: return false
    }
    return true
  }
}
