import Configurations
import Hamiltonians
import Testing

@Suite("Spin Hamiltonians")
struct LatticeSpinHamiltonianTests {
  @Test("XXZ with second and third neighbours equals its sum of Kronecker products")
  func exchangeAgainstPauliSums() throws {
    for (cell, size, boundary) in [
      (LatticeUnitCell.chain, "6", LatticeGeometry.Boundary.periodic), (.chain, "5", .open),
      (.square, "3x2", .periodic), (.square, "2x3", .open), (.triangular, "3x2", .periodic),
      (.honeycomb, "2x2", .openPeriodic),
    ] {
      let geometry = try LatticeGeometry(cell, size: size, boundary: boundary)
      // Along a periodic direction of extent 2 a site is its own third neighbour.
      let j3 = cell == .chain || cell == .honeycomb ? -0.3 : 0
      let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(
        on: geometry, j1: 0.9, j2: 0.4, j3: j3, anisotropy: 0.7)
      var expected = PauliSum(siteCount: geometry.siteCount)
      for (order, strength) in [(1, 0.9), (2, 0.4), (3, j3)] where strength != 0 {
        for bond in try geometry.bonds(order: order) {
          expected.add(strength / 4, .x, bond.first, .x, bond.second)
          expected.add(-strength / 4, .iy, bond.first, .iy, bond.second)
          expected.add(strength * 0.7 / 4, .z, bond.first, .z, bond.second)
        }
      }
      #expect(largestDifference(dense(hamiltonian), expected.matrix) < 1e-14)
    }
  }

  @Test("The Ising model in both fields equals its sum of Kronecker products")
  func isingAgainstPauliSums() throws {
    for size in ["3x2", "2x2", "1x5"] {
      let geometry = try LatticeGeometry(.square, size: size)
      let hamiltonian = try SpinHamiltonian<UInt64>.ising(
        on: geometry, coupling: 1.3, field: 0.8, longitudinalField: 0.6)
      var expected = PauliSum(siteCount: geometry.siteCount)
      for bond in try geometry.bonds() {
        expected.add(-1.3, .z, bond.first, .z, bond.second)
      }
      for site in 0..<geometry.siteCount {
        expected.add(-0.8, .x, site)
        expected.add(-0.6, .z, site)
      }
      #expect(largestDifference(dense(hamiltonian), expected.matrix) < 1e-14)
      #expect(!hamiltonian.conservesMagnetization && !hamiltonian.conservesSpinFlip)
    }
  }

  @Test("Random couplings and fields, with pairs given twice")
  func disordered() throws {
    var random = RandomSource(seed: 11)
    let sites = 5
    var couplings: [SpinCoupling] = []
    var expected = PauliSum(siteCount: sites)
    for _ in 0..<14 {
      let first = Int(random.next() % UInt64(sites))
      let second = (first + 1 + Int(random.next() % UInt64(sites - 1))) % sites
      let parallel = random.normal()
      let exchange = random.normal()
      couplings.append(SpinCoupling(first, second, parallel: parallel, exchange: exchange))
      expected.add(parallel, .z, first, .z, second)
      expected.add(exchange / 2, .x, first, .x, second)
      expected.add(-exchange / 2, .iy, first, .iy, second)
    }
    let field = (0..<sites).map { _ in random.normal() }
    let longitudinal = (0..<sites).map { _ in random.normal() }
    for site in 0..<sites {
      expected.add(field[site], .x, site)
      expected.add(longitudinal[site], .z, site)
    }
    let hamiltonian = try SpinHamiltonian<UInt64>(
      siteCount: sites, couplings: couplings, field: field, longitudinalField: longitudinal)
    #expect(largestDifference(dense(hamiltonian), expected.matrix) < 1e-14)
  }

  @Test("Elements are symmetric, listed once, inside the sector and invariant under a global flip")
  func structure() throws {
    let geometry = try LatticeGeometry(.square, size: "4x4")
    let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(on: geometry, j2: 0.5)
    #expect(hamiltonian.conservesMagnetization && hamiltonian.conservesSpinFlip)
    #expect(hamiltonian.maximumConnectionCount == 64)
    var random = RandomSource(seed: 3)
    for _ in 0..<50 {
      let state = Configuration<UInt64>(alpha: random.next() & 0xFFFF)
      let flipped = Configuration<UInt64>(alpha: ~state.alpha & 0xFFFF)
      #expect(hamiltonian.diagonalElement(state) == hamiltonian.diagonalElement(flipped))
      let row = connections(hamiltonian, state)
      #expect(row.count == row.list.count)
      let flippedRow = connections(hamiltonian, flipped).list
      for (target, element) in row.list {
        #expect(target.alpha.nonzeroBitCount == state.alpha.nonzeroBitCount)
        #expect(target.beta == 0)
        #expect(connections(hamiltonian, target).list[state] == element)
        #expect(flippedRow[Configuration(alpha: ~target.alpha & 0xFFFF)] == element)
      }
    }
  }

