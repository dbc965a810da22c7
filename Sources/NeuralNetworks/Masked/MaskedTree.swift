/// One position of a masked perceptron at a time, over a tree of prefixes.
///
/// Each row is computed once, at the level where what it reads is complete. A node keeps what later
/// levels read, side by side, and hands it to its children.
final class MaskedTree: NetworkTree {
  private let layout: MaskedLayout
  private let capacity: Int
  private let stride: Int
  /// Inputs, hidden layers and logits.
  private let features: [Feature]
  /// The number of nodes at each level, 0 where it is not known.
  private var counts: [Int]

  /// The rows of one layer, or the inputs.
  private final class Feature {
    let width: Int
    let isKept: Bool
    /// `[rows, columns]` of the level at work: all rows where they are kept, else those of its block.
    let columns: FloatBuffer
    /// For each level `[capacity, width]`, one row for each node; allocated when a level is reached.
    private var levels: [FloatBuffer?]

    init(width: Int, largestBlock: Int, isKept: Bool, positions: Int, stride: Int) {
      self.width = width
      self.isKept = isKept
      columns = FloatBuffer((isKept ? width : largestBlock) * stride)
      levels = Array(repeating: nil, count: positions)
    }

    /// Where the nodes of a level keep their rows.
    func rows(at level: Int, capacity: Int) -> UnsafeMutablePointer<Float> {
      if let buffer = levels[level] { return buffer.pointer }
      let buffer = FloatBuffer(paddedToLanes(capacity) * width)
      levels[level] = buffer
      return buffer.pointer
    }
  }

  init(layout: MaskedLayout, capacity: Int) {
    precondition(capacity > 0, "a workspace needs room for at least one prefix")
    self.layout = layout
    self.capacity = capacity
    let stride = TokenGrid(positions: 1, count: capacity).stride
    self.stride = stride
    let inputs = Feature(
      width: layout.inputs, largestBlock: 0, isKept: true, positions: layout.positions,
      stride: stride)
    features =
      [inputs]
      + layout.layers.map { layer in
        Feature(
          width: layer.width,
          largestBlock: layer.blocks.reduce(0) { max($0, $1?.rows.count ?? 0) },
          isKept: layer.isReadLater, positions: layout.positions, stride: stride)
      }
    counts = Array(repeating: 0, count: layout.positions)
  }

  func advance(
    level: Int, parents: UnsafePointer<Int32>, tokens: UnsafePointer<UInt8>, count: Int,
    parameters: UnsafePointer<Float>, logits: UnsafeMutablePointer<Float>
  ) {
    precondition(level < layout.positions, "level \(level) of \(layout.positions)")
    precondition(
      count <= capacity, "a level of \(count) prefixes exceeds the capacity \(capacity)")
    precondition(level > 0 || count == 1, "level 0 has one node, not \(count)")
    counts[level] = count
    if count == 0 { return }
    let columns = paddedToLanes(count)
    let bits = layout.bits
    inherit(features[0], known: bits * max(level - 1, 0), level: level, parents: parents, count)
    if level > 0 {
      let fresh = bits * (level - 1)..<bits * level
      for i in 0..<count {
        layout.encode(
          tokens[i], stride: stride,
          into: features[0].columns.pointer + fresh.lowerBound * stride + i)
      }
      keep(features[0], fresh, level: level, columns: columns)
    }
    for (index, layer) in layout.layers.enumerated() {
      let (source, target) = (features[index], features[index + 1])
      if target.isKept {
        inherit(
          target, known: level > 0 ? layer.known(at: level - 1) : 0, level: level,
          parents: parents, count)
      }
      guard let block = layer.blocks[level] else { continue }
      // Rows that are not kept are read in their own level only, and begin at its first.
      let x = source.columns.pointer + (source.isKept ? block.inputs.lowerBound : 0) * stride
      let y = target.columns.pointer + (target.isKept ? block.rows.lowerBound : 0) * stride
      block.forward(x, y, parameters: parameters, columns: columns, stride: stride)
      if index + 1 == layout.layers.count { break }
      for row in 0..<block.rows.count {
        layout.activation.apply(y + row * stride, y + row * stride, count: columns)
      }
      if target.isKept { keep(target, block.rows, level: level, columns: columns) }
    }
    let result = features[layout.layers.count].columns.pointer
    for v in 0..<layout.vocabulary {
      for i in 0..<count { logits[i * layout.vocabulary + v] = result[v * stride + i] }
    }
  }

  /// Copies the first rows of each node's parent, and lays them out in columns.
  private func inherit(
    _ feature: Feature, known: Int, level: Int, parents: UnsafePointer<Int32>, _ count: Int
  ) {
    if known == 0 { return }
    let source = feature.rows(at: level - 1, capacity: capacity)
    let target = feature.rows(at: level, capacity: capacity)
    for i in 0..<count {
      let parent = Int(parents[i])
      precondition(
        parent >= 0 && parent < counts[level - 1],
        "node \(i) of level \(level) extends node \(parent), but the level below has "
          + "\(counts[level - 1])")
      (target + i * feature.width).update(from: source + parent * feature.width, count: known)
    }
    for first in Swift.stride(from: 0, to: count, by: laneCount) {
      transposeToColumns(
        target + first * feature.width, stride: feature.width, features: known,
        into: feature.columns.pointer + first, stride: stride)
    }
  }

  /// Appends rows that were computed to what the nodes keep.
  private func keep(_ feature: Feature, _ rows: Range<Int>, level: Int, columns: Int) {
    let target = feature.rows(at: level, capacity: capacity)
    for first in Swift.stride(from: 0, to: columns, by: laneCount) {
      transposeToRows(
        feature.columns.pointer + rows.lowerBound * stride + first, stride: stride,
        features: rows.count, into: target + first * feature.width + rows.lowerBound,
        stride: feature.width)
    }
  }
}
