"""CASCI and CASSCF by `NQSCI` against PySCF's own full CI solver."""

import numpy as np
import pytest
from conftest import nitrogen
from pyscf import ao2mo, fci, gto, mcscf, scf

import qchem_nqs

TOLERANCE = 1e-5


def casscf(mean_field, orbitals, electrons, solver):
    mc = mcscf.CASSCF(mean_field, orbitals, electrons)
    mc.fcisolver = solver
    mc.verbose = 0
    mc.kernel()
    return mc


@pytest.mark.parametrize("distance", [1.0, 1.2, 1.6])
def test_casscf_of_nitrogen(distance):
    mean_field = nitrogen(distance)
    exact = mcscf.CASSCF(mean_field, 6, 6).run()
    mc = casscf(mean_field, 6, 6, qchem_nqs.NQSCI())
    assert mc.converged and mc.fcisolver.state.origin == "network"
    assert abs(mc.e_tot - exact.e_tot) < TOLERANCE
    if distance == 1.2:
        forces = mc.nuc_grad_method().kernel()
        assert np.abs(forces - exact.nuc_grad_method().kernel()).max() < 1e-3


def test_casscf_of_eight_orbitals():
    mol = gto.M(atom="O 0 0 0.1173; H 0 0.7572 -0.4692; H 0 -0.7572 -0.4692", basis="6-31g", symmetry=True, verbose=0)
    mean_field = scf.RHF(mol).run()
    exact = mcscf.CASSCF(mean_field, 8, 8).run().e_tot
    mc = casscf(mean_field, 8, 8, qchem_nqs.NQSCI(vector="selected", steps=5, start_steps=5, width=16, layers=1))
    assert mc.converged and mc.fcisolver.state.origin == "selected CI"
    assert abs(mc.e_tot - exact) < TOLERANCE


@pytest.mark.parametrize("vector, electrons", [("network", (3, 3)), ("selected", (4, 2)), ("network", (3, 2))])
def test_density_matrices_are_those_of_full_ci(vector, electrons):
    mean_field = nitrogen(1.2, symmetry=False)
    if sum(electrons) == 5:
        mol = gto.M(atom="N 0 0 0; N 0 0 1.2", basis="6-31g", charge=1, spin=1, verbose=0)
        mean_field = scf.ROHF(mol).run()
    cas = mcscf.CASCI(mean_field, 6, electrons)
    one, core = cas.get_h1eff()
    two = cas.get_h2eff()
    exact = fci.direct_spin1.FCI()
    exact.conv_tol = 1e-12
    energy, vector_exact = exact.kernel(one, two, 6, electrons, ecore=core)
    solver = qchem_nqs.NQSCI(vector=vector)
    found, state = solver.kernel(one, two, 6, electrons, ecore=core)
    assert abs(found - energy) < 1e-6 and solver.converged
    first, second = solver.make_rdm12(state, 6, electrons)
    reference_first, reference_second = exact.make_rdm12(vector_exact, 6, electrons)
    assert np.abs(first - reference_first).max() < 2e-3
    assert np.abs(second - reference_second).max() < 4e-3
    # What density matrices obey, whatever the state.
    n = sum(electrons)
    assert np.abs(first - first.T).max() < 1e-10
    assert np.abs(second - second.transpose(2, 3, 0, 1)).max() < 1e-10
    assert np.abs(second - second.transpose(1, 0, 3, 2)).max() < 1e-10
    assert abs(np.trace(first) - n) < 1e-9
    assert np.abs(np.einsum("pqrr->pq", second) - (n - 1) * first).max() < 1e-9
    (alpha, beta), (same_alpha, mixed, same_beta) = solver.make_rdm12s(state, 6, electrons)
    assert np.abs(alpha + beta - first).max() < 1e-12
    assert np.abs(np.einsum("pqrr->pq", mixed) - electrons[1] * alpha).max() < 1e-9
    assert np.abs(same_alpha + same_alpha.transpose(0, 3, 2, 1)).max() < 1e-10
    whole = ao2mo.restore(1, two, 6)
    assert abs(core + np.sum(one * first) + np.sum(whole * second) / 2 - found) < 1e-8
    squared, multiplicity = solver.spin_square(state, 6, electrons)
    assert abs(squared - fci.spin_square(vector_exact, 6, electrons)[0]) < 1e-4
    assert abs(multiplicity - 2 * np.sqrt(squared + 0.25)) < 1e-6


