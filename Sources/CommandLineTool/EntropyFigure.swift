internal import ExactSolvers
internal import Foundation
internal import Integrals
internal import Plots
internal import Results
internal import Training

/// Entropies of orbitals, and their mutual information as a graph.
enum EntropyFigure {
  /// The share of the largest mutual information below which no line is drawn.
  private static let leastShare = 0.005

  /// Draws the entropies of a molecule's orbitals.
  ///
  /// - Parameters:
  ///   - result: The result of `solve` or of `exact --output`.
  ///   - path: Its file, for messages.
  /// - Returns: The figure.
  /// - Throws: ``ToolError`` where it has no entropies.
  static func make(_ result: StoredResult, path: String) throws(ToolError) -> Figure {
    let observables: StateObservables?
    var names: [String] = []
    switch result {
    case .run(let record):
      observables = record.final?.observables
      if case .molecule(let integrals, _) = record.problem, let labels = integrals.orbitalIrreps {
        let irreps = IrrepNames.names(of: integrals)
        names = irreps.map { irreps in labels.map { irreps[Int($0)] } } ?? []
      }
    case .exact(let record): observables = record.observables
    case .spins, .classical: observables = nil
    }
    guard let entropies = observables?.entropies else {
      throw ToolError(
        "--figure entropies: \(path) has no entropies of orbitals; they are in results of molecules whose whole sector is "
          + "summed, and in those of 'exact --output'.")
    }
    let single = entropies.oneOrbital
    let n = single.count
    let pairs = (0..<n).flatMap { i in
      (0..<i).map { j in (j, i, entropies.mutualInformation[i * n + j]) }
    }
    let largest = pairs.map(\.2).max() ?? 0
    let edges = pairs.filter { $0.2 > leastShare * largest && $0.2 > 0 }.map {
      CircleGraph.Edge($0.0, $0.1, weight: $0.2)
    }
    let bars = Series(
      nil, single.enumerated().map { PlotPoint(Double($0 + 1), max(0, $1)) }, color: 1, line: .bars)
    let labels = (0..<n).map { orbital in
      names.isEmpty || n > 40 ? "\(orbital + 1)" : "\(orbital + 1) \(names[orbital])"
    }
    let caption = String(
      format: "thickest line: I = %.3g, largest disc: s = %.3g", largest, single.max() ?? 0)
    return Figure(
      panels: [
        Panel(
          title: "entropies of single orbitals",
          x: Axis("orbital", range: 0.4...Double(n) + 0.6),
          y: Axis("s", range: 0...max(1.05 * (single.max() ?? 1), 1e-6)), series: [bars]),
        Panel(
          title: "mutual information",
          graph: CircleGraph(
            labels: labels, sizes: single.map { max(0, $0) }, edges: edges, caption: caption)),
      ], columns: 2, frameWidth: 200, frameHeight: 200)
  }
}
