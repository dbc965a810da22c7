/// What the defaults depend on.
struct ProblemSize {
  /// T.
  var positions: Int
  /// The number of representatives in the sector.
  var dimension: Double
  /// Whether the problem is a lattice.
  var isLattice: Bool
  /// The energy that thresholds are measured by: of the integrals, or the lattice's coupling.
  var energyScale: Double
  /// The energy of the reference configuration.
  var referenceEnergy: Double
  /// Whether few configurations dominate the ground state, so that a small configuration
  /// interaction is a good start.
  var hasPeakedStart: Bool

  /// Whether the steps of a spread-out state see a part of it only, so that they are noisy.
  func hasNoisySteps(_ settings: Settings) -> Bool {
    let takesWhole = settings.sampling.wholeSector ?? (settings.basis != .paper)
    return isLattice
      && (!takesWhole || dimension > Double(settings.sampling.maximumSamples ?? .max))
  }

  /// Whether steps are those of inverse iteration on a whole sector, which have no noise to damp.
  ///
  /// Asked once the sample's and the step's settings are filled in.
  func iteratesInverse(_ settings: Settings) -> Bool {
    settings.optimizer.kind == .sr && settings.optimizer.metric == .hamiltonian
      && settings.sampling.wholeSector == true
      && dimension <= Double(settings.sampling.maximumSamples ?? 0)
  }
}

extension Settings {
  /// Returns these settings with every nil that depends on the problem filled in.
  ///
  /// The values are those that did best over the benchmark set; `docs/performance.md` has the
  /// measurements.
  func filled(for size: ProblemSize) -> Settings {
    var filled = self
    for setting in Setting.all { setting.fill(&filled, for: size) }
    return filled
  }

  /// Returns these settings without the symmetries that the preset leaves out.
  ///
  /// They are wanted before the problem's size is known.
  func withSymmetriesOfPreset() -> Settings {
    if basis != .paper { return self }
    var changed = self
    changed.ansatz.spinFlipSymmetry = ansatz.spinFlipSymmetry ?? false
    changed.ansatz.latticeSymmetry = ansatz.latticeSymmetry ?? false
    return changed
  }

  /// Throws unless every value that is set is in its range, and the network's go together.
  func check() throws(TrainingError) {
    for setting in Setting.all { try setting.check(self) }
    try ResolvedSettings.checkNetwork(ansatz)
  }
}
