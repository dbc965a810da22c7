internal import Hamiltonians
internal import Training

extension LatticeModel {
  /// A name for files and messages, such as `heisenberg-square-4x4-j2-0.5`.
  var name: String {
    var suffix = bonds == nil ? "" : "-couplings"
    func add(_ label: String, _ value: Double, unless usual: Double?) {
      if value != usual { suffix += "-\(label)-" + shortText(value) }
    }
    if bonds == nil {
      for (shell, coupling) in shellCouplings.enumerated() {
        add(shell == 0 ? "j" : "j\(shell + 1)", coupling, unless: shell == 0 ? 1 : 0)
      }
    }
    switch interaction {
    case .heisenberg(_, _, _, let anisotropy):
      if anisotropy != 0 { add("delta", anisotropy, unless: 1) }
    case .ising(_, let field, let longitudinalField):
      add("h", field, unless: nil)
      add("hz", longitudinalField, unless: 0)
    }
    if let twiceMagnetization { suffix += "-2sz-\(twiceMagnetization)" }
    return "\(kind)-\(geometry.name)\(suffix)"
  }

  /// The model's name on the command line.
  var kind: String {
    switch interaction {
    case .heisenberg(_, _, _, let anisotropy):
      switch anisotropy {
      case 0: "xy"
      case 1 where conservesSpin: "heisenberg"
      default: "xxz"
      }
    case .ising: "ising"
    }
  }
}

extension LatticeGeometry {
  /// A name for files and messages, such as `square-4x4-open`.
  var name: String {
    let isUsual: Bool =
      switch unitCell.form {
      case .graph: true
      case .ladder: boundary.closesRows
      case .lattice: boundary == .periodic
      }
    return "\(unitCell.name)-\(size)" + (isUsual ? "" : "-\(boundary.rawValue)")
  }
}

/// Returns a number without decimals where it is whole.
func shortText(_ value: Double) -> String { Int(exactly: value).map { "\($0)" } ?? "\(value)" }
