// swift-tools-version: 6.1

import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target; its dependencies may only name targets listed above it.
func library(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: settings)
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
    .library(name: "QuantumChemistryNQS", targets: ["QuantumChemistryNQS"]),
    .executable(name: "qchem-nqs", targets: ["qchem-nqs"]),
  ],
  traits: [
    .trait(name: "MPI", description: "Divides the work of a step over processes, by Open MPI."),
    .default(enabledTraits: []),
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
    .systemLibrary(
      name: "CMPI",
      pkgConfig: "ompi-c",
      providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]),

    // MARK: - Foundations: no physics

    library("Parallelism", []),
    library(
      "MessagePassing",
      ["Parallelism", .target(name: "CMPI", condition: .when(traits: ["MPI"]))]),
    library("LinearAlgebra", ["COpenBLAS", "CLAPACKE", "Parallelism"]),
    library("HDF5Files", ["CHDF5"]),
    library("Plots", []),

    // MARK: - Physics: no networks

    library("Configurations", []),
    library("Integrals", ["HDF5Files"]),
    library(
      "Hamiltonians", ["Configurations", "Integrals", "LinearAlgebra", "Parallelism"]),
    library(
      "ExactSolvers",
      ["Configurations", "Hamiltonians", "Integrals", "LinearAlgebra", "Parallelism"]),

    library(
      "Problems", ["Configurations", "Hamiltonians", "LinearAlgebra", "Parallelism"]),

    // MARK: - Networks: no Hamiltonians

    library("NeuralNetworks", ["Configurations", "LinearAlgebra", "Parallelism"]),
    library(
      "WaveFunctions", ["Configurations", "LinearAlgebra", "NeuralNetworks", "Parallelism"]),

    library(
      "SpinDistributions", ["Configurations", "Hamiltonians", "NeuralNetworks"]),

    // MARK: - Algorithms

    library("Sampling", ["Configurations", "Parallelism", "WaveFunctions"]),
    library(
      "Estimators",
      [
        "Configurations", "Hamiltonians", "LinearAlgebra", "Parallelism", "Sampling",
        "WaveFunctions",
      ]),
    library("Optimization", ["LinearAlgebra", "Parallelism", "WaveFunctions"]),
    library(
      "FreeEnergy",
      [
        "Configurations", "ExactSolvers", "Hamiltonians", "LinearAlgebra", "NeuralNetworks",
        "Optimization", "Parallelism", "SpinDistributions",
      ]),
    library(
      "SpinMonteCarlo",
      [
        "Configurations", "Hamiltonians", "LinearAlgebra", "NeuralNetworks", "Optimization",
        "Parallelism",
      ]),
    library(
      "Training",
      [
        "Configurations", "Estimators", "ExactSolvers", "Hamiltonians", "Integrals",
        "LinearAlgebra", "NeuralNetworks", "Optimization", "Parallelism", "Problems", "Sampling",
        "WaveFunctions",
      ]),

    library("ScalingLaws", ["Configurations"]),

    // MARK: - Output

    library(
      "Results",
      [
        "Configurations", "ExactSolvers", "FreeEnergy", "HDF5Files", "Hamiltonians", "Integrals",
        "SpinMonteCarlo", "Training",
      ]),
    library(
      "QuantumChemistryNQS",
      [
        "Configurations", "Estimators", "ExactSolvers", "FreeEnergy", "Hamiltonians", "Integrals",
        "NeuralNetworks", "Optimization", "Parallelism", "Plots", "Problems", "Results", "Sampling",
        "ScalingLaws", "SpinDistributions", "SpinMonteCarlo", "Training", "WaveFunctions",
      ]),

    // MARK: - The tool

    library(
      "CommandLineTool",
      [
        "CHDF5", "COpenBLAS", "Configurations", "ExactSolvers", "FreeEnergy", "HDF5Files",
        "Hamiltonians", "Integrals", "LinearAlgebra", "MessagePassing", "NeuralNetworks",
        "Parallelism", "Plots", "Problems", "Results", "ScalingLaws", "SpinMonteCarlo", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "TOMLKit", package: "TOMLKit"),
      ], resources: [.embedInCode("CITATIONS.bib")]),
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
        "Configurations", "Estimators", "ExactSolvers", "Hamiltonians", "Integrals",
        "LinearAlgebra", "NeuralNetworks", "Optimization", "Parallelism", "Sampling", "Training",
        "WaveFunctions",
      ],
      path: "Benchmarks/Sources/benchmarks", swiftSettings: settings),
    .executableTarget(
      name: "fuzz", dependencies: ["Configurations", "HDF5Files", "Integrals"],
      path: "Benchmarks/Sources/fuzz", swiftSettings: settings),

    // MARK: - Tests

    tests("ParallelismTests", ["MessagePassing", "Parallelism"]),
    tests("LinearAlgebraTests", ["LinearAlgebra", "Parallelism"]),
    tests("ConfigurationsTests", ["Configurations"]),
    tests(
      "IntegralsTests", ["Configurations", "HDF5Files", "Integrals"],
      resources: [.copy("Reference")]),
    tests(
      "HamiltoniansTests", ["Configurations", "Hamiltonians", "Integrals", "LinearAlgebra"],
      resources: [.copy("Reference")]),
    tests(
      "ExactSolversTests",
      [
        "Configurations", "ExactSolvers", "Hamiltonians", "Integrals", "LinearAlgebra",
        "Parallelism",
      ],
      resources: [.copy("Reference")]),
    tests(
      "ProblemsTests",
      ["Configurations", "ExactSolvers", "Hamiltonians", "Integrals", "LinearAlgebra", "Problems"],
      resources: [.copy("Reference")]),
    tests(
      "NeuralNetworksTests",
      ["Configurations", "LinearAlgebra", "NeuralNetworks", "Parallelism"]),
    tests(
      "WaveFunctionsTests",
      ["Configurations", "LinearAlgebra", "NeuralNetworks", "Parallelism", "WaveFunctions"]),
    tests(
      "SpinDistributionsTests",
      ["Configurations", "ExactSolvers", "Hamiltonians", "NeuralNetworks", "SpinDistributions"]),
    tests(
      "SamplingTests",
      ["Configurations", "NeuralNetworks", "Parallelism", "Sampling", "WaveFunctions"]),
    tests(
      "OptimizationTests",
      [
        "Configurations", "LinearAlgebra", "NeuralNetworks", "Optimization", "Parallelism",
        "Sampling", "WaveFunctions",
      ]),
    tests(
      "ResultsTests",
      [
        "Configurations", "HDF5Files", "Hamiltonians", "Integrals", "Results", "Training",
        "WaveFunctions",
      ]),
    tests(
      "FreeEnergyTests",
      [
        "Configurations", "ExactSolvers", "FreeEnergy", "Hamiltonians", "Parallelism",
        "SpinDistributions",
      ]),
    tests(
      "SpinMonteCarloTests",
      [
        "Configurations", "ExactSolvers", "Hamiltonians", "LinearAlgebra", "NeuralNetworks",
        "Parallelism", "SpinMonteCarlo",
      ]),
    tests("ScalingLawsTests", ["Configurations", "ScalingLaws"]),
    tests("PlotsTests", ["Plots"]),
    tests("ArchitectureTests", []),
    tests(
      "TrainingTests",
      [
        "Configurations", "Estimators", "ExactSolvers", "HDF5Files", "Hamiltonians", "Integrals",
        "NeuralNetworks", "Optimization", "Parallelism", "Problems", "Sampling", "Training",
        "WaveFunctions",
      ]),
    tests(
      "CommandLineToolTests",
      ["CommandLineTool", "HDF5Files", "Integrals", "Training", "qchem-nqs"],
      resources: [.copy("Reference")]),
  ],
  swiftLanguageModes: [.v6]
)
