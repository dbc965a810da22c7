internal import CHDF5

extension HDF5Group {
  /// Writes an array as a dataset, in place of one of the same name.
  ///
  /// - Parameters:
  ///   - values: The elements, row-major.
  ///   - shape: The dimensions; one of `values.count` where nil, a scalar where empty.
  ///   - name: The dataset's name; groups above it are created.
  /// - Throws: ``HDF5Error`` if it can't be written.
  /// - Precondition: The product of `shape` is `values.count`.
  public func write<Element: HDF5Element>(
    _ values: [Element], shape: [Int]? = nil, to name: String
  ) throws(HDF5Error) {
    let shape = shape ?? [values.count]
    precondition(
      shape.reduce(1, *) == values.count, "shape \(shape) for \(values.count) elements")
    try HDF5Library.locked { () throws(HDF5Error) in
      guard let type = Handle(Element.hdf5Kind.memoryType, .type) else {
        throw error("write the dataset", name)
      }
      let dataset = try create(name, type: type.id, shape: shape, isExtendable: false)
      let status = values.withUnsafeBytes {
        H5Dwrite(
          dataset.id, type.id, nqs_H5S_ALL, nqs_H5S_ALL, nqs_H5P_DEFAULT, $0.baseAddress)
      }
      guard values.isEmpty || status >= 0 else { throw error("write the dataset", name) }
    }
  }

  /// Writes one number as a scalar dataset.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - name: The dataset's name.
  /// - Throws: ``HDF5Error`` if it can't be written.
  public func write<Element: HDF5Element>(
    _ value: Element, to name: String
  ) throws(HDF5Error) { try write([value], shape: [], to: name) }

  /// Reads a dataset, its elements converted to the type asked for.
  ///
  /// - Parameters:
  ///   - type: The type of the result's elements.
  ///   - name: The dataset.
  /// - Returns: The elements, row-major, and the dimensions; none of a scalar.
  /// - Throws: ``HDF5Error`` if there is no such dataset, it is damaged, or its elements are
  ///   not numbers, or not whole where integers are asked for.
  public func read<Element: HDF5Element>(
    _ type: Element.Type, _ name: String
  ) throws(HDF5Error) -> (values: [Element], shape: [Int]) {
    try HDF5Library.locked { () throws(HDF5Error) -> (values: [Element], shape: [Int]) in
      let dataset = try open(name)
      let shape = try shape(of: dataset, name)
      let kind = Element.hdf5Kind
      try checkClass(dataset, kind, name)
      let count = try elementCount(of: dataset, shape, MemoryLayout<Element>.stride, name)
      // A foreign byte may be neither 0 nor 1, so it must not be read as Bool itself.
      if kind == .boolean {
        let bytes: [UInt8] = try readElements(dataset, .uint8, count, name)
        let values = bytes.map { $0 != 0 }
        return (values as? [Element] ?? [], shape)
      }
      return (try readElements(dataset, kind, count, name), shape)
    }
  }

  /// Reads a dataset of one number.
  ///
  /// - Parameters:
  ///   - type: The type of the result.
  ///   - name: The dataset.
  /// - Returns: The number.
  /// - Throws: ``HDF5Error`` as ``read(_:_:)``, and if there is not one element.
  public func readScalar<Element: HDF5Element>(
    _ type: Element.Type, _ name: String
  ) throws(HDF5Error) -> Element {
    let (values, shape) = try read(type, name)
    guard values.count == 1 else {
      throw error("read one number", name, reason: "the dataset has the shape \(shape)")
    }
    return values[0]
  }

  /// Reads a dataset of complex numbers as h5py stores them.
  ///
  /// - Parameter name: The dataset.
  /// - Returns: The parts, row-major, and the dimensions.
  /// - Throws: ``HDF5Error`` if there is no such dataset or it is damaged or not complex.
  public func readComplex(
    _ name: String
  ) throws(HDF5Error) -> (real: [Double], imaginary: [Double], shape: [Int]) {
    try HDF5Library.locked {
      () throws(HDF5Error) -> (real: [Double], imaginary: [Double], shape: [Int]) in
      guard try elementClass(name) == .complex else {
        throw error("read complex numbers", name, reason: "the dataset holds others")
      }
      let dataset = try open(name)
      let shape = try shape(of: dataset, name)
      let count = try elementCount(of: dataset, shape, 16, name)
      var parts: [[Double]] = []
      for member in ["r", "i"] {
        guard let type = Handle(H5Tcreate(H5T_COMPOUND, 8), .type),
          H5Tinsert(type.id, member, 0, H5T_NATIVE_DOUBLE) >= 0
        else { throw error("read complex numbers", name) }
        parts.append(try readElements(dataset, memoryType: type.id, count, name))
      }
      return (parts[0], parts[1], shape)
    }
  }

