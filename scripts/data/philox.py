"""Philox4x32-10 in numpy, with the counter of the arithmetic contract (src/base/philox.h).

Written from the paper (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11), not from the
C code, so that the reference in tests/reference checks that code. `python philox.py` checks the authors' known answers.
"""

import numpy as np

# The second key word: what the numbers are for.
INITIALIZER = 1
DROPOUT = 2
WINDOWS = 3
ROWS = 4
DATA = 5

_MULTIPLIER = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))
_WEYL = (0x9E3779B9, 0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def philox4x32(key, counter, rounds=10):
    """Four words for every counter.

    key      two 32-bit integers
    counter  four integers or integer arrays, broadcast against each other
    returns  uint32 (..., 4), ... being the broadcast shape
    """
    c0, c1, c2, c3 = (np.array(c, np.uint64) for c in np.broadcast_arrays(*counter))
    k0, k1 = key
    for _ in range(rounds):
        p0 = _MULTIPLIER[0] * c0  # both factors are below 2^32: the product fits
        p1 = _MULTIPLIER[1] * c2
        c0, c1, c2, c3 = (p1 >> _32) ^ c1 ^ np.uint64(k0), p1 & _LOW, (p0 >> _32) ^ c3 ^ np.uint64(k1), p0 & _LOW
        k0 = (k0 + _WEYL[0]) & 0xFFFFFFFF
        k1 = (k1 + _WEYL[1]) & 0xFFFFFFFF
    return np.stack([c0, c1, c2, c3], axis=-1).astype(np.uint32)


def words(seed, purpose, units, rows, layer=0, epoch=0):
    """Word of every (row, unit): uint32 (len(rows), units).

    key (seed, purpose), counter (unit/4, layer<<16 | row>>32, row, epoch), word unit%4 of the block.
    """
    row = np.asarray(rows, np.uint64)[:, None]
    block = np.arange((units + 3) // 4, dtype=np.uint64)[None, :]
    counter = (block, np.uint64(layer << 16) | row >> _32, row & _LOW, np.uint64(epoch))
    return philox4x32((seed, purpose), counter).reshape(len(row), -1)[:, :units]


def uniform(word):
    """float32 in [0, 1): (word >> 8) * 2^-24, exact."""
    return (word >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


# The authors' known answers (Random123, tests/kat_vectors): key, counter, words.
KNOWN_ANSWERS = (
    ((0, 0), (0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    (
        (0xFFFFFFFF, 0xFFFFFFFF),
        (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
    ),
    (
        (0xA4093822, 0x299F31D0),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
)


def check():
    """Raises AssertionError, with both values, when a known answer is not met."""
    for key, counter, expected in KNOWN_ANSWERS:
        found = [int(word) for word in philox4x32(key, counter)]
        assert found == list(expected), f"key {key}: found {list(map(hex, found))}, expected {list(map(hex, expected))}"
    # The contract's counter, element by element, rows beyond 2^32 among them.
    rows = [0, 3, 2**32 + 5]
    table = words(7, DROPOUT, 6, rows, layer=2, epoch=9)
    for i, row in enumerate(rows):
        for unit in range(6):
            block = philox4x32((7, DROPOUT), (unit // 4, 2 << 16 | row >> 32, row & 0xFFFFFFFF, 9))
            assert table[i, unit] == block[unit % 4], f"row {row}, unit {unit}: {table[i, unit]} and {block[unit % 4]}"


if __name__ == "__main__":
    check()
    print("philox: known answers met")
