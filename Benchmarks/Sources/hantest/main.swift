import Configurations
import Foundation
import FreeEnergy
import Hamiltonians
import NeuralNetworks
import Parallelism
import SpinDistributions

func option(_ name: String, _ fallback: Double) -> Double {
  let args = CommandLine.arguments
  guard let index = args.firstIndex(of: "-" + name) else { return fallback }
  return Double(args[index + 1])!
}
let exact: [Int: Double] = [4: 0.9690454086698851, 8: 0.9386923051127, 16: 0.9312001843916, 32: 0.9293380140715, 64: 0.9288763572861, 128: 0.9287629499343]
let length = Int(option("L", 16))
let steps = Int(option("steps", 300))
let anneal = option("anneal", 100)
let threads = Int(option("threads", 2))
let execution = Execution(threads: threads)
var random = RandomSource(seed: UInt64(option("seed", 1)))
let model = ClassicalIsing(length: length)
let hierarchy = TorusHierarchy.crosses(length: length, heatBathSide: Int(option("heat", 7)))
let distribution = HierarchicalDistribution(
  model: model, beta: 0, hierarchy: hierarchy, spinFlip: option("gauge", 1) == 1 ? .gauge : .none,
  options: .init(factor: Int(option("factor", 1)), direct: option("direct", 1) == 1, startsUniform: true),
  random: &random)
let chunk = Int(option("chunk", 256))
let training = HierarchicalTraining(
  distribution,
  options: .init(
    samples: Int(option("M", 1024)), lowerSamples: Int(option("low", 1024)),
    repeats: Int(option("K", 4))), chunk: chunk, execution: execution)
print("levels \(hierarchy.levels.map { ($0.side, $0.border, $0.spins) }) heat \(hierarchy.heatBathSide), parameters \(distribution.parameterCount)")
let target = option("beta", 0.44)
let reference = (exact[length] ?? 0) * Double(length * length)
let start = ContinuousClock.now
func seconds() -> Double { let d = start.duration(to: .now); return Double(d.components.seconds) + Double(d.components.attoseconds) * 1e-18 }

func evaluate(_ d: HierarchicalDistribution, count: Int) {
  let chunks = count / chunk
  let parts: [[Double]] = execution.map(chunks) { index in
    let space = HierarchyWorkspace(d, capacity: chunk)
    var generator = RandomSource(seed: 99).split(UInt64(index))
    var spins = [Float](repeating: 0, count: length * length * chunk)
    let logs = space.sample(count: chunk, random: &generator, into: &spins)
    return (0..<chunk).map { column in
      let s = (0..<length * length).map { Int8(spins[$0 * chunk + column]) }
      return logs[column] + target * model.energy(of: s)
    }
  }
  let r = parts.flatMap { $0 }
  let mean = r.reduce(0, +) / Double(r.count)
  let v = r.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(r.count)
  let w = r.map { exp(-($0 - mean)) }
  let s1 = w.reduce(0, +), s2 = w.reduce(0) { $0 + $1 * $1 }
  let lnZ = log(s1 / Double(r.count)) - mean
  print(String(format: "  eval: F+lnZ(KL) %.4f  rel %.2e  var %.4f  ESS %.3f  lnZ err %.4f  t %.1f", mean + reference, (mean + reference) / reference, v, s1 * s1 / s2 / Double(r.count), lnZ - reference, seconds()))
}
let every = Int(option("every", 50))
for step in 1...steps {
  let beta = target * min(1, Double(step) / anneal)
  let progress = Double(step) / Double(steps)
  let eta = option("eta", 0.3) * (progress > 0.5 ? pow(option("decay", 0.1), (progress - 0.5) * 2) : 1)
  var rule = NaturalStep.Options(
      learningRate: eta, momentum: option("mu", 0.9),
      shift: option("shift", 1e-3), maximumChange: option("max", 0.5))
  rule.forward = option("forward", 0) == 1
  let outcome = try training.step(
    beta: beta, random: random.split(UInt64(step)), rule: rule,
    factors: option("kfac", 0) == 1 ? .init(learningRate: eta, momentum: option("mu", 0.9), damping: option("shift", 1e-3), decay: option("ema", 0.95), maximumChange: option("max", 0.5)) : nil)
  if step % every == 0 {
    print(String(format: "%5d beta %.4f KL %.4f var %.4f", step, beta, outcome.mean + (beta == target ? reference : 0), outcome.variance), outcome.variances.dropFirst().map { String(format: "%.4f", $0) }, String(format: "t %.1f", seconds()))
  }
  if step % Int(option("eval", 200)) == 0 { evaluate(training.distribution, count: Int(option("N", 4096))) }
}
evaluate(training.distribution, count: Int(option("N", 8192)))
