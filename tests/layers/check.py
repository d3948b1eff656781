#!/usr/bin/env python3
"""The rooms of src as they are, against the table of layers in src/README.md.

    check.py SOURCE          reads SOURCE/src and prints every fault, one a line; exit code 1 when there is one
    check.py SOURCE --table  the rooms with their files and lines
    check.py SOURCE --self   puts one fault of each kind into a copy and sees that it is found

A fault is: an include that runs upwards or past the table, mpi.h or hdf5.h behind the wrong door, a room without a line in the
table, a file opened past base/descriptor.h, two files of one name, a file above 450 lines, a shared function whose name does not say where it is declared, a
comment or README that names a file which is not there, and a folder of code without a README.md.
"""
import collections
import pathlib
import re
import shutil
import sys
import tempfile

MOST_LINES = 450
# Words that everybody uses, and that a longer name would not make clearer.
SHARED_WORDS = {"ls_fail", "ls_fail_prefix"}
# Paths in prose: of the root, or a file in a folder of src. What else has a slash in it (samples/s) is no path.
NAMED = re.compile(
    r"(?<![\w./*~$-])((?:src|tests|scripts|include)/[\w./*-]*[\w*]|[\w-]+/[\w.-]*\w\.(?:c|h|inc|md|py|sh|\*))(?![\w/])"
)
CODE = (".c", ".h", ".inc", ".py", ".sh", ".cmake", ".conf", ".txt")
DOORS = {"mpi.h": r"(comm|context|cli)/", "lockstep_mpi.h": r"(context|cli)/", "hdf5.h": r"hdf5/h5"}


def read_table(readme):
    """{room: rooms it may include}, from the rows "| `room` | holds | may include |", ground floor first."""
    allowed = {}
    for line in readme.read_text().splitlines():
        row = re.match(r"\| `(\w+)` \| .* \|([^|]*)\|$", line)
        if row:
            words = row.group(2).strip()
            allowed[row.group(1)] = list(allowed) if words == "all above" else re.findall(r"\w+", words)
        elif allowed:
            break
    return allowed


def without_comments(text):
    return re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S)


def check_includes(source, path, text, allowed):
    room = path.parts[0]
    for number, line in enumerate(text.splitlines(), 1):
        quoted = re.match(r'\s*#\s*include\s*"([^"]+)"', line)
        system = re.match(r"\s*#\s*include\s*<([^>]+)>", line)
        where = f"src/{path}:{number}"
        if system and system.group(1) in DOORS and not re.match(DOORS[system.group(1)], str(path)):
            yield f"{where}: {system.group(1)} is for {DOORS[system.group(1)]} only"
        if not quoted:
            continue
        target = pathlib.PurePath(quoted.group(1))
        if len(target.parts) == 1:
            yield f"{where}: '{target}' lacks its room; write \"{room}/{target}\""
        elif not (source / "src" / target).is_file():
            yield f"{where}: there is no src/{target}"
        elif target.parts[0] != room and target.parts[0] not in allowed[room]:
            yield f"{where}: {room} may not include {target.parts[0]} ({target}); see the table in src/README.md"


def stems(name):
    """The spellings of a file's name that a function may begin with: shards, shard; losses, loss; h5_internal, h5."""
    stem = re.sub(r"_internal$", "", name)
    return {stem, stem + "s", re.sub(r"s$", "", stem), re.sub(r"es$", "", stem), stem.split("_")[0]}


