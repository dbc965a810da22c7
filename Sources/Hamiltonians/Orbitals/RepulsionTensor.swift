internal import Integrals

/// All `(pq|rs)` of one spin, unpacked, turned in place by rotations of two orbitals.
struct RepulsionTensor {
  private(set) var elements: [Double]
  /// The number of orbitals.
  let n: Int

  /// Unpacks the repulsion of α electrons, orbitals in some order.
  ///
  /// - Parameters:
  ///   - integrals: The integrals.
  ///   - order: The orbital that stands at each place.
  init(_ integrals: MolecularIntegrals, order: [Int]) {
    n = integrals.orbitalCount
    let n = n
    elements = [Double](unsafeUninitializedCapacity: n * n * n * n) { buffer, count in
      var place = 0
      for p in order {
        for q in order {
          let first = MolecularIntegrals.pair(p, q)
          for r in order {
            for s in order {
              buffer[place] =
                integrals.twoBodyAlphaAlpha[
                  MolecularIntegrals.pair(first, MolecularIntegrals.pair(r, s))]
              place += 1
            }
          }
        }
      }
      count = place
    }
  }

  subscript(_ p: Int, _ q: Int, _ r: Int, _ s: Int) -> Double {
    elements[((p * n + q) * n + r) * n + s]
  }

  /// `Σ_p (pp|pp)`.
  var selfRepulsion: Double { (0..<n).reduce(0) { $0 + self[$1, $1, $1, $1] } }

  /// Turns two orbitals: `p' = c p + s q`, `q' = c q − s p`.
  mutating func rotate(_ p: Int, _ q: Int, cosine: Double, sine: Double) {
    let n = n
    elements.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      // One index after the other: as many leading values, each with rows of the trailing ones.
      var rows = 1
      var length = n * n * n
      while rows <= n * n * n {
        for row in 0..<rows {
          let first = base + (row * n + p) * length
          let second = base + (row * n + q) * length
          for place in 0..<length {
            let (a, b) = (first[place], second[place])
            first[place] = cosine * a + sine * b
            second[place] = cosine * b - sine * a
          }
        }
        rows *= n
        length /= n
      }
    }
  }
}