  /// Returns the dimensions of a dataset; none of a scalar.
  ///
  /// - Parameter name: The dataset.
  /// - Returns: The dimensions.
  /// - Throws: ``HDF5Error`` if there is no such dataset.
  public func shape(_ name: String) throws(HDF5Error) -> [Int] {
    try HDF5Library.locked { () throws(HDF5Error) -> [Int] in
      try shape(of: try open(name), name)
    }
  }

  /// Returns what kind of elements a dataset holds.
  ///
  /// - Parameter name: The dataset.
  /// - Returns: The kind.
  /// - Throws: ``HDF5Error`` if there is no such dataset.
  public func elementClass(_ name: String) throws(HDF5Error) -> HDF5ElementClass {
    try HDF5Library.locked { () throws(HDF5Error) -> HDF5ElementClass in
      let dataset = try open(name)
      guard let type = Handle(H5Dget_type(dataset.id), .type) else {
        throw error("read the dataset's type", name)
      }
      return HDF5ElementClass(ofType: type.id)
    }
  }

  // MARK: - Growing datasets

  /// Creates an empty dataset whose first dimension grows.
  ///
  /// - Parameters:
  ///   - type: The type of the elements.
  ///   - name: The dataset's name.
  ///   - rowShape: The dimensions of one row; none for a list of numbers.
  /// - Throws: ``HDF5Error`` if it can't be created.
  public func createExtendable<Element: HDF5Element>(
    _ type: Element.Type, _ name: String, rowShape: [Int] = []
  ) throws(HDF5Error) {
    try HDF5Library.locked { () throws(HDF5Error) in
      guard let type = Handle(Element.hdf5Kind.memoryType, .type) else {
        throw error("create the dataset", name)
      }
      _ = try create(name, type: type.id, shape: [0] + rowShape, isExtendable: true)
    }
  }

  /// Appends whole rows to a dataset made by ``createExtendable(_:_:rowShape:)``.
  ///
  /// - Parameters:
  ///   - values: The elements, row-major.
  ///   - name: The dataset.
  /// - Throws: ``HDF5Error`` if it can't be extended.
  /// - Precondition: `values` fills whole rows.
  public func append<Element: HDF5Element>(
    _ values: [Element], to name: String
  ) throws(HDF5Error) {
    if values.isEmpty { return }
    try HDF5Library.locked { () throws(HDF5Error) in
      let dataset = try open(name)
      var dimensions = try shape(of: dataset, name).map { hsize_t($0) }
      let rowCount = Int(dimensions.dropFirst().reduce(1, *))
      guard let first = dimensions.first else {
        throw error("extend the dataset", name, reason: "it is a scalar")
      }
      precondition(values.count.isMultiple(of: rowCount), "\(values.count) in rows of \(rowCount)")
      var block = dimensions
      block[0] = hsize_t(values.count / rowCount)
      var start = dimensions.map { _ in 0 as hsize_t }
      start[0] = first
      dimensions[0] += block[0]
      guard H5Dset_extent(dataset.id, dimensions) >= 0,
        let fileSpace = Handle(H5Dget_space(dataset.id), .space),
        H5Sselect_hyperslab(fileSpace.id, H5S_SELECT_SET, start, nil, block, nil) >= 0,
        let memorySpace = Handle(H5Screate_simple(Int32(block.count), block, nil), .space),
        let type = Handle(Element.hdf5Kind.memoryType, .type)
      else { throw error("extend the dataset", name) }
      let status = values.withUnsafeBytes {
        H5Dwrite(
          dataset.id, type.id, memorySpace.id, fileSpace.id, nqs_H5P_DEFAULT, $0.baseAddress)
      }
      guard status >= 0 else { throw error("extend the dataset", name) }
    }
  }

