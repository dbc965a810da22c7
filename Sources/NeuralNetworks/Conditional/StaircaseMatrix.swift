/// A matrix whose row `r` has its first `widths[r]` elements and no others, the widths never falling.
///
/// That is what the mask of an autoregressive layer leaves where units are ordered by what they may see.
/// Parameters are stored row after row without the masked elements. Products work on *panels*: some rows
/// side by side, as wide as the last of them, zeros in the few places that the shorter ones leave.
struct StaircaseMatrix: Sendable {
  /// Rows that are worked on together.
  struct Panel: Sendable {
    /// Which rows.
    let rows: Range<Int>
    /// The width of the first row: what all rows have.
    let common: Int
    /// The width of the last row, and the distance between rows of the panel.
    let width: Int
    /// Where the panel begins among all panels.
    let offset: Int
  }

  /// The number of elements of each row.
  let widths: [Int]
  /// Where each row begins among the parameters, and the number of all.
  let offsets: [Int]
  /// The panels, in order.
  let panels: [Panel]
  /// The number of floats that the panels take.
  let panelCount: Int

  /// The number of parameters.
  var count: Int { offsets[widths.count] }

  /// Creates a layout.
  ///
  /// - Parameters:
  ///   - widths: The number of elements of each row, never falling.
  ///   - cuts: Where panels begin, ascending from 0, and the number of rows at the end.
  init(widths: [Int], cuts: [Int]) {
    precondition(zip(widths, widths.dropFirst()).allSatisfy(<=), "rows get shorter")
    precondition(cuts.first == 0 && cuts.last == widths.count, "panels leave rows out")
    self.widths = widths
    offsets = widths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
    var panels: [Panel] = []
    var next = 0
    for (first, end) in zip(cuts, cuts.dropFirst()) where first < end {
      let width = max(1, widths[end - 1])
      panels.append(Panel(rows: first..<end, common: widths[first], width: width, offset: next))
      next += (end - first) * width
    }
    self.panels = panels
    panelCount = next
  }

  /// Writes parameters to panels.
  func expand(_ parameters: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>) {
    for panel in panels {
      for (index, row) in panel.rows.enumerated() {
        let line = target + panel.offset + index * panel.width
        line.update(from: parameters + offsets[row], count: widths[row])
        (line + widths[row]).update(repeating: 0, count: panel.width - widths[row])
      }
    }
  }

  /// Adds what panels hold to parameters; places that are masked are left out.
  func addPacked(_ source: UnsafePointer<Float>, to parameters: UnsafeMutablePointer<Float>) {
    for panel in panels {
      for (index, row) in panel.rows.enumerated() {
        let line = source + panel.offset + index * panel.width
        let target = parameters + offsets[row]
        for column in 0..<widths[row] { target[column] += line[column] }
      }
    }
  }
}
