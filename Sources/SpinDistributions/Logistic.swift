internal import Foundation

/// Returns `exp x`.
func exponential(_ x: Double) -> Double { exp(x) }

/// Returns `ln (1/(1 + exp(−x)))`.
func logistic(_ x: Double) -> Double { min(x, 0) - log1p(exp(-abs(x))) }