def check_names(path, text, defined):
    """Functions that a header declares are called after the header, their file, their room, or a type of the header."""
    if path.suffix != ".h" or path.parts[0] == "cli":
        return
    types = set(re.findall(r"\b(?:struct|enum|union)\s+(ls_\w+)", text)) | set(re.findall(r"\}\s*(ls_\w+)\s*;", text))
    # at the beginning of a line, and no macro, typedef or initialiser
    pattern = r"^(?:static inline )?(?!typedef|static|#|return|extern)[a-z_][\w \t\*]*?[ \*](\w+)\("
    for match in re.finditer(pattern, text, re.M):
        name = match.group(1)
        modules = stems(path.stem) | {path.parts[0]} | {t[3:] for t in types if t.startswith("ls_")}
        for file in defined.get(name, ()):
            modules |= stems(file.stem)
        carried = any(name == f"ls_{m}" or name.startswith(f"ls_{m}_") for m in modules)
        if not carried and name not in SHARED_WORDS:
            number = text[: match.start()].count("\n") + 1
            yield f"src/{path}:{number}: {name} does not say that it is of {path.stem}; call it ls_{path.stem}_..."


# Files may get the numbers of standard input, output and error, so all are opened in one place. The program's own are sure.
OPENERS = re.compile(r"(?<![\w.>])(open|openat|creat|fopen|opendir|mkstemp|mkostemp|memfd_create|socket|H5Fopen|H5Fcreate)\(")
RAISED = re.compile(r"ls_descriptor_raise\($")
OPENING = {"base/descriptor.c", "hdf5/h5.c", "hdf5/h5_create.c"}  # the last with a driver that opens nothing


def check_opening(path, text):
    for match in OPENERS.finditer(text):
        if path.parts[0] != "cli" and str(path) not in OPENING and not RAISED.search(text[: match.start()]):
            number = text[: match.start()].count("\n") + 1
            yield f"src/{path}:{number}: {match.group(1)} is for base/descriptor.h only"


def prose(path, text):
    """(where it begins, text) of all that people read in a file: of C the comments, of a README everything."""
    if path.suffix == ".md":
        return [(0, text)]
    return [(match.start(), match.group(0)) for match in re.finditer(r"/\*.*?\*/", text, re.S)]


def check_paths(source):
    """Files that comments and READMEs name are there: seen from the root or src, from a README also beside it."""
    files = [p for p in (source / "src").rglob("*") if p.suffix in (".c", ".h", ".inc")]
    for folder in ("src", "tests", "scripts"):
        files += (source / folder).rglob("*.md")
    files += source.glob("README.md")
    for file in sorted(files):
        text = file.read_text()
        places = [source, source / "src"] + ([file.parent] if file.suffix == ".md" else [])
        for start, words in prose(file, text):
            for match in NAMED.finditer(words):
                if not any(next(place.glob(match.group(1)), None) for place in places):
                    number = text.count("\n", 0, start + match.start()) + 1
                    yield f"{file.relative_to(source)}:{number}: there is no {match.group(1)}, from the root or from src"


def check_readmes(source):
    """Every folder with code, or with what a build or test reads, says what is in it."""
    for folder in ("src", "tests", "scripts"):
        code = [p for p in (source / folder).rglob("*") if p.suffix in CODE]
        for parent in sorted({file.parent for file in code}):
            if not (parent / "README.md").is_file():
                yield f"{parent.relative_to(source)}: a folder without a README.md"


def check(source):
    allowed = read_table(source / "src" / "README.md")
    files = sorted(p for p in (source / "src").glob("*/*") if p.suffix in (".c", ".h", ".inc"))
    texts = {p.relative_to(source / "src"): p.read_text() for p in files}
    bare = {path: without_comments(text) for path, text in texts.items()}
    defined = collections.defaultdict(set)
    for path, text in bare.items():
        if path.suffix == ".c":
            for match in re.finditer(r"^[a-z_][\w \t\*]*?[ \*](ls_\w+)\([^;{}]*\)\s*\{", text, re.M):
                defined[match.group(1)].add(path)
    faults = []
    seen = {}
    if not allowed or not texts:
        faults.append("src/README.md: no table of layers, or no files")
    for path, text in texts.items():
        if path.parts[0] not in allowed:
            faults.append(f"src/{path.parts[0]}: a room without a line in the table of src/README.md")
            continue
        faults += check_includes(source, path, bare[path], allowed)
        faults += check_names(path, bare[path], defined)
        faults += check_opening(path, bare[path])
        if text.count("\n") > MOST_LINES:
            faults.append(f"src/{path}: {text.count(chr(10))} lines, at most {MOST_LINES}")
        if path.name in seen:
            faults.append(f"src/{path}: src/{seen[path.name]} has the same name")
        seen[path.name] = path
    faults += check_paths(source)
    faults += check_readmes(source)
    return list(dict.fromkeys(faults))


