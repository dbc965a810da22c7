#!/usr/bin/env python3
"""Measures how the error falls with the number of parameters, for every ansatz, at a fixed number of steps.

    Benchmarks/expressiveness.py --output expressiveness.tsv --figure expressiveness.svg
    Benchmarks/expressiveness.py --quick --jobs 2 --threads 1 --output quick.tsv
    Benchmarks/expressiveness.py --output expressiveness.tsv --table --figure expressiveness.svg

Transformers and RetNets have one block of two heads, widths 4 to 32 and feed-forward layers of twice
the width; MADE and NADE one hidden layer of 8 to 128. All other settings are the program's, the phase
network among them, so that it is the modulus that limits; --phase-hidden gives another one. Training
does not stop before --steps and takes sectors of up to --samples configurations whole. Every run is
one row of the output file, written when it ends; rows that are there are not run again. Exact energies
are those of integrals/README.md.

Prints Markdown tables:
- per problem, ansatz and size: the parameters of the modulus and of all, the error over the seeds
  (mean ± standard error, least, largest), and the error before the first step, after the fit to the
  perturbative start;
- per problem and ansatz: the slope of log10(error) against log10(parameters of the modulus), fitted
  for each seed, mean ± standard error over the seeds; of the start likewise.

The parameters of the modulus and the start's energy come from the result files, which needs h5py;
without it all parameters take their place and the start is left out. --figure needs matplotlib.
"""

import argparse
import math
import statistics
import sys

from study import (ANSAETZE, FLOOR, Run, add_options, chosen, errors, log_error, markdown,
                   mean_and_error, measure, panels, pyplot, save, with_error)
from validate import molecules

PROBLEMS = ["h6_chain_r18_sto6g", "n2_sto3g", "c2_sto3g"]
QUICK = {"problems": "h6_chain_r18_sto6g,n2_sto3g", "steps": 100, "seeds": "1,2,3"}
FULL = {"problems": ",".join(PROBLEMS), "steps": 200, "seeds": "1,2,3,4,5"}
WIDTHS, HIDDEN = "4,8,16,32", "8,16,32,64,128"
SHOWN = {"transformer": "transformer", "retnet": "RetNet", "made": "MADE", "nade": "NADE"}


def network(ansatz, size):
    """The options of solve that give a network its size."""
    if ansatz in ("made", "nade"):
        return f"--hidden {size}"
    return f"--layers 1 --heads 2 --width {size} --feed-forward {2 * size}"


def runs_of(choice, known):
    """All arms: {(problem, ansatz, size): runs over the seeds}."""
    budget = f"--steps {choice.steps} --energy-tolerance 0 --samples {choice.samples}"
    if choice.phase_hidden:
        budget += f" --phase-hidden {choice.phase_hidden}"
    if choice.options:
        budget += f" {choice.options}"
    return {
        (problem, ansatz, int(size)): [
            Run(problem, f"integrals/{problem}.fcidump", known[problem][2], ansatz, seed,
                choice.preset, f"{network(ansatz, int(size))} {budget}")
            for seed in choice.seeds.split(",")]
        for problem in chosen(choice.problems, known, "--problems")
        for ansatz in chosen(choice.ansatz, ANSAETZE, "--ansatz")
        for size in (choice.hidden if ansatz in ("made", "nade") else choice.widths).split(",")
    }


def parameters(row):
    """The parameters of the modulus, or all of them where these are not known."""
    return int(row["amplitude_parameters"] or row["parameters"])


def start_errors(rows):
    """Errors before the first step (1e-3); none where the result files were not read."""
    return [1e3 * (float(row["start_energy"]) - float(row["reference"]))
            for row in rows if row["start_energy"]]


def log_start_error(row):
    """The decimal logarithm of the error before the first step."""
    return math.log10(max(float(row["start_energy"]) - float(row["reference"]), FLOOR))


def size_table(arms):
    """Errors of every size."""
    lines = []
    for (problem, ansatz, size), rows in arms.items():
        good = [row for row in rows if not row["failure"]]
        if good:
            values = errors(good).values()
            lines.append([
                f"`{problem}`", SHOWN[ansatz], size, parameters(good[0]), good[0]["parameters"],
                with_error(values), f"{min(values):+.4g}", f"{max(values):+.4g}",
                with_error(start_errors(good)), f"{len(good)}/{len(rows)}"])
    return markdown(["problem", "ansatz", "size", "parameters of the modulus", "of all",
                     "error (1e-3)", "least", "largest", "at the start (1e-3)", "runs"], lines, 2)


