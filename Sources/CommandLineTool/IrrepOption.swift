internal import ArgumentParser
internal import Integrals
internal import Logging

/// Which irreps may contribute, as the command line says it.
enum IrrepOption: ExpressibleByArgument, Equatable {
  /// All of them.
  case any
  /// One, from 1 as in an FCIDUMP.
  case number(Int)
  /// Something else, such as the name of an irrep.
  case text(String)

  init?(argument: String) {
    self = argument == "any" ? .any : Int(argument).map { .number($0) } ?? .text(argument)
  }
}

/// Names of irreps, by the numbers that programs give them.
enum IrrepNames {
  /// D2h and its subgroups: the irreps in the order of Molpro's numbers from 1, and in that of PySCF's
  /// labels from 0.
  private static let groups: [(name: String, molpro: [String], pyscf: [String])] = [
    (
      "D2h", ["Ag", "B3u", "B2u", "B1g", "B1u", "B2g", "B3g", "Au"],
      ["Ag", "B1g", "B2g", "B3g", "Au", "B1u", "B2u", "B3u"]
    ),
    ("C2v", ["A1", "B1", "B2", "A2"], ["A1", "A2", "B1", "B2"]),
    ("C2h", ["Ag", "Au", "Bu", "Bg"], ["Ag", "Bg", "Au", "Bu"]),
    ("D2", ["A", "B3", "B2", "B1"], ["A", "B1", "B2", "B3"]),
    ("Cs", ["A'", "A''"], ["A'", "A''"]),
    ("C2", ["A", "B"], ["A", "B"]),
    ("Ci", ["Ag", "Au"], ["Ag", "Au"]),
  ]

  /// Returns the names of all irreps by their labels from 0, where group and numbering leave no doubt.
  ///
  /// - Parameters:
  ///   - integrals: The molecule.
  ///   - pointGroup: The point group, where the user says it; nil for that of the file.
  ///   - usual: Whose numbers labels are taken for where the integrals obey those of both; nil for none.
  /// - Returns: The names; nil where the labels may stand for several irreps.
  static func names(
    of integrals: MolecularIntegrals, pointGroup: String? = nil,
    assuming usual: IrrepNumbering? = nil
  ) -> [String]? {
    guard let labels = integrals.orbitalIrreps, let numbering = integrals.irrepNumbering ?? usual
    else { return nil }
    let largest = Int(labels.max() ?? 0)
    let said = pointGroup ?? integrals.pointGroup
    // Labels of linear molecules are those of the largest subgroup here; only D2h has labels from 4 on.
    let name = said.map { ["dooh": "d2h", "coov": "c2v"][$0.lowercased()] ?? $0.lowercased() }
    guard let name = name ?? (largest >= 4 ? "d2h" : nil),
      let group = groups.first(where: { $0.name.lowercased() == name }),
      largest < group.molpro.count
    else { return nil }
    return numbering == .molpro ? group.molpro : group.pyscf
  }

  /// The point groups with names.
  static var groupNames: [String] { groups.map(\.name) }

  /// Says which number an irrep's name stands for.
  ///
  /// - Parameters:
  ///   - name: The name.
  ///   - pointGroup: The point group, where the file says it.
  ///   - count: The number of irreps.
  /// - Returns: A sentence; nil for names that none of the possible point groups has.
  static func explanation(_ name: String, pointGroup: String?, count: Int) -> String? {
    let known = groups.filter { $0.name.lowercased() == pointGroup?.lowercased() }
    let possible = known.isEmpty ? groups.filter { $0.molpro.count == count } : known
    let clauses = possible.compactMap { group -> String? in
      func number(_ names: [String]) -> Int? {
        names.firstIndex { $0.lowercased() == name.lowercased() }.map { $0 + 1 }
      }
      guard let molpro = number(group.molpro), let pyscf = number(group.pyscf) else { return nil }
      return molpro == pyscf
        ? "\(molpro) in \(group.name)"
        : "\(molpro) in \(group.name) where ORBSYM has Molpro's numbers, \(pyscf) where it has "
          + "PySCF's labels"
    }
    return clauses.isEmpty ? nil : "\(name) is \(clauses.joined(separator: ", or "))"
  }
}

extension MoleculeInput {
  /// Returns the label of an irrep given by name, `B1u` or with its group `C2v:B1`.
  ///
  /// With the group the numbers are taken for Molpro's where the integrals obey PySCF's as well, and a line says so.
  ///
  /// - Parameters:
  ///   - text: The name.
  ///   - logger: Receives which number it stands for.
  /// - Returns: The label, from 0.
  /// - Throws: ``ToolError`` where the name stands for none, may stand for several, or no determinant has the irrep.
  func label(ofIrrepNamed text: String, logger: Logger) throws -> UInt8 {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let group = parts.count == 2 ? String(parts[0]) : nil
    let name = parts[parts.count - 1].lowercased()
    let names = IrrepNames.names(
      of: integrals, pointGroup: group, assuming: group == nil ? nil : .molpro)
    guard let index = names?.firstIndex(where: { $0.lowercased() == name }) else {
      throw irrepError(text)
    }
    let doubt =
      integrals.irrepNumbering == nil ? ", if ORBSYM has Molpro's numbers and not PySCF's" : ""
    logger.notice("irrep \(text) is number \(index + 1)\(doubt)")
    return try label(ofIrrep: index + 1)
  }

  /// Returns what is wrong with an irrep that is neither a number nor `any`.
  func irrepError(_ text: String) -> ToolError {
    guard integrals.orbitalIrreps != nil else {
      return ToolError(
        "--irrep \(text): \(path) has no orbital symmetries (ORBSYM) that its integrals obey; "
          + "leave --irrep out.")
    }
    let names = IrrepNames.explanation(text, pointGroup: integrals.pointGroup, count: irrepCount)
    return ToolError(
      "--irrep \(text): irreps go by the numbers of ORBSYM, 1 to \(irrepCount) for \(path), or any; "
        + (names.map { "\($0); names are taken with the group, as D2h:B1u." }
          ?? "1 is the totally symmetric one."))
  }
}
