"""A small study that can be hurt in earnest: started by the command, watched from outside, resumed, compared."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..processes import PATIENCE, alive, children, until

SMALL = (
    *("--repeats", "1", "--folds", "2", "--trials", "4", "--refits", "1", "--epochs", "12", "--inner-splits", "2"),
    *("--no-levers", "--workers", "1"),
)

NETWORK = """
import keras


def model_build(x_train):
    layers = [keras.Input((x_train.shape[1],)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    return model
"""


@dataclass(frozen=True)
class Case:
    """A table, a network file and a temporary folder of their own."""

    root: Path
    options: tuple[str, ...] = SMALL

    @classmethod
    def made(cls, root, network=NETWORK, options=SMALL, rows=60):
        root.mkdir(parents=True, exist_ok=True)
        case = cls(root, tuple(map(str, options)))
        rng = np.random.default_rng(1)
        table = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["height", "weight", "age"])
        table["price"] = table["height"] - table["age"] + rng.normal(size=rows)
        table.to_csv(root / "houses.csv", index=False)
        (root / "net.py").write_text(network)
        case.temporary.mkdir()
        return case

    @property
    def temporary(self):
        return self.root / "tmp"

    def study(self, folder):
        table = (self.root / "houses.csv", "--target", "price", "--network", f"{self.root / 'net.py'}:model_build")
        return ("study", *table, "--out", folder, *self.options)

    def start(self, *arguments):
        """Start the command in a process of its own."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS", "JAX", "XLA"))}
        return subprocess.Popen(
            [sys.executable, "-m", "posology", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**kept, "TMPDIR": str(self.temporary)},
            cwd=self.root,
        )

    def run(self, *arguments):
        """Run the command to its end."""
        return Ended.of(self.start(*arguments))


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @classmethod
    def of(cls, process):
        try:
            out, err = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"did not end: {process.communicate()}") from None
        assert "Traceback" not in err, err
        return cls(process.returncode, out, err)


def packs(folder):
    """Give the finished packs and when each was written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / "packs").glob("[!.]*.npz")}


def verdict(folder):
    return (folder / "verdict.json").read_bytes()


@dataclass
class Struck:
    """What a kill -9 left behind."""

    code: int
    err: str
    kept: dict
    orphans: int


def strike(case, folder, victims, when):
    """Start a study, or continue it, and kill its driver, a worker, or both, at a moment.

    Parameters
    ----------
    victims : str
        "driver", "worker" or "both".
    when : callable or float
        Of the folder, whether it is time; or seconds after the start.
    """
    process = case.start(*case.study(folder))
    if callable(when):
        until(lambda: when(folder), process)
    else:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=when)
    workers = children(process.pid)
    if victims in ("worker", "both"):
        for worker in workers:
            _kill(worker)
    if victims in ("driver", "both"):
        _kill(process.pid)
    _, err = process.communicate(timeout=PATIENCE)
    assert "Traceback" not in err, err
    kept, began = packs(folder), time.monotonic()
    while any(map(alive, workers)) and time.monotonic() - began < 10:
        time.sleep(0.05)
    return Struck(process.returncode, err, kept, sum(map(alive, workers)))


def _kill(process):
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def rows_left(case):
    """Name the temporary files that hold the table."""
    return sorted(str(p.relative_to(case.temporary)) for p in case.temporary.rglob("*.feather"))
