#!/usr/bin/env python3
"""Makes the FCIDUMP files of `integrals/` from the geometries beside this script, with PySCF.

    pip install pyscf
    python3 molecules/make_integrals.py --output integrals            # all
    python3 molecules/make_integrals.py --output /tmp/new h2o_sto3g   # some
    python3 molecules/make_integrals.py --fci h2o_sto3g               # with E_FCI
    python3 molecules/make_integrals.py naqs                          # a whole set, to integrals/naqs

Restricted files: symmetry-adapted canonical orbitals, ORBSYM in Molpro's numbering, ISYM the irrep
of the lowest state. `*_ms0_*`: 2Sz = 0 where the lowest state may have any spin; `*_cas_*`: some of
the orbitals, those below them frozen (`*_fc_*`: only the core). UHF files: six blocks (IUHF=1), and
`*_spinorb` with spin orbitals alpha 1, beta 1, alpha 2, … (UHF=.TRUE.). Values have 17 significant
digits, those below 1e-15 are left out. Another version of PySCF may give other signs and other degenerate orbitals: energies
agree, single integrals need not.
"""

import argparse
import pathlib

import numpy
from pyscf import ao2mo, fci, gto, scf, symm
from pyscf.symm import geom
from pyscf.tools.fcidump import ORBSYM_MAP

HERE = pathlib.Path(__file__).resolve().parent
THRESHOLD = 1e-15
# With PySCF's 1e-5 a rounded geometry passes for symmetric, and its integrals are not.
geom.TOLERANCE = 1e-8

# name: (geometry, basis, charge, 2S, SCF, frozen core orbitals, ISYM in Molpro's numbering)
MOLECULES = {
    "beh2_sto3g": ("beh2", "sto-3g", 0, 0, "RHF", 0, 1),
    "c2_sto3g": ("c2", "sto-3g", 0, 0, "RHF", 0, 1),
    "c2_ccpvdz_fc": ("c2", "cc-pvdz", 0, 0, "RHF", 2, 1),
    "c2h4o_sto3g": ("c2h4o", "sto-3g", 0, 0, "RHF", 0, 1),
    "ch2_triplet_sto3g": ("ch2_triplet", "sto-3g", 0, 2, "ROHF", 0, 2),
    "ch2_triplet_uhf_sto3g": ("ch2_triplet", "sto-3g", 0, 2, "UHF", 0, 1),
    "ch4_sto3g": ("ch4", "sto-3g", 0, 0, "RHF", 0, 1),
    "f2_sto3g": ("f2", "sto-3g", 0, 0, "RHF", 0, 1),
    "h2_sto3g": ("h2", "sto-3g", 0, 0, "RHF", 0, 1),
    "h2_631g": ("h2", "6-31g", 0, 0, "RHF", 0, 1),
    "h2_ccpvdz": ("h2", "cc-pvdz", 0, 0, "RHF", 0, 1),
    "h2_uhf_stretched_631g": ("h2_stretched", "6-31g", 0, 0, "UHF", 0, 1),
    "h2o_sto3g": ("h2o", "sto-3g", 0, 0, "RHF", 0, 1),
    "h2o_631g": ("h2o", "6-31g", 0, 0, "RHF", 0, 1),
    "h2o_ccpvdz": ("h2o", "cc-pvdz", 0, 0, "RHF", 0, 1),
    "h2o_ccpvdz_fc": ("h2o", "cc-pvdz", 0, 0, "RHF", 1, 1),
    "h2o_ccpvdz_olsen": ("h2o_olsen", "cc-pvdz", 0, 0, "RHF", 0, 1),
    "h2o_ccpvdz_fc_olsen": ("h2o_olsen", "cc-pvdz", 0, 0, "RHF", 1, 1),
    "h2s_sto3g": ("h2s", "sto-3g", 0, 0, "RHF", 0, 1),
    "h4_rect_sto3g": ("h4_rect", "sto-3g", 0, 0, "RHF", 0, 1),
    "h4_square_sto3g": ("h4_square", "sto-3g", 0, 0, "RHF", 0, 4),
    "h_atom_sto3g": ("h_atom", "sto-3g", 0, 1, "ROHF", 0, 1),
    "hcl_sto3g": ("hcl", "sto-3g", 0, 0, "RHF", 0, 1),
    "he_sto3g": ("he", "sto-3g", 0, 0, "RHF", 0, 1),
    "he_ccpvdz": ("he", "cc-pvdz", 0, 0, "RHF", 0, 1),
    "heh_cation_sto3g": ("heh_cation", "sto-3g", 1, 0, "RHF", 0, 1),
    "hf_sto3g": ("hf", "sto-3g", 0, 0, "RHF", 0, 1),
    "li2o_sto3g": ("li2o", "sto-3g", 0, 0, "RHF", 0, 1),
    "licl_sto3g": ("licl", "sto-3g", 0, 0, "RHF", 0, 1),
    "lif_sto3g": ("lif", "sto-3g", 0, 0, "RHF", 0, 1),
    "lih_sto3g": ("lih", "sto-3g", 0, 0, "RHF", 0, 1),
    "n2_sto3g": ("n2", "sto-3g", 0, 0, "RHF", 0, 1),
    "n2_631g_fc": ("n2", "6-31g", 0, 0, "RHF", 2, 1),
    "n2_ccpvdz_fc": ("n2", "cc-pvdz", 0, 0, "RHF", 2, 1),
    "n_atom_sto3g": ("n_atom", "sto-3g", 0, 3, "ROHF", 0, 8),
    "nh3_sto3g": ("nh3", "sto-3g", 0, 0, "RHF", 0, 1),
    "o2_sto3g": ("o2", "sto-3g", 0, 2, "ROHF", 0, 4),
    "oh_sto3g": ("oh", "sto-3g", 0, 1, "ROHF", 0, 2),
    "oh_uhf_sto3g": ("oh", "sto-3g", 0, 1, "UHF", 0, 1),
    "ph3_sto3g": ("ph3", "sto-3g", 0, 0, "RHF", 0, 1),
}
for r in ("080", "100", "120", "180", "210", "300"):
    MOLECULES[f"n2_sto3g_r{r}"] = (f"n2_r{r}", "sto-3g", 0, 0, "RHF", 0, 1)
