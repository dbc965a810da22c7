internal import Configurations
internal import Hamiltonians
internal import LinearAlgebra
internal import NeuralNetworks
internal import Optimization
internal import WaveFunctions

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#else
internal import Darwin
#endif

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
    for (index, configuration) in all.enumerated() where values[index] != 0 {
      guard space.isRepresentative(configuration) else { continue }
      let isInside = tokens.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return false }
        space.encode(configuration, into: base)
        return space.automaton.contains(base)
      }
      if isInside { entries.append((configuration, values[index])) }
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

  /// Fits both networks to a vector by Gauss–Newton steps on `log ψ`.
  ///
  /// The modulus is fitted to `log |c|` itself, not up to a constant: |ψ|² has sum 1 over the sector,
  /// so what the vector leaves out is then left with no weight. Amplitudes weigh by `|c|`, between
  /// the `|c|²` that the energy sees and the 1 that signs of small ones need.
  ///
  /// - Returns: The remaining distance, `√(1 − overlap²)` up to second order.
  private func fit(_ start: StartVector<Word>) throws(TrainingError) -> Double {
    let configurations = start.configurations
    let count = configurations.count
    let targets = start.amplitudes.map { log(abs($0)) }
    var metric = start.amplitudes.map { abs($0) }
    let total = metric.reduce(0, +)
    for index in metric.indices { metric[index] /= total }
    let scales = metric.map { $0.squareRoot() }
    let uncentred = [Double](repeating: 0, count: count)
    let born = start.amplitudes.indices.map {
      Double(waveFunction.space.multiplicity(configurations[$0])) * start.amplitudes[$0]
        * start.amplitudes[$0]
    }
    let parameters = waveFunction.amplitudeParameters.count
    if rows.count < count * parameters { rows = Array(repeating: 0, count: count * parameters) }
    let workspace = phaseWorkspace(capacity: count)
    let inputs = waveFunction.phaseInputs(of: configurations)
    var distance = Double.infinity
    var shift = 1e-2

    for _ in 0..<resolved.startSteps {
      var logModulus: [Double] = []
      var phase: [Double] = []
      waveFunction.logAmplitudes(of: configurations, logModulus: &logModulus, phase: &phase)
      var modulusTargets = uncentred
      var phaseTargets = uncentred
      var squared = 0.0
      for index in 0..<count {
        let difference = targets[index] - logModulus[index]
        let wanted = start.amplitudes[index] < 0 ? Double.pi : 0
        let turn = remainder(wanted - phase[index], 2 * Double.pi)
        squared += born[index] * (difference * difference + turn * turn)
        modulusTargets[index] = scales[index] * max(-2, min(2, difference))
        phaseTargets[index] = scales[index] * max(-1, min(1, turn))
      }
      // What is far off counts by its weight only: the linear form exaggerates it.
      shift = squared.squareRoot() < distance ? max(shift * 0.3, 1e-6) : min(shift * 4, 1e-1)
      distance = squared.squareRoot()
      if distance < 3e-3 { break }

      BLAS.setThreadCount(1)
      rows.withUnsafeMutableBufferPointer {
        if let base = $0.baseAddress {
          waveFunction.amplitudeJacobian(of: configurations, into: base, stride: parameters)
        }
      }
      BLAS.setThreadCount(resolved.threads)
      defer { BLAS.setThreadCount(1) }
      do throws(LinearAlgebraError) {
        let (step, _) = try solver.solve(
          rows: &rows, count: count, parameters: parameters, weights: uncentred, scales: scales,
          target: modulusTargets, previous: [], momentum: 0, shift: shift)
        for index in step.indices { waveFunction.amplitudeParameters[index] += step[index] }

        var phases = [Float](repeating: 0, count: count)
        workspace.forward(
          inputs: inputs, count: count, parameters: waveFunction.phaseParameters, outputs: &phases)
        var kernel = [Float](repeating: 0, count: count * count)
        workspace.addGram(
          parameters: waveFunction.phaseParameters, to: &kernel, rowStride: count)
        let solution = try solver.solve(
          kernel: kernel, count: count, weights: uncentred, scales: scales, target: phaseTargets,
          previousImage: [], momentum: 0, shift: shift)
        var phaseStep = [Float](repeating: 0, count: waveFunction.phaseParameters.count)
        workspace.backward(
          weights: solution.map(Float.init), parameters: waveFunction.phaseParameters,
          gradient: &phaseStep)
        for index in phaseStep.indices { waveFunction.phaseParameters[index] += phaseStep[index] }
      } catch {
        throw TrainingError(.notFinite, "the start cannot be fitted (\(error)); try --start random")
      }
    }
    return distance
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
