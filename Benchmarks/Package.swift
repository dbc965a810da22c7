// swift-tools-version: 6.1

import PackageDescription

let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "qchem-nqs", path: "..")],
  targets: [
    .executableTarget(
      name: "benchmarks",
      dependencies: [.product(name: "QuantumChemistryNQS", package: "qchem-nqs")],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
      ])
  ],
  swiftLanguageModes: [.v6]
)
