internal import Configurations
internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Training

/// What `inspect` prints of a spin model.
struct LatticeSummary {
  let model: LatticeModel
  let bonds: [BondCoupling]
  /// The number of permutations of the sites that change nothing; nil where they are not counted.
  let permutations: Int?
  /// What needs the spins in a word; nil beyond 128 sites.
  let packed: Packed?

  /// What is known of a model whose spins fit a word.
  struct Packed {
    /// Whether the signs of the ground state are known.
    let hasSignRule: Bool
    /// The lowest energy of a single string that was found.
    let referenceEnergy: Double

    fileprivate init<Word: ConfigurationWord>(_ model: LatticeModel, _: Word.Type) throws {
      let hamiltonian = try model.makeHamiltonian(Word.self)
      hasSignRule = hamiltonian.signRule != nil
      referenceEnergy = hamiltonian.diagonalElement(
        lowestConfigurations(
          of: hamiltonian, sites: hamiltonian.siteCount, upCount: model.upCount,
          energyScale: model.energyScale)[0])
    }
  }

  /// Finds out what is printed.
  ///
  /// - Parameter model: The model, checked.
  /// - Throws: ``Hamiltonians/LatticeError`` where the lattice has no such neighbours.
  init(_ model: LatticeModel) throws {
    self.model = model
    bonds = try model.coupledBonds()
    permutations = try model.makeTerms().siteSymmetryCount
    packed =
      switch model.geometry.siteCount {
      case ...64: try Packed(model, UInt64.self)
      case ...128: try Packed(model, UInt128.self)
      default: nil
      }
  }

  private var geometry: LatticeGeometry { model.geometry }
  private var sites: Int { geometry.siteCount }

  /// The translations that change nothing, the identity among them; nil for couplings of single bonds.
  private var translations: Int? { model.bonds == nil ? geometry.translationCount : nil }

  /// Whether turning all spins over takes the sector to itself and changes nothing.
  private var hasSpinFlip: Bool {
    if case .ising(_, _, let field) = model.interaction, field != 0 { return false }
    return model.upCount.map { 2 * $0 == sites } ?? true
  }

