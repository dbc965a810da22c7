/// Configurations of at most 64 spins as bits, and the first one of each orbit.
///
/// An orbit holds what one |ψ| belongs to: the images under the elements of a projection, times the shifts
/// under which the network itself is invariant.
struct OrbitReducer: Sendable {
  /// The number of sites.
  let siteCount: Int
  /// The number of images of a configuration.
  private let imageCount: Int
  /// What every byte of the bits becomes, `[images, bytes, 256]`.
  private let tables: [UInt64]
  /// What is turned after that, `[images]`.
  private let flips: [UInt64]
  /// The phase of χ* of each image's element, `[images]`.
  private let phases: [Double]

  /// Prepares orbits.
  ///
  /// - Parameters:
  ///   - projection: The projection on a one-dimensional irrep of a group, one element of each coset of the shifts.
  ///   - shifts: Shifts under which the network is invariant.
  init(_ projection: SpinProjection, invariantUnder shifts: [[Int]]) {
    let n = projection.elements.first?.permutation.count ?? 0
    precondition((1...64).contains(n), "\(n) sites")
    siteCount = n
    let all = n == 64 ? UInt64.max : (1 << UInt64(n)) - 1
    var permutations: [[Int]] = []
    var flips: [UInt64] = []
    var phases: [Double] = []
    var seen = Set<[Int]>()
    for element in projection.elements {
      for shift in shifts.isEmpty ? [Array(0..<n)] : shifts {
        let product = LatticeSymmetries.product(shift, element.permutation)
        if !seen.insert(product + [element.flipsSpins ? 1 : 0]).inserted { continue }
        permutations.append(product)
        flips.append(element.flipsSpins ? all : 0)
        phases.append(element.phase)
      }
    }
    imageCount = permutations.count
    self.flips = flips
    self.phases = phases
    let bytes = (n + 7) / 8
    var tables = [UInt64](repeating: 0, count: imageCount * bytes * 256)
    for (image, permutation) in permutations.enumerated() {
      // Bit `source` of the configuration is bit `site` of its image.
      for (site, source) in permutation.enumerated() {
        let first = (image * bytes + source / 8) * 256
        for value in 0..<256 where value >> (source % 8) & 1 == 1 {
          tables[first + value] |= 1 << UInt64(site)
        }
      }
    }
    self.tables = tables
  }

  /// Whether a configuration stands for itself alone.
  var isTrivial: Bool { imageCount == 1 }

  /// Returns the bits of a configuration: 1 for up.
  @inline(__always)
  func bits(_ spins: UnsafePointer<Int8>) -> UInt64 {
    var bits: UInt64 = 0
    for site in 0..<siteCount where spins[site] > 0 { bits |= 1 << UInt64(site) }
    return bits
  }

  /// Writes the configuration of some bits.
  func write(_ bits: UInt64, to spins: UnsafeMutablePointer<Int8>) {
    for site in 0..<siteCount { spins[site] = bits >> UInt64(site) & 1 == 1 ? 1 : -1 }
  }

  /// Returns the smallest image of a configuration and the phase of ψ relative to it.
  ///
  /// `ψ(s) = χ(h)* ψ(h s)`.
  func reduce(_ bits: UInt64) -> (key: UInt64, phase: Double) {
    if imageCount == 1 { return (bits, 0) }
    let bytes = (siteCount + 7) / 8
    var (best, element) = (UInt64.max, 0)
    tables.withUnsafeBufferPointer { tables in
      for image in 0..<imageCount {
        var value = flips[image]
        let first = image * bytes * 256
        for byte in 0..<bytes {
          value ^= tables[first + byte * 256 + Int(bits >> UInt64(8 * byte) & 255)]
        }
        if value < best { (best, element) = (value, image) }
      }
    }
    return (best, phases[element])
  }
}
