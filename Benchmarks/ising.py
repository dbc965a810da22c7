#!/usr/bin/env python3
"""Measures `solve --lattice classical-ising`: accuracy against size, and seconds and memory against size.

    Benchmarks/ising.py accuracy --lengths 16,32 --output ising.tsv
    Benchmarks/ising.py accuracy --betas 0.44,critical --lengths 64,128 --output ising.tsv
    Benchmarks/ising.py accuracy --lengths 8,16 --ansatz van --options "--steps 4000" --output van.tsv
    Benchmarks/ising.py cost --figure cost.svg --output ising-cost.tsv
    Benchmarks/ising.py accuracy --output ising.tsv --table

Every run is one row of the output file, written when it ends; rows that are there are not run again. Use another file
after the program has changed. `accuracy` prints, of each size and temperature, the worst seed: the relative error of
the free energy, the Kullback-Leibler divergence in nats, the effective sample size, acceptance and autocorrelation
time of the Markov chain, and the largest deviation of the weighted energy, specific heat and entropy from the exact
values in their own errors; exit code 1 where one of these exceeds three with an effective sample size of 0.1 or
more. `cost` takes a few steps of the published scheme for hierarchical networks (han) and of one dense network (van),
prints seconds for a step of 1024 configurations, parameters and peak memory, marks by ~ what is a formula because it
does not fit, and fits powers of L. Processor seconds are of all threads and do not change with other work on the machine.
"""

import argparse
import json
import math
import os
import pathlib
import shlex
import statistics
import sys
import tempfile
import time

from study import add_options, markdown, panels, pyplot, save, timed
from validate import ROOT, append_row, read_rows, revision

KEY = ["mode", "length", "beta", "ansatz", "seed", "options"]
MEASURED = """parameters steps threads free_energy_per_site free_energy_error exact_free_energy_per_site variance
    relative_error kl_divergence kl_divergence_error ess nis_log_partition_function nis_log_partition_function_error
    exact_log_partition_function nis_energy_per_site nis_energy_per_site_error exact_energy_per_site
    nis_specific_heat_per_site nis_specific_heat_per_site_error exact_specific_heat_per_site nis_entropy_per_site
    nis_entropy_per_site_error exact_entropy_per_site nis_magnetization_per_site nis_magnetization_per_site_error
    chain_acceptance chain_autocorrelation_time reliable""".split()
COLUMNS = [*KEY, *MEASURED, "seconds", "cpu_seconds", "step_seconds", "peak_mib", "revision", "failure"]
CRITICAL = math.log(1 + math.sqrt(2)) / 2
# Sizes up to which one dense network is run; beyond, its cost is a formula.
LARGEST_VAN = 32


def solve(choice, key):
    """Runs one run and returns its row."""
    row = dict.fromkeys(COLUMNS, "")
    row.update(key, revision=revision())
    beta = CRITICAL if key["beta"] == "critical" else float(key["beta"])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.h5")
        command = [str(choice.program.resolve()), "solve", "--lattice", "classical-ising", "--size", key["length"],
                   "--beta", repr(beta), "--ansatz", key["ansatz"], "--seed", key["seed"], "--json", "--quiet",
                   "--output", path, *shlex.split(key["options"])]
        if choice.threads:
            command += ["--threads", choice.threads]
        start = time.monotonic()
        code, output, talk, processor, peak = timed(command, folder, None)
        row.update(seconds=f"{time.monotonic() - start:.2f}", cpu_seconds=f"{processor:.2f}", peak_mib=f"{peak / 1024:.0f}")
        if code:
            row["failure"] = f"exit code {code}: {' '.join(talk.split())[-200:]}"
            return row
        result = json.loads(output)
        row.update({name: result.get(name) for name in MEASURED})
        row["step_seconds"] = step_seconds(path)
    return {name: "" if value is None else str(value) for name, value in row.items()}


