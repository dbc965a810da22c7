#!/usr/bin/env python3
"""Measures what annealing does: every ansatz, with and without it, under both optimisers.

    Benchmarks/ablation.py --output ablation.tsv --figure ablation.svg
    Benchmarks/ablation.py --quick --jobs 2 --threads 1 --output quick.tsv
    Benchmarks/ablation.py --presets default --optimizers sr --problems h2o_sto3g
    Benchmarks/ablation.py --output ablation.tsv --table --figure ablation.svg

Solves bundled problems with each ansatz, each optimiser, each of five seeds, with variational neural
annealing (VNA) and without, in the setting of the paper on retentive networks (`--preset paper`, with
--steps for adam and --sr-steps for sr) and in ours (`--preset default`, with the steps that the program
takes). Every run is one row of the output file, written when it ends; rows that are there are not run
again. Exact energies are those of integrals/README.md.

Prints Markdown tables:
- the error over the seeds: mean ± standard error, least and largest;
- VNA − none, paired by seed: in how many pairs VNA has the lower energy, the two-sided probability of
  that if VNA did nothing (sign test), and the mean difference ± standard error;
- RetNet − transformer, paired by seed, with and without VNA;
- over all problems: the pairs in which VNA is lower, and the mean of log10(error with VNA / error
  without) ± its standard error over the problems.

--quick is three small problems in the paper's setting only, with fewer steps: about 30 minutes on two
cores with --jobs 2 --threads 1. --figure needs matplotlib.
"""

import argparse
import pathlib
import sys

from study import (ANSAETZE, Run, add_options, chosen, errors, log_error, markdown,
                   mean_and_error, measure, panels, pyplot, save, sign_test, with_error)
from validate import molecules

PROBLEMS = ["lih_sto3g", "h2o_sto3g", "n2_sto3g", "n2_sto3g_r180", "n2_sto3g_r210", "c2_sto3g",
            "licl_sto3g", "h8_chain_r36_sto6g", "hubbard_1d_l6_u4"]
QUICK = {"problems": "h2o_sto3g,n2_sto3g_r180,hubbard_1d_l6_u4", "presets": "paper",
         "steps": 3000, "sr_steps": 100}
FULL = {"problems": ",".join(PROBLEMS), "presets": "paper,default", "steps": 10000, "sr_steps": 200}
OPTIMIZERS = ["adam", "sr"]
SHOWN = {"transformer": "transformer", "retnet": "RetNet", "made": "MADE", "nade": "NADE"}


def options_of(choice, preset, optimizer, annealing):
    """The further options of solve of one arm."""
    words = [f"--optimizer {optimizer}", choice.vna if annealing == "vna" else "--annealing none"]
    if preset == "paper":
        words.append(f"--steps {choice.steps if optimizer == 'adam' else choice.sr_steps}")
    return " ".join(words + ([choice.options] if choice.options else []))


def runs_of(choice, known):
    """All arms: {(problem, preset, optimizer, ansatz, annealing): runs over the seeds}."""
    return {
        (problem, preset, optimizer, ansatz, annealing): [
            Run(problem, f"integrals/{problem}.fcidump", known[problem][2], ansatz, seed, preset,
                options_of(choice, preset, optimizer, annealing))
            for seed in choice.seeds.split(",")]
        for problem in chosen(choice.problems, known, "--problems")
        for preset in chosen(choice.presets, ["paper", "default"], "--presets")
        for optimizer in chosen(choice.optimizers, OPTIMIZERS, "--optimizers")
        for ansatz in chosen(choice.ansatz, ANSAETZE, "--ansatz")
        for annealing in ("none", "vna")
    }


def by_seed(runs):
    """The runs seed by seed, all arms of a seed together, so that early ends leave whole seeds."""
    return [run for seeds in zip(*runs.values()) for run in seeds]


def paired(arms, key, other):
    """Differences of errors (1e-3), `key` − `other`, of the seeds that both have."""
    first, second = errors(arms.get(key, [])), errors(arms.get(other, []))
    return [first[seed] - second[seed] for seed in first if seed in second]


def error_table(arms):
    """Mean, standard error, least and largest error of every arm."""
    lines = []
    for (problem, preset, optimizer, ansatz, annealing), rows in arms.items():
        values = errors(rows).values()
        if rows:
            lines.append([
                f"`{problem}`", preset, optimizer, SHOWN[ansatz], annealing, with_error(values),
                f"{min(values):+.4g}" if values else "", f"{max(values):+.4g}" if values else "",
                f"{sum(row['converged'] == 'True' for row in rows)}/{len(rows)}",
                sum(bool(row["failure"]) for row in rows)])
    return markdown(["problem", "preset", "optimiser", "ansatz", "annealing", "error (1e-3)",
                     "least", "largest", "converged", "failed"], lines, 5)


def vna_table(arms):
    """VNA − none of every pair of arms."""
    lines = []
    for key in arms:
        *arm, annealing = key
        differences = paired(arms, key, (*arm, "none"))
        if annealing == "vna" and differences:
            lower, count, chance = sign_test(differences)
            lines.append([f"`{arm[0]}`", *arm[1:3], SHOWN[arm[3]], f"{lower}/{count}",
                          f"{chance:.3f}", with_error(differences)])
    return markdown(["problem", "preset", "optimiser", "ansatz", "VNA lower", "probability",
                     "VNA − none (1e-3)"], lines, 4)


