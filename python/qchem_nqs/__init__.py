"""The program qchem-nqs from Python.

``solve`` runs it on a mean field of PySCF or an integral file, ``read_result`` reads what it wrote, and ``NQSCI`` is a
solver for PySCF's CASCI and CASSCF. PySCF and matplotlib are imported only where they are used.
"""

from .errors import (
    NotConvergedWarning,
    ProgramError,
    ProgramNotFoundError,
    ResultFileError,
    ResultWarning,
)
from .fcisolver import NQSCI, NQSState
from .integrals import ActiveSpace, active_space, write_fcidump
from .program import find_program
from .results import DensityMatrices, Result, SelectedCI, read_result
from .solve import solve

__version__ = "0.1.0"

__all__ = [
    "ActiveSpace",
    "DensityMatrices",
    "NQSCI",
    "NQSState",
    "NotConvergedWarning",
    "ProgramError",
    "ProgramNotFoundError",
    "Result",
    "ResultFileError",
    "ResultWarning",
    "SelectedCI",
    "active_space",
    "find_program",
    "read_result",
    "solve",
    "write_fcidump",
]
