extension SpinTerms {
  /// Returns the permutations of the sites that leave the terms as they are.
  ///
  /// They are the automorphisms of the graph of couplings, found by assigning images site by site
  /// and giving up where a coupling differs: translations, rotations and reflections of any
  /// geometry and boundary, and whatever else a small cluster has (the 4 × 4 torus is a hypercube,
  /// with 384).
  ///
  /// - Parameter limit: The largest number of permutations that is of use.
  /// - Returns: All of them, the image of site `i` at index `i`, in lexicographic order, so that the
  ///   identity comes first; nil where there are more than `limit`, or the search takes too long.
  public func siteSymmetries(limit: Int) -> [[Int]]? {
    var search = AutomorphismSearch(self)
    let found = search.run(limit: limit)
    return found?.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// The largest number of sites for which ``siteSymmetryCount`` is found.
  public static let countedSiteLimit = 2048

  /// The number of permutations of the sites that leave the terms as they are, without a list of them: the
  /// sites that site 0 can be taken to, times the permutations that leave it in its place.
  ///
  /// It is nil above ``countedSiteLimit`` sites, or where the search takes too long.
  public var siteSymmetryCount: Int? {
    guard siteCount <= Self.countedSiteLimit else { return nil }
    var search = AutomorphismSearch(self)
    guard let fixed = search.run(limit: 4096, first: 0)?.count else { return nil }
    var images = 1
    for site in 1..<max(siteCount, 1) {
      guard let exists = search.exists(first: site) else { return nil }
      if exists { images += 1 }
    }
    return images * fixed
  }
}

/// A depth-first search for the permutations that keep the couplings of pairs and the fields of sites.
private struct AutomorphismSearch {
  /// A number for each site, equal where the fields are.
  private let labels: [Int]
  /// The sites that a site is coupled to, in ascending order, with a number for each coupling.
  private let neighbours: [[(site: Int, label: Int)]]
  /// The order in which sites get images: each next to an earlier one, its parent, where possible, so that
  /// a wrong choice shows at once.
  private let order: [(site: Int, parent: Int?)]
  private var image: [Int]
  private var isTaken: [Bool]
  private var found: [[Int]] = []
  /// Bounds the time on graphs where many wrong choices show late.
  private var remainingSteps = 20_000_000

  init(_ terms: SpinTerms) {
    let count = terms.siteCount
    var sums: [[Int: SIMD2<Double>]] = Array(repeating: [:], count: count)
    for coupling in terms.couplings {
      let values = SIMD2(coupling.parallel, coupling.exchange)
      sums[coupling.first][coupling.second, default: .zero] += values
      sums[coupling.second][coupling.first, default: .zero] += values
    }
    var numbers: [SIMD2<Double>: Int] = [:]
    func label(_ values: SIMD2<Double>) -> Int {
      if let number = numbers[values] { return number }
      numbers[values] = numbers.count
      return numbers.count - 1
    }
    neighbours = sums.map { sums in
      sums.filter { $0.value != .zero }.sorted { $0.key < $1.key }.map { ($0.key, label($0.value)) }
    }
    labels = (0..<count).map { site in
      label(
        SIMD2(
          terms.field.isEmpty ? 0 : terms.field[site],
          terms.longitudinalField.isEmpty ? 0 : terms.longitudinalField[site]))
    }
    image = Array(repeating: -1, count: count)
    isTaken = Array(repeating: false, count: count)
    var order: [(site: Int, parent: Int?)] = []
    var isListed = [Bool](repeating: false, count: count)
    for root in 0..<count where !isListed[root] {
      isListed[root] = true
      order.append((root, nil))
      var next = order.count - 1
      while next < order.count {
        let site = order[next].site
        next += 1
        for (other, _) in neighbours[site] where !isListed[other] {
          isListed[other] = true
          order.append((other, site))
        }
      }
    }
    self.order = order
  }

  /// Returns all permutations, or those that take site 0 to `first`; nil where there are more than `limit` or
  /// the search was given up.
  mutating func run(limit: Int, first: Int? = nil) -> [[Int]]? {
    found = []
    return assign(0, limit: limit, first: first) ? found : nil
  }

  /// Returns whether a permutation takes site 0 to `first`; nil where the search was given up.
  mutating func exists(first: Int) -> Bool? {
    found = []
    if assign(0, limit: 0, first: first) { return false }
    return remainingSteps < 0 ? nil : true
  }

  /// Returns false where the search ends early: at more than `limit` permutations, or without steps left.
  private mutating func assign(_ depth: Int, limit: Int, first: Int?) -> Bool {
    if depth == order.count {
      if found.count == limit { return false }
      found.append(image)
      return true
    }
    let (site, parent) = order[depth]
    if let parent {
      for (candidate, _) in neighbours[image[parent]] {
        if !tryImage(candidate, of: site, depth, limit: limit, first: first) { return false }
      }
    } else {
      let candidates = depth == 0 ? first.map { $0..<($0 + 1) } : nil
      for candidate in candidates ?? labels.indices {
        if !tryImage(candidate, of: site, depth, limit: limit, first: first) { return false }
      }
    }
    return true
  }

  private mutating func tryImage(
    _ candidate: Int, of site: Int, _ depth: Int, limit: Int, first: Int?
  ) -> Bool {
    if isTaken[candidate] || labels[site] != labels[candidate] { return true }
    remainingSteps -= 1
    if remainingSteps < 0 { return false }
    guard fits(candidate, site) else { return true }
    image[site] = candidate
    isTaken[candidate] = true
    let isFinished = assign(depth + 1, limit: limit, first: first)
    isTaken[candidate] = false
    image[site] = -1
    return isFinished
  }

  /// Whether the candidate is coupled to the images of the site's neighbours as the site is to them, and to no
  /// other image.
  private func fits(_ candidate: Int, _ site: Int) -> Bool {
    let others = neighbours[candidate]
    if others.count != neighbours[site].count { return false }
    var images = 0
    for (neighbour, label) in neighbours[site] where image[neighbour] >= 0 {
      images += 1
      let place = image[neighbour]
      guard others.contains(where: { $0.site == place && $0.label == label }) else { return false }
    }
    return images == others.count { isTaken[$0.site] }
  }
}
