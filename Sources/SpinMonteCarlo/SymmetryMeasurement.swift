internal import Foundation

/// How a state transforms under a group: the expectation values of its elements, and how much of it is in which irrep.
///
/// A state in a one-dimensional irrep has `⟨g⟩ = χ(g)`, of modulus 1.
public struct SymmetryMeasurement: Sendable {
  /// The group.
  public let group: SpinGroup
  /// ⟨g⟩, real parts.
  public let real: [Double]
  /// ⟨g⟩, imaginary parts.
  public let imaginary: [Double]

  /// Measures ⟨g⟩ = E_x[ψ(g x) / ψ(x)] over configurations drawn by |ψ|².
  ///
  /// Ratios r have no bound, but `h(g) = E[2 r / (1 + |r|²)]` has, and `⟨g⟩ = ½ (h(g) + h(g⁻¹)*)` is exact: the terms of x
  /// and of g x add up to what they are weighted with.
  ///
  /// - Parameters:
  ///   - state: ψ.
  ///   - spins: ±1, `[M, N]`.
  ///   - group: The group.
  public init(_ state: SpinState, spins: [Int8], group: SpinGroup) {
    let n = state.siteCount
    let count = spins.count / n
    let (logModulus, phase) = state.logAmplitudes(of: spins)
    var real: [Double] = []
    var imaginary: [Double] = []
    for element in group.elements {
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
      var (re, im) = (0.0, 0.0)
      for index in 0..<count {
        // 2 r / (1 + |r|²) = (cos + i sin)(arg r) / cosh(log |r|).
        let size = 1 / cosh(min(700, abs(otherModulus[index] - logModulus[index])))
        let angle = otherPhase[index] - phase[index]
        re += size * cos(angle)
        im += size * sin(angle)
      }
      real.append(re / Double(count))
      imaginary.append(im / Double(count))
    }
    let halves = (real, imaginary)
    for index in real.indices {
      guard let inverse = group.inverse(of: index) else { continue }
      real[index] = 0.5 * (halves.0[index] + halves.0[inverse])
      imaginary[index] = 0.5 * (halves.1[index] - halves.1[inverse])
    }
    self.group = group
    self.real = real
    self.imaginary = imaginary
  }

  /// Returns how much of the state is in an irrep: `(1/|G|) Σ_g χ(g)* ⟨g⟩`.
  ///
  /// - Parameter irrep: The irrep, of the same group.
  /// - Returns: Its share, 1 for a state of the irrep.
  public func weight(of irrep: SpinIrrep) -> Double {
    precondition(irrep.phases.count == real.count, "an irrep of another group")
    var sum = 0.0
    for (index, phase) in irrep.phases.enumerated() {
      sum += cos(phase) * real[index] + sin(phase) * imaginary[index]
    }
    return sum / Double(real.count)
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
