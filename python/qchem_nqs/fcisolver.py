"""`NQSCI`: a neural quantum state as the solver of PySCF's CASCI and CASSCF."""

import copy
import os
import sys
import tempfile
import warnings
from dataclasses import dataclass
from math import comb
from typing import Optional

import numpy as np

from .errors import NotConvergedWarning, ProgramError, ResultWarning
from .integrals import ActiveSpace, pair_matrix, write_fcidump
from .program import find_program, option_words, run
from .results import DensityMatrices, Result, read_result

# Integrals that labels of irreps forbid are rounding below this, in hartree; above it the labels are wrong.
_FORBIDDEN = 1e-6
# The most determinants of a selected CI unless the options say.
_SELECTED_LIMIT = 200_000
# Second-order energies above this are worth a warning, in hartree.
_MISSING = 1e-5


@dataclass
class NQSState:
    """What stands in for a CI vector.

    Attributes:
        energy: total, in hartree, of the vector that the density matrices belong to.
        density: its density matrices.
        origin: ``network`` or ``selected CI``.
        converged: whether the energy can be relied on to the solver's tolerance.
        remaining_error: the estimate of how far the energy lies above the lowest, in hartree, or None.
        result: all that the program found.
    """

    energy: float
    density: DensityMatrices
    origin: str
    converged: bool
    remaining_error: Optional[float]
    result: Result


