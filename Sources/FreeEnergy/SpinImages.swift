/// The images of configurations under the symmetries over which a distribution is averaged.
package struct SpinImages: Sendable {
  /// A flip, and shifts by rows and columns.
  package struct Image: Sendable, Hashable {
    let sign: Float
    let rows: Int
    let columns: Int
  }

  /// L.
  let length: Int
  /// The images, the configuration itself first.
  package let images: [Image]

  package init(_ symmetry: SpinSymmetry, length: Int) {
    self.length = length
    let rows = symmetry == .z2Rows || symmetry == .z2Translations ? length : 1
    let columns = symmetry == .z2Translations ? length : 1
    var images: [Image] = []
    for row in 0..<rows {
      for column in 0..<columns {
        for sign in symmetry.isAverage ? [Float(1), -1] : [1] {
          images.append(Image(sign: sign, rows: row, columns: column))
        }
      }
    }
    self.images = images
  }

  /// Writes an image of configurations, `[L², count]`.
  package func apply(
    _ image: Image, _ spins: UnsafePointer<Float>, count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    for r in 0..<length {
      for c in 0..<length {
        let source = spins + (r * length + c) * count
        let row = (r + image.rows) % length
        let place = target + (row * length + (c + image.columns) % length) * count
        if image.sign > 0 {
          place.update(from: source, count: count)
        } else {
          for column in 0..<count { place[column] = -source[column] }
        }
      }
    }
  }
}
