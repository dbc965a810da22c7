internal import Hamiltonians
internal import NeuralNetworks
internal import Parallelism

extension SpinSettings {
  /// Throws where a setting is out of range, or settings exclude each other.
  ///
  /// - Parameter problem: The model.
  /// - Throws: ``SpinRunError`` with what is wrong, and what to do.
  func check(_ problem: SpinProblem) throws(SpinRunError) {
    func check<Value: Comparable>(
      _ name: String, _ value: Value?, _ range: ClosedRange<Value>
    ) throws(SpinRunError) {
      if let value, !range.contains(value) {
        throw SpinRunError(
          "`\(name)` must be from \(range.lowerBound) to \(range.upperBound), not \(value)")
      }
    }
    try check("patch", patch, 1...64)
    try check("width", width, 2...4096)
    try check("heads", heads, 1...256)
    try check("layers", layers, 1...64)
    try check("expansion", expansion, 1...16)
    try check("density", density, 1...64)
    try check("learning-rate", learningRate, 1e-9...1e4)
    try check("momentum", momentum, 0...0.9999)
    try check("memory", memory, 0...0.99999)
    try check("shift", shift, 1e-9...10)
    try check("maximum-step", maximumStep, 1e-9...100)
    try check("clip", clip, 0...1e6)
    try check("blur", blur, 0...0.9)
    try check("samples", samples, 2...65_536)
    try check("sweep", sweep, 1...1_000_000)
    try check("burn-in", burnIn, 0...100_000_000)
    try check("steps", steps, 0...1_000_000_000)
    try check("project-steps", symmetrySteps, 0...1_000_000_000)
    try check("starts", starts, 1...64)
    for stage in earlierStages ?? [] { try check("project", stage.steps, 0...1_000_000_000) }
    let staged = stages.reduce(0) { $0 + $1.steps }
    guard staged <= steps ?? 0 else {
      throw SpinRunError(
        "`project-steps` and the stages of `project` take \(staged) steps, more than all \(steps ?? 0) `steps`"
      )
    }
    if let projectedMomentum {
      let lengths = LatticeSymmetries(problem).unitShifts.map(\.length)
      let text = lengths.map { "0 to \($0 - 1)" }.joined(separator: " and ")
      guard projectedMomentum.count == lengths.count,
        zip(projectedMomentum, lengths).allSatisfy({ (0..<$1).contains($0) })
      else {
        throw SpinRunError(
          lengths.isEmpty
            ? "`project-momentum` is for lattices that shifts leave as they are; leave it out"
            : "`project-momentum` must be \(lengths.count) whole numbers from \(text), not \(projectedMomentum.map(String.init).joined(separator: ","))"
        )
      }
    }
    try check("final-samples", finalSamples, 2...1 << 30)
    try check("memory-budget", memoryBudget, 1...1 << 24)
    try check("threads", threads, 1...1024)
    if let width, let heads, width % heads != 0 {
      throw SpinRunError(
        "`width` must be a multiple of `heads`, not \(width) of \(heads)")
    }
    if ansatz == .vit, invariant == true, !problem.isInvariant(underShiftsBy: patch ?? 1) {
      throw SpinRunError(
        "`invariant` attention is for periodic lattices with couplings that are the same in all patches; leave it out"
      )
    }
    if ansatz == .vit, let patch {
      let side = problem.geometry.height == 1 ? patch : patch * patch
      let count = problem.siteCount / (side * problem.geometry.unitCell.basis.count)
      guard count <= 4096 else {
        throw SpinRunError(
          "`patch` \(patch) makes \(count) patches, and attention takes at most 4096: take larger ones"
        )
      }
    }
    let largest = problem.terms.couplings.map { max(abs($0.parallel), abs($0.exchange)) }.max() ?? 0
    let fields = problem.terms.field + problem.terms.longitudinalField
    guard largest > 0 || fields.contains(where: { $0 != 0 }) else {
      throw SpinRunError("all couplings are zero: every state is a ground state")
    }
  }

