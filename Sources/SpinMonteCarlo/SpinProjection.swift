/// A projection on a one-dimensional irrep of a group of symmetries: `ψ(s) = Σ_g χ(g)* φ(g s)`.
///
/// An image of `s` has at site `i` the spin of site `permutation[i]` of `s`, turned where the element flips spins.
public struct SpinProjection: Sendable, Hashable {
  /// One element of the group.
  public struct Element: Sendable, Hashable {
    /// Where the spin of each site comes from, `[N]`.
    public let permutation: [Int]
    /// Whether all spins are turned.
    public let flipsSpins: Bool
    /// The phase of χ*, in radians.
    public let phase: Double

    /// Creates an element.
    public init(permutation: [Int], flipsSpins: Bool = false, phase: Double = 0) {
      self.permutation = permutation
      self.flipsSpins = flipsSpins
      self.phase = phase
    }
  }

  /// The elements; those that leave φ as it is, as shifts by patches do, need not be among them.
  public let elements: [Element]

  /// Creates a projection.
  public init(_ elements: [Element]) {
    precondition(!elements.isEmpty, "a group has an identity")
    self.elements = elements
  }

  /// No projection.
  ///
  /// - Parameter siteCount: The number of sites.
  /// - Returns: The identity alone.
  public static func none(siteCount: Int) -> SpinProjection {
    SpinProjection([Element(permutation: Array(0..<siteCount))])
  }

  /// The number of images.
  public var count: Int { elements.count }

  /// Writes the image of a configuration under an element.
  func image(
    _ element: Int, of spins: UnsafePointer<Int8>, into target: UnsafeMutablePointer<Int8>
  ) {
    let element = elements[element]
    if element.flipsSpins {
      for (site, source) in element.permutation.enumerated() { target[site] = -spins[source] }
    } else {
      for (site, source) in element.permutation.enumerated() { target[site] = spins[source] }
    }
  }
}