for chain in ("h4_chain_r18", "h4_chain_r36", "h6_chain_r18", "h6_chain_r36", "h8_chain_r18",
              "h8_chain_r36", "h10_chain_r18", "h10_chain_r36", "h12_chain_r18"):
    MOLECULES[f"{chain}_sto6g"] = (chain, "sto-6g", 0, 0, "RHF", 0, 1)

# The molecules of the NAQS benchmark at its geometries, all in STO-3G; name: (2S, ISYM).
NAQS = {
    "beh2": (0, 1), "c2": (0, 1), "ch2": (2, 2), "ch4": (0, 1), "f2": (0, 1), "h2": (0, 1),
    "h2o": (0, 1), "h2s": (0, 1), "h4o2": (0, 1), "hcl": (0, 1), "li2o": (0, 1), "licl": (0, 1),
    "lif": (0, 1), "lih": (0, 1), "n2": (0, 1), "nh3": (0, 1), "o2": (2, 4), "ph3": (0, 1),
}
for geometry, (spin, isym) in NAQS.items():
    MOLECULES[f"naqs/{geometry}_sto3g"] = (
        f"naqs/{geometry}", "sto-3g", 0, spin, "ROHF" if spin else "RHF", 0, isym)

# Close states of several spins in 2Sz = 0:
# name: (geometry, basis, 2S of the SCF, SCF, frozen core orbitals, active orbitals, ISYM); active
# orbitals are a number of those that follow the frozen ones, "pi" (odd in z), or None for all.
SPINS = {
    "b2_ms0_sto3g": ("b2", "sto-3g", 2, "ROHF", 0, None, 8),
    "c2h4_twisted_cas_ms0_sto3g": ("c2h4_twisted", "sto-3g", 2, "ROHF", 4, 8, 4),
    "c4h4_cas_ms0_sto3g": ("c4h4", "sto-3g", 2, "ROHF", 0, "pi", 4),
    "ch2_bent_ms0_sto3g": ("ch2_triplet", "sto-3g", 2, "ROHF", 0, None, 2),
    "ch2_linear_ms0_sto3g": ("ch2_linear", "sto-3g", 2, "ROHF", 0, None, 4),
    "h4_square_r200_ms0_sto3g": ("h4_square_r200", "sto-3g", 0, "RHF", 0, None, 4),
    "nh_ms0_sto3g": ("nh", "sto-3g", 2, "ROHF", 0, None, 4),
    "o2_ms0_sto3g": ("o2", "sto-3g", 2, "ROHF", 0, None, 4),
    "o3_fc_ms0_sto3g": ("o3", "sto-3g", 0, "RHF", 3, None, 1),
}

