import Configurations
import Foundation
import Testing
import WaveFunctions

@Suite struct TableTests {
  @Test(arguments: DerivativeTests.tables.indices) func tablesAreNormalisedOverTheirSector(
    _ which: Int
  ) {
    var random = RandomSource(seed: 2)
    let table = TableWaveFunction(
      space: DerivativeTests.tables[which], spread: 1, random: &random)
    let all = table.space.allRepresentatives()
    #expect(table.parameters.count == 2 * all.count && table.configurations == all)
    let logModulus = table.logAmplitudes(of: all).logModulus
    let sum = all.indices.reduce(0.0) {
      $0 + Double(table.space.multiplicity(all[$1])) * exp(2 * logModulus[$1])
    }
    #expect(abs(sum - 1) < 1e-12)
    // Outside the sector there is nothing.
    #expect(table.logAmplitudes(of: [Configuration(alpha: 0)]).logModulus == [-.infinity])
  }

  /// The conditionals multiply to |ψ|².
  @Test(arguments: DerivativeTests.tables.indices) func conditionalsMultiplyToTheSquares(
    _ which: Int
  ) {
    let space = DerivativeTests.tables[which]
    var random = RandomSource(seed: 3)
    let table = TableWaveFunction(space: space, spread: 1, random: &random)
    let tree = table.makePrefixTree(capacity: 1)
    let vocabulary = space.vocabulary
    for x in space.allRepresentatives() {
      var tokens = [UInt8](repeating: 0, count: space.positions)
      space.encode(x, into: &tokens)
      var sum = 0.0
      var logits = [Float](repeating: 0, count: vocabulary)
      for position in 0..<space.positions {
        let token = position == 0 ? 0 : tokens[position - 1]
        tree.advance(level: position, parents: [0], tokens: [token], count: 1, logits: &logits)
        let total = logits.reduce(0.0) { $0 + exp(Double($1)) }
        sum += Double(logits[Int(tokens[position])]) - log(total)
      }
      let expected =
        2 * table.logAmplitudes(of: [x]).logModulus[0] + log(Double(space.multiplicity(x)))
      #expect(abs(sum - expected) < 1e-5)
    }
  }
}
