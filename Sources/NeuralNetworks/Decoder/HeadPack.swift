/// H numbers, one for each head, beside a vector that repeats them: lane `l` belongs to head `l mod H`.
///
/// The rows of ``HeadInnermostRows`` are multiplied by such vectors. H divides the number of lanes.
protocol HeadPack {
  /// H.
  static var heads: Int { get }
  /// Repeats H neighbouring numbers over the lanes.
  static func spread(_ x: UnsafePointer<Float>) -> Lanes
  /// Stores the first H lanes.
  static func store(_ value: Lanes, _ x: UnsafeMutablePointer<Float>)
}

extension HeadPack {
  /// Returns in each lane the sum over all lanes of the same head.
  @inline(__always)
  static func sum(_ x: Lanes) -> Lanes { combine(x) { $0 + $1 } }

  /// Returns in each lane the largest of all lanes of the same head.
  @inline(__always)
  static func maximum(_ x: Lanes) -> Lanes {
    combine(x) { $0.replacing(with: $1, where: $1 .> $0) }
  }

  @inline(__always)
  private static func combine(_ x: Lanes, _ operation: (Lanes, Lanes) -> Lanes) -> Lanes {
    var result = x
    if heads < 16 {
      result = operation(result, Lanes(lowHalf: result.highHalf, highHalf: result.lowHalf))
    }
    if heads < 8 {
      let swapped = Lanes(
        lowHalf: swapHalves(result.lowHalf), highHalf: swapHalves(result.highHalf))
      result = operation(result, swapped)
    }
    if heads < 4 {
      let pairs = unsafeBitCast(result, to: SIMD8<UInt64>.self)
      var swapped = pairs
      swapped.evenHalf = pairs.oddHalf
      swapped.oddHalf = pairs.evenHalf
      result = operation(result, unsafeBitCast(swapped, to: Lanes.self))
    }
    if heads < 2 {
      var swapped = result
      swapped.evenHalf = result.oddHalf
      swapped.oddHalf = result.evenHalf
      result = operation(result, swapped)
    }
    return result
  }
}

@inline(__always)
private func swapHalves(_ x: SIMD8<Float>) -> SIMD8<Float> {
  SIMD8(lowHalf: x.highHalf, highHalf: x.lowHalf)
}

enum OneHead: HeadPack {
  static var heads: Int { 1 }

  @inline(__always)
  static func spread(_ x: UnsafePointer<Float>) -> Lanes { Lanes(repeating: x[0]) }

  @inline(__always)
  static func store(_ value: Lanes, _ x: UnsafeMutablePointer<Float>) { x[0] = value[0] }
}

enum TwoHeads: HeadPack {
  static var heads: Int { 2 }

  @inline(__always)
  static func spread(_ x: UnsafePointer<Float>) -> Lanes {
    let pair = UnsafeRawPointer(x).loadUnaligned(as: UInt64.self)
    return unsafeBitCast(SIMD8<UInt64>(repeating: pair), to: Lanes.self)
  }

  @inline(__always)
  static func store(_ value: Lanes, _ x: UnsafeMutablePointer<Float>) {
    let pairs = unsafeBitCast(value, to: SIMD8<UInt64>.self)
    UnsafeMutableRawPointer(x).storeBytes(of: pairs[0], as: UInt64.self)
  }
}

enum FourHeads: HeadPack {
  static var heads: Int { 4 }

  @inline(__always)
  static func spread(_ x: UnsafePointer<Float>) -> Lanes {
    let four = UnsafeRawPointer(x).loadUnaligned(as: SIMD4<Float>.self)
    let eight = SIMD8(lowHalf: four, highHalf: four)
    return Lanes(lowHalf: eight, highHalf: eight)
  }

  @inline(__always)
  static func store(_ value: Lanes, _ x: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(x).storeBytes(of: value.lowHalf.lowHalf, as: SIMD4<Float>.self)
  }
}

enum EightHeads: HeadPack {
  static var heads: Int { 8 }

  @inline(__always)
  static func spread(_ x: UnsafePointer<Float>) -> Lanes {
    let eight = UnsafeRawPointer(x).loadUnaligned(as: SIMD8<Float>.self)
    return Lanes(lowHalf: eight, highHalf: eight)
  }

  @inline(__always)
  static func store(_ value: Lanes, _ x: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(x).storeBytes(of: value.lowHalf, as: SIMD8<Float>.self)
  }
}

enum SixteenHeads: HeadPack {
  static var heads: Int { 16 }

  @inline(__always)
  static func spread(_ x: UnsafePointer<Float>) -> Lanes { x.lanes(0) }

  @inline(__always)
  static func store(_ value: Lanes, _ x: UnsafeMutablePointer<Float>) { x.store(value, 0) }
}
