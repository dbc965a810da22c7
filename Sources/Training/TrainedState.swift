public import Configurations
internal import Foundation
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Parallelism
internal import Synchronization
public import WaveFunctions

/// A trained wave function: log ψ of any configuration, and what it is a state of.
///
/// ```swift
/// let state = try TrainedState(readingFrom: "h2o_sto3g.nqs.h5")
/// let reference = Configuration<UInt64>(alpha: 0b11111, beta: 0b11111)
/// print(state.logAmplitudes(of: [reference]).logModulus)
/// ```
///
/// `|ψ|²` sums to 1 over the configurations of the sector, all members of every orbit counted.
/// Calls from several threads wait for one another.
public final class TrainedState: Sendable {
  /// The quantum numbers that the state has exactly.
  public struct Sector: Sendable, Hashable {
    /// The irrep of a molecule's state, as an XOR label; nil where none is imposed.
    public let irrep: UInt8?
    /// The eigenvalue of the spin flip, +1 or −1; 0 where it is not imposed.
    public let spinFlipParity: Int
    /// The group of lattice symmetries with its eigenvalues; empty for none.
    public let symmetries: [SpinSymmetry]
    /// The number of configurations that the network sees, one for each orbit of the symmetries.
    public let dimension: Double
  }

  /// What it is a state of.
  public let problem: Problem
  /// The settings of its run, none left open.
  public let settings: Settings
  /// The quantum numbers.
  public let sector: Sector
  /// The networks' arrays by name.
  public let parameters: [Snapshot.Array32]
  private let threads: Int
  private let space: StateSpace
  private let waveFunction: Mutex<AnyWaveFunction>

  /// Rebuilds the state of a run.
  ///
  /// - Parameters:
  ///   - problem: The run's problem.
  ///   - settings: The run's settings, as ``TrainingRun/settings`` has them.
  ///   - snapshot: Its state.
  ///   - threads: The number of threads; nil for all cores.
  /// - Throws: ``TrainingError`` where these do not belong together.
  public init(
    problem: Problem, settings: Settings, snapshot: Snapshot, threads: Int? = nil
  ) throws(TrainingError) {
    // As in a run: sums of several BLAS threads depend on how many there are.
    BLAS.setThreadCount(1)
    let threads = Execution(threads: threads).threads
    let space = try StateSpace(problem, settings, snapshot)
    func make<Word: ConfigurationWord>(
      _: Word.Type
    ) throws(TrainingError) -> NetworkWaveFunction<Word> {
      try space.makeWaveFunction(settings, threads: threads) { wave throws(TrainingError) in
        try wave.parameters(of: snapshot)
      }
    }
    let waveFunction: AnyWaveFunction
    let dimension: Double
    if space.positions <= UInt64.bitWidth {
      let narrow = try make(UInt64.self)
      (waveFunction, dimension) = (.narrow(narrow), narrow.space.dimension)
    } else {
      let wide = try make(UInt128.self)
      (waveFunction, dimension) = (.wide(wide), wide.space.dimension)
    }
    self.problem = problem
    self.settings = settings
    self.threads = threads
    self.space = space
    self.waveFunction = Mutex(waveFunction)
    parameters = snapshot.parameters
    sector = Sector(
      irrep: space.irrep, spinFlipParity: space.spinFlipParity, symmetries: space.symmetries,
      dimension: dimension)
  }

  /// The number of orbitals or sites.
  public var positions: Int { space.positions }

  /// Computes log ψ of a batch.
  ///
  /// Configurations may be given in words of any width: bit `p` is orbital or site `p`. One outside the
  /// sector has log-modulus `-infinity` and phase 0, and so has one with a bit beyond the last orbital.
  ///
  /// - Parameter configurations: The batch, `[B]`, not only representatives.
  /// - Returns: log|ψ| and arg ψ in radians, `[B]` each.
  public func logAmplitudes<Word: ConfigurationWord>(
    of configurations: [Configuration<Word>]
  ) -> (logModulus: [Double], phase: [Double]) {
    waveFunction.withLock {
      switch $0 {
      case .narrow(let narrow): Self.logAmplitudes(of: configurations, narrow)
      case .wide(let wide): Self.logAmplitudes(of: configurations, wide)
      }
    }
  }

  /// Returns the wave function itself, for samplers, estimators and observables.
  ///
  /// Each call makes a new one, which is the caller's own to change.
  ///
  /// - Parameter word: The word of its configurations.
  /// - Returns: The wave function with the stored parameters.
  /// - Precondition: ``positions`` is at most the bit width of the word.
  public func makeWaveFunction<Word: ConfigurationWord>(
    _ word: Word.Type
  ) -> any AutoregressiveWaveFunction<Word> {
    precondition(positions <= Word.bitWidth, "\(positions) positions do not fit the word")
    let values = waveFunction.withLock {
      switch $0 {
      case .narrow(let narrow): narrow.parameters
      case .wide(let wide): wide.parameters
      }
    }
    return space.makeWaveFunction(settings, threads: threads) { _ in values }
  }

  private static func logAmplitudes<Own, Word>(
    of configurations: [Configuration<Word>], _ waveFunction: NetworkWaveFunction<Own>
  ) -> (logModulus: [Double], phase: [Double]) {
    let positions = waveFunction.space.positions
    let all: Word = positions >= Word.bitWidth ? ~0 : (1 << Word(positions)) - 1
    let second: Word = waveFunction.space.kind == .electrons ? all : 0
    // The wave function reads the bits of its orbitals only.
    let isPossible = configurations.map { $0.alpha & ~all == 0 && $0.beta & ~second == 0 }
    var result = waveFunction.logAmplitudes(
      of: configurations.indices.map { index in
        isPossible[index]
          ? Configuration<Own>(
            alpha: Own(truncatingIfNeeded: configurations[index].alpha),
            beta: Own(truncatingIfNeeded: configurations[index].beta))
          : Configuration<Own>(alpha: 0)
      })
    for index in isPossible.indices where !isPossible[index] {
      result.logModulus[index] = -.infinity
      result.phase[index] = 0
    }
    return result
  }
}

/// A wave function in words that hold its orbitals.
private enum AnyWaveFunction: Sendable {
  case narrow(NetworkWaveFunction<UInt64>)
  case wide(NetworkWaveFunction<UInt128>)
}
