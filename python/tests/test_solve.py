"""`solve` and `read_result` on the bundled water molecule; full CI is −75.0124036588 hartree."""

import sys

import h5py
import numpy as np
import pytest
from conftest import WATER

import qchem_nqs

pytestmark = pytest.mark.filterwarnings("ignore::qchem_nqs.ResultWarning")

EXACT = -75.0124036588357


def test_result_of_water(water_file):
    with pytest.warns(qchem_nqs.ResultWarning, match="selected CI of 133 determinants is lower"):
        result = qchem_nqs.read_result(water_file)
    assert result.converged and result.exact_sum and result.error == 0 and result.unit == "hartree"
    assert abs(result.energy - EXACT) < 1e-5 and 0 < result.remaining_error < 1e-5
    assert len(result.trace["energy"]) == len(result.trace["step"]) == result.trace["step"][-1]
    assert result.settings["ansatz"] and len(result.warnings) == 1
    text, amplitude = result.leading_determinants(1)[0]
    assert text == "2222200" and 0.9 < abs(amplitude) < 1
    assert abs(np.sum(np.abs(result.amplitudes) ** 2) - 1) < 1e-6
    assert abs(result.natural_occupations.sum() - 10) < 1e-9
    assert abs(result.spin_squared) < 1e-5


def test_density_matrices_give_the_energies(water_file):
    from pyscf import ao2mo, tools

    result = qchem_nqs.read_result(water_file)
    data = tools.fcidump.read(str(WATER), verbose=False)
    two = ao2mo.restore(1, data["H2"], 7)
    for density, energy in ((result.density, result.energy), (result.selected_ci.density, result.selected_ci.energy)):
        assert abs(density.energy(data["H1"], two, data["ECORE"]) - energy) < 1e-8
        assert abs(np.trace(density.one_particle) - 10) < 1e-9
        assert abs(np.einsum("pprr->", density.two_particle) - 90) < 1e-8
        assert abs(density.spin_squared) < 1e-5
    assert abs(result.selected_ci.energy - EXACT) < 1e-8


def test_an_unconverged_result_warns():
    with pytest.warns(qchem_nqs.NotConvergedWarning):
        result = qchem_nqs.solve(WATER, steps=2)
    assert not result.converged and result.path is None
    assert any("NOT CONVERGED" in text for text in result.warnings)


def test_lattices_and_resumed_runs(tmp_path):
    path = tmp_path / "chain.nqs.h5"
    with pytest.warns(qchem_nqs.NotConvergedWarning):
        qchem_nqs.solve(lattice="heisenberg", geometry="chain", size=8, steps=3, output=path)
    result = qchem_nqs.solve(resume=path, steps=60)
    assert result.unit == "J" and result.path == str(path) and len(result.trace["step"]) > 3
    # Bethe's ansatz for eight sites, as exact diagonalisation gives it.
    assert abs(result.energy + 3.651093408937176) < 1e-4


def test_errors_of_the_program_are_exceptions(tmp_path):
    with pytest.raises(qchem_nqs.ProgramError, match="--not-an-option") as caught:
        qchem_nqs.solve(WATER, not_an_option=3)
    assert caught.value.exit_code == 2
    with pytest.raises(qchem_nqs.ProgramError, match="samples"):
        qchem_nqs.solve(WATER, samples="many")
    with pytest.raises(qchem_nqs.ProgramError, match="no-such-file"):
        qchem_nqs.solve(tmp_path / "no-such-file")
    broken = tmp_path / "broken.fcidump"
    broken.write_text("&FCI NORB=2,NELEC=2,MS2=0,\n&END\n1.0 1 1 9 9\n")
    with pytest.raises(qchem_nqs.ProgramError, match="broken.fcidump"):
        qchem_nqs.solve(broken, output=tmp_path / "none.nqs.h5")
    assert not (tmp_path / "none.nqs.h5").exists()
    with pytest.raises(qchem_nqs.ProgramError) as caught:
        qchem_nqs.solve(WATER, steps=2, require_convergence=True)
    assert caught.value.exit_code == 3
    with pytest.raises(TypeError, match="output"):
        qchem_nqs.NQSCI(output="x")


def test_a_missing_program_says_how_to_build(monkeypatch, tmp_path):
    monkeypatch.delenv("QCHEM_NQS", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(qchem_nqs.ProgramNotFoundError, match="Scripts/build"):
        qchem_nqs.solve(WATER)
    with pytest.raises(qchem_nqs.ProgramNotFoundError, match="argument"):
        qchem_nqs.solve(WATER, program=tmp_path / "none")


def test_files_that_are_no_results(tmp_path, water_file):
    text = tmp_path / "text.h5"
    text.write_text("nothing")
    with pytest.raises(qchem_nqs.ResultFileError, match="text.h5"):
        qchem_nqs.read_result(text)
    with pytest.raises(FileNotFoundError):
        qchem_nqs.read_result(tmp_path / "none.h5")
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file.attrs["type"] = "something else"
    with pytest.raises(qchem_nqs.ResultFileError, match="something else"):
        qchem_nqs.read_result(other)
    later = tmp_path / "later.h5"
    later.write_bytes(water_file.read_bytes())
    with h5py.File(later, "a") as file:
        file.attrs["version"] = 99
    with pytest.raises(qchem_nqs.ResultFileError, match="99"):
        qchem_nqs.read_result(later)


def test_figures(water_file):
    import matplotlib

    matplotlib.use("Agg")
    result = qchem_nqs.read_result(water_file)
    axes = result.plot_energy(reference=EXACT)
    assert axes.get_yscale() == "log" and axes.get_xlabel() == "step"
    for draw in (result.plot_energy, result.plot_variance, result.plot_occupations, result.plot_mutual_information):
        assert draw().figure is not None
    matplotlib.pyplot.close("all")


def test_without_matplotlib_figures_say_so(monkeypatch, water_file):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="matplotlib"):
        qchem_nqs.read_result(water_file).plot_energy()
