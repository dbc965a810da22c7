// The library in one import: what a script needs to read a problem, solve it, store the state, load it
// and look at it. `docs/architecture.md` says what is where.

@_exported public import Configurations
@_exported public import Estimators
@_exported public import ExactSolvers
@_exported public import FreeEnergy
@_exported public import Hamiltonians
@_exported public import Integrals
@_exported public import NeuralNetworks
@_exported public import Optimization
@_exported public import Parallelism
@_exported public import Plots
@_exported public import Problems
@_exported public import Results
@_exported public import Sampling
@_exported public import ScalingLaws
@_exported public import SpinDistributions
@_exported public import SpinMonteCarlo
@_exported public import Training
@_exported public import WaveFunctions
