import LinearAlgebra

// benchmarks [TOPIC…] [--only TEXT]: times the kernels; all topics if none is named, of their
// cases those whose names contain TEXT. One thread unless a case says otherwise.

let topics = [
  matrixElementTopic, waveFunctionTopic, naturalGradientTopic, matrixProductTopic, networkTopic,
]
var names = Array(CommandLine.arguments.dropFirst())
var filter = ""
if let option = names.firstIndex(of: "--only"), option + 1 < names.count {
  filter = names[option + 1]
  names.removeSubrange(option...option + 1)
}
BLAS.setThreadCount(1)
print("OpenBLAS kernels: \(BLAS.kernelName)")
Harness.run(topics.filter { names.isEmpty || names.contains($0.name) }, filter: filter)
