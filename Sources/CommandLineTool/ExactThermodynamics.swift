internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Parallelism

/// What `exact` prints of a classical model.
struct ExactThermodynamics {
  /// How it was found.
  enum Method: String {
    case kaufman
    case transferMatrix = "transfer-matrix"
  }

  private let problem: ClassicalProblem
  private let method: Method
  private let exact: IsingThermodynamics
  /// The time that it took.
  var seconds = 0.0

  /// Solves a model: by Kaufman's formula where it has one coupling and is not frustrated, else by
  /// the transfer matrix.
  ///
  /// - Parameters:
  ///   - problem: The model.
  ///   - threads: The number of threads.
  /// - Throws: ``ToolError`` where there is no exact solution.
  init(_ problem: ClassicalProblem, threads: Int) throws {
    let model = problem.model
    self.problem = problem
    do throws(IsingSolverError) {
      if let coupling = model.uniformCoupling, coupling >= 0 || model.length % 2 == 0 {
        method = .kaufman
        exact = try KaufmanIsing(model).thermodynamics(inverseTemperature: problem.beta)
      } else {
        method = .transferMatrix
        exact = try IsingTransferMatrix(model, execution: Execution(threads: threads))
          .thermodynamics(inverseTemperature: problem.beta)
      }
    } catch {
      throw ToolError("\(problem.name): \(error).")
    }
  }

  private var logPerSite: Double { exact.logPartitionFunction / Double(exact.siteCount) }

  var json: JSONValue {
    .object([
      "program": .string("qchem-nqs"),
      "version": .string(programVersion),
      "problem": .string(problem.name),
      "beta": .number(problem.beta),
      "length": .integer(problem.model.length),
      "coupling": .number(problem.model.uniformCoupling),
      "log_partition_function": .number(exact.logPartitionFunction),
      "log_partition_function_per_site": .number(logPerSite),
      // Null at β = 0, where it is infinite.
      "free_energy_per_site": .number(exact.freeEnergy),
      "energy_per_site": .number(exact.energy),
      "specific_heat_per_site": .number(exact.specificHeat),
      "entropy_per_site": .number(exact.entropy),
      "method": .string(method.rawValue),
      "wall_seconds": .number(seconds),
    ])
  }

  func text(quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
      let way =
        switch method {
        case .kaufman: "Kaufman's formula"
        case .transferMatrix: "the transfer matrix"
        }
      lines.append(
        "\(problem.name): \(exact.siteCount) spins, solved by \(way) in "
          + String(format: "%.1f s", seconds))
      for (name, value) in [
        ("ln Z per site", logPerSite), ("free energy per site", exact.freeEnergy),
        ("energy per site", exact.energy), ("specific heat per site", exact.specificHeat),
        ("entropy per site", exact.entropy),
      ] {
        lines.append(name.padding(toLength: 24, withPad: " ", startingAt: 0) + Self.digits(value))
      }
    }
    lines.append("EXACT LN Z  " + Self.digits(exact.logPartitionFunction))
    return lines.joined(separator: "\n")
  }

  /// Thirteen digits; rounding errors are in later ones.
  private static func digits(_ value: Double) -> String { String(format: "%.13g", value) }
}
