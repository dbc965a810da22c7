/// A symmetry sector as a comparison left it.
public struct ComparedSector: Sendable, Hashable {
  /// The sector's name, such as "irrep 3, even under spin flip".
  public var label: String
  /// The number of states of the sector, symmetries counted.
  public var dimension: Double
  /// The number of them in the largest configuration interaction that was made; 0 for an empty sector.
  public var configurationCount: Int
  /// The variational energy, a rigorous upper bound of the sector's lowest.
  public var energy: Double
  /// The second-order Epstein–Nesbet correction of the state of lowest estimate.
  public var secondOrderEnergy: Double
  /// What the sector's lowest energy is taken for.
  public var estimate: Double
  /// How far below the estimate the lowest energy may lie; 0 where the sector was solved.
  public var uncertainty: Double
  /// `⟨S²⟩` of the variational state, or nil where it has none or was not asked for.
  public var spinSquared: Double?
  /// Whether the configuration interaction holds the whole sector, so that ``energy`` is its lowest.
  public var isWhole: Bool

  /// The lowest energy that the sector is believed to be able to have.
  public var lowerEstimate: Double { estimate - uncertainty }

  /// The total spin whose `S(S + 1)` is nearest to ``spinSquared``, as 2S.
  public var twiceSpin: Int? {
    spinSquared.map { Int(((1 + 4 * max(0, $0)).squareRoot() - 1).rounded()) }
  }
}

extension ComparedSector: CustomStringConvertible {
  /// One line that says what was computed.
  public var description: String {
    if configurationCount == 0 { return "\(label): empty" }
    let kind = isWhole ? "all \(configurationCount) states" : "CI of \(configurationCount)"
    let correction = isWhole ? "" : ", PT2 \(decimal(secondOrderEnergy, 6))"
    let spin = spinSquared.map { ", <S^2> \(decimal($0, 3))" } ?? ""
    return "\(label): \(decimal(energy, 6)) (\(kind)\(correction))\(spin)"
  }
}

/// Returns a number with so many digits after the point.
func decimal(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let scaled = (abs(value) * Double(scale)).rounded()
  let whole = Int(scaled / Double(scale))
  let rest = String(Int(scaled - Double(whole) * Double(scale)))
  let sign = value < 0 && scaled > 0 ? "-" : ""
  return "\(sign)\(whole)."
    + String(repeating: "0", count: max(0, digits - rest.count)) + rest
}
