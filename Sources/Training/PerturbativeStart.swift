internal import Configurations
internal import Foundation
internal import Hamiltonians
internal import LinearAlgebra
internal import NeuralNetworks
internal import Optimization
internal import WaveFunctions

/// Real amplitudes on some representatives, to which a wave function is fitted before training.
struct StartVector<Word: ConfigurationWord>: Sendable {
  /// The representatives.
  var configurations: [Configuration<Word>]
  /// Their amplitudes `ψ`, with `Σ m ψ² = 1` over multiplicities `m`.
  var amplitudes: [Double]
  /// The energy of the small configuration interaction behind it.
  var energy: Double
  /// Its second-order correction.
  var secondOrderEnergy: Double

  /// Creates the vector of a selected configuration interaction and its first-order correction.
  ///
  /// - Parameters:
  ///   - selection: The vector and its perturbers.
  ///   - space: The sector; what lies outside it is left out.
  ///   - limit: The number of amplitudes to keep, largest first.
  init(_ selection: SelectedCI<Word>.Result, space: ConfigurationSpace<Word>, limit: Int) {
    var entries: [(configuration: Configuration<Word>, amplitude: Double)] = []
    let all = selection.configurations + selection.perturbers
    let values = selection.coefficients + selection.amplitudes
    var tokens = [UInt8](repeating: 0, count: space.positions)
    var seen: Set<Configuration<Word>> = []
    for (index, member) in all.enumerated() where values[index] != 0 {
      let (configuration, sign) = space.canonical(member)
      let isInside = tokens.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return false }
        space.encode(configuration, into: base)
        return space.automaton.contains(base)
      }
      if sign != 0 && isInside && seen.insert(configuration).inserted {
        entries.append((configuration, Double(sign) * values[index]))
      }
    }
    entries.sort { abs($0.amplitude) > abs($1.amplitude) }
    if entries.count > limit { entries.removeLast(entries.count - limit) }
    let norm = entries.reduce(0) {
      $0 + Double(space.multiplicity($1.configuration)) * $1.amplitude * $1.amplitude
    }.squareRoot()
    configurations = entries.map(\.configuration)
    amplitudes = entries.map { $0.amplitude / norm }
    energy = selection.energy
    secondOrderEnergy = selection.secondOrderEnergy
  }
}

extension VariationalMonteCarlo {
  func prepare(log report: (String) -> Void) throws(TrainingError) {
    for line in messages { report(line) }
    guard trace.isEmpty, let start else { return }
    let distance = try fit(start)
    report(
      "start: fitted to \(start.configurations.count) amplitudes of a perturbative vector "
        + "(distance \(distance))")
  }

  /// Fits both networks to a vector by Levenberg–Marquardt steps on `log ψ`.
  ///
  /// The modulus is fitted to `log |c|` itself, not up to a constant: |ψ|² has sum 1 over the sector,
  /// so what the vector leaves out is then left with no weight. Amplitudes weigh by `|c|`, between
  /// the `|c|²` that the energy sees and the 1 that signs of small ones need.
  ///
  /// - Returns: The remaining distance, `√(1 − overlap²)` up to second order.
  private func fit(_ start: StartVector<Word>) throws(TrainingError) -> Double {
    let born = start.amplitudes.indices.map {
      Double(waveFunction.space.multiplicity(start.configurations[$0])) * start.amplitudes[$0]
        * start.amplitudes[$0]
    }
    var metric = start.amplitudes.map { abs($0) }
    let total = metric.reduce(0, +)
    for index in metric.indices { metric[index] /= total }
    let task = FitTask(
      configurations: start.configurations, metric: metric, born: born,
      inputs: waveFunction.phaseInputs(of: start.configurations))
    let moduli = start.amplitudes.map { log(abs($0)) }
    let signs = start.amplitudes.map { $0 < 0 ? Double.pi : 0 }
    let modulusDistance = try fitModulus(task, to: moduli)
    let phaseDistance = try fitPhase(task, to: signs)
    return (modulusDistance + phaseDistance).squareRoot()
  }

  /// What both fits share.
  private struct FitTask {
    var configurations: [Configuration<Word>]
    /// The weights of the least-squares problem, with sum 1.
    var metric: [Double]
    /// `|ψ|²` of the target.
    var born: [Double]
    /// The phase network's inputs.
    var inputs: [Float]
  }

