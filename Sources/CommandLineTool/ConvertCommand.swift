internal import ArgumentParser
internal import Foundation
internal import Integrals
internal import Logging
internal import Training

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

      With --orbitals the integrals are those over other orbitals: localised ones, which have no irreps, or natural \
      ones of a small configuration interaction, which keep them. Exact energies do not change.

      Examples:
        qchem-nqs convert molecule.hdf5 molecule.fcidump
        qchem-nqs convert h2o.fcidump h2o.h5
        zcat h2o.fcidump.gz | qchem-nqs convert - h2o.h5
        qchem-nqs convert h2o.fcidump h2o_natural.fcidump --orbitals natural
      """)

  /// The formats that can be written.
  enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case fcidump
    case hdf5
  }

  /// The orbitals of the output.
  enum OutputOrbitals: String, CaseIterable, ExpressibleByArgument {
    case given
    case localised
    case natural
    case auto

    /// The same as the library says it.
    var choice: OrbitalChoice {
      switch self {
      case .given: .given
      case .localised: .localised
      case .natural: .natural
      case .auto: .auto
      }
    }
  }

  @Argument(help: "The integral file, or - for standard input.")
  var input: String

  @Argument(help: "The file to write.")
  var output: String

  @Option(help: "The output's format. (default: by its name)")
  var format: OutputFormat?

  @Option(
    help: """
      The orbitals of the output: given, localised, natural, or auto, those in which 'solve' would work.
      """)
  var orbitals = OutputOrbitals.given

  @Flag(help: "Do not keep an earlier integral file of the output's name.")
  var overwrite = false

  @OptionGroup var talk: TalkOptions

  func run() throws {
    let signals = SignalWatch()
    let logger = talk.verbosity.makeLogger()
    let molecule = try MoleculeInput.read(input, logger: logger)
    let turned: MolecularOrbitals
    do {
      turned = try MolecularOrbitals(molecule.integrals, orbitals.choice)
    } catch {
      throw ToolError("\(input): \(withFlags(error.message)).")
    }
    for message in turned.messages { logger.notice("\(message)") }
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
          turned.integrals, path: output, format: format == .hdf5 ? .hdf5 : .fcidump)
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
        "orbitals": .string(turned.choice.rawValue),
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