  // MARK: - Inside the lock

  func open(_ name: String) throws(HDF5Error) -> Handle {
    guard exists(name) else { throw missing(name) }
    guard let dataset = Handle(H5Dopen2(file.id, fullPath(name), nqs_H5P_DEFAULT), .dataset)
    else {
      let reason = HDF5Library.lastReason()
      let isNewer = reason?.contains("version") == true
      throw error(
        "open the dataset", name, reason: reason,
        remedy: isNewer
          ? "A newer HDF5 library wrote it: write it again with h5py.File(…, libver='earliest')"
          : "The file may be damaged: write or copy it again")
    }
    return dataset
  }

  func shape(of dataset: borrowing Handle, _ name: String) throws(HDF5Error) -> [Int] {
    guard let space = Handle(H5Dget_space(dataset.id), .space) else {
      throw error("read the dataset's shape", name)
    }
    guard let shape = dimensions(of: space) else {
      throw error("read the dataset's shape", name)
    }
    // So that products of the dimensions don't overflow.
    _ = try elementCount(shape, 1, name)
    return shape
  }

  func create(
    _ name: String, type: hid_t, shape: [Int], isExtendable: Bool
  ) throws(HDF5Error) -> Handle {
    if exists(name) { try remove(name) }
    let current = shape.map { hsize_t($0) }
    var largest = current
    if isExtendable { largest[0] = H5S_UNLIMITED }
    let spaceID =
      shape.isEmpty
      ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), current, largest)
    guard let space = Handle(spaceID, .space),
      let creation = Handle(H5Pcreate(H5P_DATASET_CREATE), .properties),
      let links = Handle(H5Pcreate(H5P_LINK_CREATE), .properties)
    else { throw error("create the dataset", name) }
    H5Pset_create_intermediate_group(links.id, 1)
    if isExtendable {
      var chunk = current.map { max($0, 1) }
      chunk[0] = max(1, 1024 / chunk.dropFirst().reduce(1, *))
      H5Pset_chunk(creation.id, Int32(chunk.count), chunk)
    }
    let id = H5Dcreate2(
      file.id, fullPath(name), type, space.id, links.id, creation.id, nqs_H5P_DEFAULT)
    guard let dataset = Handle(id, .dataset) else { throw error("create the dataset", name) }
    return dataset
  }

  private func checkClass(
    _ dataset: borrowing Handle, _ kind: HDF5ElementKind, _ name: String
  ) throws(HDF5Error) {
    guard let type = Handle(H5Dget_type(dataset.id), .type) else {
      throw error("read the dataset's type", name)
    }
    switch HDF5ElementClass(ofType: type.id) {
    case .integer, .enumeration: return
    case .floatingPoint:
      if !kind.isInteger { return }
      throw error("read integers", name, reason: "the dataset holds floating-point numbers")
    case .complex: throw error("read real numbers", name, reason: "the dataset is complex")
    case .string, .other: throw error("read numbers", name, reason: "the dataset holds others")
    }
  }

  /// The number of a dataset's elements, after checking that they are stored.
  ///
  /// A damaged shape would otherwise ask for memory that the machine doesn't have, or make the
  /// library read beyond its own.
  func elementCount(
    of dataset: borrowing Handle, _ shape: [Int], _ stride: Int, _ name: String
  ) throws(HDF5Error) -> Int {
    let count = try elementCount(shape, stride, name)
    guard let type = Handle(H5Dget_type(dataset.id), .type),
      let creation = Handle(H5Dget_create_plist(dataset.id), .properties)
    else { throw error("read the dataset", name) }
    try checkType(type, name)
    let size = H5Tget_size(type.id)
    switch H5Pget_layout(creation.id) {
    case H5D_CHUNKED:
      try checkChunks(of: dataset, creation, name)
      try check(count, of: size, fitInto: Self.deflateLimit * fileSize(), name)
    case H5D_COMPACT:
      try check(count, of: size, fitInto: Int(clamping: H5Dget_storage_size(dataset.id)), name)
    case H5D_CONTIGUOUS where H5Pget_external_count(creation.id) == 0:
      // Nothing is stored of a dataset that was never written.
      let stored = Int(clamping: H5Dget_storage_size(dataset.id))
      try check(count, of: size, fitInto: stored == 0 ? fileSize() : min(stored, fileSize()), name)
    default: break
    }
    return count
  }

  /// Throws where the type of stored numbers is damaged.
  func checkType(_ type: borrowing Handle, _ name: String) throws(HDF5Error) {
    guard isSoundNumber(type.id) else {
      throw error(
        "read the type of the numbers", name, reason: "their bits don't lie within their bytes",
        remedy: "The file may be damaged: write or copy it again")
    }
  }

  /// Deflate makes data at most this many times smaller.
  private static let deflateLimit = 1032

  /// Throws where chunks are larger than a dataset that doesn't grow, which HDF5 never writes.
  private func checkChunks(
    of dataset: borrowing Handle, _ creation: borrowing Handle, _ name: String
  ) throws(HDF5Error) {
    var chunk = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    var largest = chunk
    guard let space = Handle(H5Dget_space(dataset.id), .space) else {
      throw error("read the dataset's shape", name)
    }
    let rank = H5Pget_chunk(creation.id, Int32(H5S_MAX_RANK), &chunk)
    guard rank >= 0, rank == H5Sget_simple_extent_dims(space.id, nil, &largest),
      zip(chunk, largest).prefix(Int(rank)).allSatisfy({ $0 <= $1 })
    else {
      throw error(
        "read the dataset", name, reason: "its chunks are larger than the dataset",
        remedy: "The file may be damaged: write or copy it again")
    }
  }

  /// The file's size in bytes, at most 2⁵²; 0 where it isn't known.
  func fileSize() -> Int {
    var size: hsize_t = 0
    return H5Fget_filesize(file.id, &size) >= 0 ? min(1 << 52, Int(clamping: size)) : 0
  }

  /// Throws where `count` elements of `size` bytes are more than `available` bytes.
  func check(
    _ count: Int, of size: Int, fitInto available: Int, _ name: String
  ) throws(HDF5Error) {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
    guard !overflow, bytes <= available else {
      throw error(
        "read the dataset", name,
        reason: "\(count) elements of \(size) bytes don't fit into \(available) bytes",
        remedy: "The file may be damaged: write or copy it again")
    }
  }

  func elementCount(_ shape: [Int], _ stride: Int, _ name: String) throws(HDF5Error) -> Int {
    var count = 1
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow, product <= (1 << 36) / stride else {
        throw error(
          "read the dataset", name, reason: "its shape \(shape) is larger than 64 GiB",
          remedy: "The file may be damaged: write it again")
      }
      count = product
    }
    return count
  }

  private func readElements<Element: HDF5Element>(
    _ dataset: borrowing Handle, _ kind: HDF5ElementKind, _ count: Int, _ name: String
  ) throws(HDF5Error) -> [Element] {
    guard let type = Handle(kind.memoryType, .type) else { throw error("read the dataset", name) }
    return try readElements(dataset, memoryType: type.id, count, name)
  }

  private func readElements<Element: HDF5Element>(
    _ dataset: borrowing Handle, memoryType: hid_t, _ count: Int, _ name: String
  ) throws(HDF5Error) -> [Element] {
    if count == 0 { return [] }
    let id = dataset.id
    var status: herr_t = -1
    let values = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
      status = H5Dread(
        id, memoryType, nqs_H5S_ALL, nqs_H5S_ALL, nqs_H5P_DEFAULT, buffer.baseAddress)
      if status >= 0 { initialized = count }
    }
    guard status >= 0 else {
      throw error(
        "read the dataset", name, remedy: "The file may be damaged: write or copy it again")
    }
    return values
  }
}

/// The dimensions of a data space; none of a scalar, nil where it can't be read.
func dimensions(of space: borrowing Handle) -> [Int]? {
  if H5Sget_simple_extent_type(space.id) == H5S_NULL { return [0] }
  let rank = H5Sget_simple_extent_ndims(space.id)
  guard rank >= 0 else { return nil }
  var current = [hsize_t](repeating: 0, count: max(1, Int(rank)))
  guard H5Sget_simple_extent_dims(space.id, &current, nil) >= 0 else { return nil }
  let shape = current.prefix(Int(rank)).map { Int(exactly: $0) ?? -1 }
  return shape.contains { $0 < 0 } ? nil : shape
}
