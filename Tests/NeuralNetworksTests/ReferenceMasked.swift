import Foundation
import NeuralNetworks

/// MADE and NADE in Float64, written with plain loops and explicit masks: the oracle of the kernels.
struct ReferenceMasked {
  enum Form {
    case made
    case nade
  }

  let layout: ParameterLayout
  let form: Form
  let positions: Int
  let vocabulary: Int
  let hidden: [Int]
  let activation: Activation

  private var bits: Int { vocabulary > 2 ? vocabulary > 4 ? 3 : 2 : 1 }

  /// Returns the logits `[T, V]` of one string.
  func logits(_ string: [UInt8], _ parameters: [Double]) -> [Double] {
    let x = string.flatMap { token in
      (0..<bits).map { Int(token) >> $0 & 1 == 1 ? 1.0 : -1 }
    }
    return form == .made ? made(x, parameters) : nade(x, parameters)
  }

  private func array(_ name: String, _ parameters: [Double]) -> [Double] {
    guard let entry = layout.entries.first(where: { $0.name == name }) else {
      preconditionFailure("no parameters named \(name)")
    }
    return Array(parameters[entry.offset..<entry.offset + entry.count])
  }

  private func made(_ x: [Double], _ parameters: [Double]) -> [Double] {
    var values = x
    var degrees = x.indices.map { $0 / bits }
    for (index, width) in hidden.enumerated() {
      let weight = array("layer\(index)/weight", parameters)
      let bias = array("layer\(index)/bias", parameters)
      let next = (0..<width).map { $0 * (positions - 1) / width }
      values = (0..<width).map { k in
        var sum = bias[k]
        for j in values.indices where degrees[j] <= next[k] && positions > 1 {
          sum += weight[k * values.count + j] * values[j]
        }
        return activation.reference(sum)
      }
      degrees = next
    }
    let weight = array("output/weight", parameters)
    let bias = array("output/bias", parameters)
    return (0..<positions * vocabulary).map { row in
      var sum = bias[row]
      for k in values.indices where degrees[k] < row / vocabulary {
        sum += weight[row * values.count + k] * values[k]
      }
      return sum
    }
  }

  private func nade(_ x: [Double], _ parameters: [Double]) -> [Double] {
    (0..<positions).flatMap { t in
      var values = Array(x[..<(bits * t)])
      for index in 0...hidden.count {
        let isLast = index == hidden.count
        let path = "position\(t)/" + (isLast ? "output" : "layer\(index)")
        let bias = array("\(path)/bias", parameters)
        let weight = values.isEmpty ? [] : array("\(path)/weight", parameters)
        values = bias.indices.map { k in
          let sum = values.indices.reduce(bias[k]) {
            $0 + weight[k * values.count + $1] * values[$1]
          }
          return isLast ? sum : activation.reference(sum)
        }
      }
      return values
    }
  }
}
