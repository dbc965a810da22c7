internal import Configurations
internal import Hamiltonians
internal import Integrals
internal import LinearAlgebra
internal import Parallelism

/// The Hamiltonian in the determinants of one irrep, as products with vectors.
///
/// A vector is a list of rows, one for each β string; a row holds the α strings whose irrep
/// completes the target. The Hamiltonian is split by spin (Olsen et al. 1988):
///
/// ```
/// H = E_core + H_α + H_β + Σ_pq,rs (pq|rs) E^α_pq E^β_rs
/// ```
///
/// `H_α`, `H_β` act within one string, by its Slater–Condon rows. The mixed part follows Knowles
/// and Handy (1984) for the β string that each row leads to: gather the rows that replacements
/// `rs` lead from, multiply by the integrals as a matrix, and scatter over the replacements `pq`.
/// Rows are independent, so the product does not depend on the number of threads.
final class FullCISpace: Sendable {
  let alpha: SpinStrings
  let beta: SpinStrings
  let irrepCount: Int
  let target: Int
  /// The number of determinants.
  let dimension: Int
  /// Where the row of each β string starts.
  let rows: [Int]
  /// Where the row of each α string starts in the transposed vector.
  let columns: [Int]

  private let coreEnergy: Double
  private let alphaOnly: MolecularHamiltonian<UInt64>
  private let betaOnly: MolecularHamiltonian<UInt64>
  /// `(pq|rs)` by irrep, rows `rs` of β, columns `pq` of α.
  private let mixed: [[Double]]
  private let pairCounts: [Int]
  /// `(pp|qq)` with `p` α and `q` β, `[n, n]`.
  private let coulomb: [Double]
  private let orbitals: Int
  private let execution: Execution

  /// Creates the determinants of an irrep.
  ///
  /// - Parameters:
  ///   - integrals: The molecule.
  ///   - alpha: The α strings.
  ///   - beta: The β strings.
  ///   - alphaOnly: The Hamiltonian of the α electrons alone, without the core energy.
  ///   - betaOnly: That of the β electrons, which its bit strings call α.
  ///   - irreps: The irrep of each orbital.
  ///   - irrepCount: One more than the largest product of irreps, a power of two.
  ///   - target: The irrep of the determinants.
  ///   - execution: The threads to use.
  init(
    _ integrals: MolecularIntegrals, alpha: SpinStrings, beta: SpinStrings,
    alphaOnly: MolecularHamiltonian<UInt64>, betaOnly: MolecularHamiltonian<UInt64>,
    irreps: [Int], irrepCount: Int, target: Int, execution: Execution
  ) {
    self.alpha = alpha
    self.beta = beta
    self.irrepCount = irrepCount
    self.target = target
    self.execution = execution
    coreEnergy = integrals.coreEnergy
    let n = integrals.orbitalCount
    orbitals = n
    var rows: [Int] = []
    var end = 0
    for irrep in beta.irreps {
      rows.append(end)
      let other = Int(irrep) ^ target
      end += alpha.starts[other + 1] - alpha.starts[other]
    }
    self.rows = rows
    dimension = end
    var columns: [Int] = []
    end = 0
    for irrep in alpha.irreps {
      columns.append(end)
      let other = Int(irrep) ^ target
      end += beta.starts[other + 1] - beta.starts[other]
    }
    self.columns = columns

    self.alphaOnly = alphaOnly
    self.betaOnly = betaOnly

    var pairs = [[Int]](repeating: [], count: irrepCount)
    for p in 0..<n {
      for q in 0...p { pairs[irreps[p] ^ irreps[q]].append(MolecularIntegrals.pair(p, q)) }
    }
    pairCounts = pairs.map(\.count)
    let pairTotal = MolecularIntegrals.pairCount(n)
    func value(_ alphaPair: Int, _ betaPair: Int) -> Double {
      integrals.twoBodyAlphaBeta?[alphaPair * pairTotal + betaPair]
        ?? integrals.twoBodyAlphaAlpha[MolecularIntegrals.pair(alphaPair, betaPair)]
    }
    mixed = pairs.map { list in list.flatMap { rs in list.map { pq in value(pq, rs) } } }
    var coulomb: [Double] = []
    for p in 0..<n {
      for q in 0..<n {
        coulomb.append(value(MolecularIntegrals.pair(p, p), MolecularIntegrals.pair(q, q)))
      }
    }
    self.coulomb = coulomb
  }

