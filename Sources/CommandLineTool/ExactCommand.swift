internal import ArgumentParser

struct ExactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "exact")
  func run() throws {}
}