  @Test("S² acts on the polarised state and on a pair as it must")
  func totalSpin() throws {
    let spin = try SpinHamiltonian<UInt64>.totalSpinSquared(siteCount: 6)
    #expect(abs(spin.diagonalElement(Configuration(alpha: 0b111111)) - 12) < 1e-12)
    #expect(connections(spin, Configuration(alpha: 0b111111)).count == 0)
    // Two spins: the eigenvalues of [[1, 1], [1, 1]] are 0 and 2.
    let pair = try SpinHamiltonian<UInt64>.totalSpinSquared(siteCount: 2)
    #expect(pair.diagonalElement(Configuration(alpha: 0b01)) == 1)
    #expect(connections(pair, Configuration(alpha: 0b01)).list == [Configuration(alpha: 0b10): 1])
  }

  @Test("A cutoff leaves out the elements at or below it")
  func cutoff() throws {
    let geometry = try LatticeGeometry(.square, size: "4x4")
    let hamiltonian = try SpinHamiltonian<UInt64>.heisenberg(on: geometry, j2: 0.5)
    let state = Configuration<UInt64>(alpha: 0b0101_1010_0110_1100)
    var list = ConnectionList<UInt64>()
    hamiltonian.appendConnections(of: state, above: 0.25, to: &list)
    #expect(list.count > 0)
    #expect(list.elements.allSatisfy { $0 == 0.5 })
    let kept = list.count
    hamiltonian.appendConnections(of: state, above: 0, to: &list)
    #expect(list.count > 2 * kept)
  }

  @Test("Wide words give the rows of narrow ones")
  func wideWords() throws {
    let geometry = try LatticeGeometry(.triangular, size: "6x4")
    let narrow = try SpinHamiltonian<UInt64>.heisenberg(on: geometry, j2: 0.3)
    let wide = try SpinHamiltonian<UInt128>.heisenberg(on: geometry, j2: 0.3)
    var random = RandomSource(seed: 5)
    for _ in 0..<20 {
      let bits = random.next() & 0xFF_FFFF
      let state = Configuration<UInt64>(alpha: bits)
      let wideState = Configuration<UInt128>(alpha: UInt128(bits))
      #expect(narrow.diagonalElement(state) == wide.diagonalElement(wideState))
      var list = ConnectionList<UInt64>()
      var wideList = ConnectionList<UInt128>()
      narrow.appendConnections(of: state, above: 0, to: &list)
      wide.appendConnections(of: wideState, above: 0, to: &wideList)
      #expect(list.configurations.map { UInt128($0.alpha) } == wideList.configurations.map(\.alpha))
      #expect(list.elements == wideList.elements)
    }
  }

  @Test("A lattice of 121 sites: the Néel state and the state with all spins up")
  func largeLattice() throws {
    let geometry = try LatticeGeometry(.square, size: "11x11", boundary: .open)
    let hamiltonian = try SpinHamiltonian<UInt128>.heisenberg(on: geometry)
    let bonds = 2 * 11 * 10
    var neel: UInt128 = 0
    for site in 0..<121 where site % 2 == 0 { neel |= 1 << UInt128(site) }
    let up: UInt128 = (1 << 121) - 1
    #expect(hamiltonian.diagonalElement(Configuration(alpha: neel)) == -Double(bonds) / 4)
    #expect(hamiltonian.diagonalElement(Configuration(alpha: up)) == Double(bonds) / 4)
    #expect(connections(hamiltonian, Configuration(alpha: neel)).count == bonds)
    #expect(connections(hamiltonian, Configuration(alpha: up)).count == 0)
    let ising = try SpinHamiltonian<UInt128>.ising(on: geometry, field: 2)
    let row = connections(ising, Configuration(alpha: neel))
    #expect(row.count == 121)
    #expect(row.list[Configuration(alpha: neel ^ (1 << 120))] == -2)
  }

