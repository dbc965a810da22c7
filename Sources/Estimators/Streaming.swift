public import Configurations
internal import Hamiltonians
internal import Sampling
internal import WaveFunctions

// Samples whose rows do not fit the budget are taken in parts: the rows of a part are enumerated, its
// connected configurations evaluated once, the local energies summed, and all of it forgotten but the
// sample's own amplitudes.
extension LocalEnergyEstimator {
  /// Returns the numbers of configurations whose rows all fit the budget, with the rows; nil, and an
  /// empty table, where they do not.
  ///
  /// What other steps have left is forgotten where it is in the way.
  func numbersWithRows(of configurations: [Configuration<Word>]) -> [Int32]? {
    if configurations.count * ConnectedRows<H>.bytesOfConfiguration > table.budget / 2 {
      forget()
      return nil
    }
    let numbers = configurations.map { table.number(of: $0) }
    if table.enumerateRows(of: numbers[...]) == numbers.count { return numbers }
    // Once more with nothing but the amplitudes of this step, which would be others in other batches: a
    // run that was resumed has nothing else.
    forgetButAmplitudes()
    let again = configurations.map { table.number(of: $0) }
    if table.enumerateRows(of: again[...]) == again.count { return again }
    forget()
    return nil
  }

  /// Forgets all rows, and the configurations without a known amplitude.
  private func forgetButAmplitudes() {
    noticeParameters()
    let known = (0..<Int32(table.count)).filter { amplitudes.isKnown($0) }
    let kept = known.map {
      (table.configurations[Int($0)], amplitudes.evaluatedLogModulus($0), amplitudes.phase[Int($0)])
    }
    forget()
    amplitudes.reserve(kept.count)
    for (configuration, logModulus, phase) in kept {
      amplitudes.set(table.number(of: configuration), logModulus: logModulus, phase: phase)
    }
  }

  /// Appends the local energies of a sample, part by part.
  func stream(
    _ configurations: [Configuration<Word>], mode: LocalEnergyMode, random: RandomSource,
    into energies: inout LocalEnergies
  ) {
    let (logModulus, phase) = waveFunction.logAmplitudes(of: configurations)
    // Not more numbers than leave room for rows.
    let limit = max(1, table.budget / 4 / ConnectedRows<H>.bytesOfConfiguration)
    var start = 0
    while start < configurations.count {
      let slice = configurations[start..<min(configurations.count, start + limit)]
      let numbers = slice.map { table.number(of: $0) }
      let part = Array(numbers.prefix(table.enumerateRows(of: numbers[...])))
      noticeParameters()
      amplitudes.reserve(table.count)
      for (index, x) in configurations.enumerated() {
        if let number = table.knownNumber(of: x) {
          amplitudes.set(number, logModulus: logModulus[index], phase: phase[index])
        }
      }
      appendLocalEnergies(of: part, mode: mode, random: random, to: &energies)
      forget()
      start += part.count
    }
  }

  /// The same for `subspace`: the whole sample has numbers, and rows hold nothing else.
  func streamSubspace(
    _ configurations: [Configuration<Word>], into energies: inout LocalEnergies
  ) {
    let numbers = configurations.map { table.number(of: $0) }
    useAmplitudes(sampled: numbers, mode: .subspace)
    var start = 0
    while start < numbers.count {
      let end = start + table.enumerateRows(of: numbers[start...], amongKnown: true)
      let part = Array(numbers[start..<end])
      appendSums(part, mode: .subspace, draws: [], to: &energies)
      table.forgetRows(of: part)
      start = end
    }
    forget()
  }

  /// Computes `log ψ` of configurations and keeps it for the calls that follow.
  ///
  /// - Parameter configurations: Distinct representatives.
  /// - Returns: log|ψ| and arg ψ in radians of each.
  public func logAmplitudes(
    of configurations: [Configuration<Word>]
  ) -> (logModulus: [Double], phase: [Double]) {
    if configurations.count * ConnectedRows<H>.bytesOfConfiguration > table.budget / 2 {
      return waveFunction.logAmplitudes(of: configurations)
    }
    let numbers = configurations.map { table.number(of: $0) }
    evaluate(numbers)
    return (
      numbers.map { amplitudes.evaluatedLogModulus($0) }, numbers.map { amplitudes.phase[Int($0)] }
    )
  }
}
