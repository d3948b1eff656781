#!/usr/bin/env python3
"""Reads a run's report back and compares it with what it was made of.

report_points.py RUN             the points of the curves in report.html with the columns of log.csv
report_points.py RUN EVALUATED   the test part in report.json with what `evaluate --json` printed
"""
import csv
import html
import json
import math
import re
import sys


def lines_of(page):
    """(caption, name, points) of each line: coordinates turned back into numbers by the chart's own ends."""
    for figure in re.findall(r"<figure>(.*?)</figure>", page, re.S):
        caption = re.search(r"<figcaption>(.*?)</figcaption>", figure).group(1)
        left, right, bottom, top = map(float, re.search(r'data-area="([^"]*)"', figure).group(1).split())
        x, y = (re.search(f'data-{axis}="([^"]*)"', figure).group(1).split() for axis in "xy")

        def back(at, start, end, axis):
            share = (at - start) / (end - start)
            low, high = float(axis[0]), float(axis[1])
            return low * (high / low) ** share if axis[2:] else low + share * (high - low)

        for name, path in re.findall(r'<path class="line c\d" data-name="([^"]*)" d="([^"]*)"', figure):
            points = [tuple(map(float, p.split())) for p in re.findall(r"[ML]([-\d.]+ [-\d.]+)", path)]
            yield caption, html.unescape(name), x, y, [
                (back(px, left, right, x), back(py, bottom, top, y)) for px, py in points]


def close(a, b, axis, pixels):
    """Within a tenth of a pixel or so, of 412 or 232."""
    low, high = float(axis[0]), float(axis[1])
    if axis[2:]:
        return abs(math.log(a / b)) <= math.log(high / low) / pixels * 0.11
    return abs(a - b) <= (high - low) / pixels * 0.11


def check_curves(run):
    rows = list(csv.DictReader(open(f"{run}/log.csv")))
    steps = max(int(r["step"]) // int(r["epoch"]) for r in rows)
    agree = 0
    for caption, name, x, y, points in lines_of(open(f"{run}/report.html").read()):
        score = caption.replace(" (logarithmic)", "")
        if score == "learning rate":
            column = "learning_rate"
        elif name in ("training", "validation"):
            column = score if name == "training" else f"val_{score}"
        else:
            continue
        expected = [(int(r["step"]) / steps, float(r[column])) for r in rows if r[column] != ""]
        assert len(points) == len(expected), (column, len(points), len(expected))
        for (px, py), (ex, ey) in zip(points, expected):
            assert close(px, ex, x, 412) and close(py, ey, y, 232), (column, px, ex, py, ey)
        agree += 1
    print(agree, "lines agree with log.csv")


def check_part(run, evaluated):
    part = [p for p in json.load(open(f"{run}/report.json"))["parts"] if p["name"] == "test"][0]
    found = json.load(open(evaluated))
    assert part["rows"] == found["rows"] == part["rows_used"]
    if part["kind"] == "values":
        mae, rms, _, r2 = part["errors"]
        for name, value in (("mae", mae), ("rmse", rms), ("r2", r2)):
            assert abs(found[name] - value) <= 1e-6 * abs(value), (name, found[name], value)
        assert sum(part["cells"]) == sum(part["residuals"]) == part["rows"]
        assert sum(part["deciles"][0::5]) == part["rows"]
        print("errors agree with evaluate")
        return
    classes = found["per_class"]
    assert round(found["accuracy"] * part["rows"]) == sum(part["right"])
    for k, c in enumerate(classes):
        assert c["support" if "support" in c else "rows"] == part["support"][k], c
        assert c["auc"] == part["areas"][4 * k + 2] and c["pr_auc"] == part["areas"][4 * k + 3], c
        curve = part["curves"][k * 402:(k + 1) * 402]
        assert curve[0] == curve[1] == 0 and curve[-2:] == part["areas"][4 * k:4 * k + 2]
        assert all(a <= b for a, b in zip(curve, curve[2:]))
        matrix = part["confusion_matrix"][k * len(classes):(k + 1) * len(classes)]
        assert sum(matrix) == part["support"][k] and matrix[k] == part["right"][k]
    assert sum(part["calibration"][0::3]) == part["rows"] and sum(part["calibration"][2::3]) == sum(part["right"])
    print(len(classes), "classes agree with evaluate")


if len(sys.argv) == 2:
    check_curves(sys.argv[1])
else:
    check_part(sys.argv[1], sys.argv[2])
