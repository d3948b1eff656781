"""The calls that change files, recorded with strace, and what a disk may hold of them when the power fails.

record() starts a program under strace and returns a Trace: what the folder held before, and each change in it as an operation.
Trace.state() builds one of the states that a file system may leave after the first so many operations. What is synced is there:
a file's bytes and length as of the start of the last fsync that has returned, a directory's names likewise. Of all that came
since then anything may be missing: names one by one, by directory or from a moment on, bytes by sectors of 512 or blocks of 4096,
lengths apart from bytes; what is missing in a file that has grown is zeros or stale bytes of another file. A rename is one
change. A file's fsync does not promise its name, nor a directory's the one above it. sync_file_range promises nothing.
"""

import collections
import os
import pathlib
import re
import shutil

from campaign import environment, start

CALLS = ("open,openat,creat,write,pwrite64,writev,pwritev,pwritev2,truncate,ftruncate,fallocate,rename,renameat,renameat2,link,linkat,symlink,"
         "symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,fsync,fdatasync,sync,syncfs,lseek,copy_file_range,sendfile,splice,mmap,mknod,mknodat")
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
DESCRIPTOR = re.compile(r"^(-?\d+|AT_FDCWD)(?:<((?:\\x[0-9a-f]{2})*)>(\(deleted\))?)?")
LINE = re.compile(r"^(\d+) +(.*)$")
CALL = re.compile(r"^(\w+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)(.*)$", re.S)

Op = collections.namedtuple("Op", "kind start inode where what")  # start: operations that were done when the call began


def unescape(text):
    return bytes.fromhex(text.replace("\\x", ""))


def split(text):
    """Arguments of a call: commas outside of strings, brackets and braces."""
    parts, depth, at, quoted = [], 0, 0, False
    for i, c in enumerate(text):
        if c == '"':
            quoted = not quoted
        elif not quoted and c in "[{(<":
            depth += 1
        elif not quoted and c in "]})>":
            depth -= 1
        elif c == "," and depth == 0 and not quoted:
            parts.append(text[at:i].strip())
            at = i + 1
    return parts + [text[at:].strip()]


