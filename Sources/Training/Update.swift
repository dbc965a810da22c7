internal import Configurations
internal import Foundation
internal import Hamiltonians
internal import LinearAlgebra
internal import NeuralNetworks
internal import Optimization
internal import WaveFunctions

extension VariationalMonteCarlo {
  /// Moves the parameters by one step of the chosen optimiser.
  ///
  /// - Returns: The norm of the energy's gradient.
  func update(
    _ sample: TrainingSample<Word>, energies: LocalEnergies, temperature: Double
  ) throws(TrainingError) -> Double {
    let (mean, real) = centredFreeEnergies(sample, energies, temperature)
    switch settings.optimizer.kind {
    case .adam:
      return adamStep(sample, real: real, imaginary: energies.imaginary)
    case .sr:
      // Until the energy is below the reference's, that is the better guess at the lowest level.
      let level = min(energies.energy, context.referenceEnergy)
      let denominators = energies.numbers.map {
        max(estimator.table.diagonal[Int($0)] - level, resolved.denominatorFloor) + temperature
      }
      let targets = real.indices.map {
        stepTarget(
          real: real[$0], imaginary: energies.imaginary[$0], denominator: denominators[$0])
      }
      var sample = sample
      for index in 0..<real.count - sample.pulledCount {
        // A configuration counts by the weight that it has or, if larger, that it should have:
        // else one that was lost would have no say in the step that could bring it back.
        let x = 1 - real[index] / denominators[index]
        let y = energies.imaginary[index] / denominators[index]
        sample.metric[index] *= max(1, x * x + y * y)
      }
      if judgeLastStep(sample, energies: energies, temperature: temperature, freeEnergy: mean) {
        return trace.last?.gradientNorm ?? 0
      }
      optimizer.amplitudeBefore = waveFunction.amplitudeParameters
      optimizer.phaseBefore = waveFunction.phaseParameters
      return try naturalGradientStep(
        sample, targets: targets, denominators: denominators, real: real,
        imaginary: energies.imaginary)
    }
  }

  /// Returns the wished change of `log ψ(x)`.
  ///
  /// Jacobi's iteration for `(H − E) ψ = 0` replaces `ψ(x)` by `ψ(x) (1 − r)` with
  /// `r = (E_loc(x) − E)/(H_xx − E)`. While `|r|` is small, that is the change `−r` of `log ψ`, the
  /// natural-gradient direction in a metric preconditioned by the diagonal of `H − E`. Where it is
  /// large, the logarithm is taken: a wrong sign then asks for a turn of the phase by π, where the
  /// linear form would see no imaginary part and drive the modulus to zero.
  private func stepTarget(
    real: Double, imaginary: Double, denominator: Double
  ) -> (real: Double, imaginary: Double) {
    let x = 1 - real / denominator
    let y = -imaginary / denominator
    let eta = resolved.learningRate(at: trace.count)
    if x > 0.5 && x < 2 { return (eta * (x - 1), eta * y) }
    let logModulus = 0.5 * log(x * x + y * y)
    return (
      eta * max(-1, min(1, logModulus)), eta * max(-1, min(1, atan2(y, x)))
    )
  }

  /// Returns the free energy and its local values `E_loc + T log p`, centred.
  private func centredFreeEnergies(
    _ sample: TrainingSample<Word>, _ energies: LocalEnergies, _ temperature: Double
  ) -> (mean: Double, real: [Double]) {
    var real = energies.real
    if temperature > 0 {
      for (index, number) in energies.numbers.enumerated() {
        real[index] += temperature * 2 * estimator.amplitudes.logModulus[Int(number)]
      }
    }
    var mean = 0.0
    for index in real.indices { mean += sample.weighted.weights[index] * real[index] }
    for index in real.indices { real[index] -= mean }
    return (mean, real)
  }

