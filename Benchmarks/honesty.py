#!/usr/bin/env python3
"""Looks for wrong answers given without a word: solves hard problems and compares with exact energies.

    Benchmarks/honesty.py --output honesty.tsv                     # all sets, seed 1
    Benchmarks/honesty.py --sets hubbard,spin --seeds 1,2,3 --output two.tsv
    Benchmarks/honesty.py --output honesty.tsv --table

| set | what | exact energies |
| --- | --- | --- |
| hubbard | the models of make_hubbard.py, 4 to 8 sites | NumPy and SciPy |
| spin | molecules whose lowest singlet, triplet and quintet are close, 2Sz = 0 | PySCF |
| chains | hydrogen chains and Hubbard models, strongly correlated | PySCF |
| xxz | spin lattices of 6 to 9 sites | NumPy |

Every molecule of `spin` is solved as its file is and from a copy without ISYM, for which the program
has to find the irrep itself. The program's own `exact` is compared with every one of these energies.

A run is *right* where its energy is within the tolerance; *warned* where it is not, but the result
says so (not converged, collapsed, a warning beyond those about the file, a mixture of spins, an error
bar or an estimate of the remaining error that covers a third of the error); else *silently wrong*.
An energy below the exact one by more than five error bars is silently wrong too. A run that does not
end in time gives no answer.

Every run is one row of the output file, written when it ends; rows that are there are not run again.
Prints a Markdown table and counts. Exit code 1 where a run is silently wrong or fails, or where two
exact energies differ; else 3 where a run gave no answer.
"""

import argparse
import json
import math
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

import make_hubbard
from validate import ROOT, append_row, molecules, read_rows, revision

# Members of the program's JSON summary; those that it does not have stay empty.
MEASURED = """energy energy_error steps converged collapsed variance leak_energy spin_squared
    sector_dimension exact_sum subspace_energy""".split()
# Names under which an estimate of energy − exact energy may be given.
ESTIMATES = ["remaining_error", "residual_energy"]
COLUMNS = ["set", "case", "seed", "options", "reference", "exact", "exact_spin_squared", "tolerance",
           "limit", "deviation", "estimate", "seconds", *MEASURED, "warnings", "revision", "failure"]
NO_ANSWER = "no answer"
# Last digits of references with ten decimals, and of sums of many terms.
ROUNDING = 1e-8


@dataclass(frozen=True)
class Case:
    """A problem, its exact energy, the tolerance in the energy's unit and a limit in seconds."""

    set: str
    name: str
    arguments: tuple
    reference: float
    tolerance: float
    limit: float = 120


def hubbard_cases(cache):
    """Random and named Hubbard models, 1e-3 of the energy beyond that of inevitable pairs."""
    cases = []
    for model in make_hubbard.named() + make_hubbard.models():
        path = cache / f"{model.name}.fcidump"
        make_hubbard.write_fcidump(model, path)
        energy = make_hubbard.exact_energy(model)
        scale = abs(energy - model.u * max(0, model.electrons - model.sites))
        cases.append(Case("hubbard", model.name, (str(path),), energy, max(1e-4, 1e-3 * scale)))
    return cases


def spin_cases(cache):
    """Molecules with 2Sz = 0 and close spins, as bundled and without ISYM, 1e-4 hartree."""
    table, cases = molecules(), []
    names = [name for name in table if "_ms0_" in name]
    names += ["c2_sto3g", "h4_square_sto3g", "n2_sto3g_r210", "n2_sto3g_r300"]
    for name in sorted(names):
        path = ROOT / "integrals" / f"{name}.fcidump"
        copy = cache / f"{name}_no_isym.fcidump"
        copy.write_text(re.sub(r"ISYM=\d+,", "", path.read_text()))
        for file in (path, copy):
            cases.append(Case("spin", file.stem, (str(file),), table[name][2], 1e-4))
    return cases


