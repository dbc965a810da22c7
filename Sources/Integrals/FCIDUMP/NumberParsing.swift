internal import Foundation

/// A place in a line of bytes, with the readers of numbers as Fortran and C write them.
struct ByteCursor {
  var position: UnsafePointer<UInt8>
  let end: UnsafePointer<UInt8>

  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let base = bytes.baseAddress else { return nil }
    position = base
    end = base + bytes.count
  }

  @inline(__always)
  var isAtEnd: Bool { position == end }

  @inline(__always)
  mutating func skipBlanks() {
    while position < end, isBlank(position.pointee) { position += 1 }
  }

  /// Reads a signed integer of at most nine digits that ends at a blank or the end of the line.
  @inline(__always)
  mutating func integer() -> Int? {
    var cursor = position
    var isNegative = false
    if cursor < end, cursor.pointee == 0x2D || cursor.pointee == 0x2B {
      isNegative = cursor.pointee == 0x2D
      cursor += 1
    }
    let first = cursor
    var value = 0
    while cursor < end {
      let digit = cursor.pointee &- 0x30
      if digit > 9 { break }
      value = value &* 10 &+ Int(digit)
      cursor += 1
    }
    let digits = cursor - first
    guard digits > 0, digits <= 9, cursor == end || isBlank(cursor.pointee) else { return nil }
    position = cursor
    return isNegative ? -value : value
  }

  /// Reads a real number that ends at a blank, a comma, a parenthesis or the end of the line.
  ///
  /// Accepts `1`, `1.`, `.5`, exponents with `E`, `D` or `Q` in either case and Fortran's
  /// three-digit exponents without a letter (`0.1-101`). The result is the nearest double, and
  /// infinite where the number is too large for one. On failure the position stays.
  mutating func real() -> Double? {
    var cursor = position
    var isNegative = false
    if cursor < end, cursor.pointee == 0x2D || cursor.pointee == 0x2B {
      isNegative = cursor.pointee == 0x2D
      cursor += 1
    }
    var mantissa: UInt64 = 0
    var significant = 0
    var digits = 0
    var fraction = 0
    while cursor < end {
      let digit = cursor.pointee &- 0x30
      if digit > 9 { break }
      mantissa = mantissa &* 10 &+ UInt64(digit)
      if mantissa != 0 { significant += 1 }
      digits += 1
      cursor += 1
    }
    if cursor < end, cursor.pointee == 0x2E {
      cursor += 1
      while cursor < end {
        let digit = cursor.pointee &- 0x30
        if digit > 9 { break }
        mantissa = mantissa &* 10 &+ UInt64(digit)
        if mantissa != 0 { significant += 1 }
        digits += 1
        fraction += 1
        cursor += 1
      }
    }
    guard digits > 0 else { return nil }
    var exponent = 0
    if cursor < end, !isDelimiter(cursor.pointee) {
      guard let written = Self.exponent(&cursor, end) else { return nil }
      exponent = written
    }
    guard cursor == end || isDelimiter(cursor.pointee) else { return nil }
    let scale = exponent - fraction
    let magnitude: Double
    if significant <= 19, scale <= 0, scale >= -27 {
      magnitude = quotient(mantissa, powerOfFive: -scale)
    } else if mantissa < 1 << 53, significant <= 19, scale > 0, scale <= 22 {
      magnitude = Double(mantissa) * exactPowersOfTen[scale]
    } else {
      magnitude = Self.slowReal(position, cursor)
    }
    position = cursor
    return isNegative ? -magnitude : magnitude
  }

  private static func exponent(
    _ cursor: inout UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Int? {
    let letter = cursor.pointee | 0x20
    let hasLetter = letter == 0x65 || letter == 0x64 || letter == 0x71  // e d q
    if hasLetter { cursor += 1 }
    var isNegative = false
    if cursor < end, cursor.pointee == 0x2D || cursor.pointee == 0x2B {
      isNegative = cursor.pointee == 0x2D
      cursor += 1
    } else if !hasLetter {
      return nil
    }
    let first = cursor
    var value = 0
    while cursor < end, cursor.pointee &- 0x30 <= 9 {
      if value < 100_000 { value = value * 10 + Int(cursor.pointee &- 0x30) }
      cursor += 1
    }
    guard cursor > first else { return nil }
    return isNegative ? -value : value
  }

  /// Returns the magnitude of the number between two places by way of the C library.
  private static func slowReal(
    _ first: UnsafePointer<UInt8>, _ last: UnsafePointer<UInt8>
  ) -> Double {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: last - first + 2) { text in
      var count = 0
      var previous: UInt8 = 0
      for offset in 0..<(last - first) {
        var byte = first[offset]
        let isSign = byte == 0x2D || byte == 0x2B
        if isSign && offset > 0 && previous != 0x65 {
          text[count] = 0x65
          count += 1
        }
        if byte | 0x20 == 0x64 || byte | 0x20 == 0x65 || byte | 0x20 == 0x71 { byte = 0x65 }
        text[count] = CChar(bitPattern: byte)
        count += 1
        previous = byte
      }
      text[count] = 0
      guard let base = text.baseAddress else { return .nan }
      return abs(strtod(base, nil))
    }
  }
}

@inline(__always)
func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }

@inline(__always)
private func isDelimiter(_ byte: UInt8) -> Bool {
  isBlank(byte) || byte == 0x2C || byte == 0x28 || byte == 0x29
}

private let exactPowersOfTen: [Double] = (0...22).map { power in
  (0..<power).reduce(1.0) { value, _ in value * 10 }
}

private let powersOfFive: [UInt64] = (0...27).map { power in
  (0..<power).reduce(1 as UInt64) { value, _ in value * 5 }
}

/// Returns the double nearest to `mantissa / 10^power`, ties to even, for `power` in `0...27`.
///
/// Divides by `5^power`, which fits 64 bits, to a 64-bit quotient and a remainder: the quotient's
/// low bits and whether anything remains decide the rounding, so it is exact.
@inline(__always)
private func quotient(_ mantissa: UInt64, powerOfFive power: Int) -> Double {
  if mantissa == 0 { return 0 }
  let divisor = powersOfFive[power]
  let numeratorShift = mantissa.leadingZeroBitCount
  let divisorShift = divisor.leadingZeroBitCount
  let numerator = mantissa << UInt64(numeratorShift)
  let scaledDivisor = divisor << UInt64(divisorShift)
  var exponent = divisorShift - numeratorShift - 64 - power
  var high = numerator
  var low: UInt64 = 0
  if numerator >= scaledDivisor {
    high = numerator >> 1
    low = numerator << 63
    exponent += 1
  }
  let (quotient, remainder) = scaledDivisor.dividingFullWidth((high, low))
  // 64 bits, the top one set: keep 53.
  var kept = quotient >> 11
  let dropped = quotient & 0x7FF
  if dropped > 0x400 || (dropped == 0x400 && (remainder != 0 || kept & 1 == 1)) { kept += 1 }
  return Double(kept) * Double(bitPattern: UInt64(exponent + 11 + 1023) << 52)
}
