internal import ArgumentParser
internal import Foundation
internal import Integrals
internal import Logging

/// `qchem-nqs convert`.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Convert an integral file to FCIDUMP or HDF5.",
    discussion: """
      The input may be of any format that 'inspect' knows. The output's format follows from its \
      name (.h5 and .hdf5: HDF5; .fcidump, FCIDUMP and the rest: FCIDUMP) or from --format. Both \
      formats give every number back as it was. An integral file of the output's name is kept as \
      NAME.~1~; any other file there is refused.

      Examples:
        qchem-nqs convert molecule.hdf5 molecule.fcidump
        qchem-nqs convert h2o.fcidump h2o.h5
        zcat h2o.fcidump.gz | qchem-nqs convert - h2o.h5
      """)

  /// The formats that can be written.
  enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case fcidump
    case hdf5
  }

  @Argument(help: "The integral file, or - for standard input.")
  var input: String

  @Argument(help: "The file to write.")
  var output: String

  @Option(help: "The output's format. (default: by its name)")
  var format: OutputFormat?

  @Flag(help: "Do not keep an earlier integral file of the output's name.")
  var overwrite = false

  @OptionGroup var talk: TalkOptions

  func run() throws {
    let signals = SignalWatch()
    let logger = talk.verbosity.makeLogger()
    let molecule = try MoleculeInput.read(input, logger: logger)
    let format = self.format ?? Self.format(ofName: output)
    let file = try OutputFile(output, kind: .integrals, input: input, overwrites: overwrite)
    defer { file.release() }
    signals.setLeave { signal in
      Console.note("stopped by \(SignalWatch.name(of: signal))")
      file.leave(128 + signal)
    }
    do {
      let earlier = try file.write(keepsEarlier: true) {
        try IntegralFile.write(
          molecule.integrals, path: output, format: format == .hdf5 ? .hdf5 : .fcidump)
      }
      if let earlier { logger.notice("the earlier \(output) is kept as \(earlier)") }
    } catch let error as IntegralsError {
      throw ToolError("\(error)")
    }
    if talk.json {
      let summary = JSONValue.object([
        "input": .string(molecule.path), "input_format": .string(molecule.formatDescription),
        "output": .string(output), "output_format": .string(format.rawValue),
        "norb": .integer(molecule.integrals.orbitalCount),
      ])
      try Console.result(summary.text())
    } else {
      logger.notice("\(molecule.formatDescription) to \(format.rawValue): \(output)")
    }
  }

  static func format(ofName path: String) -> OutputFormat {
    ["h5", "hdf5", "hdf"].contains((path as NSString).pathExtension.lowercased()) ? .hdf5 : .fcidump
  }
}