  /// Returns the determinant at a place of a vector.
  func configuration(row: Int, offset: Int) -> Configuration<UInt64> {
    let other = Int(beta.irreps[row]) ^ target
    return .init(
      alpha: alpha.strings[alpha.starts[other] + offset], beta: beta.strings[row])
  }

  /// Returns the determinants at ascending places of a vector.
  func configurations(at places: [Int]) -> [Configuration<UInt64>] {
    var row = 0
    return places.map { place in
      while row + 1 < rows.count, rows[row + 1] <= place { row += 1 }
      return configuration(row: row, offset: place - rows[row])
    }
  }

  /// Returns `⟨x|H|x⟩` of every determinant.
  func diagonal() -> [Double] {
    let alphaEnergies = alphaOnly.diagonal(
      of: alpha.strings.map { Configuration(alpha: $0) }, execution: execution)
    let betaEnergies = betaOnly.diagonal(
      of: beta.strings.map { Configuration(alpha: $0) }, execution: execution)
    // The repulsion of an α string and one β electron, `[n, strings]`.
    let strings = alpha.strings.count
    var repulsion = [Double](repeating: 0, count: orbitals * strings)
    for q in 0..<orbitals {
      for (number, string) in alpha.strings.enumerated() {
        var bits = string
        while bits != 0 {
          repulsion[q * strings + number] += coulomb[bits.trailingZeroBitCount * orbitals + q]
          bits &= bits &- 1
        }
      }
    }
    var result = [Double](repeating: 0, count: dimension)
    for (row, string) in beta.strings.enumerated() {
      let other = Int(beta.irreps[row]) ^ target
      let first = alpha.starts[other]
      for number in first..<alpha.starts[other + 1] {
        var energy = coreEnergy + betaEnergies[row] + alphaEnergies[number]
        var bits = string
        while bits != 0 {
          energy += repulsion[bits.trailingZeroBitCount * strings + number]
          bits &= bits &- 1
        }
        result[rows[row] + number - first] = energy
      }
    }
    return result
  }

  /// Computes `y ← H x`.
  ///
  /// - Parameters:
  ///   - x: A vector, `[dimension]`.
  ///   - y: The product, `[dimension]`, overwritten.
  ///   - transposed: Work space for two vectors, `[2 · dimension]`.
  func multiply(
    _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>,
    transposed: UnsafeMutablePointer<Double>
  ) {
    let turned = transposed
    let product = transposed + dimension
    transpose(x, into: turned)
    product.update(repeating: 0, count: dimension)
    addSameSpin(alphaOnly, alpha, across: beta, starts: columns, turned, to: product)
    transposeBack(product, into: y)
    for index in 0..<dimension { y[index] += coreEnergy * x[index] }
    addSameSpin(betaOnly, beta, across: alpha, starts: rows, x, to: y)
    addMixed(x, to: y)
  }

  /// Computes `y_I ← y_I + Σ_J ⟨I|H_σ|J⟩ x_J` over rows that belong to strings `I`, `J` of one
  /// spin and hold the strings `others` of the other.
  private func addSameSpin(
    _ hamiltonian: MolecularHamiltonian<UInt64>, _ strings: SpinStrings,
    across others: SpinStrings, starts: [Int], _ x: UnsafePointer<Double>,
    to y: UnsafeMutablePointer<Double>
  ) {
    nonisolated(unsafe) let x = x
    nonisolated(unsafe) let y = y
    let widths = (0..<irrepCount).map {
      others.starts[($0 ^ target) + 1] - others.starts[$0 ^ target]
    }
    let block = 16
    let count = strings.strings.count
    execution.parallelFor((count + block - 1) / block) { number in
      var list = ConnectionList<UInt64>()
      for string in number * block..<min((number + 1) * block, count) {
        let width = widths[Int(strings.irreps[string])]
        if width == 0 { continue }
        let source = Configuration(alpha: strings.strings[string])
        list.removeAll()
        hamiltonian.appendConnections(of: source, above: 0, to: &list)
        let output = y + starts[string]
        addScaled(x + starts[string], hamiltonian.diagonalElement(source), output, width)
        for place in 0..<list.count {
          let other = strings.place(of: list.configurations[place].alpha)
          addScaled(x + starts[other], list.elements[place], output, width)
        }
      }
    }
  }

