"""Packs of the question's network on synthetic rows, for the benchmarks; not a benchmark itself."""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROWS, COLUMNS, WIDTH = 2048, 16, 128
WEIGHTS = COLUMNS * WIDTH + WIDTH * WIDTH + WIDTH
PRODUCTS = 6 * WEIGHTS - 2 * COLUMNS * WIDTH
"""Operations of the matrix products a row: forward, and both of backward but for the first layer's inputs."""


def make(batch, members, epochs, rate=0.2, rows=ROWS, columns=COLUMNS, how="map", watched=512, **changes):
    """Give a compiled program, its data and its members; no early stopping."""
    from posology.engine.member import Data, Member, Plateau, Schedule, Stopping
    from posology.engine.packing import PackProgram, same_steps
    from posology.engine.recipe import Recipe
    from posology.network.packed import PackedNetwork
    from posology.network.question import model_build

    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, rows, columns)).astype("float32")
    y = np.tanh(x[..., :1]) + rng.normal(size=(1, rows, 1)).astype("float32")
    network = PackedNetwork(model_build(x[0, :2]))
    count = np.array([rows], "int32")
    data = Data(x, y, count, same_steps(count, batch), x[:, :watched], y[:, :watched], np.array([watched], "int32"))
    weights, state = network.first_weights(0)
    n, kernels, drops = members, len(network.kernel_sites), len(network.dropout_sites)

    def each(value, dtype="float32"):
        return np.full(n, value, dtype)

    penalty = np.full((n, kernels), 1e-4, "float32")
    pack = Member(
        tuple(np.stack([w] * n) for w in weights),
        tuple(np.stack([s] * n) for s in state),
        {"l1": penalty, "l2": penalty, "dropout": np.full((n, drops), rate, "float32")},
        np.arange(n, dtype="uint32"),
        each(0, "int32"),
        each(epochs, "int32"),
        each(False, bool),
        each(1),
        Schedule(each(epochs), each(0), each(1)),
        Stopping(each(2**30, "int32"), each(0), each(0, "int32")),
        Plateau(each(1), each(2**30, "int32"), each(0), each(0, "int32"), each(0)),
    )
    pack = pack._replace(**changes)
    return PackProgram(network, Recipe(batch, epochs), data, pack, how), data, pack


def seconds(program, data, pack, repeats=5):
    """Give the least time of a whole training of a pack, from first weights to last prediction."""
    import jax

    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        jax.block_until_ready(program.train(data, pack))
        found.append(time.perf_counter() - began)
    return min(found)


RATE = """
import json, sys, time
sys.path.insert(0, {here!r})
from packs import make
import jax
program, data, pack = make({batch}, {members}, {epochs}, rows={rows})
jax.block_until_ready(program.train(data, pack))
print("ready", flush=True)
sys.stdin.readline()
began = time.perf_counter()
while time.perf_counter() - began < {seconds}:
    jax.block_until_ready(program.train(data, pack))
    print(json.dumps(time.perf_counter() - began), flush=True)
"""


def rows_a_second(batch, workers, seconds=8.0, members=8, rows=ROWS):
    """Train packs in `workers` processes side by side, as a study's workers do; give rows/s of all together."""
    from posology.execution.environment import worker_environment

    epochs = 20  # so that starts and final predictions weigh as little as in a study
    text = RATE.format(here=str(Path(__file__).parent), batch=batch, members=members, epochs=epochs, rows=rows,
                       seconds=seconds)  # fmt: skip
    started = [
        subprocess.Popen(
            [sys.executable, "-c", text],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=worker_environment(),
        )
        for _ in range(workers)
    ]
    for process in started:
        assert process.stdout.readline().strip() == "ready"
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    total = 0.0
    for process in started:
        ends = [json.loads(line) for line in process.communicate()[0].splitlines()]
        total += len(ends) * members * epochs * rows / ends[-1]
    return total
