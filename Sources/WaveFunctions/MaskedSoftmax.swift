internal import Foundation

/// Turns the logits of one position into log-probabilities over the alive tokens.
///
/// Dead tokens get `-infinity`, that is probability exactly zero; a single alive token gets
/// exactly 0, whatever its logit.
///
/// - Parameters:
///   - logits: `[V]`.
///   - transitions: `[V]`, negative where the token is dead.
///   - vocabulary: V.
///   - logProbabilities: `[V]`, overwritten.
@inline(__always)
func maskedLogSoftmax(
  _ logits: UnsafePointer<Float>, _ transitions: UnsafePointer<Int32>, _ vocabulary: Int,
  _ logProbabilities: UnsafeMutablePointer<Double>
) {
  var largest = -Float.infinity
  var alive = 0
  for token in 0..<vocabulary where transitions[token] >= 0 {
    largest = max(largest, logits[token])
    alive += 1
  }
  if alive == 1 {
    for token in 0..<vocabulary {
      logProbabilities[token] = transitions[token] >= 0 ? 0 : -Double.infinity
    }
    return
  }
  var sum = 0.0
  for token in 0..<vocabulary where transitions[token] >= 0 {
    sum += exp(Double(logits[token]) - Double(largest))
  }
  let shift = Double(largest) + log(sum)
  for token in 0..<vocabulary {
    logProbabilities[token] =
      transitions[token] >= 0 ? Double(logits[token]) - shift : -Double.infinity
  }
}

/// Writes `∂(½ log p(token))/∂logits = ½ (δ − p)` over the alive tokens, 0 over the dead ones.
///
/// - Parameters:
///   - logProbabilities: `[V]`, from ``maskedLogSoftmax(_:_:_:_:)``.
///   - token: The token that the string has here.
///   - vocabulary: V.
///   - gradient: `[V]`, overwritten.
@inline(__always)
func halfLogSoftmaxGradient(
  _ logProbabilities: UnsafePointer<Double>, _ token: Int, _ vocabulary: Int,
  _ gradient: UnsafeMutablePointer<Float>
) {
  for index in 0..<vocabulary {
    let probability = exp(logProbabilities[index])
    gradient[index] = Float(0.5 * ((index == token ? 1 : 0) - probability))
  }
}
