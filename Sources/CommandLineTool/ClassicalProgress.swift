internal import Foundation
internal import FreeEnergy

/// Shows the steps of a run with classical spins.
struct ClassicalProgress {
  private var lines: ProgressLines
  private let totalSteps: Int

  init(talk: TalkOptions, totalSteps: Int) {
    lines = ProgressLines(
      descriptor: talk.quiet
        ? nil : talk.json ? Console.stderrDescriptor : Console.stdoutDescriptor,
      totalSteps: totalSteps, verbose: talk.verbose)
    self.totalSteps = totalSteps
  }

  /// Shows one step.
  mutating func show(_ row: FreeEnergyRow, isLast: Bool) {
    let (totalSteps, sites) = (totalSteps, Double(row.length * row.length))
    lines.show(
      step: row.step, seconds: row.seconds, isLast: isLast,
      header: "  step     L     beta        F / (N kT)        error    variance    ESS   seconds",
      plain: String(
        format: "%6d  %4d  %7.5f  %16.9f  %11.2e  %10.2e  %5.3f  %8.1f", row.step, row.length,
        row.beta,
        row.freeEnergy / sites, row.error / sites, row.variance, row.effectiveShare, row.seconds),
      live: String(
        format: "step %d/%d  L %d  beta %.4f  F/NkT %.7f +/- %.1e  var %.2e  ESS %.2f", row.step,
        totalSteps, row.length, row.beta, row.freeEnergy / sites, row.error / sites, row.variance,
        row.effectiveShare))
  }
}
