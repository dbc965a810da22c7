public import HDF5Files
internal import Hamiltonians
internal import Training

/// The evaluation of a run of Markov chains as its result file holds it.
public struct SpinEvaluation: Sendable, Hashable {
  /// Correlations of spins, with standard errors; sums and conventions are those of `SpinObservables`.
  public struct Correlations: Sendable, Hashable {
    /// The sites of each pair, `[E, 2]`.
    public var pairs: [[Int]]
    /// ⟨S_i·S_j⟩, by pair.
    public var correlations: [StoredEstimate]
    /// ⟨Sᶻ_i Sᶻ_j⟩, by pair.
    public var longitudinal: [StoredEstimate]
    /// Momenta in units of 2π over the lengths, `[Q, dimensions]`.
    public var momenta: [[Int]]
    /// S(q), by momentum.
    public var structureFactor: [StoredEstimate]
    /// Sums over the lattice by the names of their attributes.
    public var numbers: [String: Double]
  }

  /// The line through variances and energies of stages of training.
  public struct Extrapolation: Sendable, Hashable {
    /// The energy at zero variance, total.
    public var energy: StoredEstimate
    /// dE/dVar.
    public var slope: Double
    /// The variances of the stages.
    public var variances: [Double]
    /// Their energies.
    public var energies: [StoredEstimate]
  }

  /// Energies, errors and what is known of the chains.
  public var evaluation: StoredEvaluation
  /// Correlations, where they were measured.
  public var correlations: Correlations?
  /// The extrapolation, where there is one.
  public var extrapolation: Extrapolation?
}

extension SpinResultFile {
  /// Reads the evaluation.
  ///
  /// - Parameter path: The file.
  /// - Returns: The evaluation; nil where the run has not ended.
  /// - Throws: `HDF5Error` where it cannot be read or is damaged.
  public static func readEvaluation(_ path: String) throws(HDF5Error) -> SpinEvaluation? {
    let root = try HDF5File(readingFrom: path).root
    guard root.isGroup("final") else { return nil }
    let group = try root.group("final")
    var evaluation = SpinEvaluation(evaluation: try StoredEvaluation(group))
    if group.isGroup("observables") {
      let sites = try readLattice(try root.group("problem"))
      evaluation.correlations = try readCorrelations(try group.group("observables"), sites)
    }
    if group.isGroup("extrapolation") {
      evaluation.extrapolation = try readExtrapolation(try group.group("extrapolation"))
    }
    return evaluation
  }

  private static func readLattice(_ problem: HDF5Group) throws(HDF5Error) -> Int {
    try ResultFile.readLattice(problem).geometry.siteCount
  }

  private static func readCorrelations(
    _ group: HDF5Group, _ sites: Int
  ) throws(HDF5Error) -> SpinEvaluation.Correlations {
    let pairs = try rows("pairs", group)
    let momenta = try rows("momenta", group)
    guard pairs.allSatisfy({ $0.count == 2 && $0.allSatisfy { (0..<sites).contains($0) } }) else {
      throw damaged("'pairs' are no pairs of \(sites) sites", group)
    }
    var numbers: [String: Double] = [:]
    for name in try group.attributeNames() {
      if let value = try group.attribute(name)?.doubleValue { numbers[name] = value }
    }
    return SpinEvaluation.Correlations(
      pairs: pairs,
      correlations: try StoredEstimate.read("correlations", count: pairs.count, in: group),
      longitudinal: try StoredEstimate.read(
        "longitudinal_correlations", count: pairs.count, in: group),
      momenta: momenta,
      structureFactor: try StoredEstimate.read("structure_factor", count: momenta.count, in: group),
      numbers: numbers)
  }

  private static func readExtrapolation(
    _ group: HDF5Group
  ) throws(HDF5Error) -> SpinEvaluation.Extrapolation {
    let variances = try group.read(Double.self, "variances").values
    let energies = try ResultFile.readColumn(Double.self, "energies", variances.count, group)
    let errors = try ResultFile.readColumn(Double.self, "errors", variances.count, group)
    return SpinEvaluation.Extrapolation(
      energy: StoredEstimate(
        value: try ResultFile.number("energy", in: group),
        error: try ResultFile.number("energy_error", in: group)),
      slope: try ResultFile.number("slope", in: group), variances: variances,
      energies: zip(energies, errors).map { StoredEstimate(value: $0, error: $1) })
  }

  /// Reads an array of two dimensions.
  private static func rows(_ name: String, _ group: HDF5Group) throws(HDF5Error) -> [[Int]] {
    let (values, shape) = try group.read(Int.self, name)
    guard shape.count == 2, values.count == shape[0] * shape[1] else {
      throw damaged("'\(name)' is no array of rows", group)
    }
    return (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
  }

  private static func damaged(_ reason: String, _ group: HDF5Group) -> HDF5Error {
    HDF5Error(
      "read the evaluation", path: group.file.path, object: group.path, reason: reason,
      remedy: "The file is damaged: use an older copy")
  }
}
