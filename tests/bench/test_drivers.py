"""The drivers of scripts/bench on a few rows, with no other framework: they run, and their CSV files are whole. No time
is judged. Environment: LOCKSTEP_BUILD, MPIEXEC."""

import csv
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import lockstep
import machine
from workloads import WORKLOADS

BUILD = Path(os.environ["LOCKSTEP_BUILD"])
HERE = lockstep.HERE


def drive(name, *options):
    """Runs a driver; returns the rows of its CSV file and what it printed."""
    with tempfile.TemporaryDirectory() as scratch:
        output = Path(scratch) / "out.csv"
        command = [sys.executable, "-B", HERE / name, "--build", BUILD, "--data", Path(scratch) / "data", "--quick"]
        command += ["--rounds", "1", "--output", output, *options]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        with open(output, encoding="utf-8") as file:
            return list(csv.DictReader(file)), done.stdout


class Drivers(unittest.TestCase):
    def test_peers_without_peers(self):
        options = ["--peers", "none", "--kernels", "auto,portable", "--precision", "float32"]
        rows, said = drive("peers.py", "--workloads", "W1,W2", *options)
        found = [(r["workload"].partition("-")[0], r["contestant"], r["split"].split()[0]) for r in rows[:-1]]
        self.assertEqual(
            found,
            [("W1", "lockstep", "1"), ("W1", "lockstep:portable", "1")]
            + [("W2", "lockstep", "1"), ("W2", "lockstep:portable", "1"), ("W2", "lockstep", "2")],
        )
        for row in rows[:-1]:
            work = WORKLOADS[row["workload"].partition("-")[0]]
            speed, gflops = float(row["samples_per_second"]), float(row["gflops"])
            self.assertGreater(speed, 0)
            self.assertAlmostEqual(gflops / (speed * work.flops_per_sample * 1e-9), 1, places=6)
            self.assertAlmostEqual(float(row["peak_percent"]), 100 * gflops / float(row["peak_gflops"]), places=6)
            self.assertGreater(float(row["loss"]), 0)
        self.assertEqual(rows[1]["kernels"], "portable")
        self.assertEqual(rows[-1]["workload"], "W1-process")
        self.assertGreater(float(rows[-1]["process_seconds"]), 0)
        self.assertIn("% of peak", said)

    def test_peers_on_a_net_in_both_precisions(self):
        """Both begin with the same weights; a table that this CPU lacks is left out."""
        sets = machine.read()[1]
        for loss, activation in (("softmax", "relu"), ("huber", "silu")):
            options = ["--net", "6-8-8-3", "--loss", loss, "--activation", activation, "--rows", 90, "--batch", 9]
            rows, said = drive("peers.py", *options, "--peers", "none", "--kernels", "auto,avx512_bf16")
            names = ["lockstep", "lockstep:avx512_bf16", "lockstep-bf16", "lockstep-bf16:avx512_bf16"]
            if "avx512_bf16" not in sets:
                names = names[::2]
            self.assertEqual([r["contestant"] for r in rows], names)
            for row in rows:
                self.assertEqual(row["precision"], "bfloat16" if "-bf16" in row["contestant"] else "float32")
                self.assertEqual(row["workload"], f"6-8-8-3_{activation}_{loss}_23x9")
                self.assertAlmostEqual(float(row["loss"]), float(rows[0]["loss"]), delta=0.05)
                self.assertTrue(row["cpu"] and row["cpu"] in said)
                has_peak = row["precision"] == "bfloat16" and row["kernels"] == "avx512_bf16"
                self.assertEqual(row["peak_of"].startswith("bf16_"), has_peak)
            self.assertNotEqual(rows[0]["loss"], rows[-1]["loss"])  # it does compute in bfloat16
            self.assertEqual(float(rows[0]["ratio_to_lockstep"]), 1)
            self.assertIn("lockstep in bfloat16 is", said)
            self.assertEqual("bfloat16: no instruction" in said, not machine.has_bfloat16(sets))

    def test_peers_refuse_what_is_no_net(self):
        command = [sys.executable, "-B", HERE / "peers.py", "--build", BUILD, "--net", "64x5"]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        self.assertEqual(done.returncode, 2)
        self.assertIn("64x5", done.stderr)

    def test_scaling(self):
        rows, _ = drive("scaling.py", "--workloads", "W2", "--parts", "splits,reduction")
        splits = [r for r in rows if r["part"] == "splits"]
        self.assertEqual(splits[0]["split"], "1 x 1")
        for row in splits:
            shares = sum(float(row[k]) for k in ("data", "compute", "communication", "rest"))
            self.assertAlmostEqual(shares, 100, delta=1)
        reductions = [r for r in rows if r["part"] == "reduction"]
        self.assertGreaterEqual(len(reductions), 1)
        two = reductions[0]
        self.assertEqual(two["ranks"], "2")
        self.assertTrue(0 < int(two["sent_bytes"]) < 1000)  # notices: on one host the halves are in shared memory

    def test_cost(self):
        rows, said = drive("cost.py", "--workloads", "W4", "--parts", "parameters,shards", "--ranks", "1")
        self.assertIn("R squared", said)
        self.assertGreater(len({r["x"] for r in rows if r["part"] == "parameters"}), 2)
        shards = {int(r["shards"]): r for r in rows if r["part"] == "shards"}
        self.assertEqual(sorted(shards), [1, 4, 8])
        self.assertEqual(float(shards[4]["rows_a_shard"]), 16)

    def test_data(self):
        rows, said = drive("data.py", "--peers", "none")
        loads = [r for r in rows if r["part"] == "load"]
        splits = list(dict.fromkeys(("1 x 1", f"1 x {len(lockstep.cores())}", "2 x 1")))
        expected = [(w, s) for w in ("load", "normalize") for s in splits]
        self.assertEqual([(r["work"], r["split"]) for r in loads], expected)
        streams = {r["way"]: r for r in rows if r["part"] == "stream"}
        held = streams["in memory"]
        for way in ("streamed", "streamed, cold"):
            row = streams[way]
            self.assertEqual(row["same_bits"], "True")
            self.assertLessEqual(float(row["held_mib"]), float(row["limit_mib"]))
            self.assertAlmostEqual(float(row["limit_mib"]) / float(held["held_mib"]), 0.1, places=3)
            speeds = float(row["samples_per_second"]), float(held["samples_per_second"])
            self.assertAlmostEqual(float(row["ratio"]), speeds[0] / speeds[1], places=9)
        self.assertEqual(streams["streamed"]["cache"], "warm")
        self.assertIn(streams["streamed, cold"]["cache"], ("posix_fadvise", "drop_caches"))
        conversions = [r for r in rows if r["part"] == "convert"]
        self.assertEqual([r["storage"] for r in conversions], ["CSV, numbers", "CSV, mixed"])
        for row in conversions:
            self.assertAlmostEqual(
                float(row["input_mb_per_second"]), float(row["input_mb"]) / float(row["seconds"]), places=6
            )
        self.assertIn("of the speed in memory", said)

    def test_peak(self):
        tool = BUILD / "scripts/bench/peak"
        done = subprocess.run([tool, "--quick"], check=True, capture_output=True, text=True)
        rows = list(csv.DictReader(done.stdout.splitlines()))
        self.assertEqual({r["threads"] for r in rows}, {"1", str(len(lockstep.cores()))})
        self.assertIn("triad", {r["what"] for r in rows})
        self.assertTrue(any(r["what"].startswith("fma_") for r in rows))
        lacking = [r for r in rows if r["unit"] == "no instruction"]
        self.assertTrue(all(r["median"] == r["best"] == "" for r in lacking))
        self.assertTrue(all(0 < float(r["median"]) <= float(r["best"]) for r in rows if r not in lacking))
        if os.uname().machine == "x86_64":
            pairs = [r["unit"] for r in rows if r["what"] == "bf16_avx512_bf16"]
            unit = "GFLOP/s" if "avx512_bf16" in machine.read()[1] else "no instruction"
            self.assertEqual(pairs, [unit] * len({r["threads"] for r in rows}))
        self.assertEqual(subprocess.run([tool, "--nonsense"], capture_output=True).returncode, 2)


