public import Configurations
internal import Hamiltonians
public import NeuralNetworks

/// Room for some configurations of a ``HierarchicalDistribution``, and what is done with them.
///
/// Columns of a level are blocks times rows: those of block k are `k R ..< (k + 1) R`.
public final class HierarchyWorkspace {
  private let distribution: HierarchicalDistribution
  private let hierarchy: TorusHierarchy
  private let capacity: Int
  private var beta: Double
  /// A batch for each network.
  private let batches: [ConditionalBatch]
  private let heatBath: BlockHeatBath?
  private var weights: [BlockHeatBath.Weights] = []
  private let couplings: [BlockCouplings]
  /// −J of each level's bonds, for each block that may differ.
  private let bondEnergies: [[[Float]]]
  private var borders: [Float] = []
  private var insides: [Float] = []

  /// Receives the borders that a level's blocks have, `[b, columns]` with the blocks' range.
  public typealias BorderVisitor = (
    _ level: Int, _ blocks: Range<Int>, _ borders: UnsafePointer<Float>, _ stride: Int
  ) -> Void

  /// Makes room.
  ///
  /// - Parameters:
  ///   - distribution: The distribution; its present parameters are taken.
  ///   - capacity: The largest number of configurations R.
  public init(_ distribution: HierarchicalDistribution, capacity: Int) {
    self.distribution = distribution
    self.capacity = capacity
    hierarchy = distribution.hierarchy
    beta = distribution.beta
    let shared = distribution.isShared
    batches = distribution.places.enumerated().map { index, place in
      ConditionalBatch(
        network: distribution.networks[index],
        capacity: capacity * (shared ? distribution.hierarchy.levels[place.level].blocks : 1))
    }
    let side = hierarchy.heatBathSide
    heatBath = side > 0 ? BlockHeatBath(side: side) : nil
    let model = distribution.model
    let corners = shared ? Array(hierarchy.heatBath.prefix(1)) : hierarchy.heatBath
    couplings = corners.map {
      BlockCouplings(model, row: $0.row, column: $0.column, side: side)
    }
    bondEnergies = hierarchy.levels.map { level in
      (0..<(shared ? 1 : level.blocks)).map { block in
        level.bonds.map { bond in
          let site = level.sites[block][bond.first]
          return Float(bond.isRight ? -model.right(of: site) : -model.down(of: site))
        }
      }
    }
    update(parameters: distribution.parameters, beta: distribution.beta)
  }

  /// Takes parameters and the inverse temperature of the same distribution.
  public func update(parameters: [[Float]], beta: Double) {
    self.beta = beta
    for (index, batch) in batches.enumerated() { batch.setParameters(parameters[index]) }
    weights = couplings.map { BlockHeatBath.Weights($0, beta: beta) }
  }

  /// A batch of a level's network to draw from as the root of a rollout, with its columns begun.
  public func prepareTop(_ batch: ConditionalBatch, count: Int) {
    batch.begin(count: count)
    let network = batch.network.shape
    for row in 0..<network.border {
      (batch.border + row * batch.stride).update(repeating: 1, count: count)
    }
  }

  /// Copies images of the first level's spins.
  ///
  /// - Parameters:
  ///   - batch: The spins.
  ///   - image: The batch to fill, as ``prepareTop(_:count:)`` leaves it for as many columns.
  ///   - places: Whose spin comes to each place, one of ``TorusHierarchy/symmetries``.
  public func copyTop(_ batch: ConditionalBatch, to image: ConditionalBatch, places: [Int]) {
    for (row, place) in places.enumerated() {
      (image.border + row * image.stride).update(
        from: batch.border + place * batch.stride, count: batch.count)
    }
    guard distribution.spinFlip == .gauge else { return }
    // The first spin is up.
    let signs = Array(UnsafeBufferPointer(start: image.border, count: image.count))
    turn(image, rows: places.indices, signs)
  }

  // MARK: - Rollouts

