"""`solve`: a problem in, a result out."""

import os
import tempfile
import warnings

from .errors import ResultWarning
from .integrals import ActiveSpace, active_space, write_fcidump
from .program import find_program, option_words, run
from .results import read_result


def solve(problem=None, *, output=None, frozen=0, active=None, program=None, verbose=False, **options):
    """Finds a ground state by ``qchem-nqs solve``.

    Args:
        problem: a mean field, CASCI or CASSCF object of PySCF, an ``ActiveSpace``, or the path of an integral file;
            None for lattices, which options name (``lattice="heisenberg", size=12``), and with ``resume``.
        output: where the result file goes; unless given, it is read and thrown away.
        frozen: lowest orbitals of a mean field that stay doubly occupied.
        active: ``(orbitals, electrons)`` of a mean field's active space.
        program: the path of the program; see ``find_program``.
        verbose: whether its progress goes to standard error.
        **options: the program's, with ``_`` for ``-`` (docs/settings.md): ``samples=4000, ansatz="retnet"``.

    Returns:
        A ``Result``.

    Raises:
        ProgramNotFoundError: where the program is not found.
        ProgramError: with the program's message where it refuses options or input.
        TypeError, ValueError: for objects without integrals.

    Warns:
        NotConvergedWarning: where the result is not converged.
        ResultWarning: of all else that the program warns of.
    """
    path = find_program(program)
    words = option_words(options)
    with tempfile.TemporaryDirectory(prefix="qchem-nqs-") as folder:
        if problem is None:
            given = []
            if frozen or active is not None:
                raise ValueError("frozen and active go with a mean field.")
        elif isinstance(problem, (str, os.PathLike)):
            given = [os.fspath(problem)]
            if frozen or active is not None:
                raise ValueError("frozen and active go with a mean field; a file has its orbitals already.")
        else:
            space = problem if isinstance(problem, ActiveSpace) else active_space(problem, frozen, active)
            if getattr(problem, "converged", True) is False:
                warnings.warn("the mean field is not converged; its orbitals are used as they are.", stacklevel=2)
            given = [os.path.join(folder, "problem.fcidump")]
            write_fcidump(given[0], space)
        if output is None and "resume" in options:
            result_path = os.fspath(options["resume"])
            end = []
        else:
            result_path = os.fspath(output) if output is not None else os.path.join(folder, "result.nqs.h5")
            end = ["--output", result_path]
        summary = run(path, ["solve", *given, *words, *end], verbose)
        result = read_result(result_path, stacklevel=3)
    result.summary = summary
    if output is None and "resume" not in options:
        result.path = None
    for message in summary.get("warnings", []):
        if _words(message) not in map(_words, result.warnings):
            result.warnings.append(message)
            warnings.warn(message, ResultWarning, stacklevel=2)
    return result


def _words(message):
    """A warning without the marks that tell options of the command line from keys of a file."""
    return message.replace("`", "").replace("--", "")
