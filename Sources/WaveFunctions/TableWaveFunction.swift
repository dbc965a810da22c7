public import Configurations
internal import Foundation
internal import NeuralNetworks

/// A wave function with one modulus and one phase for every representative of a small sector.
///
/// ```
/// |ψ(r)|² m(r) = e^(2θ_r)/Σ_s e^(2θ_s),  arg ψ(r) = φ_r
/// ```
///
/// It can represent every state, so a training loop that works reaches the exact energy with it: the
/// stand-in that the generic tests of sampling, estimators, optimisers and the loop run on, and a
/// worked example of what a wave function must provide. Normalised, with exact conditionals from sums
/// over ranges of the sorted strings.
public final class TableWaveFunction<Word: ConfigurationWord>: @unchecked Sendable {
  /// The sector and its tokens.
  public let space: ConfigurationSpace<Word>
  /// `θ` then `φ`, `[2D]`.
  public var parameters: [Float]
  /// `modulus` and `phase`, D parameters each.
  public let blocks: [ParameterBlock]
  /// The representatives in lexicographic order of their tokens.
  public let configurations: [Configuration<Word>]
  /// The tokens of ``configurations``, `[D, T]`.
  let tokens: [UInt8]
  private let places: [Configuration<Word>: Int]

  /// Creates a table with random entries.
  ///
  /// - Parameters:
  ///   - space: The sector; not empty, small enough to be listed.
  ///   - spread: The standard deviation of the entries.
  ///   - random: Their source.
  public init(space: ConfigurationSpace<Word>, spread: Float = 0.1, random: inout RandomSource) {
    precondition(space.dimension > 0, "the sector is empty")
    self.space = space
    let all = space.allRepresentatives()
    configurations = all
    places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1, $0) })
    var tokens = [UInt8](repeating: 0, count: all.count * space.positions)
    tokens.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      for (row, x) in all.enumerated() { space.encode(x, into: base + row * space.positions) }
    }
    self.tokens = tokens
    var layout = ParameterLayout()
    layout.append(
      "table", shape: [all.count], initializer: .normal(standardDeviation: spread))
    blocks = [
      ParameterBlock("modulus", part: .logModulus, offset: 0, layout: layout),
      ParameterBlock("phase", part: .phase, offset: all.count, layout: layout),
    ]
    parameters = layout.makeParameters(using: &random) + layout.makeParameters(using: &random)
  }

  /// D.
  public var dimension: Int { configurations.count }

  /// `log(|ψ|² m)` of every representative, `[D]`.
  func logProbabilities() -> [Double] {
    let twice = parameters[..<dimension].map { 2 * Double($0) }
    let shift = logSum(twice[...])
    return twice.map { $0 - shift }
  }

  /// The place of a representative of the sector in the table.
  func place(of configuration: Configuration<Word>) -> Int? { places[configuration] }
}

// swift-format-ignore: AllPublicDeclarationsHaveDocumentation
extension TableWaveFunction: AutoregressiveWaveFunction {
  public func logAmplitudes(
    of configurations: [Configuration<Word>], logModulus: inout [Double], phase: inout [Double]
  ) {
    logModulus = Array(repeating: -Double.infinity, count: configurations.count)
    phase = Array(repeating: 0, count: configurations.count)
    let logProbabilities = logProbabilities()
    for (index, x) in configurations.enumerated() {
      let (representative, sign, size) = space.orbit(of: x)
      guard sign != 0, let place = places[representative] else { continue }
      logModulus[index] = 0.5 * (logProbabilities[place] - log(Double(size)))
      phase[index] = Double(parameters[dimension + place]) + (sign < 0 ? Double.pi : 0)
    }
  }

  public func derivatives(
    of configurations: [Configuration<Word>], block: Int
  ) -> any DerivativeOperator {
    let places = configurations.map { x in
      guard let place = place(of: x) else {
        preconditionFailure("\(x) is no representative of the sector")
      }
      return place
    }
    let means = block == 0 ? logProbabilities().map { Float(exp($0)) } : []
    return TableDerivatives(places: places, parameterCount: dimension, means: means)
  }

  public func makePrefixTree(capacity: Int) -> any PrefixTree {
    TablePrefixTree(
      tokens: tokens, logProbabilities: logProbabilities(), positions: space.positions,
      vocabulary: space.vocabulary)
  }
}

/// `O[b, k] = δ(x_b, k) − p_k`, without `p` for phases.
private final class TableDerivatives: DerivativeOperator {
  private let places: [Int]
  let parameterCount: Int
  /// `p`, or empty.
  private let means: [Float]

  init(places: [Int], parameterCount: Int, means: [Float]) {
    self.places = places
    self.parameterCount = parameterCount
    self.means = means
  }

  var rowCount: Int { places.count }
  var prefersProducts: Bool { false }

  func rows(_ range: Range<Int>, into rows: UnsafeMutablePointer<Float>, stride: Int) {
    for (row, index) in range.enumerated() {
      let line = rows + row * stride
      for column in 0..<parameterCount { line[column] = means.isEmpty ? 0 : -means[column] }
      line[places[index]] += 1
    }
  }
}

/// Conditionals of a table: a prefix is a range of the sorted strings.
private final class TablePrefixTree: PrefixTree {
  private let tokens: [UInt8]
  private let logProbabilities: [Double]
  private let positions: Int
  private let vocabulary: Int
  /// The ranges of the nodes of each level.
  private var ranges: [[Range<Int>]]

  init(tokens: [UInt8], logProbabilities: [Double], positions: Int, vocabulary: Int) {
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.positions = positions
    self.vocabulary = vocabulary
    ranges = Array(repeating: [], count: positions)
  }

  func advance(
    level: Int, parents: UnsafePointer<Int32>, tokens next: UnsafePointer<UInt8>, count: Int,
    logits: UnsafeMutablePointer<Float>
  ) {
    ranges[level] = (0..<count).map { node in
      level == 0
        ? 0..<logProbabilities.count
        : part(of: ranges[level - 1][Int(parents[node])], at: level - 1, token: next[node])
    }
    for (node, range) in ranges[level].enumerated() {
      for token in 0..<vocabulary {
        let child = part(of: range, at: level, token: UInt8(token))
        logits[node * vocabulary + token] = Float(logSum(logProbabilities[child]))
      }
    }
  }

  /// The strings of a range that have a token at a position; they are one after the other.
  private func part(of range: Range<Int>, at position: Int, token: UInt8) -> Range<Int> {
    func first(_ isBelow: (UInt8) -> Bool) -> Int {
      var (low, high) = (range.lowerBound, range.upperBound)
      while low < high {
        let middle = (low + high) / 2
        if isBelow(tokens[middle * positions + position]) {
          low = middle + 1
        } else {
          high = middle
        }
      }
      return low
    }
    return first { $0 < token }..<first { $0 <= token }
  }
}

/// `log Σ exp`, −∞ for nothing.
private func logSum(_ values: ArraySlice<Double>) -> Double {
  let largest = values.max() ?? -Double.infinity
  if largest == -Double.infinity { return largest }
  return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
}
