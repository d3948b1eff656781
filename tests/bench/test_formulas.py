"""What scripts/bench computes: arithmetic of a step, nets of the command line, medians, lines, splits, verdicts. Needs
no build."""

import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import contestants
import lockstep
import machine
import parts
import peers
import report
import scaling
import workloads
from workloads import WORKLOADS, Workload, by_name, net


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


def contestant(name, ranks, *speeds, precision="float32"):
    return SimpleNamespace(
        name=name,
        ranks=ranks,
        threads=2 // ranks,
        speeds=list(speeds),
        precision=precision,
        foreign=[0.0] * len(speeds),
        facts={},
    )


def narrow(name, *speeds):
    return contestant(name, 1, *speeds, precision="bfloat16")


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


class Nets(unittest.TestCase):
    def test_everything_is_in_the_name(self):
        for made in (
            net("64-512-512-5", "softmax", 50_000, 100),
            net("3-1", "huber", 7, 7, "tanh"),
            net((2, 3, 4), "binary", 10**6, 32, "silu"),
        ):
            with self.subTest(name=made.name):
                self.assertEqual(by_name(made.name), made)
        self.assertEqual(net("64-512-512-5", "softmax", 50_000, 100).name, "64-512-512-5_relu_softmax_50000x100")

    def test_what_lockstep_is_told(self):
        words = [net("4-8-3", loss, 10, 5, "tanh").lockstep_layers for loss in ("softmax", "binary", "mae")]
        self.assertEqual(words, ["8 tanh, 3 softmax", "8 tanh, 3 sigmoid", "8 tanh, 3"])
        self.assertEqual(WORKLOADS["W1"].lockstep_layers, "64 relu, 1")
        kinds = {loss: net("4-3", loss, 10, 5).targets for loss in workloads.LOSSES}
        self.assertEqual(
            kinds, {"mse": "mse", "mae": "mse", "huber": "mse", "softmax": "softmax", "binary": "binary"}
        )

    def test_what_cannot_be_a_net(self):
        for words in (
            ("64", "mse", 10, 5),
            ("64-", "mse", 10, 5),
            ("64x2", "mse", 10, 5),
            ("4-0-2", "mse", 10, 5),
            ("4-2", "hinge", 10, 5),
            ("4-1", "softmax", 10, 5),
            ("4-2", "mse", 10, 11),
            ("4-2", "mse", 10, 0),
            ("4-2", "mse", 10, 5, "sine"),
        ):
            with self.subTest(words=words), self.assertRaises(ValueError):
                net(*words)

    def test_small_work_is_repeated(self):
        small, large = net("10-64-1", "mse", 100, 32), net("1024-4096-1000", "softmax", 8192, 256)
        self.assertEqual((small.epochs, small.lockstep_epochs), (100, 400))
        self.assertEqual((large.epochs, large.lockstep_epochs), (1, 2))
        middle = net("28-64-64-1", "binary", 20_000, 64)
        self.assertGreaterEqual(middle.epochs * middle.rows * middle.flops_per_sample, workloads.EPOCH_FLOPS)
        self.assertLess((middle.epochs - 1) * middle.rows * middle.flops_per_sample, workloads.EPOCH_FLOPS)

    def test_fewer_rows_keep_the_rest(self):
        made = net("64-512-5", "softmax", 50_000, 100, "gelu").quick()
        self.assertEqual((made.rows, made.batch, made.activation, made.epochs), (205, 100, "gelu", 1))
        self.assertEqual(by_name(made.name).quick(), made)

    def test_of_the_command_line(self):
        p = lockstep.parser("")
        lockstep.add_net(p)
        bench = SimpleNamespace(args=p.parse_args("--net 4-8-3 --net 5-2 --rows 90 --batch 9 --loss mse".split()))
        names = [w.name for w in lockstep.Bench.workloads(bench)]
        self.assertEqual(names, ["4-8-3_relu_mse_90x9", "5-2_relu_mse_90x9"])
        bench.args = p.parse_args(["--workloads", "W2,4-8-3_relu_mse_90x9"])
        self.assertEqual([w.name for w in lockstep.Bench.workloads(bench)], ["W2", "4-8-3_relu_mse_90x9"])


