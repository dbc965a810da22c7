import Foundation
import HDF5Files
import Integrals
import Testing

/// HDF5 files against the FCIDUMP files of the same molecules.
struct HDF5IntegralsTests {
  @Test(
    arguments: ["h2o_sto3g", "lih_sto3g"],
    [
      "openfermion.hdf5", "openfermion_plain.hdf5", "plain.h5", "plain_packed.h5", "trexio.h5",
    ])
  func agreesWithItsTwin(_ name: String, _ variant: String) throws {
    let twin = try IntegralFile.read(path: "\(reference)/fcidump/\(name).fcidump").integrals
    let file = try IntegralFile.read(path: "\(reference)/hdf5/\(name).\(variant)")
    #expect(distance(file.integrals, twin) < 1e-10)
    #expect(file.warnings.isEmpty)
    if variant.hasPrefix("plain") { #expect(file.integrals.orbitalIrreps == twin.orbitalIrreps) }
  }

  /// Files in the newest layout of HDF5 2 need that library; an older one says so.
  @Test(arguments: ["h2o_sto3g", "lih_sto3g"])
  func newestLayoutIsReadOrExplained(_ name: String) throws {
    let twin = try IntegralFile.read(path: "\(reference)/fcidump/\(name).fcidump").integrals
    let result = Result { () throws(IntegralsError) in
      try IntegralFile.read(path: "\(reference)/hdf5/\(name).plain_latest.h5")
    }
    switch result {
    case .success(let file): #expect(distance(file.integrals, twin) < 1e-10)
    case .failure(let error): #expect(error.description.contains("newer HDF5"), "\(error)")
    }
  }

  @Test(arguments: IntegralFile.Format.allCases.filter(\.isWritable), [false, true])
  func roundTrip(_ format: IntegralFile.Format, _ isUnrestricted: Bool) throws {
    for n in 1...6 {
      let integrals = randomIntegrals(
        orbitals: n, isUnrestricted: isUnrestricted, seed: UInt64(n))
      try withTemporaryFile { path in
        try IntegralFile.write(integrals, path: path, format: format)
        let file = try IntegralFile.read(path: path)
        #expect(file.integrals == integrals)
        #expect(file.format == format)
      }
    }
  }

  @Test(arguments: IntegralFile.Format.allCases.filter(\.isWritable))
  func roundTripKeepsSymmetry(_ format: IntegralFile.Format) throws {
    var integrals = try IntegralFile.read(path: "\(reference)/fcidump/h2o_sto3g.fcidump").integrals
    for target in [nil, 0, 3] as [UInt8?] {
      integrals.targetIrrep = target
      try withTemporaryFile { path in
        try IntegralFile.write(integrals, path: path, format: format)
        #expect(try IntegralFile.read(path: path).integrals == integrals)
      }
    }
  }

  @Test func unwritablePaths() throws {
    let integrals = randomIntegrals(orbitals: 2, isUnrestricted: false, seed: 1)
    for format in IntegralFile.Format.allCases where format.isWritable {
      #expect(throws: IntegralsError.self) {
        try IntegralFile.write(integrals, path: "/no/such/folder/file", format: format)
      }
      #expect(throws: IntegralsError.self) {
        try IntegralFile.write(integrals, path: reference, format: format)
      }
    }
  }

  /// Single bytes that, found by `fuzz`, ended the program, filled the memory or never came back.
  @Test(
    arguments: [
      // A shape that the file is too small for, and one whose product overflows.
      ("lih_sto3g.plain.h5", 12775, 128), ("h2o_sto3g.plain.h5", 1462, 242),
      // Chunks larger than the dataset, and of no size.
      ("lih_sto3g.openfermion.hdf5", 18617, 8), ("h2o_sto3g.openfermion.hdf5", 18624, 150),
      ("h2o_sto3g.trexio.h5", 31865, 0),
      // A type whose bits lie outside its bytes.
      ("lih_sto3g.plain.h5", 13322, 0),
    ])
  func damagedByteIsRefused(_ name: String, _ offset: Int, _ value: UInt8) throws {
    var bytes = try Array(Data(contentsOf: URL(fileURLWithPath: "\(reference)/hdf5/\(name)")))
    bytes[offset] = value
    #expect(throws: IntegralsError.self) { try read(bytes) }
  }

  @Test(arguments: [[0, 2, 2], [2, 2, 0], [3, 2, 2], [0, 0], [129, 129], [4]])
  func impossibleOneBodyShapesAreRefused(_ shape: [Int]) throws {
    try withTemporaryFile { path in
      let file = try HDF5File.create(atPath: path)
      let values = [Double](repeating: 0, count: shape.reduce(1, *))
      try file.root.write(values, shape: shape, to: "h1e")
      try file.root.write([Double](repeating: 0, count: 16), shape: [2, 2, 2, 2], to: "eri")
      try file.root.write([1, 1], to: "nelec")
      try file.flush()
      #expect(throws: IntegralsError.self) { try IntegralFile.read(path: path) }
    }
  }

  @Test(
    arguments: [
      ("multiplicity", Int.min), ("multiplicity", .max), ("n_electrons", .min),
      ("n_electrons", .max),
    ])
  func electronsAtTheEdgeOf64Bits(_ name: String, _ value: Int) throws {
    for variant in ["openfermion.hdf5", "openfermion_plain.hdf5"] {
      try withTemporaryFile { path in
        try FileManager.default.copyItem(
          atPath: "\(reference)/hdf5/lih_sto3g.\(variant)", toPath: path)
        do {
          let root = try HDF5File(updating: path).root
          if root.exists(name) { try root.remove(name) }
          try root.write(value, to: name)
        }
        #expect(throws: IntegralsError.self) { try IntegralFile.read(path: path) }
      }
    }
  }

  @Test(arguments: ["openfermion.hdf5", "plain.h5", "plain_latest.h5", "trexio.h5"])
  func truncatedFilesAreRefused(_ variant: String) throws {
    let url = URL(fileURLWithPath: "\(reference)/hdf5/h2o_sto3g.\(variant)")
    let bytes = try Array(Data(contentsOf: url))
    for share in [0.1, 0.5, 0.9, 0.99] {
      #expect(throws: IntegralsError.self, "\(share) of the file was accepted") {
        try read(Array(bytes.prefix(Int(share * Double(bytes.count)))))
      }
    }
  }

  @Test func foreignAndEmptyFiles() throws {
    try withTemporaryFile { path in
      _ = try HDF5File.create(atPath: path)
      #expect(throws: IntegralsError.self) { try IntegralFile.read(path: path) }
    }
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.setAttribute("type", .string("qchem-nqs result"))
      }
      let error = #expect(throws: IntegralsError.self) { try IntegralFile.read(path: path) }
      #expect(error?.code == .unknownFormat)
    }
    try withTemporaryFile { path in
      let integrals = randomIntegrals(orbitals: 2, isUnrestricted: false, seed: 1)
      try IntegralFile.write(integrals, path: path, format: .hdf5)
      let file = try HDF5File(updating: path)
      try file.root.setAttribute("version", .int(99))
      try file.flush()
      let error = #expect(throws: IntegralsError.self) { try IntegralFile.read(path: path) }
      #expect(error?.code == .unsupported)
    }
  }

  /// Full four-index arrays for the layouts that have no sample file.
  private func dense(_ integrals: MolecularIntegrals) -> (h: [Double], eri: [Double]) {
    let n = integrals.orbitalCount
    var h: [Double] = []
    var eri: [Double] = []
    for p in 0..<n {
      for q in 0..<n {
        h.append(integrals.oneBodyAlpha[MolecularIntegrals.pair(p, q)])
        for r in 0..<n {
          for s in 0..<n {
            eri.append(
              integrals.twoBodyAlphaAlpha[
                MolecularIntegrals.pair(
                  MolecularIntegrals.pair(p, q), MolecularIntegrals.pair(r, s))])
          }
        }
      }
    }
    return (h, eri)
  }

  @Test func openMolcas() throws {
    let integrals = try IntegralFile.read(path: "\(reference)/fcidump/h2o_sto3g.fcidump").integrals
    let n = Int32(integrals.orbitalCount)
    var twoBodyIndices: [Int32] = []
    for p in 1...n {
      for q in 1...p {
        for r in 1...p {
          for s in 1...(r == p ? q : r) { twoBodyIndices += [p, q, r, s] }
        }
      }
    }
    let oneBodyIndices = (1...n).flatMap { p in (1...p).flatMap { [p, $0] } }
    try withTemporaryFile("FCIDUMP.h5") { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        let root = file.root
        try root.setAttribute("NORB", .int(7))
        try root.setAttribute("NELEC", .int(10))
        try root.setAttribute("MULTIPLICITY", .int(1))
        try root.setAttribute("ISYM", .int(0))
        try root.setAttribute("CORE_ENERGY", .double(integrals.coreEnergy))
        try root.setAttribute("ORBSYM", .ints([1, 1, 3, 1, 2, 1, 3]))
        try root.write(
          oneBodyIndices, shape: [oneBodyIndices.count / 2, 2], to: "FOCK_INDEX")
        try root.write(integrals.oneBodyAlpha, to: "FOCK_VALUES")
        try root.write(
          twoBodyIndices, shape: [twoBodyIndices.count / 4, 4], to: "TWO_EL_INT_INDEX")
        try root.write(integrals.twoBodyAlphaAlpha, to: "TWO_EL_INT_VALUES")
      }
      let file = try IntegralFile.read(path: path)
      #expect(file.format == .openMolcas)
      #expect(distance(file.integrals, integrals) == 0)
      #expect(file.integrals.orbitalIrreps == integrals.orbitalIrreps)
    }
  }

  @Test func physicistsOrderIsRecognised() throws {
    let integrals = randomIntegrals(orbitals: 3, isUnrestricted: false, seed: 5)
    let (h, eri) = dense(integrals)
    var physicists = eri
    for p in 0..<3 {
      for q in 0..<3 {
        for r in 0..<3 {
          for s in 0..<3 {
            physicists[((p * 3 + r) * 3 + q) * 3 + s] = eri[((p * 3 + q) * 3 + r) * 3 + s]
          }
        }
      }
    }
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.write(h, shape: [3, 3], to: "hcore")
        try file.root.write(physicists, shape: [3, 3, 3, 3], to: "two_body")
        try file.root.write(integrals.coreEnergy, to: "e0")
        try file.root.setAttribute("nelec", .ints([2, 1]))
      }
      let file = try IntegralFile.read(path: path)
      #expect(file.integrals == integrals)
      #expect(file.warnings.count == 1)
    }
  }

  @Test func libDMETBlocks() throws {
    let integrals = randomIntegrals(orbitals: 3, isUnrestricted: true, seed: 6)
    let oneBodyBeta = try #require(integrals.oneBodyBeta)
    let betaBeta = try #require(integrals.twoBodyBetaBeta)
    let alphaBeta = try #require(integrals.twoBodyAlphaBeta)
    var h: [Double] = []
    for values in [integrals.oneBodyAlpha, oneBodyBeta] {
      for p in 0..<3 { for q in 0..<3 { h.append(values[MolecularIntegrals.pair(p, q)]) } }
    }
    var eri: [Double] = []
    for values in [integrals.twoBodyAlphaAlpha, betaBeta] {
      for p in 0..<6 { for q in 0..<6 { eri.append(values[MolecularIntegrals.pair(p, q)]) } }
    }
    eri += alphaBeta
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.write(h, shape: [2, 3, 3], to: "H1/cd")
        try file.root.write(eri, shape: [3, 6, 6], to: "H2/ccdd")
        try file.root.write(integrals.coreEnergy, to: "H0")
        try file.root.write([2, 1], to: "nelec")
      }
      #expect(try IntegralFile.read(path: path).integrals == integrals)
    }
  }

  @Test func choleskyVectors() throws {
    var generator = SeededGenerator(state: 2)
    let n = 3
    var vectors: [Double] = []
    for _ in 0..<4 {
      var matrix = [Double](repeating: 0, count: n * n)
      for p in 0..<n {
        for q in 0...p {
          matrix[p * n + q] = Double.random(in: -1...1, using: &generator)
          matrix[q * n + p] = matrix[p * n + q]
        }
      }
      vectors += matrix
    }
    let chosen = vectors
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.root.write([1, 0, 0, 0, 2, 0, 0, 0, 3.0], shape: [n, n], to: "hcore")
        try file.root.write(chosen, shape: [4, n, n], to: "LXmn")
        try file.root.write(0.5, to: "e0")
        try file.root.write([1, 1], to: "nelec")
      }
      let integrals = try IntegralFile.read(path: path).integrals
      var value = 0.0
      for x in 0..<4 { value += vectors[x * 9 + 7] * vectors[x * 9 + 3] }
      let place = MolecularIntegrals.pair(
        MolecularIntegrals.pair(2, 1), MolecularIntegrals.pair(1, 0))
      #expect(abs(integrals.twoBodyAlphaAlpha[place] - value) < 1e-14)
    }
  }

  /// TREXIO with orbitals of both spins, all α first and interleaved.
  @Test(arguments: [false, true])
  func trexioUnrestricted(_ isInterleaved: Bool) throws {
    let integrals = randomIntegrals(orbitals: 3, isUnrestricted: true, seed: 9)
    let oneBodyBeta = try #require(integrals.oneBodyBeta)
    let betaBeta = try #require(integrals.twoBodyBetaBeta)
    let alphaBeta = try #require(integrals.twoBodyAlphaBeta)
    let spins: [Int] = isInterleaved ? [0, 1, 0, 1, 0, 1] : [0, 0, 0, 1, 1, 1]
    let orbital = isInterleaved ? [0, 0, 1, 1, 2, 2] : [0, 1, 2, 0, 1, 2]
    var h = [Double](repeating: 0, count: 36)
    var values: [Double] = []
    var indices: [Int32] = []
    for p in 0..<6 {
      for q in 0..<6 where spins[p] == spins[q] {
        let bra = MolecularIntegrals.pair(orbital[p], orbital[q])
        h[p * 6 + q] = spins[p] == 0 ? integrals.oneBodyAlpha[bra] : oneBodyBeta[bra]
        for r in 0..<6 {
          for s in 0..<6 where spins[r] == spins[s] {
            let ket = MolecularIntegrals.pair(orbital[r], orbital[s])
            let packed = MolecularIntegrals.pair(bra, ket)
            switch (spins[p], spins[r]) {
            case (0, 0): values.append(integrals.twoBodyAlphaAlpha[packed])
            case (1, 1): values.append(betaBeta[packed])
            case (0, 1): values.append(alphaBeta[bra * 6 + ket])
            default: values.append(alphaBeta[ket * 6 + bra])
            }
            indices += [p, r, q, s].map { Int32($0) }
          }
        }
      }
    }
    let written = (h, values, indices)
    try withTemporaryFile { path in
      try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
        try file.group("mo").setAttribute("mo_num", .int(6))
        try file.group("mo").write(spins, to: "mo_spin")
        try file.group("electron").setAttribute("electron_up_num", .int(2))
        try file.group("electron").setAttribute("electron_dn_num", .int(1))
        try file.group("nucleus").setAttribute(
          "nucleus_repulsion", .double(integrals.coreEnergy))
        try file.root.write(
          written.0, shape: [6, 6], to: "mo_1e_int/mo_1e_int_core_hamiltonian")
        try file.root.write(written.1, to: "mo_2e_int/mo_2e_int_eri_values")
        try file.root.write(written.2, to: "mo_2e_int/mo_2e_int_eri_indices")
      }
      let file = try IntegralFile.read(path: path)
      #expect(file.format == .trexio)
      #expect(file.integrals == integrals)
    }
  }

  @Test func badArraysAreRefused() throws {
    func error(
      _ change: (HDF5Group) throws(HDF5Error) -> Void
    ) throws -> IntegralsError? {
      try withTemporaryFile { path in
        try HDF5File.replaceAtomically(path) { file throws(HDF5Error) in
          try file.root.write([1.0, 0, 0, 1], shape: [2, 2], to: "h1e")
          try file.root.write(Array(repeating: 0.0, count: 16), shape: [2, 2, 2, 2], to: "eri")
          try file.root.write([1, 1], to: "nelec")
          try file.root.write(0.5, to: "ecore")
          try change(file.root)
        }
        do {
          _ = try IntegralFile.read(path: path)
          return nil
        } catch let error as IntegralsError {
          return error
        }
      }
    }
    #expect(try error { _ throws(HDF5Error) in } == nil)
    #expect(
      try error { root throws(HDF5Error) in try root.write([1.0, 2], to: "h1e") } != nil)
    #expect(
      try error { root throws(HDF5Error) in
        try root.write([1.0, 2, 3, 4], shape: [2, 2], to: "h1e")
      }?.code == .contradiction)
    #expect(
      try error { root throws(HDF5Error) in
        try root.write([1.0, 0, 0, .nan], shape: [2, 2], to: "h1e")
      }?.code == .invalidEntry)
    #expect(try error { root throws(HDF5Error) in try root.write([3, 0], to: "nelec") } != nil)
    #expect(try error { root throws(HDF5Error) in try root.remove("nelec") } != nil)
    #expect(try error { root throws(HDF5Error) in try root.write("no", to: "eri") } != nil)
    #expect(
      try error { root throws(HDF5Error) in
        try root.write(Array(repeating: 0.0, count: 81), shape: [3, 3, 3, 3], to: "eri")
      } != nil)
  }
}
