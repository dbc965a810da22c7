internal import Foundation
internal import LinearAlgebra

/// Restarts the program once with faster OpenBLAS kernels where OpenBLAS overlooked AVX-512.
///
/// OpenBLAS chooses its kernels by the processor's model number when it is loaded. Version 0.3.21
/// (Debian 12) does not know later models and falls back to kernels for AVX2, which run at half
/// the speed. `OPENBLAS_CORETYPE` says otherwise, but is read before `main`, so the process
/// replaces itself by itself, with the same process number. A value that the user has set stays.
func restartWithFasterKernels() {
  let mark = "QCHEM_NQS_RESTARTED"
  let environment = ProcessInfo.processInfo.environment
  guard environment["OPENBLAS_CORETYPE"] == nil, environment[mark] == nil,
    let better = betterKernel(than: BLAS.kernelName, features: processorFeatures())
  else { return }
  setenv("OPENBLAS_CORETYPE", better, 1)
  setenv(mark, "1", 1)
  var arguments: [UnsafeMutablePointer<CChar>?] = CommandLine.arguments.map { strdup($0) }
  arguments.append(nil)
  execv("/proc/self/exe", &arguments)
  // Only reached where the restart failed; the slower kernels do the same work.
  for argument in arguments { free(argument) }
}

/// Returns the kernels to ask for in place of `kernel`, or nil where it is the best there is.
package func betterKernel(than kernel: String, features: Set<String>) -> String? {
  let avx512Kernels: Set = ["SkylakeX", "Cooperlake", "SapphireRapids", "Zen4", "Zen5"]
  let needed: Set = ["avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"]
  if avx512Kernels.contains(kernel) || !needed.isSubset(of: features) { return nil }
  return "SkylakeX"
}

/// Returns what `/proc/cpuinfo` lists for the first processor; empty on other systems.
func processorFeatures() -> Set<String> {
  Set((cpuInformation("flags") ?? "").split(separator: " ").map(String.init))
}

/// Returns the first value of a field of `/proc/cpuinfo`.
func cpuInformation(_ field: String) -> String? {
  guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else { return nil }
  for line in text.split(separator: "\n") {
    let parts = line.split(separator: ":", maxSplits: 1)
    if parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == field {
      return parts[1].trimmingCharacters(in: .whitespaces)
    }
  }
  return nil
}
