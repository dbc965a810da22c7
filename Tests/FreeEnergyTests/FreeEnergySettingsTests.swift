import Foundation
import FreeEnergy
import Hamiltonians
import Testing

@Suite("Settings of classical spins")
struct FreeEnergySettingsTests {
  @Test func betaRises() {
    var settings = FreeEnergySettings()
    settings.annealing = BetaAnnealing.none
    #expect(settings.beta(at: 1, final: 0.4) == 0.4)
    settings.annealing = .linear
    settings.annealingSteps = 10
    #expect(abs(settings.beta(at: 5, final: 0.4) - 0.2) < 1e-15)
    #expect(settings.beta(at: 10, final: 0.4) == 0.4)
    #expect(settings.beta(at: 11, final: 0.4) == 0.4)
    settings.annealing = .geometric
    settings.annealingBase = 0.996
    #expect(abs(settings.beta(at: 100, final: 0.44) - 0.44 * (1 - pow(0.996, 100))) < 1e-15)
  }

  @Test func ratesFallOverTheSecondHalf() {
    var settings = FreeEnergySettings()
    settings.learningRate = 0.2
    settings.learningRateEnd = 0.01
    #expect(settings.rate(at: 1, of: 100) == 0.2)
    #expect(settings.rate(at: 50, of: 100) == 0.2)
    #expect(abs(settings.rate(at: 75, of: 100) - 0.02) < 1e-12)
    #expect(abs(settings.rate(at: 100, of: 100) - 0.002) < 1e-12)
  }

  @Test func presetsFillWhatIsLeftOpen() {
    let paper = FreeEnergySettings(.paper).resolved(length: 16)
    #expect(paper.heatBathSide == 1 && paper.symmetry == .z2 && paper.optimizer == .adam)
    #expect(paper.rewards == .whole && paper.samples == 1024 && paper.steps == 40_000)
    #expect(paper.annealing == .geometric && paper.annealingBase == 0.996)
    #expect(paper.hiddenFactor == 1 && paper.direct == false)
    let own = FreeEnergySettings().resolved(length: 16)
    #expect(own.heatBathSide == 7 && own.symmetry == .gauge && own.optimizer == .sr)
    #expect(FreeEnergySettings().resolved(length: 4).heatBathSide == 1)
    #expect(FreeEnergySettings().resolved(length: 8).heatBathSide == 3)
  }

  @Test(arguments: [
    "length 6", "length 1024", "beta -1", "beta nan", "beta cold", "heat bath 5", "repeats 3",
    "samples 1", "steps -1", "rate 0", "sr whole", "average local", "adam local", "van 128",
    "checkerboard han", "checkerboard odd", "shifts of bonds", "momentum 1", "images whole",
    "images odd", "images of bonds", "grow van", "grow paper", "grow whole", "grow from bonds",
    "grow from 4", "grow from 12", "grow from L", "grow from nothing", "grow steps 0",
    "grow steps alone",
  ])
  func whatDoesNotFitIsRefused(_ name: String) {
    var settings = FreeEnergySettings()
    var length = 8
    var beta = 0.44
    var couplings = ClassicalIsing.Couplings.uniform(1)
    switch name {
    case "length 6": length = 6
    case "length 1024": length = 1024
    case "beta -1": beta = -1
    case "beta nan": beta = .nan
    case "beta cold": beta = 21
    case "heat bath 5": settings.heatBathSide = 5
    case "repeats 3": settings.repeats = 3
    case "samples 1": settings.samples = 1
    case "steps -1": settings.steps = -1
    case "rate 0": settings.learningRate = 0
    case "sr whole":
      settings.optimizer = .sr
      settings.rewards = .whole
    case "average local":
      settings.symmetry = .z2
      settings.rewards = .local
    case "adam local":
      settings.optimizer = .adam
      settings.rewards = .local
    case "van 128":
      settings.ansatz = .van
      length = 128
    case "checkerboard han": settings.checkerboard = true
    case "checkerboard odd":
      settings.ansatz = .van
      settings.checkerboard = true
      length = 5
    case "shifts of bonds":
      settings.symmetry = .z2Rows
      couplings = bonds(length)
    case "images whole":
      settings.images = 2
      settings.rewards = .whole
    case "images odd":
      settings.images = 2
      settings.samples = 100
    case "images of bonds":
      settings.images = 2
      couplings = bonds(length)
    case "grow van", "grow paper", "grow whole", "grow from bonds", "grow from 4", "grow from 12",
      "grow from L", "grow from nothing", "grow steps 0":
      length = 64
      settings.growFrom = 32
      switch name {
      case "grow van": settings.ansatz = .van
      case "grow paper": settings.preset = .paper
      case "grow whole": settings.rewards = .whole
      case "grow from bonds": couplings = bonds(length)
      case "grow from 4": settings.growFrom = 4
      case "grow from 12": settings.growFrom = 12
      case "grow from L": settings.growFrom = 64
      case "grow from nothing": settings.growFrom = 16
      default: settings.growSteps = 0
      }
    case "grow steps alone": settings.growSteps = 10
    default: settings.momentum = 1
    }
    let model = ClassicalIsing(length: length, couplings: couplings)
    #expect(throws: FreeEnergyError.self, "\(name)") {
      _ = try FreeEnergyRun(model, beta: beta, settings: settings)
    }
  }

  private func bonds(_ length: Int) -> ClassicalIsing.Couplings {
    let sites = length * length
    return .bonds(
      right: Array(repeating: 1, count: sites), down: Array(repeating: -1, count: sites))
  }

  @Test func largeLatticesGrow() {
    let own = FreeEnergySettings().resolved(length: 64)
    #expect(own.stages(length: 64).map(\.length) == [32, 64])
    #expect(own.images == 2)
    #expect(FreeEnergySettings().resolved(length: 128).growFrom == 0)
    #expect(FreeEnergySettings().resolved(length: 32).stages(length: 32).map(\.length) == [32])
    #expect(FreeEnergySettings(.paper).resolved(length: 64).growFrom == 0)
    let glass = FreeEnergySettings().resolved(length: 64, isUniform: false)
    #expect(glass.growFrom == 0 && glass.images == 1)
    var settings = FreeEnergySettings()
    settings.growFrom = 8
    settings.growSteps = 5
    settings.steps = 7
    let stages = settings.resolved(length: 32).stages(length: 32)
    #expect(stages.map(\.offset) == [0, 5, 10] && stages.map(\.steps) == [5, 5, 7])
  }

  @Test func tooLargeForMemory() {
    var settings = FreeEnergySettings()
    settings.samples = 65_536
    settings.hiddenFactor = 16
    let error = #expect(throws: FreeEnergyError.self) {
      _ = try FreeEnergyRun(ClassicalIsing(length: 512), beta: 0.44, settings: settings)
    }
    #expect(error?.description.contains("GiB") == true)
  }
}
