"""Integrals of orbitals: from PySCF's objects, and into FCIDUMP files."""

import os
from dataclasses import dataclass
from typing import Any, Optional

import numpy as np

# Molpro's numbers of PySCF's irreps, which are counted from 0.
_MOLPRO_NUMBERS = {
    "D2h": (1, 4, 6, 7, 8, 5, 3, 2),
    "C2v": (1, 4, 2, 3),
    "C2h": (1, 4, 2, 3),
    "D2": (1, 4, 3, 2),
    "Cs": (1, 2),
    "C2": (1, 2),
    "Ci": (1, 2),
    "C1": (1,),
}
# Linear groups, whose irreps end in the digit of the subgroup's.
_SUBGROUPS = {"Dooh": "D2h", "Coov": "C2v"}


@dataclass
class ActiveSpace:
    """A Hamiltonian of n orbitals.

    Attributes:
        one_body: h_pq, in hartree, ``[n, n]``; of unrestricted orbitals a pair, α and β.
        two_body: (pq|rs), chemists' order, in any of PySCF's packings; of unrestricted orbitals αα, αβ, ββ.
        orbitals: n.
        electrons: of α and of β.
        core_energy: in hartree.
        orbital_irreps: Molpro's number of each orbital's irrep, or None.
        irrep: that of the state, or None.
    """

    one_body: Any
    two_body: Any
    orbitals: int
    electrons: tuple
    core_energy: float
    orbital_irreps: Optional[list] = None
    irrep: Optional[int] = None

    @property
    def unrestricted(self):
        """Whether α and β have orbitals of their own."""
        return isinstance(self.one_body, (tuple, list)) or np.ndim(self.one_body) == 3


def molpro_irreps(irreps, group):
    """Molpro's numbers of PySCF's irreps of a group; None where they are unknown.

    PySCF's labels multiply by XOR as Molpro's, less one, do, but the groups' irreps stand in another order.
    """
    numbers = _MOLPRO_NUMBERS.get(_SUBGROUPS.get(group, group))
    if irreps is None or numbers is None:
        return None
    # Irreps of linear groups are 10 L + the subgroup's.
    labels = [int(label) % 10 if group in _SUBGROUPS else int(label) for label in irreps]
    if any(label < 0 or label >= len(numbers) for label in labels):
        return None
    return [numbers[label] for label in labels]


def active_space(source, frozen=0, active=None):
    """The Hamiltonian of a mean field's orbitals, or of a CASCI's or CASSCF's active ones.

    Args:
        source: an RHF, ROHF, UHF or Kohn-Sham object of PySCF that has been run, or a CASCI or CASSCF object.
        frozen: the number of lowest orbitals that stay doubly occupied.
        active: ``(orbitals, electrons)`` around the Fermi level, electrons as a number or as (α, β); all above the
            frozen ones unless given.

    Returns:
        An ``ActiveSpace``. Labels of irreps are there where the molecule was made with ``symmetry`` and the orbitals
        have them.

    Raises:
        TypeError: for other objects.
        ValueError: where there are no orbitals yet, or no such active space.
    """
    from pyscf import mcscf

    if hasattr(source, "ncas") and hasattr(source, "get_h2eff"):
        if frozen or active is not None:
            raise ValueError("frozen and active go with a mean field; this object has an active space already.")
        cas = source
    else:
        if not (hasattr(source, "mo_coeff") and hasattr(source, "mol") and hasattr(source, "get_hcore")):
            raise TypeError(
                f"{type(source).__name__} is neither a path nor a mean field, CASCI or CASSCF object of PySCF."
            )
        if source.mo_coeff is None:
            raise ValueError("the mean field has no orbitals yet: call its run() first.")
        cas = _cas(source, frozen, active, mcscf)
    orbitals = np.asarray(cas.mo_coeff)
    if np.iscomplexobj(orbitals):
        raise TypeError("the orbitals are complex; the program takes real ones.")
    one_body, core_energy = cas.get_h1eff()
    return ActiveSpace(
        one_body, cas.get_h2eff(), int(cas.ncas), tuple(int(n) for n in cas.nelecas), float(core_energy),
        _orbital_irreps(cas),
    )


