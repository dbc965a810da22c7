internal import Hamiltonians

/// A classical Ising model at one temperature, as the commands use it.
struct ClassicalProblem {
  /// The model.
  let model: ClassicalIsing
  /// The inverse temperature β.
  let beta: Double
  /// A name for files and messages, such as `classical-ising-128x128-beta-0.44`.
  let name: String

  /// The longest lattice.
  static let longestLattice = 1 << 16
  /// The longest lattice whose couplings are read from a file, which has two lines for each site.
  static let longestLatticeOfFile = 1 << 10

  /// Takes a problem as it is.
  init(_ model: ClassicalIsing, beta: Double, name: String) {
    self.model = model
    self.beta = beta
    self.name = name
  }

  /// Creates a problem.
  ///
  /// - Parameters:
  ///   - model: The model.
  ///   - beta: The inverse temperature.
  ///   - couplings: The file that the couplings came from; nil where there was none.
  init(_ model: ClassicalIsing, beta: Double, couplings: String? = nil) {
    func text(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
    self.model = model
    self.beta = beta
    var name = "classical-ising-\(model.length)x\(model.length)"
    if let coupling = model.uniformCoupling, coupling != 1 { name += "-j-\(text(coupling))" }
    if let file = couplings?.split(separator: "/").last {
      name += "-\(file.prefix { $0 != "." })"
    }
    self.name = name + "-beta-\(text(beta))"
  }
}
