internal import ArgumentParser
internal import CHDF5
internal import COpenBLAS
internal import Foundation
internal import LinearAlgebra
internal import MessagePassing
internal import Parallelism

/// `qchem-nqs info`.
struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Print versions, the processor, and the BLAS kernels in use.",
    discussion: """
      OpenBLAS picks its kernels by the processor's model; where it overlooks AVX-512, the program \
      restarts itself with OPENBLAS_CORETYPE=SkylakeX. Set that variable to choose yourself.
      """)

  @OptionGroup var talk: TalkOptions

  func run() throws {
    let environment = ProcessInfo.processInfo.environment
    let restarted = environment["QCHEM_NQS_RESTARTED"] != nil
    let processors = ProcessorCount.current
    let memory = AvailableMemory.current()
    let rows: [(label: String, key: String, value: String)] = [
      ("qchem-nqs", "version", programVersion),
      ("operating system", "system", ProcessInfo.processInfo.operatingSystemVersionString),
      ("processor", "cpu", cpuInformation("model name") ?? "unknown"),
      ("processor's SIMD", "cpu_simd", bestSIMDLevel(of: processorFeatures())),
      ("compiled for", "compiled_simd", compiledSIMDLevel),
      ("compiler", "compiler", compilerVersion),
      ("cores", "cores", String(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
      ("threads", "threads", String(processors.count)),
      ("  because", "threads_reason", processors.reason),
      ("memory", "memory", ByteCount.text(Double(memory.bytes))),
      ("  because of", "memory_reason", memory.reason),
      (
        "BLAS kernels", "blas_kernel",
        BLAS.kernelName + (restarted ? " (chosen by qchem-nqs)" : "")
      ),
      ("BLAS", "blas", BLAS.configuration.trimmingCharacters(in: .whitespaces)),
      ("HDF5", "hdf5", hdf5Version()),
      ("MPI", "mpi", Launch.library ?? "none (built without the trait MPI)"),
      ("Swift packages", "packages", packageVersions),
    ]
    if talk.json {
      let object = JSONValue.object(
        [.init(key: "program", value: .string("qchem-nqs"))]
          + rows.map { .init(key: $0.key, value: .string($0.value)) })
      try Console.result(object.text())
    } else {
      for row in rows {
        try Console.result(row.label.padding(toLength: 18, withPad: " ", startingAt: 0) + row.value)
      }
    }
  }
}

/// Returns the version of the HDF5 library that was loaded.
func hdf5Version() -> String {
  var major: UInt32 = 0
  var minor: UInt32 = 0
  var release: UInt32 = 0
  H5get_libversion(&major, &minor, &release)
  return "\(major).\(minor).\(release)"
}

/// Returns the highest SIMD level among a processor's features.
func bestSIMDLevel(of features: Set<String>) -> String {
  if features.isEmpty { return "unknown" }
  let levels = [("avx512f", "AVX-512"), ("avx2", "AVX2"), ("avx", "AVX"), ("sse4_2", "SSE4.2")]
  return levels.first { features.contains($0.0) }?.1 ?? "SSE2"
}

/// The SIMD level that the program was compiled for.
let compiledSIMDLevel: String = {
  String(cString: nqs_compiled_simd())
}()

/// The Swift compiler's version, as far as the source can tell.
let compilerVersion: String = {
  #if compiler(>=6.4)
  "Swift 6.4 or later"
  #elseif compiler(>=6.3)
  "Swift 6.3"
  #elseif compiler(>=6.2)
  "Swift 6.2"
  #else
  "Swift 6.1"
  #endif
}()

/// The Swift packages that the program is built with, each from a version on up to the next that may break it; a test
/// holds this to the manifest.
let packageVersions = "swift-argument-parser 1.8.0, swift-log 1.16.0, TOMLKit 0.6.0 or later"
