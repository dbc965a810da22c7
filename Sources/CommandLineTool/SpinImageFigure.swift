internal import Foundation
internal import Hamiltonians
internal import Plots
internal import Results
internal import SpinMonteCarlo
internal import Training

/// Configurations of spins as images, black for up.
enum SpinImageFigure {
  /// The most images of a figure.
  private static let limit = 8

  /// Draws configurations of a lattice.
  ///
  /// - Parameters:
  ///   - result: The result.
  ///   - path: Its file, for messages.
  /// - Returns: The figure.
  /// - Throws: ``ToolError`` where there are none, or the lattice is no grid.
  static func make(_ result: StoredResult, path: String) throws(ToolError) -> Figure {
    let panels: [Panel]
    switch result {
    case .classical(let record, let evaluation):
      guard let configurations = evaluation?.configurations, !configurations.isEmpty else {
        throw ToolError(
          "--figure spins: \(path) has no configurations: the run has not ended, or was made with --leading 0."
        )
      }
      panels = configurations.prefix(limit).map {
        panel(nil, $0.map { $0 > 0 }, columns: record.model.length)
      }
    case .spins(let record, _):
      let geometry = try grid(record.model, path)
      let sites = geometry.siteCount
      let chains = record.snapshot.chains
      panels = (0..<min(limit, chains.count / sites)).map { chain in
        panel(
          nil, chains[chain * sites..<(chain + 1) * sites].map { $0 > 0 }, columns: geometry.width)
      }
    case .run(let record):
      guard case .lattice(let model) = record.problem else { throw none(path) }
      let geometry = try grid(model, path)
      guard let leading = record.final?.leading, !leading.isEmpty else {
        throw ToolError(
          "--figure spins: \(path) has no configurations: the run has not been evaluated.")
      }
      panels = leading.sorted { $0.logModulus > $1.logModulus }.prefix(limit).map { sample in
        let text = ConfigurationText.spins(sample, sites: geometry.siteCount)
        return panel(
          String(format: "|ψ|² = %.2g", exp(2 * sample.logModulus)), text.map { $0 == "1" },
          columns: geometry.width)
      }
    case .exact: throw none(path)
    }
    guard !panels.isEmpty else { throw ToolError("--figure spins: \(path) has no configurations.") }
    return Figure(panels: panels, columns: min(4, panels.count), frameWidth: 100, frameHeight: 100)
  }

  private static func none(_ path: String) -> ToolError {
    ToolError("--figure spins is for lattices, and \(path) is of a molecule.")
  }

  private static func grid(
    _ model: LatticeModel, _ path: String
  ) throws(ToolError) -> LatticeGeometry {
    let geometry = model.geometry
    guard geometry.unitCell == .square, geometry.height > 1 else {
      throw ToolError(
        "--figure spins draws square lattices, and that of \(path) is a \(geometry.unitCell.name).")
    }
    return geometry
  }

  /// One image; site 0 is at the upper left.
  private static func panel(_ title: String?, _ isUp: [Bool], columns: Int) -> Panel {
    let rows = isUp.count / columns
    let values = (0..<rows).reversed().flatMap { row in
      (0..<columns).map { isUp[row * columns + $0] ? 1.0 : 0.0 }
    }
    return Panel(title: title, cells: CellMap(columns: columns, values: values, colors: .binary))
  }
}
