internal import Foundation
internal import HDF5Files
internal import Logging
internal import Plots

/// The file of a figure, checked before any work is done.
struct FigureFile {
  private let output: OutputFile
  /// The program that makes PNG of SVG; nil for SVG files.
  private let converter: URL?

  /// The dots in an inch of PNG figures, enough for print.
  private static let resolution = 300

  /// Checks that a figure may be written.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - overwrites: Whether an earlier figure is not to be kept.
  /// - Throws: ``ToolError`` where the name is neither that of an SVG nor of a PNG file, the file cannot be written, or
  ///   the program that makes PNG is missing.
  init(_ path: String, overwrites: Bool) throws {
    let name = path.lowercased()
    guard name.hasSuffix(".svg") || name.hasSuffix(".png") else {
      throw ToolError(
        "\(path): figures are SVG or PNG files; give a name that ends with .svg or .png.")
    }
    if name.hasSuffix(".png") {
      guard let program = Self.findConverter() else {
        throw ToolError(
          "\(path): PNG figures need the program rsvg-convert, which is not on PATH; install it (package librsvg2-bin of "
            + "Debian and Ubuntu), or give a name that ends with .svg.")
      }
      converter = program
    } else {
      converter = nil
    }
    output = try OutputFile(path, kind: .figure, input: nil, overwrites: overwrites)
  }

  /// Writes the figure in one step.
  func write(_ figure: Figure, logger: Logger) throws {
    let text: String
    do throws(PlotError) { text = try figure.svg() } catch {
      throw ToolError("the figure cannot be drawn: \(error.description).")
    }
    let bytes = try converter.map { try Self.png(of: text, by: $0) } ?? Array(text.utf8)
    let earlier = try output.write(keepsEarlier: true) {
      try SweepFolder.write(bytes, to: output.path)
    }
    if let earlier { logger.notice("the earlier \(output.path) is kept as \(earlier)") }
    logger.notice("figure in \(output.path)")
  }

  /// Lets others write the file.
  func release() { output.release() }

  private static func findConverter() -> URL? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return path.split(separator: ":").map { URL(fileURLWithPath: "\($0)/rsvg-convert") }
      .first { FileManager.default.isExecutableFile(atPath: $0.path) }
  }

  /// Returns a figure as PNG.
  private static func png(of text: String, by program: URL) throws(ToolError) -> [UInt8] {
    do {
      // Through a file: a pipe that is full while the other waits would hold both for ever.
      let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("qchem-nqs-figure-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
      defer { try? FileManager.default.removeItem(at: folder) }
      let source = folder.appendingPathComponent("figure.svg")
      let target = folder.appendingPathComponent("figure.png")
      try Data(text.utf8).write(to: source)
      let process = Process()
      process.executableURL = program
      process.arguments = [
        "--format", "png", "--dpi-x", "\(resolution)", "--dpi-y", "\(resolution)", "--output",
        target.path, source.path,
      ]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      let complaints = folder.appendingPathComponent("errors")
      try Data().write(to: complaints)
      process.standardError = try FileHandle(forWritingTo: complaints)
      try process.run()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else {
        let lines = (try? String(contentsOf: complaints, encoding: .utf8)) ?? ""
        let complaint = lines.split(separator: "\n").first.map { ": \($0)" } ?? ""
        throw ToolError(
          "\(program.path) ended with status \(process.terminationStatus)\(complaint); give a name that ends with .svg "
            + "to have the figure without it.")
      }
      return Array(try Data(contentsOf: target))
    } catch let error as ToolError {
      throw error
    } catch {
      throw ToolError("the PNG figure cannot be made: \(error.localizedDescription)")
    }
  }
}
