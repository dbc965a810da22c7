internal import Estimators
internal import Optimization

/// What must be the case for a setting to have an effect.
struct Requirement: Sendable {
  /// What a run is known to be like; nils are not known yet.
  struct Context {
    var settings: Settings
    var problem: Problem?
    var sectorDimension: Double?
  }

  /// The condition in words; completes "has an effect only with …".
  let condition: String
  /// Returns what is the case instead, or nil where the condition is met or cannot be judged yet.
  let obstacle: @Sendable (Context) -> String?
}

extension Setting {
  /// Judges whether the setting has an effect.
  ///
  /// - Parameters:
  ///   - settings: All settings.
  ///   - problem: The problem; nil to judge by the settings alone.
  ///   - sectorDimension: The number of configurations in the sector, once it is known.
  /// - Returns: Why it has none and what to do; nil where it has one, or may have.
  public func complaint(
    in settings: Settings, problem: Problem? = nil, sectorDimension: Double? = nil
  ) -> String? {
    let context = Requirement.Context(
      settings: settings, problem: problem, sectorDimension: sectorDimension)
    for requirement in requirements {
      if let obstacle = requirement.obstacle(context) {
        return
          "`\(name)` has an effect only with \(requirement.condition), and \(obstacle); change "
          + "that or leave `\(name)` out"
      }
    }
    return nil
  }

  /// When the setting has an effect, in words; nil for always.
  var effect: String? {
    requirements.isEmpty ? nil : requirements.map(\.condition).joined(separator: "; ")
  }
}

// MARK: - The conditions

extension Requirement {
  /// Another setting has one of some values.
  static func choice<Kind: RawRepresentable & Equatable & Sendable>(
    _ name: String, _ allowed: Kind..., value: @escaping @Sendable (Context) -> Kind
  ) -> Requirement where Kind.RawValue == String { choice(name, allowed, value: value) }

  private static func choice<Kind: RawRepresentable & Equatable & Sendable>(
    _ name: String, _ allowed: [Kind], value: @escaping @Sendable (Context) -> Kind
  ) -> Requirement where Kind.RawValue == String {
    Requirement(condition: "`\(name)` " + list(allowed.map(\.rawValue))) { context in
      let value = value(context)
      return allowed.contains(value) ? nil : "`\(name)` is \(value.rawValue)"
    }
  }

  /// The networks of which a setting says the shape.
  static func ansatz(_ kinds: AnsatzKind...) -> Requirement {
    choice("ansatz", kinds) { $0.settings.ansatz.kind }
  }

  static let decoder = ansatz(.transformer, .retnet)

  static let sr = choice("optimizer", OptimizerKind.sr) { $0.settings.optimizer.kind }
  static let adam = choice("optimizer", OptimizerKind.adam) { $0.settings.optimizer.kind }
  static let annealing = Requirement(condition: "`annealing` other than none") {
    shape($0) == AnnealingKind.none ? "`annealing` is none" : nil
  }
  /// The temperature comes to an end.
  static let schedule = Requirement(condition: "an `annealing` that ends") {
    switch shape($0) {
    case .none: "`annealing` is none"
    case .constant: "`annealing` is constant"
    default: nil
    }
  }
  /// The schedule that is set, or that the start has by default.
  private static func shape(_ context: Context) -> AnnealingKind {
    context.settings.annealing.kind ?? (start(of: context) == .random ? .linear : .none)
  }
  static let screened = choice("local-energy", LocalEnergyMode.screened) {
    $0.settings.localEnergy.mode ?? ($0.settings.basis == .paper ? .subspace : .full)
  }
  static let perturbative = choice("start", StartKind.perturbative) {
    start(of: $0)
  }

  /// The start that is set, or that the problem has by default.
  private static func start(of context: Context) -> StartKind {
    context.settings.start.kind
      ?? (context.problem?.hasPeakedStart == false || context.settings.basis == .paper
        ? .random : .perturbative)
  }

  static let screening = Requirement(condition: "`screening` above 0") {
    $0.settings.localEnergy.screening != 0 ? nil : "with 0 all elements are kept"
  }

  /// The training distribution is that of the natural gradient's metric, or of draws.
  static let trainingDistribution = Requirement(condition: "`optimizer` sr or `draws`") {
    let isUsed =
      $0.settings.optimizer.kind == .sr || $0.settings.sampling.draws != nil
      || $0.settings.basis == .paper
    return isUsed ? nil : "`optimizer` is adam without `draws`"
  }

  static let draws = Requirement(condition: "`draws`") {
    $0.settings.sampling.draws != nil || $0.settings.basis == .paper
      ? nil : "samples have no draws"
  }

  static let lattice = Requirement(condition: "a lattice") {
    if case .molecule = $0.problem { "this is a molecule" } else { nil }
  }

  static let molecule = Requirement(condition: "a molecule") {
    if case .lattice = $0.problem { "this is a lattice" } else { nil }
  }

  /// No penalty holds the total spin: a selected CI knows none.
  static let freeSpin = Requirement(condition: "no `spin`") {
    $0.settings.ansatz.twiceSpin == nil ? nil : "`spin` holds it"
  }

  /// The steps' samples are not the whole sector.
  static let sampledSteps = Requirement(condition: "sectors of more configurations than `samples`")
  {
    ($0.settings.sampling.wholeSector ?? ($0.settings.basis != .paper))
      ? whole($0, upTo: $0.settings.sampling.maximumSamples, "in every step") : nil
  }

  /// The final evaluation does not sum over the whole sector.
  static let sampledEvaluation = Requirement(
    condition: "sectors of more configurations than `exact-limit`"
  ) {
    whole($0, upTo: $0.settings.evaluation.exactLimit, "in the final evaluation")
  }

  private static func whole(_ context: Context, upTo limit: Int?, _ place: String) -> String? {
    guard let dimension = context.sectorDimension, let limit, dimension <= Double(limit) else {
      return nil
    }
    return "all \(Int(dimension)) of this one are taken \(place)"
  }
}

extension Problem {
  /// Whether few configurations dominate the ground state, so that a small configuration
  /// interaction is a good start.
  var hasPeakedStart: Bool {
    switch self {
    case .molecule: true
    case .lattice(let model): model.upCount != nil
    }
  }
}
