/// How the sites of a lattice are grouped to the tokens of a network, and how tokens lie to one another.
///
/// Attention that does not depend on where a token lies has one weight for each *displacement* of two tokens:
/// ``classes`` says which pairs share one.
public struct SpinPatches: Sendable, Hashable {
  /// The sites of each patch, in an order that is the same for all, `[n, s]`.
  public let sites: [[Int]]
  /// The class of the displacement from token `i` to token `j`, at `i · n + j`.
  public let classes: [Int]
  /// The number of classes, K: n where attention is translation-invariant, n² where every pair is by itself.
  public let classCount: Int
  /// The distance of the tokens of each class, in units of the distance of nearest patches, `[K]`.
  public let distances: [Float]

  /// n.
  public var count: Int { sites.count }
  /// The number of sites in a patch.
  public var size: Int { sites[0].count }

  /// Creates a grouping.
  ///
  /// - Parameters:
  ///   - sites: The sites of each patch, `[n, s]`; every site of the lattice is in one.
  ///   - classes: The class of each ordered pair of patches, `[n, n]`.
  ///   - distances: The distance of each class, `[K]`.
  public init(sites: [[Int]], classes: [Int], distances: [Float]) {
    let count = sites.count
    precondition(count > 0 && classes.count == count * count, "\(classes.count) pairs of \(count)")
    precondition(sites.allSatisfy { $0.count == sites[0].count }, "patches of different sizes")
    precondition(
      sites.joined().sorted() == Array(0..<count * sites[0].count), "patches do not cover the sites"
    )
    precondition(classes.allSatisfy { distances.indices.contains($0) }, "a class without distance")
    self.sites = sites
    self.classes = classes
    self.classCount = distances.count
    self.distances = distances
  }
}
