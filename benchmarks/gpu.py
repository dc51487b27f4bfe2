"""Measure packs on a GPU, all members side by side, as a share of what the device can reach.

    pip install "jax[cuda13]" . && KERAS_BACKEND=jax python benchmarks/gpu.py [--members 64,512,2048]

The roof of a step is the larger of two times, both of rates that are measured here, on this device, first: bytes moved
over its copy rate, and operations over its rate of large float32 products. Bytes a member and step are 40 a weight
(weights read twice, gradient written and read, both moments and the weight read and written) and 24 a hidden
activation (six passes, well fused). The target is half of the roof at the best number of members. Without a GPU it runs
one small shape on the CPU and says so.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from datetime import date

import numpy as np

SHAPES = ((16, 128, 2, 32), (16, 128, 2, 128), (64, 256, 2, 256), (128, 512, 3, 1024))
"""Columns, width, hidden layers, batch."""
STEPS = 16


def best(call, repeats=5):
    import jax

    jax.block_until_ready(call())
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        jax.block_until_ready(call())
        found.append(time.perf_counter() - began)
    return min(found)


def copy_rate(megabytes):
    """Give bytes a second, read and written, of one large addition."""
    import jax
    import jax.numpy as jnp

    a = jnp.ones(megabytes << 18)
    f = jax.jit(lambda a: a + 1)
    return 2 * a.nbytes / best(lambda: f(a))


def product_rate(size):
    """Give operations a second of one large float32 product, at the precision that the engine asks for."""
    import jax
    import jax.numpy as jnp

    a = jnp.ones((size, size))
    f = jax.jit(lambda a: jnp.matmul(a, a, precision="highest"))
    return 2 * size**3 / best(lambda: f(a))


def network_of(columns, width, layers):
    import keras

    from posology.network.packed import PackedNetwork

    parts = [keras.Input((columns,))]
    for _ in range(layers):
        penalty = keras.regularizers.L1L2(1e-4, 1e-4)
        parts += [keras.layers.Dense(width, activation="relu", kernel_regularizer=penalty), keras.layers.Dropout(0.2)]
    model = keras.Sequential([*parts, keras.layers.Dense(1)])
    model.compile(keras.optimizers.Adam(1e-3), "mse")
    return PackedNetwork(model)


def step_seconds(network, columns, batch, members):
    """Give seconds of a step of one member, in a pack of `members`."""
    from posology.engine.member import Data, Member, Plateau, Schedule, Stopping
    from posology.engine.packing import PackProgram, same_steps
    from posology.engine.recipe import Recipe

    rng, rows, n = np.random.default_rng(0), STEPS * batch, members
    x = rng.normal(size=(1, rows, columns)).astype("float32")
    y, count = x[..., :1].copy(), np.array([rows], "int32")
    data = Data(x, y, count, same_steps(count, batch), x[:, :64], y[:, :64], np.array([64], "int32"))
    weights, state = network.first_weights(0)

    def each(value, dtype="float32"):
        return np.full(n, value, dtype)

    penalty = np.full((n, len(network.kernel_sites)), 1e-4, "float32")
    rates = np.full((n, len(network.dropout_sites)), 0.2, "float32")
    pack = Member(
        tuple(np.stack([w] * n) for w in weights),
        tuple(np.stack([s] * n) for s in state),
        {"l1": penalty, "l2": penalty, "dropout": rates},
        np.arange(n, dtype="uint32"),
        each(0, "int32"),
        each(100, "int32"),
        each(False, bool),
        each(1),
        Schedule(each(100), each(0), each(1)),
        Stopping(each(2**30, "int32"), each(0), each(0, "int32")),
        Plateau(each(1), each(2**30, "int32"), each(0), each(0, "int32"), each(0)),
    )
    program = PackProgram(network, Recipe(batch, 100), data, pack, "vmap")
    import jax

    data, pack = jax.device_put(data), jax.device_put(pack)
    # the difference of two lengths is free of starts; epochs 6 and 7 are a point of the curve and none
    short, long = (
        best(lambda e=e: program.advance(data, pack, program.start(pack), each(e, "int32")), 3) for e in (2, 8)
    )
    return (long - short) / 6 / STEPS / members


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--members", default="64,512,2048", help="sizes of packs")
    asked = parser.parse_args()
    if os.environ.get("KERAS_BACKEND") != "jax":
        env = {**os.environ, "KERAS_BACKEND": "jax"}
        sys.exit(subprocess.run([sys.executable, *sys.argv], env=env, check=False).returncode)
    import jax

    device = jax.devices()[0]
    on_gpu = device.platform == "gpu"
    copied, multiplied = copy_rate(1024 if on_gpu else 64), product_rate(8192 if on_gpu else 1024)
    print(f"{date.today()}, {device.device_kind}, jax {jax.__version__}, Python {platform.python_version()}")
    print(f"copy {copied / 1e9:,.0f} GB/s, large float32 product {multiplied / 1e12:.1f} TF/s")
    if not on_gpu:
        print("No GPU: one small shape on the CPU, side by side, which is not how posology trains there.")
    print("| columns, width, layers, batch | members | us a member-step | rows/s | roof, us | share of the roof |")
    print("|---|---|---|---|---|---|")
    for columns, width, layers, batch in SHAPES if on_gpu else SHAPES[:1]:
        network = network_of(columns, width, layers)
        weights = columns * width + (layers - 1) * width * width + width
        moved = 40 * weights + 24 * batch * width * layers
        roof = max(moved / copied, 6 * weights * batch / multiplied)
        for members in map(int, asked.members.split(",")) if on_gpu else (8,):
            seconds = step_seconds(network, columns, batch, members)
            shape = f"{columns}, {width}, {layers}, {batch}"
            share = f"{roof / seconds:.2f} (target 0.5)" if on_gpu else "-"  # a CPU's cache is no such memory
            speed = f"{seconds * 1e6:.2f} | {batch / seconds / 1e6:.2f} M"
            print(f"| {shape} | {members:,} | {speed} | {roof * 1e6:.2f} | {share} |", flush=True)


if __name__ == "__main__":
    main()
