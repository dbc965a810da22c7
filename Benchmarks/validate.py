#!/usr/bin/env python3
"""Measures the accuracy of qchem-nqs: solves bundled problems and compares with exact energies.

    Benchmarks/validate.py --cases molecules --output molecules.tsv
    Benchmarks/validate.py --cases h2o_sto3g,n2_sto3g --ansatz transformer,retnet --output two.tsv
    Benchmarks/validate.py --cases molecules --output molecules.tsv --table

Every run (problem, ansatz, seed, options) is one row of the output file, written when it ends. Rows
that are there are not run again, so that an interrupted measurement goes on where it stopped; use
another file, or delete rows, after the program has changed. The exact energies are those of
integrals/README.md (PySCF) and Tests/ExactSolversTests/Reference/lattice_exact.json.

Prints a Markdown table with, per problem, the worst value over all seeds. Exit code 1 where a run
fails, misses its tolerance, takes longer than its limit, or has an energy below the exact one by more
than three error bars.
"""

import argparse
import csv
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
HDF5 = ROOT / "Tests/IntegralsTests/Reference/hdf5"

# Members of the program's JSON summary.
MEASURED = """energy energy_error steps converged threads parameters distinct_samples draws exact_sum
    sector_dimension variance v_score subspace_energy leak_energy leak_weight collapsed spin_squared
    spin_squared_error""".split()
COLUMNS = ["case", "ansatz", "seed", "options", "reference", "deviation", "tolerance", "seconds",
           "limit", *MEASURED, "revision", "failure"]


@dataclass(frozen=True)
class Case:
    """A problem with its exact energy; tolerance in the energy's unit, limit in seconds."""

    name: str
    arguments: tuple
    reference: float
    tolerance: float
    limit: float


