"""PyTorch with fused Adam: eager, --compile, --tune, or --ranks R (DistributedDataParallel over gloo). bfloat16 is
autocast, or with --medium what float32 products are computed in inside. See serve.py."""

import os
import subprocess
import sys
import tempfile

import torch
import torch.distributed as dist
from torch import nn

import serve
from workloads import BETA_1, BETA_2, EPSILON, LEARNING_RATE

args = serve.arguments(
    __doc__,
    compile=dict(action="store_true"),
    tune=dict(action="store_true", help="compile the optimizer too, and try kernels for each product"),
    medium=dict(action="store_true", help="set_float32_matmul_precision, not autocast"),
    ranks=dict(type=int, default=1),
    rank=dict(type=int, default=0, help="of the processes that rank 0 starts"),
    store=dict(default="", help="file by which they find each other"),
)
work = args.workload
torch.set_num_threads(args.threads)
if args.medium:
    torch.set_float32_matmul_precision("medium")
ACTIVATIONS = dict(
    relu=nn.ReLU, tanh=nn.Tanh, sigmoid=nn.Sigmoid, elu=nn.ELU, gelu=nn.GELU, silu=nn.SiLU, softplus=nn.Softplus
)
LOSSES = dict(
    mse=nn.MSELoss, mae=nn.L1Loss, huber=nn.HuberLoss, softmax=nn.CrossEntropyLoss, binary=nn.BCEWithLogitsLoss
)

scratch = tempfile.TemporaryDirectory()


def start_ranks():
    """Rank 0 starts the others with its own arguments; all meet. Returns what has to be ended."""
    others = []
    if args.rank == 0:
        args.store = os.path.join(scratch.name, "store")
        for rank in range(1, args.ranks):
            more = ["--rank", str(rank), "--store", args.store]
            others.append(subprocess.Popen([sys.executable, *sys.argv, *more], stdin=subprocess.DEVNULL, stdout=2))
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    dist.init_process_group("gloo", init_method="file://" + args.store, rank=args.rank, world_size=args.ranks)
    return others


def make_model():
    torch.manual_seed(1)
    modules = []
    for inputs, outputs in zip(work.layers, work.layers[1:]):
        linear = nn.Linear(inputs, outputs)
        nn.init.xavier_uniform_(linear.weight)
        nn.init.zeros_(linear.bias)
        modules += [linear, ACTIVATIONS[work.activation]()]
    model = nn.Sequential(*modules[:-1])
    settings = dict(lr=LEARNING_RATE, betas=(BETA_1, BETA_2), eps=EPSILON, fused=not args.tune)
    optimizer = torch.optim.Adam(model.parameters(), **settings)
    if args.ranks > 1:
        model = nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)
    loss_of = LOSSES[work.loss]()
    autocast = args.precision == "bfloat16" and not args.medium

    def forward(rows, targets):
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            out = model(rows)
        return loss_of(out.float(), targets)

    if args.compile or args.tune:
        # The last, shorter batch has kernels of its own, or all batches would go on with those for any length.
        mode = "max-autotune-no-cudagraphs" if args.tune else "default"
        forward = torch.compile(forward, mode=mode, dynamic=False)
    if args.tune:
        optimizer.step = torch.compile(optimizer.step)
    return forward, optimizer


others = start_ranks() if args.ranks > 1 else []
x, y = map(torch.from_numpy, serve.load(args, args.rank, args.ranks))
y = y.long() if work.loss == "softmax" else y
forward, optimizer = make_model()


def train_here(rows, epochs):
    """This rank's part: 1/ranks of the rows and of each batch."""
    rows = min(rows // args.ranks, len(x))
    for _ in range(epochs):
        total = torch.zeros(())
        for index in torch.randperm(rows).split(work.batch // args.ranks):
            loss = forward(x[index], y[index])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            total += loss.detach() * len(index)
    if args.ranks > 1:
        dist.barrier()
    return total / rows


def train(rows, epochs):
    if args.ranks > 1:
        dist.broadcast(torch.tensor([rows, epochs]), 0)
    return train_here(rows, epochs)


if args.rank == 0:
    serve.serve(args, f"torch {torch.__version__}", train)
    if args.ranks > 1:
        dist.broadcast(torch.tensor([0, 0]), 0)
        for process in others:
            process.wait()
else:
    order = torch.zeros(2, dtype=torch.int64)
    while dist.broadcast(order, 0) is None and order[0] > 0:
        train_here(*order.tolist())
if args.ranks > 1:
    dist.destroy_process_group()