def _cas(mean_field, frozen, active, mcscf):
    coefficients = np.asarray(mean_field.mo_coeff)
    if coefficients.dtype == object or coefficients.ndim not in (2, 3) or (
        coefficients.ndim == 3 and coefficients.shape[0] != 2
    ) or coefficients.shape[-2] != mean_field.mol.nao:
        raise TypeError(f"{type(mean_field).__name__} has no real orbitals over the molecule's basis functions.")
    total = coefficients.shape[-1]
    alpha, beta = mean_field.nelec if hasattr(mean_field, "nelec") else mean_field.mol.nelec
    if frozen < 0 or frozen > min(alpha, beta):
        raise ValueError(f"frozen={frozen}: there are {min(alpha, beta)} doubly occupied orbitals.")
    if active is None:
        orbitals, electrons = total - frozen, (alpha - frozen, beta - frozen)
    else:
        if frozen:
            raise ValueError("frozen and active exclude one another: what is below the active orbitals is frozen.")
        orbitals, electrons = active
        if isinstance(electrons, (int, np.integer)):
            spin = alpha - beta
            if (electrons + spin) % 2:
                raise ValueError(f"active={active}: {electrons} electrons do not go with 2Sz = {spin}.")
            electrons = ((electrons + spin) // 2, (electrons - spin) // 2)
    core = alpha - electrons[0]
    if core != beta - electrons[1] or core < 0 or core + orbitals > total or max(electrons) > orbitals:
        raise ValueError(
            f"no active space of {orbitals} orbitals and {electrons} electrons in {total} orbitals and {alpha, beta} "
            "electrons."
        )
    make = mcscf.UCASCI if coefficients.ndim == 3 else mcscf.CASCI
    cas = make(mean_field, orbitals, tuple(electrons))
    cas.mo_coeff = mean_field.mo_coeff
    return cas


def _orbital_irreps(cas):
    """Molpro's numbers for the active orbitals, or None where they have no labels."""
    from pyscf import scf

    mol = cas.mol
    if not mol.symmetry or np.ndim(cas.mo_coeff) == 3:
        return None
    try:
        labels = scf.hf_symm.get_orbsym(mol, cas.mo_coeff)
    except ValueError:
        return None
    return molpro_irreps(labels[cas.ncore : cas.ncore + cas.ncas], mol.groupname)


def write_fcidump(path, space):
    """Writes an FCIDUMP with all digits of the integrals.

    Unrestricted orbitals are written as Molpro does (``IUHF=1``): αα, ββ, αβ, h_α, h_β, each ended by a line of zeros.

    Args:
        path: of the file, which is replaced.
        space: an ``ActiveSpace``.

    Raises:
        ValueError: where numbers are missing, not finite, or of the wrong count.
    """
    n = space.orbitals
    alpha, beta = space.electrons
    head = [f"&FCI NORB={n},NELEC={alpha + beta},MS2={alpha - beta},"]
    if space.orbital_irreps is not None:
        if len(space.orbital_irreps) != n:
            raise ValueError(f"{len(space.orbital_irreps)} irreps of {n} orbitals.")
        head.append(" ORBSYM=" + ",".join(str(irrep) for irrep in space.orbital_irreps) + ",")
        head.append(f" ISYM={space.irrep or 0},")
    if space.unrestricted:
        head.append(" IUHF=1,")
    head.append("&END")
    blocks = []
    if space.unrestricted:
        same_alpha, mixed, same_beta = space.two_body
        separator = ["0.0 0 0 0 0"]
        blocks += [_two_body_lines(same_alpha, n), separator, _two_body_lines(same_beta, n), separator]
        blocks += [_two_body_lines(mixed, n, unlike=True), separator]
        blocks += [_one_body_lines(space.one_body[0], n), separator, _one_body_lines(space.one_body[1], n), separator]
    else:
        blocks += [_two_body_lines(space.two_body, n), _one_body_lines(space.one_body, n)]
    if not np.isfinite(space.core_energy):
        raise ValueError("the core energy is not finite.")
    with open(os.fspath(path), "w", encoding="ascii") as file:
        for block in [head, *blocks, [f"{float(space.core_energy)!r} 0 0 0 0"]]:
            file.write("\n".join(block) + ("\n" if block else ""))


def _one_body_lines(matrix, n):
    matrix = _finite(matrix, "one-electron")
    if matrix.shape != (n, n):
        raise ValueError(f"one-electron integrals of shape {matrix.shape}, not {(n, n)}.")
    return [
        f"{float(matrix[p, q])!r} {p + 1} {q + 1} 0 0" for p in range(n) for q in range(p + 1) if matrix[p, q] != 0
    ]


def _two_body_lines(integrals, n, unlike=False):
    """The lines of unique (pq|rs); of unlike spins pq and rs do not change places."""
    table = pair_matrix(integrals, n)
    pairs = [(p + 1, q + 1) for p in range(n) for q in range(p + 1)]
    lines = []
    for row, (p, q) in enumerate(pairs):
        values = table[row] if unlike else table[row, : row + 1]
        lines += [f"{float(values[c])!r} {p} {q} {pairs[c][0]} {pairs[c][1]}" for c in np.flatnonzero(values)]
    return lines


def pair_matrix(integrals, n):
    """(pq|rs) over pairs p ≥ q and r ≥ s, ``[m, m]`` with m = n (n + 1)/2, of any of PySCF's packings."""
    values = _finite(integrals, "two-electron")
    m = n * (n + 1) // 2
    if values.size == n**4:
        rows, columns = np.tril_indices(n)
        return values.reshape(n, n, n, n)[rows, columns][:, rows, columns]
    if values.size == m * m:
        return values.reshape(m, m)
    if values.size == m * (m + 1) // 2:
        table = np.zeros((m, m))
        table[np.tril_indices(m)] = values.ravel()
        return table + np.tril(table, -1).T
    raise ValueError(f"{values.size} two-electron integrals are no packing of those of {n} orbitals.")


def _finite(values, name):
    values = np.asarray(values)
    if np.iscomplexobj(values):
        raise ValueError(f"the {name} integrals are complex; the program takes real ones.")
    values = np.asarray(values, dtype=float)
    if not np.all(np.isfinite(values)):
        raise ValueError(f"the {name} integrals hold a number that is not finite.")
    return values
