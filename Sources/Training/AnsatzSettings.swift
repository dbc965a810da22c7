public import NeuralNetworks

/// The network families that give the modulus.
public enum AnsatzKind: String, Codable, Sendable, Hashable, CaseIterable {
  /// A causal transformer.
  case transformer
  /// A retentive network.
  case retnet
  /// A masked perceptron.
  case made
  /// A perceptron for each position.
  case nade
}

/// A form of a network, or of the phase.
public enum NetworkForm: String, Codable, Sendable, Hashable, CaseIterable {
  /// What learns best here.
  case `default`
  /// What the paper describes.
  case published
}

/// The shape of a transformer.
public struct TransformerSettings: Sendable, Hashable {
  /// The width of a token's vector, C; a multiple of ``heads``.
  public var width: Int?
  /// The number of heads, H.
  public var heads: Int?
  /// The number of blocks, L.
  public var layers: Int?
  /// The width of the feed-forward layers, F.
  public var feedForward: Int?
  /// Whether the network is that of the literature.
  public var form: NetworkForm?

  /// Creates the defaults.
  public init() {}
}

/// The shape of a RetNet.
public struct RetNetSettings: Sendable, Hashable {
  /// The width of a token's vector, C; an even multiple of ``heads``.
  public var width: Int?
  /// The number of heads, H.
  public var heads: Int?
  /// The number of blocks, L.
  public var layers: Int?
  /// The width of the feed-forward layers, F.
  public var feedForward: Int?
  /// Whether the network is that of arXiv:2411.03900.
  public var form: NetworkForm?
  /// The length of the chunks in which training computes all positions; nil for all at once.
  public var chunk: Int?

  /// Creates the defaults.
  public init() {}
}

/// The shape of a MADE, or of each network of a NADE.
public struct MaskedSettings: Sendable, Hashable {
  /// The widths of the hidden layers.
  public var hidden: [Int]?
  /// What hidden units compute.
  public var activation: Activation?

  /// Creates the defaults.
  public init() {}
}

/// The network of the modulus, with the settings that it has.
public enum ModulusSettings: Sendable, Hashable {
  /// A causal transformer.
  case transformer(TransformerSettings)
  /// A retentive network.
  case retnet(RetNetSettings)
  /// A masked perceptron.
  case made(MaskedSettings)
  /// A perceptron for each position.
  case nade(MaskedSettings)
}

/// The shape of the wave function.
public struct AnsatzSettings: Sendable, Hashable {
  /// The network that gives the modulus.
  public var modulus: ModulusSettings = .transformer(TransformerSettings())
  /// The widths of the phase network's hidden layers.
  public var phaseHidden: [Int]?
  /// Whether the phase is that of arXiv:2411.03900.
  public var phaseForm: NetworkForm?
  /// Whether amplitudes obey spin-flip symmetry; nil to impose it where the start finds it.
  ///
  /// Only where 2Sz = 0 and the integrals are restricted.
  public var spinFlipSymmetry: Bool?
  /// Twice the total spin S that a penalty holds a molecule's state to; nil for none.
  public var twiceSpin: Int?
  /// Whether amplitudes obey the symmetries of a lattice; nil to impose them where its sector is
  /// small enough to be listed and their eigenvalues in the ground state are established.
  public var latticeSymmetry: Bool?
  /// Whether the eigenvalues of a frustrated lattice's symmetries are read off an exact ground state.
  public var exactLatticeSymmetry: Bool?
  /// The order in which orbitals or sites are sampled, a permutation; nil for the default
  /// (molecules: highest orbital first; lattices: row-major).
  public var order: [Int]?
  /// Which orbitals a molecule is solved in; nil for ``OrbitalChoice/auto``.
  ///
  /// A run's settings say what was chosen.
  public var orbitals: OrbitalChoice?

  /// Creates the defaults.
  public init() {}
}

// MARK: - Settings by name

/// What several networks have, under one name; nil where the network has no such thing, and then it stays
/// nil.
extension AnsatzSettings {
  /// The network's family; another one keeps what both have.
  public var kind: AnsatzKind {
    get {
      switch modulus {
      case .transformer: .transformer
      case .retnet: .retnet
      case .made: .made
      case .nade: .nade
      }
    }
    set {
      if newValue == kind { return }
      let old = self
      switch newValue {
      case .transformer: modulus = .transformer(TransformerSettings())
      case .retnet: modulus = .retnet(RetNetSettings())
      case .made: modulus = .made(MaskedSettings())
      case .nade: modulus = .nade(MaskedSettings())
      }
      (width, heads, layers, feedForward) = (old.width, old.heads, old.layers, old.feedForward)
      (hidden, activation) = (old.hidden, old.activation)
    }
  }

  /// The width of a decoder's token vectors, C.
  public var width: Int? {
    get { decoder(\.width, \.width) }
    set { setDecoder(\.width, \.width, newValue) }
  }

  /// A decoder's number of heads, H.
  public var heads: Int? {
    get { decoder(\.heads, \.heads) }
    set { setDecoder(\.heads, \.heads, newValue) }
  }

  /// A decoder's number of blocks, L.
  public var layers: Int? {
    get { decoder(\.layers, \.layers) }
    set { setDecoder(\.layers, \.layers, newValue) }
  }

  /// The width of a decoder's feed-forward layers, F.
  public var feedForward: Int? {
    get { decoder(\.feedForward, \.feedForward) }
    set { setDecoder(\.feedForward, \.feedForward, newValue) }
  }

  /// The form of a transformer.
  public var transformerForm: NetworkForm? {
    get { if case .transformer(let shape) = modulus { shape.form } else { nil } }
    set {
      guard case .transformer(var shape) = modulus else { return }
      shape.form = newValue
      modulus = .transformer(shape)
    }
  }

