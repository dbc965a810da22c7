internal import ArgumentParser
internal import ExactSolvers
internal import Foundation

/// The options of a selected CI.
struct SelectedOptions: ParsableArguments {
  @Flag(
    help: """
      Select the most important determinants in place of full CI, with second-order perturbation theory and an \
      extrapolation.
      """)
  var selected = false

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The number of determinants. (default: as many as take some ten seconds)",
      valueName: "determinants"))
  var selectedSize: Int?

  @Option(
    name: .customLong("epsilon1"), parsing: .unconditional,
    help: ArgumentHelp(
      """
      Select by couplings |H c| above this only, in Eh; without --selected-size until there are no more. \
      (default: 0)
      """, valueName: "energy"))
  var selectionThreshold: Double?

  @Option(
    name: .customLong("epsilon2"), parsing: .unconditional,
    help: ArgumentHelp(
      "Leave couplings |H c| up to this out of the second order, in Eh. (default: 1e-9)",
      valueName: "energy"))
  var threshold: Double?

  @Option(
    name: .customLong("pt2-error"), parsing: .unconditional,
    help: ArgumentHelp(
      """
      The standard error of the second order, in Eh, where it does not fit into memory; 0 for complete sums. \
      (default: 2e-5)
      """, valueName: "energy"))
  var targetError: Double?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Select in natural orbitals of small CIs, where that needs fewer determinants.")
  var naturalOrbitals = true

  @Option(
    parsing: .unconditional, help: "The seed of the second order's sample. (default: 0)")
  var seed: UInt64?

  func validate() throws {
    try require("selected-size", selectedSize, "from 1 to 1000000000") {
      (1...1_000_000_000).contains($0)
    }
    for (name, value) in [
      ("epsilon1", selectionThreshold), ("epsilon2", threshold), ("pt2-error", targetError),
    ] {
      try require(name, value, "a number of Eh, at least 0 and below 1") { $0 >= 0 && $0 < 1 }
    }
    if selected { return }
    let given: [(String, Bool)] = [
      ("--selected-size", selectedSize != nil), ("--epsilon1", selectionThreshold != nil),
      ("--epsilon2", threshold != nil), ("--pt2-error", targetError != nil),
      ("--seed", seed != nil),
      ("--no-natural-orbitals", !naturalOrbitals),
    ]
    if let first = given.first(where: \.1) {
      throw ValidationError("\(first.0) belongs to --selected; add it, or leave \(first.0) out.")
    }
  }
}
