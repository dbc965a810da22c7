/// One thing that a user can choose about a run: its name, values, default, and when it matters.
///
/// Everything that is said about a setting comes from its entry in ``all``: the check of its range,
/// the option of the command line with its help, the key of a TOML file, and `docs/settings.md`. Texts
/// name settings in backquotes, so that a program can write them the way its users do.
public struct Setting: Sendable {
  /// The part of a run that a setting belongs to.
  public enum Group: String, Sendable, CaseIterable {
    case waveFunction = "Wave function"
    case sampling = "Sampling"
    case optimizer = "Optimisation"
    case annealing = "Annealing"
    case localEnergy = "Local energies"
    case schedule = "Start, steps and final evaluation"
  }

  /// What a value looks like in a file.
  public enum Shape: Sendable {
    /// A whole number.
    case integer
    /// A number.
    case number
    /// A word.
    case word
    /// True or false.
    case flag
    /// A list of whole numbers, or a word that stands for one.
    case integers
  }

  /// The name: that of the option, and of the key in a TOML file.
  public let name: String
  /// The part of the run.
  public let group: Group
  /// What it is, in a sentence.
  public let help: String
  /// The default, in words.
  public let defaultText: String
  /// The values that it may have; completes "must be …".
  public let expected: String
  /// What a value looks like.
  public let shape: Shape
  /// Whether a run that goes on may be given another value.
  public let canChange: Bool
  /// What must be the case for it to matter; empty for always.
  let requirements: [Requirement]

  private let assign: @Sendable (String, _ positions: Int, inout Settings) -> Bool
  private let outlier: @Sendable (Settings) -> String?
  private let written: @Sendable (Settings) -> String?
  private let isDefaultText: @Sendable (String) -> Bool
  private let fillIn: @Sendable (inout Settings, ProblemSize) -> Void

  /// Declares a setting whose default is decided when a run is made.
  init<Value>(
    _ name: String, _ group: Group, _ path: any WritableKeyPath<Settings, Value?> & Sendable,
    _ domain: Domain<Value>, default fallback: Fallback<Value>, needs: [Requirement] = [],
    canChange: Bool = false, _ help: String
  ) {
    self.init(
      name, group, domain, defaultText: fallback.text(domain), needs: needs, canChange: canChange,
      help, isDefaultText: { _ in false }, get: { $0[keyPath: path] },
      set: { $0[keyPath: path] = $1 },
      fillIn: { settings, size in
        settings[keyPath: path] = settings[keyPath: path] ?? fallback.value(settings, size)
      })
  }

  /// Declares a setting whose default is that of `Settings()`.
  init<Value>(
    _ name: String, _ group: Group, _ path: any WritableKeyPath<Settings, Value> & Sendable,
    _ domain: Domain<Value>, needs: [Requirement] = [], canChange: Bool = false, _ help: String
  ) {
    self.init(
      name, group, domain, defaultText: domain.write(Settings()[keyPath: path]), needs: needs,
      canChange: canChange, help,
      isDefaultText: { text in
        domain.read(text, 0).map(domain.write) == domain.write(Settings()[keyPath: path])
      },
      get: { $0[keyPath: path] }, set: { $0[keyPath: path] = $1 }, fillIn: { _, _ in })
  }

  private init<Value>(
    _ name: String, _ group: Group, _ domain: Domain<Value>, defaultText: String,
    needs: [Requirement], canChange: Bool, _ help: String,
    isDefaultText: @escaping @Sendable (String) -> Bool,
    get: @escaping @Sendable (Settings) -> Value?,
    set: @escaping @Sendable (inout Settings, Value) -> Void,
    fillIn: @escaping @Sendable (inout Settings, ProblemSize) -> Void
  ) {
    self.name = name
    self.group = group
    self.help = help
    self.defaultText = defaultText
    self.canChange = canChange
    self.fillIn = fillIn
    self.isDefaultText = isDefaultText
    expected = domain.expected
    shape = domain.shape
    requirements = needs
    assign = { text, positions, settings in
      guard let value = domain.read(text, positions), domain.contains(value) else { return false }
      set(&settings, value)
      return true
    }
    written = { settings in get(settings).map(domain.write) }
    outlier = { settings in
      get(settings).flatMap { domain.contains($0) ? nil : domain.write($0) }
    }
  }

  /// Returns the setting of a name.
  public static func named(_ name: String) -> Setting? { all.first { $0.name == name } }

  /// Sets the value that a text says.
  ///
  /// - Parameters:
  ///   - text: The value, as on a command line: `0.5`, `retnet`, `64,64`, `true`.
  ///   - settings: Where to set it.
  ///   - positions: The number of orbitals or sites, which `reverse` stands for the order of.
  /// - Throws: ``TrainingError`` where the text is no such value or out of range.
  public func set(
    _ text: String, in settings: inout Settings, positions: Int = 0
  ) throws(TrainingError) {
    guard assign(text, positions, &settings) else { throw error(found: text) }
  }

  /// Returns the value among some settings as a text that ``set(_:in:positions:)`` takes; nil where it is left open.
  public func text(in settings: Settings) -> String? { written(settings) }

  /// Whether a text is what the setting is anyway, whatever the problem and the other settings are.
  public func isDefault(_ text: String) -> Bool { isDefaultText(text) }

  /// Throws unless the value among some settings, where there is one, is in range.
  func check(_ settings: Settings) throws(TrainingError) {
    if let found = outlier(settings) { throw error(found: found) }
  }

  /// Sets the default where there is no value.
  func fill(_ settings: inout Settings, for size: ProblemSize) { fillIn(&settings, size) }

  private func error(found: String) -> TrainingError {
    var message = "`\(name)` must be \(expected), not '\(found)'"
    if shape == .integer, Int(found) == nil, let whole = Double(found).flatMap(Int.init(exactly:)) {
      message += "; write \(whole)"
    }
    return TrainingError(.invalidSettings, message)
  }
}

/// How a default is found.
struct Fallback<Value: Sendable>: Sendable {
  /// The default in words, given how values are written.
  let text: @Sendable (Domain<Value>) -> String
  /// The default, from what is set already and the problem's size; nil to leave it open.
  let value: @Sendable (Settings, ProblemSize) -> Value?

  /// One value for every problem.
  static func always(_ value: Value) -> Fallback {
    Fallback(text: { $0.write(value) }, value: { _, _ in value })
  }

  /// A value that depends on the problem or on other settings.
  static func by(
    _ text: String, _ value: @escaping @Sendable (Settings, ProblemSize) -> Value?
  ) -> Fallback {
    Fallback(text: { _ in text }, value: { value($0, $1) })
  }

  /// A multiple of the energy that the problem's thresholds are measured by.
  static func scaled(_ factor: Double) -> Fallback where Value == Double {
    Fallback(
      text: { "\($0.write(factor)) of the energy's scale" }, value: { factor * $1.energyScale })
  }

  /// The same, but another value with the preset `paper`.
  func butInPaper(_ paper: Value) -> Fallback {
    Fallback(
      text: { "\(text($0)); with `preset` paper \($0.write(paper))" },
      value: { $0.basis == .paper ? paper : value($0, $1) })
  }

  /// Left open: what comes in its place, in words.
  static func open(_ text: String) -> Fallback {
    Fallback(text: { _ in text }, value: { _, _ in nil })
  }
}
