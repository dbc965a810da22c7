import Configurations
import Foundation
import NeuralNetworks
import Parallelism
import Testing
import WaveFunctions

@Suite struct AmplitudeTests {
  @Test(arguments: WaveFunctionCase.all)
  func squaresSumToOneOverTheSector(_ example: WaveFunctionCase) {
    let waveFunction = example.make()
    let everything = example.everything
    let (logModulus, phase) = waveFunction.evaluate(everything)
    var sum = 0.0
    var support = 0.0
    for (index, x) in everything.enumerated() {
      var tokens = [UInt8](repeating: 0, count: example.space.positions)
      example.space.encode(example.space.representative(x), into: &tokens)
      if example.space.automaton.contains(tokens) {
        #expect(logModulus[index].isFinite && phase[index].isFinite)
        // Both partners of a pair, each with its own |ψ|².
        sum += exp(2 * logModulus[index])
        support += 1 / Double(example.space.multiplicity(x))
      } else {
        #expect(logModulus[index] == -Double.infinity && phase[index] == 0)
      }
    }
    #expect(abs(sum - 1) < 1e-12)
    #expect(abs(support - example.space.dimension) < 1e-9)
  }

  @Test(arguments: WaveFunctionCase.all) func flipMultipliesByTheParity(
    _ example: WaveFunctionCase
  ) {
    let space = example.space
    if space.spinFlipParity == 0 || !space.symmetries.isEmpty { return }
    let waveFunction = example.make()
    let all = space.allRepresentatives()
    let here = waveFunction.evaluate(all)
    let there = waveFunction.evaluate(all.map(space.flipped))
    for index in all.indices {
      #expect(here.logModulus[index] == there.logModulus[index])
      let isMoved = space.flipped(all[index]) != all[index]
      let turn = isMoved && space.spinFlipParity == -1 ? Double.pi : 0
      #expect(abs(remainder(there.phase[index] - here.phase[index] - turn, 2 * Double.pi)) < 1e-12)
    }
  }

