#!/usr/bin/env python3
"""Draws what `qchem-nqs cost --measure --output cost.tsv` has measured.

    .build/release/qchem-nqs cost --measure --output cost.tsv
    Benchmarks/plot_cost.py cost.tsv cost.svg

One panel for each task: the transformer's time over the RetNet's against the number of positions, a
colour for each width. Dots are measured, dashed lines follow from the multiply-adds, dotted ones from
the multiply-adds and exponentials. Above 1 the RetNet is faster. Needs matplotlib.
"""

import argparse
import csv
import pathlib
import sys

TASKS = ["sampling", "training, parallel", "training, chunkwise"]
NEEDED = {"task", "width", "positions", "ratio", "counted_ratio", "work_ratio"}


def read(path):
    """Returns the rows of a table, or ends the program with a message."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
    except OSError as error:
        sys.exit(f"error: {path}: {error.strerror}")
    except UnicodeDecodeError:
        sys.exit(f"error: {path} is not a text")
    if not rows or not NEEDED <= set(rows[0]):
        sys.exit(f"error: {path} is no table of `qchem-nqs cost --measure --output`")
    return rows


def draw(plot, rows, output):
    plot.rcParams["svg.fonttype"] = "none"
    plot.rcParams["svg.hashsalt"] = "cost"
    tasks = [task for task in TASKS if any(row["task"] == task for row in rows)]
    figure, panels = plot.subplots(
        1, len(tasks), figsize=(3.6 * len(tasks), 3.4), squeeze=False, sharey=True)
    widths = sorted({int(row["width"]) for row in rows})
    for panel, task in zip(panels[0], tasks):
        for index, width in enumerate(widths):
            mine = [row for row in rows if row["task"] == task and int(row["width"]) == width]
            mine.sort(key=lambda row: int(row["positions"]))
            lengths = [int(row["positions"]) for row in mine]
            for column, style, label in [
                ("ratio", "o-", f"C = {width}"), ("counted_ratio", "--", None),
                ("work_ratio", ":", None),
            ]:
                panel.plot(
                    lengths, [float(row[column]) for row in mine], style, color=f"C{index}",
                    markersize=3.5, linewidth=1.2, label=label)
        panel.axhline(1, color="0.6", linewidth=0.8)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log", base=2)
        panel.xaxis.set_major_formatter("{x:.0f}")
        panel.yaxis.set_major_formatter("{x:g}")
        panel.set_title(task, fontsize=10)
        panel.set_xlabel("positions T")
    panels[0][0].set_ylabel("time, transformer / RetNet")
    panels[0][0].legend(fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(output, metadata={"Date": None} if output.suffix == ".svg" else None)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=pathlib.Path, help="the file of --output")
    parser.add_argument("figure", type=pathlib.Path, help="the figure to write, such as cost.svg")
    arguments = parser.parse_args()
    rows = read(arguments.table)
    try:
        import matplotlib
        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        sys.exit("error: this figure needs matplotlib; install it with `pip install matplotlib`")
    try:
        draw(pyplot, rows, arguments.figure)
    except (OSError, ValueError) as error:
        sys.exit(f"error: {arguments.figure}: {error}")


if __name__ == "__main__":
    main()
