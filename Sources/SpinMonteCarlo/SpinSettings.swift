internal import Foundation
internal import Hamiltonians

/// The networks of complex amplitudes of spins.
public enum SpinNetworkKind: String, Codable, Sendable, Hashable, CaseIterable {
  /// A vision transformer.
  case vit
  /// A restricted Boltzmann machine with complex parameters.
  case rbm
}

/// The symmetries that a state is projected on.
public enum SpinProjectionKind: String, Codable, Sendable, Hashable, CaseIterable {
  /// None beside the shifts by patches that the attention has.
  case none
  /// Turning all spins.
  case flip
  /// That, and all shifts.
  case translations
  /// These, and rotations and reflections.
  case all
}

/// Signs that a state is given beforehand, as phases of spins that point up.
public enum SpinSignPrior: String, Codable, Sendable, Hashable, CaseIterable {
  /// None.
  case none
  /// π on one of two sublattices: W. Marshall, Proc. R. Soc. A 232, 48 (1955).
  case marshall
  /// π on every other column.
  case stripe
  /// 0, 2π/3 and 4π/3 on the three sublattices of the triangular lattice.
  case triangle = "120"

  /// Returns the phases by site, or nil where the lattice has no such order.
  func phases(on geometry: LatticeGeometry) -> [Double]? {
    func phases(_ colours: [Int]?, _ unit: Double) -> [Double]? {
      colours.map { $0.map { unit * Double($0) } }
    }
    switch self {
    case .none: return []
    case .marshall: return phases(geometry.neelColours, .pi)
    case .stripe: return phases(geometry.stripeColours, .pi)
    case .triangle: return phases(geometry.triangleColours, 2 * .pi / 3)
    }
  }
}

/// Some steps with one projection.
public struct SpinStage: Codable, Sendable, Hashable {
  /// What the state is projected on.
  public var kind: SpinProjectionKind
  /// The number of steps.
  public var steps: Int

  /// Creates a stage.
  public init(_ kind: SpinProjectionKind, steps: Int) {
    self.kind = kind
    self.steps = steps
  }
}

/// Everything about the training of amplitudes by Markov chains that a user can choose.
///
/// What is nil is decided by the lattice (``resolved(for:)``).
public struct SpinSettings: Codable, Sendable, Hashable {
  /// The network.
  public var ansatz: SpinNetworkKind = .vit
  /// `vit`: the side of a patch in cells, b.
  public var patch: Int?
  /// `vit`: the width of a token's vector, d.
  public var width: Int?
  /// `vit`: the number of heads.
  public var heads: Int?
  /// `vit`: the number of blocks.
  public var layers: Int?
  /// `vit`: hidden units of a block's feed-forward network, in units of d.
  public var expansion: Int?
  /// `vit`: whether attention falls with distance.
  public var decay: Bool?
  /// `vit`: whether attention depends on displacements only.
  public var invariant: Bool?
  /// `rbm`: hidden spins for each visible one.
  public var density: Int?
  /// The signs that the state is given beforehand.
  public var signPrior: SpinSignPrior?
  /// The optimiser.
  public var optimizer: AmplitudeOptimizer?
  /// η at the start; it falls to zero as a cosine.
  public var learningRate: Double?
  /// μ of SPRING and MARCH.
  public var momentum: Double?
  /// β of MARCH.
  public var memory: Double?
  /// λ, relative to the mean diagonal of its matrix.
  public var shift: Double?
  /// The largest root mean square of the change of log ψ in a step.
  public var maximumStep: Double?
  /// How far local energies may be from their mean in a step, in mean absolute deviations; 0 for any.
  public var clip: Double?
  /// The number of chains, each of which gives one configuration to a step.
  public var samples: Int?
  /// The share of configurations that are taken one random move away from their chain, q.
  public var blur: Double?
  /// The proposals of a chain between two steps.
  public var sweep: Int?
  /// The proposals of a chain before the first step.
  public var burnIn: Int?
  /// The number of steps.
  public var steps: Int?
  /// What the state is projected on at the end, in the irrep that it shows then.
  public var symmetry: SpinProjectionKind?
  /// The number of steps at the end that are taken with the projection.
  public var symmetrySteps: Int?
  /// The random starts that are compared when the first stage begins.
  public var starts: Int?
  /// What it is projected on before that, stage by stage.
  public var earlierStages: [SpinStage]?
  /// The momentum to project on, along each closed direction in units of 2π over its length; nil for that found.
  public var projectedMomentum: [Int]?
  /// The irrep of rotations and reflections to project on, such as A1; nil for that found.
  public var pointIrrep: String?
  /// The parity under turning all spins to project on; nil for that found.
  public var parity: SpinParity?
  /// The number of configurations of the evaluation.
  public var finalSamples: Int?
  /// Whether correlations are measured at the end.
  public var observables: Bool?
  /// MiB for the derivatives of a step, which are computed in blocks where they take more; nil for half of what is there.
  public var memoryBudget: Int?
  /// The seed.
  public var seed: UInt64 = 1
  /// The number of threads; nil for all cores.
  public var threads: Int?