def slopes(arms, problem, ansatz, logarithm):
    """The fitted slope and intercept of each seed with at least two sizes."""
    points = {}
    for (its_problem, its_ansatz, _), rows in arms.items():
        if (its_problem, its_ansatz) == (problem, ansatz):
            for row in rows:
                if not row["failure"] and row["start_energy" if logarithm is log_start_error
                                              else "deviation"]:
                    points.setdefault(row["seed"], []).append(
                        (math.log10(parameters(row)), logarithm(row)))
    fits = []
    for pairs in points.values():
        if len({x for x, _ in pairs}) > 1:
            fits.append(statistics.linear_regression(*zip(*pairs)))
    return fits


def slope_table(arms):
    """Slopes of every ansatz."""
    lines = []
    for problem, ansatz in dict.fromkeys(key[:2] for key in arms):
        fits = [slopes(arms, problem, ansatz, kind) for kind in (log_error, log_start_error)]
        if fits[0]:
            lines.append([f"`{problem}`", SHOWN[ansatz],
                          *(with_error(fit.slope for fit in some) for some in fits),
                          len(fits[0])])
    return markdown(["problem", "ansatz", "slope of the error", "slope at the start", "seeds"],
                    lines, 2)


def draw(arms, path):
    """One panel a problem: mean log error with its standard error, and the mean fit."""
    plot = pyplot()
    problems = list(dict.fromkeys(key[0] for key, rows in arms.items() if rows))
    figure, axes = panels(plot, len(problems))
    for axis, problem in zip(axes, problems):
        for number, ansatz in enumerate(ANSAETZE):
            draw_ansatz(axis, arms, problem, ansatz, f"C{number}")
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_title(problem)
        axis.set_xlabel("parameters of the modulus")
        axis.set_ylabel("error (1e-3)")
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=7)
    save(figure, path)


def draw_ansatz(axis, arms, problem, ansatz, colour):
    """The points of one ansatz and its line."""
    sizes = []
    for key, rows in arms.items():
        good = [row for row in rows if not row["failure"]]
        if key[:2] == (problem, ansatz) and good:
            mean, error = mean_and_error(log_error(row) for row in good)
            value, error = 1e3 * 10 ** mean, error or 0
            axis.errorbar([parameters(good[0])], [value],
                          [[value * (1 - 10 ** -error)], [value * (10 ** error - 1)]],
                          fmt="o", color=colour, capsize=3,
                          label=None if sizes else SHOWN[ansatz])
            sizes.append(parameters(good[0]))
    fits = slopes(arms, problem, ansatz, log_error)
    if fits:
        slope, intercept = (statistics.fmean(values) for values in zip(*fits))
        axis.plot(sizes, [1e3 * 10 ** (intercept + slope * math.log10(size)) for size in sizes],
                  "-", color=colour, alpha=0.5)


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, "expressiveness.tsv", None)
    parser.add_argument("--problems", help="files of integrals/ with an exact energy, by commas "
                                           f"(default: {', '.join(PROBLEMS)})")
    parser.add_argument("--widths", default=WIDTHS,
                        help=f"of transformers and RetNets, even ones (default: {WIDTHS})")
    parser.add_argument("--hidden", default=HIDDEN, help=f"of MADE and NADE (default: {HIDDEN})")
    parser.add_argument("--steps", type=int, help=f"(default: {FULL['steps']}, quick {QUICK['steps']})")
    parser.add_argument("--samples", type=int, default=20000,
                        help="the largest number of configurations in a step (default: 20000)")
    parser.add_argument("--phase-hidden", default="", metavar="WIDTHS",
                        help="the phase network's (default: the program's)")
    parser.add_argument("--preset", default="default", help="default or paper (default: default)")
    parser.add_argument("--options", default="", help="further options of solve, in one word")
    parser.add_argument("--quick", action="store_true", help="without C2, half the steps, three seeds")
    parser.add_argument("--figure", metavar="FILE.svg", help="draw errors and fits")
    choice = parser.parse_args()
    for name, value in (QUICK if choice.quick else FULL).items():
        if getattr(choice, name) is None:
            setattr(choice, name, value)
    return choice


def main():
    choice = parse()
    if choice.figure:
        pyplot()
    runs = runs_of(choice, molecules())
    # Seed by seed, so that an interrupted measurement has whole seeds.
    found = {(row["problem"], row["ansatz"], row["options"], row["seed"]): row
             for row in measure(choice, [run for seeds in zip(*runs.values()) for run in seeds])}
    key = lambda run: (run.problem, run.ansatz, run.options, run.seed)
    arms = {arm: [found[key(run)] for run in seeds if key(run) in found]
            for arm, seeds in runs.items()}
    if found:
        print(f"### Errors\n\n{size_table(arms)}\n\n### Fits\n\n{slope_table(arms)}")
        if choice.figure:
            draw(arms, choice.figure)
    is_whole = len(found) == sum(map(len, runs.values()))
    return 0 if is_whole and not any(row["failure"] for row in found.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
