internal import ArgumentParser
internal import ExactSolvers
internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Logging
internal import Parallelism
internal import Training

/// `qchem-nqs exact`.
struct ExactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exact",
    abstract: "Solve a problem exactly: full CI, a lattice by Lanczos, the classical Ising model.",
    discussion: """
      Molecules: the lowest states of the (N, Sz) sector over all irreps, or in one irrep, by \
      Davidson's method. Lattices: the lowest states by Lanczos' method, in the sector of \
      --magnetization where the model has one. The memory is estimated first. The classical Ising \
      model at --beta: by Kaufman's formula, or with --couplings by the transfer matrix. Molecules too \
      large for full CI: --selected.

      Examples:
        qchem-nqs exact h2o.fcidump --roots 3
        qchem-nqs exact n2.fcidump --irrep 1
        qchem-nqs exact c2h4o.fcidump --selected
        qchem-nqs exact h2o.fcidump --output h2o-exact.h5
        qchem-nqs exact --lattice heisenberg --geometry chain --size 16
        qchem-nqs exact --lattice hubbard --size 4x2 --boundary periodic-open --u 4
        qchem-nqs exact --lattice classical-ising --size 128 --beta 0.44
      """)

  @Argument(help: "The integral file, or - for standard input; leave it out for lattices.")
  var input: String?

  @OptionGroup(title: "Selected CI") var selection: SelectedOptions

  @OptionGroup(title: "Density matrices and observables") var output: ExactOutputOptions

  @OptionGroup(title: "Lattices") var lattice: LatticeOptions

  @Option(help: "The number of states. (default: 1)")
  var roots: Int?

  @Option(
    parsing: .unconditional,
    help: "The irrep by its number, from 1, its name as C2v:B1, or any. (default: any)")
  var irrep: IrrepOption?

  @Option(help: ArgumentHelp("The most memory to use, such as 8G or 500M.", valueName: "bytes"))
  var memoryLimit = ByteCount(bytes: 8 << 30)

  @Option(help: "The number of threads. (default: see 'info')")
  var threads: Int?

  @OptionGroup var talk: TalkOptions

  func validate() throws {
    try require("roots", roots, "from 1 to 1000") { $0 >= 1 && $0 <= 1000 }
    try require("threads", threads, "from 1 to 1024") { $0 >= 1 && $0 <= 1024 }
  }

  func run() throws {
    let start = ContinuousClock.now
    _ = SignalWatch()
    try checkAddressSpace()
    if let problem = try lattice.makeClassicalProblem() {
      if output.output != nil { throw outputError }
      if selection.selected { throw selectedError }
      return try solveClassical(problem, since: start)
    }
    var result: ExactResult
    switch try ProblemInput.read(input, lattice, logger: talk.verbosity.makeLogger()) {
    case .molecule(let molecule)? where selection.selected:
      let writer = try makeOutput(of: molecule)
      defer { writer?.file.release() }
      var report = try solveSelected(molecule, writer)
      report.seconds = seconds(since: start)
      return try Console.result(talk.json ? report.json.text() : report.text(quiet: talk.quiet))
    case .molecule(let molecule)?:
      let writer = try makeOutput(of: molecule)
      defer { writer?.file.release() }
      result = try solveMolecule(molecule, writer)
    case .lattice(let model)?:
      if output.output != nil { throw outputError }
      result = try solveLattice(model)
    case nil:
      throw ToolError("what is to be solved? Give an integral file, or --lattice with --size.")
    }
    result.seconds = seconds(since: start)
    if talk.json {
      try Console.result(result.json.text())
    } else {
      try Console.result(result.text(quiet: talk.quiet))
    }
  }

  private func solveClassical(
    _ problem: ClassicalProblem, since start: ContinuousClock.Instant
  ) throws {
    if input != nil { throw ToolError("give an integral file or --lattice, not both.") }
    if irrep != nil { throw ToolError("--irrep is for molecules.") }
    if roots != nil {
      throw ToolError("--roots is for quantum states; classical-ising has none, leave it out.")
    }
    var result = try ExactThermodynamics(problem, threads: threadCount)
    result.seconds = seconds(since: start)
    try Console.result(talk.json ? result.json.text() : result.text(quiet: talk.quiet))
  }

  private var outputError: ToolError {
    ToolError("--output is for molecules and --lattice hubbard; leave it out.")
  }

  /// The file of density matrices; nil where none is asked for.
  private func makeOutput(of molecule: MoleculeInput) throws -> ExactOutput? {
    guard let path = output.output else { return nil }
    return try ExactOutput(
      path, output, of: molecule, memory: usableMemory, threads: threadCount,
      logger: talk.verbosity.makeLogger())
  }

  /// The memory that may be used, in bytes.
  private var usableMemory: Int {
    Int(min(Double(memoryLimit.bytes), 0.8 * Double(AvailableMemory.current().bytes)))
  }

  private var selectedError: ToolError {
    ToolError("--selected is for molecules and --lattice hubbard; leave it out.")
  }

  /// The label of the irrep that is asked for; nil for any.
  private func label(in molecule: MoleculeInput) throws -> UInt8? {
    if case .text(let text) = irrep {
      return try molecule.label(ofIrrepNamed: text, logger: talk.verbosity.makeLogger())
    }
    if case .number(let number) = irrep, molecule.integrals.orbitalIrreps != nil || number != 1 {
      return try molecule.label(ofIrrep: number)
    }
    return nil
  }

  private func solveSelected(
    _ molecule: MoleculeInput, _ writer: ExactOutput?
  ) throws -> SelectedReport {
    if let roots, roots != 1 {
      throw ToolError("--selected finds one state; leave --roots out.")
    }
    return try SelectedSolve(
      molecule: molecule, options: selection, irrep: label(in: molecule),
      memory: usableMemory, threads: threadCount, logger: talk.verbosity.makeLogger(),
      output: writer
    ).run()
  }

  private func solveMolecule(
    _ molecule: MoleculeInput, _ writer: ExactOutput?
  ) throws -> ExactResult {
    let label = try label(in: molecule)
    do {
      let solver = try FullCI(
        molecule.integrals, execution: Execution(threads: threadCount))
      try checkMemory(solver.memoryEstimate(roots: roots ?? 1, irrep: label))
      let solution = try solver.solve(
        roots: roots ?? 1, irrep: label, memoryLimit: UInt64(memoryLimit.bytes),
        keepsVectors: writer != nil)
      if let writer, let state = solution.states.first, let vector = solution.wavefunctions.first {
        try writer.write(
          vector.configurations, vector.coefficients, energy: state.energy, method: "full CI",
          irrep: state.irrep.map { Int($0) + 1 })
      }
      let spins = solution.states.map(\.spinSquared)
      return ExactResult(
        problem: molecule.path, unit: "Eh", sites: nil, energies: solution.energies,
        spinSquared: spins,
        irreps: solution.states.map { $0.irrep.map { Int($0) + 1 } },
        residuals: solution.states.map(\.residual), dimension: Double(solution.dimension),
        warnings: molecule.warnings)
    } catch let error as EigensolverError {
      throw ToolError("\(molecule.path): \(error).")
    }
  }

  private func solveLattice(_ model: LatticeModel) throws -> ExactResult {
    if selection.selected { throw selectedError }
    if irrep != nil { throw ToolError("--irrep is for molecules.") }
    let sites = model.geometry.siteCount
    guard sites <= LatticeBasis.siteLimit else {
      throw ToolError(
        "\(model.name): exact diagonalisation takes at most \(LatticeBasis.siteLimit) sites, and this "
          + "lattice has \(sites); choose a smaller size.")
    }
    do {
      let solver = try LatticeExactDiagonalization(
        model.makeHamiltonian(UInt64.self), upCount: model.upCount,
        execution: Execution(threads: threadCount))
      try checkMemory(Double(solver.memoryEstimate(levels: roots ?? 1)))
      let solution = try solver.solve(levels: roots ?? 1, memoryLimit: memoryLimit.bytes)
      return ExactResult(
        problem: model.name, unit: "J", sites: sites,
        energies: solution.energies,
        spinSquared: solution.spinSquared?.map { $0 }
          ?? solution.energies.map { _ in nil },
        irreps: solution.energies.map { _ in nil }, residuals: solution.residuals,
        dimension: Double(solver.dimension))
    } catch let error as ToolError {
      throw error
    } catch {
      throw ToolError("\(model.name): \(error).")
    }
  }

  private func checkMemory(_ needed: Double) throws {
    guard needed <= Double(memoryLimit.bytes) else {
      throw ToolError(
        "the exact solution needs about \(ByteCount.text(needed)) of memory, more than the limit "
          + "of \(memoryLimit); raise --memory-limit, choose one irrep, or use 'solve'.")
    }
    let available = AvailableMemory.current()
    guard needed <= Double(available.bytes) else {
      throw ToolError(
        "the exact solution needs about \(ByteCount.text(needed)) of memory, and this process may use "
          + "\(ByteCount.text(Double(available.bytes))), because of \(available.reason); choose one "
          + "irrep, or use 'solve'.")
    }
    try checkAddressSpace(data: needed)
  }

  private var threadCount: Int { threads ?? ProcessorCount.current.count }

  /// Refuses to start where the address space is too small for OpenBLAS, which would try for ever.
  private func checkAddressSpace(data: Double = 0) throws {
    guard let left = AvailableMemory.initial.addressSpace else { return }
    let needed = Double(AvailableMemory.threadWorkspace(threads: threadCount)) + data
    guard needed <= Double(left) else {
      throw ToolError(
        "the exact solution needs about \(ByteCount.text(needed)) of address space on \(threadCount) "
          + "threads, and its limit (ulimit -v) leaves \(ByteCount.text(Double(left))); raise the limit "
          + "or choose fewer --threads.")
    }
  }
}

