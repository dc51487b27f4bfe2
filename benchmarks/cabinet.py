"""Does an arm pay for the regularizers of other arms? `python benchmarks/cabinet.py`, five minutes.

Trains the very same members, of the arm l1+dropout, as a worker does in a plan of 2 regularizers and in a plan of 10:
the question's network, 618 rows of concrete, batches of 32, no early stopping. The two are measured by turns, so that
other loads of the machine hit both. Beside them what one program for all ten would cost, and what each regularizer
costs its own arm.
"""

import json
import os
import statistics
import tempfile
import time
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax

from posology.data import concrete
from posology.execution.job import Job
from posology.execution.trainer import Trainer
from posology.network.source import NetworkSource
from posology.plan import Design, Member, Pack
from posology.regularizers import OWN
from posology.table import make_table

EPOCHS, MEMBERS, TURNS = 40, 8, 7
TWO = ("l1", "dropout")
TEN = (*TWO, "weight_decay", "max_norm", "gaussian_noise", "weight_noise", "mixup", "input_noise", "ema", "lookahead")
ARM = ("l1", "dropout")


def trainer(names, folder):
    """Give the trainer of a study whose arms have these regularizers."""
    table = make_table(concrete(), "strength_mpa")
    table.save(folder / "table.feather")
    design = Design(((), ARM), epochs=EPOCHS, patience=None)
    place = str(folder / "table.feather")
    return Trainer(Job(place, NetworkSource(), table.n_rows, design, tuple(names), str(folder / "-".join(names)[:40])))


def pack(trainer, arm):
    """Give members of an arm, at strengths in the middle of their ranges."""
    by_name = {r.name: r for r in OWN}
    setting = {n: (by_name[n].strength.from_unit(0.5),) * trainer._network.sites(n) for n in arm}
    return Pack("p", 0, 0, 0, tuple(Member(arm, t, t, setting, EPOCHS, EPOCHS + 1) for t in range(MEMBERS)))


def seconds(trainer, pack):
    """Time a pack."""
    began = time.perf_counter()
    trainer.run(pack)
    return time.perf_counter() - began


def by_turns(runs):
    """Give the least time of each run, taken by turns after a first that compiles."""
    for run in runs.values():
        run()
    times = {name: [] for name in runs}
    for _ in range(TURNS):
        for name, run in runs.items():
            times[name].append(run())
    return {name: min(found) for name, found in times.items()}, times


def main():
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        two, ten, whole = trainer(TWO, folder), trainer(TEN, folder), trainer(TEN, folder)
        whole._programs.regularizers_of = lambda _: TEN  # one program for all, as it would be without groups
        runs = {name: (lambda t=t: seconds(t, pack(t, ARM))) for name, t in (("2", two), ("10", ten), ("whole", whole))}
        least, times = by_turns(runs)
        ratios = [a / b for a, b in zip(times["10"], times["2"], strict=True)]
        numbers = [r.name for r in OWN if r.target != "classes"]
        every = trainer(numbers, folder)
        alone = {"none": lambda: seconds(every, pack(every, ()))}
        alone |= {name: (lambda name=name: seconds(every, pack(every, (name,)))) for name in numbers}
        each, _ = by_turns(alone)
    steps = MEMBERS * EPOCHS
    print(
        f"l1+dropout, a member and epoch: {least['2'] / steps * 1e3:.3f} ms in a plan of 2, "
        f"{least['10'] / steps * 1e3:.3f} ms in a plan of 10 (ratio {least['10'] / least['2']:.3f}, median of turns "
        f"{statistics.median(ratios):.3f}), {least['whole'] / steps * 1e3:.3f} ms in one program for all ten"
    )
    for name, found in each.items():
        print(f"  {name:22} {found / each['none']:.2f} times none")
    print(json.dumps({"least": least, "each": each, "jax": jax.__version__}))


if __name__ == "__main__":
    main()
