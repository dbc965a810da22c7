internal import Training

/// Leading configurations as text.
enum ConfigurationText {
  /// Returns a determinant orbital by orbital, the lowest first: 2, a for α, b for β, 0.
  static func determinant(_ sample: LeadingConfiguration, orbitals: Int) -> String {
    (0..<orbitals).map { orbital in
      switch (bit(sample.alpha, orbital), bit(sample.beta, orbital)) {
      case (true, true): "2"
      case (true, false): "a"
      case (false, true): "b"
      case (false, false): "0"
      }
    }.joined()
  }

  /// Returns spins site by site: 1 for up, 0 for down.
  static func spins(_ sample: LeadingConfiguration, sites: Int) -> String {
    (0..<sites).map { bit(sample.alpha, $0) ? "1" : "0" }.joined()
  }

  /// Returns a determinant's irrep label, the product of those of the singly occupied orbitals.
  static func irrep(_ sample: LeadingConfiguration, labels: [UInt8]) -> UInt8 {
    labels.indices.reduce(0) {
      bit(sample.alpha, $1) != bit(sample.beta, $1) ? $0 ^ labels[$1] : $0
    }
  }

  private static func bit(_ words: [UInt64], _ place: Int) -> Bool {
    let (word, bit) = place.quotientAndRemainder(dividingBy: UInt64.bitWidth)
    return word < words.count && words[word] >> UInt64(bit) & 1 != 0
  }
}
