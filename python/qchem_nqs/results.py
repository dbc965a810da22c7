"""Reading result files."""

import json
import os
import warnings
from dataclasses import dataclass, field
from typing import Any, Optional

import h5py
import numpy as np

from . import figures
from .errors import NotConvergedWarning, ResultFileError, ResultWarning

_TYPES = {
    "qchem-nqs result": 4,
    "qchem-nqs exact result": 1,
    "qchem-nqs spin result": 1,
    "qchem-nqs classical result": 1,
}


@dataclass
class DensityMatrices:
    """One- and two-particle density matrices in PySCF's convention.

    Attributes:
        alpha, beta: ⟨a†_p a_q⟩ of each spin, ``[n, n]``.
        alpha_alpha, alpha_beta, beta_beta: ⟨a†_p b†_r b_s a_q⟩ at ``[p, q, r, s]``.
        electrons: of α and of β.
    """

    alpha: np.ndarray
    beta: np.ndarray
    alpha_alpha: np.ndarray
    alpha_beta: np.ndarray
    beta_beta: np.ndarray
    electrons: tuple

    @property
    def one_particle(self):
        """The sum over spins, as ``make_rdm1``."""
        return self.alpha + self.beta

    @property
    def two_particle(self):
        """The sum over spins, as ``make_rdm12``; of trace N (N − 1)."""
        return self.alpha_alpha + self.beta_beta + self.alpha_beta + self.alpha_beta.transpose(2, 3, 0, 1)

    @property
    def spin_squared(self):
        """⟨S²⟩, where α and β have the same orbitals."""
        n = sum(self.electrons)
        projection = (self.electrons[0] - self.electrons[1]) / 2
        # S² = S_z² + N/2 − Σ_pq a†_pα a_qα a†_qβ a_pβ, exchanges of unlike spins.
        return projection**2 + n / 2 - np.einsum("pqqp->", self.alpha_beta)

    def energy(self, one_body, two_body, core_energy=0.0):
        """E_core + Σ h_pq γ_pq + ½ Σ (pq|rs) Γ_pqrs, of arrays ``[n, n]`` and ``[n, n, n, n]``, in hartree."""
        return (
            core_energy
            + np.einsum("pq,pq->", one_body, self.one_particle)
            + np.einsum("pqrs,pqrs->", two_body, self.two_particle) / 2
        )


@dataclass
class SelectedCI:
    """The selected CI that began with the trained state.

    Attributes:
        energy: of the last space, an upper bound, in hartree.
        dimension: its determinants.
        pt2_energy, pt2_error: the second-order energy and its standard error.
        extrapolated_energy, extrapolated_error: the limit and its error, or None.
        spin_squared: ⟨S²⟩, or None.
        stages: arrays ``dimensions``, ``energies``, ``pt2_energies``, ``pt2_errors``, one entry for each space.
        density: its density matrices, or None.
        observables: arrays by name, as in the file.
    """

    energy: float
    dimension: int
    pt2_energy: float
    pt2_error: float
    extrapolated_energy: Optional[float]
    extrapolated_error: Optional[float]
    spin_squared: Optional[float]
    stages: dict
    density: Optional[DensityMatrices] = None
    observables: dict = field(default_factory=dict)


