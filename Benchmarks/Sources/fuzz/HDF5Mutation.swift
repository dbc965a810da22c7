import Configurations
import HDF5Files

/// Mutations of what a whole HDF5 file holds: datasets and attributes that are missing, of other
/// types, shapes and values, or under each other's names.
enum HDF5Mutation {
  /// Names that the readers look for.
  private static let names = [
    "h1e", "hcore", "eri", "h2e", "LXmn", "chol", "ecore", "nuc", "nelec", "nalpha", "nbeta", "ms2",
    "spin", "multiplicity", "orbsym", "isym", "H1/cd", "H2/ccdd", "one_body_integrals",
    "two_body_integrals", "n_electrons", "nuclear_repulsion", "mo", "electron", "nucleus",
    "mo/mo_spin", "mo/mo_class", "mo/mo_symmetry", "mo_1e_int/mo_1e_int_core_hamiltonian",
    "mo_1e_int/mo_1e_int_kinetic", "mo_2e_int/mo_2e_int_eri_values",
    "mo_2e_int/mo_2e_int_eri_indices", "mo_2e_int/mo_2e_int_eri_cholesky_values",
    "mo_2e_int/mo_2e_int_eri_cholesky_indices", "TWO_EL_INT_VALUES", "TWO_EL_INT_INDEX",
    "FOCK_VALUES", "FOCK_INDEX", "one_body_alpha", "two_body_alpha_alpha", "one_body_beta",
    "two_body_beta_beta", "two_body_alpha_beta", "orbital_irreps", "scf", "mol",
  ]
  private static let attributes: [(group: String, name: String)] = [
    ("/", "type"), ("/", "version"), ("/", "orbital_count"), ("/", "alpha_count"),
    ("/", "beta_count"), ("/", "core_energy"), ("/", "point_group"), ("/", "target_irrep"),
    ("/", "NORB"), ("/", "NELEC"), ("/", "MULTIPLICITY"), ("/", "CORE_ENERGY"), ("/", "ORBSYM"),
    ("/", "nelec"), ("/", "ms2"), ("mo", "mo_num"), ("electron", "electron_up_num"),
    ("electron", "electron_dn_num"), ("nucleus", "nucleus_repulsion"),
    ("nucleus", "nucleus_point_group"), ("mo_2e_int", "mo_2e_int_eri_cholesky_num"),
  ]
  private static let integers = [
    0, 1, 2, 3, 5, 6, 7, 8, 64, 128, 129, 1000, -1, -2, 1 << 31, -1 << 31, 1 << 40, .max, .min,
    Int.max / 2,
  ]
  private static let reals: [Double] = [
    0, -0.0, 1, 0.5, -1, 2, 1e-9, 1e9, 1e19, -1e19, 1e300, .nan, .infinity, -.infinity,
    0x1p-1074, 0x1p53,
  ]

  /// Applies mutations to a file; those that HDF5 refuses are left out.
  static func apply(to path: String, count: Int, using random: inout RandomSource) {
    guard let file = try? HDF5File(updating: path) else { return }
    for _ in 0..<count { try? apply(to: file.root, using: &random) }
  }

  private static func apply(
    to root: HDF5Group, using random: inout RandomSource
  ) throws(HDF5Error) {
    let present = try objects(in: root)
    let isKnown = random.number(below: 4) == 0 || present.isEmpty
    let name = random.element(of: isKnown ? names : present)
    switch random.number(below: 10) {
    case 0, 1: try root.remove(name)
    case 2, 3, 4: try replace(name, in: root, using: &random)
    case 5, 6: try perturb(name, in: root, using: &random)
    case 7:
      let (values, shape) = try root.read(Double.self, name)
      try root.write(values, shape: shape, to: random.element(of: names))
    default:
      let (group, name) = random.element(of: attributes)
      try root.group(group).setAttribute(name, value(using: &random))
    }
  }

  /// The paths of all objects in the root and in the groups below it.
  private static func objects(in root: HDF5Group) throws(HDF5Error) -> [String] {
    var result: [String] = []
    for name in try root.names() {
      result.append(name)
      guard root.isGroup(name) else { continue }
      for inner in try root.group(name).names() { result.append("\(name)/\(inner)") }
    }
    return result
  }

  private static func value(using random: inout RandomSource) -> HDF5Value {
    switch random.number(below: 8) {
    case 0: .bool(random.number(below: 2) == 1)
    case 1, 2: .int(random.element(of: integers))
    case 3: .ints((0..<random.number(below: 8)).map { _ in random.element(of: integers) })
    case 4: .double(random.element(of: reals))
    case 5: .doubles((0..<random.number(below: 4)).map { _ in random.element(of: reals) })
    case 6: .string(random.element(of: ["", "qchem-nqs integrals", "D2h", "é\n\u{1}", "x"]))
    default: .strings((0..<random.number(below: 4)).map { "\($0)" })
    }
  }

  private static func shape(using random: inout RandomSource) -> [Int] {
    let sizes = [0, 1, 1, 2, 2, 3, 4, 6, 7, 7, 8, 21, 28]
    let rank = random.number(below: 5)
    return (0..<rank).map { _ in random.element(of: rank == 4 ? Array(sizes[..<9]) : sizes) }
  }

  /// Writes a dataset of another type and shape.
  private static func replace(
    _ name: String, in root: HDF5Group, using random: inout RandomSource
  ) throws(HDF5Error) {
    let shape = shape(using: &random)
    let count = shape.reduce(1, *)
    if root.exists(name) { try root.remove(name) }
    switch random.number(below: 6) {
    case 0:
      let values = (0..<count).map { _ in random.element(of: integers) }
      try root.write(values, shape: shape, to: name)
    case 1:
      let values = (0..<count).map { _ in random.number(below: 3) == 0 }
      try root.write(values, shape: shape, to: name)
    case 2: try root.write((0..<count).map { "\($0)" }, to: name)
    case 3: try root.createExtendable(Double.self, name, rowShape: shape)
    case 4:
      // As many values as a shape that some reader expects has, all alike.
      let size = random.element(of: [1, 2, 4, 6, 7, 8])
      let rank = random.element(of: [1, 2, 3, 4])
      let full = Array(repeating: size, count: rank)
      let values = Array(repeating: random.element(of: reals), count: full.reduce(1, *))
      try root.write(values, shape: full, to: name)
    default:
      let values = (0..<count).map { _ in random.element(of: reals) }
      try root.write(values, shape: shape, to: name)
    }
  }

  /// Changes one number of a dataset.
  private static func perturb(
    _ name: String, in root: HDF5Group, using random: inout RandomSource
  ) throws(HDF5Error) {
    if try root.elementClass(name) == .integer {
      var (values, shape) = try root.read(Int.self, name)
      guard !values.isEmpty else { return }
      values[random.number(below: values.count)] = random.element(of: integers)
      try root.write(values, shape: shape, to: name)
    } else {
      var (values, shape) = try root.read(Double.self, name)
      guard !values.isEmpty else { return }
      values[random.number(below: values.count)] = random.element(of: reals)
      try root.write(values, shape: shape, to: name)
    }
  }
}
