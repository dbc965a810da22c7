internal import Configurations
internal import Estimators
internal import Foundation
internal import Hamiltonians
package import Parallelism

/// What a run will need of memory, in bytes, before it begins.
struct MemoryEstimate: Sendable, Hashable {
  /// The number of configurations of a step.
  let rows: Double
  /// The number of configurations of the evaluation.
  let evaluated: Double
  /// P.
  let parameterCount: Double
  /// The number of connections of a configuration, the mean over some.
  let connections: Double
  /// Parameters, their steps and what the optimiser keeps of them.
  let parameters: Double
  /// What the networks work in.
  let workspaces: Double
  /// Lists of configurations: the sample, or the whole sector where it is taken whole.
  let samples: Double
  /// The Hamiltonian's rows with the amplitudes of the connected configurations; streamed beyond a
  /// budget, which bounds them.
  let table: Double
  /// The same where all of them are kept.
  let wantedTable: Double
  /// The vectors of the configurations on which the evaluation lets amplitudes relax.
  let relaxation: Double
  /// The derivatives of log|ψ|, kept for a step.
  let derivatives: Double
  /// The kernel of the natural gradient in single and double precision with its factor.
  let kernel: Double

  /// All of it.
  var total: Double {
    parameters + workspaces + samples + table + relaxation + derivatives + kernel
  }

  /// Estimates.
  ///
  /// - Parameters:
  ///   - resolved: The settings.
  ///   - hamiltonian: The operator, some of whose rows are counted.
  ///   - space: The sector; not empty.
  ///   - options: How local energies are computed.
  ///   - amplitudeParameters: The number of parameters of the modulus.
  ///   - phaseParameters: The number of parameters of the phase.
  ///   - workspaces: What the networks work in, in bytes.
  init<H: Hamiltonian>(
    _ resolved: ResolvedSettings, hamiltonian: H, space: ConfigurationSpace<H.Word>,
    options: EstimatorOptions, amplitudeParameters: Int, phaseParameters: Int,
    workspaces: Double
  ) {
    self.workspaces = workspaces
    let sector = space.dimension
    rows = min(Double(resolved.maximumSamples), sector)
    evaluated =
      sector <= Double(resolved.exactLimit)
      ? sector : min(sector, Double(resolved.evaluationMaximumSamples))
    parameterCount = Double(amplitudeParameters + phaseParameters)
    parameters = 32 * parameterCount
    // Configurations, weights, moduli, local energies, and their like while they are sorted.
    let most = max(rows, evaluated)
    samples = 256 * most
    connections = Self.connections(of: hamiltonian, space: space, cutoff: options.cutoff)
    let wanted = EstimatorOptions.expectedBytes(
      rows: most, connections: connections, dimension: sector,
      bytesOfConfiguration: LocalEnergyEstimator<H>.bytesOfConfiguration)
    wantedTable = wanted.all
    // One row and the sample itself are there in any case.
    table = max(
      wanted.oneRow, most * Double(LocalEnergyEstimator<H>.bytesOfConfiguration),
      min(Double(options.memoryBudget ?? EstimatorOptions.defaultMemoryBudget()), wanted.all))
    let relaxed =
      evaluated == sector
      ? evaluated : min(evaluated, Double(VariationalMonteCarlo<H>.relaxedConfigurations))
    // What rows take beside those of the table is within the budget; the iterations' vectors, and rows
    // while they are found.
    relaxation = relaxed * 800 + 8 * 64 * Double(resolved.threads) * 50 * connections
    if resolved.optimizer == .sr {
      let columns = Double(amplitudeParameters)
      let side = min(rows, columns)
      derivatives = 4 * rows * columns
      // Two kernels and two factors in the metric of the Hamiltonian.
      kernel =
        resolved.metric == .hamiltonian
        ? 24 * rows * rows : 20 * side * side + 4 * rows * rows
    } else {
      derivatives = 0
      kernel = 0
    }
  }

  /// Throws where this process may not use so much memory, or so much address space on its threads.
  ///
  /// - Parameters:
  ///   - threads: The number of threads.
  ///   - processes: The processes that share the machine's memory, and divide the derivatives.
  ///   - available: The memory.
  /// - Throws: ``TrainingError`` with the parts and what would help.
  func check(
    threads: Int, processes: Int = 1, available: AvailableMemory = .current()
  ) throws(TrainingError) {
    let total = Double(processes) * (total - derivatives) + derivatives
    guard total < Double(available.bytes) else {
      throw TrainingError(
        .invalidSettings,
        "steps on \(Int(rows)) and an evaluation on \(Int(evaluated)) configurations with "
          + "\(Int(parameterCount)) parameters need \(processes > 1 ? "in \(processes) processes " : "")about \(gigabytes(total)) of memory (\(parts)), and "
          + "this process may use \(gigabytes(Double(available.bytes))), because of "
          + "\(available.reason); choose \(remedy)")
    }
    try checkAddressSpace(threads: threads, data: self.total)
  }

