"""PyTorch's DistributedDataParallel over gloo in ranks that mpirun has started, maybe on several hosts: milliseconds of a
step, on made-up rows. For overlap.py.

    mpirun -n 2 python train_ddp.py --workload W2 --batch 2048 --steps 20 --store FILE [--interface link0]
"""

import argparse
import os
import statistics
import time

import torch
import torch.distributed as dist
from torch import nn

from workloads import LEARNING_RATE, by_name

p = argparse.ArgumentParser(description=__doc__)
p.add_argument("--workload", type=by_name, required=True)
p.add_argument("--batch", type=int, required=True, help="of all ranks")
p.add_argument("--steps", type=int, default=12)
p.add_argument("--store", required=True, help="a file that does not exist, by which they find each other")
p.add_argument("--interface", default="lo")
args = p.parse_args()
rank, ranks = int(os.environ["OMPI_COMM_WORLD_RANK"]), int(os.environ["OMPI_COMM_WORLD_SIZE"])
os.environ["GLOO_SOCKET_IFNAME"] = args.interface
torch.set_num_threads(1)
torch.manual_seed(rank)
dist.init_process_group("gloo", init_method="file://" + args.store, rank=rank, world_size=ranks)

work = args.workload
modules = []
for inputs, outputs in zip(work.layers, work.layers[1:]):
    modules += [nn.Linear(inputs, outputs), nn.ReLU()]
model = nn.parallel.DistributedDataParallel(nn.Sequential(*modules[:-1]), gradient_as_bucket_view=True)
optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, fused=True)
rows = args.batch // ranks
x = torch.rand(rows, work.layers[0])
if work.loss == "softmax":
    loss_of, y = nn.CrossEntropyLoss(), torch.randint(work.layers[-1], (rows,))
else:
    loss_of, y = nn.BCEWithLogitsLoss(), torch.randint(2, (rows, work.layers[-1])).float()

times = []
for _ in range(args.steps):
    start = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    loss_of(model(x), y).backward()
    optimizer.step()
    times.append(time.perf_counter() - start)
if rank == 0:
    print(f"step_ms {1e3 * statistics.median(times[2:]):.3f}", flush=True)
dist.destroy_process_group()