  /// The form of a RetNet.
  public var retnetForm: NetworkForm? {
    get { if case .retnet(let shape) = modulus { shape.form } else { nil } }
    set { setRetNet { $0.form = newValue } }
  }

  /// The chunks of a RetNet.
  public var chunk: Int? {
    get { if case .retnet(let shape) = modulus { shape.chunk } else { nil } }
    set { setRetNet { $0.chunk = newValue } }
  }

  /// The widths of the hidden layers of a MADE or NADE.
  public var hidden: [Int]? {
    get { masked?.hidden }
    set { setMasked { $0.hidden = newValue } }
  }

  /// What the hidden units of a MADE or NADE compute.
  public var activation: Activation? {
    get { masked?.activation }
    set { setMasked { $0.activation = newValue } }
  }

  private func decoder(
    _ transformer: KeyPath<TransformerSettings, Int?>, _ retnet: KeyPath<RetNetSettings, Int?>
  ) -> Int? {
    switch modulus {
    case .transformer(let shape): shape[keyPath: transformer]
    case .retnet(let shape): shape[keyPath: retnet]
    case .made, .nade: nil
    }
  }

  private mutating func setDecoder(
    _ transformer: WritableKeyPath<TransformerSettings, Int?>,
    _ retnet: WritableKeyPath<RetNetSettings, Int?>, _ value: Int?
  ) {
    switch modulus {
    case .transformer(var shape):
      shape[keyPath: transformer] = value
      modulus = .transformer(shape)
    case .retnet(var shape):
      shape[keyPath: retnet] = value
      modulus = .retnet(shape)
    case .made, .nade: break
    }
  }

  private mutating func setRetNet(_ change: (inout RetNetSettings) -> Void) {
    guard case .retnet(var shape) = modulus else { return }
    change(&shape)
    modulus = .retnet(shape)
  }

  private var masked: MaskedSettings? {
    switch modulus {
    case .made(let shape), .nade(let shape): shape
    case .transformer, .retnet: nil
    }
  }

  private mutating func setMasked(_ change: (inout MaskedSettings) -> Void) {
    guard var shape = masked else { return }
    change(&shape)
    modulus = kind == .made ? .made(shape) : .nade(shape)
  }
}

// MARK: - In files

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension AnsatzSettings: Codable {
  /// One level, with the keys that files have had from the start.
  private enum CodingKeys: String, CodingKey {
    case kind, width, heads, layers, feedForward, transformerForm, retnetForm, chunk, hidden
    case activation, phaseHidden, phaseForm, spinFlipSymmetry, twiceSpin, latticeSymmetry
    case exactLatticeSymmetry, order, orbitals
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init()
    kind = try values.decode(AnsatzKind.self, forKey: .kind)
    width = try values.decodeIfPresent(Int.self, forKey: .width)
    heads = try values.decodeIfPresent(Int.self, forKey: .heads)
    layers = try values.decodeIfPresent(Int.self, forKey: .layers)
    feedForward = try values.decodeIfPresent(Int.self, forKey: .feedForward)
    transformerForm = try values.decodeIfPresent(NetworkForm.self, forKey: .transformerForm)
    retnetForm = try values.decodeIfPresent(NetworkForm.self, forKey: .retnetForm)
    chunk = try values.decodeIfPresent(Int.self, forKey: .chunk)
    hidden = try values.decodeIfPresent([Int].self, forKey: .hidden)
    activation = try values.decodeIfPresent(Activation.self, forKey: .activation)
    phaseHidden = try values.decodeIfPresent([Int].self, forKey: .phaseHidden)
    phaseForm = try values.decodeIfPresent(NetworkForm.self, forKey: .phaseForm)
    spinFlipSymmetry = try values.decodeIfPresent(Bool.self, forKey: .spinFlipSymmetry)
    twiceSpin = try values.decodeIfPresent(Int.self, forKey: .twiceSpin)
    latticeSymmetry = try values.decodeIfPresent(Bool.self, forKey: .latticeSymmetry)
    exactLatticeSymmetry = try values.decodeIfPresent(Bool.self, forKey: .exactLatticeSymmetry)
    order = try values.decodeIfPresent([Int].self, forKey: .order)
    orbitals = try values.decodeIfPresent(OrbitalChoice.self, forKey: .orbitals)
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(kind, forKey: .kind)
    try values.encodeIfPresent(width, forKey: .width)
    try values.encodeIfPresent(heads, forKey: .heads)
    try values.encodeIfPresent(layers, forKey: .layers)
    try values.encodeIfPresent(feedForward, forKey: .feedForward)
    try values.encodeIfPresent(transformerForm, forKey: .transformerForm)
    try values.encodeIfPresent(retnetForm, forKey: .retnetForm)
    try values.encodeIfPresent(chunk, forKey: .chunk)
    try values.encodeIfPresent(hidden, forKey: .hidden)
    try values.encodeIfPresent(activation, forKey: .activation)
    try values.encodeIfPresent(phaseHidden, forKey: .phaseHidden)
    try values.encodeIfPresent(phaseForm, forKey: .phaseForm)
    try values.encodeIfPresent(spinFlipSymmetry, forKey: .spinFlipSymmetry)
    try values.encodeIfPresent(twiceSpin, forKey: .twiceSpin)
    try values.encodeIfPresent(latticeSymmetry, forKey: .latticeSymmetry)
    try values.encodeIfPresent(exactLatticeSymmetry, forKey: .exactLatticeSymmetry)
    try values.encodeIfPresent(order, forKey: .order)
    try values.encodeIfPresent(orbitals, forKey: .orbitals)
  }
}