def namespaces():
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout


def can_make_namespaces():
    """Root in a container may not, MPICH has other options, and iproute2 may be missing."""
    version = subprocess.run([os.environ["MPIEXEC"], "--version"], capture_output=True, text=True).stdout
    is_open_mpi = "Open MPI" in version or "OpenRTE" in version  # mpirun, mpiexec
    if os.geteuid() != 0 or not is_open_mpi or not all(map(lockstep.have, ("ip", "tc", "unshare"))):
        return False
    name = f"lockstep{os.getpid()}"
    tries = (
        f"ip netns add {name}",
        f"ip -n {name} link add link0 type veth peer name link1",
        f"ip netns exec {name} tc qdisc add dev link0 root tbf rate 1gbit burst 64kb latency 50ms",
    )
    made = all(subprocess.run(words.split(), capture_output=True).returncode == 0 for words in tries)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return made


@unittest.skipUnless(
    can_make_namespaces(), "needs root, Open MPI, iproute2 and the right to make network namespaces with a shaped link"
)
class TwoHosts(unittest.TestCase):
    def start(self, *command):
        words = [HERE.parent / "hosts.sh", *command]
        return subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def test_ranks_on_two_hosts(self):
        with tempfile.TemporaryDirectory() as scratch:
            count = Path(scratch) / "bytes"
            process = self.start("--bytes", count, "-n", 2, BUILD / "scripts/bench/reduction", "--tries", 1, 100_000)
            said, _ = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, said)
            # Three steps of both kinds, 400 kB each from either side.
            for sent in map(int, count.read_text().split()):
                self.assertGreater(sent, 6 * 400_000)
        self.assertNotIn(f"lockstep{process.pid}", namespaces())

    def test_code_of_the_program(self):
        process = self.start("-n", 2, "sh", "-c", "exit 5")
        process.communicate(timeout=120)
        self.assertEqual(process.returncode, 5)

    def test_nothing_is_left_when_interrupted(self):
        process = self.start("-n", 2, "sleep", "1000")
        try:
            for _ in range(1200):
                if namespaces().count(f"lockstep{process.pid}") == 2:
                    break
                time.sleep(0.05)
            self.assertEqual(namespaces().count(f"lockstep{process.pid}"), 2)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)
        self.assertNotIn(f"lockstep{process.pid}", namespaces())


if __name__ == "__main__":
    unittest.main()
