public import SpinMonteCarlo
public import Training

/// Everything that a result file holds about a run of Markov chains: enough to go on with it.
public struct SpinRecord: Sendable {
  /// Which program wrote it, and from what.
  public var provenance: RunRecord.Provenance
  /// The problem's name.
  public var name: String
  /// The model.
  public var model: LatticeModel
  /// The settings with every default filled in.
  public var settings: SpinSettings
  /// The state of the run.
  public var snapshot: SpinSnapshot
  /// The evaluation, once there is one; not read back.
  public var final: SpinResult?

  /// Creates a record.
  public init(
    provenance: RunRecord.Provenance, name: String, model: LatticeModel, settings: SpinSettings,
    snapshot: SpinSnapshot, final: SpinResult?
  ) {
    self.provenance = provenance
    self.name = name
    self.model = model
    self.settings = settings
    self.snapshot = snapshot
    self.final = final
  }
}
