internal import Foundation
internal import FreeEnergy
internal import HDF5Files
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

  /// Reads a result file.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - perSite: Whether energies are to be divided by the number of sites.
  /// - Throws: ``ToolError`` where it is no result, is damaged, or has no steps.
  init(reading path: String, perSite: Bool) throws {
    do {
      if SpinResultFile.isOne(path) {
        self.init(try SpinResultFile.read(path), path, perSite)
      } else if ClassicalResultFile.isOne(path) {
        self.init(try ClassicalResultFile.read(path), path, perSite)
      } else {
        let record = try ResultFile.read(path)
        if perSite, case .molecule = record.problem {
          throw ToolError("--per-site is for lattices, and \(path) is of a molecule.")
        }
        self.init(record, path, perSite)
      }
    } catch let error as HDF5Error {
      throw ToolError("\(error)")
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
    var columns = [
      Column(
        name: "variance", unit: unit + "^{2}", isLogarithmic: true, values: trace.map(\.variance))
    ]
    if trace.contains(where: { $0.temperature > 0 }) {
      columns.append(
        Column(
          name: "temperature", unit: unit, isLogarithmic: false, values: trace.map(\.temperature)))
      columns.append(
        Column(name: "entropy", unit: "", isLogarithmic: false, values: trace.map(\.entropy)))
    }
    self.columns = columns
  }
}