@dataclass
class Result:
    """What a result file says.

    Attributes:
        path: of the file; None where it is gone.
        type: of the file, ``qchem-nqs result`` for trained states.
        unit: ``hartree`` or ``J``.
        energy, error: ⟨H⟩ and its standard error, 0 where the sector is summed; None before the evaluation.
        variance: of H.
        converged: whether the run has converged and the remaining error is small; for exact vectors True.
        remaining_error: the estimate of how far the energy lies above the lowest; None where there is none.
        exact_sum: whether the energy is a sum over the whole sector.
        spin_squared, spin_squared_error: ⟨S²⟩, where it is known.
        warnings: what to know before using the energy, a sentence each.
        trace: an array for each column of ``/trace``, one entry a step.
        settings: those of the run, as in the file.
        density: the state's density matrices, or None where it was sampled.
        observables: arrays by name: ``natural_occupations``, ``natural_orbitals``, ``mutual_information``, …
        selected_ci: a ``SelectedCI`` or None.
        alpha, beta: the leading determinants, whole numbers whose bit p is orbital p.
        amplitudes: ψ of each, complex.
        orbitals: the number of orbitals, or None.
        reference_energy: of the best single determinant, or None.
        final: all attributes of ``/final``.
        summary: what ``solve`` printed as JSON; None for a file that was read.
    """

    path: Optional[str]
    type: str
    unit: str
    energy: Optional[float]
    error: Optional[float]
    variance: Optional[float]
    converged: bool
    remaining_error: Optional[float]
    exact_sum: bool
    spin_squared: Optional[float]
    spin_squared_error: Optional[float]
    warnings: list
    trace: dict
    settings: Any
    density: Optional[DensityMatrices]
    observables: dict
    selected_ci: Optional[SelectedCI]
    alpha: list
    beta: list
    amplitudes: np.ndarray
    orbitals: Optional[int]
    reference_energy: Optional[float]
    final: dict
    summary: Optional[dict] = None

    @property
    def natural_occupations(self):
        """Occupations of natural orbitals, falling; None where the file has none."""
        return self.observables.get("natural_occupations")

    def leading_determinants(self, count=10):
        """The heaviest determinants as text, the lowest orbital first: 2 both, a α, b β, 0 none.

        Returns:
            Pairs of text and amplitude.
        """
        width = self.orbitals or max((max(a, b).bit_length() for a, b in zip(self.alpha, self.beta)), default=0)
        rows = []
        for a, b, amplitude in list(zip(self.alpha, self.beta, self.amplitudes))[:count]:
            rows.append(("".join("0ab2"[(a >> p & 1) + 2 * (b >> p & 1)] for p in range(width)), complex(amplitude)))
        return rows

    def plot_energy(self, reference=None, axes=None):
        """Draws the energy against the step; its distance from a reference on a logarithmic axis where one is given.

        Returns:
            The axes of matplotlib.
        """
        return figures.plot_energy(self, reference, axes)

    def plot_variance(self, axes=None):
        """Draws the variance against the step; returns the axes of matplotlib."""
        return figures.plot_variance(self, axes)

    def plot_occupations(self, axes=None):
        """Draws the natural occupations; returns the axes of matplotlib."""
        return figures.plot_occupations(self, axes)

    def plot_mutual_information(self, axes=None):
        """Draws the mutual information of pairs of orbitals as a matrix; returns the axes of matplotlib."""
        return figures.plot_mutual_information(self, axes)

    def __repr__(self):
        if self.energy is None:
            return f"<Result of {self.path}: not evaluated yet>"
        state = "" if self.converged else ", NOT CONVERGED"
        doubt = f"+/- {self.error:.1e} {self.unit}" if self.error else f"{self.unit}, no statistical error"
        if self.remaining_error is not None:
            doubt += f", about {self.remaining_error:.1e} above the lowest"
        return f"<Result: {self.energy:.10f} {doubt}{state}>"


def read_result(path, stacklevel=2):
    """Reads a result file of ``solve`` or of ``exact --output``.

    Args:
        path: of the file.
        stacklevel: of the warnings.

    Returns:
        A ``Result``, whose arrays are in memory.

    Raises:
        ResultFileError: where the file is no result or is damaged.
        OSError: where it cannot be opened.

    Warns:
        NotConvergedWarning: where the result is not converged.
        ResultWarning: of every other warning in the file.
    """
    path = os.fspath(path)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: no such file.")
    try:
        with h5py.File(path, "r") as file:
            result = _read(file, path)
    except ResultFileError:
        raise
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise ResultFileError(f"{path}: no whole result of qchem-nqs: {error}") from None
    messages = list(result.warnings)
    if result.energy is None:
        messages.insert(0, "NOT CONVERGED: the run has not been evaluated yet; go on with resume")
    elif not result.converged and not any("NOT CONVERGED" in message for message in messages):
        messages.insert(0, "NOT CONVERGED: the energy may lie far above the ground state's")
    for message in messages:
        category = NotConvergedWarning if "NOT CONVERGED" in message else ResultWarning
        warnings.warn(f"{os.path.basename(path)}: {message}", category, stacklevel=stacklevel)
    return result


