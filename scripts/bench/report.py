"""Medians, lines through points, tables on the screen and CSV files, for all drivers of this folder."""

import csv
import statistics
import sys

median = statistics.median


def line_fit(x, y):
    """Least squares y = intercept + slope x; returns intercept, slope and R squared."""
    mean_x, mean_y = statistics.fmean(x), statistics.fmean(y)
    spread = sum((a - mean_x) ** 2 for a in x)
    slope = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / spread
    intercept = mean_y - slope * mean_x
    total = sum((b - mean_y) ** 2 for b in y)
    rest = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y))
    return intercept, slope, 1 - rest / total if total > 0 else 1.0


def number(value, digits=3):
    """As short as it can be read: 12,345 or 1.23."""
    if value is None or value == "":
        return ""
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else str(value)
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def reached(condition):
    return "reached" if condition else "not reached"


class Table:
    """Rows of dictionaries: some columns go to the screen, all of them to the CSV file."""

    def __init__(self, shown):
        self.shown = shown  # {key: heading}
        self.rows = []

    def add(self, **row):
        self.rows.append(row)
        return row

    def show(self, rows=None, file=sys.stdout):
        cells = [list(self.shown.values())]
        cells += [[number(row.get(key)) for key in self.shown] for row in (self.rows if rows is None else rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(self.shown))]
        for line in cells:
            words = [c.ljust(w) if i < 2 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))]
            print("  ".join(words).rstrip(), file=file)
        print(flush=True, file=file)

    def write(self, path):
        keys = list(dict.fromkeys(key for row in self.rows for key in row))
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, keys)
            writer.writeheader()
            writer.writerows(self.rows)
        print(f"written: {path}", file=sys.stderr)


def say(*words):
    print(*words, file=sys.stderr, flush=True)