/// What `exact` prints.
private struct ExactResult {
  let problem: String
  let unit: String
  let sites: Int?
  let energies: [Double]
  let spinSquared: [Double?]
  let irreps: [Int?]
  let residuals: [Double]
  let dimension: Double
  var warnings: [String] = []
  var seconds = 0.0

  var json: JSONValue {
    var members: [JSONValue.Member] = [
      .init(key: "program", value: .string("qchem-nqs")),
      .init(key: "version", value: .string(programVersion)),
      .init(key: "problem", value: .string(problem)),
      .init(key: "unit", value: .string(unit)),
      .init(key: "energies", value: .array(energies.map { .number($0) })),
    ]
    if let sites {
      let perSite = energies.map { JSONValue.number($0 / Double(sites)) }
      members.append(.init(key: "sites", value: .integer(sites)))
      members.append(.init(key: "energies_per_site", value: .array(perSite)))
    } else {
      members.append(.init(key: "irreps", value: .array(irreps.map { .integer($0) })))
    }
    members += [
      .init(key: "spin_squared", value: .array(spinSquared.map { .number($0) })),
      .init(key: "residuals", value: .array(residuals.map { .number($0) })),
      .init(key: "dimension", value: .integer(Int(dimension))),
      .init(key: "wall_seconds", value: .number(seconds)),
      .init(key: "warnings", value: .array(warnings.map { .string($0) })),
    ]
    return .object(members)
  }

