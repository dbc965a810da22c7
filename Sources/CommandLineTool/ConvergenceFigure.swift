internal import Foundation
internal import Plots

/// The figure of `plot`: a panel for each quantity, a line for each run.
struct ConvergenceFigure {
  let figure: Figure

  /// Draws runs of one kind.
  ///
  /// - Parameters:
  ///   - curves: The runs, at least one.
  ///   - reference: The exact energy; nil for energies as they are.
  /// - Throws: ``ToolError`` where runs are of several kinds, or too many.
  init(_ curves: [RunCurve], reference: Double?) throws(ToolError) {
    guard let first = curves.first else { throw ToolError("there is no run to draw.") }
    if let other = curves.first(where: { $0.kind != first.kind }) {
      throw ToolError(
        "\(first.path) is of a \(first.kind.rawValue) problem and \(other.path) of a \(other.kind.rawValue) one, whose "
          + "energies have different units; draw them apart.")
    }
    guard curves.count <= Palette.colors.count else {
      throw ToolError(
        "\(curves.count) runs are too many to tell apart; give at most \(Palette.colors.count).")
    }
    let names = Self.names(of: curves.map(\.path))
    var panels = [try Self.energyPanel(curves, names, reference)]
    if reference == nil, let panel = Self.endPanel(panels[0]) { panels.append(panel) }
    var quantities: [RunCurve.Column] = []
    for column in curves.flatMap(\.columns)
    where !quantities.contains(where: { $0.name == column.name }) {
      quantities.append(column)
    }
    for quantity in quantities {
      var series: [Series] = []
      for (index, curve) in curves.enumerated() {
        guard let column = curve.columns.first(where: { $0.name == quantity.name }) else {
          continue
        }
        // Variances of zero have no logarithm: exact states of small sectors.
        let points = zip(curve.steps, column.values).filter {
          $0.1.isFinite && (!quantity.isLogarithmic || $0.1 > 0)
        }.map { PlotPoint(Double($0), $1) }
        if !points.isEmpty { series.append(Self.line(names[index], points, color: index)) }
      }
      if series.isEmpty { continue }
      panels.append(
        Panel(
          x: Axis("step"),
          y: Axis(
            Self.label(quantity.name, quantity.unit),
            scale: quantity.isLogarithmic ? .logarithmic : .linear), series: series))
    }
    figure = Figure(panels: panels, columns: panels.count == 1 ? 1 : 2)
  }

  private static func energyPanel(
    _ curves: [RunCurve], _ names: [String], _ reference: Double?
  ) throws(ToolError) -> Panel {
    var series: [Series] = []
    for (index, curve) in curves.enumerated() {
      var points: [PlotPoint] = []
      for (place, energy) in curve.energies.enumerated() where energy.isFinite {
        guard let reference else {
          points.append(PlotPoint(Double(curve.steps[place]), energy))
          continue
        }
        // A reference is of the whole lattice at its own temperature.
        let distance = abs(energy - reference)
        if curve.isFinal[place], distance > 0 {
          points.append(PlotPoint(Double(curve.steps[place]), distance))
        }
      }
      guard !points.isEmpty else {
        throw ToolError(
          "\(curve.path): no step has \(reference == nil ? "a finite energy" : "an energy that differs from --reference")."
        )
      }
      series.append(line(names[index], points, color: index))
    }
    let (name, unit) = (curves[0].energyName, curves[0].unit)
    return reference == nil
      ? Panel(x: Axis("step"), y: Axis(label(name, unit)), series: series)
      : Panel(
        x: Axis("step"),
        y: Axis(label("|\(name) − reference|", unit), scale: .logarithmic), series: series)
  }

  /// The second half of the steps, where the first ones leave no room to see it; nil where they do.
  private static func endPanel(_ panel: Panel) -> Panel? {
    func height(_ series: [Series]) -> Double {
      let values = series.flatMap(\.points).map(\.y)
      return (values.max() ?? 0) - (values.min() ?? 0)
    }
    var end = panel
    end.title = "second half"
    for index in end.series.indices {
      let points = end.series[index].points
      end.series[index].points = Array(points.dropFirst(points.count / 2))
    }
    let length = panel.series.map(\.points.count).max() ?? 0
    return length >= 10 && height(end.series) > 0 && height(panel.series) > 10 * height(end.series)
      ? end : nil
  }

  /// A line, or a mark where a run has one step.
  private static func line(_ name: String, _ points: [PlotPoint], color: Int) -> Series {
    Series(
      name, points, color: color, marker: points.count == 1 ? .numbered(color) : nil,
      // Lines that lie on one another are both seen, and so they are on paper without colours.
      line: points.count == 1 ? nil : color % 2 == 0 ? .solid : .dashed)
  }

  private static func label(_ name: String, _ unit: String) -> String {
    unit.isEmpty ? name : "\(name) / \(unit)"
  }

  /// The last parts of paths, or all of them where these are not different.
  private static func names(of paths: [String]) -> [String] {
    let short = paths.map { path in
      let name = path.split(separator: "/").last.map { String($0) } ?? path
      return name.hasSuffix(".nqs.h5") ? String(name.dropLast(7)) : name
    }
    return Set(short).count == short.count ? short : paths
  }
}
