import CommandLineTool
import Foundation
import Testing

@Suite("On a terminal")
struct TerminalTests {
  private static let script = "/usr/bin/script"
  /// Whether `script` can open a terminal, which bare containers do not have.
  private static let hasTerminals =
    FileManager.default.isExecutableFile(atPath: script)
    && FileManager.default.fileExists(atPath: "/dev/pts/ptmx")

  @Test(
    "One line is drawn over and over",
    .enabled(if: hasTerminals))
  func progressIsLive() throws {
    let program = try Program()
    let command =
      "'\(Program.executable.path)' solve '\(Program.molecule("h2o"))' --output r.h5"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.script)
    process.arguments = ["-q", "-e", "-c", command, "/dev/null"]
    process.currentDirectoryURL = program.folder.url
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    let drawn = text.components(separatedBy: "\r\u{1B}[Kstep ").count - 1
    #expect(drawn > 5, "\(text)")
    #expect(text.contains("ETA"))
    let last = text.split(whereSeparator: \.isNewline).last
    #expect(last?.hasPrefix("FINAL ENERGY  -75.0124") == true)
  }
}

@Suite("The choice of BLAS kernels")
struct BLASKernelChoiceTests {
  private static let avx512: Set = ["avx512f", "avx512dq", "avx512bw", "avx512vl", "avx512cd"]

  @Test(
    "Kernels without AVX-512 give way where the processor has it", arguments: ["Haswell", "Zen"])
  func slowKernelsGiveWay(_ kernel: String) {
    #expect(betterKernel(than: kernel, features: Self.avx512) == "SkylakeX")
    #expect(betterKernel(than: kernel, features: ["avx2"]) == nil)
    #expect(betterKernel(than: kernel, features: Self.avx512.subtracting(["avx512bw"])) == nil)
  }

  @Test("Fast kernels stay", arguments: ["SkylakeX", "Cooperlake", "SapphireRapids"])
  func fastKernelsStay(_ kernel: String) {
    #expect(betterKernel(than: kernel, features: Self.avx512) == nil)
  }
}