class Machine(unittest.TestCase):
    def test_instruction_sets_are_named_with_the_missing(self):
        text = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 avx512f avx512_bf16\n\nprocessor\t: 1\nflags\t\t: sve\n"
        model, sets = machine.parse(text)
        self.assertEqual((model, sets), ("Some CPU", {"avx2", "avx512f", "avx512_bf16"}))
        said = machine.describe(model, sets, 2)
        self.assertEqual(said, "Some CPU, 2 cores; avx2, avx512f, avx512_bf16; not amx_bf16")
        self.assertTrue(machine.has_bfloat16(sets))
        self.assertFalse(machine.has_bfloat16({"avx2", "avx512f"}))

    def test_arm_has_no_model_name(self):
        model, sets = machine.parse("processor\t: 0\nFeatures\t: fp asimd bf16\n")
        self.assertEqual(sets, {"asimd", "bf16"})
        self.assertNotIn("not", machine.describe("arm", sets, 1))
        self.assertTrue(model)

    def test_this_one(self):
        self.assertIn(f", {len(lockstep.cores())} cores", machine.describe(*machine.read(), len(lockstep.cores())))


class Precisions(unittest.TestCase):
    def test_of_the_help(self):
        for text in ("  --precision float32|bfloat16\n", "* --precision float32|bfloat16\n      of products\n"):
            self.assertEqual(lockstep.precisions_of("Model\n" + text), ("float32", "bfloat16"))
        for text in ("", "  --precision float32\n", "  see --precision bfloat16\n", "  --precisions bfloat16\n"):
            self.assertEqual(lockstep.precisions_of(text), ("float32",))

    def test_a_program_is_asked(self):
        with tempfile.TemporaryDirectory() as scratch:
            program = Path(scratch) / "lockstep"
            program.write_text('#!/bin/sh\n[ "$*" = "train --help all" ] && echo "* --precision float32|bfloat16"\n')
            program.chmod(0o755)
            bench = SimpleNamespace(program=program)
            self.assertEqual(lockstep.Bench.precisions(bench), ("float32", "bfloat16"))

    def test_peers_say_theirs(self):
        found = {p.name: p.precision for p in contestants.PEERS}
        self.assertEqual(len(found), len(contestants.PEERS))
        for name in ("torch-bf16", "torch-compile-bf16", "torch-medium", "jax-scan-bf16", "jax-scan-mixed"):
            self.assertEqual(found[name], "bfloat16")
        for name in ("torch", "torch-compile", "jax-scan", "sklearn"):
            self.assertEqual(found[name], "float32")


