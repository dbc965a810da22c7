/// Colours that people with any kind of colour vision can tell apart.
///
/// The palette of M. Okabe and K. Ito, *Color Universal Design* (2008), darkest first; its yellow, hard to see on
/// paper, comes last.
public enum Palette {
  /// The colours as `#RRGGBB`.
  public static let colors = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442",
  ]

  /// Returns the colour of a number; after the last one they begin again.
  static func color(_ number: Int) -> String { colors[number % colors.count] }
}
