public import Training

/// Everything that a result file holds about a run: enough to go on with it.
public struct RunRecord: Sendable {
  /// Which program wrote it, and from what.
  public struct Provenance: Sendable, Hashable {
    /// The program's name.
    public var program: String
    /// Its version.
    public var version: String
    /// The libraries that it used, each with its version.
    public var libraries: [String]
    /// The input file, as the user gave it; nil for lattices.
    public var input: String?
    /// The machine that ran it.
    public var host: String?
    /// The command line, quoted for a shell.
    public var commandLine: String?

    /// Creates a provenance.
    public init(
      program: String, version: String, libraries: [String], input: String?, host: String? = nil,
      commandLine: String? = nil
    ) {
      self.program = program
      self.version = version
      self.libraries = libraries
      self.input = input
      self.host = host
      self.commandLine = commandLine
    }
  }

  /// Which program wrote it, and from what.
  public var provenance: Provenance
  /// The settings with every default filled in.
  public var settings: Settings
  /// The problem.
  public var problem: Problem
  /// The state of the run.
  public var snapshot: Snapshot
  /// The number of network parameters.
  public var parameterCount: Int
  /// The number of configurations in the sector.
  public var sectorDimension: Double
  /// The energy of the reference configuration, in the problem's unit.
  public var referenceEnergy: Double
  /// Whether the convergence criterion was met.
  public var isConverged: Bool
  /// The final evaluation, once there is one.
  public var final: FinalResult?

  /// Creates a record of a run in its present state.
  ///
  /// - Parameters:
  ///   - provenance: Which program writes it, and from what.
  ///   - problem: The problem, where the run does not say it itself.
  ///   - run: The run.
  ///   - snapshot: Its state.
  ///   - final: The final evaluation, where there is one.
  public init(
    provenance: Provenance, problem: Problem, run: any TrainingRun, snapshot: Snapshot,
    final: FinalResult?
  ) {
    self.provenance = provenance
    self.problem = run.problem ?? problem
    self.snapshot = snapshot
    self.final = final
    settings = run.settings
    parameterCount = run.parameterCount
    sectorDimension = run.sectorDimension
    referenceEnergy = run.referenceEnergy
    isConverged = final?.isConverged ?? run.isConverged
  }

  init(
    provenance: Provenance, settings: Settings, problem: Problem, snapshot: Snapshot,
    parameterCount: Int, sectorDimension: Double, referenceEnergy: Double, isConverged: Bool,
    final: FinalResult?
  ) {
    self.provenance = provenance
    self.settings = settings
    self.problem = problem
    self.snapshot = snapshot
    self.parameterCount = parameterCount
    self.sectorDimension = sectorDimension
    self.referenceEnergy = referenceEnergy
    self.isConverged = isConverged
    self.final = final
  }
}
