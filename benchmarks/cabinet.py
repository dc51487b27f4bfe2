"""Does an arm pay for the regularizers of other arms? `python benchmarks/cabinet.py`, some minutes; `--each` some more.

Trains the very same members, of the arm l1+dropout, as a worker does in a plan of 2 regularizers and in two plans of
10: of the question's network, and of a network with residual branches, where layers and branches are among the ten. 618
rows of concrete, batches of 32, no early stopping. All are measured by turns, so that other loads of the machine hit
them alike, in CPU seconds, which other loads change less than those on the wall. Beside them what one program for all
ten would cost, and with `--each` what each regularizer costs its own arm.
"""

import argparse
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
LAYERED = (
    *TWO, "batch_norm", "layer_norm", "shake_drop", "shake_shake", "stochastic_depth", "weight_decay", "mixup", "ema",
)  # fmt: skip
ARM = ("l1", "dropout")


def residual(x_train):
    """Build a network with a branch, and with a pair of branches."""
    import keras

    dense, add = keras.layers.Dense, keras.layers.Add
    given = keras.Input((x_train.shape[1],))
    x = dense(64, "relu")(given)
    x = add()([x, dense(64)(dense(64, "relu")(x))])
    x = add()([x, dense(64)(dense(64, "relu")(x)), dense(64)(dense(64, "relu")(x))])
    model = keras.Model(given, dense(1)(keras.layers.ReLU()(x)))
    model.compile(loss="mse", optimizer="adam")
    return model


QUESTION, RESIDUAL = NetworkSource("question"), NetworkSource("file", str(Path(__file__).resolve()), "residual")


def trainer(names, folder, source=QUESTION):
    """Give the trainer of a study whose arms have these regularizers."""
    table = make_table(concrete(), "strength_mpa")
    table.save(folder / "table.feather")
    design = Design(((), ARM), epochs=EPOCHS, patience=None)
    scratch = tempfile.mkdtemp(dir=folder)
    return Trainer(Job(str(folder / "table.feather"), source, table.n_rows, design, tuple(names), scratch))


def pack(trainer, arm):
    """Give members of an arm, at strengths in the middle of their ranges."""
    by_name = {r.name: r for r in OWN}
    setting = {n: (by_name[n].strength.from_unit(0.5),) * trainer._network.sites(n) for n in arm}
    return Pack("p", 0, 0, 0, tuple(Member(arm, t, t, setting, EPOCHS, EPOCHS + 1) for t in range(MEMBERS)))


def seconds(trainer, pack):
    """Time a pack: CPU seconds of this process."""
    began = time.process_time()
    trainer.run(pack)
    return time.process_time() - began


def by_turns(runs):
    """Give the times of each run, taken by turns after a first that compiles."""
    for run in runs.values():
        run()
    times = {name: [] for name in runs}
    for _ in range(TURNS):
        for name, run in runs.items():
            times[name].append(run())
    return times


def plans(folder, source, ten):
    """Time the arm in a plan of two, in one of ten, and in one program for all ten."""
    two, more, whole = trainer(TWO, folder, source), trainer(ten, folder, source), trainer(ten, folder, source)
    # one program for all, as it would be without groups; of two normalizations a network can have one
    whole._programs.regularizers_of = lambda _: tuple(name for name in ten if name != "layer_norm")
    named = (("2", two), ("10", more), ("whole", whole))
    return by_turns({name: (lambda t=t: seconds(t, pack(t, ARM))) for name, t in named})


def each_alone(folder):
    """Time the arm of each regularizer that the question's network has sites for, and none."""
    names = [r.name for r in OWN if r.target != "classes"]
    every = trainer(names, folder)
    names = [name for name in names if every._network.sites(name)]
    runs = {"none": lambda: seconds(every, pack(every, ()))}
    return by_turns(runs | {name: (lambda name=name: seconds(every, pack(every, (name,)))) for name in names})


def said(name, times):
    """Write what a plan costs."""
    median = {key: statistics.median(found) for key, found in times.items()}
    least = {key: min(found) for key, found in times.items()}
    each = 1e3 / (MEMBERS * EPOCHS)
    return (
        f"{name}: l1+dropout, CPU ms a member and epoch, median (least) of {TURNS} turns: "
        + ", ".join(f"{key} {median[key] * each:.3f} ({least[key] * each:.3f})" for key in times)
        + f"; 10 / 2: {median['10'] / median['2']:.3f} ({least['10'] / least['2']:.3f}), "
        f"whole / 2: {median['whole'] / median['2']:.3f} ({least['whole'] / least['2']:.3f})"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--each", action="store_true", help="also what each regularizer costs its own arm")
    asked = parser.parse_args()
    kept = {"jax": jax.__version__}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name, source, ten in (("question", QUESTION, TEN), ("residual", RESIDUAL, LAYERED)):
            kept[name] = plans(folder, source, ten)
            print(said(name, kept[name]), flush=True)
        if asked.each:
            kept["each"] = each_alone(folder)
            none = statistics.median(kept["each"]["none"])
            for name, found in kept["each"].items():
                print(f"  {name:22} {statistics.median(found) / none:.2f} times none")
    print(json.dumps(kept))


if __name__ == "__main__":
    main()
