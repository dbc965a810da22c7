internal import CHDF5

/// A type of the elements of datasets: stored natively, converted on reading.
///
/// Conforming types are `Float`, `Double`, `Int32`, `Int64`, `Int`, `UInt8`, `UInt64` and `Bool`;
/// no others may conform. `Bool` is stored as h5py stores it, an enumeration of `FALSE`, `TRUE`.
public protocol HDF5Element: BitwiseCopyable, Sendable {
  /// Which type this is.
  static var hdf5Kind: HDF5ElementKind { get }
  /// The zero element.
  init()
}

/// The types of elements that can be read and written.
public enum HDF5ElementKind: Sendable {
  case float32
  case float64
  case int32
  case int64
  case uint8
  case uint64
  case boolean

  var isInteger: Bool { self != .float32 && self != .float64 }

  /// A new identifier of the type in memory.
  var memoryType: hid_t {
    switch self {
    case .float32: H5Tcopy(H5T_NATIVE_FLOAT)
    case .float64: H5Tcopy(H5T_NATIVE_DOUBLE)
    case .int32: H5Tcopy(H5T_NATIVE_INT32)
    case .int64: H5Tcopy(H5T_NATIVE_INT64)
    case .uint8: H5Tcopy(H5T_NATIVE_UINT8)
    case .uint64: H5Tcopy(H5T_NATIVE_UINT64)
    case .boolean: Self.makeBooleanType()
    }
  }

  private static func makeBooleanType() -> hid_t {
    let type = H5Tenum_create(H5T_NATIVE_INT8)
    for (name, value) in [("FALSE", 0), ("TRUE", 1)] as [(String, Int8)] {
      var value = value
      H5Tenum_insert(type, name, &value)
    }
    return type
  }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Float: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .float32 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Double: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .float64 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Int32: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .int32 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Int64: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .int64 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Int: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .int64 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension UInt8: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .uint8 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension UInt64: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .uint64 }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension Bool: HDF5Element {
  public static var hdf5Kind: HDF5ElementKind { .boolean }
}

/// What kind of elements a dataset or an attribute holds.
public enum HDF5ElementClass: Sendable {
  case integer
  case floatingPoint
  case string
  /// An enumeration; h5py stores booleans so.
  case enumeration
  /// A compound of two floating-point numbers, `r` and `i`.
  case complex
  case other

  init(ofType type: hid_t) {
    switch H5Tget_class(type) {
    case H5T_INTEGER: self = .integer
    case H5T_FLOAT: self = .floatingPoint
    case H5T_STRING: self = .string
    case H5T_ENUM: self = .enumeration
    case H5T_COMPOUND:
      let isComplex =
        H5Tget_nmembers(type) == 2 && H5Tget_member_index(type, "r") >= 0
        && H5Tget_member_index(type, "i") >= 0
      self = isComplex ? .complex : .other
    default: self = .other
    }
  }
}

/// Whether the bits that a number's type names lie within its bytes.
///
/// In a damaged file they may not, and the library's conversions then leave their buffers.
func isSoundNumber(_ type: hid_t) -> Bool {
  let bits = 8 * H5Tget_size(type)
  switch H5Tget_class(type) {
  case H5T_INTEGER: return isWithin(Int(H5Tget_offset(type)), H5Tget_precision(type), bits)
  case H5T_FLOAT:
    var (sign, exponent, exponentSize, mantissa, mantissaSize) = (0, 0, 0, 0, 0)
    let precision = H5Tget_precision(type)
    guard isWithin(Int(H5Tget_offset(type)), precision, bits),
      H5Tget_fields(type, &sign, &exponent, &exponentSize, &mantissa, &mantissaSize) >= 0
    else { return false }
    return isWithin(sign, 1, precision) && isWithin(exponent, exponentSize, precision)
      && isWithin(mantissa, mantissaSize, precision)
  case H5T_ENUM:
    guard let base = Handle(H5Tget_super(type), .type) else { return false }
    return H5Tget_size(base.id) == H5Tget_size(type) && isSoundNumber(base.id)
  case H5T_COMPOUND:
    return (0..<UInt32(max(0, H5Tget_nmembers(type)))).allSatisfy { index in
      guard let member = Handle(H5Tget_member_type(type, index), .type) else { return false }
      return isWithin(H5Tget_member_offset(type, index), H5Tget_size(member.id), bits / 8)
        && isSoundNumber(member.id)
    }
  default: return true
  }
}

private func isWithin(_ start: Int, _ count: Int, _ bound: Int) -> Bool {
  start >= 0 && count > 0 && count <= bound && start <= bound - count
}

/// The value of an attribute.
public enum HDF5Value: Equatable, Sendable {
  case bool(Bool)
  case int(Int)
  case ints([Int])
  case double(Double)
  case doubles([Double])
  case string(String)
  case strings([String])

  /// The value as an integer, also where a float or a one-element array holds one.
  public var intValue: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    case .ints(let values): values.count == 1 ? values[0] : nil
    case .double(let value): Int(exactly: value)
    case .doubles(let values): values.count == 1 ? Int(exactly: values[0]) : nil
    case .string, .strings: nil
    }
  }

  /// The value as a floating-point number.
  public var doubleValue: Double? {
    switch self {
    case .double(let value): value
    case .doubles(let values): values.count == 1 ? values[0] : nil
    default: intValue.map(Double.init)
    }
  }

  /// The value as one string.
  public var stringValue: String? {
    switch self {
    case .string(let value): value
    case .strings(let values): values.count == 1 ? values[0] : nil
    default: nil
    }
  }

  /// The value as a list of integers.
  public var intValues: [Int]? {
    switch self {
    case .ints(let values): return values
    case .doubles(let values):
      let integers = values.compactMap { Int(exactly: $0) }
      return integers.count == values.count ? integers : nil
    default: return intValue.map { [$0] }
    }
  }

  /// The value as a list of strings.
  public var stringValues: [String]? {
    switch self {
    case .strings(let values): values
    case .string(let value): [value]
    default: nil
    }
  }
}
