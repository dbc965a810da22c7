public import FreeEnergy
public import Hamiltonians

/// Everything that a result file holds about a run with classical spins: enough to go on with it.
public struct ClassicalRecord: Sendable {
  /// Which program wrote it, and from what.
  public var provenance: RunRecord.Provenance
  /// The problem's name.
  public var name: String
  /// The model.
  public var model: ClassicalIsing
  /// The inverse temperature.
  public var beta: Double
  /// The settings with every default filled in.
  public var settings: FreeEnergySettings
  /// The state of the run.
  public var snapshot: FreeEnergySnapshot
  /// The evaluation, once there is one; not read back.
  public var final: FreeEnergyResult?

  /// Creates a record.
  public init(
    provenance: RunRecord.Provenance, name: String, model: ClassicalIsing, beta: Double,
    settings: FreeEnergySettings, snapshot: FreeEnergySnapshot, final: FreeEnergyResult?
  ) {
    self.provenance = provenance
    self.name = name
    self.model = model
    self.beta = beta
    self.settings = settings
    self.snapshot = snapshot
    self.final = final
  }
}
