"""Finding and running the program."""

import json
import os
import shutil
import subprocess
import sys

from .errors import ProgramError, ProgramNotFoundError

_VARIABLE = "QCHEM_NQS"

# What `solve` itself decides.
_RESERVED = {
    "json": "the summary is read by this package",
    "quiet": "use verbose=False",
    "output": "use the argument output",
}


def find_program(program=None):
    """The path of the program: the argument, else the environment's ``QCHEM_NQS``, else ``qchem-nqs`` on the PATH.

    Raises:
        ProgramNotFoundError: where it is in none of these, or what was named is no program.
    """
    named = (program, "the argument 'program'")
    if program is None:
        named = (os.environ.get(_VARIABLE), f"the environment variable {_VARIABLE}")
    path, source = named
    if path:
        found = shutil.which(os.fspath(path))
        if found is None:
            raise ProgramNotFoundError(f"{source} names {os.fspath(path)}, which is no program that can be run.")
        return found
    found = shutil.which("qchem-nqs")
    if found is None:
        raise ProgramNotFoundError(
            "the program qchem-nqs is not on the PATH. Build it with 'Scripts/build' in the project's root and set "
            f"{_VARIABLE} to .build/release/qchem-nqs, or give its path as 'program'."
        )
    return found


def option_words(options):
    """The words of options given by keyword.

    ``learning_rate=0.1`` is ``--learning-rate 0.1``, ``spin_flip=True`` and ``False`` are ``--spin-flip`` and
    ``--no-spin-flip``, a sequence has commas between its members, and None leaves the option out. The program checks
    names and values.
    """
    words = []
    for key, value in options.items():
        name = key.replace("_", "-")
        if name in _RESERVED:
            raise TypeError(f"{key}: no option of this call; {_RESERVED[name]}.")
        if value is None:
            continue
        if value is True:
            words.append(f"--{name}")
        elif value is False:
            words.append(f"--no-{name}")
        elif isinstance(value, (list, tuple)):
            words += [f"--{name}", ",".join(str(member) for member in value)]
        else:
            words += [f"--{name}", os.fspath(value) if isinstance(value, os.PathLike) else str(value)]
    return words


def run(program, words, verbose=False):
    """Runs the program with ``--json``.

    Args:
        program: its path.
        words: what follows it.
        verbose: whether its progress goes to standard error as it comes.

    Returns:
        The summary, a dictionary.

    Raises:
        ProgramError: with the program's message, where its exit code is not 0.
    """
    command = [program, *words, "--json"] + ([] if verbose else ["--quiet"])
    lines = []
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        try:
            # The summary is a few kilobytes at the end, so the other pipe never blocks the program.
            for line in process.stderr:
                lines.append(line)
                if verbose:
                    sys.stderr.write(line)
            text = process.stdout.read()
            code = process.wait()
        except BaseException:
            # An interrupt reaches the program too, which then writes a checkpoint and ends.
            process.terminate()
            raise
    if code != 0:
        raise ProgramError(_message(lines, code), code, command)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ProgramError(f"{program} printed no summary in JSON: {error}", code, command) from None


def _message(lines, code):
    """The program's last error, or what is known without one."""
    for index in range(len(lines) - 1, -1, -1):
        if lines[index].startswith("error: "):
            return "".join(lines[index:])[len("error: ") :].strip()
    end = f"signal {-code}" if code < 0 else f"exit code {code}"
    tail = "".join(lines[-3:]).strip()
    return f"the program ended with {end}" + (f": {tail}" if tail else " and said nothing.")
