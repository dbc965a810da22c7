internal import Hamiltonians
internal import Integrals

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
  ///   - problem: The problem.
  ///   - run: The run.
  ///   - snapshot: Its state.
  ///   - final: The final evaluation, where there is one.
  public init(
    provenance: Provenance, problem: Problem, run: any TrainingRun, snapshot: Snapshot,
    final: FinalResult?
  ) {
    self.provenance = provenance
    self.problem = problem
    self.snapshot = snapshot
    self.final = final
    settings = run.settings
    parameterCount = run.parameterCount
    sectorDimension = run.sectorDimension
    referenceEnergy = run.referenceEnergy
    isConverged = run.isConverged
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

extension Problem {
  /// A digest of the numbers that define the problem, the same on every machine.
  ///
  /// The 64-bit FNV-1a hash over the little-endian bytes of all of them; it tells problems apart,
  /// and protects against nobody.
  public var digest: String {
    var hash = FNVHash()
    switch self {
    case .molecule(let integrals, _):
      hash.add([Double(integrals.orbitalCount), Double(integrals.alphaCount)])
      hash.add([Double(integrals.betaCount), integrals.coreEnergy])
      for values in [
        integrals.oneBodyAlpha, integrals.oneBodyBeta, integrals.twoBodyAlphaAlpha,
        integrals.twoBodyBetaBeta, integrals.twoBodyAlphaBeta,
      ] {
        hash.add(values ?? [])
      }
      hash.add((integrals.orbitalIrreps ?? []).map(Double.init))
    case .lattice(let model):
      hash.add([Double(model.twiceMagnetization ?? -1)])
      hash.add([Double(model.geometry.width), Double(model.geometry.height)])
      for byte in "\(model.geometry.unitCell.name) \(model.geometry.boundary)".utf8 {
        hash.add(byte)
      }
      switch model.interaction {
      case .heisenberg(let j1, let j2, let anisotropy): hash.add([0, j1, j2, anisotropy])
      case .ising(let coupling, let field): hash.add([1, coupling, field])
      }
    }
    let digits = String(hash.value, radix: 16)
    return "fnv1a64:" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// The 64-bit FNV-1a hash of Fowler, Noll and Vo.
private struct FNVHash {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

  mutating func add(_ numbers: [Double]) {
    for number in numbers {
      // Plus zero makes a negative zero positive, which is the same number.
      var bits = (number + 0).bitPattern
      for _ in 0..<8 {
        add(UInt8(truncatingIfNeeded: bits))
        bits >>= 8
      }
    }
  }
}
