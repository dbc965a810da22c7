public import ArgumentParser
public import SpinMonteCarlo

extension SpinProjectionKind: ExpressibleByArgument {}
extension SpinParity: ExpressibleByArgument {}
extension SpinSignPrior: ExpressibleByArgument {}

/// Projections one after another: `all`, or `translations:300,all:200` with the steps of each.
struct ProjectionStages: ExpressibleByArgument, Sendable, Hashable {
  /// What comes before the last.
  var earlier: [SpinStage] = []
  /// The last one.
  var last: SpinProjectionKind
  /// The steps of the last one; nil where they are not said.
  var lastSteps: Int?

  init?(argument: String) {
    var stages: [(kind: SpinProjectionKind, steps: Int?)] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let fields = part.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      guard (1...2).contains(fields.count), let kind = SpinProjectionKind(rawValue: fields[0])
      else { return nil }
      let steps = fields.count == 2 ? Int(fields[1]) : nil
      if fields.count == 2, (steps ?? -1) < 0 { return nil }
      stages.append((kind, steps))
    }
    guard let last = stages.last else { return nil }
    // What follows nothing or is followed by something needs its length.
    for stage in stages.dropLast() {
      guard stage.kind != .none, let steps = stage.steps else { return nil }
      earlier.append(SpinStage(stage.kind, steps: steps))
    }
    if stages.count > 1, last.kind == .none || last.steps == nil { return nil }
    self.last = last.kind
    lastSteps = last.steps
  }
}

/// A momentum: whole numbers with commas between.
struct LatticeMomentum: ExpressibleByArgument, Sendable, Hashable {
  /// Along each closed direction in units of 2π over its length.
  var values: [Int]

  init?(argument: String) {
    values = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Int(part) else { return nil }
      values.append(value)
    }
  }
}

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
    help: """
      Signs to begin with: none, marshall (two sublattices), stripe (columns), 120 (three sublattices of the triangular \
      lattice). (default: none)
      """)
  var signPrior: SpinSignPrior?

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
    help: ArgumentHelp(
      """
      Project the state on an irrep of: none, flip (turning all spins), translations (these and shifts), all (these and \
      rotations and reflections); stages as in translations:300,all:200. (default: all on small lattices, else none)
      """, valueName: "stages"))
  var project: ProjectionStages?

  @Option(
    parsing: .unconditional,
    help: """
      The steps at the end that are taken with --project. (default: a tenth of --steps; of small lattices all but 60)
      """)
  var projectSteps: Int?

  @Option(
    parsing: .unconditional,
    help: """
      Random starts that are compared when the projection begins, of which the lowest goes on. (default: 4 on small lattices, \
      else 1)
      """)
  var starts: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      """
      The momentum to project on, along each closed direction in units of 2π over its length, such as 0,5. \
      (default: that of the lowest sector found)
      """, valueName: "numbers"))
  var projectMomentum: LatticeMomentum?

  @Option(
    help: ArgumentHelp(
      """
      The irrep of rotations and reflections to project on: A1, A2, B1, B2, … (default: that of the lowest sector found)
      """, valueName: "name"))
  var projectIrrep: String?

  @Option(
    help:
      "The parity under turning all spins to project on. (default: that of the lowest sector found)"
  )
  var projectParity: SpinParity?

  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Measure correlations of spins at the end. (default: yes)")
  var observables: Bool?

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
    merged.signPrior = signPrior ?? other.signPrior
    merged.memory = memory ?? other.memory
    merged.clip = clip ?? other.clip
    merged.blur = blur ?? other.blur
    merged.project = project ?? other.project
    merged.projectSteps = projectSteps ?? other.projectSteps
    merged.starts = starts ?? other.starts
    merged.projectMomentum = projectMomentum ?? other.projectMomentum
    merged.projectIrrep = projectIrrep ?? other.projectIrrep
    merged.projectParity = projectParity ?? other.projectParity
    merged.observables = observables ?? other.observables
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
    settings.signPrior = signPrior ?? settings.signPrior
    settings.memory = memory ?? settings.memory
    settings.clip = clip ?? settings.clip
    settings.blur = blur ?? settings.blur
    if let project {
      settings.symmetry = project.last
      settings.earlierStages = project.earlier.isEmpty ? nil : project.earlier
      settings.symmetrySteps = project.lastSteps
    }
    settings.symmetrySteps = projectSteps ?? settings.symmetrySteps
    settings.starts = starts ?? settings.starts
    settings.projectedMomentum = projectMomentum?.values ?? settings.projectedMomentum
    settings.pointIrrep = projectIrrep ?? settings.pointIrrep
    settings.parity = projectParity ?? settings.parity
    settings.observables = observables ?? settings.observables
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