# name: ((length, rows), periodic along the length, electrons, 2 Sz, U), t = 1
HUBBARD = {
    "hubbard_2x2_u4": ((2, 2), True, 4, 0, 4),
    "hubbard_4x2_u4": ((4, 2), True, 8, 0, 4),
    "hubbard_4x2_u8": ((4, 2), True, 8, 0, 8),
    "hubbard_1d_l6_u0": ((6, 1), True, 6, 0, 0),
    "hubbard_1d_l6_u4": ((6, 1), True, 6, 0, 4),
    "hubbard_1d_l6_u4_ms2": ((6, 1), True, 6, 2, 4),
    "hubbard_1d_l6_u8": ((6, 1), True, 6, 0, 8),
    "hubbard_1d_l8_u4": ((8, 1), True, 8, 0, 4),
    "hubbard_1d_l8_u4_doped": ((8, 1), True, 6, 0, 4),
    "hubbard_1d_l8_u4_open": ((8, 1), False, 8, 0, 4),
    "hubbard_1d_l8_u8": ((8, 1), True, 8, 0, 8),
}


def write_file(path, norb, nelec, ms2, orbsym, isym, lines, key=""):
    with open(path, "w") as out:
        out.write(f" &FCI NORB={norb:4d},NELEC={nelec:2d},MS2={ms2},\n")
        out.write("  ORBSYM=" + "".join(f"{label}," for label in orbsym) + "\n")
        out.write(f"  ISYM={isym},\n{key} &END\n")
        for value, *indices in lines:
            if abs(value) > THRESHOLD or indices == [0, 0, 0, 0]:
                out.write(f" {value:.17g}" + "".join(f"{i:5d}" for i in indices) + "\n")


def pairs(n):
    return [(p, q) for p in range(n) for q in range(p + 1)]


def two_body_lines(eri, n, same_spin=True, place=lambda p: p + 1, place2=None):
    """Lines of a packed (m, m) block; of one spin only ij >= kl."""
    place2 = place2 or place
    for row, (p, q) in enumerate(pairs(n)):
        for column, (r, s) in enumerate(pairs(n)):
            if not same_spin or column <= row:
                yield eri[row, column], place(p), place(q), place2(r), place2(s)


def one_body_lines(h, n, place=lambda p: p + 1):
    for p, q in pairs(n):
        yield h[p, q], place(p), place(q), 0, 0


def choose_orbitals(mol, mean_field, frozen, active):
    """The frozen and the active orbitals of a case; see SPINS."""
    orbitals = mean_field.mo_coeff
    if active == "pi":
        labels = symm.label_orb_symm(mol, mol.irrep_name, mol.symm_orb, orbitals)
        is_pi = numpy.array([label in ("B1u", "B2g", "B3g", "Au") for label in labels])
        is_core = (mean_field.mo_occ == 2) & ~is_pi
        return orbitals[:, is_core], orbitals[:, is_pi]
    end = orbitals.shape[1] if active is None else frozen + active
    return orbitals[:, :frozen], orbitals[:, frozen:end]


