internal import Configurations

extension SpinHamiltonian {
  /// Returns the permutations of the sites that leave the Hamiltonian as it is.
  ///
  /// They are the automorphisms of the graph of couplings, found by assigning images site by site
  /// and giving up where a coupling differs: translations, rotations and reflections of any
  /// geometry and boundary, and whatever else a small cluster has (the 4 × 4 torus is a hypercube,
  /// with 384).
  ///
  /// - Parameter limit: The largest number of permutations that is of use.
  /// - Returns: All of them, the image of site `i` at index `i`, in lexicographic order, so that the
  ///   identity comes first; nil where there are more than `limit`.
  public func siteSymmetries(limit: Int) -> [[Int]]? {
    var search = AutomorphismSearch(labels: pairLabels, limit: limit)
    return search.run() ? search.found.sorted { $0.lexicographicallyPrecedes($1) } : nil
  }

  /// Returns the sites `A` for which `(−1)^|x ∩ A| ψ(x) > 0` in the ground state of each sector.
  ///
  /// Where such a set makes every off-diagonal element negative or zero, the theorem of Perron and
  /// Frobenius holds: the ground state is unique in its sector and has these signs. For Heisenberg
  /// antiferromagnets they are Marshall's [W. Marshall, Proc. R. Soc. A 232, 48 (1955)], and `A` is
  /// a sublattice.
  ///
  /// - Returns: The sites, or nil for a frustrated model, or one that falls into parts.
  public var signRule: Word? {
    if bondGroups.allSatisfy({ $0.exchange == 0 }) {
      // Single flips: in `A` are the sites where they cost energy.
      let inField = fieldGroups.reduce(0 as Word) { $0 | $1.mask }
      guard inField.nonzeroBitCount == siteCount else { return nil }
      return fieldGroups.reduce(0 as Word) { $1.coefficient > 0 ? $0 | $1.mask : $0 }
    }
    guard fieldGroups.isEmpty else { return nil }
    // Two colours: exchange of positive sign between the colours, of negative sign within one.
    var neighbours = [[(site: Int, changes: Bool)]](repeating: [], count: siteCount)
    for group in bondGroups where group.exchange != 0 {
      for site in 0..<siteCount where group.mask >> Word(site) & 1 != 0 {
        neighbours[site].append((site + group.distance, group.exchange > 0))
        neighbours[site + group.distance].append((site, group.exchange > 0))
      }
    }
    var colours = [Bool?](repeating: nil, count: siteCount)
    colours[0] = false
    var pending = [0]
    while let site = pending.popLast() {
      guard let colour = colours[site] else { continue }
      for (other, changes) in neighbours[site] {
        if colours[other] == nil {
          colours[other] = colour != changes
          pending.append(other)
        } else if colours[other] != (colour != changes) {
          return nil
        }
      }
    }
    var sites: Word = 0
    for (site, colour) in colours.enumerated() {
      guard let colour else { return nil }
      if colour { sites |= 1 << Word(site) }
    }
    return sites
  }

  /// A number for each pair of sites, equal where the couplings are, with fields on the diagonal.
  private var pairLabels: [[Int]] {
    var labels = [[Int]](repeating: [Int](repeating: 0, count: siteCount), count: siteCount)
    for (number, group) in bondGroups.enumerated() {
      // Groups of another distance may have the same coupling.
      let label =
        1
        + (bondGroups.firstIndex {
          $0.parallel == group.parallel && $0.exchange == group.exchange
        } ?? number)
      for site in 0..<siteCount where group.mask >> Word(site) & 1 != 0 {
        labels[site][site + group.distance] = label
        labels[site + group.distance][site] = label
      }
    }
    // The numbers of both fields of a site make up one.
    for (groups, factor) in [(fieldGroups, 1), (longitudinalGroups, fieldGroups.count + 1)] {
      for (number, group) in groups.enumerated() {
        for site in 0..<siteCount where group.mask >> Word(site) & 1 != 0 {
          labels[site][site] += (number + 1) * factor
        }
      }
    }
    return labels
  }
}

/// A depth-first search for the permutations that keep a labelling of pairs.
private struct AutomorphismSearch {
  let labels: [[Int]]
  let limit: Int
  private(set) var found: [[Int]] = []
  /// The order in which sites get images: each next to an earlier one where possible, so that a
  /// wrong choice shows at once.
  private let order: [Int]
  private var image: [Int]
  private var isTaken: [Bool]
  /// Bounds the time on graphs where many wrong choices show late.
  private var remainingSteps = 20_000_000

  init(labels: [[Int]], limit: Int) {
    self.labels = labels
    self.limit = limit
    let count = labels.count
    image = Array(repeating: -1, count: count)
    isTaken = Array(repeating: false, count: count)
    var order: [Int] = []
    var isListed = [Bool](repeating: false, count: count)
    for root in 0..<count where !isListed[root] {
      isListed[root] = true
      order.append(root)
      var next = order.count - 1
      while next < order.count {
        let site = order[next]
        next += 1
        for other in 0..<count where !isListed[other] && labels[site][other] != 0 {
          isListed[other] = true
          order.append(other)
        }
      }
    }
    self.order = order
  }

  /// Returns false where the search was given up.
  mutating func run() -> Bool { assign(0) }

  private mutating func assign(_ depth: Int) -> Bool {
    if depth == order.count {
      if found.count == limit { return false }
      found.append(image)
      return true
    }
    let site = order[depth]
    for candidate in labels.indices
    where !isTaken[candidate] && labels[site][site] == labels[candidate][candidate] {
      remainingSteps -= 1
      if remainingSteps < 0 { return false }
      let fits = order[..<depth].allSatisfy { labels[site][$0] == labels[candidate][image[$0]] }
      if !fits { continue }
      image[site] = candidate
      isTaken[candidate] = true
      let isFinished = assign(depth + 1)
      isTaken[candidate] = false
      if !isFinished { return false }
    }
    return true
  }
}
