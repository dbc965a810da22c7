#!/usr/bin/env python3
"""Measures qchem-nqs on the eighteen molecules of the NAQS benchmark, 4 to 30 qubits.

    Benchmarks/naqs.py --output naqs.tsv
    Benchmarks/naqs.py --molecules h2o,n2 --ansatz retnet,made --seeds 1
    Benchmarks/naqs.py --preset paper --time-limit 900 --output naqs-paper.tsv
    Benchmarks/naqs.py --output naqs.tsv --table

Solves integrals/naqs/*.fcidump with every ansatz and seed. Every run is one row of the output file,
written when it ends; rows that are there are not run again, so that an interrupted measurement goes
on. Use another file after the program has changed.

Prints two Markdown tables: per molecule and ansatz the worst values over the seeds, and the worst
errors side by side. Exact energies are those of integrals/naqs/README.md. Demanded of transformers
and RetNets is an error of 0.1 mEh up to 20 qubits and of 1 mEh up to 30, of MADE and NADE 1 mEh up to
20 qubits and nothing beyond. Exit code 1 where a run fails, misses this, or has an energy below the
exact one by more than three error bars.
"""

import argparse
import sys

from study import ANSAETZE, ROOT, Run, add_options, chosen, errors, markdown, measure


def molecules():
    """The rows of integrals/naqs/README.md as {name: (qubits, HF energy, exact energy)}."""
    found = {}
    for line in (ROOT / "integrals/naqs/README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 9 and cells[0].startswith("`"):
            name = cells[0].strip("`").removesuffix("_sto3g")
            found[name] = (int(cells[2]), float(cells[6]), float(cells[7]))
    return found


def tolerance(qubits, ansatz):
    """The error that is allowed in hartree, None for any."""
    if ansatz in ("made", "nade"):
        return 1e-3 if qubits <= 20 else None
    return 1e-4 if qubits <= 20 else 1e-3


def faults(row, allowed):
    """What is wrong with a run, as a list of words."""
    if row["failure"]:
        return ["failed"]
    deviation, found = float(row["deviation"]), []
    if allowed is not None and not abs(deviation) <= allowed:
        found.append("inaccurate")
    # The last digits of references and of sums of many terms allow 1e-8.
    if deviation < -3 * float(row["energy_error"]) - 1e-8 * max(1, abs(float(row["reference"]))):
        found.append("below exact")
    return found


def worst(rows, name, form, scale=1):
    """The largest modulus of a column, for a table."""
    values = [float(row[name]) for row in rows if row[name]]
    return format(scale * max(values, key=abs), form) if values else ""


def yes(rows, name):
    """How many runs say yes in a column, for a table."""
    return f"{sum(row[name] == 'True' for row in rows)}/{len(rows)}"


def correlation(rows, hartree_fock, exact):
    """The least part of the correlation energy over the runs, in percent."""
    parts = [100 * (1 - float(row["deviation"]) / (hartree_fock - exact))
             for row in rows if row["deviation"]]
    return f"{min(parts):.3f}" if parts else ""


def line(name, data, ansatz, rows):
    """The cells of one molecule and ansatz."""
    qubits, hartree_fock, exact = data
    allowed = tolerance(qubits, ansatz)
    wrong = sorted({fault for row in rows for fault in faults(row, allowed)})
    held = sum(not faults(row, allowed) for row in rows)
    return [f"`{name}`", ansatz, qubits, f"{exact:.7f}", worst(rows, "deviation", "+.4f", 1e3),
            worst(rows, "energy_error", ".4f", 1e3), "" if allowed is None else f"{1e3 * allowed:g}",
            correlation(rows, hartree_fock, exact), worst(rows, "seconds", ".1f"), worst(rows, "cpu_seconds", ".1f"),
            worst(rows, "steps", ".0f"), worst(rows, "parameters", ".0f"), yes(rows, "converged"),
            yes(rows, "collapsed"),
            f"{held}/{len(rows)}" + (f" ({', '.join(wrong)})" if wrong else "")]


def tables(rows, known):
    """Both tables of the runs."""
    cells = {}
    for row in rows:
        cells.setdefault((row["problem"], row["ansatz"]), []).append(row)
    long = markdown(
        ["molecule", "ansatz", "qubits", "exact (Eh)", "worst error (mEh)", "error bar (mEh)",
         "tolerance (mEh)", "least correlation (%)", "seconds", "processor seconds", "steps", "parameters", "converged",
         "collapsed", "seeds that hold"],
        [line(name, known[name], ansatz, runs) for (name, ansatz), runs in cells.items()], 2)
    ansaetze = [name for name in ANSAETZE if any(row["ansatz"] == name for row in rows)]
    worst_of = lambda name, ansatz: max(errors(cells.get((name, ansatz), [])).values(), key=abs,
                                        default=None)
    form = lambda value: "" if value is None else f"{value:+.4f}"
    short = markdown(
        ["molecule", "qubits", *ansaetze],
        [[f"`{name}`", known[name][0], *(form(worst_of(name, ansatz)) for ansatz in ansaetze)]
         for name in dict.fromkeys(row["problem"] for row in rows)])
    return f"{long}\n\nWorst errors, mEh:\n\n{short}"


def options_of(choice):
    """The further options of solve."""
    limit = [f"--time-limit {choice.time_limit}"] if choice.time_limit else []
    return " ".join([*limit, *([choice.options] if choice.options else [])])


def main():
    known = molecules()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser, "naqs.tsv", "1,2,3")
    parser.add_argument("--molecules", default=",".join(known), help="by commas (default: all)")
    parser.add_argument("--max-qubits", type=int, default=30, help="leave out larger molecules")
    parser.add_argument("--preset", default="default", help="default or paper (default: default)")
    parser.add_argument("--time-limit", type=int, metavar="SECONDS",
                        help="end the training of each run after this time; its evaluation comes "
                             "on top (default: none)")
    parser.add_argument("--timeout", type=float, metavar="SECONDS",
                        help="give up a run after this time (default: never)")
    parser.add_argument("--options", default="", help="further options of solve, in one word")
    choice = parser.parse_args()
    names = chosen(choice.molecules, known, "--molecules")
    runs = [
        Run(name, f"integrals/naqs/{name}_sto3g.fcidump", known[name][2], ansatz, seed,
            choice.preset, options_of(choice))
        for seed in choice.seeds.split(",") for name in names if known[name][0] <= choice.max_qubits
        for ansatz in chosen(choice.ansatz, ANSAETZE, "--ansatz")]
    rows = measure(choice, runs)
    if rows:
        print(tables(rows, known))
    is_wrong = any(faults(row, tolerance(known[row["problem"]][0], row["ansatz"])) for row in rows)
    return 1 if is_wrong or len(rows) < len(runs) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
