internal import Configurations
internal import Estimators
internal import Parallelism
internal import Sampling
internal import WaveFunctions

extension Settings {
  /// Returns the settings of processes that share machines: of threads and memory each gets its part, and all the
  /// same.
  func shared(by communicator: any Communicator) -> Settings {
    if !communicator.isDistributed { return self }
    var settings = self
    func least(_ value: Int) -> Int { communicator.gather([value]).min() ?? value }
    let local = communicator.gather([communicator.localSize]).max() ?? 1
    settings.threads = threads ?? least(ProcessorCount.current.shared(by: local).count)
    settings.localEnergy.memoryBudget =
      localEnergy.memoryBudget
      ?? max(1, least(EstimatorOptions.defaultMemoryBudget() >> 20) / local)
    return settings
  }
}

// Every process holds the whole run and does the same arithmetic; what is dear is divided and gathered where it is
// done: amplitudes, local energies, derivatives, Gram matrices, prefixes of the sampling tree.
extension VariationalMonteCarlo {
  /// Gives all processes the parameters of the first.
  ///
  /// They have the same already where all processes run on processors of the same kind, whose kernels round alike.
  func shareParameters() {
    if !execution.communicator.isDistributed { return }
    var parameters = waveFunction.parameters
    execution.communicator.broadcast(&parameters, from: 0)
    if parameters != waveFunction.parameters { waveFunction.parameters = parameters }
  }

  /// Throws where the processes do not fit the same vector.
  func checkStart(_ start: StartVector<Word>) throws(TrainingError) {
    let words =
      start.configurations.map { UInt64($0.digest) } + start.amplitudes.map(\.bitPattern)
    try checkAgreement(of: words, on: "the start")
  }

  /// Throws where the processes do not have the same sample with the same energies, bit for bit.
  func checkAgreement(on batch: Batch) throws(TrainingError) {
    if !execution.communicator.isDistributed { return }
    let sample = batch.sample
    try checkAgreement(
      of: waveFunction.parameters.map { UInt64($0.bitPattern) }
        + sample.sample.configurations.map { UInt64($0.digest) } + sample.metric.map(\.bitPattern)
        + batch.energies.real.map(\.bitPattern), on: "step \(trace.count + 1)")
  }

  /// Throws where processes have come to different words.
  private func checkAgreement(of words: [UInt64], on what: String) throws(TrainingError) {
    let communicator = execution.communicator
    if !communicator.isDistributed { return }
    // Fowler, Noll and Vo's hash, by words.
    let sum = words.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
      ($0 ^ $1) &* 0x0000_0100_0000_01B3
    }
    let sums = communicator.gather([sum])
    guard let rank = sums.firstIndex(where: { $0 != sums[0] }) else { return }
    throw TrainingError(
      .processesDisagree,
      "\(what): process \(rank) has other numbers than process 0. All must run the same program on processors of the "
        + "same kind, with the same OPENBLAS_CORETYPE")
  }
}
