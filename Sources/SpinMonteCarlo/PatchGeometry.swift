internal import Foundation
public import Hamiltonians
public import NeuralNetworks

/// A patch that does not fit a lattice.
public struct PatchError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong, and what to do.
  public let description: String
}

extension LatticeGeometry {
  /// Whether every direction closes in itself, so that all shifts are symmetries of the lattice.
  var isTorus: Bool { boundary.closesRows && (height == 1 || boundary.closesColumns) }
}

extension SpinPatches {
  /// Groups the cells of a lattice to patches of `side × side` cells, of chains to `side` cells.
  ///
  /// - Parameters:
  ///   - geometry: The lattice.
  ///   - side: b.
  ///   - isInvariant: Whether attention depends on displacements only; not on open lattices.
  /// - Throws: ``PatchError`` where b does not divide an extent.
  public init(
    _ geometry: LatticeGeometry, side: Int, isInvariant: Bool
  ) throws(PatchError) {
    let (width, height) = (geometry.width, geometry.height)
    let tall = height == 1 ? 1 : side
    guard side >= 1, width % side == 0, height % tall == 0 else {
      throw PatchError(
        description:
          "patches of \(side) cells do not divide the \(geometry.unitCell.name) lattice of \(geometry.size) cells; "
          + "take a divisor of \(height == 1 ? "its length" : "both extents")")
    }
    let (columns, rows) = (width / side, height / tall)
    let basis = geometry.unitCell.basis.count
    let sites = (0..<rows * columns).map { patch in
      (0..<tall).flatMap { y in
        (0..<side).flatMap { x in
          (0..<basis).map {
            geometry.site(x: patch % columns * side + x, y: patch / columns * tall + y, basis: $0)
          }
        }
      }
    }
    let vectors = geometry.unitCell.primitive
    let second = vectors.count == 2 ? vectors[1] : .init(0, 0)
    // The shortest way round, in units of the distance of nearest patches.
    func distance(_ x: Int, _ y: Int) -> Float {
      var shortest = Double.infinity
      for wrapY in geometry.boundary.closesColumns && rows > 1 ? -1...1 : 0...0 {
        for wrapX in geometry.boundary.closesRows ? -1...1 : 0...0 {
          let (dx, dy) = (Double(x + wrapX * columns), Double(y + wrapY * rows))
          let cells = Double(tall) / Double(side)
          let px = dx * vectors[0].x + dy * cells * second.x
          let py = dx * vectors[0].y + dy * cells * second.y
          let unit = vectors[0].x * vectors[0].x + vectors[0].y * vectors[0].y
          shortest = min(shortest, ((px * px + py * py) / unit).squareRoot())
        }
      }
      return Float(shortest)
    }
    let count = rows * columns
    var classes: [Int] = []
    var distances: [Float] = isInvariant ? Array(repeating: 0, count: count) : []
    for i in 0..<count {
      for j in 0..<count {
        let (x, y) = (j % columns - i % columns, j / columns - i / columns)
        if isInvariant {
          let place = (y + rows) % rows * columns + (x + columns) % columns
          distances[place] = distance(x, y)
          classes.append(place)
        } else {
          classes.append(distances.count)
          distances.append(distance(x, y))
        }
      }
    }
    self.init(sites: sites, classes: classes, distances: distances)
  }
}
