"""Writes tutorial.h5: random data for the 10-64-1 network of the first Keras example.

    python make_tutorial.py OUT.h5 [--seed N]

100 rows, 10 features `x` and one target `y`, uniform in [0, 1). The numbers are a function of the seed (words of
Philox, purpose DATA: unit 0..9 a row's features, unit 10 its target) and the file has no time stamps, so the same
command gives the same bytes.
"""

import argparse

import h5py
import numpy as np

import philox

ROWS = 100
FEATURES = 10


def tutorial_data(seed=0):
    """x float32 (ROWS, FEATURES), y float32 (ROWS, 1)."""
    values = philox.uniform(philox.words(seed, philox.DATA, FEATURES + 1, range(ROWS)))
    return values[:, :FEATURES], values[:, FEATURES:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    philox.check()
    x, y = tutorial_data(arguments.seed)
    with h5py.File(arguments.out, "w") as file:
        # Fixed-length strings lie in the object header, where nothing is left unset.
        file.attrs["title"] = np.bytes_("Random data for the 10-64-1 network of the first Keras example")
        file.attrs["source"] = np.bytes_(f"scripts/data/make_tutorial.py --seed {arguments.seed} (Philox4x32-10)")
        file.attrs["licence"] = np.bytes_("generated; same licence as this project")
        file.create_dataset("x", data=x, dtype="<f4", track_times=False)
        file.create_dataset("y", data=y, dtype="<f4", track_times=False)


if __name__ == "__main__":
    main()
