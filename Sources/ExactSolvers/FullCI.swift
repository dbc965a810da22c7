public import Configurations
internal import Hamiltonians
public import Integrals
internal import LinearAlgebra
public import Parallelism

/// Full configuration interaction: the lowest states of a molecule, exact in its orbitals.
///
/// Each irrep is solved by itself and the states are merged, so states of any irrep and spin are
/// found in their order. Small irreps are diagonalised densely; large ones by Davidson's iteration
/// from the eigenvectors of the determinants of lowest energy.
public struct FullCI: Sendable {
  private let integrals: MolecularIntegrals
  private let execution: Execution
  private let irreps: [Int]
  private let irrepCount: Int
  private let alphaCounts: [Double]
  private let betaCounts: [Double]

  /// The largest irrep that is diagonalised as a dense matrix.
  private static let denseDimension = 400
  /// The number of determinants whose small matrix gives the start vectors.
  private static let startDimension = 400

  /// One state.
  public struct State: Sendable {
    /// The total energy, in hartree.
    public var energy: Double
    /// `⟨S²⟩`, or nil where α and β have different orbitals.
    public var spinSquared: Double?
    /// The irrep in the labels of the integrals, or nil where these have none.
    public var irrep: UInt8?
    /// The norm of `(H − E) c`, in hartree.
    public var residual: Double
  }

  /// The states that a calculation found.
  public struct Result: Sendable {
    /// The states, by energy.
    public var states: [State]
    /// The number of determinants of the irrep asked for, or of all.
    public var dimension: Int
    /// The most iterations that an irrep took; 0 where all were diagonalised densely.
    public var iterations: Int
    /// The determinants and coefficients of each state, or none where they were not asked for.
    public var wavefunctions: [Wavefunction]

    /// The total energies, in hartree, ascending.
    public var energies: [Double] { states.map(\.energy) }
  }

  /// An exact wave function.
  public struct Wavefunction: Sendable {
    /// The determinants of the state's irrep.
    public var configurations: [Configuration<UInt64>]
    /// Their coefficients, normalised, the largest positive.
    public var coefficients: [Double]
  }

  /// Prepares a calculation.
  ///
  /// - Parameters:
  ///   - integrals: The molecule, in at most 64 orbitals.
  ///   - execution: The threads to use.
  /// - Throws: ``EigensolverError`` where there are more orbitals.
  public init(
    _ integrals: MolecularIntegrals, execution: Execution = Execution()
  ) throws(EigensolverError) {
    let n = integrals.orbitalCount
    guard n <= 64 else {
      throw EigensolverError(
        .tooLarge, "full CI takes at most 64 orbitals and these integrals have \(n)")
    }
    guard (0...n).contains(integrals.alphaCount), (0...n).contains(integrals.betaCount) else {
      throw EigensolverError(
        .invalidSector,
        "\(integrals.alphaCount) α and \(integrals.betaCount) β electrons do not fit into \(n) "
          + "orbitals")
    }
    self.integrals = integrals
    self.execution = execution
    irreps = integrals.orbitalIrreps.map { $0.map(Int.init) } ?? .init(repeating: 0, count: n)
    var groups = 1
    while groups <= (irreps.max() ?? 0) { groups *= 2 }
    irrepCount = groups
    alphaCounts = SpinStrings.counts(
      orbitals: n, electrons: integrals.alphaCount, irreps: irreps, irrepCount: groups)
    betaCounts = SpinStrings.counts(
      orbitals: n, electrons: integrals.betaCount, irreps: irreps, irrepCount: groups)
  }

  /// Returns the number of determinants, exact up to 2⁵³.
  ///
  /// - Parameter irrep: The irrep that counts, or nil for all.
  /// - Returns: The number, as a floating-point number because it may exceed any integer.
  public func dimension(irrep: UInt8? = nil) -> Double {
    guard let irrep else { return alphaCounts.reduce(0, +) * betaCounts.reduce(0, +) }
    if Int(irrep) >= irrepCount { return 0 }
    return (0..<irrepCount).reduce(0) { $0 + alphaCounts[$1] * betaCounts[$1 ^ Int(irrep)] }
  }

