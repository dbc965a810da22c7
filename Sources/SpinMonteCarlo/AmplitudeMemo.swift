internal import Configurations
internal import Hamiltonians

/// log ψ of configurations that were evaluated already, by their bits.
///
/// Markov chains and the connections of their configurations come back to the same ones again and again on small
/// lattices. Entries keep the order in which they came.
struct AmplitudeMemo: Sendable {
  private var index = ConfigurationIndex<UInt64>()
  /// log|ψ| of each entry.
  var logModulus: [Double] = []
  /// arg ψ of each entry.
  var phase: [Double] = []

  /// The largest number of entries: some 200 MB.
  static let limit = 1 << 22

  /// The number of entries.
  var count: Int { index.count }

  /// Forgets everything.
  mutating func removeAll() { self = AmplitudeMemo() }

  /// The bits of the entries from some place on.
  func keys(from first: Int) -> [UInt64] { index.configurations[first...].map(\.alpha) }

  /// Returns the place of a key's entry, which is made where there is none; its values are the caller's to append.
  mutating func place(of key: UInt64) -> Int { index.insert(Configuration(alpha: key)) }
}