def step_seconds(path):
    """The median time of a step after the first."""
    import h5py
    with h5py.File(path) as file:
        seconds = file["trace/seconds"][:]
    steps = [b - a for a, b in zip(seconds, seconds[1:])]
    return statistics.median(steps) if steps else ""


def measure(choice, keys):
    """Runs what is not in the output file yet; returns the rows in order."""
    output = pathlib.Path(choice.output)
    done = {tuple(row[name] for name in KEY): row for row in read_rows(output, COLUMNS)}
    for key in [] if choice.table else keys:
        name = tuple(key[part] for part in KEY)
        if name in done:
            continue
        row = solve(choice, key)
        append_row(output, COLUMNS, row)
        done[name] = row
        short = lambda name: f"{float(row[name]):.3g}" if row[name] else ""
        print(f"L {key['length']:>4} beta {key['beta']} {key['ansatz']} seed {key['seed']} {key['options']}  "
              f"relative {short('relative_error')} ESS {short('ess')}  {row['seconds']} s {row['failure']}",
              file=sys.stderr, flush=True)
    return [done[name] for name in (tuple(key[part] for part in KEY) for key in keys) if name in done]


def deviation(row, name):
    """The deviation of a weighted estimate from the exact value in its own errors."""
    error = float(row[f"nis_{name}_error"])
    return (float(row[f"nis_{name}"]) - float(row[f"exact_{name}"])) / error if error else 0.0


def largest_deviation(row):
    names = ["log_partition_function", "energy_per_site", "specific_heat_per_site", "entropy_per_site"]
    return max((deviation(row, name) for name in names), key=abs)


def accuracy_table(rows):
    cells = {}
    for row in rows:
        cells.setdefault((int(row["length"]), row["beta"], row["ansatz"], row["options"]), []).append(row)
    lines = []
    for (length, beta, ansatz, options), runs in cells.items():
        good = [row for row in runs if not row["failure"]]
        if not good:
            lines.append([length, beta, ansatz, options] + [""] * 9 + [f"0/{len(runs)}"])
            continue
        numbers = lambda name: [float(row[name]) for row in good]
        trusted = [row for row in good if float(row["ess"]) >= 0.1]
        lines.append([
            length, beta, ansatz, options, good[0]["parameters"], f"{max(numbers('relative_error')):.1e}",
            f"{max(numbers('kl_divergence')):.3f}", f"{min(numbers('ess')):.3f}",
            f"{min(numbers('chain_acceptance')):.3f}", f"{max(numbers('chain_autocorrelation_time')):.2f}",
            f"{max((largest_deviation(row) for row in trusted), key=abs):+.1f}" if trusted else "",
            f"{max(numbers('seconds')):.0f}", f"{max(numbers('cpu_seconds')):.0f}", f"{len(good)}/{len(runs)}"])
    return markdown(
        ["L", "β", "ansatz", "options", "parameters", "worst relative error of F", "KL (nats)", "least ESS",
         "least acceptance", "τ", "largest deviation (σ)", "seconds", "processor seconds", "seeds"], lines)


def van_parameters(length):
    """Weights, biases and slopes of one dense network of two layers without what masks leave out."""
    spins = length * length
    return spins * spins + 3 * spins


def power(points):
    """The exponent of a fit of a power, and its standard error."""
    x, y = zip(*[(math.log(a), math.log(b)) for a, b in points])
    fit = statistics.linear_regression(x, y)
    if len(x) < 3:
        return fit.slope, float("nan")
    rest = [b - fit.intercept - fit.slope * a for a, b in zip(x, y)]
    mean = statistics.fmean(x)
    spread = math.sqrt(sum(r * r for r in rest) / (len(x) - 2) / sum((a - mean) ** 2 for a in x))
    return fit.slope, spread


