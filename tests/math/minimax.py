"""The polynomials of log1p and of the normal tail in src/math/scalar.h: minimax fits with float32 coefficients.

    python minimax.py          needs numpy and mpmath; prints coefficients from the highest power down, and errors

Remez' exchange; the coefficients are rounded from the lowest power up, and those above are fitted anew each time. The
error is that of the rounded polynomial, evaluated exactly, relative to the function.
"""

import mpmath
import numpy as np

mpmath.mp.dps = 30
GRID = 4001


def exchange(target, weight, grid, powers):
    """Coefficients of `powers` for which the largest weight * (polynomial - target) on the grid is least."""
    basis = grid[:, None] ** np.array(powers)[None, :]
    n = len(powers)
    at = np.round((1 - np.cos(np.pi * np.arange(n + 1) / n)) / 2 * (len(grid) - 1)).astype(int)
    for _ in range(30):
        matrix = np.hstack([basis[at], ((-1.0) ** np.arange(n + 1) / weight[at])[:, None]])
        solution = np.linalg.solve(matrix, target[at])[:-1]
        error = weight * (basis @ solution - target)
        ends = np.flatnonzero(np.diff(np.sign(error)) != 0) + 1
        peaks = [part[np.argmax(np.abs(error[part]))] for part in np.split(np.arange(len(grid)), ends)]
        while len(peaks) > n + 1:
            peaks = peaks[1:] if abs(error[peaks[0]]) < abs(error[peaks[-1]]) else peaks[:-1]
        if len(peaks) < n + 1 or list(at) == peaks:
            break
        at = np.array(peaks)
    return solution


def fit(function, scale, low, high, degree):
    """A polynomial of `degree` for function(x), errors in units of 1 / scale(x)."""
    grid = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * np.arange(GRID) / (GRID - 1))
    exact = np.array([float(function(mpmath.mpf(x))) for x in grid])
    weight = np.array([float(scale(mpmath.mpf(x))) for x in grid])
    rounded = []
    for k in range(degree + 1):
        rest = exact - sum(c * grid**i for i, c in enumerate(rounded))
        rounded.append(float(np.float32(exchange(rest, weight, grid, range(k, degree + 1))[0])))
    worst = max(abs(w * (sum(c * x**i for i, c in enumerate(rounded)) - y)) for x, y, w in zip(grid, exact, weight))
    return rounded, worst


def show(name, coefficients, worst):
    print(f"{name}: relative error {worst:.1e}")
    for c in reversed(coefficients):
        print(f"    {c.hex()}")


def log1p_rest(x):
    """log1p(x) = x + x^2 rest(x)."""
    return (mpmath.log1p(x) - x) / x**2


def tail_rest(t):
    """The normal distribution's upper tail at x = 4 (1/t - 1) is exp(-x^2/2) t rest(t)."""
    x = 4 * (1 / t - 1)
    return mpmath.erfc(x / mpmath.sqrt(2)) / 2 * mpmath.exp(x * x / 2) / t


show("log1p on [0, 1]", *fit(log1p_rest, lambda x: x**2 / mpmath.log1p(x), 1e-3, 1, 8))
show("normal tail on [0, 15]", *fit(tail_rest, lambda t: 1 / tail_rest(t), 1 / (1 + 15 / 4), 1, 9))
