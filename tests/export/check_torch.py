"""Exports networks of every layer kind and activation as safetensors, and has torch predict with them.

    python check_torch.py PROGRAM [NAME ...]

The safetensors library reads each file. Its metadata give the modules, which take the tensors by their names and predict
what Lockstep does, to 1e-6 of the largest; of networks that torch.nn.Sequential cannot hold, the tensors' names and shapes are looked at. Prints one
line a check; exit status 1 when one failed.
"""

import sys

import cases
import numpy as np
import torch
from safetensors import safe_open
from torch import nn


def read(path):
    with safe_open(path, framework="pt") as file:
        return file.metadata(), {name: file.get_tensor(name) for name in file.keys()}


def prepare(x, tensors):
    """What README.md says is done to features."""
    if "features.offset" in tensors:
        x = x - tensors["features.offset"]
    x = x.to(torch.float32)
    if "features.fill" in tensors:
        x = torch.where(torch.isfinite(x), x, tensors["features.fill"])
    if "features.factor" in tensors:
        x = x * tensors["features.factor"]
    return (x - tensors["features.mean"]) / tensors["features.scale"] if "features.mean" in tensors else x


def finish(y, tensors):
    y = y * tensors["targets.scale"] + tensors["targets.mean"] if "targets.mean" in tensors else y
    return y / tensors["targets.factor"] if "targets.factor" in tensors else y


def look(case):
    path = str(case.export(".safetensors"))
    with open(path, "rb") as file:
        length = int.from_bytes(file.read(8), "little")
    cases.check(length % 8 == 0, f"{case.name}: header of {length} bytes")
    facts, tensors = read(path)
    cases.check(cases.facts_are_right(facts, case), f"{case.name}: metadata: {facts}")
    own = {name: t for name, t in tensors.items() if not name.startswith(("features.", "targets."))}
    if "torch" not in facts:
        named = all(not name[0].isdigit() for name in own) if "residual" in case.name else True
        cases.check(named and own, f"{case.name}: {[(n, tuple(t.shape)) for n, t in own.items()]}")
        return
    model = eval(facts["torch"], {"nn": nn})
    model.load_state_dict(own)
    model.eval()
    with torch.no_grad():
        found = finish(model(prepare(torch.from_numpy(case.x.astype(np.float64)), tensors)), tensors)
    cases.check_close(f"{case.name}: {facts['torch']}", found.numpy(), case)
    if case.kind == "values":
        facts, bare = read(str(case.export(".safetensors", "--normalization", "off")))
        cases.check(set(bare) == set(own), f"{case.name}: without normalization: {list(bare)}, {facts['normalization']}")


if __name__ == "__main__":
    sys.exit(cases.through(look))