def molecules():
    """The rows of integrals/README.md as {name: (basis, orbitals, exact energy)}."""
    rows = {}
    for line in (ROOT / "integrals/README.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 8 and cells[0].startswith("`"):
            rows[cells[0].strip("`")] = (cells[2], int(cells[3]), float(cells[7]))
    return rows


def lattices():
    """The exact ground-state energies of the reference lattices by name."""
    path = ROOT / "Tests/ExactSolversTests/Reference/lattice_exact.json"
    return {item["name"]: item["ground"] for item in json.loads(path.read_text())["lattices"]}


def groups():
    """All cases by group."""
    table, exact = molecules(), lattices()

    def molecule(name, tolerance, limit, file=None):
        file = file or ROOT / "integrals" / f"{name}.fcidump"
        return Case(name, (os.path.relpath(file, ROOT),), table[name][2], tolerance, limit)

    def twin(name, file, of):
        path = pathlib.Path(file)
        if not path.exists():
            path = ROOT / "integrals" / file
        return Case(name, (os.path.relpath(path, ROOT),), table[of][2], 1e-4, 120)

    def lattice(name, relative, arguments):
        energy = exact[name]
        return Case(name, tuple(arguments.split()), energy, relative * abs(energy), 600)

    small = [
        name
        for name, (basis, orbitals, _) in table.items()
        if not re.search(r"_r\d+|uhf|hubbard|_ms0", name)
        and (basis == "sto-3g" and orbitals <= 10 or name in ("h2_631g", "h2_ccpvdz", "he_ccpvdz"))
    ]
    bonds = [name for name in table if re.fullmatch(r"n2_sto3g(_r\d+)?", name)]
    chains = [name for name in table if re.match(r"h\d+_chain|hubbard", name)]
    return {
        # Up to 20 qubits.
        "molecules": [molecule(name, 1e-3 if name == "c2_sto3g" else 1e-4, 120) for name in small],
        # N2 from 0.8 to 3.0 angstrom.
        "dissociation": [molecule(name, 1e-3, 120) for name in bonds],
        # 22 to 28 qubits.
        "large": [
            molecule(name, 1.6e-3, 900)
            for name in ("h2s_sto3g", "ph3_sto3g", "h2o_631g", "licl_sto3g")
        ],
        # The same problems in other orbitals and files.
        "formats": [
            molecule("ch2_triplet_uhf_sto3g", 1e-4, 120),
            molecule("oh_uhf_sto3g", 1e-4, 120),
            molecule("h2_uhf_stretched_631g", 1e-4, 120),
            twin("ch2_triplet_uhf_sto3g_spinorb", "ch2_triplet_uhf_sto3g_spinorb.fcidump",
                 "ch2_triplet_uhf_sto3g"),
            twin("oh_uhf_sto3g_spinorb", "oh_uhf_sto3g_spinorb.fcidump", "oh_uhf_sto3g"),
        ]
        + [
            twin(f"{file.parent.name}/{file.name}", file, of)
            for file in (sorted(HDF5.rglob("*.h5")) + sorted(HDF5.rglob("*.hdf5")))
            # HDF5 1.10 refuses files of the newest format.
            if "_latest" not in file.name
            for of in [next((n for n in sorted(table, key=len, reverse=True)
                             if file.name.startswith(n)), None)]
            if of
        ],
        # Strong correlation without a demand.
        "chains": [molecule(name, 1.6e-3, 600) for name in chains],
        # Tolerances are relative.
        "lattices": [
            lattice("heisenberg_chain_pbc_n16", 1e-4,
                    "--lattice heisenberg --geometry chain --size 16"),
            lattice("j1j2_square_4x4_j2_0p00", 1e-4,
                    "--lattice heisenberg --geometry square --size 4x4"),
            lattice("j1j2_square_4x4_j2_0p50", 1e-3,
                    "--lattice heisenberg --geometry square --size 4x4 --j2 0.5"),
            lattice("tfim_square_4x4_h3p044", 1e-4,
                    "--lattice ising --geometry square --size 4x4 --field 3.044"),
        ],
        # Further lattices without a demand.
        "more-lattices": [
            lattice("heisenberg_chain_pbc_n10", 1e-4,
                    "--lattice heisenberg --geometry chain --size 10"),
            lattice("heisenberg_chain_obc_n16", 1e-4,
                    "--lattice heisenberg --geometry chain --size 16 --boundary open"),
            lattice("kagome_2x2_12sites_pbc", 1e-3,
                    "--lattice heisenberg --geometry kagome --size 2x2"),
            lattice("triangular_4x4_pbc", 1e-3,
                    "--lattice heisenberg --geometry triangular --size 4x4"),
            lattice("tfim_chain_pbc_n16_h1p0", 1e-4,
                    "--lattice ising --geometry chain --size 16 --field 1.0"),
            lattice("xxz_chain_pbc_n12_delta0p5", 1e-4,
                    "--lattice xxz --geometry chain --size 12 --delta 0.5"),
        ],
    }


def choose(names):
    """The cases of a comma-separated list of groups and case names, each once."""
    known = groups()
    single = {case.name: case for cases in known.values() for case in cases}
    chosen = {}
    for name in names.split(","):
        if name == "all":
            cases = [case for group in ("molecules", "dissociation", "large", "lattices", "formats")
                     for case in known[group]]
        elif name in known:
            cases = known[name]
        elif name in single:
            cases = [single[name]]
        else:
            sys.exit(f"error: --cases {name}: it is neither a group ({', '.join(known)}, all) nor a "
                     "file of integrals/ with an exact energy; see --list")
        for case in cases:
            chosen.setdefault(case.name, case)
    return list(chosen.values())


def revision():
    """The commit of the working tree, with a + where files differ from it."""
    try:
        run = lambda *words: subprocess.run(
            ["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=True).stdout
        return run("rev-parse", "--short", "HEAD").strip() + (
            "+" if run("status", "--porcelain", "Sources").strip() else "")
    except (OSError, subprocess.CalledProcessError):
        return ""


def solve(binary, case, ansatz, seed, options, grace):
    """Runs one case and returns its row."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(binary), "solve", *case.arguments, "--json", "--quiet", "--seed", str(seed),
                   "--output", os.path.join(folder, "result.h5"), *shlex.split(options)]
        if ansatz != "default":
            command += ["--ansatz", ansatz]
        start = time.monotonic()
        try:
            run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=grace * case.limit)
            code, output, talk = run.returncode, run.stdout, run.stderr
        except subprocess.TimeoutExpired:
            code, output, talk = 124, "", f"stopped after {grace * case.limit:.0f} s"
        seconds = time.monotonic() - start
    row = dict.fromkeys(COLUMNS, "")
    row.update(case=case.name, ansatz=ansatz, seed=seed, options=options, reference=case.reference,
               tolerance=case.tolerance, limit=case.limit, seconds=f"{seconds:.1f}",
               revision=revision())
    try:
        result = json.loads(output)
        row.update({key: result[key] for key in MEASURED})
        row["deviation"] = result["energy"] - case.reference
    except (ValueError, KeyError, TypeError):
        code = code or 1
    if code:
        row["failure"] = f"exit code {code}: {' '.join(talk.split())[-200:]}"
    return row


def faults(row):
    """What is wrong with a run, as a list of words."""
    if row["failure"]:
        return ["failed"]
    deviation, tolerance = float(row["deviation"]), float(row["tolerance"])
    found = []
    if not abs(deviation) <= tolerance:
        found.append("inaccurate")
    if float(row["seconds"]) > float(row["limit"]):
        found.append("slow")
    # The last digits of references and of sums of many terms allow 1e-8.
    if deviation < -3 * float(row["energy_error"]) - 1e-8 * max(1, abs(float(row["reference"]))):
        found.append("below exact")
    if row["collapsed"] == "True":
        found.append("collapsed")
    return found


def table(rows, order):
    """A Markdown table: per case and ansatz the worst values over the seeds."""
    cells = {}
    for row in rows:
        cells.setdefault((row["case"], row["ansatz"], row["options"]), []).append(row)
    ansaetze = len({key[1:] for key in cells}) > 1
    lines = ["| problem | " + ("ansatz | " if ansaetze else "")
             + "exact | worst error (1e-3) | error bar (1e-3) | tolerance (1e-3) | seconds | steps "
             + "| configurations | leak (1e-3) | ⟨S²⟩ | seeds that hold |",
             "| --- |" + (" --- |" if ansaetze else "") + " --: |" * 10]
    rank = {name: number for number, name in enumerate(order)}
    for key in sorted(cells, key=lambda key: (rank.get(key[0], len(rank)), key)):
        runs = cells[key]
        good = [row for row in runs if not row["failure"]]
        number = lambda name: [float(row[name]) for row in good if row[name] not in ("", "None")]
        worst = lambda name, form, scale=1: (
            format(scale * max(number(name), key=abs), form) if number(name) else "")
        wrong = sorted({fault for row in runs for fault in faults(row)})
        held = sum(1 for row in runs if not faults(row))
        lines.append("| " + " | ".join(
            [f"`{key[0]}`"] + ([" ".join(key[1:]).strip()] if ansaetze else [])
            + [f"{float(runs[0]['reference']):.7f}", worst("deviation", "+.4f", 1e3),
               worst("energy_error", ".4f", 1e3), format(1e3 * float(runs[0]["tolerance"]), ".3g"),
               worst("seconds", ".1f"), worst("steps", ".0f"), worst("distinct_samples", ".0f"),
               worst("leak_energy", ".4f", 1e3), worst("spin_squared", ".4f"),
               f"{held}/{len(runs)}" + (f" ({', '.join(wrong)})" if wrong else "")]) + " |")
    return "\n".join(lines)


def read_rows(output, columns):
    """The rows of an output file; none where there is no file."""
    if not output.exists():
        return []
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    if rows and set(rows[0]) != set(columns):
        sys.exit(f"error: {output} has other columns; name another --output")
    return rows


def append_row(output, columns, row):
    """Writes a row behind the others of an output file, a new one with its head."""
    is_new = not output.exists() or output.stat().st_size == 0
    with output.open("a", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="all", help="groups and names, separated by commas")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--ansatz", default="default",
                        help="default (the program's), transformer, retnet, or several by commas")
    parser.add_argument("--options", default="", help="further options of solve, in one word")
    parser.add_argument("--output", metavar="FILE.tsv", default="validation.tsv")
    parser.add_argument("--binary", type=pathlib.Path,
                        default=ROOT / ".build/release/qchem-nqs")
    parser.add_argument("--grace", type=float, default=3,
                        help="runs are ended after this many times their limit (default: 3)")
    parser.add_argument("--list", action="store_true", help="list the cases and end")
    parser.add_argument("--table", action="store_true", help="run nothing; print the table")
    choice = parser.parse_args()
    if choice.list:
        for group, cases in groups().items():
            for case in cases:
                print(f"{group}\t{case.name}\t{' '.join(case.arguments)}\t{case.reference:.10f}\t"
                      f"{case.tolerance:.2e}\t{case.limit:.0f}")
        return 0
    cases = choose(choice.cases)
    binary = choice.binary.resolve()
    if not choice.table and not binary.exists():
        sys.exit(f"error: there is no {binary}; build it with Scripts/build or name it with --binary")
    output = pathlib.Path(choice.output)
    rows = read_rows(output, COLUMNS)
    done = {(row["case"], row["ansatz"], str(row["seed"]), row["options"]): row for row in rows}
    wanted = [(case, ansatz, seed) for seed in choice.seeds.split(",")
              for ansatz in choice.ansatz.split(",") for case in cases]
    for case, ansatz, seed in [] if choice.table else wanted:
        key = (case.name, ansatz, seed, choice.options)
        if key in done:
            continue
        row = solve(binary, case, ansatz, seed, choice.options, choice.grace)
        row = {name: str(value) for name, value in row.items()}
        append_row(output, COLUMNS, row)
        done[key] = row
        deviation = f"{1e3 * float(row['deviation']):+.4f}e-3" if row["deviation"] else ""
        print(f"{case.name:32} {ansatz:12} seed {seed:>3}  {deviation:>12}  "
              f"{float(row['seconds']):7.1f} s  {', '.join(faults(row)) or 'holds'} "
              f"{row['failure']}", file=sys.stderr, flush=True)
    shown = [done[key] for case, ansatz, seed in wanted
             if (key := (case.name, ansatz, seed, choice.options)) in done]
    if shown:
        print(table(shown, [case.name for case in cases]))
    return 1 if any(faults(row) for row in shown) or len(shown) < len(wanted) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
