package import Hamiltonians

/// What is measured of configurations `[L², count]`, the columns side by side.
package enum SpinObservables {
  /// `H(s)` of each column; with one coupling that is an exact multiple of it.
  package static func energies(
    _ model: ClassicalIsing, _ spins: UnsafePointer<Float>, count: Int
  ) -> [Double] {
    let length = model.length
    var energies = [Double](repeating: 0, count: count)
    var sums = [Float](repeating: 0, count: count)
    let uniform = model.uniformCoupling
    for r in 0..<length {
      for column in 0..<count { sums[column] = 0 }
      for c in 0..<length {
        let site = r * length + c
        let own = spins + site * count
        let east = spins + (r * length + (c + 1) % length) * count
        let south = spins + ((r + 1) % length * length + c) * count
        if uniform != nil {
          for column in 0..<count { sums[column] -= own[column] * (east[column] + south[column]) }
        } else {
          let (right, down) = (model.right(of: site), model.down(of: site))
          for column in 0..<count {
            energies[column] -=
              Double(own[column]) * (right * Double(east[column]) + down * Double(south[column]))
          }
        }
      }
      if let uniform {
        for column in 0..<count { energies[column] += Double(sums[column]) }
        if r + 1 == length { for column in 0..<count { energies[column] *= uniform } }
      }
    }
    return energies
  }

  /// `Σ_i s_i` of each column.
  static func magnetizations(
    _ spins: UnsafePointer<Float>, sites: Int, count: Int
  ) -> [Double] {
    var sums = [Float](repeating: 0, count: count)
    for site in 0..<sites {
      let own = spins + site * count
      for column in 0..<count { sums[column] += own[column] }
    }
    return sums.map(Double.init)
  }
}
