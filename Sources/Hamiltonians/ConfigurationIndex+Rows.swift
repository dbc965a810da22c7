internal import Configurations

// Whole rows at a time: within this module, where they are specialised.
extension ConfigurationIndex {
  /// Writes the numbers of connections, giving new ones to those that have none.
  ///
  /// - Parameters:
  ///   - list: The connections.
  ///   - range: Which of them.
  ///   - numbers: Where to write the numbers, one for each.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package mutating func insert(
    _ list: ConnectionList<Word>, _ range: Range<Int>, numbers: UnsafeMutablePointer<Int32>
  ) {
    for (place, index) in range.enumerated() {
      numbers[place] = Int32(truncatingIfNeeded: insert(list.configurations[index]))
    }
  }

  /// Writes the numbers and elements of those connections that have a number.
  ///
  /// - Parameters:
  ///   - list: The connections.
  ///   - range: Which of them.
  ///   - numbers: Where to write the numbers; there is room for all.
  ///   - elements: Where to write the elements; there is room for all.
  /// - Returns: How many there are.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package func find(
    _ list: ConnectionList<Word>, _ range: Range<Int>, numbers: UnsafeMutablePointer<Int32>,
    elements: UnsafeMutablePointer<Double>
  ) -> Int {
    var count = 0
    for index in range {
      guard let number = number(of: list.configurations[index]) else { continue }
      numbers[count] = Int32(truncatingIfNeeded: number)
      elements[count] = list.elements[index]
      count += 1
    }
    return count
  }

  /// Writes the numbers and elements of those connections that some of the digests' range are and another
  /// index does not hold, giving new numbers to those that have none.
  ///
  /// - Parameters:
  ///   - list: The connections.
  ///   - range: Which of them.
  ///   - digests: The upper halves of the digests that count.
  ///   - others: What is left out.
  ///   - numbers: Where to write the numbers; there is room for all.
  ///   - elements: Where to write the elements; there is room for all.
  /// - Returns: How many there are.
  @_specialize(where Word == UInt64)
  @_specialize(where Word == UInt128)
  package mutating func insert(
    _ list: ConnectionList<Word>, _ range: Range<Int>, digests: Range<Int>,
    except others: ConfigurationIndex, numbers: UnsafeMutablePointer<Int32>,
    elements: UnsafeMutablePointer<Double>
  ) -> Int {
    var count = 0
    for index in range {
      let configuration = list.configurations[index]
      guard digests.contains(Int(configuration.digest >> 32)),
        others.number(of: configuration) == nil
      else { continue }
      numbers[count] = Int32(truncatingIfNeeded: insert(configuration))
      elements[count] = list.elements[index]
      count += 1
    }
    return count
  }
}
