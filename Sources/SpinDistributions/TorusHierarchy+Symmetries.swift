extension TorusHierarchy {
  /// The symmetries of the torus that leave the set of the first level's sites as it is, the identity first.
  ///
  /// Each tells for every place of the first level whose spin comes there. They are rotations and reflections, with
  /// shifts by half the length.
  public var symmetries: [[Int]] {
    let sites = levels[0].sites[0]
    var places: [Int: Int] = [:]
    for (place, site) in sites.enumerated() { places[site] = place }
    var found: [[Int]] = []
    for image in 0..<32 {
      let moved = sites.map { site -> Int? in
        var (row, column) = (site / length, site % length)
        if image & 1 != 0 { row = (length - row) % length }
        if image & 2 != 0 { column = (length - column) % length }
        if image & 4 != 0 { swap(&row, &column) }
        if image & 8 != 0 { row = (row + length / 2) % length }
        if image & 16 != 0 { column = (column + length / 2) % length }
        return places[row * length + column]
      }
      let whole = moved.compactMap { $0 }
      if whole.count == sites.count, !found.contains(whole) { found.append(whole) }
    }
    return found
  }
}
