internal import CHDF5

extension HDF5Group {
  /// Sets an attribute of this group, in place of one of the same name.
  ///
  /// - Parameters:
  ///   - name: The attribute's name.
  ///   - value: Its value.
  /// - Throws: ``HDF5Error`` if it can't be written.
  public func setAttribute(_ name: String, _ value: HDF5Value) throws(HDF5Error) {
    try setAttribute(name, value, of: ".")
  }

  /// Sets an attribute of an object below this group, such as the unit of a dataset.
  ///
  /// - Parameters:
  ///   - name: The attribute's name.
  ///   - value: Its value.
  ///   - object: The object's name.
  /// - Throws: ``HDF5Error`` if it can't be written.
  public func setAttribute(
    _ name: String, _ value: HDF5Value, of object: String
  ) throws(HDF5Error) {
    try HDF5Library.locked { () throws(HDF5Error) in
      switch value {
      case .bool(let value): try write(name, object, [value], isScalar: true)
      case .int(let value): try write(name, object, [value], isScalar: true)
      case .ints(let values): try write(name, object, values, isScalar: false)
      case .double(let value): try write(name, object, [value], isScalar: true)
      case .doubles(let values): try write(name, object, values, isScalar: false)
      case .string(let value): try write(name, object, strings: [value], isScalar: true)
      case .strings(let values): try write(name, object, strings: values, isScalar: false)
      }
    }
  }

  /// Returns an attribute of this group, or nil where there is none.
  ///
  /// - Parameter name: The attribute's name.
  /// - Returns: The value; arrays of more dimensions as one list.
  /// - Throws: ``HDF5Error`` if it can't be read or is of another kind.
  public func attribute(_ name: String) throws(HDF5Error) -> HDF5Value? {
    try attribute(name, of: ".")
  }

  /// Returns an attribute of an object below this group, or nil where there is none.
  ///
  /// - Parameters:
  ///   - name: The attribute's name.
  ///   - object: The object's name.
  /// - Returns: The value; arrays of more dimensions as one list.
  /// - Throws: ``HDF5Error`` if it can't be read or is of another kind.
  public func attribute(
    _ name: String, of object: String
  ) throws(HDF5Error) -> HDF5Value? {
    try HDF5Library.locked { () throws(HDF5Error) -> HDF5Value? in
      let owner = try openOwner(object, name)
      guard H5Aexists(owner.id, name) > 0 else {
        H5Eclear2(nqs_H5E_DEFAULT)
        return nil
      }
      guard let attribute = Handle(H5Aopen(owner.id, name, nqs_H5P_DEFAULT), .attribute),
        let type = Handle(H5Aget_type(attribute.id), .type),
        let space = Handle(H5Aget_space(attribute.id), .space),
        let shape = dimensions(of: space)
      else { throw error("read the attribute '\(name)'", object) }
      let count = try elementCount(shape, 8, name)
      try checkType(type, name)
      try check(count, of: H5Tget_size(type.id), fitInto: fileSize(), name)
      let isScalar = shape.isEmpty
      let id = attribute.id
      switch HDF5ElementClass(ofType: type.id) {
      case .string:
        let strings = stringElements(type: type, space: space, count: count) {
          H5Aread(id, $0, $1)
        }
        guard let strings else { throw error("read the attribute '\(name)'", object) }
        return isScalar ? .string(strings.first ?? "") : .strings(strings)
      case .integer, .enumeration:
        var values = [Int](repeating: 0, count: count)
        guard count == 0 || H5Aread(id, H5T_NATIVE_INT64, &values) >= 0 else {
          throw error("read the attribute '\(name)'", object)
        }
        let isBoolean = H5Tget_class(type.id) == H5T_ENUM
        return isScalar ? (isBoolean ? .bool(values[0] != 0) : .int(values[0])) : .ints(values)
      case .floatingPoint:
        var values = [Double](repeating: 0, count: count)
        guard count == 0 || H5Aread(id, H5T_NATIVE_DOUBLE, &values) >= 0 else {
          throw error("read the attribute '\(name)'", object)
        }
        return isScalar ? .double(values[0]) : .doubles(values)
      case .complex, .other:
        throw error(
          "read the attribute '\(name)'", object, reason: "it is neither a number nor a string")
      }
    }
  }

  /// Returns the names of all attributes of this group, sorted.
  ///
  /// - Returns: The names.
  /// - Throws: ``HDF5Error`` if the group can't be read.
  public func attributeNames() throws(HDF5Error) -> [String] {
    try HDF5Library.locked { () throws(HDF5Error) -> [String] in
      let owner = try openOwner(".", "")
      let count = H5Aget_num_attrs(owner.id)
      guard count >= 0 else { throw error("list the attributes") }
      var result: [String] = []
      for index in 0..<hsize_t(count) {
        guard
          let name = Self.name({ name, size in
            H5Aget_name_by_idx(
              owner.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, name, size, nqs_H5P_DEFAULT)
          })
        else { throw error("list the attributes") }
        result.append(name)
      }
      return result
    }
  }

  private func openOwner(_ object: String, _ name: String) throws(HDF5Error) -> Handle {
    let owner = object == "." ? path : fullPath(object)
    guard let handle = Handle(H5Oopen(file.id, owner, nqs_H5P_DEFAULT), .object) else {
      throw error("find the owner of the attribute '\(name)'", object)
    }
    return handle
  }

  private func createAttribute(
    _ name: String, _ object: String, type: hid_t, count: Int, isScalar: Bool
  ) throws(HDF5Error) -> Handle {
    let owner = try openOwner(object, name)
    if H5Aexists(owner.id, name) > 0 { H5Adelete(owner.id, name) }
    var dimensions = [hsize_t(count)]
    let spaceID = isScalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &dimensions, nil)
    guard let space = Handle(spaceID, .space) else {
      throw error("write the attribute '\(name)'", object)
    }
    let id = H5Acreate2(owner.id, name, type, space.id, nqs_H5P_DEFAULT, nqs_H5P_DEFAULT)
    guard let attribute = Handle(id, .attribute) else {
      throw error(
        "write the attribute '\(name)'", object,
        remedy: "Attributes hold at most 64 KiB: write more as a dataset")
    }
    return attribute
  }

  private func write<Element: HDF5Element>(
    _ name: String, _ object: String, _ values: [Element], isScalar: Bool
  ) throws(HDF5Error) {
    guard let type = Handle(Element.hdf5Kind.memoryType, .type) else {
      throw error("write the attribute '\(name)'", object)
    }
    let attribute = try createAttribute(
      name, object, type: type.id, count: values.count, isScalar: isScalar)
    let status = values.withUnsafeBytes { H5Awrite(attribute.id, type.id, $0.baseAddress) }
    guard values.isEmpty || status >= 0 else {
      throw error("write the attribute '\(name)'", object)
    }
  }

  private func write(
    _ name: String, _ object: String, strings: [String], isScalar: Bool
  ) throws(HDF5Error) {
    guard let type = makeStringType() else {
      throw error("write the attribute '\(name)'", object)
    }
    let attribute = try createAttribute(
      name, object, type: type.id, count: strings.count, isScalar: isScalar)
    let id = attribute.id
    let typeID = type.id
    let status = withCStrings(strings) { H5Awrite(id, typeID, $0) }
    guard strings.isEmpty || status >= 0 else {
      throw error("write the attribute '\(name)'", object)
    }
  }
}
