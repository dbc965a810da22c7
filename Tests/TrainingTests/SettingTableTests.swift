import Estimators
import Foundation
import Hamiltonians
import NeuralNetworks
import Optimization
import Testing
import Training

@Suite struct SettingTableTests {
  @Test func namesAreUniqueAndFindTheirSetting() {
    #expect(Set(Setting.all.map(\.name)).count == Setting.all.count)
    for setting in Setting.all {
      #expect(Setting.named(setting.name)?.help == setting.help)
      #expect(setting.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" })
    }
    #expect(Setting.named("steeps") == nil)
  }

  /// One value for each setting, not its default.
  static let values = [
    "preset": "paper", "ansatz": "nade", "transformer-form": "published",
    "retnet-form": "published",
    "chunk": "6", "hidden": "10,20", "activation": "tanh", "phase-form": "published",
    "first-draws": "12", "whole-sector": "false", "learning-rate-schedule": "decay",
    "maximum-gradient": "0.75", "width": "48", "heads": "3", "layers": "5", "feed-forward": "7",
    "phase-hidden": "9,8", "spin-flip": "false", "lattice-symmetry": "true",
    "exact-lattice-symmetry": "true", "order": "2,1,3", "orbitals": "natural",
    "samples": "77", "draws": "1000", "exponent": "0.7", "optimizer": "adam",
    "step-metric": "diagonal",
    "learning-rate": "0.25", "momentum": "0.5", "shift": "0.001", "weight-decay": "0.1",
    "maximum-step": "0.2", "annealing": "linear", "t0": "0.5", "annealing-steps": "11",
    "warm-up-steps": "3", "temperature-steps": "2", "local-energy": "screened", "cutoff": "1e-08",
    "screening": "0.01",
    "screened-draws": "8", "memory-budget": "300", "start": "random", "start-determinants": "50",
    "start-steps": "4",
    "steps": "12", "minimum-steps": "6", "energy-tolerance": "0.001", "window": "3",
    "final-draws": "900", "final-samples": "800", "exact-limit": "10", "leading": "5",
    "selected-ci": "640",
    "seed": "18446744073709551615", "threads": "2",
  ]

