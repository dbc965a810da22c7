public import HDF5Files
internal import Hamiltonians
internal import Integrals
public import Training

extension TrainedState {
  /// Reads the state that a result file holds, final or a checkpoint.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - threads: The number of threads; nil for all cores.
  /// - Throws: `HDF5Error` where it cannot be read, is damaged or is not a result.
  public convenience init(readingFrom path: String, threads: Int? = nil) throws(HDF5Error) {
    let record = try ResultFile.read(path)
    do throws(TrainingError) {
      try self.init(record, threads: threads)
    } catch {
      throw HDF5Error("read its state", path: path, reason: error.message)
    }
  }

  /// Rebuilds the state of a record.
  ///
  /// - Parameters:
  ///   - record: The record.
  ///   - threads: The number of threads; nil for all cores.
  /// - Throws: ``TrainingError`` where its parts do not belong together.
  public convenience init(_ record: RunRecord, threads: Int? = nil) throws(TrainingError) {
    var snapshot = record.snapshot
    if snapshot.scalars["irrep"] == nil, let irrep = record.irrepOfLeadingConfiguration {
      snapshot.scalars["irrep"] = Double(irrep)
    }
    try self.init(
      problem: record.problem, settings: record.settings, snapshot: snapshot, threads: threads)
  }
}

extension RunRecord {
  /// The irrep of the leading configuration, for files that do not say which was imposed.
  fileprivate var irrepOfLeadingConfiguration: UInt8? {
    guard case .molecule(let integrals, .automatic) = problem,
      let irreps = integrals.orbitalIrreps, let leading = final?.leading.first
    else { return nil }
    var product: UInt8 = 0
    for (orbital, irrep) in irreps.enumerated() {
      let (word, bit) = orbital.quotientAndRemainder(dividingBy: 64)
      let unpaired = (leading.alpha[word] ^ leading.beta[word]) >> UInt64(bit) & 1
      if unpaired != 0 { product ^= irrep }
    }
    return product
  }
}
