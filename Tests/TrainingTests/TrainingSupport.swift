import Configurations
import Foundation
import Hamiltonians
import Integrals
import Testing
import Training

/// Reads a bundled file.
func bundled(_ name: String) throws -> MolecularIntegrals {
  let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()
  return try IntegralFile.read(path: root.appendingPathComponent("integrals/\(name).fcidump").path)
    .integrals
}

/// Settings of a small network on two threads.
func smallSettings(_ change: (inout Settings) -> Void = { _ in }) -> Settings {
  var settings = Settings()
  settings.ansatz.width = 8
  settings.ansatz.heads = 2
  settings.ansatz.layers = 1
  settings.ansatz.feedForward = 12
  settings.ansatz.phaseHidden = [16]
  settings.threads = 2
  change(&settings)
  return settings
}

/// Prepares a run and drives it to its end, or for a number of steps.
func finish(_ run: any TrainingRun, steps: Int = .max) throws {
  try run.prepare { _ in }
  while !run.isFinished && run.trace.count < steps { _ = try run.step() }
}

/// A state as complex amplitudes by configuration, partners included, with the dense Hamiltonian.
struct DenseState {
  let configurations: [Configuration<UInt64>]
  let amplitudes: [(real: Double, imaginary: Double)]
  let matrix: [[Double]]

  /// Reads the state from the leading configurations of a result, which must be all there are.
  init(_ result: FinalResult, parity: Int, integrals: MolecularIntegrals) {
    var configurations: [Configuration<UInt64>] = []
    var amplitudes: [(real: Double, imaginary: Double)] = []
    for entry in result.leading {
      let x = Configuration<UInt64>(alpha: entry.alpha[0], beta: entry.beta[0])
      let modulus = exp(entry.logModulus)
      let value = (modulus * cos(entry.phase), modulus * sin(entry.phase))
      configurations.append(x)
      amplitudes.append(value)
      if parity != 0 && x.alpha != x.beta {
        configurations.append(x.spinFlipped)
        amplitudes.append((Double(parity) * value.0, Double(parity) * value.1))
      }
    }
    let hamiltonian = MolecularHamiltonian<UInt64>(integrals)
    self.configurations = configurations
    self.amplitudes = amplitudes
    matrix = configurations.map { row in
      configurations.map { column in
        row == column ? hamiltonian.diagonalElement(row) : hamiltonian.element(row, column)
      }
    }
  }

  var norm: Double {
    amplitudes.reduce(0) { $0 + $1.real * $1.real + $1.imaginary * $1.imaginary }
  }

  /// `⟨H⟩` and `⟨H²⟩ − ⟨H⟩²`.
  var moments: (energy: Double, variance: Double) {
    var first = 0.0
    var second = 0.0
    for row in matrix.indices {
      var real = 0.0
      var imaginary = 0.0
      for column in matrix.indices {
        real += matrix[row][column] * amplitudes[column].real
        imaginary += matrix[row][column] * amplitudes[column].imaginary
      }
      first += amplitudes[row].real * real + amplitudes[row].imaginary * imaginary
      second += real * real + imaginary * imaginary
    }
    let energy = first / norm
    return (energy, second / norm - energy * energy)
  }
}

extension Snapshot {
  /// All parameters of the networks whose name starts with a prefix, one after the other.
  func flat(_ prefix: String) -> [Float] {
    parameters.filter { $0.name.hasPrefix(prefix) }.flatMap(\.values)
  }

  /// The snapshot with its parameters changed.
  func changingParameters(_ change: (_ name: String, inout [Float]) -> Void) -> Snapshot {
    var copy = self
    for index in copy.parameters.indices {
      change(copy.parameters[index].name, &copy.parameters[index].values)
    }
    return copy
  }

  /// The snapshot with random parameters of ordinary size, so that nothing is zero by accident.
  func scrambled(seed: UInt64, by size: Double) -> Snapshot {
    var random = RandomSource(seed: seed)
    return changingParameters { _, values in
      for index in values.indices { values[index] += Float(size * random.normal()) }
    }
  }
}