def chain_cases(cache):
    """Hydrogen chains, 1e-3 hartree, and Hubbard models, 1e-3 relative."""
    table = molecules()
    names = [f"h{n}_chain_{r}_sto6g" for n in (6, 8, 10) for r in ("r18", "r36")]
    names += [f"hubbard_{kind}_u{u}" for kind in ("4x2", "1d_l8") for u in (4, 8)]
    return [Case("chains", name, (str(ROOT / "integrals" / f"{name}.fcidump"),), table[name][2],
                 1e-3 * (abs(table[name][2]) if name.startswith("hubbard") else 1))
            for name in names]


def xxz_cases(cache):
    """XXZ models in the lowest magnetisation, 1e-4 relative."""
    ring = lambda n: [(i, (i + 1) % n) for i in range(n)]
    torus = [(3 * y + x, 3 * ((y + dy) % 3) + (x + dx) % 3)
             for y in range(3) for x in range(3) for dx, dy in ((1, 0), (0, 1), (1, 1))]
    cases = []
    for name, options, sites, bonds, delta in [
        ("chain_6_delta0.5", "--geometry chain --size 6", 6, ring(6), 0.5),
        ("chain_8_delta-0.5", "--geometry chain --size 8", 8, ring(8), -0.5),
        ("chain_8_open_delta2", "--geometry chain --size 8 --boundary open", 8, ring(8)[:-1], 2),
        ("triangular_3x3_delta1.5", "--geometry triangular --size 3x3", 9, torus, 1.5),
    ]:
        energy = xxz_energy(sites, bonds, delta)
        arguments = f"--lattice xxz --delta={delta} {options}".split()
        cases.append(Case("xxz", name, tuple(arguments), energy, 1e-4 * abs(energy)))
    return cases


def xxz_energy(sites, bonds, delta):
    """The lowest energy of Σ ½(S⁺S⁻ + S⁻S⁺) + Δ SᶻSᶻ with 2Sz = 0 or 1, by a dense matrix."""
    import numpy
    states = [s for s in range(1 << sites) if s.bit_count() == (sites + 1) // 2]
    index = {state: number for number, state in enumerate(states)}
    matrix = numpy.zeros((len(states),) * 2)
    for number, state in enumerate(states):
        for i, j in bonds:
            if (state >> i ^ state >> j) & 1:
                matrix[number, number] -= delta / 4
                matrix[index[state ^ (1 << i | 1 << j)], number] += 0.5
            else:
                matrix[number, number] += delta / 4
    return float(numpy.linalg.eigvalsh(matrix)[0])


SETS = {"hubbard": hubbard_cases, "spin": spin_cases, "chains": chain_cases, "xxz": xxz_cases}


def run_json(command, timeout):
    """Runs a command and returns (its JSON or None, what went wrong)."""
    try:
        run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True,
                             stdin=subprocess.DEVNULL, timeout=timeout)
    except subprocess.TimeoutExpired:
        return None, f"{NO_ANSWER} after {timeout:.0f} s"
    try:
        result = json.loads(run.stdout)
    except ValueError:
        result = None
    if result is None or run.returncode:
        return None, f"exit code {run.returncode}: {' '.join(run.stderr.split())[-200:]}"
    return result, ""


