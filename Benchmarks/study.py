"""What naqs.py, ablation.py and expressiveness.py share: runs, their rows, statistics and figures.

A run is a problem with an exact energy, an ansatz, a seed, a preset and further options of `solve`.
Every run is one row of the output file, written when it ends; rows that are there are not run again.
"""

import concurrent.futures
import json
import math
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

from validate import ROOT, append_row, read_rows, revision

ANSAETZE = ["transformer", "retnet", "made", "nade"]
# Members of the program's JSON summary; those that it does not have stay empty.
MEASURED = """energy energy_error parameters steps converged collapsed exact_sum sector_dimension
    distinct_samples variance leak_energy spin_squared threads""".split()
KEY = ["problem", "ansatz", "seed", "preset", "options"]
COLUMNS = [*KEY, "reference", "deviation", "seconds", "cpu_seconds", *MEASURED, "amplitude_parameters",
           "start_energy", "revision", "failure"]
# Errors below this, in the energy's unit, are rounding; logarithms take them for this.
FLOOR = 1e-9


@dataclass(frozen=True)
class Run:
    """One run; `file` is relative to the repository, `reference` the exact energy."""

    problem: str
    file: str
    reference: float
    ansatz: str
    seed: str
    preset: str = "default"
    options: str = ""

    @property
    def key(self):
        return tuple(getattr(self, name) for name in KEY)


def arguments_of(run, threads=""):
    """The arguments of `solve` for a run; the preset `default` is left out."""
    words = ["solve", run.file, "--json", "--quiet", "--seed", run.seed, "--ansatz", run.ansatz]
    if run.preset != "default":
        words += ["--preset", run.preset]
    if threads:
        words += ["--threads", str(threads)]
    return words + shlex.split(run.options)


def solve(program, run, threads="", timeout=None):
    """Runs one run and returns its row."""
    row = dict.fromkeys(COLUMNS, "")
    row.update(problem=run.problem, ansatz=run.ansatz, seed=run.seed, preset=run.preset,
               options=run.options, reference=run.reference, revision=revision())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "result.h5")
        command = [str(program), *arguments_of(run, threads), "--output", path]
        start = time.monotonic()
        code, output, talk, processor, _ = timed(command, folder, timeout)
        row.update(seconds=f"{time.monotonic() - start:.1f}", cpu_seconds=f"{processor:.1f}")
        try:
            result = json.loads(output)
            row.update({name: result.get(name) for name in MEASURED})
            row["deviation"] = result["energy"] - run.reference
        except (ValueError, KeyError, TypeError):
            code = code or 1
        if code:
            row["failure"] = f"exit code {code}: {' '.join(talk.split())[-200:]}"
        else:
            row.update(details(path))
    return {name: "" if value is None else str(value) for name, value in row.items()}


def timed(command, folder, timeout):
    """Runs a command: its exit code, output, standard error, processor seconds, and peak memory in KiB."""
    with open(os.path.join(folder, "out"), "w+") as out, open(os.path.join(folder, "err"), "w+") as err:
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=err,
                                   stdin=subprocess.DEVNULL)
        stop = threading.Timer(timeout, process.kill) if timeout else None
        try:
            if stop:
                stop.start()
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()
            raise
        finally:
            if stop:
                stop.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        return (process.returncode, out.read(), err.read(), usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss)


def details(path):
    """What only the result file says; nothing without h5py."""
    try:
        import h5py
    except ImportError:
        return {}
    counts = []
    with h5py.File(path) as file:
        count = lambda _, item: counts.append(item.size) if isinstance(item, h5py.Dataset) else None
        file["parameters/amplitude"].visititems(count)
        return {"amplitude_parameters": sum(counts), "start_energy": float(file["trace/energy"][0])}


