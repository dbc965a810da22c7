internal import Foundation

/// Draws a graph on a circle.
struct GraphDrawing {
  let graph: CircleGraph
  let frame: PlotFrame

  private static let largestWidth = 5.0
  private static let largestRadius = 5.0

  private var center: (x: Double, y: Double) {
    (frame.x + frame.width / 2, frame.y + frame.height / 2)
  }

  /// The radius of the circle: discs and names are outside.
  private var radius: Double { min(frame.width, frame.height) / 2 - 20 }

  private func place(_ node: Int, radius: Double) -> (x: Double, y: Double) {
    let angle = 2 * Double.pi * Double(node) / Double(max(1, graph.labels.count))
    return (center.x + radius * sin(angle), center.y - radius * cos(angle))
  }

  func draw(into text: inout SVGText) {
    let number = SVGText.number
    let strongest = graph.edges.map(\.weight).max() ?? 1
    // Strong lines over weak ones.
    for edge in graph.edges.sorted(by: { $0.weight < $1.weight }) {
      let share = edge.weight / strongest
      let (a, b) = (place(edge.first, radius: radius), place(edge.second, radius: radius))
      text.element(
        "path",
        [
          "d": "M\(number(a.x)) \(number(a.y))L\(number(b.x)) \(number(b.y))",
          "stroke": Palette.color(0), "stroke-width": number(max(0.25, Self.largestWidth * share)),
          "stroke-opacity": number(0.35 + 0.65 * share), "stroke-linecap": "round", "fill": "none",
        ])
    }
    let largest = graph.sizes.max() ?? 1
    // Names that would touch are smaller.
    let room = 2 * Double.pi * (radius + 9) / Double(max(1, graph.labels.count))
    let size = max(2.5, min(FontSize.tick, 0.8 * room))
    for (node, label) in graph.labels.enumerated() {
      let disc = place(node, radius: radius)
      let share = largest > 0 ? graph.sizes[node] / largest : 0
      text.element(
        "circle",
        [
          "cx": number(disc.x), "cy": number(disc.y),
          "r": number(max(0.8, min(Self.largestRadius, room / 2) * share.squareRoot())),
          "fill": Palette.color(1), "stroke": "#FFFFFF", "stroke-width": "0.4",
        ])
      let name = place(node, radius: radius + Self.largestRadius + 4)
      let side = (name.x - center.x) / radius
      text.text(
        label, size: size,
        [
          "x": number(name.x), "y": number(name.y + 0.35 * size),
          "text-anchor": side > 0.3 ? "start" : side < -0.3 ? "end" : "middle",
        ])
    }
    text.text(
      graph.caption, isMarked: true, size: FontSize.tick,
      [
        "x": number(center.x), "y": number(frame.y + frame.height + 1.4 * FontSize.label),
        "text-anchor": "middle",
      ])
  }
}