  @Test func everySettingTakesATextAndChangesOneThing() throws {
    #expect(Set(Self.values.keys) == Set(Setting.all.map(\.name)))
    var seen: Set<Settings> = []
    for setting in Setting.all {
      let base = plain(Self.network[setting.name] ?? .transformer)
      var settings = base
      try setting.set(try #require(Self.values[setting.name]), in: &settings, positions: 3)
      #expect(settings != base, "\(setting.name) sets nothing")
      #expect(seen.insert(settings).inserted, "\(setting.name) sets what another sets")
    }
  }

  /// The network of a setting that transformers have not.
  static let network: [String: AnsatzKind] = [
    "retnet-form": .retnet, "chunk": .retnet, "hidden": .made, "activation": .nade,
  ]

  /// The defaults with a network.
  private func plain(_ kind: AnsatzKind) -> Settings {
    var settings = Settings()
    settings.ansatz.kind = kind
    return settings
  }

  /// A setting that the network does not have stays nil; another network keeps what both have.
  @Test func networksHaveTheirOwnSettings() {
    var ansatz = AnsatzSettings()
    ansatz.width = 24
    ansatz.hidden = [5]
    ansatz.chunk = 3
    #expect(ansatz.hidden == nil && ansatz.chunk == nil)
    ansatz.kind = .retnet
    ansatz.chunk = 3
    #expect(ansatz.width == 24 && ansatz.chunk == 3)
    ansatz.kind = .made
    ansatz.hidden = [5]
    ansatz.width = 8
    #expect(ansatz.width == nil && ansatz.heads == nil && ansatz.retnetForm == nil)
    ansatz.kind = .nade
    #expect(ansatz.hidden == [5] && ansatz.modulus == .nade(masked(hidden: [5])))
    ansatz.kind = .transformer
    #expect(ansatz == AnsatzSettings())
  }

  private func masked(hidden: [Int]) -> MaskedSettings {
    var settings = MaskedSettings()
    settings.hidden = hidden
    return settings
  }

  @Test(arguments: AnsatzKind.allCases) func settingsComeBackFromFiles(_ kind: AnsatzKind) throws {
    var settings = Settings(.paper)
    settings.ansatz.kind = kind
    settings.ansatz.width = 12
    settings.ansatz.hidden = [3, 4]
    settings.ansatz.activation = .tanh
    settings.ansatz.retnetForm = .published
    settings.ansatz.transformerForm = .published
    settings.ansatz.chunk = 5
    settings.ansatz.order = [1, 0]
    let data = try JSONEncoder().encode(settings)
    #expect(try JSONDecoder().decode(Settings.self, from: data) == settings)
  }

  /// Files of earlier versions, which know transformers and RetNets only, and no preset.
  @Test func settingsOfEarlierFilesAreRead() throws {
    let text = """
      {"annealing":{"warmUpSteps":0},"ansatz":{"heads":2,"kind":"retnet","layers":1,"phaseHidden":[8],
      "width":16},"convergence":{"energyTolerance":1e-05,"steps":9},"evaluation":{"leading":100},
      "localEnergy":{"cutoff":1e-10,"mode":"full","screenedDraws":32},
      "optimizer":{"kind":"sr","learningRate":0.5,"weightDecay":0},"sampling":{"maximumSamples":77},
      "seed":3,"start":{"kind":"perturbative"}}
      """
    let settings = try JSONDecoder().decode(Settings.self, from: Data(text.utf8))
    #expect(settings.ansatz.kind == .retnet && settings.ansatz.heads == 2)
    #expect(settings.basis == .default && settings.ansatz.phaseHidden == [8])
    #expect(settings.sampling.maximumSamples == 77 && settings.seed == 3)
  }

  @Test func textsOfNoValueAreRefused() {
    for setting in Setting.all {
      for text in ["", "?", "-1", "nan", "1e999"] {
        var settings = Settings()
        #expect("\(setting.name) \(text)") {
          try setting.set(text, in: &settings, positions: 3)
        } throws: { error in
          let message = (error as? TrainingError)?.message ?? ""
          return message.hasPrefix("`\(setting.name)` must be \(setting.expected), not '\(text)'")
        }
        #expect(settings == Settings())
      }
    }
  }

  @Test func ordersCountFromOne() throws {
    let order = try #require(Setting.named("order"))
    for (text, expected) in [
      ("reverse", [2, 1, 0]), ("forward", [0, 1, 2]), ("2,3,1", [1, 2, 0]),
    ] {
      var settings = Settings()
      try order.set(text, in: &settings, positions: 3)
      #expect(settings.ansatz.order == expected)
    }
  }

  /// Defaults that are one value are said in the words that set it.
  @Test func defaultsAreWhatTheirTextsSay() throws {
    let run = try makeTrainingRun(
      .molecule(try bundled("h2_sto3g"), irrep: .automatic), settings: Settings())
    for setting in Setting.all {
      var copy = run.settings
      do throws(TrainingError) {
        try setting.set(setting.defaultText, in: &copy, positions: 2)
      } catch {
        continue
      }
      #expect(copy == run.settings, "\(setting.name) is not \(setting.defaultText)")
    }
  }

  // MARK: - Effects

  static let useless: [(name: String, words: String, change: @Sendable (inout Settings) -> Void)] =
    [
      ("weight-decay", "`optimizer` adam", { _ in }),
      ("shift", "`optimizer` sr", { $0.optimizer.kind = .adam }),
      ("maximum-step", "`optimizer` sr", { $0.optimizer.kind = .adam }),
      ("exponent", "`draws`", { $0.optimizer.kind = .adam }),
      ("t0", "`annealing` other than none", { _ in }),
      ("annealing-steps", "`annealing`", { $0.annealing.kind = AnnealingKind.none }),
      ("warm-up-steps", "`annealing`", { _ in }),
      ("screening", "`local-energy` screened", { $0.localEnergy.mode = .subspace }),
      ("screened-draws", "`local-energy` screened", { _ in }),
      (
        "screened-draws", "`screening` above 0",
        {
          $0.localEnergy.mode = .screened
          $0.localEnergy.screening = 0
        }
      ),
      ("width", "`ansatz` transformer or retnet", { $0.ansatz.kind = .made }),
      ("hidden", "`ansatz` made or nade", { _ in }),
      ("activation", "`ansatz` made or nade", { $0.ansatz.kind = .retnet }),
      ("transformer-form", "`ansatz` transformer", { $0.ansatz.kind = .nade }),
      ("retnet-form", "`ansatz` retnet", { _ in }),
      ("chunk", "`ansatz` retnet", { _ in }),
      ("maximum-gradient", "`optimizer` adam", { _ in }),
      ("first-draws", "`draws`", { _ in }),
      ("start-determinants", "`start` perturbative", { $0.start.kind = .random }),
      ("start-steps", "`start` perturbative", { $0.start.kind = .random }),
    ]

