internal import ArgumentParser

/// An option whose value is nil where it was not given.
private protocol OptionalOption {
  var isGiven: Bool { get }
}

private protocol OptionalValue {
  var isNil: Bool { get }
}

extension Optional: OptionalValue {
  var isNil: Bool { if case .none = self { true } else { false } }
}

extension Option: OptionalOption where Value: OptionalValue {
  var isGiven: Bool { !wrappedValue.isNil }
}

extension Flag: OptionalOption where Value: OptionalValue {
  var isGiven: Bool { !wrappedValue.isNil }
}

/// Returns the names of the options of parsed arguments that were given.
func givenOptions(of arguments: any ParsableArguments) -> [String] {
  declaredOptions(of: arguments).filter { ($0.option as? any OptionalOption)?.isGiven == true }
    .map(\.name)
}
