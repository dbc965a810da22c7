internal import Configurations
internal import LinearAlgebra
internal import Parallelism

/// A growing set of orthonormal vectors in one block of memory, `[capacity, dimension]`.
///
/// Vectors are worked on in chunks that stay in the cache, in parallel; partial sums are added in
/// the order of the chunks.
final class KrylovBasis {
  /// The elements of a chunk: 25 of them take half a megabyte.
  private static let chunk = 2048

  let dimension: Int
  let capacity: Int
  /// The number of orthonormal vectors; the slot behind them is ``next``.
  private(set) var count = 0
  /// The coefficients of the last vector that was orthogonalised, `[count before]`.
  private(set) var coefficients: [Double]

  private let storage: UnsafeMutablePointer<Double>
  private let chunkCount: Int
  private let execution: Execution

  init(dimension: Int, capacity: Int, execution: Execution) {
    self.execution = execution
    self.dimension = dimension
    self.capacity = capacity
    chunkCount = (dimension + Self.chunk - 1) / Self.chunk
    storage = .allocate(capacity: dimension * capacity)
    coefficients = [Double](repeating: 0, count: capacity)
  }

  deinit { storage.deallocate() }

  func vector(_ index: Int) -> UnsafePointer<Double> {
    UnsafePointer(storage + index * dimension)
  }

  /// The slot of the vector that is added next.
  var next: UnsafeMutablePointer<Double> {
    precondition(count < capacity, "the basis is full")
    return storage + count * dimension
  }

  /// Fills ``next`` with numbers that are uniform on [−1, 1), the same for any number of threads.
  func fillNext(using random: RandomSource) {
    nonisolated(unsafe) let target = next
    let dimension = dimension
    execution.parallelFor(chunkCount) { index in
      var stream = random.split(UInt64(index))
      for element in (index * Self.chunk)..<min(dimension, (index + 1) * Self.chunk) {
        target[element] = 2 * stream.uniform() - 1
      }
    }
  }

  /// Makes ``next`` orthogonal to the basis and adds it, normalised.
  ///
  /// - Returns: The norm of the orthogonal part, or nil where only rounding is left of it; then
  ///   nothing is added.
  func orthogonalizeNext() -> Double? {
    let first = project(subtracting: nil)
    let second = project(subtracting: first.products)
    let rest = project(subtracting: second.products)
    for index in 0..<count { coefficients[index] = first.products[index] + second.products[index] }
    let norm = rest.squaredNorm.squareRoot()
    guard count < dimension, norm > 1e-11 * first.squaredNorm.squareRoot(), norm > 1e-200 else {
      return nil
    }
    let target = next
    for element in 0..<dimension { target[element] *= 1 / norm }
    count += 1
    return norm
  }

  /// Subtracts a combination of the basis from ``next``, then returns its products with the basis
  /// and with itself.
  private func project(
    subtracting combination: [Double]?
  ) -> (products: [Double], squaredNorm: Double) {
    let count = count
    let dimension = dimension
    nonisolated(unsafe) let target = next
    nonisolated(unsafe) let basis = storage
    var partial = [Double](repeating: 0, count: chunkCount * (count + 1))
    partial.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let sums = buffer
      execution.parallelFor(chunkCount) { index in
        let start = index * Self.chunk
        let length = min(Self.chunk, dimension - start)
        if let combination {
          for vector in 0..<count {
            BLAS.add(
              basis + vector * dimension + start, scaledBy: -combination[vector],
              to: target + start, count: length)
          }
        }
        for vector in 0..<count {
          sums[index * (count + 1) + vector] = BLAS.dot(
            basis + vector * dimension + start, target + start, count: length)
        }
        sums[index * (count + 1) + count] = BLAS.dot(
          target + start, target + start, count: length)
      }
    }
    var products = [Double](repeating: 0, count: count + 1)
    for index in 0..<chunkCount {
      for vector in 0...count { products[vector] += partial[index * (count + 1) + vector] }
    }
    let squaredNorm = products.removeLast()
    return (products, squaredNorm)
  }

  /// Returns `Σ_i c_i v_i`.
  func combination(_ weights: [Double]) -> [Double] {
    let dimension = dimension
    let chunkCount = chunkCount
    nonisolated(unsafe) let basis = storage
    return [Double](unsafeUninitializedCapacity: dimension) { buffer, initialized in
      buffer.initialize(repeating: 0)
      nonisolated(unsafe) let target = buffer
      execution.parallelFor(chunkCount) { index in
        let start = index * Self.chunk
        guard let base = target.baseAddress else { return }
        for (vector, weight) in weights.enumerated() {
          BLAS.add(
            basis + vector * dimension + start, scaledBy: weight, to: base + start,
            count: min(Self.chunk, dimension - start))
        }
      }
      initialized = dimension
    }
  }

  /// Replaces the first `size` vectors by `kept` combinations of them and moves the rest up.
  ///
  /// - Parameters:
  ///   - rotation: `[size, size]`, row `k` the weights of combination `k`.
  ///   - kept: The number of combinations, at most `size`.
  ///   - size: The number of vectors that are combined.
  func restart(with rotation: [Double], kept: Int, of size: Int) {
    let dimension = dimension
    let rest = count - size
    nonisolated(unsafe) let basis = storage
    execution.parallelFor(chunkCount) { index in
      let start = index * Self.chunk
      let length = min(Self.chunk, dimension - start)
      let scratch = UnsafeMutablePointer<Double>.allocate(capacity: kept * length)
      defer { scratch.deallocate() }
      rotation.withUnsafeBufferPointer { weights in
        guard let weights = weights.baseAddress else { return }
        BLAS.multiply(
          weights, size, basis + start, dimension, into: scratch, length, m: kept, n: length,
          k: size)
      }
      for vector in 0..<kept {
        (basis + vector * dimension + start).update(
          from: scratch + vector * length, count: length)
      }
      for vector in 0..<rest {
        (basis + (kept + vector) * dimension + start).update(
          from: basis + (size + vector) * dimension + start, count: length)
      }
    }
    count = kept + rest
  }
}