  /// Turns rows over β strings into rows over α strings.
  private func transpose(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
    for irrep in 0..<irrepCount {
      let other = irrep ^ target
      let height = beta.starts[irrep + 1] - beta.starts[irrep]
      let width = alpha.starts[other + 1] - alpha.starts[other]
      if height == 0 || width == 0 { continue }
      turn(
        x + rows[beta.starts[irrep]], into: y + columns[alpha.starts[other]], height: height,
        width: width, execution)
    }
  }

  private func transposeBack(_ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>) {
    for irrep in 0..<irrepCount {
      let other = irrep ^ target
      let height = beta.starts[irrep + 1] - beta.starts[irrep]
      let width = alpha.starts[other + 1] - alpha.starts[other]
      if height == 0 || width == 0 { continue }
      turn(
        x + columns[alpha.starts[other]], into: y + rows[beta.starts[irrep]], height: width,
        width: height, execution)
    }
  }

  /// Adds `Σ_pq,rs (pq|rs) E^α_pq E^β_rs x` to `y`.
  private func addMixed(_ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>) {
    nonisolated(unsafe) let x = x
    nonisolated(unsafe) let y = y
    let groups = irrepCount
    let widest = (0..<groups).map { alpha.starts[$0 + 1] - alpha.starts[$0] }.max() ?? 0
    let pairs = pairCounts.max() ?? 0
    var most = 0
    for place in 1..<beta.replacementStarts.count {
      most = max(most, beta.replacementStarts[place] - beta.replacementStarts[place - 1])
    }
    if widest == 0 || most == 0 { return }
    let sizes = (gathered: most * widest, factors: most * pairs, contracted: pairs * widest)
    let count = beta.strings.count
    let block = 8
    execution.parallelFor((count + block - 1) / block) { number in
      let room = UnsafeMutablePointer<Double>.allocate(
        capacity: sizes.gathered + sizes.factors + sizes.contracted)
      defer { room.deallocate() }
      let gathered = room
      let factors = room + sizes.gathered
      let contracted = factors + sizes.factors
      for row in number * block..<min((number + 1) * block, count) {
        let outputIrrep = Int(beta.irreps[row]) ^ target
        let outputStart = alpha.starts[outputIrrep]
        let outputWidth = alpha.starts[outputIrrep + 1] - outputStart
        if outputWidth == 0 { continue }
        for product in 0..<groups {
          let inputIrrep = outputIrrep ^ product
          let inputStart = alpha.starts[inputIrrep]
          let width = alpha.starts[inputIrrep + 1] - inputStart
          let first = beta.replacementStarts[row * groups + product]
          let last = beta.replacementStarts[row * groups + product + 1]
          if width == 0 || first == last { continue }
          let pairs = pairCounts[product]
          mixed[product].withUnsafeBufferPointer { integrals in
            for place in first..<last {
              let replacement = beta.replacements[place]
              (gathered + (place - first) * width).update(
                from: x + rows[Int(replacement.source)], count: width)
              let sign = Double(replacement.sign)
              let source = Int(replacement.pair) * pairs
              let factor = factors + (place - first) * pairs
              for pair in 0..<pairs { factor[pair] = sign * integrals[source + pair] }
            }
          }
          BLAS.multiply(
            factors, pairs, transposed: true, gathered, width, into: contracted, width, m: pairs,
            n: width, k: last - first)
          scatter(
            contracted, width: width, inputStart: inputStart, product: product,
            outputStart: outputStart, outputWidth: outputWidth, y + rows[row])
        }
      }
    }
  }

