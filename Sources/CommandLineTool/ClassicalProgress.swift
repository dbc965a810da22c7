internal import Foundation
internal import FreeEnergy

/// Shows the steps of a run with classical spins: one line drawn over and over on a terminal, plain rows
/// elsewhere.
struct ClassicalProgress {
  private let descriptor: Int32?
  private let isLive: Bool
  private let totalSteps: Int
  private let stride: Int
  private let sites: Double
  private var recent: [Double] = []
  private var rowsWritten = 0

  init(talk: TalkOptions, totalSteps: Int, sites: Int) {
    descriptor =
      talk.quiet ? nil : talk.json ? Console.stderrDescriptor : Console.stdoutDescriptor
    isLive = descriptor.map { isatty($0) == 1 } ?? false
    self.totalSteps = totalSteps
    self.sites = Double(sites)
    stride = talk.verbose ? 1 : max(1, totalSteps / 50)
  }

  /// Shows one step.
  mutating func show(_ row: FreeEnergyRow, isLast: Bool) {
    guard let descriptor else { return }
    recent.append(row.seconds)
    if recent.count > 11 { recent.removeFirst() }
    if isLive {
      Console.write("\r\u{1B}[K" + liveLine(row), to: descriptor)
      if isLast { Console.write("\n", to: descriptor) }
      return
    }
    guard row.step == 1 || row.step % stride == 0 || isLast || rowsWritten == 0 else { return }
    if rowsWritten == 0 {
      Console.write(
        "  step     beta        F / (N kT)        error    variance    ESS   seconds\n",
        to: descriptor)
    }
    rowsWritten += 1
    Console.write(
      String(
        format: "%6d  %7.5f  %16.9f  %11.2e  %10.2e  %5.3f  %8.1f\n", row.step, row.beta,
        row.freeEnergy / sites, row.error / sites, row.variance, row.effectiveShare, row.seconds),
      to: descriptor)
  }

  private func liveLine(_ row: FreeEnergyRow) -> String {
    var line = String(
      format: "step %d/%d  beta %.4f  F/NkT %.7f +/- %.1e  var %.2e  ESS %.2f", row.step,
      totalSteps, row.beta, row.freeEnergy / sites, row.error / sites, row.variance,
      row.effectiveShare)
    if let first = recent.first, recent.count > 1 {
      let perStep = (row.seconds - first) / Double(recent.count - 1)
      line +=
        "  ETA " + ProgressReporter.duration(perStep * Double(max(0, totalSteps - row.step)))
    }
    return String(line.prefix(terminalWidth(of: descriptor) - 1))
  }
}
