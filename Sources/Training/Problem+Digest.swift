internal import Hamiltonians
internal import Integrals

extension Problem {
  /// A digest of the numbers that define the problem, the same on every machine.
  ///
  /// The 64-bit FNV-1a hash over the little-endian bytes of all of them; it tells problems apart,
  /// and protects against nobody.
  public var digest: String {
    var hash = FNVHash()
    switch self {
    case .molecule(let integrals, _):
      hash.add([Double(integrals.orbitalCount), Double(integrals.alphaCount)])
      hash.add([Double(integrals.betaCount), integrals.coreEnergy])
      for values in [
        integrals.oneBodyAlpha, integrals.oneBodyBeta, integrals.twoBodyAlphaAlpha,
        integrals.twoBodyBetaBeta, integrals.twoBodyAlphaBeta,
      ] {
        hash.add(values ?? [])
      }
      hash.add((integrals.orbitalIrreps ?? []).map(Double.init))
    case .lattice(let model):
      hash.add([Double(model.twiceMagnetization ?? -1)])
      hash.add([Double(model.geometry.width), Double(model.geometry.height)])
      for byte in "\(model.geometry.unitCell.name) \(model.geometry.boundary.rawValue)".utf8 {
        hash.add(byte)
      }
      switch model.interaction {
      case .heisenberg(let j1, let j2, let j3, let anisotropy):
        hash.add([0, j1, j2, anisotropy])
        if j3 != 0 { hash.add([2, j3]) }
      case .ising(let coupling, let field, let longitudinalField):
        hash.add([1, coupling, field])
        if longitudinalField != 0 { hash.add([3, longitudinalField]) }
      }
      if let bonds = model.bonds {
        hash.add([4, Double(bonds.count)])
        for bond in bonds {
          hash.add([Double(bond.first), Double(bond.second), bond.strength, bond.transverse])
        }
      }
    }
    let digits = String(hash.value, radix: 16)
    return "fnv1a64:" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}

/// The 64-bit FNV-1a hash of Fowler, Noll and Vo.
private struct FNVHash {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

  mutating func add(_ numbers: [Double]) {
    for number in numbers {
      // Plus zero makes a negative zero positive, which is the same number.
      var bits = (number + 0).bitPattern
      for _ in 0..<8 {
        add(UInt8(truncatingIfNeeded: bits))
        bits >>= 8
      }
    }
  }
}