  @Test(arguments: useless.indices) func settingsWithoutEffectAreFound(_ which: Int) throws {
    let (name, words, change) = Self.useless[which]
    var settings = Settings()
    change(&settings)
    let complaint = try #require(Setting.named(name)).complaint(in: settings)
    #expect(complaint?.contains("`\(name)` has an effect only with") == true)
    #expect(complaint?.contains(words) == true, "\(complaint ?? "")")
  }

  @Test func settingsWithEffectAreNot() throws {
    var settings = Settings()
    settings.annealing.kind = .linear
    settings.localEnergy.mode = .screened
    settings.sampling.maximumSamples = 100
    settings.evaluation.exactLimit = 100
    let problem = Problem.lattice(
      LatticeModel(
        geometry: try LatticeGeometry(.chain, size: "8"),
        interaction: .heisenberg(j1: 1, j2: 0, anisotropy: 1)))
    settings.sampling.draws = 1000
    let others =
      ["weight-decay", "maximum-gradient", "selected-ci", "orbitals"]
      + Self.network.keys
    for setting in Setting.all where !others.contains(setting.name) {
      let complaint = setting.complaint(in: settings, problem: problem, sectorDimension: 101)
      #expect(complaint == nil, "\(complaint ?? "")")
    }
    for name in ["draws", "final-draws", "final-samples"] {
      let setting = try #require(Setting.named(name))
      #expect(setting.complaint(in: settings, sectorDimension: 100)?.contains("100") == true)
    }
    let molecule = Problem.molecule(try bundled("h2_sto3g"), irrep: .any)
    let symmetry = try #require(Setting.named("lattice-symmetry"))
    #expect(symmetry.complaint(in: settings, problem: molecule)?.contains("a lattice") == true)
    let selection = try #require(Setting.named("selected-ci"))
    #expect(selection.complaint(in: settings, problem: molecule) == nil)
    #expect(selection.complaint(in: settings, problem: problem)?.contains("a molecule") == true)
    settings.ansatz.twiceSpin = 2
    #expect(selection.complaint(in: settings, problem: molecule)?.contains("no `spin`") == true)
    settings.ansatz.twiceSpin = nil
    // Ising models start at random unless told otherwise.
    let ising = Problem.lattice(
      LatticeModel(
        geometry: try LatticeGeometry(.chain, size: "8"),
        interaction: .ising(coupling: 1, field: 1)))
    let steps = try #require(Setting.named("start-steps"))
    #expect(steps.complaint(in: settings, problem: ising) != nil)
    settings.start.kind = .perturbative
    #expect(steps.complaint(in: settings, problem: ising) == nil)
  }

  // MARK: - The reference

  /// `docs/settings.md` is the table.
  ///
  /// With `WRITE_SETTINGS_REFERENCE=1` it is written anew.
  @Test func referenceIsTheTable() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("docs/settings.md")
    let text = try String(contentsOf: url, encoding: .utf8)
    let start = try #require(text.range(of: "## "))
    let expected = text[..<start.lowerBound] + Setting.reference
    if ProcessInfo.processInfo.environment["WRITE_SETTINGS_REFERENCE"] == "1" {
      try Data(expected.utf8).write(to: url)
    } else {
      #expect(
        text == expected, "run WRITE_SETTINGS_REFERENCE=1 Scripts/test --filter referenceIsTheTable"
      )
    }
  }
}
