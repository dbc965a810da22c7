internal import ArgumentParser

struct SolveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "solve")
  @Argument var input: String?
  @OptionGroup(title: "Lattices") var lattice: LatticeOptions
  @OptionGroup var settings: SettingsOptions
  @OptionGroup var runOptions: RunOptions
  @OptionGroup var talk: TalkOptions
  @Option var config: String?
  func run() throws { if let config { let c = try ConfigurationFile.read(config); print(ConfigurationFile.optionNames.sorted(), c.settings.schedule.steps as Any, c.settings.ansatz.phaseHidden as Any, settings.ansatz.spinFlip as Any) } }
}