  /// Adapts the regularisation to what the last step did, and takes a bad step back.
  ///
  /// - Parameters:
  ///   - sample: A sample of the present parameters.
  ///   - energies: Its local energies.
  ///   - temperature: The temperature of the free energy.
  ///   - freeEnergy: The (free) energy, where it is known already.
  /// - Returns: Whether the last step was taken back; the parameters are then the ones before it.
  func judgeLastStep(
    _ sample: TrainingSample<Word>, energies: LocalEnergies, temperature: Double,
    freeEnergy: Double? = nil
  ) -> Bool {
    let energy = freeEnergy ?? centredFreeEnergies(sample, energies, temperature).mean
    let error = samplingError(variance: energies.variance, in: sample.weighted)
    defer { optimizer.previousEnergy = energy }
    guard var previous = optimizer.previousEnergy else { return false }
    // At the present temperature: cooling raises F, which is no fault of the step.
    if let last = trace.last { previous += (last.temperature - temperature) * last.entropy }
    let rise = energy - previous - 5 * error
    if rise > 1e-2 * resolved.energyScale && !optimizer.amplitudeBefore.isEmpty {
      takeBackLastStep()
      return true
    }
    if rise > 1e-7 * resolved.energyScale {
      optimizer.shift = min(optimizer.shift * 3, 10)
    } else {
      optimizer.shift = max(optimizer.shift * 0.7, resolved.shift)
    }
    return false
  }

  /// Puts back the parameters before the last step, at rest, and damps the next one.
  func takeBackLastStep() {
    waveFunction.amplitudeParameters = optimizer.amplitudeBefore
    waveFunction.phaseParameters = optimizer.phaseBefore
    optimizer.amplitudeBefore = []
    optimizer.phaseBefore = []
    for index in optimizer.amplitudeStep.indices { optimizer.amplitudeStep[index] = 0 }
    for index in optimizer.phaseStep.indices { optimizer.phaseStep[index] = 0 }
    optimizer.shift = min(optimizer.shift * 10, 10)
  }

  // MARK: - Natural gradient