def measure(choice, runs):
    """Runs what is not in the output file yet, and returns the rows that there are, in order."""
    output = pathlib.Path(choice.output)
    done = {tuple(row[name] for name in KEY): row for row in read_rows(output, COLUMNS)}
    lock = threading.Lock()

    def work(run):
        row = solve(choice.program.resolve(), run, choice.threads, getattr(choice, "timeout", None))
        with lock:
            append_row(output, COLUMNS, row)
            done[run.key] = row
            print(f"{run.problem:20} {run.ansatz:12} seed {run.seed:>3} {run.preset} {run.options}  "
                  + (f"{1e3 * float(row['deviation']):+.4f}e-3" if row["deviation"] else "")
                  + f"  {row['seconds']} s {row['failure']}", file=sys.stderr, flush=True)

    waiting = [] if choice.table else [run for run in runs if run.key not in done]
    if waiting and not choice.program.exists():
        sys.exit(f"error: there is no {choice.program}; build it with Scripts/build or name it "
                 "with --program")
    with concurrent.futures.ThreadPoolExecutor(choice.jobs) as pool:
        tasks = [pool.submit(work, run) for run in waiting]
        try:
            for task in concurrent.futures.as_completed(tasks):
                task.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [done[run.key] for run in runs if run.key in done]


def add_options(parser, output, seeds):
    """The options that all studies have."""
    parser.add_argument("--seeds", default=seeds,
                        help="by commas" + (f" (default: {seeds})" if seeds else ""))
    parser.add_argument("--ansatz", default=",".join(ANSAETZE),
                        help="by commas (default: all four)")
    parser.add_argument("--output", metavar="FILE.tsv", default=output)
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / ".build/release/qchem-nqs")
    parser.add_argument("--threads", default="", help="threads of each run (default: the program's)")
    parser.add_argument("--jobs", type=int, default=1,
                        help="runs at a time; with more than one, give --threads 1 and do not "
                             "trust the seconds (default: 1)")
    parser.add_argument("--table", action="store_true", help="run nothing; print the tables")


def chosen(text, known, option):
    """The names of a comma-separated list, all of which have to be known."""
    names = text.split(",")
    for name in names:
        if name not in known:
            sys.exit(f"error: {option} {name}: choose among {', '.join(known)}")
    return names


def errors(rows):
    """Errors in 1e-3 of the energy's unit, by seed; failed runs are left out."""
    return {row["seed"]: 1e3 * float(row["deviation"]) for row in rows if not row["failure"]}


def log_error(row):
    """The decimal logarithm of a run's error."""
    return math.log10(max(float(row["deviation"]), FLOOR))


def mean_and_error(values):
    """The mean and its standard error; None where there are too few values for them."""
    values = list(values)
    if not values:
        return None, None
    spread = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return statistics.fmean(values), spread


def with_error(values, digits=4):
    """`mean ± standard error`, the latter with two digits; `digits` decimals where there is none."""
    mean, error = mean_and_error(values)
    if mean is None:
        return ""
    if error:
        digits = min(max(1 - math.floor(math.log10(error)), 0), 7)
    return f"{mean:+.{digits}f}" + ("" if error is None else f" ± {error:.{digits}f}")


def sign_test(differences):
    """(how many are negative, how many are not zero, the two-sided probability of that by chance)."""
    signs = [value < 0 for value in differences if value != 0]
    count, lower = len(signs), sum(signs)
    rarer = min(lower, count - lower)
    tail = sum(math.comb(count, k) for k in range(rarer + 1)) / 2 ** count
    return lower, count, min(1.0, 2 * tail)


def markdown(head, lines, text_columns=1):
    """A Markdown table of cells."""
    rule = ["---"] * text_columns + ["--:"] * (len(head) - text_columns)
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in [head, rule, *lines])


def pyplot():
    """matplotlib's pyplot without a screen; ends with a message where it is missing."""
    try:
        import matplotlib
    except ImportError:
        sys.exit("error: --figure needs matplotlib: pip install matplotlib")
    matplotlib.use("svg")
    # The same numbers give the same file.
    matplotlib.rcParams["svg.hashsalt"] = "qchem-nqs"
    import matplotlib.pyplot
    return matplotlib.pyplot


def panels(plot, count, columns=3):
    """A figure with `count` axes, and these."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, axes = plot.subplots(rows, columns, figsize=(4.2 * columns, 3.4 * rows), squeeze=False)
    flat = list(axes.flat)
    for axis in flat[count:]:
        axis.set_visible(False)
    return figure, flat[:count]


def save(figure, path):
    """Writes a figure; SVG files hold no date."""
    figure.tight_layout()
    metadata = {"Date": None} if str(path).endswith(".svg") else None
    figure.savefig(path, metadata=metadata)
