internal import FreeEnergy
internal import SpinMonteCarlo
internal import Training

/// A setting with the value that a user gave it, checked to be one that it may have.
struct GivenSetting {
  let setting: Setting
  let text: String
  /// The configuration file that it comes from; nil for the command line.
  let file: String?

  /// Throws unless the value is one that the setting may have.
  func check() throws(TrainingError) {
    // Networks of spins have the same options.
    if setting.name == Setting.ansatz.name,
      SpinAnsatz(rawValue: text) != nil || SpinNetworkKind(rawValue: text) != nil
    {
      return
    }
    if setting.name == Setting.optimizer.name, AmplitudeOptimizer(rawValue: text) != nil { return }
    var settings = Settings()
    try setting.set(text, in: &settings)
  }

  /// Whether the value is what the setting has without being given.
  var isDefault: Bool { setting.isDefault(text) }

  /// Returns a text about this setting with the names of options, its own as it was typed.
  func asTyped(_ text: String) -> String {
    let flags = withFlags(text)
    return setting.shape == .flag && self.text == "false"
      ? flags.replacing("--\(setting.name)", with: "--no-\(setting.name)") : flags
  }
}

extension [GivenSetting] {
  /// Whether the network asked for is one whose amplitudes Markov chains sample.
  var isOfMarkovChains: Bool {
    last { $0.setting.name == Setting.ansatz.name }
      .map { SpinNetworkKind(rawValue: $0.text) != nil } ?? false
  }

  /// Sets the values, later ones over earlier ones.
  ///
  /// The preset comes first and the network next, because others are settings of theirs.
  ///
  /// - Parameters:
  ///   - settings: Where to set them.
  ///   - positions: The number of orbitals or sites.
  /// - Throws: ``ToolError`` where a value is none that its setting may have.
  func apply(to settings: inout Settings, positions: Int) throws(ToolError) {
    if let network = first(where: {
      $0.setting.name == Setting.ansatz.name && SpinAnsatz(rawValue: $0.text)?.isDecoder == false
    }) {
      throw ToolError("--ansatz \(network.text) is for --lattice classical-ising.")
    }
    for item in self
    where (item.setting.name == Setting.ansatz.name && SpinNetworkKind(rawValue: item.text) != nil)
      || (item.setting.name == Setting.optimizer.name
        && AmplitudeOptimizer(rawValue: item.text) != nil)
    {
      throw ToolError(
        "--\(item.setting.name) \(item.text) is for spin lattices with --ansatz vit or rbm.")
    }
    do throws(TrainingError) {
      let leading = [Setting.basis.name, Setting.ansatz.name]
      let ordered =
        leading.flatMap { name in filter { $0.setting.name == name } }
        + filter { !leading.contains($0.setting.name) }
      for given in ordered {
        try given.setting.set(given.text, in: &settings, positions: positions)
      }
    } catch {
      throw ToolError(error)
    }
  }

  /// Throws where a setting that was given has no effect.
  ///
  /// Files are shared between runs. So a file's setting is an error only where the file itself makes
  /// it useless; where the command line or the problem does, it is worth a warning. A file may
  /// repeat a default wherever it likes.
  ///
  /// - Parameters:
  ///   - settings: All settings, with these among them.
  ///   - problem: The problem.
  /// - Returns: Warnings.
  /// - Throws: ``ToolError`` with the reason, and what to do.
  func checkEffects(in settings: Settings, problem: Problem) throws(ToolError) -> [String] {
    var warnings: [String] = []
    var fileSettings = Settings()
    try filter { $0.file != nil }.apply(to: &fileSettings, positions: 0)
    for given in latest {
      guard let complaint = given.setting.complaint(in: settings, problem: problem) else {
        continue
      }
      guard let file = given.file else { throw ToolError(given.asTyped(complaint) + ".") }
      if given.isDefault { continue }
      if let complaint = given.setting.complaint(in: fileSettings) {
        throw ToolError("\(file): \(withQuotes(complaint)).")
      }
      warnings.append("\(file): \(withQuotes(complaint))")
    }
    return warnings
  }

  /// Finds settings that turn out to have no effect once the sector is known.
  ///
  /// - Parameters:
  ///   - settings: All settings, with no default left open.
  ///   - problem: The problem.
  ///   - sectorDimension: The number of configurations in the sector.
  /// - Returns: A warning for each.
  func warnings(in settings: Settings, problem: Problem, sectorDimension: Double) -> [String] {
    latest.compactMap { given in
      guard !given.isDefault, given.setting.complaint(in: settings, problem: problem) == nil else {
        return nil
      }
      return given.setting.complaint(
        in: settings, problem: problem, sectorDimension: sectorDimension
      ).map(given.asTyped)
    }
  }
}

// MARK: - Names in messages

/// Returns a text in which settings, named in backquotes, are written as options.
func withFlags(_ text: String) -> String {
  text.replacing(/`([a-z0-9-]+)`/) {
    ConfigurationFile.isKey(String($0.1)) ? "--\($0.1)" : "\($0.1)"
  }
}

/// Returns a text in which settings, named in backquotes, are written as the keys of a file.
func withQuotes(_ text: String) -> String { text.replacing("`", with: "'") }

extension ToolError {
  /// A run's error, with settings written as options.
  init(_ error: TrainingError) {
    self.init(withFlags(error.message) + (error.message.hasSuffix(".") ? "" : "."))
  }
}