  /// Creates the defaults.
  public init() {}

  /// Returns the settings with every default filled in.
  ///
  /// - Parameter problem: The model.
  /// - Returns: The settings; of what has no effect in them nothing is said.
  public func resolved(for problem: SpinProblem) -> SpinSettings {
    var all = self
    let geometry = problem.geometry
    let n = geometry.siteCount
    if ansatz == .vit {
      let height = geometry.height
      func fits(_ side: Int) -> Bool {
        geometry.width % side == 0 && (height == 1 || height % side == 0)
      }
      // A handful of patches at least, of not much more than four sites.
      let sides = height == 1 ? [4, 2, 3] : geometry.unitCell.basis.count == 1 ? [2, 3] : []
      all.patch = patch ?? sides.first { fits($0) && geometry.width >= 2 * $0 } ?? 1
      all.heads = heads ?? width.map { Self.largestDivisor(of: $0, upTo: max(1, $0 / 6)) } ?? 6
      all.width = width ?? 6 * (all.heads ?? 6)
      all.layers = layers ?? 2
      all.expansion = expansion ?? 4
      all.decay = decay ?? true
      all.invariant = invariant ?? problem.mayShiftPatches(by: all.patch ?? 1)
    } else {
      all.density = density ?? 1
    }
    all.signPrior = signPrior ?? SpinSignPrior.none
    all.optimizer = optimizer ?? .spring
    // An explicit step of imaginary time must resolve the spectrum, whose width grows with N.
    all.learningRate = learningRate ?? min(0.1, 4 / Double(n)) / problem.energyUnit
    all.momentum = momentum ?? 0.8
    all.memory = memory ?? 0.995
    all.shift = shift ?? 1e-4
    all.maximumStep = maximumStep ?? 0.3
    // Clipped energies hide the nodes that a state has by mistake, which then stay: 4 × 4 stops at -0.66.
    all.clip = clip ?? 0
    all.samples = samples ?? 1024
    all.blur = blur ?? 0.1
    all.sweep = sweep ?? n
    all.burnIn = burnIn ?? 10 * n
    all.steps = steps ?? 1000
    let isSmall = symmetry == nil && Self.isSmall(problem)
    all.symmetry = symmetry ?? (isSmall ? .all : SpinProjectionKind.none)
    // Projected from early on, states of small gaps do not mix: 4 × 4 at J2 = 0.5 arrives in a tenth of the steps.
    let share = isSmall ? max(0, (all.steps ?? 0) - 60) : (all.steps ?? 0) / 10
    all.symmetrySteps =
      symmetrySteps ?? (all.symmetry == SpinProjectionKind.none ? 0 : share)
    all.starts = starts ?? (isSmall ? 4 : 1)
    all.finalSamples = finalSamples ?? 16 * (all.samples ?? 1024)
    return all
  }

  private static func largestDivisor(of number: Int, upTo limit: Int) -> Int {
    (1...limit).last { number % $0 == 0 } ?? 1
  }

  /// The stages with a projection, which end with the last step.
  var stages: [SpinStage] {
    guard let symmetry, symmetry != .none else { return [] }
    return (earlierStages ?? []) + [SpinStage(symmetry, steps: symmetrySteps ?? 0)]
  }

  /// The stage of a step, counted from 1; nil before the first stage.
  func stage(at step: Int) -> Int? {
    let stages = stages
    var first = (steps ?? 0) - stages.reduce(0) { $0 + $1.steps }
    if step <= first { return nil }
    for (index, stage) in stages.enumerated() {
      first += stage.steps
      if step <= first { return index }
    }
    return stages.indices.last
  }

  /// Whether a lattice has so few orbits of configurations that a projection on all symmetries costs little.
  private static func isSmall(_ problem: SpinProblem) -> Bool {
    let n = problem.siteCount
    guard n <= 24 else { return false }
    var dimension = 1.0
    if let up = problem.upCount {
      for index in 0..<min(up, n - up) { dimension *= Double(n - index) / Double(index + 1) }
    } else {
      dimension = Double(1 << n)
    }
    let order = LatticeSymmetries(problem).elements(.all).count
    return order > 1 && dimension / Double(order) <= 20_000
  }

  /// η at a step, counted from 1.
  public func rate(at step: Int) -> Double {
    let progress = Double(step - 1) / Double(max(1, steps ?? 1))
    return 0.5 * (learningRate ?? 0) * (1 + cos(Double.pi * min(1, progress)))
  }
}
