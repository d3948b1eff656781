"""What this machine is: its CPU, and which of the instruction sets that matter here it has. Linux only."""

import platform
import re
from pathlib import Path

# The kernel's words for them, x86's and Arm's.
SETS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16", "i8mm")
MISSED = ("avx2", "avx512f", "avx512_bf16", "amx_bf16")  # x86's, named where they are missing


def parse(cpuinfo):
    """(model, {instruction sets}) of the first processor in /proc/cpuinfo."""
    first = cpuinfo.partition("\n\n")[0]
    words = dict(re.findall(r"^([^\t:]+?)\s*: (.*)$", first, re.MULTILINE))
    flags = set((words.get("flags") or words.get("Features") or "").split())
    return words.get("model name") or platform.machine(), flags & set(SETS)


def read():
    return parse(Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace"))


def has_bfloat16(sets):
    """Whether products of bfloat16 are instructions of this CPU."""
    return bool(sets & {"avx512_bf16", "amx_bf16", "bf16"})


def describe(model, sets, cores):
    """One line for people."""
    missed = [s for s in MISSED if s not in sets] if not sets & {"asimd"} else []
    without = f"; not {', '.join(missed)}" if missed else ""
    return f"{model}, {cores} cores; {', '.join(s for s in SETS if s in sets) or 'no instruction sets known here'}{without}"
