internal import Foundation

/// How a state transforms under a group: the expectation values of its elements, and the irrep that they show.
///
/// A state in a one-dimensional irrep has `⟨g⟩ = χ(g)`, of modulus 1. That of a state that is only nearly there is
/// smaller, and its phase is that of the irrep with the largest weight.
public struct SymmetryMeasurement: Sendable {
  /// The group: permutations, whether spins are turned, `[G]`.
  public let elements: [SpinProjection.Element]
  /// ⟨g⟩, real parts.
  public let real: [Double]
  /// ⟨g⟩, imaginary parts.
  public let imaginary: [Double]
  /// Shifts that leave the network as it is: an element stands for all its products with these.
  private let keptShifts: [[Int]]

  /// Measures ⟨g⟩ = E_x[ψ(g x) / ψ(x)] over configurations drawn by |ψ|².
  ///
  /// Ratios with a large modulus are cut to 1 in modulus, with the configuration's partner in mind: as
  /// `⟨g⟩ = E[min(1, |r|) e^(i arg r)] / E[min(1, |r|)]` picks the phase where both are likely, noise stays bounded.
  ///
  /// - Parameters:
  ///   - state: ψ, without a projection.
  ///   - spins: ±1, `[M, N]`.
  ///   - elements: The group, one of each coset of the kept shifts.
  ///   - keptShifts: Shifts under which the network is invariant.
  public init(
    _ state: SpinState, spins: [Int8], elements: [SpinProjection.Element], keptShifts: [[Int]] = []
  ) {
    precondition(state.projection.count == 1, "a projected state is symmetric by construction")
    let n = state.siteCount
    let count = spins.count / n
    let (logModulus, phase) = state.logAmplitudes(of: spins)
    var real: [Double] = []
    var imaginary: [Double] = []
    for element in elements {
      let projection = SpinProjection([element])
      var images = [Int8](repeating: 0, count: spins.count)
      spins.withUnsafeBufferPointer { source in
        images.withUnsafeMutableBufferPointer { target in
          guard let source = source.baseAddress, let target = target.baseAddress else { return }
          for index in 0..<count {
            projection.image(0, of: source + index * n, into: target + index * n)
          }
        }
      }
      let (otherModulus, otherPhase) = state.logAmplitudes(of: images)
      var (re, im, total) = (0.0, 0.0, 0.0)
      for index in 0..<count {
        let size = exp(min(0, otherModulus[index] - logModulus[index]))
        let angle = otherPhase[index] - phase[index]
        re += size * cos(angle)
        im += size * sin(angle)
        total += size
      }
      real.append(re / max(total, 1e-300))
      imaginary.append(im / max(total, 1e-300))
    }
    self.elements = elements
    self.keptShifts = keptShifts
    self.real = real
    self.imaginary = imaginary
  }

  /// The smallest |⟨g⟩|: 1 for a state of the irrep.
  public var purity: Double {
    zip(real, imaginary).map { ($0 * $0 + $1 * $1).squareRoot() }.min() ?? 1
  }

  /// Returns the projection on the irrep that the state shows, or nil where it does not show one.
  ///
  /// - Parameter threshold: The smallest |⟨g⟩| that decides.
  /// - Returns: The projection, or nil.
  public func projection(threshold: Double = 0.5) -> SpinProjection? {
    guard purity >= threshold else { return nil }
    var phases: [Double] = []
    for (index, element) in elements.enumerated() {
      let order = Self.order(of: element)
      let unit = 2 * Double.pi / Double(order)
      // χ is a root of unity of the element's order.
      phases.append((atan2(imaginary[index], real[index]) / unit).rounded() * unit)
    }
    guard isHomomorphism(phases) else { return nil }
    // Σ_g χ(g)* φ(g s).
    return SpinProjection(
      zip(elements, phases).map {
        SpinProjection.Element(
          permutation: $0.permutation, flipsSpins: $0.flipsSpins, phase: -$1)
      })
  }

  private static func order(of element: SpinProjection.Element) -> Int {
    var power = element.permutation
    var order = 1
    let identity = Array(power.indices)
    while power != identity {
      power = LatticeSymmetries.product(power, element.permutation)
      order += 1
    }
    return element.flipsSpins && order % 2 == 1 ? 2 * order : order
  }

  /// Whether phases of products are sums of phases.
  private func isHomomorphism(_ phases: [Double]) -> Bool {
    struct Key: Hashable {
      let permutation: [Int]
      let flips: Bool
    }
    var places: [Key: Int] = [:]
    for (index, element) in elements.enumerated() {
      places[Key(permutation: element.permutation, flips: element.flipsSpins)] = index
      for kept in keptShifts {
        let product = LatticeSymmetries.product(kept, element.permutation)
        places[Key(permutation: product, flips: element.flipsSpins)] = index
      }
    }
    for (i, a) in elements.enumerated() {
      for (j, b) in elements.enumerated() {
        let key = Key(
          permutation: LatticeSymmetries.product(a.permutation, b.permutation),
          flips: a.flipsSpins != b.flipsSpins)
        guard let place = places[key] else { return false }
        if abs(remainder(phases[i] + phases[j] - phases[place], 2 * Double.pi)) > 1e-6 {
          return false
        }
      }
    }
    return true
  }
}

extension LatticeSymmetries {
  /// Returns the elements of a group that are worth projecting on, those that differ by shifts by patches once.
  ///
  /// - Parameters:
  ///   - kind: Which symmetries.
  ///   - keptShifts: Shifts under which the network is invariant already.
  /// - Returns: One element of each coset of the kept shifts; the identity comes first.
  public func elements(
    _ kind: SpinProjectionKind, keptShifts: [[Int]] = []
  ) -> [SpinProjection.Element] {
    guard kind != .none, let identity = pointGroup.first else {
      return [SpinProjection.Element(permutation: pointGroup.first ?? [])]
    }
    var permutations = [identity]
    if kind != .flip {
      let group = kind == .all ? pointGroup : [identity]
      permutations = []
      var seen = Set<[Int]>()
      for point in group {
        for shift in shifts {
          let element = Self.product(shift, point)
          if seen.contains(element) { continue }
          permutations.append(element)
          seen.insert(element)
          // ψ(k g s) = ψ(g s): elements k after g, in the order of images.
          for kept in keptShifts { seen.insert(Self.product(kept, element)) }
        }
      }
    }
    return permutations.map { SpinProjection.Element(permutation: $0) }
      + (hasSpinFlip
        ? permutations.map { SpinProjection.Element(permutation: $0, flipsSpins: true) } : [])
  }
}
