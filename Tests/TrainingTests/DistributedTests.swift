import Estimators
import Hamiltonians
import Integrals
import Parallelism
import Testing
import Training

/// Runs whose work is divided over several members, against the same runs of one.
@Suite struct DistributedTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable (inout Settings) -> Void
  }

  static let cases = [
    Case(testDescription: "whole sector", change: { _ in }),
    Case(
      testDescription: "layers, more parameters than configurations",
      change: { $0.sampling.maximumSamples = 150 }),
    Case(
      testDescription: "draws, few parameters",
      change: {
        $0.ansatz.width = 4
        $0.ansatz.feedForward = 4
        $0.ansatz.phaseHidden = [4]
        $0.sampling.draws = 100_000
        $0.sampling.maximumSamples = 900
      }),
    Case(
      testDescription: "screened, Adam",
      change: {
        $0.localEnergy.mode = .screened
        $0.localEnergy.screening = 0.05
        $0.localEnergy.screenedDraws = 3
        $0.optimizer.kind = .adam
      }),
    Case(
      testDescription: "small budget of memory",
      change: {
        $0.localEnergy.memoryBudget = 1
        $0.sampling.maximumSamples = 300
      }),
  ]

  struct Outcome: Sendable {
    var energies: [Double] = []
    var gradients: [Double] = []
    var distinct: [Int] = []
    var final = 0.0
    var leak = 0.0
  }

  /// Trains a few steps and evaluates.
  private static func run(
    _ integrals: MolecularIntegrals, _ change: @Sendable (inout Settings) -> Void, threads: Int,
    _ communicator: any Communicator
  ) throws -> Outcome {
    let settings = smallSettings {
      $0.start.determinants = 60
      $0.convergence.steps = 4
      $0.evaluation.maximumSamples = 400
      $0.evaluation.exactLimit = 500
      $0.threads = threads
      change(&$0)
    }
    let run = try makeTrainingRun(
      .molecule(integrals, irrep: .automatic), settings: settings, communicator: communicator)
    try finish(run)
    run.settle()
    let result = try run.evaluate()
    return Outcome(
      energies: run.trace.map(\.energy), gradients: run.trace.map(\.gradientNorm),
      distinct: run.trace.map(\.distinctSamples), final: result.energy, leak: result.leakEnergy)
  }

  /// The same bits for one member and several, on one thread and on two.
  @Test(arguments: cases) func tracesDoNotDependOnProcesses(_ example: Case) throws {
    let integrals = try bundled("n2_sto3g")
    let serial = try Self.run(integrals, example.change, threads: 1, SerialCommunicator())
    #expect(serial.energies.count == 4)
    for (size, threads) in [(2, 1), (3, 2)] {
      let outcomes = ThreadGroup.run(size) { communicator in
        Result { try Self.run(integrals, example.change, threads: threads, communicator) }
      }
      for (rank, outcome) in outcomes.enumerated() {
        let outcome = try outcome.get()
        #expect(outcome.energies == serial.energies, "process \(rank) of \(size)")
        #expect(outcome.gradients == serial.gradients, "process \(rank) of \(size)")
        #expect(outcome.distinct == serial.distinct, "process \(rank) of \(size)")
        #expect(outcome.final == serial.final, "process \(rank) of \(size)")
        #expect(outcome.leak == serial.leak, "process \(rank) of \(size)")
      }
    }
  }

  /// Members that do not weigh the same sample in the same way are found out before a step is taken.
  @Test func differentNumbersAreFoundOut() throws {
    let integrals = try bundled("n2_sto3g")
    let codes = ThreadGroup.run(2) { communicator in
      do {
        _ = try Self.run(
          integrals,
          {
            $0.start.kind = .random
            $0.sampling.exponent = communicator.rank == 0 ? 1 : 0.9
          }, threads: 1, communicator)
        return nil as TrainingError.Code?
      } catch { return (error as? TrainingError)?.code }
    }
    #expect(codes == [.processesDisagree, .processesDisagree])
  }
}
