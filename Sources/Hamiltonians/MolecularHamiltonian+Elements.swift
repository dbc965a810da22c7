package import Configurations

// Many elements at a time: within this module, where the rules are specialised.
extension MolecularHamiltonian {
  /// Writes `⟨x|H|y⟩` of many determinants `y`, in hartree.
  ///
  /// - Parameters:
  ///   - x: The determinant that all elements share.
  ///   - others: The determinants `y`, `[count]`.
  ///   - count: How many there are.
  ///   - elements: Where to write the elements, `[count]`.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func elements(
    of x: Configuration<Word>, _ others: UnsafePointer<Configuration<Word>>, count: Int,
    into elements: UnsafeMutablePointer<Double>
  ) {
    for place in 0..<count { elements[place] = element(x, others[place]) }
  }

  /// The occupation masks of the irreps, `[irrepCount]`.
  package var orbitalsOfIrreps: [Word] { irrepMasks }
}