  /// Adds `Σ_pq E^α_pq` times the row of each pair to one row of the product.
  @inline(__always)
  private func scatter(
    _ contracted: UnsafePointer<Double>, width: Int, inputStart: Int, product: Int,
    outputStart: Int, outputWidth: Int, _ output: UnsafeMutablePointer<Double>
  ) {
    let groups = irrepCount
    alpha.replacements.withUnsafeBufferPointer { replacements in
      alpha.replacementStarts.withUnsafeBufferPointer { starts in
        for offset in 0..<outputWidth {
          let string = outputStart + offset
          var sum = 0.0
          for place in starts[string * groups + product]..<starts[string * groups + product + 1] {
            let replacement = replacements[place]
            let value =
              contracted[Int(replacement.pair) * width + Int(replacement.source) - inputStart]
            sum += Double(replacement.sign) * value
          }
          output[offset] += sum
        }
      }
    }
  }

  /// Returns `⟨x|S²|x⟩` of a normalised vector, for orbitals that both spins share.
  ///
  /// `S² = S_z(S_z + 1) + S₋S₊` and `⟨S₋S₊⟩ = N_β − Σ_pq ⟨E^α_qp E^β_pq⟩`.
  func spinSquared(_ x: [Double]) -> Double {
    let projection = Double(alpha.electrons - beta.electrons) / 2
    let block = 16
    let count = beta.strings.count
    var sums = [Double](repeating: 0, count: (count + block - 1) / block)
    sums.withUnsafeMutableBufferPointer { sums in
      nonisolated(unsafe) let sums = sums
      execution.parallelFor(sums.count) { number in
        var sum = 0.0
        for row in number * block..<min((number + 1) * block, count) {
          sum += exchange(x, row: row)
        }
        sums[number] = sum
      }
    }
    return projection * (projection + 1) + Double(beta.electrons) - sums.reduce(0, +)
  }

  /// The part of `Σ_pq ⟨E^α_qp E^β_pq⟩` that ends on one β string.
  private func exchange(_ x: [Double], row: Int) -> Double {
    let string = beta.strings[row]
    let outputIrrep = Int(beta.irreps[row]) ^ target
    let outputStart = alpha.starts[outputIrrep]
    var total = 0.0
    for offset in 0..<alpha.starts[outputIrrep + 1] - outputStart {
      let other = alpha.strings[outputStart + offset]
      var sum = Double((string & other).nonzeroBitCount) * x[rows[row] + offset]
      // β comes from q to p while α comes from p to q.
      var upper = string & ~other
      while upper != 0 {
        let p = upper.trailingZeroBitCount
        upper &= upper &- 1
        var lower = other & ~string
        while lower != 0 {
          let q = lower.trailingZeroBitCount
          lower &= lower &- 1
          let swap: UInt64 = (1 << UInt64(p)) | (1 << UInt64(q))
          let low = min(p, q)
          let high = max(p, q)
          let between: UInt64 = ((1 << UInt64(high)) - 1) & ~((2 << UInt64(low)) - 1)
          let odd = ((string ^ other) & between).nonzeroBitCount % 2 == 1
          let source = beta.place(of: string ^ swap)
          let sourceIrrep = Int(beta.irreps[source]) ^ target
          let place = alpha.place(of: other ^ swap) - alpha.starts[sourceIrrep]
          let value = x[rows[source] + place]
          sum += odd ? -value : value
        }
      }
      total += x[rows[row] + offset] * sum
    }
    return total
  }
}

@inline(__always)
private func addScaled(
  _ x: UnsafePointer<Double>, _ factor: Double, _ y: UnsafeMutablePointer<Double>, _ count: Int
) {
  for index in 0..<count { y[index] += factor * x[index] }
}

/// Writes the transpose of a row-major matrix, in tiles that fit the cache.
private func turn(
  _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, height: Int, width: Int,
  _ execution: Execution
) {
  let tile = 32
  nonisolated(unsafe) let x = x
  nonisolated(unsafe) let y = y
  execution.parallelFor((height + tile - 1) / tile) { number in
    let rows = number * tile..<min((number + 1) * tile, height)
    for left in stride(from: 0, to: width, by: tile) {
      for row in rows {
        for column in left..<min(left + tile, width) {
          y[column * height + row] = x[row * width + column]
        }
      }
    }
  }
}
