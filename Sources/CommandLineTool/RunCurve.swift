internal import Foundation
internal import FreeEnergy
internal import Hamiltonians
internal import Results
internal import SpinMonteCarlo
internal import Training

/// The trace of a run, as a figure shows it.
struct RunCurve {
  /// What the energy is.
  enum Kind: String {
    case molecule
    case lattice
    case classical
  }

  /// One value of each step.
  struct Column {
    let name: String
    let unit: String
    let isLogarithmic: Bool
    let values: [Double]
  }

  let path: String
  let kind: Kind
  /// The energy's name and unit.
  let energyName: String
  let unit: String
  let steps: [Int]
  /// The energies.
  let energies: [Double]
  /// Whether each energy is of the problem itself: at the last temperature and length.
  let isFinal: [Bool]
  let columns: [Column]

  /// Takes the steps of a result.
  ///
  /// - Parameters:
  ///   - result: The result.
  ///   - path: Its file.
  ///   - perSite: Whether energies are to be divided by the number of sites.
  /// - Throws: ``ToolError`` where it has no steps, or no sites.
  init(_ result: StoredResult, path: String, perSite: Bool) throws(ToolError) {
    switch result {
    case .spins(let record, _): self.init(record, path, perSite)
    case .classical(let record, _): self.init(record, path, perSite)
    case .run(let record):
      if perSite, case .molecule = record.problem {
        throw ToolError("--per-site is for lattices, and \(path) is of a molecule.")
      }
      self.init(record, path, perSite)
    case .exact:
      throw ToolError("\(path) holds an exact vector, which has no steps to draw.")
    }
    guard !steps.isEmpty else {
      throw ToolError("\(path): the run has no steps yet, so there is nothing to draw.")
    }
  }

  private init(_ record: SpinRecord, _ path: String, _ perSite: Bool) {
    let trace = record.snapshot.trace
    let scale = perSite ? 1 / Double(record.model.geometry.siteCount) : 1
    self.path = path
    kind = .lattice
    energyName = perSite ? "E / N" : "E"
    unit = "J"
    steps = trace.map(\.step)
    energies = trace.map { $0.energy * scale }
    isFinal = trace.map { _ in true }
    columns = [
      Column(
        name: perSite ? "error / N" : "error", unit: "J", isLogarithmic: true,
        values: trace.map { $0.error * scale }),
      Column(
        name: "variance", unit: "J^{2}", isLogarithmic: true, values: trace.map(\.variance)),
      Column(
        name: "acceptance", unit: "", isLogarithmic: false, values: trace.map(\.acceptance)),
    ]
  }

  private init(_ record: ClassicalRecord, _ path: String, _ perSite: Bool) {
    let trace = record.snapshot.trace
    self.path = path
    kind = .classical
    energyName = perSite ? "βF / N" : "βF"
    unit = ""
    steps = trace.map(\.step)
    // While a lattice grows, only the free energy per site can be compared.
    energies = trace.map { perSite ? $0.freeEnergy / Double($0.length * $0.length) : $0.freeEnergy }
    isFinal = trace.map { $0.length == record.model.length && $0.beta == record.beta }
    columns = [
      Column(
        name: perSite ? "error of βF / N" : "error of βF", unit: "", isLogarithmic: true,
        values: trace.map { perSite ? $0.error / Double($0.length * $0.length) : $0.error }),
      Column(
        name: "variance of ln q + βH", unit: "", isLogarithmic: true, values: trace.map(\.variance)),
      Column(
        name: "temperature", unit: "J", isLogarithmic: true, values: trace.map { 1 / $0.beta }),
      Column(
        name: "effective share of the sample", unit: "", isLogarithmic: false,
        values: trace.map(\.effectiveShare)),
    ]
  }

  private init(_ record: RunRecord, _ path: String, _ perSite: Bool) {
    let trace = record.snapshot.trace
    var scale = 1.0
    if case .lattice(let model) = record.problem {
      (kind, unit) = (.lattice, "J")
      if perSite { scale = 1 / Double(model.geometry.siteCount) }
    } else {
      (kind, unit) = (.molecule, "E_{h}")
    }
    self.path = path
    energyName = perSite ? "E / N" : "E"
    steps = trace.map(\.step)
    energies = trace.map { $0.energy * scale }
    isFinal = trace.map { _ in true }
    var columns: [Column] = []
    // Sums over the whole sector have none.
    if trace.contains(where: { $0.error > 0 }) {
      columns.append(
        Column(
          name: perSite ? "error / N" : "error", unit: unit, isLogarithmic: true,
          values: trace.map { $0.error * scale }))
    }
    columns.append(
      Column(
        name: "variance", unit: unit + "^{2}", isLogarithmic: true, values: trace.map(\.variance)))
    if trace.contains(where: { $0.temperature > 0 }) {
      columns.append(
        Column(
          name: "temperature", unit: unit, isLogarithmic: false, values: trace.map(\.temperature)))
      columns.append(
        Column(name: "entropy", unit: "", isLogarithmic: false, values: trace.map(\.entropy)))
    }
    if Set(trace.map(\.distinctSamples)).count > 1 {
      columns.append(
        Column(
          name: "distinct configurations", unit: "", isLogarithmic: false,
          values: trace.map { Double($0.distinctSamples) }))
    }
    self.columns = columns
  }
}
