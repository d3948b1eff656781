"""Records what scikit-learn makes of scores with ties, for the tests of ranking metrics.

    python areas_reference.py [ROWS [FILE]]      default: 120,000 rows, areas_reference.txt beside this file

Scores and classes come from a hash of the row's number, which test_areas_mpi.c computes too, so that the file needs no rows: see
score() and is_yes(). Each case is one line:

    case NAME ROWS LEVELS RATE AUC AVERAGE_PRECISION

LEVELS: scores are multiples of 1 / LEVELS, so that many are equal; 0: as they come. RATE: of 1000 rows so many are of the class.
The areas are those of roc_auc_score and average_precision_score (scikit-learn 1.9.1), shortest decimals; where all rows are of one
class, nan.
"""

import sys
from pathlib import Path

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

HERE = Path(__file__).resolve().parent
CASES = [
    ("ties", 100, 300),
    ("few_levels", 3, 300),
    ("one_level", 1, 300),
    ("as_they_come", 0, 300),
    ("rare", 1000, 5),
    ("all", 100, 1000),
    ("none", 100, 0),
]


def mix(number):
    """A 32-bit hash: additions and multiplications modulo 2^32, and shifts."""
    x = number.astype(np.uint64)
    for multiplier in (0x7FEB352D, 0x846CA68B):
        x ^= x >> 16
        x = x * multiplier & 0xFFFFFFFF
    return x ^ x >> 15


def is_yes(row, rate):
    return mix(row * 2 + 1) % 1000 < rate


def score(row, yes, levels):
    """Higher for rows of the class; of few levels half are negative, and both zeros are among them."""
    whole = mix(row * 2) >> 8
    value = whole.astype(np.float64) * 2.0**-24
    if levels:
        value = np.floor(value * levels).astype(np.float32) / np.float32(levels)
    value = value.astype(np.float32) + np.where(yes, np.float32(0.25), np.float32(0)).astype(np.float32)
    return np.where(mix(row + 7) % 2 == 1, -value, value).astype(np.float32) if levels == 3 else value


def main():
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 120000
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else HERE / "areas_reference.txt"
    lines = []
    for name, levels, rate in CASES:
        row = np.arange(rows, dtype=np.uint64)
        yes = is_yes(row, rate)
        values = score(row, yes, levels).astype(np.float64)
        one = yes.all() or not yes.any()
        auc = float("nan") if one else float(roc_auc_score(yes, values))
        average = float("nan") if one else float(average_precision_score(yes, values))
        lines.append(f"case {name} {rows} {levels} {rate} {auc!r} {average!r}\n")
    path.write_text("".join(lines))


main()
