"""Measure the trainings of the question's network as a share of what this machine's large products reach.

    KERAS_BACKEND=jax python benchmarks/step.py

Prints, a line a batch size, microseconds a step, rows/s, and the rate of the matrix products of forward and backward,
over the rate of one large float32 product in the same process, taken before and after. Whole trainings are timed:
shuffling, masks, penalties, Adam and the final predictions are in the time and not in the rate.
"""

import os
import platform
import subprocess
import sys
import time
from datetime import date


def ceiling() -> float:
    """Give the rate of one 2,048 cubed product, in GF/s."""
    import jax
    import jax.numpy as jnp

    a = jnp.ones((2048, 2048))
    product = jax.jit(lambda a: a @ a)
    found = []
    for _ in range(6):
        began = time.perf_counter()
        jax.block_until_ready(product(a))
        found.append(time.perf_counter() - began)
    return 2 * 2048**3 / min(found) / 1e9


def main() -> None:
    from posology.execution.environment import worker_environment

    if "POSOLOGY_BENCH" not in os.environ:
        # one core and the switches of a worker
        env = {**worker_environment(), "POSOLOGY_BENCH": "step"}
        sys.exit(subprocess.run([sys.executable, __file__], env=env, check=False).returncode)
    import jax

    from packs import PRODUCTS, ROWS, make, seconds

    members = 8
    print(f"{date.today()}, {platform.machine()}, jax {jax.__version__}, one core")
    print("| batch | us a step | rows/s | GF/s | large product, GF/s | share |")
    print("|---|---|---|---|---|---|")
    for batch, epochs in ((32, 20), (128, 40), (512, 80)):
        pack = make(batch, members, epochs)
        before = ceiling()
        best = seconds(*pack, repeats=7)
        top = max(before, ceiling())
        step = best / members / epochs / -(-ROWS // batch)
        rate = PRODUCTS * batch / step / 1e9
        print(
            f"| {batch} | {step * 1e6:.1f} | {batch / step / 1e6:.2f} M | {rate:.0f} | {top:.0f} | {rate / top:.2f} |"
        )


if __name__ == "__main__":
    main()
