import os
import pathlib

import pytest

# Before PySCF loads: its threads wait by spinning, which on a machine that is in use takes a hundred times longer.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import qchem_nqs  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
WATER = ROOT / "integrals" / "h2o_sto3g.fcidump"


@pytest.fixture(autouse=True)
def program(monkeypatch):
    """The build of this checkout, unless the environment names a program."""
    built = ROOT / ".build" / "release" / "qchem-nqs"
    try:
        qchem_nqs.find_program()
    except qchem_nqs.ProgramNotFoundError:
        monkeypatch.setenv("QCHEM_NQS", str(built))


@pytest.fixture(scope="session")
def water_file(tmp_path_factory):
    """A result of water in STO-3G with a selected CI, made once."""
    path = tmp_path_factory.mktemp("results") / "water.nqs.h5"
    built = ROOT / ".build" / "release" / "qchem-nqs"
    try:
        program = qchem_nqs.find_program()
    except qchem_nqs.ProgramNotFoundError:
        program = str(built)
    qchem_nqs.solve(WATER, output=path, program=program, selected_ci=200)
    return path


def nitrogen(distance, basis="6-31g", symmetry=True):
    """A converged RHF of N2, the distance in Å."""
    from pyscf import gto, scf

    mol = gto.M(atom=f"N 0 0 0; N 0 0 {distance}", basis=basis, symmetry=symmetry, verbose=0)
    return scf.RHF(mol).run()
