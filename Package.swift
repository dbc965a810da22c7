// swift-tools-version: 6.1

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target; its dependencies may only name targets listed above it.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
}

let package = Package(
  name: "qchem-nqs",
  products: [
    .library(
      name: "QuantumChemistryNQS",
      targets: [
        "Configurations", "Integrals", "Hamiltonians", "ExactSolvers", "NeuralNetworks",
        "WaveFunctions", "Sampling", "Optimization", "Training",
      ]),
    .executable(name: "qchem-nqs", targets: ["qchem-nqs"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
  ],
  targets: [
    // MARK: - C libraries

    .systemLibrary(
      name: "COpenBLAS",
      pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
    .systemLibrary(
      name: "CLAPACKE",
      pkgConfig: "lapacke",
      providers: [.apt(["liblapacke-dev"]), .brew(["lapack"])]),
    .systemLibrary(
      name: "CHDF5",
      pkgConfig: "hdf5",
      providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),

    // MARK: - Foundations: no physics

    library("LinearAlgebra", ["COpenBLAS", "CLAPACKE"]),
    library("HDF5Files", ["CHDF5"]),

    // MARK: - Physics: no networks

    library("Configurations", []),
    library("Integrals", ["HDF5Files"]),
    library("Hamiltonians", ["Configurations", "Integrals", "LinearAlgebra"]),
    library("ExactSolvers", ["Configurations", "Hamiltonians", "Integrals", "LinearAlgebra"]),

    // MARK: - Networks: no Hamiltonians

    library("NeuralNetworks", ["Configurations", "LinearAlgebra"]),
    library("WaveFunctions", ["Configurations", "LinearAlgebra", "NeuralNetworks"]),

    // MARK: - Algorithms

    library("Sampling", ["Configurations", "LinearAlgebra", "NeuralNetworks", "WaveFunctions"]),
    library("Optimization", ["LinearAlgebra"]),
    library(
      "Training",
      [
        "Configurations", "ExactSolvers", "Hamiltonians", "HDF5Files", "Integrals", "LinearAlgebra",
        "NeuralNetworks", "Optimization", "Sampling", "WaveFunctions",
      ]),

    // MARK: - The tool

    library(
      "CommandLineTool",
      [
        "CHDF5", "COpenBLAS", "Configurations", "ExactSolvers", "HDF5Files", "Hamiltonians",
        "Integrals", "LinearAlgebra", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ]),
    .executableTarget(
      name: "qchem-nqs",
      dependencies: [
        "CommandLineTool",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "benchmarks",
      dependencies: [
        "Configurations", "ExactSolvers", "Hamiltonians", "Integrals", "LinearAlgebra",
        "NeuralNetworks", "Optimization", "Sampling", "Training", "WaveFunctions",
      ],
      path: "Benchmarks/Sources/benchmarks", swiftSettings: settings),
    .executableTarget(
      name: "fuzz", dependencies: ["Configurations", "HDF5Files", "Integrals"],
      path: "Benchmarks/Sources/fuzz", swiftSettings: settings),

    // MARK: - Tests

    tests("LinearAlgebraTests", ["LinearAlgebra"]),
    tests("ConfigurationsTests", ["Configurations"]),
    tests(
      "IntegralsTests", ["Configurations", "HDF5Files", "Integrals"],
      resources: [.copy("Reference")]),
    tests(
      "HamiltoniansTests", ["Configurations", "Hamiltonians", "Integrals", "LinearAlgebra"],
      resources: [.copy("Reference")]),
    tests(
      "ExactSolversTests", ["Configurations", "ExactSolvers", "Hamiltonians", "Integrals"],
      resources: [.copy("Reference")]),
    tests("NeuralNetworksTests", ["Configurations", "LinearAlgebra", "NeuralNetworks"]),
    tests(
      "WaveFunctionsTests",
      ["Configurations", "LinearAlgebra", "NeuralNetworks", "WaveFunctions"]),
    tests(
      "SamplingTests", ["Configurations", "NeuralNetworks", "Sampling", "WaveFunctions"]),
    tests("OptimizationTests", ["Configurations", "LinearAlgebra", "Optimization"]),
    tests(
      "TrainingTests",
      [
        "Configurations", "ExactSolvers", "HDF5Files", "Hamiltonians", "Integrals",
        "NeuralNetworks", "Optimization", "Sampling", "Training", "WaveFunctions",
      ]),
    tests(
      "CommandLineToolTests", ["CommandLineTool", "HDF5Files", "Integrals", "qchem-nqs"],
      resources: [.copy("Reference")]),
  ],
  swiftLanguageModes: [.v6]
)
