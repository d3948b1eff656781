"""A job of several ranks, all of whose processes can be found: they have a mark in their environment. Shared by campaigns."""

import os
import signal
import subprocess
import time

from campaign import environment

MARK = "LOCKSTEP_CAMPAIGN"


def processes(mark):
    """(id, rank or None for the launcher) of each with this mark in its environment."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                variables = file.read().split(b"\0")
            with open(f"/proc/{name}/stat") as file:
                state = file.read().rsplit(")", 1)[1].split()[0]
        except (OSError, IndexError):
            continue
        if f"{MARK}={mark}".encode() in variables and state != "Z":
            rank = next((int(v.split(b"=")[1]) for v in variables if v.startswith(b"OMPI_COMM_WORLD_RANK=")), None)
            found.append((int(name), rank, state))
    return found


def send(process, what):
    try:
        os.kill(process, what)
        return True
    except ProcessLookupError:
        return False


def end_all(mark):
    left = processes(mark)
    for process, _, _ in left:
        send(process, signal.SIGKILL)
    return left


class Job:
    """mpirun with all that it starts; what it says goes into a file. It has a TMPDIR of its own: two that begin and end there at once
    can be in each other's way."""

    def __init__(self, setting, home, ranks, arguments, fault=None):
        self.mark, self.said_path = str(home), home / "said"
        (home / "tmp").mkdir(exist_ok=True)
        more = {MARK: self.mark, "TMPDIR": str(home / "tmp"), **({"LOCKSTEP_FAULT": fault} if fault else {})}
        with open(self.said_path, "wb") as said:
            self.process = subprocess.Popen([str(a) for a in [setting.launcher, "-n", ranks, setting.program, *arguments]], stdin=subprocess.DEVNULL, stdout=said,
                                            stderr=subprocess.STDOUT, start_new_session=True, cwd=home, env=environment(**more))
        self.begun = time.monotonic()

    def said(self):
        return self.said_path.read_text(errors="replace")

    def wait(self, seconds):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def ranks(self):
        """(id, rank) of those that are there."""
        return [(process, rank) for process, rank, _ in processes(self.mark) if rank is not None]

    def nobody_is_left(self, seconds=60):
        until = time.monotonic() + seconds
        while processes(self.mark) and time.monotonic() < until:
            time.sleep(0.05)
        return not processes(self.mark)

    def wait_for_stop(self, seconds):
        """The process that a fault point has stopped; None when the job ends without."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            for process, rank, state in processes(self.mark):
                if state == "T" and rank is not None:
                    return process, rank
            time.sleep(0.02)
        return None
