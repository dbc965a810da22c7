internal import CHDF5
internal import Foundation

extension HDF5Group {
  /// Writes strings as a dataset of one dimension, UTF-8 of variable length.
  ///
  /// - Parameters:
  ///   - strings: The strings.
  ///   - name: The dataset's name.
  /// - Throws: ``HDF5Error`` if it can't be written.
  public func write(_ strings: [String], to name: String) throws(HDF5Error) {
    try write(strings, shape: [strings.count], to: name)
  }

  /// Writes one string as a scalar dataset.
  ///
  /// - Parameters:
  ///   - string: The string.
  ///   - name: The dataset's name.
  /// - Throws: ``HDF5Error`` if it can't be written.
  public func write(_ string: String, to name: String) throws(HDF5Error) {
    try write([string], shape: [], to: name)
  }

  private func write(
    _ strings: [String], shape: [Int], to name: String
  ) throws(HDF5Error) {
    try HDF5Library.locked { () throws(HDF5Error) in
      guard let type = makeStringType() else { throw error("write the dataset", name) }
      let dataset = try create(name, type: type.id, shape: shape, isExtendable: false)
      let id = dataset.id
      let typeID = type.id
      let status = withCStrings(strings) {
        H5Dwrite(id, typeID, nqs_H5S_ALL, nqs_H5S_ALL, nqs_H5P_DEFAULT, $0)
      }
      guard status >= 0 else { throw error("write the dataset", name) }
    }
  }

  /// Reads a dataset of strings, of fixed or variable length.
  ///
  /// - Parameter name: The dataset.
  /// - Returns: The strings without padding, row-major.
  /// - Throws: ``HDF5Error`` if there is no such dataset or it holds no strings.
  public func readStrings(_ name: String) throws(HDF5Error) -> [String] {
    try HDF5Library.locked { () throws(HDF5Error) -> [String] in
      let dataset = try open(name)
      guard let type = Handle(H5Dget_type(dataset.id), .type),
        let space = Handle(H5Dget_space(dataset.id), .space)
      else { throw error("read the dataset", name) }
      guard H5Tget_class(type.id) == H5T_STRING else {
        throw error("read strings", name, reason: "the dataset holds others")
      }
      let id = dataset.id
      let count = try elementCount(
        of: dataset, try shape(of: dataset, name), max(8, H5Tget_size(type.id)), name)
      let strings = stringElements(type: type, space: space, count: count) {
        H5Dread(id, $0, nqs_H5S_ALL, nqs_H5S_ALL, nqs_H5P_DEFAULT, $1)
      }
      guard let strings else { throw error("read the dataset", name) }
      return strings
    }
  }
}

/// The type of UTF-8 strings of variable length, as h5py writes `str`.
func makeStringType() -> Handle? {
  guard let type = Handle(H5Tcopy(H5T_C_S1), .type) else { return nil }
  H5Tset_size(type.id, H5T_VARIABLE)
  H5Tset_cset(type.id, H5T_CSET_UTF8)
  return type
}

/// Calls `body` with an array of C strings.
func withCStrings(
  _ strings: [String], _ body: (UnsafeRawPointer?) -> herr_t
) -> herr_t {
  let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return copies.withUnsafeBytes { body($0.baseAddress) }
}

/// Reads strings by way of `read(memoryType, buffer)`; nil if it fails.
func stringElements(
  type: borrowing Handle, space: borrowing Handle, count: Int,
  _ read: (hid_t, UnsafeMutableRawPointer?) -> herr_t
) -> [String]? {
  if count == 0 { return [] }
  if H5Tis_variable_str(type.id) > 0 {
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    let status = pointers.withUnsafeMutableBytes { read(type.id, $0.baseAddress) }
    guard status >= 0 else { return nil }
    let strings = pointers.map { pointer in pointer.map { String(cString: $0) } ?? "" }
    pointers.withUnsafeMutableBytes {
      _ = H5Dvlen_reclaim(type.id, space.id, nqs_H5P_DEFAULT, $0.baseAddress)
    }
    return strings
  }
  let size = H5Tget_size(type.id)
  guard size > 0 else { return nil }
  let isSpacePadded = H5Tget_strpad(type.id) == H5T_STR_SPACEPAD
  var bytes = [UInt8](repeating: 0, count: size * count)
  let status = bytes.withUnsafeMutableBytes { read(type.id, $0.baseAddress) }
  guard status >= 0 else { return nil }
  return (0..<count).map { index in
    var text = bytes[index * size..<(index + 1) * size].prefix { $0 != 0 }
    if isSpacePadded { while text.last == 0x20 { text.removeLast() } }
    return String(decoding: text, as: UTF8.self)
  }
}