def test_the_same_seed_gives_the_same_energy():
    mean_field = nitrogen(1.1, symmetry=False)
    energies = []
    for _ in range(2):
        mc = mcscf.CASCI(mean_field, 4, 4)
        mc.fcisolver = qchem_nqs.NQSCI(seed=3)
        energies.append(mc.kernel()[0])
    assert energies[0] == energies[1]
    assert abs(energies[0] - mcscf.CASCI(mean_field, 4, 4).kernel()[0]) < 1e-6


def test_sampled_states_take_the_selected_ci():
    mean_field = nitrogen(1.2)
    mc = mcscf.CASCI(mean_field, 6, 6)
    mc.fcisolver = qchem_nqs.NQSCI(exact_limit=0, samples=30, steps=10, selected_ci=1000)
    energy = mc.kernel()[0]
    assert mc.fcisolver.state.origin == "selected CI"
    assert abs(energy - mcscf.CASCI(mean_field, 6, 6).kernel()[0]) < 1e-7
    mc.fcisolver = qchem_nqs.NQSCI(exact_limit=0, samples=30, steps=10, selected_ci=0)
    with pytest.raises(qchem_nqs.ProgramError, match="too large to be summed"):
        mc.kernel()


def test_what_is_not_there_is_refused():
    mean_field = nitrogen(1.2)
    mc = mcscf.CASCI(mean_field, 4, 4)
    mc.fcisolver = qchem_nqs.NQSCI()
    mc.fcisolver.nroots = 2
    with pytest.raises(NotImplementedError, match="nroots is 2"):
        mc.kernel()
    averaged = mcscf.CASSCF(mean_field, 4, 4)
    averaged.fcisolver = qchem_nqs.NQSCI()
    with pytest.raises(NotImplementedError, match="state_average_mix_"):
        averaged.state_average_([0.5, 0.5]).kernel()
    mc = mcscf.CASCI(mean_field, 4, 4)
    mc.fcisolver = qchem_nqs.NQSCI()
    with pytest.raises(NotImplementedError, match="total_spin"):
        mc.fix_spin_(ss=0).kernel()
    with pytest.raises(TypeError, match="total_spin"):
        qchem_nqs.NQSCI(spin=0)


def test_averages_over_spins():
    mean_field = nitrogen(1.6, symmetry=False)

    def average(solvers):
        mc = mcscf.CASSCF(mean_field, 4, 4)
        mc.verbose = 0
        mcscf.state_average_mix_(mc, solvers, [0.5, 0.5])
        mc.kernel()
        return mc

    reference = [fci.direct_spin1.FCI(mean_field.mol) for _ in range(2)]
    solvers = [qchem_nqs.NQSCI(mean_field.mol) for _ in range(2)]
    for pair in (reference, solvers):
        for solver, twice in zip(pair, (0, 2)):
            solver.spin = twice
    exact = average(reference)
    mc = average(solvers)
    assert mc.converged
    assert abs(mc.e_tot - exact.e_tot) < TOLERANCE


def test_wrong_labels_are_not_used():
    mean_field = nitrogen(1.2, symmetry=False)
    mc = mcscf.CASCI(mean_field, 4, 4)
    mc.fcisolver = qchem_nqs.NQSCI()
    mc.fcisolver.orbsym = [0, 0, 1, 1]
    one, core = mc.get_h1eff()
    two = mc.get_h2eff()
    labels = np.array([0, 1, 0, 1])
    one[0, 1] = one[1, 0] = 0.01
    with pytest.warns(qchem_nqs.ResultWarning, match="labels of irreps"):
        found = mc.fcisolver.kernel(one, two, 4, (2, 2), ecore=core, orbsym=labels)[0]
    assert abs(found - fci.direct_spin1.kernel(one, two, 4, (2, 2), ecore=core)[0]) < 1e-6
