import Foundation
import HDF5Files
import Testing

/// The wrapper of HDF5 by itself.
struct HDF5FilesTests {
  @Test func datasetsOfEachType() throws {
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        let group = try file.group("a/b")
        try group.write([1.5, -2, 3, 4, 5, 6], shape: [2, 3], to: "double")
        try group.write([1.5, -2] as [Float], to: "float")
        try group.write([1, -2] as [Int32], to: "int32")
        try group.write([1, -2] as [Int], to: "int")
        try group.write([1, 255] as [UInt8], to: "uint8")
        try group.write([1, .max] as [UInt64], to: "uint64")
        try group.write([true, false, true], to: "bool")
        try group.write([] as [Double], to: "empty")
        try group.write(7.25, to: "scalar")
        try group.write(["α", "", "gamma"], to: "strings")
        try group.write("text", to: "c/text")
      }
      let group = try HDF5File(readingFrom: path).group("a/b")
      let double = try group.read(Double.self, "double")
      #expect(double.values == [1.5, -2, 3, 4, 5, 6] && double.shape == [2, 3])
      #expect(try group.read(Float.self, "float").values == [1.5, -2])
      #expect(try group.read(Double.self, "float").values == [1.5, -2])
      #expect(try group.read(Int64.self, "int32").values == [1, -2])
      #expect(try group.read(Double.self, "int").values == [1, -2])
      #expect(try group.read(Int.self, "uint8").values == [1, 255])
      #expect(try group.read(UInt64.self, "uint64").values == [1, .max])
      #expect(try group.read(Bool.self, "bool").values == [true, false, true])
      #expect(try group.read(Int.self, "bool").values == [1, 0, 1])
      #expect(try group.elementClass("bool") == .enumeration)
      #expect(try group.read(Double.self, "empty").values.isEmpty)
      #expect(try group.readScalar(Double.self, "scalar") == 7.25)
      #expect(try group.shape("scalar").isEmpty)
      #expect(try group.readStrings("strings") == ["α", "", "gamma"])
      #expect(try group.readStrings("c/text") == ["text"])
      #expect(try group.names().count == 11)
      #expect(group.isGroup("c") && group.isDataset("c/text") && !group.exists("d/e"))
      #expect(throws: HDF5Error.self) { try group.read(Int.self, "double") }
      #expect(throws: HDF5Error.self) { try group.read(Double.self, "strings") }
      #expect(throws: HDF5Error.self) { try group.read(Double.self, "missing") }
      #expect(throws: HDF5Error.self) { try group.group("missing") }
      #expect(throws: HDF5Error.self) { try group.write([1], to: "new") }
    }
  }

  @Test func attributes() throws {
    let values: [(String, HDF5Value)] = [
      ("a", .int(-3)), ("b", .double(2.5)), ("c", .string("µ")), ("d", .bool(true)),
      ("e", .ints([1, 2, 3])), ("f", .doubles([0.5])), ("g", .strings(["x", "yz"])),
      ("h", .string("")),
    ]
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.write([1.0], to: "data")
        for (name, value) in values {
          try file.root.setAttribute(name, .int(0))
          try file.root.setAttribute(name, value)
          try file.root.setAttribute(name, value, of: "data")
        }
      }
      let root = try HDF5File(readingFrom: path).root
      for (name, value) in values {
        #expect(try root.attribute(name) == value)
        #expect(try root.attribute(name, of: "data") == value)
      }
      #expect(try root.attribute("none") == nil)
      #expect(try root.attributeNames() == ["a", "b", "c", "d", "e", "f", "g", "h"])
      #expect(throws: HDF5Error.self) { try root.attribute("a", of: "none") }
    }
  }

  @Test func growingDatasets() throws {
    try withTemporaryFile { path in
      do {
        let file = try HDF5File.create(atPath: path)
        try file.group("trace").createExtendable(Double.self, "energy")
        try file.group("trace").createExtendable(Int32.self, "rows", rowShape: [3])
        for step in 0..<2500 { try file.root.append([Double(step)], to: "trace/energy") }
        try file.root.append([1, 2, 3, 4, 5, 6] as [Int32], to: "trace/rows")
        try file.flush()
      }
      do {
        let file = try HDF5File(updating: path)
        try file.root.append([-1.0, -2], to: "trace/energy")
        try file.root.append([7, 8, 9] as [Int32], to: "trace/rows")
      }
      let trace = try HDF5File(readingFrom: path).group("trace")
      let energy = try trace.read(Double.self, "energy").values
      #expect(energy == (0..<2500).map(Double.init) + [-1, -2])
      let rows = try trace.read(Int32.self, "rows")
      #expect(rows.values == Array(1...9) && rows.shape == [3, 3])
    }
  }

  @Test func replacingIsAllOrNothing() throws {
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.write([1], to: "version")
      }
      #expect(throws: HDF5Error.self) {
        try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
          try file.root.write([2], to: "version")
          throw HDF5Error("go on", path: "elsewhere")
        }
      }
      #expect(try HDF5File(readingFrom: path).root.read(Int.self, "version").values == [1])
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.write([3], to: "version")
      }
      #expect(try HDF5File(readingFrom: path).root.read(Int.self, "version").values == [3])
      let folder = (path as NSString).deletingLastPathComponent
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
    }
  }

  @Test func damagedFiles() throws {
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.write((0..<10_000).map(Double.init), to: "data")
      }
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      for count in [0, 4, 8, 100, 1000, bytes.count / 2, bytes.count - 1] {
        try bytes.prefix(count).write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: HDF5Error.self) { try HDF5File(readingFrom: path) }
        #expect(error?.path == path && error?.remedy != nil)
      }
    }
    #expect(throws: HDF5Error.self) { try HDF5File(readingFrom: "/no/such/file") }
    #expect(throws: HDF5Error.self) { try HDF5File.create(atPath: "/no/such/file") }
  }

  @Test func manyThreadsAtOnce() async throws {
    await withTaskGroup(of: Bool.self) { group in
      for task in 0..<8 {
        group.addTask {
          (try? withTemporaryFile { path in
            for round in 0..<10 {
              try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
                try file.group("g").write([task, round], to: "x")
              }
              let values = try HDF5File(readingFrom: path).root.read(Int.self, "g/x").values
              if values != [task, round] { return false }
            }
            return true
          }) ?? false
        }
      }
      for await isRight in group { #expect(isRight) }
    }
  }
}