  /// Draws everything below blocks whose own spins are drawn.
  ///
  /// - Parameters:
  ///   - level: The blocks' level.
  ///   - blocks: Which blocks; columns are theirs times the rows.
  ///   - batch: Their spins.
  ///   - random: The generator.
  ///   - rewards: `[columns]`: log q of the blocks' own spins, to which is added what else the reward has.
  ///   - visit: Receives borders of lower levels.
  ///
  /// The reward of a block is `ln q + β H` of its own spins and of all below it, of bonds inside and to its
  /// border. The heat bath's part is `−ln Z`, its average, and is not drawn.
  public func descend(
    level: Int, blocks: Range<Int>, batch: ConditionalBatch, random: inout RandomSource,
    rewards: inout [Double], visit: BorderVisitor? = nil
  ) {
    let rows = batch.count / blocks.count
    addBonds(level, blocks, rows, batch, &rewards)
    let tables = hierarchy.levels[level].children
    if tables.isEmpty { return }
    let below = blocks.lowerBound * tables.count..<blocks.upperBound * tables.count
    guard level + 1 < hierarchy.levels.count else {
      addHeatBath(below, tables, rows, batch, &rewards)
      return
    }
    let step = distribution.isShared ? below.count : 1
    for first in stride(from: below.lowerBound, to: below.upperBound, by: step) {
      let range = first..<first + step
      let next = batches[distribution.network(level: level + 1, block: first)]
      next.begin(count: step * rows)
      copyBorders(
        of: range, tables, rows, batch, firstParent: blocks.lowerBound, into: next.border,
        next.stride)
      if distribution.spinFlip == .gauge { _ = gauge(next) }
      visit?(level + 1, range, next.border, next.stride)
      var lower = [Double](repeating: 0, count: next.count)
      next.draw(random: &random, addingTo: &lower)
      descend(
        level: level + 1, blocks: range, batch: next, random: &random, rewards: &lower,
        visit: visit)
      for block in range {
        let parent = (block / tables.count - blocks.lowerBound) * rows
        let own = (block - first) * rows
        for row in 0..<rows { rewards[parent + row] += lower[own + row] }
      }
    }
  }

  /// Adds `β H` of the bonds that a level settles.
  private func addBonds(
    _ level: Int, _ blocks: Range<Int>, _ rows: Int, _ batch: ConditionalBatch,
    _ rewards: inout [Double]
  ) {
    let bonds = hierarchy.levels[level].bonds
    var sums = [Float](repeating: 0, count: batch.count)
    for block in blocks {
      let energies = bondEnergies[level][distribution.isShared ? 0 : block]
      let offset = (block - blocks.lowerBound) * rows
      for (index, bond) in bonds.enumerated() {
        let a = batch.border + bond.first * batch.stride + offset
        let b = batch.border + bond.second * batch.stride + offset
        let energy = energies[index]
        for row in 0..<rows { sums[offset + row] += energy * a[row] * b[row] }
      }
    }
    for column in 0..<batch.count { rewards[column] += beta * Double(sums[column]) }
  }

  private func copyBorders(
    of blocks: Range<Int>, _ tables: [[Int]], _ rows: Int, _ parent: ConditionalBatch,
    firstParent: Int, into target: UnsafeMutablePointer<Float>, _ stride: Int
  ) {
    for (index, block) in blocks.enumerated() {
      let table = tables[block % tables.count]
      let offset = (block / tables.count - firstParent) * rows
      for (row, place) in table.enumerated() {
        (target + row * stride + index * rows).update(
          from: parent.border + place * parent.stride + offset, count: rows)
      }
    }
  }