def restricted(name, mol, mean_field, frozen, isym, directory, active=None, spin=None):
    spin = mol.spin if spin is None else spin
    core, active = choose_orbitals(mol, mean_field, frozen, active)
    density = 2 * core @ core.T
    h_ao = mean_field.get_hcore()
    e_core, h = mol.energy_nuc(), h_ao
    if core.size:
        veff = scf.hf.get_veff(mol, density)
        e_core += numpy.einsum("ij,ji", h_ao + 0.5 * veff, density)
        h = h_ao + veff
    h = active.T @ h @ active
    n = active.shape[1]
    eri = ao2mo.kernel(mol, active)
    orbsym = [1] * n
    if mol.symmetry and mol.groupname in ORBSYM_MAP:
        labels = symm.label_orb_symm(mol, mol.irrep_id, mol.symm_orb, active)
        orbsym = [ORBSYM_MAP[mol.groupname][label] for label in labels]
    electrons = mol.nelectron - 2 * core.shape[1]
    lines = [*two_body_lines(eri, n), *one_body_lines(h, n), (e_core, 0, 0, 0, 0)]
    write_file(directory / f"{name}.fcidump", n, electrons, spin, orbsym, isym, lines)
    nelec = ((electrons + spin) // 2, (electrons - spin) // 2)

    def exact():
        # Several roots, so that a guess of one symmetry doesn't settle on its own lowest state.
        roots = 4 if name in SPINS else 1
        energies = fci.direct_spin1.kernel(h, eri, n, nelec, ecore=e_core, max_cycle=300,
                                           conv_tol=1e-11, pspace_size=1500, nroots=roots)[0]
        return numpy.min(energies)

    return exact


def unrestricted(name, mol, mean_field, directory):
    a, b = mean_field.mo_coeff
    n = a.shape[1]
    h_ao = mean_field.get_hcore()
    h = [c.T @ h_ao @ c for c in (a, b)]
    aa, bb = ao2mo.kernel(mol, a), ao2mo.kernel(mol, b)
    ab = ao2mo.kernel(mol, (a, a, b, b))
    core, zero = (mol.energy_nuc(), 0, 0, 0, 0), (0, 0, 0, 0, 0)
    blocks = [*two_body_lines(aa, n), zero, *two_body_lines(bb, n), zero,
              *two_body_lines(ab, n, same_spin=False), zero,
              *one_body_lines(h[0], n), zero, *one_body_lines(h[1], n), zero, core]
    write_file(directory / f"{name}.fcidump", n, mol.nelectron, mol.spin, [1] * n, 1, blocks,
               key="  IUHF=1,\n")
    alpha, beta = (lambda p: 2 * p + 1), (lambda p: 2 * p + 2)
    spin_orbitals = [*two_body_lines(aa, n, place=alpha), *two_body_lines(bb, n, place=beta),
                     *two_body_lines(ab, n, same_spin=False, place=alpha, place2=beta),
                     *one_body_lines(h[0], n, alpha), *one_body_lines(h[1], n, beta), core]
    write_file(directory / f"{name}_spinorb.fcidump", 2 * n, mol.nelectron, mol.spin,
               [1] * (2 * n), 1, spin_orbitals, key="  UHF=.TRUE.,\n")
    return lambda: fci.direct_uhf.kernel(h, (aa, ab, bb), n, mol.nelec, ecore=core[0],
                                         conv_tol=1e-11, pspace_size=1500)[0]


def make_molecule(name, directory):
    if name in SPINS:
        geometry, basis, spin, kind, frozen, active, isym = SPINS[name]
        charge, written_spin = 0, 0
    else:
        geometry, basis, charge, spin, kind, frozen, isym = MOLECULES[name]
        active, written_spin = None, spin
    mol = gto.M(atom=str(HERE / f"{geometry}.xyz"), basis=basis, charge=charge, spin=spin,
                symmetry=kind != "UHF", verbose=0)
    if mol.symmetry and mol.groupname in ("Dooh", "Coov", "SO3"):
        subgroup = "C2v" if mol.groupname == "Coov" else "D2h"
        mol = mol.copy()
        mol.symmetry_subgroup = subgroup
        mol.build()
    mean_field = {"RHF": scf.RHF, "ROHF": scf.ROHF, "UHF": scf.UHF}[kind](mol)
    mean_field.conv_tol = 1e-13
    guess = None
    if kind == "UHF" and spin == 0:
        # Breaks the spin symmetry: one electron on each atom.
        guess = mean_field.get_init_guess()
        half = mol.nao // 2
        guess[0][half:] = guess[0][:, half:] = 0
        guess[1][:half] = guess[1][:, :half] = 0
    mean_field.kernel(guess)
    if not mean_field.converged:
        mean_field = mean_field.newton()
        mean_field.kernel()
    if kind == "UHF":
        return mean_field.e_tot, unrestricted(name, mol, mean_field, directory)
    return mean_field.e_tot, restricted(
        name, mol, mean_field, frozen, isym, directory, active, written_spin)


def make_hubbard(name, directory):
    (length, rows), periodic, electrons, spin, u = HUBBARD[name]
    n = length * rows
    bonds = [(x + length * y, x + 1 + length * y) for y in range(rows) for x in range(length - 1)]
    if periodic and length > 2:
        bonds += [(length - 1 + length * y, length * y) for y in range(rows)]
    bonds += [(site, site + length) for site in range(n - length)]
    h, eri = numpy.zeros((n, n)), numpy.zeros((n,) * 4)
    for first, second in bonds:
        h[first, second] = h[second, first] = -1
    for site in range(n):
        eri[site, site, site, site] = u
    lines = [(u, p, p, p, p) for p in range(1, n + 1)]
    lines += [*one_body_lines(h, n), (0, 0, 0, 0, 0)]
    write_file(directory / f"{name}.fcidump", n, electrons, spin, [1] * n, 1, lines)
    nelec = ((electrons + spin) // 2, (electrons - spin) // 2)
    return None, lambda: fci.direct_spin1.kernel(h, eri, n, nelec, conv_tol=1e-12,
                                                 max_cycle=300)[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", help="cases, or naqs; all where none is given")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("integrals"))
    parser.add_argument("--fci", action="store_true", help="print the exact energy too")
    arguments = parser.parse_args()
    known = [*MOLECULES, *SPINS, *HUBBARD]
    names = [case for name in arguments.names or known
             for case in ([case for case in known if case.startswith("naqs/")]
                          if name == "naqs" else [name])]
    for name in names:
        (arguments.output / name).parent.mkdir(parents=True, exist_ok=True)
        make = make_hubbard if name in HUBBARD else make_molecule
        mean_field, exact = make(name, arguments.output)
        row = f"{name:28s}"
        row += f" E_HF {mean_field:.10f}" if mean_field is not None else ""
        print(row + (f" E_FCI {exact():.10f}" if arguments.fci else ""), flush=True)


if __name__ == "__main__":
    main()