  /// What to say in the log.
  var messages: [String] {
    if wantedTable <= table { return [] }
    return [
      "memory: connected configurations would take about \(gigabytes(wantedTable)), of which "
        + "`memory-budget` allows \(gigabytes(table)): large samples are worked on in parts, which is "
        + "slower and changes results by rounding or, of what lies outside a sample, by draws"
    ]
  }

  /// The parts that matter, for people.
  private var parts: String {
    [
      ("derivatives", derivatives), ("kernel", kernel), ("connections", table),
      ("relaxation", relaxation), ("networks' workspaces", workspaces),
      ("lists of configurations", samples), ("parameters", parameters),
    ].filter { $0.1 > 0.01 * total }.sorted { $0.1 > $1.1 }
      .map { "\($0.0) \(gigabytes($0.1))" }.joined(separator: ", ")
  }

  /// What makes the largest part smaller.
  private var remedy: String {
    let ofSteps = derivatives + kernel
    let ofEvaluation = max(samples, table, relaxation)
    if parameters + workspaces > max(ofSteps, ofEvaluation) {
      return "a smaller network or fewer `threads`"
    }
    if ofSteps > ofEvaluation || rows > evaluated {
      return "fewer `samples` or a smaller network"
    }
    return "fewer `final-samples` or a lower `exact-limit`"
  }

  /// The mean number of connections of some configurations of the sector, drawn at random.
  private static func connections<H: Hamiltonian>(
    of hamiltonian: H, space: ConfigurationSpace<H.Word>, cutoff: Double
  ) -> Double {
    var random = RandomSource(seed: 0x4D45_4D4F)
    var tokens = [UInt8](repeating: 0, count: space.positions)
    var list = ConnectionList<H.Word>()
    let count = 4
    for _ in 0..<count {
      var state: Int32 = 0
      for position in 0..<space.positions {
        let alive = (0..<space.vocabulary).filter { space.automaton.next(position, state, $0) >= 0 }
        let token = alive[Int.random(in: 0..<alive.count, using: &random)]
        tokens[position] = UInt8(token)
        state = space.automaton.next(position, state, token)
      }
      hamiltonian.appendConnections(of: space.decode(tokens), above: cutoff, to: &list)
    }
    return Double(list.count) / Double(count)
  }
}

/// Refuses to list a sector whose representatives would not fit.
///
/// - Parameters:
///   - representatives: How many there are, about.
///   - positions: The length of each.
///   - available: The memory of this process.
/// - Throws: ``TrainingError`` where they would not.
package func checkLists(
  representatives: Double, positions: Int, available: AvailableMemory = .current()
) throws(TrainingError) {
  // The strings, and the tree of their prefixes with two children each while it is merged.
  let needed = 12 * representatives * Double(positions)
  guard needed < Double(available.bytes) else {
    throw TrainingError(
      .invalidSettings,
      "the list of the \(Int(representatives)) strings that lattice symmetry leaves needs about "
        + "\(gigabytes(needed)) of memory, and this process may use "
        + "\(gigabytes(Double(available.bytes))), because of \(available.reason); choose "
        + "no `lattice-symmetry`")
  }
}

/// Refuses to start where a limit of the address space leaves too little, in which OpenBLAS would look
/// for memory for ever.
func checkAddressSpace(threads: Int, data: Double = 0) throws(TrainingError) {
  // What the threads have mapped since the beginning is in their workspace.
  guard let left = AvailableMemory.initial.addressSpace else { return }
  let needed = Double(AvailableMemory.threadWorkspace(threads: threads)) + data
  guard needed <= Double(left) else {
    throw TrainingError(
      .invalidSettings,
      "the run needs about \(gigabytes(needed)) of address space on \(threads) threads, and its limit "
        + "(ulimit -v) leaves \(gigabytes(Double(left))); raise the limit or choose fewer `threads`"
    )
  }
}

private func gigabytes(_ bytes: Double) -> String {
  bytes < 1e8 ? String(format: "%.0f MB", bytes * 1e-6) : String(format: "%.1f GB", bytes * 1e-9)
}
