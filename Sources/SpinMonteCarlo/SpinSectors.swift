internal import Hamiltonians
internal import NeuralNetworks

/// A sector that was compared with others.
public struct SectorCandidate: Sendable, Hashable {
  /// The name of its irrep.
  public let irrep: String
  /// The random start, from 1.
  public let start: Int
  /// How much of the state was in it before.
  public let weight: Double
  /// The energy of the projected state when it was dropped or taken, total.
  public let energy: Double
  /// Its standard error.
  public let error: Double

  /// Creates a candidate.
  public init(irrep: String, start: Int, weight: Double, energy: Double, error: Double) {
    self.irrep = irrep
    self.start = start
    self.weight = weight
    self.energy = energy
    self.error = error
  }
}

/// How the symmetry of a state was found.
public struct SymmetryFinding: Sendable, Hashable {
  /// The stage of projections in which it was looked for, from 0.
  public var stage: Int
  /// The symmetries of the projection.
  public var kind: SpinProjectionKind
  /// The name of the irrep; empty where the state shows none.
  public var irrep: String
  /// The phases of χ* of the group's elements; empty where the state shows no one-dimensional irrep.
  public var phases: [Double]
  /// How much of the state was in the irrep before the projection, from 0 to 1.
  public var weight: Double
  /// The sectors that were compared; empty where the weight left no doubt.
  public var candidates: [SectorCandidate]
  /// Whether a stage found no irrep, and what was before stayed.
  public var isMissed: Bool

  /// Creates a finding.
  public init(
    stage: Int, kind: SpinProjectionKind, irrep: String, phases: [Double], weight: Double,
    candidates: [SectorCandidate], isMissed: Bool = false
  ) {
    self.isMissed = isMissed
    self.stage = stage
    self.kind = kind
    self.irrep = irrep
    self.phases = phases
    self.weight = weight
    self.candidates = candidates
  }

  /// Whether the state is projected.
  public var isProjected: Bool { !phases.isEmpty }

  /// The lowest candidate of another irrep than that taken; nil for none.
  public var nextSector: SectorCandidate? {
    candidates.filter { $0.irrep != irrep }.min { $0.energy < $1.energy }
  }

  /// Whether the sector is below the next by more than three standard errors and by more than the state has gained
  /// since, or nothing was to be compared.
  ///
  /// - Parameter energy: The energy of the trained state, total; nil where it is not trained yet.
  /// - Returns: Whether another sector is unlikely to end lower.
  public func isEstablished(at energy: Double? = nil) -> Bool {
    guard let best = candidates.filter({ $0.irrep == irrep }).min(by: { $0.energy < $1.energy }),
      let next = nextSector
    else { return true }
    let error = (best.error * best.error + next.error * next.error).squareRoot()
    let gained = max(0, best.energy - (energy ?? best.energy))
    return next.energy - best.energy > max(3 * error, gained)
  }

  /// How many sectors and random starts were compared.
  public var compared: (sectors: Int, starts: Int) {
    (Set(candidates.map(\.irrep)).count, Set(candidates.map(\.start)).count)
  }
}

/// The one-dimensional irreps that a run may project on.
struct SpinSectors: Sendable {
  /// The groups by kind.
  private let groups: [SpinProjectionKind: SpinGroup]
  /// The irreps of each kind of stage, of smaller groups for momenta that the larger has no one-dimensional irrep for.
  private let irreps: [SpinProjectionKind: [SpinIrrep]]

  init(
    _ problem: SpinProblem, settings: SpinSettings, keptShifts: [[Int]]
  ) throws(SpinRunError) {
    var groups: [SpinProjectionKind: SpinGroup] = [:]
    var irreps: [SpinProjectionKind: [SpinIrrep]] = [:]
    let kinds = settings.stages.map(\.kind)
    if !kinds.isEmpty {
      let symmetries = LatticeSymmetries(problem)
      func group(_ kind: SpinProjectionKind) -> SpinGroup {
        let group = groups[kind] ?? SpinGroup(kind, of: symmetries, keptShifts: keptShifts)
        groups[kind] = group
        return group
      }
      for kind in kinds where irreps[kind] == nil {
        let main = group(kind)
        guard main.elements.count > 1 else {
          throw SpinRunError(
            "`project` \(kind.rawValue): the model has no such symmetry; leave it out")
        }
        var all = main.irreps()
        if kind == .all {
          let momenta = Set(all.map(\.label.momentum))
          all += group(.translations).irreps().filter { !momenta.contains($0.label.momentum) }
        }
        let wanted = all.filter { settings.wants($0.label, of: kind) }
        guard !wanted.isEmpty else {
          throw SpinRunError(
            "the lattice has no one-dimensional irrep \(settings.wantedIrrep) with `project` \(kind.rawValue); it has: "
              + Self.list(all))
        }
        // One of each star: their states have the same energies.
        var kept: [SpinIrrep] = []
        for irrep in wanted {
          let group = group(irrep.kind)
          if !kept.contains(where: { $0.kind == irrep.kind && group.areEquivalent($0, irrep) }) {
            kept.append(irrep)
          }
        }
        irreps[kind] = kept
      }
    }
    self.groups = groups
    self.irreps = irreps
  }

  private static func list(_ irreps: [SpinIrrep]) -> String {
    let names = irreps.map(\.label.description)
    return names.prefix(40).joined(separator: "; ") + (names.count > 40 ? "; …" : "")
  }

  /// The irreps of a stage with the groups that they are of.
  func candidates(_ kind: SpinProjectionKind) -> [(group: SpinGroup, irrep: SpinIrrep)] {
    (irreps[kind] ?? []).compactMap { irrep in groups[irrep.kind].map { ($0, irrep) } }
  }

  /// The projection of a finding; nil where it does not fit.
  func projection(of finding: SymmetryFinding) -> SpinProjection? {
    guard let group = groups[finding.kind] else { return nil }
    guard finding.isProjected else {
      return .none(siteCount: group.elements[0].permutation.count)
    }
    guard finding.phases.count == group.elements.count, finding.phases.allSatisfy(\.isFinite)
    else { return nil }
    return group.projection(finding.phases)
  }

  /// The shifts under which a network is invariant, the identity among them; empty where it was not made for that.
  static func keptShifts(of problem: SpinProblem, network: any SpinNetwork) -> [[Int]] {
    guard let network = network as? VisionTransformer,
      network.patches.classCount == network.patches.count
    else { return [] }
    // A shift by patches keeps the order of sites in each.
    let patches = Set(network.patches.sites)
    return LatticeSymmetries(problem).shifts.filter { shift in
      patches.allSatisfy { sites in patches.contains(sites.map { shift[$0] }) }
    }
  }
}

extension SpinSettings {
  /// Whether an irrep is one that was asked for.
  func wants(_ label: SpinIrrepLabel, of kind: SpinProjectionKind) -> Bool {
    if let parity, label.parity != parity { return false }
    // What a stage has no symmetry for is left to the others.
    if let projectedMomentum, kind != .flip, label.momentum != projectedMomentum { return false }
    if let pointIrrep, kind == .all, label.point != pointIrrep { return false }
    return true
  }

  /// What was asked for, in words.
  var wantedIrrep: String {
    SpinIrrepLabel(momentum: projectedMomentum ?? [], point: pointIrrep, parity: parity)
      .description
  }
}