def measure(program, case, seed, options, grace):
    """Runs one case and returns its row."""
    row = dict.fromkeys(COLUMNS, "")
    row.update(set=case.set, case=case.name, seed=seed, options=options, limit=case.limit,
               reference=case.reference, tolerance=case.tolerance, revision=revision())
    exact, _ = run_json([str(program), "exact", *case.arguments, "--json"], 600)
    if exact:
        row["exact"] = exact["energies"][0]
        row["exact_spin_squared"] = (exact.get("spin_squared") or [None])[0]
    of_file = []
    if case.set != "xxz":
        inspected, _ = run_json([str(program), "inspect", *case.arguments, "--json"], 60)
        of_file = (inspected or {}).get("warnings", [])
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), "solve", *case.arguments, "--json", "--quiet", "--seed", str(seed),
                   "--output", f"{folder}/result.h5", *shlex.split(options)]
        start = time.monotonic()
        result, row["failure"] = run_json(command, grace * case.limit)
        row["seconds"] = f"{time.monotonic() - start:.1f}"
    if result:
        row.update({name: result.get(name) for name in MEASURED})
        row["deviation"] = result["energy"] - case.reference
        estimates = [result[name] for name in ESTIMATES if result.get(name) is not None]
        row["estimate"] = estimates[0] if estimates else ""
        row["warnings"] = " / ".join(
            " ".join(text.split()) for text in result.get("warnings", []) if text not in of_file)
    return {name: "" if value is None else str(value) for name, value in row.items()}


def is_spin_mixed(row):
    """Whether ⟨S²⟩ is that of no spin of the exact state's parity."""
    if not row["spin_squared"] or not row["exact_spin_squared"]:
        return False
    twice = lambda squared: math.sqrt(1 + 4 * max(0.0, squared)) - 1
    parity = round(twice(float(row["exact_spin_squared"]))) % 2
    is_pure = lambda value: min(abs(value - s * (s + 2) / 4) for s in range(parity, 40, 2)) <= 0.02
    # Where the exact state has no spin of its own, as with XXZ couplings, a mixture says nothing.
    return is_pure(float(row["exact_spin_squared"])) and not is_pure(float(row["spin_squared"]))


def words(row):
    """What a result says about its own quality."""
    error = abs(float(row["deviation"]))
    said = []
    if row["converged"] == "False":
        said.append("not converged")
    if row["collapsed"] == "True":
        said.append("collapsed")
    if row["warnings"]:
        said.append("warning")
    if is_spin_mixed(row):
        said.append("mixed spins")
    if error > float(row["tolerance"]):
        if 3 * float(row["energy_error"]) >= error:
            said.append("error bar")
        if row["estimate"] and 3 * abs(float(row["estimate"])) >= error:
            said.append("estimate")
    return said


def verdict(row):
    """`right`, `warned`, `silently wrong`, `no answer` or `failed`."""
    if row["failure"]:
        return NO_ANSWER if row["failure"].startswith(NO_ANSWER) else "failed"
    deviation = float(row["deviation"])
    scale = max(1, abs(float(row["reference"])))
    if deviation < -5 * float(row["energy_error"]) - ROUNDING * scale:
        return "silently wrong"
    if abs(deviation) <= float(row["tolerance"]):
        return "right"
    return "warned" if words(row) else "silently wrong"


def estimate_ratio(row):
    """Estimate over true error of an unconverged run; None where there is none to speak of."""
    if row["failure"] or not row["estimate"] or row["converged"] == "True":
        return None
    error = float(row["deviation"])
    if error <= 1e-6 * max(1, abs(float(row["reference"]))):
        return None
    return float(row["estimate"]) / error


def differs(row):
    """Whether the program's exact energy is not the reference."""
    if not row["exact"]:
        return True
    reference = float(row["reference"])
    return abs(float(row["exact"]) - reference) > ROUNDING * max(1, abs(reference))


