internal import Configurations
internal import Foundation
internal import HDF5Files
internal import Hamiltonians
package import Training

extension ResultFile {
  /// The most rows of `/samples`; orbits beyond are left out whole.
  static let mostSamples = 1_000_000

  /// One row of `/samples`.
  private struct Row {
    var configuration: Configuration<UInt128>
    var logModulus: Double
    var phase: Double
    var orbit: Int
    var count: Int
  }

  /// Writes `/samples`: the leading configurations, each with all that symmetry joins to it.
  ///
  /// A run keeps one representative of each orbit. Spin flip and lattice symmetries give the amplitudes
  /// of the others, `ψ(g x) = χ ψ(x)`, so that a reader needs to know no symmetry.
  static func writeSamples(_ record: RunRecord, to group: HDF5Group) throws(HDF5Error) {
    let rows = rows(of: record)
    func words(_ path: KeyPath<Configuration<UInt128>, UInt128>) -> [UInt64] {
      rows.flatMap { row in
        let word = row.configuration[keyPath: path]
        return [UInt64(truncatingIfNeeded: word), UInt64(truncatingIfNeeded: word >> 64)]
      }
    }
    let bits = "low and high 64 bits; bit p is spatial orbital or site p, from 0"
    try group.write(words(\.alpha), shape: [rows.count, 2], to: "alpha")
    try describe("alpha", "1", "alpha electrons, or spins up: \(bits)", in: group)
    try group.write(words(\.beta), shape: [rows.count, 2], to: "beta")
    try describe("beta", "1", "beta electrons, 0 for spins: \(bits)", in: group)
    try group.write(rows.map(\.logModulus), to: "log_modulus")
    try describe(
      "log_modulus", "1", "log |psi|, where the sum of |psi|^2 over the sector is 1", in: group)
    try group.write(rows.map(\.phase), to: "phase")
    try describe("phase", "rad", "arg psi", in: group)
    try group.write(rows.map(\.orbit), to: "orbit")
    try describe(
      "orbit", "1", "number of the orbit: rows that symmetry joins have one number", in: group)
    try group.write(rows.map(\.count), to: "count")
    try describe(
      "count", "1", "draws that gave the row's orbit; 0 where the whole sector is summed", in: group
    )
    let weight = rows.reduce(0) { $0 + exp(2 * $1.logModulus) }
    try group.setAttribute("weight", .double(weight))
  }

  /// Returns the rows in falling order of |ψ|, members of one orbit together, the representative first.
  private static func rows(of record: RunRecord) -> [Row] {
    let leading = record.final?.leading ?? []
    let order = leading.indices.sorted {
      leading[$0].logModulus == leading[$1].logModulus
        ? $0 < $1 : leading[$0].logModulus > leading[$1].logModulus
    }
    var rows: [Row] = []
    for (orbit, index) in order.enumerated() {
      let sample = leading[index]
      let members = members(of: sample, record)
      if rows.count + members.count > mostSamples { break }
      for (member, sign) in members {
        rows.append(
          Row(
            configuration: member, logModulus: sample.logModulus,
            phase: sign < 0 ? sample.phase + .pi : sample.phase, orbit: orbit, count: sample.count))
      }
    }
    return rows
  }

  /// Returns how many configurations symmetry joins to a leading one, itself counted.
  package static func orbitSize(of sample: LeadingConfiguration, in record: RunRecord) -> Int {
    members(of: sample, record).count
  }

  /// Returns the configurations of a representative's orbit with the signs of their amplitudes
  /// relative to its own, the representative first.
  private static func members(
    of sample: LeadingConfiguration, _ record: RunRecord
  ) -> [(configuration: Configuration<UInt128>, sign: Int)] {
    func word(_ parts: [UInt64]) -> UInt128 {
      UInt128(parts.first ?? 0) | UInt128(parts.dropFirst().first ?? 0) << 64
    }
    let representative = Configuration<UInt128>(alpha: word(sample.alpha), beta: word(sample.beta))
    var images: [(configuration: Configuration<UInt128>, sign: Int)] = [(representative, 1)]
    let parity = record.snapshot.spinFlipParity
    if !record.snapshot.symmetries.isEmpty {
      images += record.snapshot.symmetries.map {
        ($0.apply(to: representative), $0.character)
      }
    } else if parity != 0 {
      switch record.problem {
      case .molecule: images.append((representative.spinFlipped, parity))
      case .lattice(let model):
        let sites = model.geometry.siteCount
        let all = sites == UInt128.bitWidth ? ~0 : (1 as UInt128) << UInt128(sites) - 1
        images.append((Configuration(alpha: all & ~representative.alpha), parity))
      }
    }
    var seen: Set<Configuration<UInt128>> = []
    return images.filter { seen.insert($0.configuration).inserted }
  }

  /// Reads the representatives that ``writeSamples(_:to:)`` wrote.
  static func readSamples(
    _ group: HDF5Group, version: Int
  ) throws(HDF5Error) -> [LeadingConfiguration] {
    let count = try group.shape("phase").first ?? 0
    let alpha = try readColumn(UInt64.self, "alpha", 2 * count, group)
    let beta = try readColumn(UInt64.self, "beta", 2 * count, group)
    let logModulus = try readColumn(Double.self, "log_modulus", count, group)
    let phase = try readColumn(Double.self, "phase", count, group)
    let counts = try readColumn(Int.self, "count", count, group)
    // Before version 3 there were representatives only.
    let orbits =
      version < 3 ? Array(0..<count) : try readColumn(Int.self, "orbit", count, group)
    var samples: [LeadingConfiguration] = []
    for index in 0..<count where index == 0 || orbits[index] != orbits[index - 1] {
      samples.append(
        LeadingConfiguration(
          alpha: Array(alpha[2 * index..<2 * index + 2]),
          beta: Array(beta[2 * index..<2 * index + 2]),
          logModulus: logModulus[index], phase: phase[index], count: counts[index]))
    }
    return samples
  }
}