  @Test(arguments: WaveFunctionCase.all) func symmetriesMultiplyByTheirEigenvalue(
    _ example: WaveFunctionCase
  ) {
    let space = example.space
    let waveFunction = example.make()
    let all = example.everything
    let here = waveFunction.evaluate(all)
    for symmetry in space.symmetries {
      let there = waveFunction.evaluate(all.map { symmetry.apply(to: $0) })
      let turn = symmetry.character == -1 ? Double.pi : 0
      for index in all.indices {
        #expect(here.logModulus[index] == there.logModulus[index])
        let difference = there.phase[index] - here.phase[index] - turn
        #expect(
          here.logModulus[index] == -Double.infinity
            || abs(remainder(difference, 2 * Double.pi)) < 1e-12)
      }
    }
  }

  /// The conditionals, one string at a time, from the batch form of the network.
  @Test(arguments: WaveFunctionCase.all) func prefixTreeGivesWhatWholeStringsGive(
    _ example: WaveFunctionCase
  ) {
    let space = example.space
    let waveFunction = example.make()
    let all = space.allRepresentatives()
    let found = waveFunction.evaluate(all)
    let batch = example.network.makeBatch(capacity: 1)
    let width = space.vocabulary
    for (index, x) in all.enumerated() {
      var tokens = [UInt8](repeating: 0, count: space.positions)
      space.encode(x, into: &tokens)
      var logits = [Float](repeating: 0, count: space.positions * width)
      batch.forward(
        tokens: tokens, count: 1, parameters: waveFunction.parameters, logits: &logits)
      var sum = 0.0
      var state: Int32 = 0
      for position in 0..<space.positions {
        var partition = 0.0
        for token in 0..<width where space.automaton.next(position, state, token) >= 0 {
          partition += exp(Double(logits[position * width + token]))
        }
        let token = Int(tokens[position])
        sum += Double(logits[position * width + token]) - log(partition)
        state = space.automaton.next(position, state, token)
      }
      let expected = 0.5 * (sum - log(Double(space.multiplicity(x))))
      #expect(abs(found.logModulus[index] - expected) < 1e-5)
    }
  }

  /// The phase network's own evaluation on ±1 inputs.
  @Test(arguments: WaveFunctionCase.all) func phasesAreThoseOfThePhaseNetwork(
    _ example: WaveFunctionCase
  ) {
    let waveFunction = example.make()
    let all = example.space.allRepresentatives()
    let found = waveFunction.evaluate(all)
    let parameters = waveFunction.parameters[waveFunction.blocks[1].range].map(Double.init)
    for index in all.indices {
      let expected = referencePhase(of: all[index], example, waveFunction.phaseNetwork, parameters)
      #expect(abs(expected - found.phase[index]) < 1e-5)
    }
  }

  /// The phase network in Float64, from the bits of a representative.
  private func referencePhase(
    of x: Configuration<UInt64>, _ example: WaveFunctionCase, _ network: MultilayerPerceptron,
    _ parameters: [Double]
  ) -> Double {
    let isMolecule = example.space.kind == .electrons
    let last = example.space.positions - 1
    func array(_ name: String) -> [Double] {
      guard let entry = network.layout.entries.first(where: { $0.name == name }) else { return [] }
      return Array(parameters[entry.offset..<entry.offset + entry.count])
    }
    func sign(_ word: UInt64, _ orbital: Int) -> Double {
      word >> UInt64(orbital) & 1 == 1 ? 1 : -1
    }
    let orbitals = example.choosesPhase ? 0..<last : 0..<last + 1
    let inputs =
      orbitals.map { sign(x.alpha, $0) } + (isMolecule ? orbitals.map { sign(x.beta, $0) } : [])
    var values = inputs
    for layer in 0..<2 {
      let (weight, bias) = (array("layer\(layer)/weight"), array("layer\(layer)/bias"))
      values = bias.indices.map { k in
        let z = values.indices.reduce(bias[k]) { $0 + weight[k * values.count + $1] * values[$1] }
        return z / (1 + exp(-z))
      }
    }
    // Empty, α, β, both; or down, up.
    let token = (sign(x.alpha, last) > 0 ? 1 : 0) + (isMolecule && sign(x.beta, last) > 0 ? 2 : 0)
    let row = example.choosesPhase ? token : 0
    let weight = array("output/weight")
    let output = values.indices.reduce(array("output/bias")[row]) {
      $0 + weight[row * values.count + $1] * values[$1]
    }
    return output + zip(array("skip/weight"), inputs).reduce(0) { $0 + $1.0 * $1.1 }
  }

  @Test(arguments: WaveFunctionCase.all) func orderAndRepetitionDoNotMatter(
    _ example: WaveFunctionCase
  ) {
    let waveFunction = example.make()
    let all = example.everything
    let straight = waveFunction.evaluate(all)
    var random = RandomSource(seed: 5)
    let shuffled = all.indices.shuffled(using: &random)
    let mixed = waveFunction.evaluate(shuffled.map { all[$0] })
    for (place, index) in shuffled.enumerated() {
      #expect(mixed.logModulus[place] == straight.logModulus[index])
      #expect(mixed.phase[place] == straight.phase[index])
    }
    let repeated = waveFunction.evaluate(all + all)
    for index in all.indices {
      #expect(repeated.logModulus[index] == repeated.logModulus[index + all.count])
      let isSame =
        repeated.logModulus[index] == straight.logModulus[index]
        || abs(repeated.logModulus[index] - straight.logModulus[index]) < 1e-5
      #expect(isSame)
    }
    let none = waveFunction.evaluate([])
    #expect(none.logModulus.isEmpty && none.phase.isEmpty)
  }

  /// More strings than one block holds, so that threads have something to share.
  @Test(arguments: [0, 1]) func threadsDoNotMatter(_ which: Int) {
    let space = ConfigurationSpace<UInt64>(
      alphaCount: 4, betaCount: 3, orbitalIrreps: nil, irrep: nil,
      order: Array((0..<8).reversed()))
    let example = WaveFunctionCase(
      testDescription: "", space: space,
      network: which == 0
        ? TransformerNetwork(
          configuration: TransformerConfiguration(width: 8, heads: 2, layers: 2, feedForward: 12),
          positions: 8, vocabulary: 4)
        : RetNetNetwork(
          configuration: RetNetConfiguration(
            width: 8, heads: 2, layers: 2, feedForward: 12, positionBias: true, finalNorm: true),
          positions: 8, vocabulary: 4))
    let all = space.allRepresentatives()
    #expect(all.count == 3920)
    let serial = example.make(threads: 1)
    let parallel = example.make(threads: 3)
    #expect(serial.parameters == parallel.parameters)
    let one = serial.evaluate(all)
    let three = parallel.evaluate(all)
    #expect(one.logModulus == three.logModulus)
    #expect(one.phase == three.phase)
    let some = Array(all.prefix(300))
    #expect(serial.jacobian(some) == parallel.jacobian(some))
    let weights = some.indices.map { Float($0 % 7) - 3 }
    #expect(
      serial.gradient(of: some, weights: weights)
        == parallel.gradient(of: some, weights: weights))
    // Again with the workspaces as the first calls left them.
    #expect(parallel.evaluate(all).logModulus == one.logModulus)
    #expect(parallel.jacobian(some) == serial.jacobian(some))
  }

  @Test func wideWordsGiveWhatNarrowWordsGive() {
    let order = [5, 4, 3, 2, 1, 0]
    let network = TransformerNetwork(
      configuration: TransformerConfiguration(width: 8, heads: 2, layers: 1, feedForward: 8),
      positions: 6, vocabulary: 4)
    func evaluate<Word: ConfigurationWord>(_: Word.Type) -> [Double] {
      let space = ConfigurationSpace<Word>(
        alphaCount: 3, betaCount: 3, orbitalIrreps: nil, irrep: nil, order: order,
        spinFlipParity: 1)
      var random = RandomSource(seed: 3)
      let waveFunction = NetworkWaveFunction(
        space: space, network: network,
        phaseNetwork: MultilayerPerceptron(
          configuration: PerceptronConfiguration(hiddenWidths: [5]), inputs: 12),
        execution: .serial, random: &random)
      let (logModulus, phase) = waveFunction.evaluate(space.allRepresentatives())
      return logModulus + phase
    }
    #expect(evaluate(UInt64.self) == evaluate(UInt128.self))
  }
}