def print_table(source):
    lines = collections.Counter()
    files = collections.Counter()
    for room in read_table(source / "src" / "README.md"):
        for path in (source / "src" / room).iterdir():
            if path.suffix in (".c", ".h", ".inc"):
                files[room] += 1
                lines[room] += path.read_text().count("\n")
    total = sum(lines.values())
    for room, count in lines.items():
        print(f"{room:10} {files[room]:4} files {count:6} lines {100 * count / total:5.1f} %")
    print(f"{'all':10} {sum(files.values()):4} files {total:6} lines")


# What is put into a copy (file of src, text behind its first comment), and what must then be said.
FAULTS = [
    ("base/text.c", '#include "comm/comm.h"', "base may not include comm"),
    ("source/find.h", '#include "data/rows.h"', "source may not include data"),
    ("store/sealed.c", '#include "source/source.h"', "store may not include source"),
    ("comm/agree.c", '#include "math/kernels.h"', "comm may not include math"),
    ("cli/main.c", '#include "base/text.h"', "cli may not include base"),
    ("data/rows.c", "#include <mpi.h>", "mpi.h is for"),
    ("source/source.c", "#include <hdf5.h>", "hdf5.h is for"),
    ("train/step.c", '#include "trainer.h"', "lacks its room"),
    ("train/step.c", '#include "train/no_such.h"', "there is no src/train/no_such.h"),
    ("data/rows.h", "ls_status ls_helper_of_rows(int n);", "ls_helper_of_rows does not say"),
    ("data/rows.h", "static inline int *ls_quick(int *n)\n{\n    return n;\n}", "ls_quick does not say"),
    ("files/spool.c", 'static int again(void)\n{\n    return open("/", 0);\n}', "open is for base/descriptor.h"),
    ("base/tree.h", "\n" * (MOST_LINES + 1), "at most 450"),
    ("train/comm.c", "", "has the same name"),
    ("attic/old.c", "", "a room without a line"),
    ("base/text.c", "/* See attic/old.c. */", "src/base/text.c:2: there is no attic/old.c"),
    ("math/README.md", "Shards are in `attic/README.md`.", "src/math/README.md:1: there is no attic/README.md"),
    ("store/sealed.h", "/* as `base/sealed.*` does */", "there is no base/sealed.*"),
    ("../tests/attic/README.md", "Words are counted in `src/base/words.c`.", "there is no src/base/words.c"),
    ("../tests/attic/test_old.c", "", "tests/attic: a folder without a README.md"),
    ("../README.md", "Begin with `scripts/begin.sh`.", "there is no scripts/begin.sh"),
]


def check_self(source):
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        for path, text, expected in FAULTS:
            for old in ("src", "tests"):
                shutil.rmtree(copy / old, ignore_errors=True)
            shutil.copytree(source / "src", copy / "src")
            file = copy / "src" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            first, _, rest = (file.read_text() if file.exists() else "\n").partition("*/\n")
            file.write_text(f"{first}*/\n{text}\n{rest}" if rest else text + "\n")
            found = [fault for fault in check(copy) if expected in fault]
            if not found:
                print(f"not found: '{expected}' after adding {text.strip()[:60]!r} to src/{path}")
                missed += 1
    print(f"{len(FAULTS) - missed} of {len(FAULTS)} faults found")
    return missed


def main():
    source = pathlib.Path(sys.argv[1])
    if "--table" in sys.argv:
        print_table(source)
        return 0
    if "--self" in sys.argv:
        return 1 if check_self(source) else 0
    faults = check(source)
    for fault in faults:
        print(fault)
    print(f"{len(faults)} faults" if faults else "every file is in its room")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