def cost_table(rows):
    found = {(row["ansatz"], int(row["length"])): row for row in rows if not row["failure"]}
    points = {ansatz: [(length, float(row["step_seconds"])) for (name, length), row in found.items()
                       if name == ansatz and row["step_seconds"]] for ansatz in ("han", "van")}
    fits = {ansatz: power(values[-4:]) for ansatz, values in points.items() if len(values) > 1}
    lines = []
    for length in sorted({length for _, length in found}):
        han, van = found.get(("han", length)), found.get(("van", length))
        if not han:
            continue
        own = float(han["step_seconds"])
        if van:
            other, mark = float(van["step_seconds"]), ""
        elif points["van"]:
            # Multiply-adds grow as L^4 where spins are drawn incrementally.
            last, seconds = points["van"][-1]
            other, mark = seconds * (length / last) ** 4, "~"
        else:
            continue
        parameters = int(van["parameters"]) if van else van_parameters(length)
        lines.append([
            length, han["parameters"], f"{'' if van else '~'}{parameters}", f"{own:.4f}", f"{mark}{other:.3g}",
            f"{mark}{other / own:.3g}", han["peak_mib"],
            van["peak_mib"] if van else f"~{4 * 4 * parameters / 2 ** 20:.3g}"])
    text = markdown(["L", "parameters, han", "van", "seconds a step, han", "van", "van / han", "MiB, han", "van"],
                    lines)
    for ansatz, (slope, error) in fits.items():
        text += f"\n\n{ansatz}: seconds ∝ L^({slope:.2f} ± {error:.2f}) over the last four sizes"
    return text


def draw_cost(rows, path):
    plot = pyplot()
    figure, (axis,) = panels(plot, 1)
    for number, ansatz in enumerate(("han", "van")):
        points = sorted((int(row["length"]), float(row["step_seconds"])) for row in rows
                        if row["ansatz"] == ansatz and row["step_seconds"])
        if points:
            axis.plot(*zip(*points), "os"[number] + "-", color=f"C{number}", label=ansatz)
    axis.set_xscale("log", base=2)
    axis.set_yscale("log")
    axis.set_xlabel("L")
    axis.set_ylabel("seconds a step")
    axis.legend()
    save(figure, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["accuracy", "cost"])
    add_options(parser, "ising.tsv", "1,2,3")
    parser.set_defaults(ansatz="han")
    parser.add_argument("--lengths", help="by commas (default: 8,16,32; cost: 8 to 512)")
    parser.add_argument("--betas", default="0.44", help="by commas; critical is ln(1 + √2)/2 (default: 0.44)")
    parser.add_argument("--options", default="", help="further options of solve, in one word")
    parser.add_argument("--figure", metavar="FILE.svg", help="cost: draw seconds against L")
    choice = parser.parse_args()
    if choice.mode == "accuracy":
        keys = [dict(mode="accuracy", length=length, beta=beta, ansatz=ansatz, seed=seed, options=choice.options)
                for length in (choice.lengths or "8,16,32").split(",") for beta in choice.betas.split(",")
                for ansatz in choice.ansatz.split(",") for seed in choice.seeds.split(",")]
    else:
        lengths = [int(length) for length in (choice.lengths or "8,16,32,64,128,256,512").split(",")]
        options = "--preset paper --symmetry none --steps 5 --final-draws 64 --leading 0 --samples 1024"
        keys = [dict(mode="cost", length=str(length), beta="0.44", ansatz=ansatz, seed="1",
                     options=f"{options} {choice.options}".strip())
                for length in lengths for ansatz in ("han", "van") if ansatz == "han" or length <= LARGEST_VAN]
    rows = measure(choice, keys)
    if choice.mode == "cost":
        print(cost_table(rows))
        if choice.figure:
            draw_cost(rows, choice.figure)
        return 0 if len(rows) == len(keys) and not any(row["failure"] for row in rows) else 1
    print(accuracy_table(rows))
    wrong = [row for row in rows
             if row["failure"] or (float(row["ess"]) >= 0.1 and abs(largest_deviation(row)) > 3)]
    return 1 if wrong or len(rows) < len(keys) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
