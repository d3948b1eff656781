"""Exports networks of every layer kind and activation as ONNX, and has onnxruntime predict with them.

    python check_onnx.py PROGRAM [NAME ...]

onnx.checker looks at each file, shapes included; predictions are Lockstep's to 1e-6 of the largest, of all rows and of one.
Without normalisation the model takes what the first layer reads. Prints one line a check; exit status 1 when one failed.
"""

import sys

import cases
import numpy as np
import onnx
import onnxruntime


def session_of(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def look(case):
    path = case.export(".onnx")
    model = onnx.load(str(path))
    try:
        onnx.checker.check_model(model, full_check=True)
        problem = ""
    except Exception as error:  # whatever the checker finds
        problem = f": {error}"
    opsets = [(o.domain, o.version) for o in model.opset_import]
    cases.check(not problem and opsets == [("", 13)] and model.ir_version == 7, f"{case.name}: onnx.checker{problem}")
    facts = {entry.key: entry.value for entry in model.metadata_props}
    cases.check(cases.facts_are_right(facts, case), f"{case.name}: metadata: {facts}")
    session = session_of(path)
    taken = session.get_inputs()[0]
    cases.check(taken.shape == ["N", cases.FEATURES], f"{case.name}: input {taken.name} {taken.shape} {taken.type}")
    x = case.x.astype(np.float64 if taken.type == "tensor(double)" else np.float32)
    found = session.run(None, {"features": x})[0]
    cases.check_close(f"{case.name}: onnxruntime", found, case)
    one = session.run(None, {"features": x[:1]})[0]
    cases.check(np.abs(one - found[:1]).max() <= 1e-6 * np.abs(found).max(), f"{case.name}: one row")
    if case.kind == "values":
        look_without(case)


def look_without(case):
    """What is left out is done here: twice the same in float32, as the network does it."""
    facts = {e.key: e.value for e in onnx.load(str(case.export(".onnx"))).metadata_props}
    maps = {t.name: onnx.numpy_helper.to_array(t) for t in onnx.load(str(case.export(".onnx"))).graph.initializer}
    bare = case.export(".onnx", "--normalization", "off")
    told = {e.key: e.value for e in onnx.load(str(bare)).metadata_props}["normalization"]
    expected = "left out" if facts["normalization"] == "included" else "none"
    cases.check(told == expected, f"{case.name}: normalization is {told}")
    x = case.x
    if "normalization/mean" in maps:
        x = (x - maps["normalization/mean"]) / maps["normalization/scale"]
    y = session_of(bare).run(None, {"features": x.astype(np.float32)})[0]
    if "targets/mean" in maps:
        y = y * maps["targets/scale"] + maps["targets/mean"]
    cases.check_close(f"{case.name}: normalized outside", y, case)


if __name__ == "__main__":
    sys.exit(cases.through(look))
