public import Configurations
public import Hamiltonians
public import NeuralNetworks

/// How the symmetry under flipping all spins gets into a distribution.
public enum SpinFlipTreatment: String, Codable, Sendable, Hashable, CaseIterable {
  /// Not at all.
  case none
  /// Networks see spins relative to a reference: the first spin of all, and in a block the majority of the
  /// border. The distribution is then symmetric by construction.
  case gauge
}

/// A distribution over the spins of a torus as a product of networks' conditionals, level by level, and of
/// the exact heat bath of small blocks.
///
/// ```
/// q(s) = q_0(s_0) Π_level Π_block q_level(cross | border) Π_block exp(−β H(inside, border)) / Z(border)
/// ```
public struct HierarchicalDistribution: Sendable {
  /// The model, whose β is ``beta``.
  public let model: ClassicalIsing
  /// The order in which spins are drawn.
  public let hierarchy: TorusHierarchy
  /// The symmetry under flips.
  public let spinFlip: SpinFlipTreatment
  /// Whether all blocks of a level have one network; else each has its own.
  public let isShared: Bool
  /// The networks, level by level and, where they are not shared, block by block.
  public let networks: [ConditionalNetwork]
  /// Where the networks of each level begin.
  let offsets: [Int]
  /// The inverse temperature of the heat bath and of rewards, which annealing changes.
  public var beta: Double
  /// The parameters of each network.
  public var parameters: [[Float]]

  /// The size of the networks.
  public struct NetworkOptions: Sendable, Hashable {
    /// The number of hidden units for each input.
    public var factor: Int
    /// Whether outputs see spins directly, too.
    public var direct: Bool
    /// Whether the distribution starts uniform.
    public var startsUniform: Bool

    /// Creates options.
    public init(factor: Int = 1, direct: Bool = false, startsUniform: Bool = false) {
      self.factor = factor
      self.direct = direct
      self.startsUniform = startsUniform
    }

    /// Returns the shape of a level's networks.
    public func shape(of level: TorusHierarchy.Level) -> ConditionalShape {
      ConditionalShape(
        border: level.border, spins: level.spins, factor: factor, direct: direct)
    }
  }

  /// Creates a distribution with random parameters.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - beta: β.
  ///   - hierarchy: The order, of the model's length.
  ///   - spinFlip: The symmetry under flips.
  ///   - levelOptions: The size of the networks of each level.
  ///   - random: The generator.
  public init(
    model: ClassicalIsing, beta: Double, hierarchy: TorusHierarchy, spinFlip: SpinFlipTreatment,
    levelOptions: [NetworkOptions], random: inout RandomSource
  ) {
    precondition(
      levelOptions.count == hierarchy.levels.count,
      "\(levelOptions.count) sizes for \(hierarchy.levels.count) levels")
    precondition(hierarchy.length == model.length, "a hierarchy of another length")
    self.model = model
    self.beta = beta
    self.hierarchy = hierarchy
    self.spinFlip = spinFlip
    isShared = model.uniformCoupling != nil
    var networks: [ConditionalNetwork] = []
    var offsets: [Int] = []
    for (index, level) in hierarchy.levels.enumerated() {
      var shape = levelOptions[index].shape(of: level)
      if index == 0 && spinFlip == .gauge {
        // The first spin is the reference: given, and up.
        shape.spins -= 1
        shape.border = 1
      }
      offsets.append(networks.count)
      let network = ConditionalNetwork(shape, startsUniform: levelOptions[index].startsUniform)
      networks += Array(repeating: network, count: isShared ? 1 : level.blocks)
    }
    self.networks = networks
    self.offsets = offsets
    parameters = networks.map { $0.layout.makeParameters(using: &random) }
  }

  /// Creates a distribution with random parameters whose networks all have the same options.
  public init(
    model: ClassicalIsing, beta: Double, hierarchy: TorusHierarchy, spinFlip: SpinFlipTreatment,
    options: NetworkOptions, random: inout RandomSource
  ) {
    self.init(
      model: model, beta: beta, hierarchy: hierarchy, spinFlip: spinFlip,
      levelOptions: hierarchy.levels.map { _ in options }, random: &random)
  }

  /// The place of a block's network.
  public func network(level: Int, block: Int) -> Int { offsets[level] + (isShared ? 0 : block) }

  /// The level and the first block of each network.
  public var places: [(level: Int, block: Int)] {
    hierarchy.levels.indices.flatMap { level in
      (0..<(isShared ? 1 : hierarchy.levels[level].blocks)).map { (level: level, block: $0) }
    }
  }
}
