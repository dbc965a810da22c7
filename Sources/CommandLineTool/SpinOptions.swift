public import ArgumentParser
public import SpinMonteCarlo

extension SpinProjectionKind: ExpressibleByArgument {}

/// The options that only networks of complex amplitudes have, `--ansatz vit` and `rbm`.
struct SpinOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "vit: the side of a patch, in cells. (default: 2 where it divides the lattice; 4 of chains)",
      valueName: "cells"))
  var patch: Int?

  @Option(
    parsing: .unconditional,
    help: "vit: hidden units of feed-forward layers, in units of --width. (default: 4)")
  var expansion: Int?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "vit: let attention fall with distance, at a learned rate. (default: yes)")
  var decay: Bool?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: """
      vit: let attention depend on displacements only, which forces a momentum. (default: on periodic chains and \
      square lattices with an even --patch)
      """)
  var invariant: Bool?

  @Option(
    parsing: .unconditional, help: "rbm: hidden spins for each visible one. (default: 1)")
  var density: Int?

  @Option(
    parsing: .unconditional, help: "march: β, how long changes are remembered. (default: 0.995)")
  var memory: Double?

  @Option(
    parsing: .unconditional,
    help: """
      The largest deviation of a local energy in a step, in mean absolute deviations; 0 for any. (default: 0)
      """)
  var clip: Double?

  @Option(
    parsing: .unconditional,
    help: """
      The share of configurations that are taken one random move away from their Markov chain, so that nodes of the \
      state are seen. (default: 0.1)
      """)
  var blur: Double?

  @Option(
    parsing: .unconditional,
    help: "The proposals of a Markov chain between two steps. (default: one for each site)")
  var sweep: Int?

  @Option(
    help: """
      Project the state at the end on the irrep that it shows, of: none, flip (turning all spins), translations \
      (these and shifts), all (these and rotations and reflections). (default: none)
      """)
  var project: SpinProjectionKind?

  @Option(
    parsing: .unconditional,
    help: "The steps at the end that are taken with --project. (default: a tenth of --steps)")
  var projectSteps: Int?

  @Option(
    parsing: .unconditional,
    help: "The proposals of a chain before the first step. (default: ten for each site)")
  var burnIn: Int?

  /// The options that were given, by name.
  var given: [String] { givenOptions(of: self) }

  /// Returns these options over those of a file.
  func over(_ other: SpinOptions) -> SpinOptions {
    var merged = self
    merged.patch = patch ?? other.patch
    merged.expansion = expansion ?? other.expansion
    merged.decay = decay ?? other.decay
    merged.invariant = invariant ?? other.invariant
    merged.density = density ?? other.density
    merged.memory = memory ?? other.memory
    merged.clip = clip ?? other.clip
    merged.blur = blur ?? other.blur
    merged.project = project ?? other.project
    merged.projectSteps = projectSteps ?? other.projectSteps
    merged.sweep = sweep ?? other.sweep
    merged.burnIn = burnIn ?? other.burnIn
    return merged
  }

  /// Sets what was given.
  func apply(to settings: inout SpinSettings) {
    settings.patch = patch ?? settings.patch
    settings.expansion = expansion ?? settings.expansion
    settings.decay = decay ?? settings.decay
    settings.invariant = invariant ?? settings.invariant
    settings.density = density ?? settings.density
    settings.memory = memory ?? settings.memory
    settings.clip = clip ?? settings.clip
    settings.blur = blur ?? settings.blur
    settings.symmetry = project ?? settings.symmetry
    settings.symmetrySteps = projectSteps ?? settings.symmetrySteps
    settings.sweep = sweep ?? settings.sweep
    settings.burnIn = burnIn ?? settings.burnIn
  }

  /// Throws where an option was given: another network is trained.
  func refuse() throws(ToolError) {
    if let name = given.first {
      throw ToolError("--\(name) is for --ansatz vit and rbm, on spin lattices.")
    }
  }
}
