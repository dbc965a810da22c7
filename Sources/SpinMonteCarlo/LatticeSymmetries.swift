internal import Foundation
internal import Hamiltonians

/// The symmetries of a model on a lattice as permutations of its sites: shifts, rotations, reflections.
///
/// Found from the geometry: every linear map of the primitive vectors that keeps lengths, with every shift, that maps
/// sites to sites and couplings to equal ones. Unlike a search for automorphisms it takes hundreds of sites.
public struct LatticeSymmetries: Sendable {
  /// Shifts by primitive vectors, the identity among them.
  public let shifts: [[Int]]
  /// Rotations and reflections about one point, the identity first, which with the shifts make up the space group.
  public let pointGroup: [[Int]]
  /// The shifts by one cell along closed directions, with the number of cells there.
  public let unitShifts: [(permutation: [Int], length: Int)]
  /// The place in ``pointGroup`` of a rotation of the highest order; nil for none.
  public let rotation: Int?
  /// The place in ``pointGroup`` of a reflection, that along the first primitive vector where there is one; nil for none.
  public let reflection: Int?
  /// Whether turning all spins is a symmetry.
  public let hasSpinFlip: Bool

  /// Finds the symmetries of a model.
  ///
  /// - Parameter problem: The model.
  public init(_ problem: SpinProblem) {
    let finder = Finder(problem)
    shifts = finder.shifts()
    unitShifts = finder.unitShifts()
    let point = finder.pointGroup()
    pointGroup = point.map(\.permutation)
    let rotations = point.indices.filter { point[$0].determinant > 0 }
    let highest = rotations.map { point[$0].order }.max() ?? 1
    rotation = rotations.first { highest > 1 && point[$0].order == highest }
    let reflections = point.indices.filter { point[$0].determinant < 0 }
    reflection = reflections.first { point[$0].keepsFirstVector } ?? reflections.first
    // σᶻσᶻ, exchange and σˣ are even; the sector must be its own image.
    hasSpinFlip =
      problem.terms.longitudinalField.allSatisfy { $0 == 0 }
      && (problem.upCount.map { 2 * $0 == problem.siteCount } ?? true)
  }

  /// Returns the product: first `b`, then `a`.
  static func product(_ a: [Int], _ b: [Int]) -> [Int] { a.map { b[$0] } }

  /// Returns the inverse of a permutation.
  static func inverse(_ a: [Int]) -> [Int] {
    var inverse = a
    for (site, source) in a.enumerated() { inverse[source] = site }
    return inverse
  }

  /// A rotation or reflection: the permutation, and what it does to the primitive vectors.
  private struct PointElement {
    let permutation: [Int]
    /// The images of the primitive vectors as columns, by rows.
    let map: [Double]

    var determinant: Double { map[0] * map[3] - map[1] * map[2] }
    var keepsFirstVector: Bool { abs(map[0]) == 1 && map[2] == 0 }

    /// The order of the map.
    var order: Int {
      var (power, order) = (map, 1)
      while power != [1, 0, 0, 1], order < 12 {
        power = [
          power[0] * map[0] + power[1] * map[2], power[0] * map[1] + power[1] * map[3],
          power[2] * map[0] + power[3] * map[2], power[2] * map[1] + power[3] * map[3],
        ]
        order += 1
      }
      return order
    }
  }

  private struct Finder {
    let geometry: LatticeGeometry
    let couplings: PairCouplings

    init(_ problem: SpinProblem) {
      geometry = problem.geometry
      couplings = PairCouplings(problem.terms)
    }

    /// Returns the site at a place in units of primitive vectors, wrapped; nil between sites or outside.
    func site(_ x: Double, _ y: Double) -> Int? {
      for (index, offset) in fractions.enumerated() {
        let (cx, cy) = (x - offset.0, y - offset.1)
        let (rx, ry) = (cx.rounded(), cy.rounded())
        guard abs(cx - rx) < 1e-6, abs(cy - ry) < 1e-6 else { continue }
        var (ix, iy) = (Int(rx), Int(ry))
        if geometry.boundary.closesRows {
          ix = ((ix % geometry.width) + geometry.width) % geometry.width
        }
        if geometry.boundary.closesColumns {
          iy = ((iy % geometry.height) + geometry.height) % geometry.height
        }
        guard (0..<geometry.width).contains(ix), (0..<geometry.height).contains(iy) else {
          return nil
        }
        return geometry.site(x: ix, y: iy, basis: index)
      }
      return nil
    }

    /// The basis in units of primitive vectors.
    var fractions: [(Double, Double)] {
      let a = geometry.unitCell.primitive[0]
      let b = geometry.unitCell.dimension == 2 ? geometry.unitCell.primitive[1] : .init(0, 1)
      let determinant = a.x * b.y - a.y * b.x
      return geometry.unitCell.basis.map {
        (($0.x * b.y - $0.y * b.x) / determinant, (a.x * $0.y - a.y * $0.x) / determinant)
      }
    }

