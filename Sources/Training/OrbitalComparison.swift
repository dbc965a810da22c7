internal import Integrals

extension OrbitalSelection {
  /// The energy, in units of the scale, by which localised orbitals have to be lower.
  private static var margin: Double { 0.01 }
  /// The number of determinants by which natural orbitals are compared.
  private static var comparedSize: Int { 2000 }
  /// The share of the correlation energy that natural orbitals have to gain.
  private static var naturalGain: Double { 0.005 }
  /// The share of the correlation energy that the best single determinant over natural orbitals may be higher by.
  private static var determinantLoss: Double { 0.1 }
  /// The most orbitals that are compared.
  private static var orbitalLimit: Int { 40 }

  /// Chooses orbitals by single determinants and small CIs.
  ///
  /// Localised orbitals take the given ones' place where the best single determinant over them is lower: electrons
  /// stay apart, as in stretched bonds, and no determinant of spread-out orbitals says so. Natural ones do where a
  /// CI of a given size is clearly lower in them, unless their best determinant is far above the given ones': electrons
  /// that stay apart in the given orbitals do not in these, and a network learns them worse though the CI is lower.
  /// The comparison takes fractions of a second and counts no time, so that it
  /// comes out the same on every machine.
  func compared() throws(TrainingError) -> MolecularOrbitals {
    let given = MolecularOrbitals(integrals, .given)
    if integrals.isUnrestricted || integrals.orbitalCount > Self.orbitalLimit { return given }
    guard let single = try energy(integrals, size: 1) else { return given }
    if symmetryObstacle == nil {
      var local = localised()
      if let own = try energy(local.integrals, size: 1),
        own < single - Self.margin * integrals.energyScale
      {
        local.messages[0] +=
          "; the best single determinant has \(digits(own)) Eh in place of \(digits(single)) Eh"
        return local
      }
    }
    let natural = try natural(size: Self.comparedSize, isWanted: false)
    guard let energies = natural.energies, natural.orbitals.choice == .natural else { return given }
    let correlation = abs(single - energies.own)
    guard energies.given - energies.own > Self.naturalGain * correlation,
      let own = try energy(natural.orbitals.integrals, size: 1),
      own - single < Self.determinantLoss * correlation
    else { return given }
    return natural.orbitals
  }
}