def table(rows):
    """Markdown: one line a run, then counts by set."""
    lines = ["| set | problem | seed | exact | error (1e-3) | tolerance (1e-3) | says | estimate / error "
             "| ⟨S²⟩ (exact) | steps | seconds | verdict |",
             "| --- | --- | --: | --: | --: | --: | --- | --: | --: | --: | --: | --- |"]
    for row in rows:
        ratio = estimate_ratio(row)
        flag = "" if ratio is None or 1 / 3 <= ratio <= 3 else " (!)"
        spins = [f"{abs(float(row[name])):.2f}" if row[name] else "–"
                 for name in ("spin_squared", "exact_spin_squared")]
        lines.append("| " + " | ".join([
            row["set"], f"`{row['case']}`", row["seed"], f"{float(row['reference']):.7f}",
            f"{1e3 * float(row['deviation']):+.4f}" if row["deviation"] else "",
            f"{1e3 * float(row['tolerance']):.2f}",
            row["failure"].removeprefix(f"{NO_ANSWER} ") or ", ".join(words(row)),
            "" if ratio is None else f"{ratio:.2g}{flag}", f"{spins[0]} ({spins[1]})",
            row["steps"], f"{float(row['seconds']):.0f}", verdict(row)
            + (", `exact` differs" if differs(row) else "")]) + " |")
    lines += ["", "| set | runs | right | of these with a warning | warned | silently wrong | no answer | failed "
              "| estimates within a factor of 3 | `exact` agrees |", "| --- |" + " --: |" * 9]
    for name in dict.fromkeys(row["set"] for row in rows):
        runs = [row for row in rows if row["set"] == name]
        count = lambda word: sum(verdict(row) == word for row in runs)
        alarms = sum(verdict(row) == "right" and bool(words(row)) for row in runs)
        ratios = [ratio for row in runs if (ratio := estimate_ratio(row)) is not None]
        good = sum(1 / 3 <= ratio <= 3 for ratio in ratios)
        lines.append(f"| {name} | {len(runs)} | {count('right')} | {alarms} | {count('warned')} | "
                     f"{count('silently wrong')} | {count(NO_ANSWER)} | {count('failed')} | {good}/{len(ratios)} | "
                     f"{sum(not differs(row) for row in runs)}/{len(runs)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", default=",".join(SETS), help="by commas")
    parser.add_argument("--only", default="", help="only cases whose names contain this")
    parser.add_argument("--seeds", default="1", help="by commas")
    parser.add_argument("--options", default="", help="further options of solve, in one word")
    parser.add_argument("--output", metavar="FILE.tsv", default="honesty.tsv")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/qchem-nqs")
    parser.add_argument("--cache", type=pathlib.Path, metavar="FOLDER",
                        default=pathlib.Path(tempfile.gettempdir()) / "qchem-nqs-honesty",
                        help="where the models that are not bundled are written")
    parser.add_argument("--grace", type=float, default=3,
                        help="runs are ended after this many times their limit (default: 3)")
    parser.add_argument("--table", action="store_true", help="run nothing; print the table")
    choice = parser.parse_args()
    program = choice.program.resolve()
    if not choice.table and not program.exists():
        sys.exit(f"error: there is no {program}; build it with Scripts/build or name it with --program")
    unknown = set(choice.sets.split(",")) - set(SETS)
    if unknown:
        sys.exit(f"error: --sets {','.join(sorted(unknown))}: the sets are {', '.join(SETS)}")
    output = pathlib.Path(choice.output)
    rows = read_rows(output, COLUMNS)
    done = {(row["set"], row["case"], row["seed"], row["options"]): row for row in rows}
    choice.cache.mkdir(parents=True, exist_ok=True)
    cases = [case for name in choice.sets.split(",") for case in SETS[name](choice.cache)
             if choice.only in case.name]
    wanted = [(case, seed) for case in cases for seed in choice.seeds.split(",")]
    shown = []
    for case, seed in wanted:
        key = (case.set, case.name, seed, choice.options)
        if key not in done and not choice.table:
            done[key] = row = measure(program, case, seed, choice.options, choice.grace)
            append_row(output, COLUMNS, row)
            print(f"{case.set:8} {case.name:36} seed {seed:>3} {row['seconds']:>6} s  {verdict(row)}"
                  f"{', exact differs' if differs(row) else ''} {row['failure']}",
                  file=sys.stderr, flush=True)
        if key in done:
            shown.append(done[key])
    if shown:
        print(table(shown))
    if any(verdict(row) in ("silently wrong", "failed") or differs(row) for row in shown):
        return 1
    return 3 if len(shown) < len(wanted) or NO_ANSWER in map(verdict, shown) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
