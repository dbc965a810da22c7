internal import ArgumentParser
internal import Foundation

/// `qchem-nqs cite`.
struct CiteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cite",
    abstract: "Print what to cite, as BibTeX.",
    discussion: """
      Prints the entry of the program, and of a result's run those of the methods that it used, each with a line that \
      says for what; --all prints all papers whose methods the program has.

      Examples:
        qchem-nqs cite
        qchem-nqs cite h2o_sto3g.nqs.h5 > h2o.bib
      """)

  @Argument(help: "The result of a run; leave it out for the program's entry only.")
  var result: String?

  @Flag(help: "All papers whose methods the program has.")
  var all = false

  func validate() throws {
    if all, let result {
      throw ValidationError(
        "--all and a result exclude each other; leave out one of --all and \(result).")
    }
  }

  func run() throws {
    let papers = try Bibliography.papers()
    var parts = [Bibliography.program]
    if all {
      parts += papers.map(\.text)
    } else if let result {
      for method in Methods(of: try StoredResult(reading: result)).used {
        guard let paper = papers.first(where: { $0.key == method.key }) else {
          preconditionFailure("CITATIONS.bib has no entry '\(method.key)'")
        }
        parts.append("% \(method.reason)\n\(paper.text)")
      }
    }
    try Console.result(parts.joined(separator: "\n\n"))
  }
}

/// The papers of `CITATIONS.bib`, which is part of the program.
enum Bibliography {
  /// The program's own entry.
  static let program = """
    @software{qchem-nqs,
      author  = {{The qchem-nqs authors}},
      title   = {qchem-nqs: ground states of molecules and spin lattices with neural quantum states},
      version = {\(programVersion)},
      license = {Apache-2.0}
    }
    """

  /// Returns the entries with their keys, in the order of the file.
  ///
  /// - Throws: ``ToolError`` where the file is not what it should be, which a test excludes.
  static func papers() throws(ToolError) -> [(key: String, text: String)] {
    var papers: [(key: String, text: String)] = []
    var lines: [Substring] = []
    let all = String(decoding: PackageResources.CITATIONS_bib, as: UTF8.self)
    for line in all.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("@") || !lines.isEmpty { lines.append(line) }
      guard line == "}", let first = lines.first else { continue }
      guard let open = first.firstIndex(of: "{"), first.hasSuffix(",") else {
        throw ToolError("an entry of the bibliography has no key: \(first).")
      }
      let key = first[first.index(after: open)...].dropLast()
      papers.append((String(key), lines.joined(separator: "\n")))
      lines = []
    }
    return papers
  }
}
