import Configurations
import Foundation
import HDF5Files
import Results
import Testing
import Training
import WaveFunctions

@Suite struct TrainedStateTests {
  /// Compares the amplitudes of a stored state with those that the file lists, whose squares sum to
  /// one.
  private func check(_ run: StoredRun, rows: Int) throws {
    let state = try TrainedState(readingFrom: run.path)
    let samples = try run.samples()
    try #require(samples.configurations.count == rows)
    let found = state.logAmplitudes(of: samples.configurations)
    // Single precision, in another order of the batch.
    let moduli = zip(found.logModulus, samples.logModulus).map { abs($0 - $1) }
    let phases = zip(found.phase, samples.phase).map { 1 - cos($0 - $1) }
    #expect(moduli.allSatisfy { $0 < 1e-5 })
    #expect(phases.allSatisfy { $0 < 1e-9 })
    let norm = found.logModulus.reduce(0) { $0 + exp(2 * $1) }
    #expect(abs(norm - 1) < 1e-5)
    let narrow = samples.configurations.map {
      Configuration(
        alpha: UInt64(truncatingIfNeeded: $0.alpha), beta: UInt64(truncatingIfNeeded: $0.beta))
    }
    #expect(state.logAmplitudes(of: narrow) == found)
    let own = state.makeWaveFunction(UInt128.self).logAmplitudes(of: samples.configurations)
    #expect(own == found)
  }

  @Test func amplitudesOfWaterAreThoseOfTheFile() throws {
    let run = try StoredRun.water()
    try check(run, rows: 133)
    let sector = try TrainedState(readingFrom: run.path).sector
    #expect(sector.irrep == 0 && sector.spinFlipParity == 1 && sector.symmetries.isEmpty)
    #expect(sector.dimension == 77)
  }

  @Test func amplitudesOfALatticeAreThoseOfTheFile() throws {
    let run = try StoredRun.square()
    try check(run, rows: 12_870)
    let sector = try TrainedState(readingFrom: run.path).sector
    #expect(sector.symmetries.count > 1 && sector.dimension == run.record.sectorDimension)
  }

  @Test func retnetsAndOtherOrdersAreRebuilt() throws {
    try check(
      StoredRun.water(irrep: .any) {
        $0.ansatz.kind = .retnet
        $0.ansatz.order = [3, 1, 0, 2, 6, 5, 4]
        $0.ansatz.spinFlipSymmetry = false
      }, rows: 441)
    try check(
      StoredRun.square {
        $0.ansatz.latticeSymmetry = false
        $0.evaluation.leading = 20_000
      }, rows: 12_870)
  }

  @Test func whatLiesOutsideTheSectorHasNoAmplitude() throws {
    let water = try TrainedState(StoredRun.water().record)
    let inside = Configuration<UInt64>(alpha: 0b11111, beta: 0b11111)
    let outside = [
      // Too few electrons; another irrep or none; an eighth orbital, alone and beside seven.
      Configuration<UInt64>(alpha: 0b1111, beta: 0b11111),
      Configuration<UInt64>(alpha: 1 << 7 | 0b01111, beta: 0b11111),
      Configuration<UInt64>(alpha: 1 << 7 | 0b11111, beta: 0b11111),
      Configuration<UInt64>(alpha: 0b11111, beta: 1 << 63 | 0b11111),
    ]
    let values = water.logAmplitudes(of: [inside] + outside)
    #expect(values.logModulus[0] > -1)
    #expect(values.logModulus.dropFirst().allSatisfy { $0 == -.infinity })
    #expect(values.phase.dropFirst().allSatisfy { $0 == 0 })
    let wide = Configuration<UInt128>(alpha: 1 << 100 | 0b11111, beta: 0b11111)
    #expect(water.logAmplitudes(of: [wide]).logModulus == [-.infinity])

    let square = try TrainedState(StoredRun.square().record)
    let neel: UInt64 = 0b1010_0101_1010_0101
    let spins = [Configuration(alpha: neel), Configuration(alpha: neel, beta: 1)]
    let spinValues = square.logAmplitudes(of: spins).logModulus
    #expect(spinValues[0].isFinite && spinValues[1] == -.infinity)
    let none: [Configuration<UInt64>] = []
    #expect(square.logAmplitudes(of: none).logModulus.isEmpty)
  }

  @Test func theImposedIrrepIsStored() throws {
    #expect(try StoredRun.water().record.snapshot.scalars["irrep"] == 0)
    #expect(try StoredRun.water(irrep: .any).record.snapshot.scalars["irrep"] == -1)
    #expect(try StoredRun.square().record.snapshot.scalars["irrep"] == nil)
    #expect(try TrainedState(StoredRun.water(irrep: .any).record).sector.irrep == nil)
    let other = try TrainedState(StoredRun.water(irrep: .label(2)).record)
    #expect(other.sector.irrep == 2)
  }

  /// Files of earlier versions do not say it.
  @Test func theIrrepOfEarlierFilesComesFromTheirLeadingConfiguration() throws {
    for choice in [IrrepChoice.automatic, .label(2), .any] {
      let stored = try StoredRun.water(irrep: choice)
      var record = stored.record
      record.snapshot.scalars["irrep"] = nil
      let expected = try TrainedState(stored.record)
      let found = try TrainedState(record)
      #expect(found.sector == expected.sector)
    }
  }

  @Test func checkpointsAreStatesToo() throws {
    let run = try StoredRun(StoredRun.square().problem, steps: 1, isFinal: false)
    let state = try TrainedState(readingFrom: run.path)
    let values = state.logAmplitudes(of: [Configuration<UInt64>(alpha: 0b1010_0101_1010_0101)])
    #expect(values.logModulus[0].isFinite)
    #expect(state.settings == run.record.settings)
    #expect(state.parameters == run.record.snapshot.parameters)
  }

  @Test func mismatchesAreErrors() throws {
    let water = try StoredRun.water().record
    let square = try StoredRun.square().record
    #expect(throws: TrainingError.self) {
      try TrainedState(
        problem: water.problem, settings: square.settings, snapshot: square.snapshot)
    }
    var open = square.settings
    open.ansatz.order = nil
    #expect(throws: TrainingError.self) {
      try TrainedState(problem: square.problem, settings: open, snapshot: square.snapshot)
    }
    var half = square.snapshot
    half.symmetries.removeLast()
    #expect(throws: TrainingError.self) {
      try TrainedState(problem: square.problem, settings: square.settings, snapshot: half)
    }
    var wider = square.settings
    wider.ansatz.width = 12
    #expect(throws: TrainingError.self) {
      try TrainedState(problem: square.problem, settings: wider, snapshot: square.snapshot)
    }
    #expect(throws: HDF5Error.self) { try TrainedState(readingFrom: "/nowhere.nqs.h5") }
  }
}