  func text(quiet: Bool) -> String {
    var lines: [String] = []
    if !quiet {
      lines.append("\(problem): \(Int(dimension)) states, solved in \(duration)")
      for (index, energy) in energies.enumerated() {
        var line = String(format: "state %3d  %18.10f \(unit)", index + 1, energy)
        if let spin = spinSquared[index] { line += "  <S^2> " + fixed(spin, 4) }
        if let irrep = irreps[index] { line += "  irrep \(irrep)" }
        if let sites { line += String(format: "  per site %.12f", energy / Double(sites)) }
        lines.append(line)
      }
    }
    lines.append(String(format: "EXACT ENERGY  %.10f \(unit)", energies.first ?? .nan))
    return lines.joined(separator: "\n")
  }

  private var duration: String { String(format: "%.1f s", seconds) }
}

/// Returns a number with a fixed count of decimals, and no minus sign before zero.
func fixed(_ value: Double, _ decimals: Int) -> String {
  let text = String(format: "%.\(decimals)f", value)
  return text.hasPrefix("-") && !text.contains { "123456789".contains($0) }
    ? String(text.dropFirst()) : text
}

/// Returns the seconds that have passed.
func seconds(since start: ContinuousClock.Instant) -> Double {
  let duration = start.duration(to: .now)
  return Double(duration.components.seconds) + 1e-18 * Double(duration.components.attoseconds)
}
