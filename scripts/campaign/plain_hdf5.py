"""Small HDF5 files, written with Python's standard library: groups of contiguous datasets, for data that no converter would make.

The oldest form of the format (superblock 0, object headers 1) with links inside the headers: what every libhdf5 from 1.8 on reads.
"""

import struct

NOWHERE = b"\xff" * 8
FLOATS = {"f4": (4, 23, 8, 127), "f8": (8, 52, 11, 1023)}  # bytes, bits of the mantissa, of the exponent, bias
CODES = {"f4": "f", "f8": "d", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}


def bits(value):
    """A float as float32 has it: infinite where it is too great, which struct.pack refuses."""
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", float("inf") if value > 0 else float("-inf"))


class Array:
    """Values in the order of the file; `shape` has as many."""

    def __init__(self, kind, shape, values):
        self.kind, self.shape = kind, tuple(shape)
        self.bytes = b"".join(map(bits, values)) if kind == "f4" else struct.pack(f"<{len(values)}{CODES[kind]}", *values)
        size, count = int(kind[1]), 1
        for n in self.shape:
            count *= n
        assert len(self.bytes) == size * count, (self.shape, len(self.bytes))


def type_of(kind):
    size = int(kind[1])
    if kind in FLOATS:
        _, mantissa, exponent, bias = FLOATS[kind]
        return struct.pack("<BBBBIHHBBBBI", 0x11, 0x20, 8 * size - 1, 0, size, 0, 8 * size, mantissa, exponent, 0, mantissa, bias)
    return struct.pack("<BBBBIHH", 0x10, 8 if kind[0] == "i" else 0, 0, 0, size, 0, 8 * size)


class File:
    def __init__(self):
        self.data = bytearray(96)  # of the superblock

    def put(self, data):
        at = len(self.data)
        self.data += data + b"\0" * (-len(data) % 8)
        return at

    def header(self, messages):
        body = b""
        for kind, data in messages:
            data += b"\0" * (-len(data) % 8)
            body += struct.pack("<HHB3x", kind, len(data), 0) + data
        return self.put(struct.pack("<BxHII4x", 1, len(messages), 1, len(body)) + body)

    def dataset(self, array):
        at = struct.pack("<Q", self.put(array.bytes)) if array.bytes else NOWHERE
        space = struct.pack("<BBB5x", 1, len(array.shape), 0) + b"".join(struct.pack("<Q", n) for n in array.shape)
        return self.header([(1, space), (3, type_of(array.kind)), (5, bytes([2, 1, 0, 0])),
                            (8, bytes([3, 1]) + at + struct.pack("<Q", len(array.bytes)))])

    def group(self, members):
        links = []
        for name, member in sorted(members.items()):
            at = self.group(member) if isinstance(member, dict) else self.dataset(member)
            links.append((6, bytes([1, 0, len(name.encode())]) + name.encode() + struct.pack("<Q", at)))
        return self.header([(2, bytes([0, 0]) + NOWHERE + NOWHERE), (10, bytes([0, 0])), *links])


def write(path, members):
    """`members`: names with arrays, or with dicts of the same kind for groups."""
    file = File()
    root = file.group(members)
    head = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0]) + struct.pack("<HHI", 4, 16, 0)
    head += struct.pack("<Q", 0) + NOWHERE + struct.pack("<Q", len(file.data)) + NOWHERE
    file.data[:96] = head + struct.pack("<QQII16x", 0, root, 0, 0)
    path.write_bytes(bytes(file.data))
