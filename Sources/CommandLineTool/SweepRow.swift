internal import Foundation
internal import ScalingLaws
internal import SpinMonteCarlo

/// The numbers of a run of a sweep that has ended, as its JSON file holds them.
struct SweepRow: Codable, Equatable {
  static let type = "qchem-nqs scaling point"

  var type = Self.type
  var version = 1
  var name: String
  var hamiltonian: String
  var size: String
  var sites: Int
  var conditions: String
  var architecture: String
  var layers: Int
  var width: Int
  var heads: Int
  var parameters: Int
  var samples: Int
  var steps: Int
  /// As text: not every JSON reader's numbers hold every seed.
  var seed: String
  var forwardOperations: Double
  /// Why there are no numbers; nil where there are.
  var failure: String?
  var numbers: Numbers?

  /// What a run that has not failed has measured.
  struct Numbers: Codable, Equatable {
    var energyPerSite: Double
    var energyPerSiteError: Double
    var vScore: Double
    var vScoreError: Double
    var finalSamples: Int
    var effectiveSamples: Double
    var acceptance: Double
    var rHat: Double
    var evaluations: Double
    var evaluationOperations: Double
    var derivativeOperations: Double
    var gramOperations: Double
    var solutionOperations: Double
    var totalOperations: Double
    /// Of the steps, over all parts of the run.
    var seconds: Double
    var warnings: [String]

    enum CodingKeys: String, CodingKey {
      case energyPerSite = "energy_per_site"
      case energyPerSiteError = "energy_per_site_error"
      case vScore = "v_score"
      case vScoreError = "v_score_error"
      case finalSamples = "final_samples"
      case effectiveSamples = "effective_samples"
      case acceptance
      case rHat = "r_hat"
      case evaluations
      case evaluationOperations = "evaluation_operations"
      case derivativeOperations = "derivative_operations"
      case gramOperations = "gram_operations"
      case solutionOperations = "solution_operations"
      case totalOperations = "total_operations"
      case seconds, warnings
    }
  }

  enum CodingKeys: String, CodingKey {
    case type, version, name, hamiltonian, size, sites, conditions, architecture, layers, width
    case heads, parameters, samples, steps, seed
    case forwardOperations = "forward_operations"
    case failure, numbers
  }

  /// Describes a run that has failed.
  init(_ point: SweepPoint, failure: String?) {
    name = point.name
    hamiltonian = point.hamiltonian
    size = point.size
    sites = point.problem.siteCount
    conditions = point.conditions
    architecture = point.architecture
    layers = point.settings.layers ?? 0
    width = point.settings.width ?? 0
    heads = point.settings.heads ?? 0
    parameters = point.parameterCount
    samples = point.settings.samples ?? 0
    steps = point.settings.steps ?? 0
    seed = String(point.settings.seed)
    forwardOperations = point.operations.forward
    self.failure = failure
  }

  /// Describes a run that has ended.
  init(_ point: SweepPoint, _ run: SpinRun, _ final: SpinResult) {
    guard final.energy.isFinite, final.variance.isFinite, final.vScore > 0 else {
      self.init(point, failure: "the evaluation gave the V-score \(final.vScore)")
      return
    }
    self.init(point, failure: nil)
    let (n, operations) = (Double(sites), run.operations)
    numbers = Numbers(
      energyPerSite: final.energy / n, energyPerSiteError: final.energyError / n,
      vScore: final.vScore, vScoreError: final.vScoreError, finalSamples: final.samples,
      effectiveSamples: final.effectiveSamples, acceptance: final.acceptance,
      rHat: final.potentialScaleReduction,
      evaluations: run.trace.reduce(0) { $0 + $1.evaluations },
      evaluationOperations: operations.evaluations, derivativeOperations: operations.derivatives,
      gramOperations: operations.gram, solutionOperations: operations.solution,
      totalOperations: operations.total, seconds: run.trace.last?.seconds ?? 0,
      warnings: final.warnings)
  }

  /// The row for the fit; nil where the run has failed.
  var scalingRow: ScalingRow? {
    guard let numbers, failure == nil else { return nil }
    return ScalingRow(
      hamiltonian: hamiltonian, conditions: conditions, architecture: architecture, sites: sites,
      forwardOperations: forwardOperations, samples: samples, steps: steps, seed: seed,
      vScore: numbers.vScore, vScoreError: numbers.vScoreError,
      hasWarnings: !numbers.warnings.isEmpty)
  }

  // MARK: - The file

  /// Writes the file in one step.
  func write(to path: String) throws(ToolError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self) else {
      throw ToolError("\(path): the numbers of \(name) are no JSON.")
    }
    try SweepFolder.write(String(decoding: data, as: UTF8.self) + "\n", to: path)
  }

  /// Reads a file.
  ///
  /// - Throws: ``ToolError`` where it is none of these, or has numbers that no run has.
  static func read(_ path: String) throws(ToolError) -> SweepRow {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ToolError("cannot read \(path).")
    }
    guard let row = try? JSONDecoder().decode(SweepRow.self, from: data), row.type == type else {
      throw ToolError(
        "\(path) is no row of 'qchem-nqs scaling run', or is damaged; remove it to do the run again."
      )
    }
    guard row.version <= 1 else {
      throw ToolError(
        "\(path) has version \(row.version), and this program knows 1; use a newer qchem-nqs.")
    }
    let isWhole =
      row.failure != nil
      || row.numbers.map { $0.vScore > 0 && $0.vScore.isFinite && $0.vScoreError >= 0 } == true
    guard isWhole, row.sites > 0, row.samples > 0, row.steps > 0, row.forwardOperations > 0 else {
      throw ToolError(
        "\(path) is damaged: its numbers are out of range; remove it to do the run again.")
    }
    return row
  }
}