  /// Throws where something that is set has no effect.
  ///
  /// - Throws: ``SpinRunError`` with the first one.
  func checkEffects() throws(SpinRunError) {
    func refuse(_ name: String, _ isSet: Bool, _ reason: String) throws(SpinRunError) {
      if isSet { throw SpinRunError("`\(name)` has no effect \(reason); leave it out") }
    }
    if ansatz == .rbm {
      for (name, isSet) in [
        ("patch", patch != nil), ("width", width != nil), ("heads", heads != nil),
        ("layers", layers != nil), ("expansion", expansion != nil), ("decay", decay != nil),
        ("invariant", invariant != nil),
      ] { try refuse(name, isSet, "with `ansatz` rbm") }
    } else {
      try refuse("density", density != nil, "with `ansatz` vit")
    }
    if symmetry ?? SpinProjectionKind.none == SpinProjectionKind.none {
      for (name, isSet) in [
        ("project-steps", symmetrySteps != nil), ("project-momentum", projectedMomentum != nil),
        ("project-irrep", pointIrrep != nil), ("project-parity", parity != nil),
        ("starts", starts != nil),
      ] { try refuse(name, isSet && symmetry != nil, "without `project`") }
    }
    let rule = optimizer ?? .spring
    if rule == .minSR { try refuse("momentum", momentum != nil, "with `optimizer` minsr") }
    if rule != .march { try refuse("memory", memory != nil, "unless `optimizer` is march") }
  }

  /// The phases of sites of the sign prior.
  ///
  /// - Parameter problem: The model.
  /// - Returns: The phases, empty for none.
  /// - Throws: ``SpinRunError`` where the lattice has no such order.
  func sitePhases(_ problem: SpinProblem) throws(SpinRunError) -> [Double] {
    let prior = signPrior ?? .none
    if let phases = prior.phases(on: problem.geometry) { return phases }
    let lattices =
      switch prior {
      case .triangle: "triangular lattices whose closed sides are multiples of three long"
      case .stripe: "square lattices with an even number of columns"
      default: "lattices of two sublattices"
      }
    throw SpinRunError("`sign-prior` \(prior.rawValue) is for \(lattices); leave it out")
  }

  /// Returns the network that the settings say.
  ///
  /// - Parameter problem: The model.
  /// - Returns: The network.
  /// - Throws: ``SpinRunError`` where patches do not fit the lattice.
  func makeNetwork(for problem: SpinProblem) throws(SpinRunError) -> any SpinNetwork {
    switch ansatz {
    case .rbm: return ComplexRBM(siteCount: problem.siteCount, density: density ?? 1)
    case .vit:
      let patches: SpinPatches
      do throws(PatchError) {
        patches = try SpinPatches(
          problem.geometry, side: patch ?? 1, isInvariant: invariant ?? false)
      } catch {
        throw SpinRunError("`patch`: \(error.description)")
      }
      return VisionTransformer(
        VisionTransformerConfiguration(
          width: width ?? 36, heads: heads ?? 6, layers: layers ?? 2, expansion: expansion ?? 4,
          decay: decay ?? true), patches: patches)
    }
  }

  /// Throws where there is less memory than a run needs.
  ///
  /// - Returns: How many configurations' derivatives are there at once: all where they fit the budget.
  func checkMemory(
    _ network: any SpinNetwork, threads: Int
  ) throws(SpinRunError) -> Int {
    func text(_ bytes: Double) -> String { "\((bytes / 107_374_182.4).rounded() / 10) GiB" }
    let (samples, size) = (samples ?? 0, Double(2 * (samples ?? 0)))
    let parameters = Double(network.parameterCount)
    let available = Double(AvailableMemory.current().bytes)
    // The kernel in Float32 and Float64; some vectors; workspaces.
    let fixed =
      12 * size * size + 40 * parameters
      + Double(threads)
      * Double(
        network.workspaceBytes(capacity: SpinState.blockSize, keepsDerivatives: true)
          + network.workspaceBytes(capacity: SpinState.blockSize, keepsDerivatives: false))
    let budget = memoryBudget.map { Double($0) * 1_048_576 } ?? max(0, 0.5 * available - fixed)
    let block = min(samples, Int(budget / (8 * parameters)))
    guard block >= min(samples, 2) else {
      throw SpinRunError(
        memoryBudget.map {
          "`memory-budget` \($0) does not hold the derivatives of two configurations, which take "
            + "\(Int(16 * parameters / 1_048_576) + 1) MiB"
        }
          ?? "this run needs \(text(fixed + 16 * parameters)) of memory, and \(text(available)) are there: take fewer "
          + "`samples` or a smaller network")
    }
    let bytes = fixed + 8 * parameters * Double(block)
    guard bytes <= available else {
      throw SpinRunError(
        "this run needs \(text(bytes)) of memory, and \(text(available)) are there: take fewer `samples`, a smaller "
          + "network or a smaller `memory-budget`")
    }
    return block
  }
}
