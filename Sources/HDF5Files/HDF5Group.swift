internal import CHDF5

/// A group of an HDF5 file, by its path: attributes, datasets and groups below it.
///
/// Names may be paths, `"a/b"`. A group keeps its file open.
public struct HDF5Group: Sendable {
  /// The file.
  public let file: HDF5File
  /// The path from the root.
  public let path: String

  func fullPath(_ name: String) -> String {
    name.hasPrefix("/") ? name : path == "/" ? "/\(name)" : "\(path)/\(name)"
  }

  func error(
    _ operation: String, _ name: String? = nil, reason: String? = nil, remedy: String? = nil
  ) -> HDF5Error {
    HDF5Error(
      operation, path: file.path, object: name.map(fullPath) ?? path,
      reason: reason ?? HDF5Library.lastReason(), remedy: remedy)
  }

  /// Returns a group below this one, created where it is missing and the file is writable.
  ///
  /// - Parameter name: The group's name or its path from here.
  /// - Returns: The group.
  /// - Throws: ``HDF5Error`` if it can't be opened or created.
  public func group(_ name: String) throws(HDF5Error) -> HDF5Group {
    let result = HDF5Group(file: file, path: fullPath(name))
    try HDF5Library.locked { () throws(HDF5Error) in
      if exists(name) {
        guard Handle(H5Gopen2(file.id, result.path, nqs_H5P_DEFAULT), .group) != nil else {
          throw error("open the group", name)
        }
        return
      }
      guard file.isWritable else { throw missing(name) }
      guard let links = Handle(H5Pcreate(H5P_LINK_CREATE), .properties) else {
        throw error("create the group", name)
      }
      H5Pset_create_intermediate_group(links.id, 1)
      let id = H5Gcreate2(file.id, result.path, links.id, nqs_H5P_DEFAULT, nqs_H5P_DEFAULT)
      guard Handle(id, .group) != nil else { throw error("create the group", name) }
    }
    return result
  }

  func missing(_ name: String) -> HDF5Error {
    error(
      "find the object", name, reason: "the file has no such object",
      remedy: "Check that this is the kind of file that was meant")
  }

  /// Returns whether an object of this name exists below this group.
  public func exists(_ name: String) -> Bool {
    HDF5Library.locked {
      var partial = ""
      for part in fullPath(name).split(separator: "/") {
        partial += "/\(part)"
        if H5Lexists(file.id, partial, nqs_H5P_DEFAULT) <= 0 {
          H5Eclear2(nqs_H5E_DEFAULT)
          return false
        }
      }
      return true
    }
  }

  /// Returns whether a name is that of a dataset.
  public func isDataset(_ name: String) -> Bool { kind(of: name) == H5I_DATASET }

  /// Returns whether a name is that of a group.
  public func isGroup(_ name: String) -> Bool { kind(of: name) == H5I_GROUP }

  private func kind(of name: String) -> H5I_type_t {
    HDF5Library.locked {
      guard exists(name),
        let object = Handle(H5Oopen(file.id, fullPath(name), nqs_H5P_DEFAULT), .object)
      else {
        H5Eclear2(nqs_H5E_DEFAULT)
        return H5I_BADID
      }
      return H5Iget_type(object.id)
    }
  }

  /// Returns the names of all objects in this group, sorted.
  ///
  /// - Returns: The names.
  /// - Throws: ``HDF5Error`` if the group can't be read.
  public func names() throws(HDF5Error) -> [String] {
    try HDF5Library.locked { () throws(HDF5Error) -> [String] in
      guard let group = Handle(H5Gopen2(file.id, path, nqs_H5P_DEFAULT), .group) else {
        throw error("open the group")
      }
      var information = H5G_info_t()
      guard H5Gget_info(group.id, &information) >= 0 else { throw error("list the group") }
      var result: [String] = []
      for index in 0..<information.nlinks {
        guard
          let name = Self.name({ name, size in
            H5Lget_name_by_idx(
              group.id, ".", H5_INDEX_NAME, H5_ITER_INC, index, name, size, nqs_H5P_DEFAULT)
          })
        else { throw error("list the group") }
        result.append(name)
      }
      return result
    }
  }

  /// Reads a name by a function of HDF5 that writes it, or for no buffer returns its length.
  ///
  /// - Parameter read: The function.
  /// - Returns: The name; nil where the function fails.
  static func name(_ read: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String? {
    let length = read(nil, 0)
    guard length >= 0 else { return nil }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { name in
      guard let base = name.baseAddress else { return "" }
      _ = read(base, length + 1)
      return String(cString: base)
    }
  }

  /// Removes an object's name; its space stays in the file.
  ///
  /// - Parameter name: The object.
  /// - Throws: ``HDF5Error`` if there is none or the file is read-only.
  public func remove(_ name: String) throws(HDF5Error) {
    try HDF5Library.locked { () throws(HDF5Error) in
      guard H5Ldelete(file.id, fullPath(name), nqs_H5P_DEFAULT) >= 0 else {
        throw error("remove the object", name)
      }
    }
  }
}
