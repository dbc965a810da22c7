import Configurations
import Foundation
import Hamiltonians
import NeuralNetworks
import SpinMonteCarlo
import Testing

/// Symmetries of lattices, projections on their irreps, and what a state shows of them.
struct ProjectionTests {
  @Test func groupsHaveTheRightOrders() throws {
    func orders(_ cell: LatticeUnitCell, _ extents: [Int], open: Bool = false) throws -> [Int] {
      let geometry = try LatticeGeometry(
        cell, extents: extents, boundary: open ? .open : .periodic)
      let symmetries = LatticeSymmetries(
        SpinProblem(
          geometry: geometry, terms: try .heisenberg(on: geometry),
          upCount: geometry.siteCount / 2))
      return [symmetries.shifts.count, symmetries.pointGroup.count]
    }
    #expect(try orders(.square, [6, 6]) == [36, 8])
    #expect(try orders(.square, [6, 4]) == [24, 4])
    #expect(try orders(.square, [5, 5], open: true) == [1, 8])
    #expect(try orders(.chain, [10]) == [10, 2])
    #expect(try orders(.triangular, [6, 6]) == [36, 12])
    #expect(try orders(.kagome, [3, 3]) == [9, 12])
    #expect(try orders(.square, [10, 10]) == [100, 8])
  }

  /// A state is projected on several irreps, and its amplitudes obey every element exactly.
  @Test(arguments: [0.0, Double.pi / 2, Double.pi])
  func projectedAmplitudesObeyTheGroup(_ momentum: Double) throws {
    let problem = try SpinCases.chain(8)
    let state = try SpinCases.state(problem, patch: 1)
    // The network is invariant under shifts: only one that is not shows momenta.
    let plain = ComplexRBM(siteCount: 8)
    var random = RandomSource(seed: 3)
    let rbm = SpinState(
      plain, parameters: plain.makeParameters(using: &random).map { 8 * $0 })
    let elements = (0..<8).map { shift in
      SpinProjection.Element(
        permutation: (0..<8).map { ($0 + shift) % 8 }, phase: -momentum * Double(shift))
    }
    rbm.projection = SpinProjection(elements)
    let (_, spins) = SpinCases.configurations(problem)
    let shifted = stride(from: 0, to: spins.count, by: 8).flatMap { first in
      (0..<8).map { spins[first + ($0 + 1) % 8] }
    }
    let (a, b) = (rbm.logAmplitudes(of: spins), rbm.logAmplitudes(of: shifted))
    let largest = a.logModulus.max() ?? 0
    var compared = 0
    for index in a.phase.indices where a.logModulus[index] > largest - 6 {
      // ψ(T s) = χ(T) ψ(s).
      #expect(abs(b.logModulus[index] - a.logModulus[index]) < 1e-4)
      let angle = b.phase[index] - a.phase[index] - momentum
      #expect(abs(remainder(angle, 2 * .pi)) < 1e-4)
      compared += 1
    }
    #expect(compared > 20)
    // Shifts leave the transformer as it is.
    let (c, d) = (state.logAmplitudes(of: spins), state.logAmplitudes(of: shifted))
    for index in c.phase.indices { #expect(abs(c.logModulus[index] - d.logModulus[index]) < 1e-4) }
  }

  /// Derivatives of projected amplitudes, with complex characters, against differences.
  @Test func derivativesOfProjections() throws {
    let network = ComplexRBM(siteCount: 8)
    var random = RandomSource(seed: 3)
    let state = SpinState(
      network, parameters: network.makeParameters(using: &random).map { 5 * $0 })
    state.projection = SpinProjection(
      (0..<8).map { shift in
        .init(
          permutation: (0..<8).map { ($0 + shift) % 8 }, phase: -0.5 * Double.pi * Double(shift))
      })
    let spins: [Int8] = [1, 1, -1, 1, -1, -1, 1, -1] + [1, 1, 1, -1, -1, 1, -1, -1]
    let width = state.parameterCount
    var rows = [Float](repeating: 0, count: 4 * width)
    state.derivatives(of: spins, into: &rows)
    let parameters = state.parameters
    for place in stride(from: 0, to: width, by: 3) {
      let h: Float = 1e-2
      state.parameters[place] = parameters[place] + h
      let above = state.logAmplitudes(of: spins)
      state.parameters[place] = parameters[place] - h
      let below = state.logAmplitudes(of: spins)
      state.parameters = parameters
      for index in 0..<2 {
        let re = (above.logModulus[index] - below.logModulus[index]) / Double(2 * h)
        let im = remainder(above.phase[index] - below.phase[index], 2 * .pi) / Double(2 * h)
        let (a, b) = (
          Double(rows[index * width + place]), Double(rows[(2 + index) * width + place])
        )
        #expect(abs(a - re) < 0.01 * max(1, abs(re)), "\(place) \(a) \(re)")
        #expect(abs(b - im) < 0.01 * max(1, abs(im)), "\(place) \(b) \(im)")
      }
    }
  }

  /// Elements that differ by shifts by patches are taken once: the sum is that over the whole group.
  @Test func cosetsOfShiftsByPatches() throws {
    let problem = try SpinCases.chain(8)
    let state = try SpinCases.state(problem, patch: 2)
    let symmetries = LatticeSymmetries(problem)
    let kept = symmetries.shifts.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let (all, few) = (symmetries.elements(.all), symmetries.elements(.all, keptShifts: kept))
    #expect(all.count == 32 && few.count == 8)
    let (_, spins) = SpinCases.configurations(problem)
    state.projection = SpinProjection(all)
    let whole = state.logAmplitudes(of: spins)
    state.projection = SpinProjection(few)
    let part = state.logAmplitudes(of: spins)
    for index in whole.phase.indices {
      #expect(abs(whole.logModulus[index] - part.logModulus[index] - log(4)) < 1e-4)
      #expect(abs(remainder(whole.phase[index] - part.phase[index], 2 * .pi)) < 1e-4)
    }
  }

  /// A state that is even under flips shows it, and weights of all irreps add up to one.
  @Test func statesShowTheirIrreps() throws {
    let problem = try SpinCases.chain(8)
    let network = ComplexRBM(siteCount: 8)
    let (_, spins) = SpinCases.configurations(problem)
    var random = RandomSource(seed: 3)
    let state = SpinState(
      network, parameters: network.makeParameters(using: &random).map { 20 * $0 })
    let symmetries = LatticeSymmetries(problem)
    let measured = SymmetryMeasurement(
      state, spins: spins, group: SpinGroup(.translations, of: symmetries))
    let weights = measured.group.irreps().map(measured.weight)
    #expect(weights.count == 16)
    // An abelian group: the identity is the sum of all projections.
    #expect(abs(weights.reduce(0, +) - 1) < 1e-9)
    #expect(weights.allSatisfy { $0 < 0.5 }, "\(weights)")
    // No field at the sites, only couplings to hidden spins that are even: symmetric under flips.
    var even = state.parameters
    for entry in network.layout.entries
    where entry.name.hasSuffix("bias") || entry.name.hasPrefix("visible") {
      for index in entry.offset..<entry.offset + entry.count { even[index] = 0 }
    }
    state.parameters = even
    let flips = SymmetryMeasurement(state, spins: spins, group: SpinGroup(.flip, of: symmetries))
    for irrep in flips.group.irreps() {
      let expected = irrep.label.parity == .even ? 1.0 : 0
      #expect(abs(flips.weight(of: irrep) - expected) < 1e-4)
    }
  }
}
