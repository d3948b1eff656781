"""What scripts/bench computes: arithmetic of a step, medians, lines, splits, verdicts. Needs no build."""

import unittest
from types import SimpleNamespace

import lockstep
import peers
import report
import scaling
from workloads import WORKLOADS, Workload


def counted_flops(layers):
    """Of one sample, by going through the loops of a step."""
    flops = 0
    for number, (inputs, outputs) in enumerate(zip(layers, layers[1:])):
        for _ in range(inputs):
            for _ in range(outputs):
                flops += 2  # forward: z[o] += x[i] w[i][o]
                flops += 2  # weight gradient: dw[i][o] += x[i] d[o]
                if number > 0:
                    flops += 2  # input gradient: dx[i] += d[o] w[i][o]
    return flops


def example(layers, rows=100, batch=32):
    return Workload("T", rows, layers, "mse", batch, epochs=1, lockstep_epochs=1, target=2)


def contestant(name, ranks, *speeds):
    return SimpleNamespace(name=name, ranks=ranks, threads=2 // ranks, speeds=list(speeds))


class Formulas(unittest.TestCase):
    def test_flops_are_those_of_the_loops(self):
        for layers in ((3, 4, 2), (5, 1), (2, 3, 4, 5), (10, 64, 1)):
            with self.subTest(layers=layers):
                self.assertEqual(example(layers).flops_per_sample, counted_flops(layers))

    def test_flops_of_the_workloads(self):
        flops = {name: w.flops_per_sample for name, w in WORKLOADS.items()}
        self.assertEqual(flops, {"W1": 2_944, "W2": 3_209_216, "W3": 142_016_512, "W4": 56_704, "W5": 1_655_400})

    def test_parameters_and_what_moves(self):
        w = example((10, 64, 1))
        self.assertEqual(w.parameters, 769)
        self.assertEqual(w.block, 64 * 11 + 16 * 65)
        self.assertEqual(w.optimizer_bytes, 28 * w.block)
        self.assertEqual(w.exchange_bytes(1), 0)
        self.assertEqual(w.exchange_bytes(2), 4 * w.block)
        self.assertEqual(w.exchange_bytes(4), 6 * w.block)

    def test_steps_count_the_last_shorter_batch(self):
        self.assertEqual(example((1, 1), rows=100, batch=32).steps, 4)
        self.assertEqual(example((1, 1), rows=96, batch=32).steps, 3)

    def test_fewer_rows_have_another_name(self):
        w = WORKLOADS["W2"]
        self.assertEqual((w.sized(133).name, w.sized(133).rows), ("W2-133", 133))
        self.assertIs(w.sized(60_000), w)
        self.assertGreater(w.quick().rows % w.batch, 0)


class Reports(unittest.TestCase):
    def test_line_fit(self):
        intercept, slope, fit = report.line_fit([1, 2, 4], [5, 7, 11])
        self.assertAlmostEqual(intercept, 3)
        self.assertAlmostEqual(slope, 2)
        self.assertAlmostEqual(fit, 1)
        self.assertLess(report.line_fit([1, 2, 3], [1, 5, 1])[2], 0.1)

    def test_peak_of_the_table_in_use(self):
        peaks = {("fma_avx2", 1): 100.0, ("fma_avx512", 1): 180.0, ("fma_avx2", 2): 190.0, ("triad", 2): 999.0}
        self.assertEqual(lockstep.best_peak(peaks, "avx2", 1), 100)
        self.assertEqual(lockstep.best_peak(peaks, "", 1), 180)
        self.assertEqual(lockstep.best_peak(peaks, "portable", 2), 190)
        self.assertEqual(lockstep.best_peak(peaks, "avx512", 4), 720)

    def test_splits_fit_the_cores(self):
        self.assertEqual(scaling.splits_of(1), [(1, 1)])
        self.assertEqual(scaling.splits_of(2), [(1, 1), (1, 2), (2, 1)])
        self.assertIn((6, 1), scaling.splits_of(6))
        self.assertTrue(all(p * t <= 6 for p, t in scaling.splits_of(6)))

    def test_link_rate(self):
        self.assertEqual(scaling.link_bits("1gbit"), 1e9)
        self.assertEqual(scaling.link_bits("2.5mbit"), 2.5e6)

    def test_verdict_is_on_the_best_peer_and_the_median(self):
        ours = contestant("lockstep", 1, 90, 300, 310)
        slow, fast = contestant("sklearn", 1, 10, 10, 10), contestant("jax-scan", 1, 100, 200, 250)
        (said,) = peers.verdicts(example((1, 1)), [ours, slow, fast])
        self.assertIn("1.50 times jax-scan", said)
        self.assertTrue(said.endswith("target 2: not reached"), said)
        (said,) = peers.verdicts(example((1, 1)), [ours, slow])
        self.assertTrue(said.endswith("target 2: reached"), said)

    def test_verdicts_do_not_mix_ranks(self):
        pair = [contestant("lockstep", 1, 10), contestant("torch-ddp", 2, 10)]
        self.assertEqual(list(peers.verdicts(example((1, 1)), pair)), [])


if __name__ == "__main__":
    unittest.main()
