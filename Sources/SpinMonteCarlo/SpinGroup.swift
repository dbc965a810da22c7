/// A group of symmetries of a model, and its one-dimensional irreps.
///
/// Where the network is invariant under some shifts, one element stands for its products with these.
public struct SpinGroup: Sendable {
  /// Which symmetries.
  public let kind: SpinProjectionKind
  /// One element of each coset of the kept shifts; the identity comes first.
  public let elements: [SpinProjection.Element]
  /// Shifts under which the network is invariant.
  let keptShifts: [[Int]]
  private let symmetries: LatticeSymmetries
  /// The element that stands for a permutation with or without a flip.
  private let places: [Key: Int]

  private struct Key: Hashable {
    let permutation: [Int]
    let flips: Bool
  }

  /// Creates a group.
  ///
  /// - Parameters:
  ///   - kind: Which symmetries.
  ///   - symmetries: Those of the model.
  ///   - keptShifts: Shifts under which the network is invariant; empty or with the identity.
  public init(
    _ kind: SpinProjectionKind, of symmetries: LatticeSymmetries, keptShifts: [[Int]] = []
  ) {
    self.kind = kind
    self.symmetries = symmetries
    self.keptShifts = keptShifts
    elements = symmetries.elements(kind, keptShifts: keptShifts)
    var places: [Key: Int] = [:]
    for (index, element) in elements.enumerated() {
      places[Key(permutation: element.permutation, flips: element.flipsSpins)] = index
      for kept in keptShifts {
        let product = LatticeSymmetries.product(kept, element.permutation)
        places[Key(permutation: product, flips: element.flipsSpins)] = index
      }
    }
    self.places = places
  }

  /// The place of the element that stands for a permutation; nil where none does.
  private func place(_ permutation: [Int], flips: Bool = false) -> Int? {
    places[Key(permutation: permutation, flips: flips)]
  }

  /// The place of the product of two elements; nil where the elements are no group.
  private func product(_ i: Int, _ j: Int) -> Int? {
    let (a, b) = (elements[i], elements[j])
    return place(
      LatticeSymmetries.product(a.permutation, b.permutation), flips: a.flipsSpins != b.flipsSpins)
  }

  /// The place of the inverse of an element; nil where the elements are no group.
  func inverse(of index: Int) -> Int? {
    let element = elements[index]
    return place(LatticeSymmetries.inverse(element.permutation), flips: element.flipsSpins)
  }

  /// Whether two irreps are images of each other under a rotation or reflection or under complex conjugation, so that
  /// their states have the same energies.
  package func areEquivalent(_ a: SpinIrrep, _ b: SpinIrrep) -> Bool {
    guard a.phases.count == b.phases.count, a.phases.count == elements.count else { return false }
    func agree(_ phases: [Double]) -> Bool {
      [1.0, -1.0].contains { sign in
        zip(phases, b.phases).allSatisfy {
          abs(($0 - sign * $1).remainder(dividingBy: 2 * .pi)) < 1e-6
        }
      }
    }
    return symmetries.pointGroup.contains { point in
      let inverse = LatticeSymmetries.inverse(point)
      var phases: [Double] = []
      for element in elements {
        let image = LatticeSymmetries.product(
          LatticeSymmetries.product(point, element.permutation), inverse)
        guard let place = place(image, flips: element.flipsSpins) else { return false }
        phases.append(a.phases[place])
      }
      return agree(phases)
    }
  }

  /// The projection with the phases of χ* of the elements.
  func projection(_ phases: [Double]) -> SpinProjection {
    SpinProjection(
      zip(elements, phases).map {
        SpinProjection.Element(
          permutation: $0.permutation, flipsSpins: $0.flipsSpins, phase: $1)
      })
  }

  // MARK: - Irreps

  /// All one-dimensional irreps: maps to phases under which products go to products.
  ///
  /// Generators get every root of unity of their order; the walk over products that finds all elements shows
  /// which choices are consistent.
  ///
  /// - Returns: The irreps, the trivial one first; empty where the elements are no group.
  public func irreps() -> [SpinIrrep] {
    guard let walk = makeWalk() else { return [] }
    var found: [SpinIrrep] = []
    var choice = [Int](repeating: 0, count: walk.generators.count)
    while true {
      let phases = choice.indices.map {
        2 * Double.pi * Double(choice[$0]) / Double(walk.orders[$0])
      }
      if let all = walk.extend(phases, count: elements.count) {
        found.append(SpinIrrep(kind: kind, label: label(all), phases: all))
      }
      var digit = 0
      while digit < choice.count {
        choice[digit] += 1
        if choice[digit] < walk.orders[digit] { break }
        choice[digit] = 0
        digit += 1
      }
      if digit == choice.count { return found }
    }
  }

  /// How all elements come from generators, and every product of an element and a generator.
  private struct Walk {
    var generators: [Int] = []
    var orders: [Int] = []
    /// Elements in the order in which they were found, with what they came from.
    var steps: [(element: Int, from: Int, generator: Int)] = []
    /// The place of element × generator, `[elements, generators]`.
    var products: [[Int]] = []

