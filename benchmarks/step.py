"""Print the speed of one training step of the question's network, and its share of the machine's own matrix rate.

python benchmarks/step.py

One worker, one core: 16 members, 2,048 rows of 16 columns, whole trainings with dropout, penalties, validation and
shuffling inside. GF/s counts the matrix products of forward and backward passes only. The ceiling is one large
float32 product in the same process, before and after.
"""

import os
import platform
import time
from collections.abc import Callable
from datetime import date

from posology.execution.pool import worker_environment

os.environ.update(worker_environment())  # a benchmark is a worker: before jax and keras are imported

import jax
import jax.numpy as jnp
import numpy as np

from posology.engine.program import Data, Member, compile_pack
from posology.network.packed import PackedNetwork
from posology.network.question import model_build

ROWS, COLUMNS, MEMBERS, WIDTH = 2048, 16, 16, 128


def best_of(call: Callable[[], object], repeats: int = 5) -> float:
    """Time a call, compiled before; best of a few."""
    jax.block_until_ready(call())
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        jax.block_until_ready(call())
        found.append(time.perf_counter() - began)
    return min(found)


def ceiling() -> float:
    """Give the rate of one 2,048 cubed product, in GF/s."""
    a = jnp.ones((2048, 2048))
    product = jax.jit(lambda a: a @ a)
    return 2 * 2048**3 / best_of(lambda: product(a)) / 1e9


def step_seconds(batch: int, epochs: int, rate: float) -> float:
    """Give seconds of one step of one member."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, COLUMNS)).astype("float32")
    network = PackedNetwork(model_build(x))
    y = x[:, 0].copy()
    count = np.asarray(ROWS, "int32")
    data = Data(x, y, count, x[:512], y[:512], np.asarray(512, "int32"))
    weights, state = network.first_weights(0)
    members = Member(
        tuple(np.stack([w] * MEMBERS) for w in weights),
        tuple(np.stack([s] * MEMBERS) for s in state),
        np.full((MEMBERS, 2), 1e-4, "float32"),
        np.full((MEMBERS, 2), 1e-4, "float32"),
        np.full((MEMBERS, 2), rate, "float32"),
        np.arange(MEMBERS, dtype="uint32"),
        np.full(MEMBERS, epochs, "int32"),
        np.full(MEMBERS, epochs + 1, "int32"),
    )
    pack = compile_pack(network, batch, epochs, data, members)
    return best_of(lambda: pack(data, members)) / MEMBERS / epochs / -(-ROWS // batch)


def main() -> None:
    before = ceiling()
    print(f"{date.today()}, {platform.machine()}, jax {jax.__version__}, one core; large product {before:.0f} GF/s")
    print("| batch | us a step | rows/s | GF/s | share of the large product |")
    print("|---|---|---|---|---|")
    weights = COLUMNS * WIDTH + WIDTH * WIDTH + WIDTH
    products = 6 * weights - 2 * COLUMNS * WIDTH  # no gradient for the inputs of the first layer
    for batch, epochs in ((32, 5), (128, 10), (512, 20)):
        seconds = step_seconds(batch, epochs, 0.2)
        rate = products * batch / seconds / 1e9
        print(f"| {batch} | {seconds * 1e6:.1f} | {batch / seconds / 1e6:.2f} M | {rate:.0f} | {rate / before:.2f} |")
    print(f"large product again: {ceiling():.0f} GF/s")


if __name__ == "__main__":
    main()
