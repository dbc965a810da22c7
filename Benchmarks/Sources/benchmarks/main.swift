import LinearAlgebra

// benchmarks [TOPIC…]: times the kernels on one thread; all topics if none is named.

let topics = [matrixProductTopic, networkTopic]
let names = CommandLine.arguments.dropFirst()
BLAS.setThreadCount(1)
print("OpenBLAS kernels: \(BLAS.kernelName)")
Harness.run(topics.filter { names.isEmpty || names.contains($0.name) })
