internal import Configurations
public import HDF5Files
internal import Integrals
public import Training

/// Files of configurations drawn from a trained state, described in `docs/file-formats.md`.
public enum DrawFile {
  /// The root attribute `type` of every such file.
  public static let type = "qchem-nqs draws"
  /// The version of the layout.
  public static let version = 1

  /// Writes draws in one step: a reader sees the old file or the new one, never a part.
  ///
  /// - Parameters:
  ///   - draws: The draws.
  ///   - seed: Their seed.
  ///   - record: The run of the state.
  ///   - provenance: Which program writes it, and from what.
  ///   - path: The file, replaced where it exists.
  /// - Throws: `HDF5Error` where it cannot be written; an old file is then untouched.
  public static func write(
    _ draws: StateDraws, seed: UInt64, of record: RunRecord, provenance: RunRecord.Provenance,
    to path: String
  ) throws(HDF5Error) {
    try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
      let root = file.root
      try root.setAttribute("type", .string(type))
      try root.setAttribute("version", .int(version))
      try ResultFile.writeOrigin(provenance, to: root)
      try root.setAttribute("program", .string(provenance.program))
      try root.setAttribute("program_version", .string(provenance.version))
      try root.setAttribute("draws", .int(draws.draws))
      try root.setAttribute("seed", .string(String(seed)))
      let problem = try root.group("problem")
      try problem.setAttribute("digest", .string(record.problem.digest))
      if let input = record.provenance.input { try problem.setAttribute("input", .string(input)) }
      if case .molecule(let integrals, _) = record.problem, let basis = integrals.basis {
        try ResultFile.writeBasis(basis, to: try problem.group("orbitals"))
      }
      let group = try root.group("samples")
      let rows = draws.configurations.count
      for (name, words) in [
        ("alpha", draws.configurations.map(\.alpha)), ("beta", draws.configurations.map(\.beta)),
      ] {
        try group.write(
          words.flatMap { [UInt64(truncatingIfNeeded: $0), UInt64(truncatingIfNeeded: $0 >> 64)] },
          shape: [rows, 2], to: name)
        try ResultFile.describe(
          name, "1", "low and high 64 bits; bit p is spatial orbital or site p, from 0", in: group)
      }
      try group.write(draws.counts, to: "count")
      try ResultFile.describe("count", "1", "draws that gave the configuration", in: group)
      try group.write(draws.logModulus, to: "log_modulus")
      try ResultFile.describe(
        "log_modulus", "1", "log |psi|, where the sum of |psi|^2 over the sector is 1", in: group)
      try group.write(draws.phase, to: "phase")
      try ResultFile.describe("phase", "1", "arg psi, in radians", in: group)
    }
  }
}