  /// Returns the memory that ``solve(roots:irrep:memoryLimit:tolerance:keepsVectors:)`` needs.
  ///
  /// - Parameters:
  ///   - roots: The number of states.
  ///   - irrep: The irrep, or nil for all.
  /// - Returns: An estimate in bytes, as a floating-point number because it may exceed any integer.
  public func memoryEstimate(roots: Int = 1, irrep: UInt8? = nil) -> Double {
    let targets = irrep.map { [$0] } ?? (0..<irrepCount).map { UInt8($0) }
    let largest = targets.map { dimension(irrep: $0) }.max() ?? 0
    let block = Double(blockSize(roots: roots, dimension: largest))
    // Basis and products, Ritz vectors and residuals, starts, transposed vectors, diagonal and its
    // order, and the vectors kept of each irrep.
    let basis = max(Double(Davidson.subspace(roots: roots)), 3 * block) + block
    let vectors = 2 * basis + 3 * block + 4 + Double(roots * targets.count)
    let n = Double(integrals.orbitalCount)
    let strings = [(alphaCounts, integrals.alphaCount), (betaCounts, integrals.betaCount)].map {
      let electrons = Double($1)
      let single = 28 + 8 * Double(irrepCount) + 8 * electrons * (n - electrons + 1)
      return $0.reduce(0, +) * (single + 8 * n)
    }
    let dense = min(largest, Double(Self.denseDimension))
    return 8 * vectors * largest + strings[0] + strings[1] + 24 * dense * dense
      + 24 * n * n * n * n
  }

  private func blockSize(roots: Int, dimension: Double) -> Int {
    dimension < 50_000 ? roots + max(3, roots) : roots + 1
  }

  /// Finds the lowest states.
  ///
  /// - Parameters:
  ///   - roots: The number of states, at least 1; fewer are returned where there are fewer.
  ///   - irrep: The irrep of the states in the labels of the integrals, or nil for any.
  ///   - memoryLimit: The most memory to use, in bytes.
  ///   - tolerance: The largest residual norm, in hartree; an energy's error is about its square.
  ///   - keepsVectors: Whether to return the wave functions.
  /// - Returns: The states by energy.
  /// - Throws: ``EigensolverError`` where the problem is too large, where no determinant has the
  ///   irrep, or where the iteration does not converge.
  public func solve(
    roots: Int = 1, irrep: UInt8? = nil, memoryLimit: UInt64 = 8 << 30, tolerance: Double = 1e-8,
    keepsVectors: Bool = false
  ) throws(EigensolverError) -> Result {
    precondition(roots >= 1, "\(roots) states wanted")
    let dimension = dimension(irrep: irrep)
    guard dimension > 0 else {
      throw EigensolverError(
        .invalidSector,
        "no determinant has irrep \(irrep ?? 0); ask for one of the irreps that occur, 0 to "
          + "\(irrepCount - 1)")
    }
    let needed = memoryEstimate(roots: roots, irrep: irrep)
    guard needed <= Double(memoryLimit), dimension < 0x1p52 else {
      throw .tooLarge(
        "full CI over \(dimension < 0x1p53 ? "\(Int(dimension))" : "\(dimension)") determinants",
        neededBytes: needed < 0x1p63 ? UInt64(needed) : .max, allowedBytes: memoryLimit,
        remedy: "raise the limit, ask for one irrep or for fewer states, or use fewer orbitals")
    }
    // Products run on all cores by themselves.
    BLAS.setThreadCount(1)
    let n = integrals.orbitalCount
    let alpha = SpinStrings(
      orbitals: n, electrons: integrals.alphaCount, irreps: irreps, irrepCount: irrepCount)
    let beta =
      integrals.alphaCount == integrals.betaCount
      ? alpha
      : SpinStrings(
        orbitals: n, electrons: integrals.betaCount, irreps: irreps, irrepCount: irrepCount)
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    let alphaOnly = alone(
      integrals.alphaCount, integrals.oneBodyAlpha, integrals.twoBodyAlphaAlpha)
    let betaOnly = alone(
      integrals.betaCount, integrals.oneBodyBeta ?? integrals.oneBodyAlpha,
      integrals.twoBodyBetaBeta ?? integrals.twoBodyAlphaAlpha)

    var found: [(state: State, wavefunction: Wavefunction?)] = []
    var iterations = 0
    for target in irrep.map({ [Int($0)] }) ?? Array(0..<irrepCount) {
      let space = FullCISpace(
        integrals, alpha: alpha, beta: beta, alphaOnly: alphaOnly, betaOnly: betaOnly,
        irreps: irreps, irrepCount: irrepCount, target: target, execution: execution)
      if space.dimension == 0 { continue }
      let pairs = try lowest(roots, space, hamiltonian, tolerance: tolerance)
      iterations = max(iterations, pairs.iterations)
      for root in pairs.values.indices {
        let state = State(
          energy: pairs.values[root],
          spinSquared: integrals.isUnrestricted ? nil : space.spinSquared(pairs.vectors[root]),
          irrep: integrals.orbitalIrreps == nil ? nil : UInt8(target),
          residual: pairs.residuals[root])
        let wavefunction =
          keepsVectors
          ? Wavefunction(
            configurations: space.configurations(at: Array(0..<space.dimension)),
            coefficients: pairs.vectors[root])
          : nil
        found.append((state, wavefunction))
      }
      // Stable, so that equal energies keep the order of their irreps.
      let order = found.indices.sorted {
        (found[$0].state.energy, $0) < (found[$1].state.energy, $1)
      }
      found = order.prefix(roots).map { found[$0] }
    }
    return Result(
      states: found.map(\.state), dimension: Int(dimension), iterations: iterations,
      wavefunctions: found.compactMap(\.wavefunction))
  }

