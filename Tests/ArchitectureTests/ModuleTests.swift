import Foundation
import Testing

@Suite struct ModuleTests {
  /// Modules that see configurations, wave functions and operators, but no kind of problem or network.
  static let generic = ["Sampling", "Estimators", "Optimization"]
  /// Modules that these must not import.
  static let concreteModules = ["NeuralNetworks", "Integrals", "Problems", "ExactSolvers"]
  /// Beginnings of words that would name a network or a problem.
  static let concreteWords = [
    "Transformer", "RetNet", "Retention", "Attention", "Perceptron", "NetworkWaveFunction",
    "Decoder", "Molecul", "Determinant", "Electron", "Orbital", "Lattice", "Spin", "Heisenberg",
    "Ising", "FCIDUMP",
  ]

  /// The table of `docs/architecture.md`: modules with their imports, earlier rows first.
  private func documented() throws -> [(name: String, imports: Set<String>)] {
    let text = try Repository.text("docs/architecture.md")
    return tableRows(after: "## Modules", in: text).map { cells in
      (quotedNames(cells[0]).first ?? "", Set(quotedNames(cells[2])))
    }
  }

  @Test func documentedGraphIsTheRealOne() throws {
    let documented = try documented()
    let real = try Repository.imports()
    #expect(documented.map(\.name).sorted() == real.keys.sorted())
    for (name, imports) in documented {
      #expect(imports == real[name], "docs/architecture.md, imports of \(name)")
    }
  }

  @Test func manifestDeclaresWhatIsImported() throws {
    let declared = try Repository.declaredDependencies()
    for (name, imports) in try Repository.imports() where !imports.isEmpty {
      #expect(declared[name] == imports, "Package.swift, dependencies of \(name)")
    }
  }

  @Test func importsOnlyGoToEarlierRows() throws {
    var earlier: Set<String> = []
    for (name, imports) in try documented() {
      #expect(imports.isSubset(of: earlier), "\(name) imports what comes after it")
      earlier.insert(name)
    }
  }

  @Test func readmeListsEveryModuleOnceInOrder() throws {
    let rows = tableRows(after: "## Modules", in: try Repository.text("README.md")).map {
      quotedNames($0[0])
    }
    let real = try Repository.imports()
    var earlier = Set(real.keys.filter { $0.hasPrefix("C") && (real[$0]?.isEmpty ?? true) })
    earlier.remove("Configurations")
    let all = rows.flatMap { $0 }
    #expect(all.sorted() == real.keys.filter { !earlier.contains($0) }.sorted())
    for row in rows {
      for name in row {
        #expect(real[name]?.isSubset(of: earlier) == true, "\(name) imports what comes after it")
      }
      earlier.formUnion(row)
    }
  }

  @Test(arguments: generic) func genericModulesKnowNoProblemAndNoNetwork(_ module: String) throws {
    let imports = try #require(try Repository.imports()[module])
    #expect(imports.isDisjoint(with: Self.concreteModules), "\(module) imports \(imports)")
    let files = try Repository.swiftFiles(under: "Sources/" + module)
    #expect(!files.isEmpty)
    for file in files {
      for word in Self.concreteWords {
        // Comments included.
        #expect(!file.text.contains(word), "\(file.path) names \(word)")
      }
    }
  }

  @Test func networksKnowNoHamiltonian() throws {
    let real = try Repository.imports()
    for module in ["NeuralNetworks", "WaveFunctions"] {
      #expect(
        real[module]?.isDisjoint(with: ["Hamiltonians", "Integrals", "Problems"]) == true)
    }
    for module in ["Configurations", "Integrals", "Hamiltonians", "ExactSolvers"] {
      #expect(real[module]?.isDisjoint(with: ["NeuralNetworks", "WaveFunctions"]) == true)
    }
  }

  @Test func onlyFileModulesKnowHDF5() throws {
    let allowed = ["Integrals", "Results", "CommandLineTool"]
    for (name, imports) in try Repository.imports() where imports.contains("HDF5Files") {
      #expect(allowed.contains(name), "\(name) imports HDF5Files")
    }
  }

  /// Code that the architecture page shows is code that there is.
  @Test func shownCodeIsReal() throws {
    let page = try Repository.text("docs/architecture.md")
    let blocks = page.matches(of: #/```swift\n((?s:.)*?)```/#).map { String($0.1) }
    #expect(blocks.count > 3)
    let files =
      try Repository.swiftFiles(under: "Sources") + Repository.swiftFiles(under: "Snippets")
    for block in blocks {
      #expect(files.contains { $0.text.contains(block) }, "not in any file: \(block)")
    }
  }
}
