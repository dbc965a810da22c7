internal import Foundation
internal import Plots
internal import ScalingLaws

/// The figure of a scaling study: V-scores against operations, and collapsed.
enum ScalingFigure {
  /// Draws families row by row, those without a fit last and without a collapse.
  static func make(_ report: ScalingReport) -> Figure {
    let sizes = Set(report.families.flatMap(\.family.sizes)).sorted()
    let fitted = report.families.filter { $0.fit != nil }
    let others = report.families.filter { $0.fit == nil }
    var panels: [Panel] = []
    for entry in fitted + others {
      panels.append(scores(of: entry, sizes))
      if let fit = entry.fit, fit.alpha.value != 0 {
        panels.append(collapse(of: entry.family, fit, sizes))
      }
    }
    return Figure(panels: panels, columns: 2)
  }

  private static func title(of entry: ScalingReport.Entry) -> String {
    let parts = entry.family.hamiltonian.split(separator: ":")
    return parts.count == 2 ? "\(parts[0]) lattice, J2 = \(parts[1])" : entry.family.hamiltonian
  }

  /// V against f, with all seeds and the fitted law.
  private static func scores(of entry: ScalingReport.Entry, _ sizes: [Int]) -> Panel {
    var series: [Series] = []
    let family = entry.family
    for (index, size) in sizes.enumerated() {
      let chosen = zip(family.points, family.errors).filter { $0.0.best.sites == size }
      if chosen.isEmpty { continue }
      if let fit = entry.fit {
        let line = ends(chosen.map(\.0.best.operations)).map {
          PlotPoint($0, fit.vScore(operations: $0, sites: size))
        }
        series.append(Series(nil, line, color: index, line: .dashed))
      }
      let rest = chosen.flatMap { ($0.0.kept.dropFirst() + $0.0.dropped) }
      if !rest.isEmpty {
        series.append(
          Series(
            nil, rest.map { PlotPoint($0.operations, $0.vScore) }, color: index,
            marker: .numbered(index), isFaint: true))
      }
      series.append(
        Series(
          "N = \(size)",
          chosen.map { PlotPoint($0.0.best.operations, $0.0.vScore, error: $0.0.vScore * $0.1) },
          color: index, marker: .numbered(index)))
    }
    return Panel(
      title: title(of: entry),
      x: Axis("f = C N_{opt} (operations)", scale: .logarithmic),
      y: Axis("V-score", scale: .logarithmic), series: series)
  }

  /// V against `f N^(−β/α)`, where all sizes should lie on one line.
  private static func collapse(
    of family: ScalingFamily, _ fit: ScalingFit, _ sizes: [Int]
  ) -> Panel {
    func place(_ point: ScalingPoint) -> Double {
      fit.collapsed(operations: point.best.operations, sites: point.best.sites)
    }
    let line = ends(family.points.map(place)).map {
      PlotPoint($0, exp(fit.logPrefactor.value - fit.alpha.value * log($0)))
    }
    var series = [Series("fit", line, color: 6, line: .dashed)]
    for (index, size) in sizes.enumerated() {
      let chosen = zip(family.points, family.errors).filter { $0.0.best.sites == size }
      if chosen.isEmpty { continue }
      series.append(
        Series(
          "N = \(size)",
          chosen.map { PlotPoint(place($0.0), $0.0.vScore, error: $0.0.vScore * $0.1) },
          color: index, marker: .numbered(index)))
    }
    let exponents = String(format: "α = %.2f(%.2f)", fit.alpha.value, fit.alpha.error)
    let ratio = fit.beta.map { String(format: ", β = %.2f(%.2f)", $0.value, $0.error) } ?? ""
    return Panel(
      title: (exponents + ratio).replacing("-", with: "−"),
      x: Axis(
        fit.beta == nil ? "f = C N_{opt} (operations)" : "f N^{−β/α}",
        scale: .logarithmic), y: Axis("V-score", scale: .logarithmic), series: series)
  }

  /// The ends of a line through numbers, a little beyond them.
  private static func ends(_ values: [Double]) -> [Double] {
    guard let least = values.min(), let most = values.max() else { return [] }
    return [least / 1.05, most * 1.05]
  }
}
