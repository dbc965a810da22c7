internal import Configurations
internal import NeuralNetworks

/// Computes log-probabilities of many strings at the cost of their distinct prefixes.
///
/// The strings are walked down one tree: at each level those that share a prefix share a node,
/// found by a table over (parent node, token), and the network sees each node once. A batch of
/// connected configurations has several times fewer prefixes than strings × positions.
///
/// Dimensions: B strings, T positions, V vocabulary, n nodes of a level. One thread only.
final class PrefixEvaluator {
  /// The largest number of strings in one call.
  let capacity: Int
  private let tree: any NetworkTree
  private let vocabulary: Int
  private var logits: [Float]
  private var logProbabilities: [Double]
  private var nodeOfString: [Int32]
  private var childOfSlot: [Int32]
  private var stateOfNode: [Int32]
  private var stateOfChild: [Int32]
  private var parents: [Int32]
  private var tokensOfNode: [UInt8]

  init(network: any AutoregressiveNetwork, capacity: Int) {
    self.capacity = capacity
    vocabulary = network.vocabulary
    tree = network.makeTree(capacity: capacity)
    logits = Array(repeating: 0, count: capacity * vocabulary)
    logProbabilities = Array(repeating: 0, count: capacity * vocabulary)
    nodeOfString = Array(repeating: 0, count: capacity)
    childOfSlot = Array(repeating: -1, count: capacity * vocabulary)
    stateOfNode = Array(repeating: 0, count: capacity)
    stateOfChild = Array(repeating: 0, count: capacity)
    parents = Array(repeating: 0, count: capacity)
    tokensOfNode = Array(repeating: 0, count: capacity)
  }

  /// Computes `log p` of strings that all lie in the sector.
  ///
  /// - Parameters:
  ///   - tokens: `[B, T]`.
  ///   - count: B, at most the capacity.
  ///   - automaton: The sector.
  ///   - parameters: The network's parameters, `[P]`.
  ///   - results: `[B]`, overwritten.
  func logProbabilities(
    tokens: UnsafePointer<UInt8>, count: Int, automaton: SectorAutomaton,
    parameters: UnsafePointer<Float>, into results: UnsafeMutablePointer<Double>
  ) {
    precondition(count <= capacity, "\(count) strings exceed the capacity \(capacity)")
    if count == 0 { return }
    let positions = automaton.positions
    for string in 0..<count {
      results[string] = 0
      nodeOfString[string] = 0
    }
    stateOfNode[0] = 0
    var nodes = 1
    for position in 0..<positions {
      tree.advance(
        level: position, parents: parents, tokens: tokensOfNode, count: nodes,
        parameters: parameters, logits: &logits)
      let transitions = automaton.transitions[position]
      transitions.withUnsafeBufferPointer { transitions in
        logits.withUnsafeBufferPointer { logits in
          logProbabilities.withUnsafeMutableBufferPointer { output in
            guard let table = transitions.baseAddress, let logits = logits.baseAddress,
              let output = output.baseAddress
            else { return }
            for node in 0..<nodes {
              maskedLogSoftmax(
                logits + node * vocabulary, table + Int(stateOfNode[node]) * vocabulary,
                vocabulary, output + node * vocabulary)
            }
          }
        }
      }
      let isLast = position == positions - 1
      var children = 0
      for string in 0..<count {
        let token = Int(tokens[string * positions + position])
        let slot = Int(nodeOfString[string]) * vocabulary + token
        results[string] += logProbabilities[slot]
        if isLast { continue }
        var child = childOfSlot[slot]
        if child < 0 {
          child = Int32(children)
          childOfSlot[slot] = child
          parents[children] = nodeOfString[string]
          tokensOfNode[children] = UInt8(token)
          stateOfChild[children] =
            transitions[
              Int(stateOfNode[Int(nodeOfString[string])]) * vocabulary + token]
          children += 1
        }
        nodeOfString[string] = child
      }
      for child in 0..<(isLast ? 0 : children) {
        childOfSlot[Int(parents[child]) * vocabulary + Int(tokensOfNode[child])] = -1
      }
      swap(&stateOfNode, &stateOfChild)
      nodes = children
    }
  }
}