def _read(file, path):
    kind = _text(file.attrs.get("type", ""))
    if kind not in _TYPES:
        raise ResultFileError(f"{path}: no result of qchem-nqs; its attribute 'type' is '{kind}'.")
    version = int(file.attrs.get("version", 1))
    if version > _TYPES[kind]:
        raise ResultFileError(f"{path}: layout version {version}; this package knows up to {_TYPES[kind]}. Update it.")
    final = {name: _plain(value) for name, value in file["final"].attrs.items()} if "final" in file else {}
    problem = file["problem"]
    group = problem.get("integrals")
    orbitals = int(group.attrs["orbital_count"]) if group is not None else None
    settings = None
    if "configuration" in file:
        settings = json.loads(_text(file["configuration/settings"][()]))
    alpha, beta, amplitudes = _determinants(file)
    density = _density(file)
    if density is not None and orbitals is None:
        orbitals = len(density.alpha)
    error = final.get("error", final.get("energy_error"))
    if kind == "qchem-nqs result":
        converged = bool(final.get("converged", False))
    elif kind == "qchem-nqs exact result":
        converged, error = True, 0.0
    else:
        converged = bool(final.get("reliable", bool(final)))
    return Result(
        path=path,
        type=kind,
        unit=str(final.get("unit", "hartree" if problem.attrs.get("kind", "molecule") == "molecule" else "J")),
        energy=final.get("energy"),
        error=error,
        variance=final.get("variance"),
        converged=converged,
        remaining_error=final.get("remaining_error"),
        exact_sum=bool(final.get("exact_sum", kind == "qchem-nqs exact result")),
        spin_squared=final.get("spin_squared", _attribute(file, "observables", "spin_squared")),
        spin_squared_error=final.get("spin_squared_error"),
        warnings=[str(text) for text in np.atleast_1d(final.get("warnings", []))],
        trace={name: file["trace"][name][()] for name in file["trace"]} if "trace" in file else {},
        settings=settings,
        density=density,
        observables=_arrays(file, "observables"),
        selected_ci=_selected(file),
        alpha=alpha,
        beta=beta,
        amplitudes=amplitudes,
        orbitals=orbitals,
        reference_energy=_attribute(file, "problem", "reference_energy"),
        final=final,
    )


def _determinants(file):
    if "samples/alpha" not in file:
        return [], [], np.zeros(0, complex)

    def words(name):
        return [int(low) | int(high) << 64 for low, high in file[name][()]]

    amplitudes = np.exp(file["samples/log_modulus"][()] + 1j * file["samples/phase"][()])
    return words("samples/alpha"), words("samples/beta"), amplitudes


def _density(group):
    if "rdm" not in group:
        return None
    rdm = group["rdm"]
    return DensityMatrices(
        rdm["one_particle_alpha"][()],
        rdm["one_particle_beta"][()],
        rdm["two_particle_alpha_alpha"][()],
        rdm["two_particle_alpha_beta"][()],
        rdm["two_particle_beta_beta"][()],
        (int(rdm.attrs["alpha_count"]), int(rdm.attrs["beta_count"])),
    )


def _selected(file):
    if "selected_ci" not in file:
        return None
    group = file["selected_ci"]
    values = {name: _plain(value) for name, value in group.attrs.items()}
    return SelectedCI(
        energy=values["selected_ci_energy"],
        dimension=values["selected_ci_dimension"],
        pt2_energy=values["pt2_energy"],
        pt2_error=values["pt2_error"],
        extrapolated_energy=values.get("extrapolated_energy"),
        extrapolated_error=values.get("extrapolated_error"),
        spin_squared=values.get("spin_squared"),
        stages={name: group[f"stage_{name}"][()] for name in ("dimensions", "energies", "pt2_energies", "pt2_errors")},
        density=_density(group),
        observables=_arrays(group, "observables"),
    )


def _arrays(parent, name):
    if name not in parent:
        return {}
    group = parent[name]
    return {key: group[key][()] for key in group if isinstance(group[key], h5py.Dataset)}


def _attribute(file, group, name):
    return _plain(file[group].attrs[name]) if group in file and name in file[group].attrs else None


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _plain(value):
    """A Python number or text of an attribute; arrays as they are."""
    if isinstance(value, bytes):
        return value.decode()
    return value.item() if isinstance(value, np.generic) else value