class Trace:
    """Inodes are numbers; a file's operations are "write" (offset, bytes) and "size" (length), a directory's "set" (name, inode),
    "unset" (name) and "move" (from, to). where: the file's or directory's inode; of a move the pair of both directories'."""

    def __init__(self, folder):
        self.folder, self.ops, self.count = folder, [], 0
        self.names, self.before, self.position = {}, {}, {}  # of directories; of files; of descriptors by inode
        self.root = self.take(folder)
        self.first = {d: dict(n) for d, n in self.names.items()}

    def new(self):
        self.count += 1
        return self.count

    def take(self, path):
        inode = self.new()
        if path.is_dir():
            self.names[inode] = {p.name: self.take(p) for p in sorted(path.iterdir())}
        else:
            self.before[inode] = path.read_bytes()
        return inode

    # ---- reading what strace wrote ----

    def find(self, path):
        """Directory and name of a path, and the inode that it has now; None if it is not in the folder."""
        try:
            parts = pathlib.PurePosixPath(os.path.normpath(path)).relative_to(self.folder).parts
        except ValueError:
            return None
        if not parts:
            return None, "", self.root
        directory = self.root
        for part in parts[:-1]:
            directory = self.names.get(directory, {}).get(part)
        return directory, parts[-1], self.names.get(directory, {}).get(parts[-1])

    def add(self, kind, begun, where, what, inode=None):
        self.ops.append(Op(kind, begun, inode, where, what))

    def read(self, path):
        waiting = {}
        with open(path) as lines:
            for line in lines:
                match = LINE.match(line.rstrip("\n"))
                if not match:
                    continue
                process, text = match.groups()
                if text.endswith("<unfinished ...>"):
                    waiting[process] = (len(self.ops), text[:-len("<unfinished ...>")])
                    continue
                begun = len(self.ops)
                if text.startswith("<... "):
                    begun, first = waiting.pop(process, (0, ""))
                    text = first + text.partition(" resumed>")[2]
                call = CALL.match(text)
                if call and not call.group(3).startswith("-") and call.group(3) != "?":
                    self.understand(begun, call.group(1), split(call.group(2)), int(call.group(3), 0))

    def path_of(self, arguments, name, at):
        """The path that is the at-th of a call's; calls whose names end in "at" have a directory in front of each."""
        paired = name.endswith(("at", "at2"))
        text = STRING.match(arguments[2 * at + 1 if paired else at])
        base = DESCRIPTOR.match(arguments[2 * at]).group(2) if paired else None
        base = unescape(base).decode() if base else str(self.cwd)
        return os.path.join(base, unescape(text.group(1)).decode(errors="surrogateescape"))

    def file_of(self, argument):
        """Inode behind a descriptor; None: not in the folder, or without a name, where no power failure shows it."""
        match = DESCRIPTOR.match(argument)
        if not match or not match.group(2) or match.group(3):
            return None
        path = unescape(match.group(2)).decode(errors="surrogateescape")
        found = self.find(path) if path.startswith("/") else None
        return found and found[2]

    def understand(self, begun, name, a, result):
        def found(at=0):
            return self.find(self.path_of(a, name, at))

        if name in ("open", "openat", "creat"):
            self.opened(begun, found(), a[1 + (name == "openat")] if name != "creat" else "O_CREAT|O_TRUNC|O_WRONLY")
        elif name in ("mkdir", "mkdirat"):
            if found():
                self.names[self.new()] = {}
                self.name(begun, found(), self.count)
        elif name in ("rename", "renameat", "renameat2"):
            source, target = found(), found(1)
            if (source is None) != (target is None) or (source and name == "renameat2" and a[4] not in ("0", "RENAME_NOREPLACE")):
                raise SystemExit(f"{name} {a} is not modelled")
            if source:
                del self.names[source[0]][source[1]]
                self.names[target[0]][target[1]] = source[2]
                self.add("move", begun, (source[0], target[0]), (source[1], target[1]), source[2])
        elif name in ("unlink", "unlinkat", "rmdir"):
            if found():
                directory, word, inode = found()
                del self.names[directory][word]
                self.add("unset", begun, directory, word, inode)
        elif name in ("link", "linkat"):
            if found(1):
                self.name(begun, found(1), found()[2])
        elif name in ("sync", "syncfs"):
            raise SystemExit(f"{name} is not modelled")
        elif name in ("symlink", "symlinkat", "mknod", "mknodat"):
            path = self.path_of(a[1:], name, 0) if name == "symlinkat" else self.path_of(a, name, name == "symlink")
            if self.find(path):
                raise SystemExit(f"{name} in the folder is not modelled")
        elif name == "truncate":
            if found():
                self.add("size", begun, found()[2], int(a[1]))
        else:
            self.on_descriptor(begun, name, a, result)

    def on_descriptor(self, begun, name, a, result):
        inode = self.file_of(a[4] if name == "mmap" else a[1] if name in ("copy_file_range", "splice") else a[0])
        if inode is None:
            return
        if name in ("fsync", "fdatasync"):
            self.add("sync", begun, inode, None)
        elif inode in self.names:
            return  # a directory, which is not written by calls on it
        elif name in ("pwrite64", "write"):
            data = STRING.match(a[1])
            if data.group(2):
                raise SystemExit("strace has cut the bytes of a write")
            offset = int(a[3]) if name == "pwrite64" else self.position.get(inode, 0)
            if name == "write":
                self.position[inode] = offset + result
            self.add("write", begun, inode, (offset, unescape(data.group(1))[:result]))
        elif name == "ftruncate":
            self.add("size", begun, inode, int(a[1]))
        elif name == "lseek":
            self.position[inode] = result
        elif name == "fallocate":
            if a[1] == "0":
                self.add("grow", begun, inode, int(a[2]) + int(a[3]))
            elif a[1] != "FALLOC_FL_KEEP_SIZE":
                raise SystemExit(f"fallocate {a[1]} is not modelled")
        elif name != "mmap" or ("PROT_WRITE" in a[2] and "MAP_SHARED" in a[3]):
            raise SystemExit(f"{name} on a file of the folder is not modelled")

    def name(self, begun, found, inode):
        self.names[found[0]][found[1]] = inode
        self.add("set", begun, found[0], found[1], inode)

    def opened(self, begun, found, flags):
        if not found or "O_DIRECTORY" in flags or "O_TMPFILE" in flags:
            return
        inode = found[2]
        if inode is None and "O_CREAT" in flags:
            inode = self.new()
            self.before[inode] = b""
            self.name(begun, found, inode)
        elif "O_TRUNC" in flags and "O_RDONLY" not in flags:
            self.add("size", begun, inode, 0)
        if "O_APPEND" in flags:
            raise SystemExit("O_APPEND is not modelled")
        self.position[inode] = 0

    def compare(self, directory, path):
        """Where the folder is not as all operations together make it; None: nowhere."""
        names = self.names[directory]
        if sorted(names) != sorted(p.name for p in path.iterdir()):
            return path
        for name, inode in names.items():
            if inode in self.names:
                different = self.compare(inode, path / name)
                if different:
                    return different
                continue
            data = bytearray(self.before[inode])
            for op in self.ops:
                if op.where == inode and op.kind in ("write", "size", "grow"):
                    change(data, op)
            if bytes(data) != (path / name).read_bytes():
                return path / name
        return None

    # ---- states ----

    def synced(self, crash):
        """Of each inode: operations in front of this one are on the disk."""
        covered = {}
        for op in self.ops[:crash]:
            if op.kind == "sync":
                covered[op.where] = max(covered.get(op.where, 0), op.start)
        return covered

    def tree(self, crash, random):
        """Directories' names: those that are synced, and of the changes since then such as the way of the file system leaves."""
        covered = self.synced(crash)
        names = {d: dict(n) for d, n in self.first.items()}
        way = random.choice(["none", "all", "moment", "directories", "any", "any"])
        moment, share = random.randrange(crash + 1), random.random()
        cuts = collections.defaultdict(lambda: random.randrange(crash + 1))
        for i, op in enumerate(self.ops[:crash]):
            if op.kind not in ("set", "unset", "move"):
                continue
            where = op.where if op.kind == "move" else (op.where, )
            done = any(i < covered.get(d, 0) for d in where)
            done = done or {"none": False, "all": True, "moment": i < moment, "directories": i < cuts[where[0]], "any": random.random() < share}[way]
            if done:
                self.apply(names, op)
        return names, way

    @staticmethod
    def apply(names, op):
        source = names.setdefault(op.where[0] if op.kind == "move" else op.where, {})
        if op.kind == "set":
            source[op.what] = op.inode
        elif op.kind == "unset":
            if source.get(op.what) == op.inode:
                del source[op.what]
        else:
            if source.get(op.what[0]) == op.inode:
                del source[op.what[0]]
            names.setdefault(op.where[1], {})[op.what[1]] = op.inode

    def stale(self, inode, random):
        """What a block may have held before: bytes of any file that was written."""
        others = [op.what[1] for op in self.ops if op.kind == "write" and op.where != inode and len(op.what[1]) >= 64]
        return random.choice(others) if others else b"\xff" * 512

    def content(self, inode, crash, covered, random):
        """A file's bytes: what is synced, and of the changes since then what the disk has taken."""
        data, pending = bytearray(self.before.get(inode, b"")), []
        for i, op in enumerate(self.ops[:crash]):
            if op.where != inode or op.kind not in ("write", "size", "grow"):
                continue
            if i < covered.get(inode, 0):
                change(data, op)
            else:
                pending.append(op)
        if not pending:
            return bytes(data), None
        way = random.choice(["none", "all", "some", "torn", "torn", "first", "zeros", "stale"])
        if way == "none":
            return bytes(data), way
        whole = bytearray(data)
        lengths = {len(data)}
        for op in pending:
            change(whole, op)
            lengths.add(len(whole))
        if way == "all":
            return bytes(whole), way
        unit, share, last = random.choice([512, 4096]), random.random(), random.randrange(len(pending) + 1)
        filler = self.stale(inode, random) if way == "stale" else None
        for i, op in enumerate(pending):
            if way == "first":
                if i < last:
                    change(data, op)
                elif i == last:
                    change(data, op, unit, random.random(), random)
            elif way == "some":
                if random.random() < share:
                    change(data, op)
            elif way == "torn":
                change(data, op, unit, share, random)
            elif op.kind == "write":  # zeros, stale
                change(data, op, unit, share / 2, random, filler or b"\0")
            else:
                change(data, op)
        size = random.choice([len(data), len(whole), random.choice(sorted(lengths))])
        change(data, Op("size", 0, None, inode, size))
        return bytes(data), way

    def build(self, names, crash, random, into):
        """Writes a state into a folder that is not there yet; returns the ways in which files are incomplete."""
        covered, ways, links = self.synced(crash), set(), {}

        def write(directory, path):
            path.mkdir()
            for name, inode in sorted(names.get(directory, {}).items()):
                if inode in self.names:
                    write(inode, path / name)
                elif inode in links:
                    os.link(links[inode], path / name)
                else:
                    data, way = self.content(inode, crash, covered, random)
                    ways.add(way)
                    (path / name).write_bytes(data)
                    links[inode] = path / name
        write(self.root, into)
        return ways - {None}