  private func fitModulus(
    _ task: FitTask, to targets: [Double]
  ) throws(TrainingError) -> Double {
    let count = targets.count
    let parameters = waveFunction.amplitudeParameters.count
    if rows.count < count * parameters { rows = Array(repeating: 0, count: count * parameters) }
    let scales = task.metric.map { $0.squareRoot() }
    let uncentred = [Double](repeating: 0, count: count)
    func differences() -> [Double] {
      var logModulus: [Double] = []
      var phase: [Double] = []
      waveFunction.logAmplitudes(
        of: task.configurations, logModulus: &logModulus, phase: &phase)
      return targets.indices.map { targets[$0] - logModulus[$0] }
    }
    return try levenbergMarquardt(
      task, parameters: \.amplitudeParameters, differences: differences
    ) { difference, shift throws(LinearAlgebraError) in
      self.rows.withUnsafeMutableBufferPointer {
        if let base = $0.baseAddress {
          self.waveFunction.amplitudeJacobian(
            of: task.configurations, into: base, stride: parameters)
        }
      }
      return try self.solver.solve(
        rows: &self.rows, count: count, parameters: parameters, weights: uncentred, scales: scales,
        target: difference.indices.map { scales[$0] * max(-2, min(2, difference[$0])) },
        previous: [], momentum: 0,
        shift: shift
      ).step
    }
  }

  private func fitPhase(_ task: FitTask, to targets: [Double]) throws(TrainingError) -> Double {
    let count = targets.count
    let scales = task.metric.map { $0.squareRoot() }
    let uncentred = [Double](repeating: 0, count: count)
    let workspace = phaseWorkspace(capacity: count)
    var kernel = [Float](repeating: 0, count: count * count)
    func differences() -> [Double] {
      var phases = [Float](repeating: 0, count: count)
      workspace.forward(
        inputs: task.inputs, count: count, parameters: waveFunction.phaseParameters,
        outputs: &phases)
      return targets.indices.map { remainder(targets[$0] - Double(phases[$0]), 2 * Double.pi) }
    }
    return try levenbergMarquardt(
      task, parameters: \.phaseParameters, differences: differences
    ) { difference, shift throws(LinearAlgebraError) in
      for index in kernel.indices { kernel[index] = 0 }
      workspace.addGram(
        parameters: self.waveFunction.phaseParameters, to: &kernel, rowStride: count)
      let solution = try self.solver.solve(
        kernel: kernel, count: count, weights: uncentred, scales: scales,
        target: difference.indices.map { scales[$0] * max(-1, min(1, difference[$0])) },
        previousImage: [], momentum: 0, shift: shift)
      var step = [Float](repeating: 0, count: self.waveFunction.phaseParameters.count)
      workspace.backward(
        weights: solution.map(Float.init), parameters: self.waveFunction.phaseParameters,
        gradient: &step)
      return step
    }
  }

  /// Repeats damped Gauss–Newton steps; a step that makes the fit worse is taken back.
  ///
  /// - Returns: `Σ |ψ|² difference²` at the end.
  private func levenbergMarquardt(
    _ task: FitTask, parameters: ReferenceWritableKeyPath<WaveFunction<Word>, [Float]>,
    differences: () -> [Double],
    step: ([Double], _ shift: Double) throws(LinearAlgebraError) -> [Float]
  ) throws(TrainingError) -> Double {
    func objective(_ difference: [Double]) -> Double {
      difference.indices.reduce(0) { $0 + task.metric[$1] * difference[$1] * difference[$1] }
    }
    var shift = 0.3
    var difference = differences()
    var value = objective(difference)
    for _ in 0..<resolved.startSteps {
      // The training's own steps are better than a perfect fit to an imperfect vector.
      if value < 0.02 { break }
      let before = waveFunction[keyPath: parameters]
      do throws(LinearAlgebraError) {
        let step = try step(difference, shift)
        for index in step.indices { waveFunction[keyPath: parameters][index] += step[index] }
      } catch {
        shift *= 10
        continue
      }
      let next = differences()
      let nextValue = objective(next)
      if nextValue < value {
        let isDone = nextValue > 0.97 * value && shift <= 1e-5
        difference = next
        value = nextValue
        shift = max(shift * 0.3, 1e-6)
        if isDone { break }
      } else {
        waveFunction[keyPath: parameters] = before
        difference = differences()
        shift *= 6
      }
    }
    return difference.indices.reduce(0) { $0 + task.born[$1] * difference[$1] * difference[$1] }
  }

  /// Returns the phase network's workspace, made anew where it is too small.
  func phaseWorkspace(capacity: Int) -> PerceptronWorkspace {
    if let phaseWorkspaceStorage, phaseWorkspaceStorage.capacity >= capacity {
      return phaseWorkspaceStorage
    }
    let workspace = PerceptronWorkspace(network: waveFunction.phaseNetwork, capacity: capacity)
    phaseWorkspaceStorage = workspace
    return workspace
  }
}