class Parts(unittest.TestCase):
    def test_every_function_has_a_part(self):
        for symbol, part in (
            ("forward_v32_7_float32", "forward"),
            ("forward_bfloat16", "forward"),
            ("input_v16_3_float32", "input gradient"),
            ("weight_v32_11_bfloat16", "weight gradient"),
            ("single_inputs_float32", "weight gradient"),
            ("transpose", "deltas"),
            ("bfloat16_samples", "rounding"),
            ("gather", "gather"),
            ("loss_panel", "outputs"),
            ("update_adam", "optimizer"),
            ("gomp_team_barrier_wait_end", "barriers"),
            ("H5Dread", "rest"),
        ):
            self.assertEqual(parts.part_of(symbol), part, symbol)

    def test_parts_are_counted_and_valued(self):
        counts = parts.count(["forward_v32_7_float32"] * 3 + ["update_adam", "main"])
        self.assertEqual((counts["forward"], counts["optimizer"], counts["rest"], sum(counts.values())), (3, 1, 1, 5))
        w = Workload("X", 64, (10, 20, 2), "mse", 32, 1, 1, 0)
        work = parts.flops(w)
        self.assertEqual(sum(work.values()), w.flops_per_sample * 32)
        self.assertEqual(work["input gradient"], 2 * 20 * 2 * 32)
        rows = {name: rest for name, *rest in parts.rows_of(w, {"forward": 0.5, "rest": 0.5}, 100, 2)}
        share, us, percent = rows["forward"]
        self.assertEqual((share, us, rows["rest"][2]), (0.5, 50, None))
        self.assertAlmostEqual(percent, 100 * 2 * 240 * 32 / (50e-6 * 2e9))


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

    def test_peak_of_bfloat16(self):
        peaks = {("fma_avx2", 1): 100.0, ("fma_avx512", 1): 180.0}

        def of(kernels, threads=1, precision="bfloat16"):
            return lockstep.chosen_peak(peaks, kernels, threads, precision)

        self.assertEqual(of("avx512"), ("fma_avx512", 180))
        self.assertEqual(of(""), ("fma_avx512", 180))  # nobody has an instruction
        peaks["bf16_avx512_bf16", 1] = 370.0
        self.assertEqual(of("avx512_bf16"), ("bf16_avx512_bf16", 370))
        self.assertEqual(of("", 2), ("bf16_avx512_bf16", 740))  # a peer
        self.assertEqual(of("avx512"), ("fma_avx512", 180))
        self.assertEqual(of("avx2"), ("fma_avx2", 100))
        self.assertEqual(of("portable"), ("fma_avx512", 180))
        self.assertEqual(of("avx512_bf16", 1, "float32"), ("fma_avx512", 180))
        self.assertEqual(of("", 1, "float32"), ("fma_avx512", 180))

    def test_no_instruction_is_no_peak(self):
        said = "what,threads,median,best,unit\nfma_avx2,1,100.5,101,GFLOP/s\nbf16_avx512_bf16,1,,,no instruction\n"
        self.assertEqual(lockstep.peaks_of(said), {("fma_avx2", 1): 100.5})

    def test_rows_beside_lockstep_in_both_precisions(self):
        everybody = [contestant("lockstep", 1, 100, 90, 110), narrow("lockstep-bf16", 160), narrow("torch-bf16", 80)]
        table = report.Table({})
        rows = peers.add_rows(table, example((10, 64, 1)), everybody, {("fma_avx2", 2): 1e-3})
        self.assertEqual([r["ratio_to_lockstep"] for r in rows], [1, 1.6, 0.8])
        self.assertEqual([r["ratio_to_bfloat16"] for r in rows], [0.625, 1, 0.5])
        self.assertAlmostEqual(rows[0]["peak_percent"], 100 * 100 * 2944e-9 / 1e-3)
        self.assertEqual({r["peak_of"] for r in rows}, {"fma_avx2"})
        self.assertEqual([r["precision"] for r in rows], ["float32", "bfloat16", "bfloat16"])
        rows = peers.add_rows(table, example((10, 64, 1)), everybody[::2], {("fma_avx2", 2): 1e-3})
        self.assertEqual([r["ratio_to_bfloat16"] for r in rows], [None, None])

    def test_tables_that_this_cpu_lacks_are_left_out(self):
        """A peer that breaks as well; Lockstep with the table that it chooses must work."""

        def broken(kernels):
            made = contestants.Lockstep(bench, example((2, 1)), 1, 1, kernels=kernels)
            made.measure = self.fail_to_measure
            return made

        bench = SimpleNamespace(args=SimpleNamespace(rounds=1), peak=lambda: {("fma_avx2", 1): 2.0})
        ours, good = broken("avx512_bf16"), contestant("lockstep", 1)
        good.measure = lambda: good.speeds.append(3.0)
        everybody = [good, ours]
        self.assertEqual(peers.run_rounds(bench, example((2, 1)), everybody), {("fma_avx2", 1): 2.0})
        self.assertEqual(everybody, [good])
        with self.assertRaises(RuntimeError):
            peers.run_rounds(bench, example((2, 1)), [broken("auto")])

    @staticmethod
    def fail_to_measure():
        raise RuntimeError("no such kernel table")

    def test_far_behind_are_not_asked_again(self):
        fast, slow, odd = contestant("jax-scan", 1, 1000), contestant("sklearn", 1, 99), contestant("torch", 1, 101)
        everybody = [contestant("lockstep", 1, 10), fast, slow, odd, contestant("new", 1)]
        behind = [c.name for c in everybody if peers.far_behind(c, everybody)]
        self.assertEqual(behind, ["sklearn"])

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

    def test_verdicts_do_not_mix_precisions(self):
        w = WORKLOADS["W3"]
        everybody = [contestant("lockstep", 1, 100), contestant("torch", 1, 50)]
        everybody += [narrow("lockstep-bf16", 170), narrow("torch-bf16", 100), narrow("torch-compile-bf16", 136)]
        said = list(peers.verdicts(w, everybody))
        self.assertEqual(
            said,
            [
                "W3, 1 x 2: lockstep is 2.00 times torch; target 1.35: reached",
                "W3, 1 x 2: lockstep-bf16 is 1.25 times torch-compile-bf16; target 1.3: not reached",
                "W3: lockstep in bfloat16 is 1.70 times itself in float32; target 1.6: reached",
            ],
        )
        said = list(peers.verdicts(w, everybody, has_instruction=False))
        self.assertTrue(said[1].endswith("times torch-compile-bf16"), said)
        self.assertTrue(said[2].endswith("target 0.9: reached"), said)
        (said,) = peers.verdicts(net("4-8-3", "mse", 90, 9), everybody[:2])
        self.assertNotIn("target", said)


if __name__ == "__main__":
    unittest.main()