  /// Adds `−ln Z` of the heat bath's blocks.
  private func addHeatBath(
    _ blocks: Range<Int>, _ tables: [[Int]], _ rows: Int, _ parent: ConditionalBatch,
    _ rewards: inout [Double]
  ) {
    guard let heatBath else { return }
    let side = hierarchy.heatBathSide
    let firstParent = blocks.lowerBound / tables.count
    let step = distribution.isShared ? blocks.count : 1
    var logs = [Double](repeating: 0, count: step * rows)
    for first in stride(from: blocks.lowerBound, to: blocks.upperBound, by: step) {
      let range = first..<first + step
      let columns = step * rows
      let width = (columns + 15) / 16 * 16
      grow(&borders, 4 * side * width)
      borders.withUnsafeMutableBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return }
        copyBorders(
          of: range, tables, rows, parent, firstParent: firstParent, into: base, width)
        for index in 0..<columns { logs[index] = 0 }
        heatBath.addLogPartition(
          base, stride: width, count: columns,
          weights: weights[distribution.isShared ? 0 : first], to: &logs)
      }
      for block in range {
        let parent = (block / tables.count - firstParent) * rows
        let own = (block - first) * rows
        for row in 0..<rows { rewards[parent + row] -= logs[own + row] }
      }
    }
  }

  private func grow(_ array: inout [Float], _ count: Int) {
    if array.count < count { array = Array(repeating: 0, count: count) }
  }

  // MARK: - Gauge

  /// Turns each column so that most given spins are up, and returns the signs that were taken out.
  private func gauge(_ batch: ConditionalBatch) -> [Float] {
    var sums = [Float](repeating: 0, count: batch.count)
    let border = batch.network.shape.border
    for row in 0..<border {
      let line = batch.border + row * batch.stride
      for column in 0..<batch.count { sums[column] += line[column] }
    }
    for column in 0..<batch.count {
      // The first given spin decides where there is no majority.
      let sum = sums[column] == 0 ? batch.border[column] : sums[column]
      sums[column] = sum < 0 ? -1 : 1
    }
    turn(batch, rows: 0..<border, sums)
    return sums
  }

  // MARK: - Whole configurations

  /// Draws whole configurations.
  ///
  /// - Parameters:
  ///   - count: R.
  ///   - random: The generator.
  ///   - spins: `[L², R]`, overwritten.
  /// - Returns: log q, `[R]`.
  public func sample(
    count: Int, random: inout RandomSource, into spins: UnsafeMutablePointer<Float>
  ) -> [Double] {
    precondition(count > 0 && count <= capacity, "\(count) configurations, room for \(capacity)")
    var total = [Double](repeating: 0, count: count)
    visitLevels(count, spins, &total) { batch, logs in
      batch.draw(random: &random, addingTo: &logs)
    } top: { batch in
      self.prepareTop(batch, count: count)
      guard self.distribution.spinFlip == .gauge else { return nil }
      return (0..<count).map { _ in random.next() & 1 == 0 ? 1 : -1 }
    } store: { batch, level, block, rows, signs in
      self.store(batch, level, block, rows, signs, count, spins)
    }
    drawHeatBath(count, spins, &random, &total)
    return total
  }

  /// Evaluates log q of whole configurations; the networks' batches are then ready for ``pull(_:into:)``.
  ///
  /// - Parameters:
  ///   - count: R.
  ///   - spins: `[L², R]`.
  /// - Returns: log q, `[R]`.
  public func evaluate(count: Int, spins: UnsafeMutablePointer<Float>) -> [Double] {
    precondition(count > 0 && count <= capacity, "\(count) configurations, room for \(capacity)")
    var total = [Double](repeating: 0, count: count)
    visitLevels(count, spins, &total) { batch, logs in
      batch.evaluate(addingTo: &logs)
    } top: { batch in
      batch.begin(count: count)
      self.load(batch, 0, 0, count, spins)
      guard self.distribution.spinFlip == .gauge else { return nil }
      let signs = (0..<count).map { batch.border[$0] }
      self.turn(batch, rows: 0..<batch.network.shape.inputs, signs)
      return signs
    } store: { _, _, _, _, _ in
    }
    evaluateHeatBath(count, spins, &total)
    return total
  }

  /// Adds `Σ_r v_r ∂ log q/∂θ` of the configurations that were evaluated last.
  ///
  /// - Parameters:
  ///   - weights: `v`, `[R]`.
  ///   - gradients: For each network `[P]`, accumulated into.
  public func pull(_ weights: [Float], into gradients: inout [[Float]]) {
    for (index, batch) in batches.enumerated() {
      batch.score()
      let repeats = batch.count / weights.count
      let all = repeats == 1 ? weights : (0..<repeats).flatMap { _ in weights }
      batch.pull(all, into: &gradients[index])
    }
  }

  /// Goes through all levels with whole configurations at hand.
  private func visitLevels(
    _ count: Int, _ spins: UnsafeMutablePointer<Float>, _ total: inout [Double],
    evaluate: (ConditionalBatch, inout [Double]) -> Void,
    top: (ConditionalBatch) -> [Float]?,
    store: (ConditionalBatch, _ level: Int, _ block: Int, _ rows: Int, [Float]?) -> Void
  ) {
    for (index, place) in distribution.places.enumerated() {
      let batch = batches[index]
      let blocks = distribution.isShared ? hierarchy.levels[place.level].blocks : 1
      var signs: [Float]?
      if place.level == 0 {
        signs = top(batch)
        if signs != nil { for row in 0..<count { total[row] -= 0.693_147_180_559_945_3 } }
      } else {
        batch.begin(count: blocks * count)
        for block in 0..<blocks {
          load(
            batch, place.level, place.block + block, count, spins,
            offset: block * count)
        }
        if distribution.spinFlip == .gauge {
          signs = gauge(batch)
          let shape = batch.network.shape
          if let signs { turn(batch, rows: shape.border..<shape.inputs, signs) }
        }
      }
      var logs = [Double](repeating: 0, count: batch.count)
      evaluate(batch, &logs)
      for block in 0..<blocks {
        for row in 0..<count { total[row] += logs[block * count + row] }
        store(batch, place.level, place.block + block, block * count, signs)
      }
    }
  }

  /// Copies a block's sites from configurations.
  private func load(
    _ batch: ConditionalBatch, _ level: Int, _ block: Int, _ count: Int,
    _ spins: UnsafeMutablePointer<Float>, offset: Int = 0
  ) {
    for (row, site) in hierarchy.levels[level].sites[block].enumerated() {
      (batch.border + row * batch.stride + offset).update(from: spins + site * count, count: count)
    }
  }

  /// Multiplies given or drawn spins of each column by a sign.
  private func turn(_ batch: ConditionalBatch, rows: Range<Int>, _ signs: [Float]) {
    for row in rows {
      let line = batch.border + row * batch.stride
      for column in 0..<batch.count { line[column] *= signs[column] }
    }
  }

  /// Copies a block's drawn spins to configurations, turned back.
  private func store(
    _ batch: ConditionalBatch, _ level: Int, _ block: Int, _ offset: Int, _ signs: [Float]?,
    _ count: Int, _ spins: UnsafeMutablePointer<Float>
  ) {
    let table = hierarchy.levels[level]
    for (row, site) in table.sites[block].enumerated() where row >= table.border {
      let source = batch.border + row * batch.stride + offset
      let target = spins + site * count
      if let signs {
        for column in 0..<count { target[column] = source[column] * signs[offset + column] }
      } else {
        target.update(from: source, count: count)
      }
    }
  }

  // MARK: - The heat bath of whole configurations

  /// The border of a block of the heat bath, `[4 l, width]`.
  private func loadBorder(
    _ corner: TorusHierarchy.Corner, _ count: Int, _ width: Int,
    _ spins: UnsafeMutablePointer<Float>
  ) {
    let (side, model) = (hierarchy.heatBathSide, distribution.model)
    grow(&borders, 4 * side * width)
    for k in 0..<side {
      let sites = [
        model.site(row: corner.row - 1, column: corner.column + k),
        model.site(row: corner.row + k, column: corner.column + side),
        model.site(row: corner.row + side, column: corner.column + k),
        model.site(row: corner.row + k, column: corner.column - 1),
      ]
      for (edge, site) in sites.enumerated() {
        for column in 0..<count {
          borders[(edge * side + k) * width + column] = spins[site * count + column]
        }
      }
    }
  }

  /// Draws what is left to the heat bath and adds its log-probability.
  private func drawHeatBath(
    _ count: Int, _ spins: UnsafeMutablePointer<Float>, _ random: inout RandomSource,
    _ total: inout [Double]
  ) {
    guard let heatBath else { return }
    let (side, width) = (hierarchy.heatBathSide, (count + 15) / 16 * 16)
    grow(&insides, side * side * width)
    for (index, corner) in hierarchy.heatBath.enumerated() {
      loadBorder(corner, count, width, spins)
      var logs = [Double](repeating: 0, count: count)
      heatBath.draw(
        borders, stride: width, count: count, weights: weights[distribution.isShared ? 0 : index],
        random: &random, spins: &insides, logPartition: &logs)
      for r in 0..<side {
        for c in 0..<side {
          let site = distribution.model.site(row: corner.row + r, column: corner.column + c)
          for column in 0..<count {
            spins[site * count + column] = insides[(r * side + c) * width + column]
          }
        }
      }
      addInside(corner, index, count, spins, logs, &total)
    }
  }

  private func evaluateHeatBath(
    _ count: Int, _ spins: UnsafeMutablePointer<Float>, _ total: inout [Double]
  ) {
    guard let heatBath else { return }
    let width = (count + 15) / 16 * 16
    for (index, corner) in hierarchy.heatBath.enumerated() {
      loadBorder(corner, count, width, spins)
      var logs = [Double](repeating: 0, count: count)
      heatBath.addLogPartition(
        borders, stride: width, count: count,
        weights: weights[distribution.isShared ? 0 : index], to: &logs)
      addInside(corner, index, count, spins, logs, &total)
    }
  }

  /// Adds `−β H − ln Z` of a block's inside.
  private func addInside(
    _ corner: TorusHierarchy.Corner, _ index: Int, _ count: Int,
    _ spins: UnsafeMutablePointer<Float>, _ logs: [Double], _ total: inout [Double]
  ) {
    let (side, model) = (hierarchy.heatBathSide, distribution.model)
    let block = couplings[distribution.isShared ? 0 : index]
    var sums = [Float](repeating: 0, count: count)
    func add(_ coupling: Double, _ a: Int, _ b: Int) {
      let (first, second) = (spins + a * count, spins + b * count)
      let coupling = Float(coupling)
      for column in 0..<count { sums[column] += coupling * first[column] * second[column] }
    }
    for r in 0...side {
      for c in 0..<side {
        add(
          block.down[r * side + c], model.site(row: corner.row + r - 1, column: corner.column + c),
          model.site(row: corner.row + r, column: corner.column + c))
        add(
          block.right[c * (side + 1) + r],
          model.site(row: corner.row + c, column: corner.column + r - 1),
          model.site(row: corner.row + c, column: corner.column + r))
      }
    }
    for column in 0..<count { total[column] += beta * Double(sums[column]) - logs[column] }
  }
}
