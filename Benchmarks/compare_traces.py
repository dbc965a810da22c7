#!/usr/bin/env python3
"""Compares the traces of two builds of qchem-nqs bit by bit.

    Benchmarks/compare_traces.py BEFORE AFTER

BEFORE and AFTER are programs, say of two commits. Each solves every problem below with the same seed;
all columns of the trace but the seconds, the parameters, the optimiser's arrays and the final energy,
error, variance and leak must be equal to the last bit. Meant for changes that should not change a
number. Needs h5py and numpy. Exit code 1 where anything differs.
"""

import argparse
import concurrent.futures
import pathlib
import subprocess
import sys
import tempfile

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parent.parent
INTEGRALS = ROOT / "integrals"


def molecule(name, *options):
    return [str(INTEGRALS / f"{name}.fcidump"), *options]


def lattice(model, geometry, size, *options):
    return ["--lattice", model, "--geometry", geometry, "--size", size, *options]


RUNS = {
    "h2o": molecule("h2o_sto3g"),
    "h2o retnet": molecule("h2o_sto3g", "--ansatz", "retnet"),
    "h2o adam": molecule("h2o_sto3g", "--optimizer", "adam", "--start", "random", "--steps", "60"),
    "h2o annealing": molecule("h2o_sto3g", "--annealing", "linear", "--t0", "0.1", "--steps", "30"),
    "n2 layers": molecule("n2_sto3g", "--steps", "6", "--samples", "300", "--exact-limit", "100"),
    "n2 draws": molecule("n2_sto3g", "--steps", "8", "--samples", "500", "--draws", "100000",
                         "--exponent", "0.7", "--exact-limit", "100"),
    "n2 screened": molecule("n2_sto3g", "--steps", "4", "--samples", "200", "--local-energy",
                            "screened", "--exact-limit", "100"),
    "n2 subspace": molecule("n2_sto3g", "--steps", "4", "--samples", "200", "--local-energy",
                            "subspace"),
    "o2": molecule("o2_sto3g", "--steps", "10"),
    "ch2 uhf": molecule("ch2_triplet_uhf_sto3g", "--steps", "10"),
    "h4 no flip": molecule("h4_square_sto3g", "--no-spin-flip"),
    "lif": molecule("lif_sto3g", "--steps", "5", "--samples", "400"),
    "chain": lattice("heisenberg", "chain", "12"),
    "square": lattice("heisenberg", "square", "4x4", "--steps", "20"),
    "square plain": lattice("heisenberg", "square", "4x4", "--no-lattice-symmetry", "--steps", "6",
                            "--samples", "500"),
    "ising": lattice("ising", "square", "3x3", "--field", "3", "--steps", "20"),
    "xxz": lattice("xxz", "chain", "10", "--delta", "0.5", "--steps", "20"),
}


def solve(program, arguments, folder, name):
    path = pathlib.Path(folder) / (name + ".nqs.h5")
    command = [program, "solve", *arguments, "--output", str(path), "--quiet", "--threads", "1"]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise RuntimeError(f"{name}: exit code {run.returncode}: {run.stderr.strip()[:300]}")
    return path


def arrays(path):
    """All numbers that must not change, by name."""
    found = {}
    with h5py.File(path) as file:
        for group in ("trace", "parameters", "optimizer"):
            file[group].visititems(
                lambda name, item: found.__setitem__(f"{group}/{name}", item[()])
                if isinstance(item, h5py.Dataset) else None)
        final = file["final"]
        for name in ("energy", "error", "variance", "leak_energy", "leak_weight"):
            value = final[name][()] if name in final else final.attrs.get(name)
            if value is not None:
                found[f"final/{name}"] = value
    return {key: value for key, value in found.items() if "seconds" not in key and "scalar_" not in key}


def compare(name, before, after):
    """The names of the arrays that differ; those of one file only are not compared."""
    first, second = arrays(before), arrays(after)
    common = first.keys() & second.keys()
    if "trace/energy" not in common:
        return ["trace/energy"]
    return sorted(
        key for key in common
        if not (numpy.shape(first[key]) == numpy.shape(second[key])
                and numpy.asarray(first[key]).tobytes() == numpy.asarray(second[key]).tobytes()))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--runs", help="comma-separated names; default: all")
    options = parser.parse_args()
    names = options.runs.split(",") if options.runs else list(RUNS)
    failed = False
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        def both(name):
            arguments = RUNS[name]
            files = []
            for index, program in enumerate((options.before, options.after)):
                files.append(solve(program, arguments, folder, f"{name.replace(' ', '-')}-{index}"))
            with h5py.File(files[1]) as file:
                steps = len(file["trace/energy"])
            return compare(name, *files), steps
        jobs = [(name, pool.submit(both, name)) for name in names]
        for name, job in jobs:
            try:
                different, steps = job.result()
            except RuntimeError as error:
                different, steps = [str(error)], 0
            verdict = "equal" if not different else "DIFFERENT: " + ", ".join(different[:6])
            print(f"{name:15} {steps:4} steps  {verdict}", flush=True)
            failed = failed or bool(different)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