class NQSCI:
    """A solver for ``pyscf.mcscf.CASCI`` and ``CASSCF`` that runs ``qchem-nqs solve``.

        mc = pyscf.mcscf.CASSCF(mf, 6, 6)
        mc.fcisolver = qchem_nqs.NQSCI()
        mc.kernel()

    Every call trains a network from a start of its own; the same integrals and options give the same state.

    Args:
        mol: the molecule; needed only where ``wfnsym`` is a name.
        vector: the state whose energy and density matrices are used. ``"network"``: the trained network, summed over the
            whole sector and trained until the energy stands still to ``conv_tol``; where the sector is too large for
            that, the selected CI. ``"selected"``: the selected CI that begins with the network's determinants, over the
            whole active space up to 200,000 determinants unless ``selected_ci`` says otherwise.
        conv_tol: the change of the energy, in hartree, at which training stops, for ``"network"``.
        total_spin: S, which the program then holds; by default the lowest state of the electrons' 2Sz comes out.
        program: the path of the program; see ``find_program``.
        scratch: a folder where the integral and result file of every call stay; by default they are thrown away.
        **options: the program's, with ``_`` for ``-``: ``seed=2, samples=8000``.

    Attributes:
        nroots: 1; more is refused.
        wfnsym, orbsym: irreps of the state and of the orbitals in PySCF's numbers, set by PySCF where the molecule
            has symmetry. Labels that the integrals do not obey are not used.
        spin: PySCF's 2Sz for electrons given as one number.
        converged: of the last call.
        state: the ``NQSState`` of the last call.
        calls: the number of calls so far.
    """

    def __init__(
        self, mol=None, vector="network", conv_tol=1e-8, total_spin=None, program=None, scratch=None, **options
    ):
        if vector not in ("network", "selected"):
            raise ValueError(f"vector={vector!r}: it is 'network' or 'selected'.")
        for name, use in (("spin", "total_spin"), ("irrep", "wfnsym of the solver"), ("energy_tolerance", "conv_tol")):
            if name in options:
                raise TypeError(f"{name}: use {use}.")
        if vector == "selected" and options.get("selected_ci", 1) in (0, False):
            raise ValueError("vector='selected' needs a selected CI; leave selected_ci out.")
        option_words(options)
        self.mol = mol
        self.vector = vector
        self.conv_tol = conv_tol
        self.total_spin = total_spin
        self.program = program
        self.scratch = scratch
        self.options = options
        self.nroots = 1
        self.wfnsym = None
        self.orbsym = None
        self.spin = None
        self.converged = False
        self.state = None
        self.calls = 0
        self.verbose = 0
        self.stdout = sys.stdout

    # MARK: What PySCF calls

    def kernel(self, h1e, eri, norb, nelec, ci0=None, ecore=0, **kwargs):
        """Finds the ground state of the active space.

        Args:
            h1e, eri: integrals in PySCF's conventions.
            norb, nelec: orbitals and electrons, as a number or (α, β).
            ci0: not used: networks of other integrals are no start.
            ecore: added to the energy.
            **kwargs: ``nroots``, ``wfnsym`` and ``orbsym`` as PySCF passes them; the others are PySCF's own solver's.

        Returns:
            The total energy in hartree, and an ``NQSState``.

        Raises:
            NotImplementedError: for more than one root, and for ``fix_spin_``.
            ProgramError: where the program fails, or no density matrices can be had.

        Warns:
            NotConvergedWarning: where the state is not converged.
        """
        return self._solve(h1e, eri, norb, nelec, ecore, kwargs, self.conv_tol, True)

    def approx_kernel(self, h1e, eri, norb, nelec, ci0=None, ecore=0, **kwargs):
        """The state within a CASSCF step, only as well as PySCF's ``tol`` there asks for; no warnings."""
        # Density matrices err by the square root of the energy's error.
        tolerance = min(1e-5, max(self.conv_tol, 0.1 * (kwargs.get("tol") or 0)))
        return self._solve(h1e, eri, norb, nelec, ecore, kwargs, tolerance, False)

    def make_rdm1(self, ci, norb, nelec, **kwargs):
        """⟨a†_p a_q⟩, summed over spins."""
        return _density(ci).one_particle

    def make_rdm1s(self, ci, norb, nelec, **kwargs):
        """⟨a†_p a_q⟩ of α and β."""
        return _density(ci).alpha, _density(ci).beta

    def make_rdm12(self, ci, norb, nelec, **kwargs):
        """One- and two-particle density matrices, summed over spins."""
        return _density(ci).one_particle, _density(ci).two_particle

    def make_rdm12s(self, ci, norb, nelec, **kwargs):
        """Density matrices of spins: (α, β), (αα, αβ, ββ)."""
        density = _density(ci)
        return (density.alpha, density.beta), (density.alpha_alpha, density.alpha_beta, density.beta_beta)

    def make_rdm2(self, ci, norb, nelec, **kwargs):
        """The two-particle density matrix, summed over spins."""
        return _density(ci).two_particle

    def spin_square(self, ci, norb, nelec, **kwargs):
        """⟨S²⟩ and the multiplicity 2S + 1 that belongs to it."""
        value = float(_density(ci).spin_squared)
        return value, 2 * (max(value, 0) + 0.25) ** 0.5

    def dump_flags(self, verbose=None):
        """Says in PySCF's log what solves."""
        from pyscf.lib import logger

        log = logger.new_logger(self, verbose)
        log.info("******** %s ********", "qchem_nqs.NQSCI")
        log.info("program = %s", find_program(self.program))
        log.info("vector = %s, conv_tol = %g, options = %s", self.vector, self.conv_tol, self.options)
        return self

    def copy(self):
        """A solver with the same settings."""
        return copy.copy(self)

    # MARK: One call

    def _solve(self, h1e, eri, norb, nelec, ecore, kwargs, tolerance, warns):
        roots = kwargs.get("nroots") or self.nroots
        if roots > 1:
            raise NotImplementedError(
                f"NQSCI finds one state, and nroots is {roots}. For averages over states of different spin or irrep use "
                "pyscf.mcscf.state_average_mix_ with an NQSCI for each."
            )
        if hasattr(self, "ss_penalty"):
            raise NotImplementedError("fix_spin_ does not reach NQSCI: use NQSCI(total_spin=S).")
        program = find_program(self.program)
        wfnsym = kwargs.get("wfnsym")
        orbsym = kwargs.get("orbsym")
        space, irrep = self._space(
            h1e, eri, norb, nelec, ecore, self.orbsym if orbsym is None else orbsym,
            self.wfnsym if wfnsym is None else wfnsym,
        )
        options = self._options(space, tolerance)
        if irrep is not None:
            options["irrep"] = irrep
        self.calls += 1
        with tempfile.TemporaryDirectory(prefix="qchem-nqs-") as folder:
            name = "nqsci"
            if self.scratch is not None:
                folder = os.fspath(self.scratch)
                os.makedirs(folder, exist_ok=True)
                name = f"nqsci-{self.calls:04d}"
            problem = os.path.join(folder, f"{name}.fcidump")
            output = os.path.join(folder, f"{name}.nqs.h5")
            write_fcidump(problem, space)
            command = ["solve", problem, *option_words(options), "--output", output, "--overwrite"]
            summary = run(program, command)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ResultWarning)
                result = read_result(output)
        result.summary = summary
        if self.scratch is None:
            result.path = None
        state = self._state(result)
        self.state = state
        self.converged = state.converged
        if warns:
            _warn(state)
        return state.energy, state

    def _options(self, space, tolerance):
        options = dict(self.options)
        if self.total_spin is not None:
            options["spin"] = self.total_spin
        if self.vector == "network":
            options["energy_tolerance"] = tolerance
            options.setdefault("samples", 5000)
            options.setdefault("steps", 500)
        elif self.total_spin is not None:
            raise ValueError("vector='selected' knows no penalty of the total spin: leave total_spin out.")
        else:
            alpha, beta = space.electrons
            sector = comb(space.orbitals, alpha) * comb(space.orbitals, beta)
            options.setdefault("selected_ci", min(sector, _SELECTED_LIMIT))
        return options

    def _space(self, h1e, eri, norb, nelec, ecore, orbsym, wfnsym):
        """The active space as the program gets it, and the irrep's number or None."""
        if isinstance(nelec, (int, np.integer)):
            spin = self.spin if self.spin is not None else nelec % 2
            nelec = ((nelec + spin) // 2, (nelec - spin) // 2)
        nelec = tuple(int(n) for n in nelec)
        if isinstance(h1e, (tuple, list)) or np.ndim(h1e) == 3:
            return ActiveSpace(h1e, eri, norb, nelec, float(ecore)), None
        one = np.asarray(h1e)
        # CASSCF's intermediate integrals are symmetric to rounding only.
        if np.iscomplexobj(one) or abs(one - one.T).max() > _FORBIDDEN:
            raise ValueError("the one-electron integrals of the active space are not real and symmetric.")
        one = (one + one.T) / 2
        two = _symmetrised(eri, norb)
        labels = _labels(orbsym, norb)
        if labels is not None:
            rows, columns = np.tril_indices(norb)
            pairs = labels[rows] ^ labels[columns]
            allowed_one = labels[:, None] == labels[None, :]
            allowed_two = pairs[:, None] == pairs[None, :]
            forbidden = max(abs(one[~allowed_one]).max(initial=0), abs(two[~allowed_two]).max(initial=0))
            if forbidden > _FORBIDDEN:
                warnings.warn(
                    f"labels of irreps are not used: an integral that they forbid is {forbidden:.1e} hartree.",
                    ResultWarning, stacklevel=4,
                )
                labels = None
            else:
                one, two = one * allowed_one, two * allowed_two
        irrep = None
        if labels is not None and wfnsym is not None:
            irrep = self._label(wfnsym) + 1
        # PySCF's labels multiply by XOR, as Molpro's less one do.
        numbers = None if labels is None else [int(label) + 1 for label in labels]
        return ActiveSpace(one, two, norb, nelec, float(ecore), numbers, irrep), irrep

    def _label(self, wfnsym):
        if isinstance(wfnsym, str):
            if self.mol is None:
                raise ValueError(f"wfnsym='{wfnsym}': NQSCI(mol) knows names of irreps, otherwise give PySCF's number.")
            from pyscf import symm

            wfnsym = symm.irrep_name2id(self.mol.groupname, wfnsym)
        return int(wfnsym) % 10

    def _state(self, result):
        selected = result.selected_ci
        if self.vector == "network" and result.density is not None:
            return NQSState(
                result.energy, result.density, "network", result.converged, result.remaining_error, result
            )
        if selected is None or selected.density is None:
            raise ProgramError(
                "the sector is too large to be summed, and the result has no selected CI with density matrices: raise "
                "exact_limit and samples, or leave selected_ci and total_spin out; there are at most 40 orbitals.",
                0, [],
            )
        missing = max(0.0, -selected.pt2_energy)
        if selected.extrapolated_energy is not None:
            missing = max(missing, selected.energy - selected.extrapolated_energy)
        lowest = result.energy - 3 * (result.error or 0)
        # The network's energy is an upper bound as well.
        converged = selected.energy <= lowest + _MISSING
        return NQSState(selected.energy, selected.density, "selected CI", converged, missing, result)


def _warn(state):
    selected = state.result.selected_ci
    if state.origin == "network":
        if state.converged:
            return
        texts = [text for text in state.result.warnings if "NOT CONVERGED" in text]
        category, text = NotConvergedWarning, texts[0] if texts else "NOT CONVERGED"
    elif not state.converged:
        category = NotConvergedWarning
        text = (
            f"NOT CONVERGED: the selected CI of {selected.dimension} determinants is at {selected.energy:.8f} hartree, above "
            f"the network's {state.result.energy:.8f}; raise selected_ci."
        )
    elif (state.remaining_error or 0) > _MISSING:
        category = ResultWarning
        text = (
            f"the selected CI of {selected.dimension} determinants misses about {state.remaining_error:.1e} hartree; raise "
            "selected_ci."
        )
    else:
        return
    warnings.warn(f"NQSCI: {text}", category, stacklevel=4)


def _density(ci):
    if not isinstance(ci, NQSState):
        raise TypeError(f"{type(ci).__name__} is no state of NQSCI.")
    return ci.density


def _symmetrised(eri, norb):
    """(pq|rs) over pairs, where they have all eight symmetries to rounding."""
    values = np.asarray(eri)
    if values.size == norb**4:
        full = values.reshape(norb, norb, norb, norb)
        for axes in ((1, 0, 2, 3), (0, 1, 3, 2), (2, 3, 0, 1)):
            if abs(full - full.transpose(axes)).max(initial=0) > _FORBIDDEN:
                raise ValueError("the two-electron integrals lack the symmetries of (pq|rs) over real orbitals.")
            full = (full + full.transpose(axes)) / 2
        values = full
    table = pair_matrix(values, norb)
    if abs(table - table.T).max(initial=0) > _FORBIDDEN:
        raise ValueError("the two-electron integrals lack the symmetry (pq|rs) = (rs|pq).")
    return (table + table.T) / 2


def _labels(orbsym, norb):
    """Labels below 8 that multiply by XOR, or None."""
    if orbsym is None or len(orbsym) != norb:
        return None
    # Irreps of linear groups and of atoms end in the digit of D2h's.
    labels = np.asarray(orbsym, dtype=int) % 10
    return labels if labels.max(initial=0) < 8 and len(set(labels)) > 1 else None