  @Test("Faulty input is refused with its reason")
  func refusals() throws {
    let large = try LatticeGeometry(.square, size: "11x11")
    expectError(.tooManySites) { try SpinHamiltonian<UInt64>.heisenberg(on: large) }
    let huge = try LatticeGeometry(.square, size: "20x20")
    let error = #expect(throws: LatticeError.self) {
      try SpinHamiltonian<UInt128>.heisenberg(on: huge)
    }
    #expect(error?.code == .tooManySites && error?.description.contains("400 sites") == true)
    #expect(throws: Never.self) { try SpinTerms.heisenberg(on: huge).check() }
    let chain = try LatticeGeometry(.chain, size: "4")
    expectError(.invalidCoupling) {
      try SpinHamiltonian<UInt64>.heisenberg(on: chain, j1: .infinity)
    }
    expectError(.invalidCoupling) { try SpinHamiltonian<UInt64>.ising(on: chain, field: .nan) }
    expectError(.invalidCoupling) {
      try SpinHamiltonian<UInt64>.ising(on: chain, field: 1, longitudinalField: .infinity)
    }
    expectError(.invalidBond) {
      try SpinHamiltonian<UInt64>(siteCount: 4, couplings: [.exchange(0, 4, strength: 1)])
    }
    expectError(.invalidBond) {
      try SpinHamiltonian<UInt64>(siteCount: 4, couplings: [.exchange(2, 2, strength: 1)])
    }
  }

  private func expectError(
    _ code: LatticeError.Code, from body: () throws -> SpinHamiltonian<UInt64>
  ) {
    let error = #expect(throws: LatticeError.self) { _ = try body() }
    #expect(error?.code == code)
  }

  private func connections<Word>(
    _ hamiltonian: SpinHamiltonian<Word>, _ state: Configuration<Word>
  ) -> (count: Int, list: [Configuration<Word>: Double]) {
    var list = ConnectionList<Word>()
    hamiltonian.appendConnections(of: state, above: 0, to: &list)
    return (
      list.count,
      Dictionary(zip(list.configurations, list.elements), uniquingKeysWith: { first, _ in first })
    )
  }

  private func dense(_ hamiltonian: SpinHamiltonian<UInt64>) -> [Double] {
    let dimension = 1 << hamiltonian.siteCount
    var matrix = [Double](repeating: 0, count: dimension * dimension)
    for column in 0..<dimension {
      let state = Configuration<UInt64>(alpha: UInt64(column))
      matrix[column * dimension + column] += hamiltonian.diagonalElement(state)
      for (target, element) in connections(hamiltonian, state).list {
        matrix[Int(target.alpha) * dimension + column] += element
      }
    }
    return matrix
  }

  private func largestDifference(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).map { abs($0 - $1) }.max() ?? .infinity
  }
}

/// A sum of products of Pauli matrices as a dense matrix, built by Kronecker products.
private struct PauliSum {
  /// The factors; bit 0 is down and bit 1 is up, so rows and columns are ordered (↓, ↑).
  enum Factor {
    case x, iy, z

    /// The 2 × 2 matrix; `iy` is `i σʸ`, which is real.
    var elements: [Double] {
      switch self {
      case .x: [0, 1, 1, 0]
      case .iy: [0, -1, 1, 0]
      case .z: [-1, 0, 0, 1]
      }
    }
  }

  let siteCount: Int
  var matrix: [Double]

  init(siteCount: Int) {
    self.siteCount = siteCount
    matrix = [Double](repeating: 0, count: 1 << (2 * siteCount))
  }

  mutating func add(_ coefficient: Double, _ factor: Factor, _ site: Int) {
    add(coefficient, [site: factor])
  }

  mutating func add(
    _ coefficient: Double, _ first: Factor, _ firstSite: Int, _ second: Factor, _ secondSite: Int
  ) {
    add(coefficient, [firstSite: first, secondSite: second])
  }

  private mutating func add(_ coefficient: Double, _ factors: [Int: Factor]) {
    var product = [coefficient]
    var dimension = 1
    for site in (0..<siteCount).reversed() {
      let factor = factors[site]?.elements ?? [1, 0, 0, 1]
      var larger = [Double](repeating: 0, count: 4 * dimension * dimension)
      for row in 0..<(2 * dimension) {
        for column in 0..<(2 * dimension) {
          larger[row * 2 * dimension + column] =
            product[row / 2 * dimension + column / 2] * factor[row % 2 * 2 + column % 2]
        }
      }
      product = larger
      dimension *= 2
    }
    for index in matrix.indices { matrix[index] += product[index] }
  }
}
