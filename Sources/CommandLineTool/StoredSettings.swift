internal import Foundation
internal import FreeEnergy
internal import SpinMonteCarlo
internal import Training

/// Settings in force by the names of their options.
enum StoredSettings {
  /// One setting: the option's name without dashes, and its value as a command line takes it.
  typealias Entry = (option: String, value: String)

  /// The settings of autoregressive networks, without those that have no effect in the run.
  static func entries(
    _ settings: Settings, problem: Problem, sectorDimension: Double
  ) -> [Entry] {
    var spin: [Entry] = []
    if let twice = settings.ansatz.twiceSpin {
      spin.append(("spin", twice % 2 == 0 ? "\(twice / 2)" : "\(twice)/2"))
    }
    return spin
      + Setting.all.compactMap { setting in
        guard
          setting.complaint(in: settings, problem: problem, sectorDimension: sectorDimension)
            == nil,
          let text = setting.text(in: settings)
        else { return nil }
        return (setting.name, text)
      }
  }

  /// The settings of Markov chains.
  static func entries(_ settings: SpinSettings) -> [Entry] {
    var stages = (settings.earlierStages ?? []).map { "\($0.kind.rawValue):\($0.steps)" }
    if let last = settings.symmetry?.rawValue {
      stages.append(stages.isEmpty ? last : "\(last):\(settings.symmetrySteps ?? 0)")
    }
    var special = ["symmetry": ("project", stages.joined(separator: ","))]
    if let momentum = settings.projectedMomentum {
      special["projectedMomentum"] = (
        "project-momentum", momentum.map { String($0) }.joined(separator: ",")
      )
    }
    return entries(
      of: settings, special: special, leftOut: ["earlierStages"],
      names: [
        "symmetrySteps": "project-steps", "pointIrrep": "project-irrep",
        "parity": "project-parity",
      ])
  }

  /// The settings of classical spins.
  static func entries(_ settings: FreeEnergySettings) -> [Entry] {
    entries(
      of: settings, special: [:], leftOut: [],
      names: [
        "heatBathSide": "heat-bath", "annealing": "beta-annealing",
        "annealingSteps": "beta-steps", "annealingBase": "beta-base",
      ])
  }

  /// The members of stored settings, which are options in camel case but for a few.
  private static func entries(
    of settings: some Encodable, special: [String: (String, String)], leftOut: Set<String>,
    names: [String: String]
  ) -> [Entry] {
    guard let data = try? JSONEncoder().encode(settings),
      let members = try? JSONDecoder().decode([String: Member].self, from: data)
    else { return [] }
    return members.filter { !leftOut.contains($0.key) }.map { key, member in
      if let (option, value) = special[key] { return (option, value) }
      return (names[key] ?? dashed(key), member.text)
    }.sorted { $0.0 < $1.0 }
  }

  /// Returns `learningRate` as `learning-rate`.
  private static func dashed(_ name: String) -> String {
    name.reduce(into: "") { text, letter in
      text += letter.isUppercase ? "-\(letter.lowercased())" : String(letter)
    }
  }

  /// A member of stored settings, as text.
  private struct Member: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let value = try? container.decode(Bool.self) {
        text = "\(value)"
      } else if let value = try? container.decode(UInt64.self) {
        text = "\(value)"
      } else if let value = try? container.decode(Int.self) {
        text = "\(value)"
      } else if let value = try? container.decode(Double.self) {
        text = "\(value)"
      } else if let value = try? container.decode(String.self) {
        text = value
      } else {
        // Lists have names of their own.
        text = ""
      }
    }
  }
}
