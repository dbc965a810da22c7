internal import HDF5Files
internal import Integrals

extension ResultFile {
  /// Writes `/problem/orbitals`: what the orbitals of the integrals are in terms of those of the input.
  static func writeBasis(_ basis: OrbitalBasis, to group: HDF5Group) throws(HDF5Error) {
    let n = Int(Double(basis.rotation.count).squareRoot().rounded())
    try group.setAttribute("kind", .string(basis.kind.rawValue))
    try group.setAttribute("given_digest", .string(basis.givenDigest))
    try group.write(basis.rotation, shape: [n, n], to: "rotation")
    try describe(
      "rotation", "1", "orbitals of the run as columns over those of the input", in: group)
  }

  /// Reads what ``writeBasis(_:to:)`` wrote.
  static func readBasis(
    _ group: HDF5Group, _ integrals: MolecularIntegrals
  ) throws(HDF5Error) -> OrbitalBasis {
    let name = try string("kind", in: group)
    guard let kind = OrbitalBasis.Kind(rawValue: name) else {
      throw HDF5Error(
        "read the orbitals", path: group.file.path, object: group.path,
        reason: "their kind '\(name)' is unknown", remedy: "Use a newer qchem-nqs")
    }
    let rotation = try group.read(Double.self, "rotation").values
    let n = integrals.orbitalCount
    guard rotation.count == n * n, !integrals.isUnrestricted else {
      throw damaged("'rotation' is no matrix of \(n) restricted orbitals", group)
    }
    return OrbitalBasis(
      kind: kind, rotation: rotation, givenDigest: try string("given_digest", in: group))
  }
}
