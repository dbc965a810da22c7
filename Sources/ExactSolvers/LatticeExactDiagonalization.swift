public import Configurations
public import Hamiltonians
internal import LinearAlgebra
public import Parallelism

/// The lowest levels of a small spin lattice, by exact diagonalisation.
///
/// ```swift
/// let chain = try LatticeGeometry(.chain, size: "16")
/// let exact = try LatticeExactDiagonalization(.heisenberg(on: chain), upCount: 8)
/// let energy = try exact.solve(levels: 1).energies[0]  // −7.142296360617
/// ```
///
/// The Hamiltonian is applied without being stored, in the sector of one magnetisation or in the
/// whole space of `2^N` spin strings; the levels come from ``BandLanczos``, with all copies of
/// degenerate ones.
public struct LatticeExactDiagonalization: Sendable {
  /// The memory that may be used unless another limit is given, in bytes: 8 GiB.
  public static let defaultMemoryLimit = 8 << 30

  /// The spin strings that span the space.
  public let basis: LatticeBasis
  private let hamiltonian: SpinHamiltonian<UInt64>
  private let execution: Execution

  /// Levels and states, lowest first.
  public struct Result: Sendable {
    /// The energies, ascending, degenerate ones repeated.
    public let energies: [Double]
    /// `⟨S²⟩` of each state, or nil where a transverse field breaks the conservation of `Sᶻ`.
    public let spinSquared: [Double]?
    /// The states as amplitudes over the basis, of norm 1.
    public let states: [[Double]]
    /// The residual norms `‖Hx − Ex‖`.
    ///
    /// An energy is off by at most its residual, and by about the residual's square over the gap.
    public let residuals: [Double]
    /// The number of products with the Hamiltonian.
    public let productCount: Int
  }

  /// Prepares the diagonalisation of a Hamiltonian in a sector.
  ///
  /// - Parameters:
  ///   - hamiltonian: The Hamiltonian.
  ///   - upCount: The number of sites that point up, for `Sᶻ = upCount − N/2`, or nil for the
  ///     whole space. The ground state of Heisenberg's antiferromagnet has `⌊N/2⌋`.
  ///   - execution: The threads to use.
  /// - Throws: ``EigensolverError`` where the lattice is too large, the sector is empty, or a
  ///   transverse field leads out of it.
  public init(
    _ hamiltonian: SpinHamiltonian<UInt64>, upCount: Int?, execution: Execution = Execution()
  ) throws(EigensolverError) {
    guard upCount == nil || hamiltonian.conservesMagnetization else {
      throw EigensolverError(
        .invalidSector,
        "a transverse field does not conserve the magnetisation; ask for the whole space")
    }
    basis = try LatticeBasis(siteCount: hamiltonian.siteCount, upCount: upCount)
    self.hamiltonian = hamiltonian
    self.execution = execution
  }

  /// The number of spin strings, the dimension of the space.
  public var dimension: Int { basis.dimension }

  /// Returns the memory that ``solve(levels:memoryLimit:)`` needs at least, in bytes.
  public func memoryEstimate(levels: Int) -> Int {
    // Sums by BLAS depend on its thread count, which the process shares: one thread, as everywhere.
    BLAS.setThreadCount(1)
    var solver = BandLanczos(levelCount: levels)
    solver.basisSize = solver.minimumBasisSize
    return bytes(of: solver)
  }

  /// Computes the lowest levels.
  ///
  /// - Parameters:
  ///   - levels: The number of levels, at least 1, counted with multiplicity; at most
  ///     ``dimension`` are returned.
  ///   - memoryLimit: The memory that the vectors may use, in bytes.
  /// - Returns: Energies and states.
  /// - Throws: ``EigensolverError`` where the limit is too low or the iteration does not converge.
  public func solve(
    levels: Int = 1, memoryLimit: Int = defaultMemoryLimit
  ) throws(EigensolverError) -> Result {
    let needed = memoryEstimate(levels: levels)
    guard needed <= memoryLimit else {
      throw EigensolverError(
        .tooLarge,
        "exact diagonalisation of \(dimension) states for \(levels) level"
          + "\(levels == 1 ? "" : "s") needs \(Self.gibibytes(needed)) GiB, more than the limit "
          + "of \(Self.gibibytes(memoryLimit)) GiB; choose a smaller lattice or raise the limit")
    }
    var solver = BandLanczos(levelCount: levels)
    solver.execution = execution
    while bytes(of: solver) > memoryLimit { solver.basisSize -= 1 }
    let matrix = LatticeOperator(hamiltonian, on: basis, execution: execution)
    let pairs = try solver.solve(dimension: dimension) { matrix.apply($0, $1) }
    return Result(
      energies: pairs.values, spinSquared: spinSquared(of: pairs.vectors), states: pairs.vectors,
      residuals: pairs.residuals, productCount: pairs.productCount)
  }

  private func spinSquared(of states: [[Double]]) -> [Double]? {
    guard hamiltonian.conservesMagnetization,
      let operation = try? SpinHamiltonian<UInt64>.totalSpinSquared(
        siteCount: hamiltonian.siteCount)
    else { return nil }
    let matrix = LatticeOperator(operation, on: basis, execution: execution)
    return states.map(matrix.expectation)
  }

  /// The memory of a solver's vectors with two diagonals and a product beside them.
  private func bytes(of solver: BandLanczos) -> Int {
    let values = (solver.vectorCount + 3).multipliedReportingOverflow(by: dimension)
    let total = values.partialValue.multipliedReportingOverflow(by: MemoryLayout<Double>.size)
    return values.overflow || total.overflow ? .max : total.partialValue
  }

  private static func gibibytes(_ bytes: Int) -> String {
    "\((Double(bytes) / Double(1 << 30) * 10).rounded(.up) / 10)"
  }
}