def change(data, op, unit=0, share=1.0, random=None, filler=None):
    """One operation on a file's bytes; with a unit, each of its sectors with this chance only, else the filler."""
    if op.kind == "size":
        del data[op.what:]
        data.extend(bytes(op.what - len(data)))
        return
    if op.kind == "grow":
        data.extend(bytes(max(0, op.what - len(data))))
        return
    offset, written = op.what
    data.extend(bytes(max(0, offset - len(data))))
    if not unit:
        data[offset:offset + len(written)] = written
        return
    at = offset
    while at < offset + len(written):
        end = min((at // unit + 1) * unit, offset + len(written))
        piece = written[at - offset:end - offset]
        if random.random() < share:
            data[at:end] = piece
        elif filler:
            data[at:end] = (filler * (len(piece) // len(filler) + 1))[:len(piece)]
        elif end > len(data):
            data.extend(bytes(end - len(data)))
        at = end


def can_record(work):
    """Whether strace is there and may trace."""
    return shutil.which("strace") is not None and start(["strace", "-f", "-o", work / "probe", "true"])[0] == 0


def record(arguments, folder, work, **options):
    """The trace of a program that changes files in a folder, its exit code and what it said."""
    trace = Trace(folder)
    trace.cwd = pathlib.Path(options.get("cwd", os.getcwd()))
    file = work / f"{folder.name}.trace"
    code, said = start(["strace", "-f", "-y", "-xx", "-s", 1 << 27, "-e", f"trace={CALLS}", "-e", "signal=none", "-o", file, *arguments],
                       **{"env": environment(), **options})
    if not file.exists():
        raise SystemExit(f"strace leaves no trace: {said}")
    trace.read(file)
    file.unlink()
    different = trace.compare(trace.root, folder)
    if different:
        raise SystemExit(f"the trace of {' '.join(map(str, arguments))} does not lead to what is in {different}")
    return trace, code, said
