internal import Configurations

extension SpinHamiltonian {
  /// Returns the permutations of the sites that leave the Hamiltonian as it is, see
  /// ``SpinTerms/siteSymmetries(limit:)``.
  public func siteSymmetries(limit: Int) -> [[Int]]? { terms.siteSymmetries(limit: limit) }

  /// The terms without the constant, each pair once.
  private var terms: SpinTerms {
    func sites(_ mask: Word) -> [Int] {
      (0..<siteCount).filter { mask >> Word($0) & 1 != 0 }
    }
    func field(_ groups: [FieldGroup]) -> [Double] {
      var values = [Double](repeating: 0, count: siteCount)
      for group in groups {
        for site in sites(group.mask) { values[site] = group.coefficient }
      }
      return values
    }
    let couplings = bondGroups.flatMap { group in
      sites(group.mask).map {
        SpinCoupling(
          $0, $0 + group.distance, parallel: group.parallel, exchange: group.exchange)
      }
    }
    return SpinTerms(
      siteCount: siteCount, couplings: couplings, field: field(fieldGroups),
      longitudinalField: field(longitudinalGroups))
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
}
