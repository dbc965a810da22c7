internal import ArgumentParser
internal import Foundation
internal import Hamiltonians
internal import NeuralNetworks
internal import SpinMonteCarlo
internal import Training

/// Which runs a sweep consists of, as `sweep.json` holds it.
struct ScalingSweep: Codable, Equatable {
  /// The file's type.
  static let type = "qchem-nqs scaling sweep"
  static let version = 1

  /// The Hamiltonians, as `square:0.5`.
  var cases: [String]
  /// The sizes, as `6x6`.
  var sizes: [String]
  /// The depths; empty for the default.
  var layers: [Int]
  /// The widths; empty for the default.
  var widths: [Int]
  var seeds: [UInt64]
  var boundary: String
  /// What all runs share; nil for defaults, which a lattice decides.
  var settings: SpinSettings

  /// Returns the runs, those with few operations first.
  ///
  /// - Returns: The runs.
  /// - Throws: ``ToolError`` where a lattice or a setting does not fit.
  func points() throws -> [SweepPoint] {
    var points: [SweepPoint] = []
    for (index, name) in cases.enumerated() {
      for size in sizes {
        let model = try makeModel(name, size: size)
        for width in widths.isEmpty ? [nil] : widths.map({ Int?.some($0) }) {
          for depth in layers.isEmpty ? [nil] : layers.map({ Int?.some($0) }) {
            for seed in seeds {
              var settings = settings
              (settings.width, settings.layers, settings.seed) = (width, depth, seed)
              points.append(
                try SweepPoint(
                  hamiltonian: name, size: size, model: model, given: settings,
                  conditions: self.conditions))
            }
          }
        }
      }
      if cases[..<index].contains(name) { throw ToolError("--cases has \(name) twice.") }
    }
    // Stable, so that what is equally long stays in order.
    return points.enumerated().sorted {
      ($0.element.operations.total, $0.offset) < ($1.element.operations.total, $1.offset)
    }.map(\.element)
  }

  private func makeModel(_ name: String, size: String) throws -> LatticeModel {
    let parts = name.split(separator: ":", omittingEmptySubsequences: false).map { String($0) }
    var words = [
      "--lattice=heisenberg", "--geometry=\(parts[0])", "--size=\(size)", "--boundary=\(boundary)",
    ]
    if parts.count > 1, Double(parts[1]) != 0 { words.append("--j2=\(parts[1])") }
    let options: LatticeOptions
    do { options = try LatticeOptions.parse(words) } catch {
      throw ToolError("\(name), \(size): \(LatticeOptions.message(for: error))")
    }
    do {
      guard let model = try options.makeModel() else { throw ToolError("no model") }
      return model
    } catch let error as ToolError {
      throw ToolError("\(name), \(error.message)")
    }
  }

  /// What is said of all runs beside patch, samples and steps, which every run's defaults fill in.
  private var conditions: String {
    var shared = settings
    (shared.patch, shared.samples, shared.steps, shared.finalSamples) = (nil, nil, nil, nil)
    (shared.layers, shared.width, shared.heads, shared.threads) = (nil, nil, nil, nil)
    (shared.optimizer, shared.symmetry, shared.seed) = (nil, nil, 1)
    let members = (try? Self.members(of: shared)) ?? [:]
    let given = members.sorted { $0.key < $1.key }
      // Results do not depend on these, or they are the same for all.
      .filter { !["ansatz", "seed", "memoryBudget"].contains($0.key) }.map {
        ", \($0.key) \($0.value)"
      }
    return (boundary == "periodic" ? "" : ", \(boundary)") + given.joined()
  }

  /// Returns the members of a value's JSON object as texts.
  private static func members(of value: some Encodable) throws -> [String: String] {
    let data = try JSONEncoder().encode(value)
    let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    return (object ?? [:]).mapValues { "\($0)" }
  }

  // MARK: - The file

  /// Returns the text of `sweep.json`: the sweep, and of each run its settings with all defaults.
  func text(_ points: [SweepPoint]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let file = File(
      type: Self.type, version: Self.version, sweep: self,
      points: Dictionary(points.map { ($0.name, $0.settings) }) { first, _ in first })
    return String(decoding: try encoder.encode(file), as: UTF8.self) + "\n"
  }

  private struct File: Codable {
    var type: String
    var version: Int
    var sweep: ScalingSweep
    var points: [String: SpinSettings]
  }