    /// Returns the phases of all elements from those of the generators; nil where they contradict each other.
    func extend(_ phases: [Double], count: Int) -> [Double]? {
      var all = [Double](repeating: 0, count: count)
      for step in steps { all[step.element] = all[step.from] + phases[step.generator] }
      for element in 0..<count {
        for (index, product) in products[element].enumerated() {
          let difference = all[element] + phases[index] - all[product]
          if abs(difference.remainder(dividingBy: 2 * Double.pi)) > 1e-6 { return nil }
        }
      }
      return all.map { $0.remainder(dividingBy: 2 * Double.pi) }
    }
  }

  private func makeWalk() -> Walk? {
    var walk = Walk()
    var known = [Bool](repeating: false, count: elements.count)
    var reached = [0]
    known[0] = true
    for candidate in elements.indices where !known[candidate] {
      walk.generators.append(candidate)
      guard let order = order(of: candidate) else { return nil }
      walk.orders.append(order)
      // Everything found so far has to be tried again with the new one.
      var position = 0
      while position < reached.count {
        for index in walk.generators.indices {
          guard let next = product(reached[position], walk.generators[index]) else { return nil }
          if known[next] { continue }
          known[next] = true
          walk.steps.append((next, reached[position], index))
          reached.append(next)
        }
        position += 1
      }
    }
    for element in elements.indices {
      var row: [Int] = []
      for generator in walk.generators {
        guard let next = product(element, generator) else { return nil }
        row.append(next)
      }
      walk.products.append(row)
    }
    return walk
  }

  /// The order of an element in the quotient by the kept shifts.
  private func order(of element: Int) -> Int? {
    var (power, order) = (element, 1)
    while power != 0 {
      guard let next = product(power, element), order <= elements.count else { return nil }
      power = next
      order += 1
    }
    return order
  }

  // MARK: - Names

  private func label(_ phases: [Double]) -> SpinIrrepLabel {
    var label = SpinIrrepLabel()
    let identity = Array(symmetries.pointGroup[0].indices)
    if symmetries.hasSpinFlip, let flip = place(identity, flips: true) {
      label.parity = abs(phases[flip]) < 1 ? .even : .odd
    }
    if kind == .translations || kind == .all {
      label.momentum = symmetries.unitShifts.map { shift in
        guard let place = place(shift.permutation) else { return 0 }
        // The image has the spin of the next cell here: Σ_r e^(ikr) |r⟩ has χ = e^(−ik).
        let turns = (-phases[place] / (2 * Double.pi) * Double(shift.length)).rounded()
        return (Int(turns) + shift.length) % shift.length
      }
    }
    if kind == .all, symmetries.pointGroup.count > 1 {
      label.point = pointLabel(phases)
    }
    return label
  }

  /// Mulliken's symbol of a character of C_n or C_nv: A and B by the rotation, 1 and 2 by the reflection.
  private func pointLabel(_ phases: [Double]) -> String {
    func phase(_ index: Int?) -> Double? {
      index.flatMap { place(symmetries.pointGroup[$0]) }.map { phases[$0] }
    }
    var symbol = "A"
    if let turn = phase(symmetries.rotation) {
      if abs(turn) > 3 { symbol = "B" } else if abs(turn) > 1e-6 { symbol = turn > 0 ? "E+" : "E-" }
    }
    if let mirror = phase(symmetries.reflection) { symbol += abs(mirror) < 1 ? "1" : "2" }
    return symbol
  }
}

/// Whether a state changes its sign when all spins are turned.
public enum SpinParity: String, Codable, Sendable, Hashable, CaseIterable {
  /// It does not.
  case even
  /// It does.
  case odd
}

/// The name of a one-dimensional irrep; what the group does not have is nil.
public struct SpinIrrepLabel: Sendable, Hashable, CustomStringConvertible {
  /// The momentum along each closed direction in units of 2π over its length; empty where shifts are not in the group.
  public var momentum: [Int] = []
  /// A1, A2, B1, B2, …: A and B by the rotation of the highest order, 1 and 2 by the reflection.
  public var point: String?
  /// Under turning all spins.
  public var parity: SpinParity?

  /// For example `momentum 0,0 A1 even`.
  public var description: String {
    var parts: [String] = []
    if !momentum.isEmpty {
      parts.append("momentum " + momentum.map(String.init).joined(separator: ","))
    }
    if let point { parts.append(point) }
    if let parity { parts.append(parity.rawValue) }
    return parts.joined(separator: " ")
  }
}

/// A one-dimensional irrep of a group of symmetries.
public struct SpinIrrep: Sendable, Hashable {
  /// Which symmetries.
  public let kind: SpinProjectionKind
  /// Its name.
  public let label: SpinIrrepLabel
  /// The phases of χ, by element, in radians.
  public let phases: [Double]

  /// Returns the projection on the irrep, `Σ_g χ(g)* φ(g s)`.
  ///
  /// - Parameter group: The group.
  /// - Returns: The projection.
  public func projection(_ group: SpinGroup) -> SpinProjection {
    precondition(group.elements.count == phases.count, "an irrep of another group")
    return group.projection(phases.map { -$0 })
  }
}
