#if canImport(Glibc)
public import Glibc
#elseif canImport(Musl)
public import Musl
#else
public import Darwin
#endif

/// Returns the natural logarithm; a name that does not clash with logging functions.
@inlinable
public func logarithm(_ value: Double) -> Double { log(value) }
