"""Figures of results, by matplotlib where it is there."""

import numpy as np


def _axes(axes):
    if axes is not None:
        return axes
    try:
        from matplotlib import pyplot
    except ImportError:
        raise ImportError("figures need matplotlib: pip install matplotlib; 'qchem-nqs plot' draws without.") from None
    return pyplot.subplots(constrained_layout=True)[1]


def _column(result, name):
    if name not in result.trace or len(result.trace[name]) == 0:
        raise ValueError(f"the result has no steps with '{name}'.")
    return result.trace["step"], result.trace[name]


def plot_energy(result, reference, axes):
    """See ``Result.plot_energy``."""
    steps, energies = _column(result, "energy")
    errors = result.trace["error"]
    axes = _axes(axes)
    if reference is None:
        axes.errorbar(steps, energies, errors, fmt=".-", markersize=3)
        axes.set_ylabel(f"energy / {result.unit}")
    else:
        axes.errorbar(steps, np.abs(energies - reference), errors, fmt=".-", markersize=3)
        axes.set_yscale("log")
        axes.set_ylabel(f"|E − ({reference:.6f})| / {result.unit}")
    axes.set_xlabel("step")
    return axes


def plot_variance(result, axes):
    """See ``Result.plot_variance``."""
    steps, variances = _column(result, "variance")
    axes = _axes(axes)
    axes.semilogy(steps, variances, ".-", markersize=3)
    axes.set_xlabel("step")
    axes.set_ylabel(f"variance / {result.unit}²")
    return axes


def plot_occupations(result, axes):
    """See ``Result.plot_occupations``."""
    occupations = _observable(result, "natural_occupations")
    axes = _axes(axes)
    axes.bar(np.arange(1, len(occupations) + 1), occupations)
    axes.set_xlabel("natural orbital")
    axes.set_ylabel("occupation")
    return axes


def plot_mutual_information(result, axes):
    """See ``Result.plot_mutual_information``."""
    matrix = _observable(result, "mutual_information")
    axes = _axes(axes)
    end = len(matrix) + 0.5
    image = axes.imshow(matrix, cmap="viridis", origin="lower", extent=(0.5, end, 0.5, end))
    axes.figure.colorbar(image, ax=axes, label="mutual information")
    axes.set_xlabel("orbital")
    axes.set_ylabel("orbital")
    return axes


def _observable(result, name):
    for values in (result.observables, result.selected_ci.observables if result.selected_ci else {}):
        if name in values:
            return values[name]
    raise ValueError(f"the result has no '{name}': the state was sampled, or α and β have different orbitals.")