  /// Solves for one natural-gradient step in each network and takes it.
  ///
  /// With metric weights `q` and denominators `D`, the row scales are `√(q D)` and the targets
  /// `√(q D) τ`; for `q = |ψ|²` and small residuals the right side is minus half of the energy's
  /// gradient, whatever `D` is, so the fixed point is the energy's minimum. Where `q` exceeds |ψ|²
  /// (lost configurations) or `τ` is a logarithm, it differs in second order of the residuals
  /// `(E_loc − E)/D`, which vanish where the ansatz can represent the state.
  func naturalGradientStep(
    _ sample: TrainingSample<Word>, targets: [(real: Double, imaginary: Double)],
    denominators: [Double], real: [Double], imaginary: [Double]
  ) throws(TrainingError) -> Double {
    let configurations = sample.weighted.configurations
    let count = configurations.count
    let weights = sample.weighted.weights
    var metric = sample.metric.indices.map { sample.metric[$0] * denominators[$0] }
    let total = metric.reduce(0, +)
    for index in metric.indices { metric[index] /= total }
    let scales = metric.map { $0.squareRoot() }

    let parameters = waveFunction.amplitudeParameters.count
    if rows.count < count * parameters { rows = Array(repeating: 0, count: count * parameters) }
    rows.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress {
        waveFunction.amplitudeJacobian(of: configurations, into: base, stride: parameters)
      }
    }
    var gradient = [Float](repeating: 0, count: parameters)
    BLAS.multiply(
      rows, parameters, rows: count, columns: parameters, transposed: true,
      vector: real.indices.map { Float(weights[$0] * real[$0]) }, into: &gradient)
    var gradientNorm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }

    do throws(LinearAlgebraError) {
      var (step, image) = try solver.solve(
        rows: &rows, count: count, parameters: parameters, weights: metric, scales: scales,
        target: targets.indices.map { scales[$0] * targets[$0].real },
        previous: optimizer.amplitudeStep, momentum: resolved.momentum, shift: optimizer.shift)
      limit(&step, norm: image.reduce(0) { $0 + $1 * $1 }.squareRoot())
      for index in 0..<parameters { waveFunction.amplitudeParameters[index] += step[index] }
      optimizer.amplitudeStep = step
    } catch {
      throw TrainingError(
        .notFinite,
        "the modulus network's step cannot be solved for (\(error)); try a larger `shift`")
    }
    gradientNorm += try phaseStep(
      configurations, targets: targets.map(\.imaginary), metric: metric, scales: scales,
      gradientWeights: imaginary.indices.map { Float(weights[$0] * imaginary[$0]) })
    return 2 * gradientNorm.squareRoot()
  }

  /// Solves for the phase network's step and takes it; returns the squared norm of its half
  /// gradient.
  private func phaseStep(
    _ configurations: [Configuration<Word>], targets: [Double], metric: [Double],
    scales: [Double], gradientWeights: [Float]
  ) throws(TrainingError) -> Double {
    let count = configurations.count
    let parameters = waveFunction.phaseParameters
    let workspace = phaseWorkspace(capacity: count)
    var phases = [Float](repeating: 0, count: count)
    workspace.forward(
      inputs: waveFunction.phaseInputs(of: configurations), count: count, parameters: parameters,
      outputs: &phases)
    var gradient = [Float](repeating: 0, count: parameters.count)
    workspace.backward(
      weights: gradientWeights, parameters: parameters, gradient: &gradient)
    let squaredNorm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }

    var kernel = [Float](repeating: 0, count: count * count)
    workspace.addGram(parameters: parameters, to: &kernel, rowStride: count)
    var image = [Float](repeating: 0, count: count)
    workspace.tangent(
      direction: optimizer.phaseStep, parameters: parameters, result: &image)
    do throws(LinearAlgebraError) {
      let solution = try solver.solve(
        kernel: kernel, count: count, weights: metric, scales: scales,
        target: targets.indices.map { scales[$0] * targets[$0] },
        previousImage: image.map(Double.init), momentum: resolved.momentum,
        shift: optimizer.shift)
      var step = optimizer.phaseStep.map { Float(resolved.momentum) * $0 }
      workspace.backward(
        weights: solution.map(Float.init), parameters: parameters, gradient: &step)
      workspace.tangent(direction: step, parameters: parameters, result: &image)
      var norm = 0.0
      for index in 0..<count { norm += metric[index] * Double(image[index]) * Double(image[index]) }
      limit(&step, norm: norm.squareRoot())
      for index in step.indices { waveFunction.phaseParameters[index] += step[index] }
      optimizer.phaseStep = step
    } catch {
      throw TrainingError(
        .notFinite, "the phase network's step cannot be solved for (\(error)); try a larger `shift`"
      )
    }
    return squaredNorm
  }

  /// Shortens a step whose norm in the metric exceeds the limit.
  private func limit(_ step: inout [Float], norm: Double) {
    if norm <= resolved.maximumStep { return }
    let factor = Float(resolved.maximumStep / norm)
    for index in step.indices { step[index] *= factor }
  }

  // MARK: - Adam

  /// Takes one Adam step along the energy's gradient; returns the gradient's norm.
  private func adamStep(
    _ sample: TrainingSample<Word>, real: [Double], imaginary: [Double]
  ) -> Double {
    let configurations = sample.weighted.configurations
    let weights = sample.weighted.weights
    let count = configurations.count
    var gradient = waveFunction.amplitudeGradient(
      of: configurations, weights: real.indices.map { Float(2 * weights[$0] * real[$0]) })
    let workspace = phaseWorkspace(capacity: count)
    var phaseGradient = [Float](repeating: 0, count: waveFunction.phaseParameters.count)
    var phases = [Float](repeating: 0, count: count)
    workspace.forward(
      inputs: waveFunction.phaseInputs(of: configurations), count: count,
      parameters: waveFunction.phaseParameters, outputs: &phases)
    workspace.backward(
      weights: imaginary.indices.map { Float(2 * weights[$0] * imaginary[$0]) },
      parameters: waveFunction.phaseParameters, gradient: &phaseGradient)
    gradient += phaseGradient
    let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    var parameters = waveFunction.amplitudeParameters + waveFunction.phaseParameters
    optimizer.adam?.update(
      &parameters, gradient: gradient, learningRate: resolved.learningRate,
      firstDecay: resolved.momentum, weightDecay: resolved.weightDecay)
    let split = waveFunction.amplitudeParameters.count
    waveFunction.amplitudeParameters = Array(parameters[..<split])
    waveFunction.phaseParameters = Array(parameters[split...])
    return norm
  }
}
