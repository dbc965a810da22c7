internal import Foundation
internal import HDF5Files
internal import Logging
internal import Plots

/// The file of a figure, checked before any work is done.
struct FigureFile {
  private let output: OutputFile

  /// Checks that a figure may be written.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - overwrites: Whether an earlier figure is not to be kept.
  /// - Throws: ``ToolError`` where the name is not that of an SVG file, or the file cannot be written.
  init(_ path: String, overwrites: Bool) throws {
    guard path.lowercased().hasSuffix(".svg") else {
      throw ToolError(
        "\(path): figures are SVG files; give a name that ends with .svg. Other programs, such as rsvg-convert, turn them "
          + "into PNG or PDF.")
    }
    output = try OutputFile(path, kind: .figure, input: nil, overwrites: overwrites)
  }

  /// Writes the figure in one step.
  func write(_ figure: Figure, logger: Logger) throws {
    let text: String
    do throws(PlotError) { text = try figure.svg() } catch {
      throw ToolError("the figure cannot be drawn: \(error.description).")
    }
    let earlier = try output.write(keepsEarlier: true) {
      try SweepFolder.write(text, to: output.path)
    }
    if let earlier { logger.notice("the earlier \(output.path) is kept as \(earlier)") }
    logger.notice("figure in \(output.path)")
  }

  /// Lets others write the file.
  func release() { output.release() }
}
