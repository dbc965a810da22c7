#!/usr/bin/env python3
"""Kills runs at random moments and checks that they go on as if nothing had happened.

    Benchmarks/kill.py                        # 100 kills
    Benchmarks/kill.py --kills 1000 --seed 2

Needs h5py and NumPy. Each problem first runs to its end, with a checkpoint at every step. Then it is
run again and again, ended by SIGKILL after a random time, and resumed from the file that is left until
it ends by itself. After every kill the file must open and hold a complete trace; at the end every
number of the trace but the seconds, the parameters and the final energy must be those of the
uninterrupted run, bit for bit. A kill before the first checkpoint leaves no file: then the run begins
anew. Exit code 1 where anything differs. The times are random by --seed, but where in a run they fall
depends on the machine.
"""

import argparse
import collections
import pathlib
import random
import shlex
import subprocess
import sys
import tempfile
import time

import h5py
import numpy

from validate import ROOT

PROBLEMS = {
    "water": "integrals/h2o_sto3g.fcidump",
    "nitrogen, sampled": "integrals/n2_sto3g.fcidump --steps 12 --samples 300 --exact-limit 0",
    "chain, symmetries": "--lattice heisenberg --geometry chain --size 10",
    "Ising 3x3, annealed": "--lattice ising --size 3x3 --field 2 --annealing linear --steps 40",
}
LIMIT = 600


def contents(path):
    """All arrays and numbers of a result file that must not depend on how it came about."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and name.split("/")[0] in ("trace", "parameters"):
            if name != "trace/seconds":
                found[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
        found["step"] = file.attrs["step"]
        for name in ("energy", "error", "variance"):
            found[f"final/{name}"] = file["final"].attrs.get(name) if "final" in file else None
    return found


def differences(first, second):
    """The names whose values differ in a bit."""
    same = lambda a, b: numpy.asarray(a).tobytes() == numpy.asarray(b).tobytes()
    return sorted(name for name in first.keys() | second.keys()
                  if name not in first or name not in second or not same(first[name], second[name]))


def state(path):
    """The steps of a checkpoint, after a look at whether it is whole; None where there is none."""
    if not path.exists():
        return None
    with h5py.File(path) as file:
        steps = int(file.attrs["step"])
        lengths = {len(column) for column in file["trace"].values()}
        numbers = file["trace/step"][:]
    if lengths != {steps} or not numpy.array_equal(numbers, numpy.arange(1, steps + 1)):
        raise ValueError(f"a checkpoint of step {steps} has a trace of {sorted(lengths)} rows")
    return steps


class Runner:
    """Runs one problem in a folder of its own."""

    def __init__(self, program, problem, seed, folder):
        self.path = folder / "run.h5"
        common = ["--quiet", "--threads", "1", "--checkpoint-every", "1"]
        self.fresh = [str(program), "solve", *shlex.split(problem), *common, "--seed", str(seed),
                      "--output", str(self.path)]
        self.resume = [str(program), "solve", "--resume", str(self.path), *common]

    def run(self, delay=None):
        """Runs or resumes; True where it ended by itself, False where it was killed."""
        command = self.resume if self.path.exists() else self.fresh
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, talk = process.communicate(timeout=LIMIT if delay is None else delay)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            if delay is None:
                raise RuntimeError(f"{shlex.join(command)} did not end in {LIMIT} s") from None
            return False
        if process.returncode:
            raise RuntimeError(f"{shlex.join(command)}: exit code {process.returncode}: {talk}")
        return True


def torment(runner, source, seconds, kills, counts):
    """Kills and resumes one run until it ends or there are enough kills, then lets it end."""
    while kills > 0 and not runner.run(source.uniform(0, seconds)):
        kills -= 1
        counts["kills"] += 1
        steps = state(runner.path)
        if steps is None:
            counts["before the first checkpoint"] += 1
        leftovers = [file for file in runner.path.parent.iterdir() if file != runner.path]
        if leftovers:
            counts["while a checkpoint was written"] += 1
        for file in leftovers:
            file.unlink()
    if kills == 0:
        runner.run()
    counts["runs"] += 1


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/qchem-nqs")
    choice = parser.parse_args()
    program = choice.program.resolve()
    if not program.exists():
        sys.exit(f"error: there is no {program}; build it with Scripts/build or name it with --program")
    print("| problem | steps | seconds | runs | kills | before the first checkpoint "
          "| while a checkpoint was written | runs that differ |")
    print("| --- |" + " --: |" * 7)
    failed = False
    for number, (name, problem) in enumerate(PROBLEMS.items()):
        source = random.Random(f"{choice.seed}/{name}")
        share = choice.kills * (number + 1) // len(PROBLEMS) - choice.kills * number // len(PROBLEMS)
        with tempfile.TemporaryDirectory() as folder:
            whole = Runner(program, problem, choice.seed, pathlib.Path(folder))
            start = time.monotonic()
            whole.run()
            seconds = time.monotonic() - start
            reference = contents(whole.path)
        counts = collections.Counter()
        while counts["kills"] < share:
            with tempfile.TemporaryDirectory() as folder:
                runner = Runner(program, problem, choice.seed, pathlib.Path(folder))
                torment(runner, source, seconds, share - counts["kills"], counts)
                wrong = differences(reference, contents(runner.path))
            if wrong:
                counts["differ"] += 1
                print(f"{name}: differs in {', '.join(wrong[:8])}", file=sys.stderr)
        failed = failed or counts["differ"] > 0
        print(f"| {name} | {reference['step']} | {seconds:.1f} | {counts['runs']} | {counts['kills']} "
              f"| {counts['before the first checkpoint']} "
              f"| {counts['while a checkpoint was written']} | {counts['differ']} |", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