  /// The electrons of one spin as a molecule of their own.
  private func alone(
    _ electrons: Int, _ oneBody: [Double], _ twoBody: [Double]
  ) -> MolecularHamiltonian<UInt64> {
    MolecularHamiltonian(
      MolecularIntegrals(
        orbitalCount: integrals.orbitalCount, alphaCount: electrons, betaCount: 0, coreEnergy: 0,
        oneBodyAlpha: oneBody, twoBodyAlphaAlpha: twoBody,
        orbitalIrreps: integrals.orbitalIrreps))
  }

  /// Finds the lowest states of one irrep.
  private func lowest(
    _ roots: Int, _ space: FullCISpace, _ hamiltonian: MolecularHamiltonian<UInt64>,
    tolerance: Double
  ) throws(EigensolverError) -> Davidson.Result {
    let result: Davidson.Result
    do {
      result = try iterate(roots, space, hamiltonian, tolerance: tolerance)
    } catch {
      throw EigensolverError(.numericalFailure, error.description)
    }
    guard result.isConverged else {
      let residual = result.residuals.max() ?? .infinity
      throw EigensolverError(
        .notConverged,
        "full CI stopped after \(result.iterations) iterations with a residual of \(residual) "
          + "hartree where \(tolerance) was asked for; ask for more states or a larger tolerance")
    }
    return result
  }

  private func iterate(
    _ roots: Int, _ space: FullCISpace, _ hamiltonian: MolecularHamiltonian<UInt64>,
    tolerance: Double
  ) throws(LinearAlgebraError) -> Davidson.Result {
    let diagonal = space.diagonal()
    let size = space.dimension
    let order = diagonal.indices.sorted { (diagonal[$0], $0) < (diagonal[$1], $1) }
    let places = order.prefix(size <= Self.denseDimension ? size : Self.startDimension).sorted()
    let configurations = space.configurations(at: places)
    let small = places.count
    var matrix = [Double](repeating: 0, count: small * small)
    for row in 0..<small {
      matrix[row * small + row] = diagonal[places[row]]
      for column in 0..<row {
        let value = hamiltonian.element(configurations[row], configurations[column])
        matrix[row * small + column] = value
        matrix[column * small + row] = value
      }
    }
    let (values, vectors) = try LAPACK.eigenSymmetric(matrix, n: small)
    if small == size {
      let count = min(roots, size)
      return Davidson.Result(
        values: Array(values[0..<count]),
        vectors: (0..<count).map { Array(vectors[$0 * size..<($0 + 1) * size]) },
        residuals: .init(repeating: 0, count: count), iterations: 0, isConverged: true)
    }
    let block = min(blockSize(roots: roots, dimension: Double(size)), small)
    var random = RandomSource(seed: 0xC1)
    let starts = (0..<block).map { state in
      var start = [Double](repeating: 0, count: size)
      if state >= roots {
        // Guards meet every symmetry, also those that the small matrix has none of.
        let amplitude = 0.01 / Double(size).squareRoot()
        for place in start.indices { start[place] = amplitude * random.normal() }
      }
      for (column, place) in places.enumerated() {
        start[place] += vectors[state * small + column]
      }
      return start
    }
    let scale = hamiltonian.energyScale
    let room = UnsafeMutablePointer<Double>.allocate(capacity: 2 * size)
    defer { room.deallocate() }
    room.initialize(repeating: 0, count: 2 * size)
    return try Davidson(
      roots: roots, tolerance: tolerance, guardTolerance: (size < 50_000 ? 1e-4 : 1e-3) * scale,
      smallestGap: 1e-4 * scale
    ).solve(diagonal: diagonal, starts: starts) { x, y in
      space.multiply(x, into: y, transposed: room)
    }
  }
}
