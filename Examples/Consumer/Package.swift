// swift-tools-version: 6.1

import PackageDescription

// What another package needs to use the library. Outside this repository the dependency is its URL.
let package = Package(
  name: "Consumer",
  dependencies: [.package(name: "qchem-nqs", path: "../..")],
  targets: [
    .executableTarget(
      name: "Consumer",
      dependencies: [.product(name: "QuantumChemistryNQS", package: "qchem-nqs")])
  ])