def gap_table(arms):
    """RetNet − transformer with and without VNA."""
    lines = []
    for problem, preset, optimizer in dict.fromkeys(key[:3] for key in arms):
        gaps = [paired(arms, (problem, preset, optimizer, "retnet", annealing),
                       (problem, preset, optimizer, "transformer", annealing))
                for annealing in ("none", "vna")]
        if any(gaps):
            lines.append([f"`{problem}`", preset, optimizer, *map(with_error, gaps)])
    return markdown(["problem", "preset", "optimiser", "RetNet − transformer (1e-3)",
                     "the same with VNA"], lines, 3)


def log_ratios(arms, arm):
    """log10(error with VNA / error without) of the seeds that both have."""
    logs = [{row["seed"]: log_error(row) for row in arms.get((*arm, annealing), [])
             if not row["failure"]} for annealing in ("vna", "none")]
    return [logs[0][seed] - logs[1][seed] for seed in logs[0] if seed in logs[1]]


def summary_table(arms):
    """What VNA does over all problems."""
    lines = []
    problems = list(dict.fromkeys(key[0] for key in arms))
    for preset, optimizer, ansatz in dict.fromkeys(key[1:4] for key in arms):
        arm = lambda problem: (problem, preset, optimizer, ansatz)
        differences = [value for problem in problems
                       for value in paired(arms, (*arm(problem), "vna"), (*arm(problem), "none"))]
        if differences:
            lower, count, chance = sign_test(differences)
            ratios = [mean_and_error(values)[0] for problem in problems
                      if (values := log_ratios(arms, arm(problem)))]
            lines.append([preset, optimizer, SHOWN[ansatz], f"{lower}/{count}", f"{chance:.3g}",
                          with_error(ratios)])
    return markdown(["preset", "optimiser", "ansatz", "VNA lower", "probability",
                     "log10(VNA / none)"], lines, 3)


def draw(arms, preset, path):
    """One panel a problem: every seed's error, and mean and standard error of each arm."""
    plot = pyplot()
    problems = list(dict.fromkeys(key[0] for key in arms if key[1] == preset))
    places = list(dict.fromkeys(key[2:4] for key in arms if key[1] == preset))
    figure, axes = panels(plot, len(problems))
    for axis, problem in zip(axes, problems):
        for shift, annealing, colour in ((-0.15, "none", "tab:blue"), (0.15, "vna", "tab:orange")):
            for place, (optimizer, ansatz) in enumerate(places):
                rows = arms.get((problem, preset, optimizer, ansatz, annealing), [])
                values = [max(value, 1e-6) for value in errors(rows).values()]
                if values:
                    mean, error = mean_and_error(values)
                    axis.plot([place + shift] * len(values), values, ".", color=colour, alpha=0.4)
                    axis.errorbar([place + shift], [mean], [[min(error or 0, 0.9 * mean)], [error or 0]],
                                  fmt="o", color=colour, capsize=3,
                                  label=annealing.upper() if annealing == "vna" and not place
                                  else annealing if not place else None)
        axis.set_yscale("log")
        axis.set_title(problem)
        axis.set_ylabel("error (1e-3)")
        axis.set_xticks(range(len(places)),
                        [f"{SHOWN[ansatz]}\n{optimizer}" for optimizer, ansatz in places],
                        fontsize=6, rotation=45)
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize=7)
    save(figure, path)


def figures(arms, path):
    """A figure for each preset; with several, its name goes before the file's suffix."""
    presets = list(dict.fromkeys(key[1] for key, rows in arms.items() if rows))
    for preset in presets:
        name = f"{path.stem}-{preset}{path.suffix}" if len(presets) > 1 else path.name
        draw(arms, preset, path.with_name(name))


def parse():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, "ablation.tsv", "1,2,3,4,5")
    parser.add_argument("--problems", help="files of integrals/ with an exact energy, by commas "
                                           f"(default: {', '.join(PROBLEMS)})")
    parser.add_argument("--presets", help="paper, default or both by commas (default: both)")
    parser.add_argument("--optimizers", default=",".join(OPTIMIZERS),
                        help="adam, sr or both by commas (default: both)")
    parser.add_argument("--steps", type=int, help="steps of adam in the paper's setting "
                        f"(default: {FULL['steps']}, quick {QUICK['steps']})")
    parser.add_argument("--sr-steps", type=int, help="steps of sr there, each of which costs and does "
                        f"far more (default: {FULL['sr_steps']}, quick {QUICK['sr_steps']})")
    parser.add_argument("--vna", default="--annealing linear", metavar="OPTIONS",
                        help="the options that make a run one with VNA, in one word "
                             "(default: '--annealing linear')")
    parser.add_argument("--options", default="", help="further options of solve, in one word")
    parser.add_argument("--quick", action="store_true", help="fewer and smaller problems, fewer steps")
    parser.add_argument("--figure", type=pathlib.Path, metavar="FILE.svg", help="draw the errors")
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
    found = {tuple(row[name] for name in ("problem", "ansatz", "seed", "preset", "options")): row
             for row in measure(choice, by_seed(runs))}
    arms = {key: [found[run.key] for run in seeds if run.key in found]
            for key, seeds in runs.items()}
    if found:
        for title, table in [("Errors", error_table), ("VNA − none", vna_table),
                             ("RetNet − transformer", gap_table), ("All problems", summary_table)]:
            print(f"### {title}\n\n{table(arms)}\n")
        if choice.figure:
            figures(arms, choice.figure)
    is_whole = len(found) == sum(map(len, runs.values()))
    return 0 if is_whole and not any(row["failure"] for row in found.values()) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