    /// The places of all sites in units of primitive vectors.
    var places: [(Double, Double)] {
      let basis = fractions
      return (0..<geometry.siteCount).map { site in
        let (cell, index) = site.quotientAndRemainder(dividingBy: basis.count)
        let (y, x) = cell.quotientAndRemainder(dividingBy: geometry.width)
        return (Double(x) + basis[index].0, Double(y) + basis[index].1)
      }
    }

    func unitShifts() -> [(permutation: [Int], length: Int)] {
      let places = places
      var found: [(permutation: [Int], length: Int)] = []
      for (isClosed, length, dx, dy) in [
        (geometry.boundary.closesRows, geometry.width, 1.0, 0.0),
        (geometry.boundary.closesColumns && geometry.height > 1, geometry.height, 0.0, 1.0),
      ] where isClosed {
        let images = places.compactMap { site($0.0 + dx, $0.1 + dy) }
        if images.count == places.count, couplings.isSymmetry(images) {
          found.append((images, length))
        }
      }
      return found
    }

    func shifts() -> [[Int]] {
      let places = places
      var found: [[Int]] = []
      for y in 0..<geometry.height {
        for x in 0..<geometry.width {
          let images = places.compactMap { site($0.0 + Double(x), $0.1 + Double(y)) }
          if images.count == places.count, couplings.isSymmetry(images) { found.append(images) }
        }
      }
      return found
    }

    func pointGroup() -> [PointElement] {
      let places = places
      let identity = Array(places.indices)
      var found = [PointElement(permutation: identity, map: [1, 0, 0, 1])]
      var images: Set<[Int]> = [identity]
      let isFlat = geometry.height == 1
      let shifted = Set(shifts())
      for map in lengthKeepingMaps(isFlat: isFlat) {
        // Centres at sites, bonds and the middle of an open lattice.
        let candidates = centres(isFlat: isFlat)
        for centre in candidates {
          let mapped = places.compactMap { place -> Int? in
            let (dx, dy) = (place.0 - centre.0, place.1 - centre.1)
            return site(
              centre.0 + map[0] * dx + map[1] * dy, centre.1 + map[2] * dx + map[3] * dy)
          }
          guard mapped.count == places.count, !images.contains(mapped), !shifted.contains(mapped),
            couplings.isSymmetry(mapped)
          else { continue }
          // One element for each rotation or reflection: others differ by a shift.
          images.insert(mapped)
          found.append(PointElement(permutation: mapped, map: map))
          break
        }
      }
      return found
    }

    /// The 2 × 2 integer matrices, by rows, that keep the metric of the primitive vectors, but for the identity.
    func lengthKeepingMaps(isFlat: Bool) -> [[Double]] {
      if isFlat { return [[-1, 0, 0, 1]] }
      let a = geometry.unitCell.primitive[0]
      let b = geometry.unitCell.primitive[1]
      let metric = [a.x * a.x + a.y * a.y, a.x * b.x + a.y * b.y, b.x * b.x + b.y * b.y]
      var maps: [[Double]] = []
      let entries = [-1.0, 0, 1]
      for p in entries {
        for q in entries {
          for r in entries {
            for s in entries where p * s - q * r != 0 {
              // The images of the primitive vectors are the columns (p, r) and (q, s).
              func product(_ u: (Double, Double), _ v: (Double, Double)) -> Double {
                u.0 * v.0 * metric[0] + (u.0 * v.1 + u.1 * v.0) * metric[1] + u.1 * v.1 * metric[2]
              }
              let (u, v) = ((p, r), (q, s))
              if abs(product(u, u) - metric[0]) < 1e-9, abs(product(u, v) - metric[1]) < 1e-9,
                abs(product(v, v) - metric[2]) < 1e-9, [p, q, r, s] != [1, 0, 0, 1]
              {
                maps.append([p, q, r, s])
              }
            }
          }
        }
      }
      return maps
    }

    func centres(isFlat: Bool) -> [(Double, Double)] {
      let middle = (Double(geometry.width - 1) / 2, isFlat ? 0 : Double(geometry.height - 1) / 2)
      var all = [(0.0, 0.0), middle]
      // Of hexagons and triangles, for lattices with several sites a cell.
      for x in 0..<6 { for y in 0..<6 { all.append((Double(x) / 6, isFlat ? 0 : Double(y) / 6)) } }
      for x in 0..<6 {
        for y in 0..<6 {
          all.append((middle.0 + Double(x) / 6, isFlat ? 0 : middle.1 + Double(y) / 6))
        }
      }
      return all
    }
  }
}
