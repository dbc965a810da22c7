internal import Foundation
internal import Hamiltonians
internal import Plots
internal import Results
internal import Training

/// Correlations of spins against distance, and the structure factor.
enum CorrelationFigure {
  /// Draws the correlations of a lattice.
  ///
  /// - Parameters:
  ///   - result: The result of Markov chains.
  ///   - path: Its file, for messages.
  /// - Returns: The figure.
  /// - Throws: ``ToolError`` where it has no correlations.
  static func make(_ result: StoredResult, path: String) throws(ToolError) -> Figure {
    guard case .spins(let record, let evaluation) = result else {
      throw ToolError(
        "--figure correlations: \(path) has none; results of --ansatz vit and rbm have correlations of spins."
      )
    }
    guard let data = evaluation?.correlations else {
      throw ToolError(
        "--figure correlations: \(path) has no correlations: the run has not ended, or was made with --no-observables."
      )
    }
    let geometry = record.model.geometry
    var panels: [Panel] = []
    if geometry.unitCell.form != .graph { panels.append(distances(data, geometry)) }
    if let panel = structureFactor(data, geometry) { panels.append(panel) }
    guard !panels.isEmpty else {
      throw ToolError(
        "--figure correlations: the sites of \(path) are those of a graph and have no distances.")
    }
    return Figure(panels: panels, columns: 2, frameWidth: 190, frameHeight: 190)
  }

  private static func distances(
    _ data: SpinEvaluation.Correlations, _ geometry: LatticeGeometry
  ) -> Panel {
    func points(_ values: [StoredEstimate], _ scale: Double) -> [PlotPoint] {
      zip(data.pairs, values).compactMap { pair, estimate in
        // The site itself has 3/4, and nothing to say.
        guard pair[0] != pair[1] else { return nil }
        return PlotPoint(
          geometry.distance(pair[0], pair[1]), estimate.value * scale, error: estimate.error * scale
        )
      }.sorted { $0.x < $1.x }
    }
    let isLine = geometry.unitCell.dimension == 1 && geometry.boundary == .periodic
    return Panel(
      title: "correlations", x: Axis("distance"), y: Axis("⟨S_{i}·S_{j}⟩"),
      series: [
        Series(
          "⟨S·S⟩", points(data.correlations, 1), color: 0, marker: .circle,
          line: isLine ? .solid : nil),
        Series(
          "3⟨SᶻSᶻ⟩", points(data.longitudinal, 3), color: 1, marker: .triangle),
      ])
  }

  private static func structureFactor(
    _ data: SpinEvaluation.Correlations, _ geometry: LatticeGeometry
  ) -> Panel? {
    guard !data.momenta.isEmpty, geometry.unitCell.form != .graph else { return nil }
    let (w, h) = (geometry.width, geometry.height)
    if data.momenta[0].count == 1 || h == 1 {
      var points = zip(data.momenta, data.structureFactor).map {
        PlotPoint(Double($0[0]) / Double(w), $1.value, error: $1.error)
      }
      // The end of the zone is its beginning.
      if let first = points.first, first.x == 0 {
        points.append(PlotPoint(1, first.y, error: first.error))
      }
      return Panel(
        title: "structure factor", x: Axis("q / 2π"), y: Axis("S(q)"),
        series: [Series(nil, points, color: 0, marker: .circle, line: .solid)])
    }
    var values = [Double?](repeating: nil, count: w * h)
    for (momentum, estimate) in zip(data.momenta, data.structureFactor) {
      guard (0..<w).contains(momentum[0]), (0..<h).contains(momentum[1]) else { continue }
      values[momentum[1] * w + momentum[0]] = estimate.value
    }
    func axis(_ name: String, _ count: Int) -> Axis {
      let half = 0.5 / Double(count)
      return Axis("q_{\(name)} / 2π", range: -half...1 - half)
    }
    return Panel(
      title: "structure factor", x: axis("1", w), y: axis("2", h),
      cells: CellMap(columns: w, values: values, colors: .ramp(label: "S(q)")))
  }
}

extension LatticeGeometry {
  /// Returns the distance of two sites, around closed directions the shortest.
  func distance(_ first: Int, _ second: Int) -> Double {
    let (a, b) = (position(of: first), position(of: second))
    let rows = boundary.closesRows ? [-1, 0, 1] : [0]
    let columns = boundary.closesColumns && unitCell.dimension == 2 ? [-1, 0, 1] : [0]
    let u = unitCell.primitive[0]
    let v = unitCell.dimension == 2 ? unitCell.primitive[1] : .init(0, 0)
    var least = Double.infinity
    for i in rows {
      for j in columns {
        let (m, n) = (Double(i * width), Double(j * height))
        let x = b.x - a.x + m * u.x + n * v.x
        let y = b.y - a.y + m * u.y + n * v.y
        least = min(least, (x * x + y * y).squareRoot())
      }
    }
    return least
  }
}