  /// Reads `sweep.json`.
  ///
  /// - Parameter path: The file.
  /// - Returns: The sweep.
  /// - Throws: ``ToolError`` where it is not one.
  static func read(_ path: String) throws(ToolError) -> ScalingSweep { try readFile(path).sweep }

  /// Reads the names of a sweep's runs.
  static func readNames(_ path: String) throws(ToolError) -> [String] {
    try readFile(path).points.keys.sorted()
  }

  private static func readFile(_ path: String) throws(ToolError) -> File {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ToolError("cannot read \(path).")
    }
    guard let file = try? JSONDecoder().decode(File.self, from: data), file.type == type else {
      throw ToolError(
        "\(path) is no sweep of 'qchem-nqs scaling run', or is damaged; give another folder.")
    }
    guard file.version <= version else {
      throw ToolError(
        "\(path) has version \(file.version), and this program knows \(version); use a newer qchem-nqs."
      )
    }
    return file
  }

  /// Returns what differs between two texts of `sweep.json`, in words; nil where nothing does.
  static func difference(stored: String, new: String) -> String? {
    func leaves(_ text: String) -> [String: String] {
      let object = try? JSONSerialization.jsonObject(with: Data(text.utf8))
      var found: [String: String] = [:]
      func walk(_ value: Any, _ path: String) {
        if let members = value as? [String: Any] {
          for (key, value) in members { walk(value, path.isEmpty ? key : path + "." + key) }
        } else if let values = value as? [Any] {
          found[path] = values.map { "\($0)" }.joined(separator: ",")
        } else {
          found[path] = "\(value)"
        }
      }
      walk(object ?? [:], "")
      return found
    }
    let (old, fresh) = (leaves(stored), leaves(new))
    let keys = Set(old.keys).union(fresh.keys).filter { old[$0] != fresh[$0] }
    // What the sweep says comes before what follows from it for each run.
    let order = keys.sorted {
      ($0.hasPrefix("points") ? 1 : 0, $0) < ($1.hasPrefix("points") ? 1 : 0, $1)
    }
    if order.isEmpty { return nil }
    let named = order.filter { !$0.hasPrefix("points") }
    return (named.isEmpty ? order : named).prefix(3).map { key in
      let name = key.split(separator: ".").dropFirst().joined(separator: ".")
      return "\(name) is \(old[key] ?? "not given") there and \(fresh[key] ?? "not given") here"
    }.joined(separator: "; ")
  }
}

/// One run of a sweep.
struct SweepPoint {
  /// Its name, that of its files.
  let name: String
  let hamiltonian: String
  let size: String
  let model: LatticeModel
  let problem: SpinProblem
  /// The settings as they were given.
  let given: SpinSettings
  /// The settings with every default.
  let settings: SpinSettings
  /// How it is made, beside depth and width.
  let conditions: String
  let parameterCount: Int
  /// What it is expected to take.
  let operations: SpinOperations

  init(
    hamiltonian: String, size: String, model: LatticeModel, given: SpinSettings, conditions: String
  ) throws {
    self.hamiltonian = hamiltonian
    self.size = size
    self.model = model
    self.given = given
    do {
      problem = SpinProblem(
        geometry: model.geometry, terms: try model.makeTerms(), upCount: model.upCount)
    } catch {
      throw ToolError("\(hamiltonian), \(size): \(error).")
    }
    settings = given.resolved(for: problem)
    let network: any SpinNetwork
    do throws(SpinRunError) { network = try given.checkedNetwork(for: problem) } catch {
      throw ToolError("\(hamiltonian), \(size): \(withFlags(error.description)).")
    }
    parameterCount = network.parameterCount
    operations = given.expectedOperations(for: problem, network: network)
    let projection = settings.symmetry.map { $0 == .none ? "" : ", project \($0.rawValue)" } ?? ""
    self.conditions =
      "patch \(settings.patch ?? 1), \(settings.samples ?? 0) samples, \(settings.steps ?? 0) steps, "
      + "\(settings.optimizer?.rawValue ?? "")"
      + projection + conditions
    let lattice = hamiltonian.replacing(":", with: "-j2-")
    name =
      "\(lattice)-\(size)-layers-\(settings.layers ?? 0)-width-\(settings.width ?? 0)-seed-\(settings.seed)"
  }

  /// What the study varies.
  var architecture: String {
    let heads = settings.heads ?? 0
    return "\(settings.layers ?? 0) layers of width \(settings.width ?? 0), \(heads) heads"
  }
}