  /// log₁₀ of the number of strings in the sector.
  private var dimensionLogarithm: Double {
    guard let up = model.upCount else { return Double(sites) * log10(2) }
    let (n, k) = (Double(sites), Double(up))
    return (lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)) / log(10)
  }

  /// The number of strings in the sector; nil where it is beyond a `Double`.
  private var dimension: Double? {
    if dimensionLogarithm > 300 { return nil }
    guard let up = model.upCount else { return pow(2, Double(sites)) }
    // Exact as long as the products are.
    return (0..<min(up, sites - up)).reduce(1) {
      ($0 * Double(sites - $1) / Double($1 + 1)).rounded()
    }
  }

  private var exactBytes: Double? {
    guard sites <= LatticeBasis.siteLimit,
      let hamiltonian = try? model.makeHamiltonian(UInt64.self),
      let solver = try? LatticeExactDiagonalization(hamiltonian, upCount: model.upCount)
    else { return nil }
    return Double(solver.memoryEstimate(levels: 1))
  }

  /// The bonds of each shell, or all of them where each has its own coupling.
  private var groups: [(name: String, coupling: String, count: Int)] {
    guard model.bonds == nil else {
      let strengths = bonds.flatMap { [$0.strength, $0.transverse] }
      let range = [strengths.min(), strengths.max()].compactMap { $0.map(shortText) }
      return [("bonds", "couplings from \(range.joined(separator: " to "))", bonds.count)]
    }
    return model.shellCouplings.enumerated().compactMap { shell, coupling in
      guard coupling != 0, let count = try? geometry.bonds(order: shell + 1).count else {
        return nil
      }
      return ("bonds, shell \(shell + 1)", "J\(shell + 1) = \(shortText(coupling))", count)
    }
  }

  /// The numbers of the model that no bond has, for people.
  private var fields: [(String, String)] {
    switch model.interaction {
    case .heisenberg(_, _, _, let anisotropy):
      model.kind == "xxz" ? [("anisotropy", "Δ = \(shortText(anisotropy))")] : []
    case .ising(_, let field, let longitudinalField):
      [("fields", "h = \(shortText(field)), h_z = \(shortText(longitudinalField))")]
    }
  }

  /// The permutations over the translations, where they are counted.
  private var pointGroupOrder: Int? {
    guard let permutations, let translations,
      permutations % translations == 0
    else { return nil }
    return permutations / translations
  }

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "problem", value: .string(model.name)),
      .init(key: "model", value: .string(model.kind)),
      .init(key: "geometry", value: .string(geometry.unitCell.name)),
      .init(key: "size", value: .array([.integer(geometry.width), .integer(geometry.height)])),
      .init(key: "boundary", value: .string(geometry.boundary.rawValue)),
      .init(key: "sites", value: .integer(sites)),
      .init(key: "unit", value: .string("J")),
    ]
    switch model.interaction {
    case .heisenberg(_, _, _, let anisotropy):
      members.append(.init(key: "delta", value: .number(anisotropy)))
    case .ising(_, let field, let longitudinalField):
      members += [
        .init(key: "field", value: .number(field)),
        .init(key: "longitudinal_field", value: .number(longitudinalField)),
      ]
    }
    if model.bonds == nil {
      members.append(
        .init(key: "shell_couplings", value: .array(model.shellCouplings.map { .number($0) })))
    }
    members += [
      .init(key: "bond_count", value: .integer(bonds.count)),
      .init(key: "translations", value: .integer(translations)),
      .init(key: "site_permutations", value: .integer(permutations)),
      .init(key: "point_group_order", value: .integer(pointGroupOrder)),
      .init(key: "spin_flip", value: .bool(hasSpinFlip)),
      .init(key: "conserves_spin", value: .bool(model.conservesSpin)),
      .init(
        key: "twice_magnetization", value: .integer(model.upCount.map { 2 * $0 - sites })),
      .init(key: "sign_rule", value: packed.map { .bool($0.hasSignRule) } ?? .null),
      .init(key: "sector_dimension", value: dimension.map(whole) ?? .null),
      .init(key: "sector_dimension_log10", value: .number(dimensionLogarithm)),
      .init(key: "reference_energy", value: .number(packed?.referenceEnergy)),
      .init(key: "exact_memory_bytes", value: exactBytes.map(whole) ?? .null),
      .init(
        key: "bonds",
        value: .array(
          bonds.map {
            .array([
              .integer($0.first), .integer($0.second), .number($0.strength), .number($0.transverse),
            ])
          })),
    ]
    return .object(members)
  }

  var text: String {
    let cells = geometry.unitCell.basis.count
    var rows: [(String, String)] = [
      ("problem", model.name),
      (
        "lattice",
        geometry.unitCell.form == .graph
          ? "graph"
          : "\(geometry.unitCell.name) \(geometry.size), \(geometry.boundary.rawValue)"
            + (cells > 1 ? ", \(cells) sites a cell" : "")
      ),
      ("sites", "\(sites)"),
    ]
    rows += groups.map { ($0.name, "\($0.count), \($0.coupling)") }
    rows += fields
    rows += [
      ("symmetries", symmetryText),
      ("conserved", conservedText),
      ("spin strings", dimension.map(countText) ?? String(format: "10^%.1f", dimensionLogarithm)),
    ]
    if let packed {
      rows += [
        (
          "signs",
          packed.hasSignRule
            ? "known from a theorem: there is no frustration" : "not known from a theorem"
        ),
        (
          "reference",
          String(format: "%.10f J, the lowest single string found", packed.referenceEnergy)
        ),
      ]
    }
    rows.append(
      ("exact solution", exactBytes.map { "about " + ByteCount.text($0) } ?? "out of reach"))
    return tableText(rows)
  }

  private var symmetryText: String {
    var parts: [String] = []
    if let translations {
      parts.append("\(translations) translation\(translations == 1 ? "" : "s")")
    }
    if let permutations {
      parts.append(
        "\(permutations) permutation\(permutations == 1 ? "" : "s") of the sites"
          + (pointGroupOrder.map { ", point group of order \($0)" } ?? ""))
    } else {
      parts.append(
        sites > SpinTerms.countedSiteLimit
          ? "others are not counted beyond \(SpinTerms.countedSiteLimit) sites"
          : "others are too many to count")
    }
    parts.append(hasSpinFlip ? "spin flip" : "no spin flip")
    return parts.joined(separator: "; ")
  }

  private var conservedText: String {
    guard let up = model.upCount else { return "nothing but the symmetries" }
    return "2Sz = \(2 * up - sites)" + (model.conservesSpin ? ", total spin" : "")
  }
}
