"""FCIDUMP files against PySCF's reader, and energies of what is written against PySCF's FCI."""

import numpy as np
import pytest
from conftest import nitrogen
from pyscf import ao2mo, fci, gto, mcscf, scf, tools

import qchem_nqs
from qchem_nqs.integrals import pair_matrix


def test_round_trip_is_exact(tmp_path):
    rng = np.random.default_rng(1)
    n, m = 5, 15
    one = rng.normal(size=(n, n))
    one += one.T
    two = rng.normal(size=(m, m))
    two += two.T
    space = qchem_nqs.ActiveSpace(one, two, n, (3, 2), 1 / 3, [1, 2, 1, 3, 4], 2)
    path = tmp_path / "random.fcidump"
    qchem_nqs.write_fcidump(path, space)
    read = tools.fcidump.read(str(path), molpro_orbsym=True, verbose=False)
    assert (read["NORB"], read["NELEC"], read["MS2"], read["ISYM"]) == (5, 5, 1, 2)
    assert read["ORBSYM"] == [1, 2, 1, 3, 4] or len(read["ORBSYM"]) == 5
    assert read["ECORE"] == 1 / 3
    assert np.array_equal(read["H1"], one)
    assert np.array_equal(ao2mo.restore(4, read["H2"], n), two)


@pytest.mark.parametrize("symmetry", [1, 4, 8])
def test_packings_are_the_same(symmetry):
    full = ao2mo.restore(1, ao2mo.restore(8, np.random.default_rng(2).normal(size=120), 5), 5)
    assert np.array_equal(pair_matrix(ao2mo.restore(symmetry, full, 5), 5), ao2mo.restore(4, full, 5))


def test_bad_integrals_are_refused(tmp_path):
    space = qchem_nqs.ActiveSpace(np.zeros((2, 2)), np.zeros(5), 2, (1, 1), 0.0)
    with pytest.raises(ValueError, match="no packing"):
        qchem_nqs.write_fcidump(tmp_path / "bad", space)
    space = qchem_nqs.ActiveSpace(np.full((2, 2), np.nan), np.zeros(6), 2, (1, 1), 0.0)
    with pytest.raises(ValueError, match="not finite"):
        qchem_nqs.write_fcidump(tmp_path / "bad", space)


def test_labels_survive():
    space = qchem_nqs.active_space(nitrogen(1.1), active=(8, 10))
    from pyscf import symm

    # D2h in Molpro's order, of a linear molecule's orbitals.
    assert set(space.orbital_irreps) == {1, 2, 3, 5, 6, 7}
    assert symm.irrep_id2name("D2h", 5) == "B1u"


@pytest.mark.parametrize("kind", ["RHF", "ROHF", "UHF"])
def test_energy_of_a_mean_field_is_full_ci(kind):
    mol = gto.M(atom="O 0 0 0; H 0 0 0.97", basis="sto-3g", spin=1, verbose=0)
    if kind == "RHF":
        mol = gto.M(atom="H 0 0 0; F 0 0 0.92", basis="sto-3g", verbose=0)
    mean_field = getattr(scf, kind)(mol).run()
    exact = fci.FCI(mean_field).kernel()[0] if kind != "UHF" else mcscf.UCASCI(mean_field, 6, 9).kernel()[0]
    result = qchem_nqs.solve(mean_field)
    assert result.converged
    assert abs(result.energy - exact) < 1e-5
    assert result.energy > exact - 1e-9


def test_frozen_core_is_an_active_space():
    mean_field = nitrogen(1.1, basis="sto-3g")
    exact = mcscf.CASCI(mean_field, 8, 10).kernel()[0]
    frozen = qchem_nqs.active_space(mean_field, frozen=2)
    active = qchem_nqs.active_space(mean_field, active=(8, 10))
    assert frozen.core_energy == active.core_energy and frozen.electrons == (5, 5)
    assert abs(qchem_nqs.solve(mean_field, frozen=2).energy - exact) < 1e-4


def test_mean_fields_that_do_not_do_are_refused():
    mol = gto.M(atom="H 0 0 0; F 0 0 0.92", basis="sto-3g", verbose=0)
    with pytest.raises(ValueError, match="run"):
        qchem_nqs.solve(scf.RHF(mol))
    with pytest.raises(TypeError, match="neither a path nor"):
        qchem_nqs.solve(3.0)
    with pytest.raises(ValueError, match="no active space"):
        qchem_nqs.solve(scf.RHF(mol).run(), active=(8, 4))
    with pytest.raises(TypeError, match="no real orbitals"):
        qchem_nqs.solve(scf.GHF(mol).run())
