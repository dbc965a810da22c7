internal import Foundation

/// Returns `base ^ exponent`.
func power(_ base: Double, _ exponent: Double) -> Double { pow(base, exponent) }

/// Returns `base ^ exponent`.
func power(_ base: Double, _ exponent: Int) -> Double { pow(base, Double(exponent)) }
