internal import Configurations
internal import Foundation
internal import Hamiltonians

/// Real amplitudes on some representatives, to which a wave function is fitted before training.
struct StartVector<Word: ConfigurationWord>: Sendable {
  /// The representatives.
  var configurations: [Configuration<Word>]
  /// Their amplitudes `ψ`, with `Σ m ψ² = 1` over multiplicities `m`.
  var amplitudes: [Double]
  /// The energy of the small configuration interaction behind it.
  var energy: Double
  /// Its second-order correction.
  var secondOrderEnergy: Double

  /// Creates the vector of a selected configuration interaction and its first-order correction.
  ///
  /// - Parameters:
  ///   - selection: The vector and its perturbers.
  ///   - space: The sector; what lies outside it is left out.
  ///   - limit: The number of amplitudes to keep, largest first.
  init(_ selection: SelectedCI<Word>.Result, space: ConfigurationSpace<Word>, limit: Int) {
    var entries: [(configuration: Configuration<Word>, amplitude: Double)] = []
    let all = selection.configurations + selection.perturbers
    let values = selection.coefficients + selection.amplitudes
    var tokens = [UInt8](repeating: 0, count: space.positions)
    var seen: Set<Configuration<Word>> = []
    for (index, member) in all.enumerated() where values[index] != 0 {
      let (configuration, sign) = space.canonical(member)
      let isInside = tokens.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return false }
        space.encode(configuration, into: base)
        return space.automaton.contains(base)
      }
      if sign != 0 && isInside && seen.insert(configuration).inserted {
        entries.append((configuration, Double(sign) * values[index]))
      }
    }
    entries.sort { abs($0.amplitude) > abs($1.amplitude) }
    if entries.count > limit { entries.removeLast(entries.count - limit) }
    let norm = entries.reduce(0) {
      $0 + Double(space.multiplicity($1.configuration)) * $1.amplitude * $1.amplitude
    }.squareRoot()
    configurations = entries.map(\.configuration)
    amplitudes = entries.map { $0.amplitude / norm }
    energy = selection.energy
    secondOrderEnergy = selection.secondOrderEnergy
  }
}
