internal import Hamiltonians
internal import Training

extension LatticeModel {
  /// A name for files and messages, such as `heisenberg-square-4x4-j2-0.5`.
  var name: String {
    var suffix = geometry.boundary == .open ? "-open" : ""
    func add(_ label: String, _ value: Double, unless usual: Double?) {
      if value != usual {
        suffix += "-\(label)-" + (Int(exactly: value).map { "\($0)" } ?? "\(value)")
      }
    }
    let model: String
    switch interaction {
    case .heisenberg(let j1, let j2, let anisotropy):
      model = anisotropy == 1 ? "heisenberg" : "xxz"
      add("j", j1, unless: 1)
      add("j2", j2, unless: 0)
      add("delta", anisotropy, unless: 1)
    case .ising(let coupling, let field):
      model = "ising"
      add("j", coupling, unless: 1)
      add("h", field, unless: nil)
    }
    if let twiceMagnetization { suffix += "-2sz-\(twiceMagnetization)" }
    return "\(model)-\(geometry.unitCell.name)-\(geometry.size)\(suffix)"
  }
}
