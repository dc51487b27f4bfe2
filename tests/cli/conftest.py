"""One small table and one small network, studied once for the whole session; and the command, called in process."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from posology.cli import main

SMALL = [
    "--repeats",
    "1",
    "--folds",
    "2",
    "--trials",
    "2",
    "--refits",
    "1",
    "--epochs",
    "3",
    "--inner-splits",
    "1",
    "--no-levers",
]
WITH_LEVERS = [option for option in SMALL if option != "--no-levers"]
TARGET = "strength, [bold]MPa[/bold]"

NETWORK = """
import keras

print('{"this": "must not reach standard output"}')


def model_build(x_train):
    print("building")
    model = keras.Sequential(
        [
            keras.Input((x_train.shape[1],)),
            keras.layers.Dense(4, activation="relu", kernel_regularizer="l1"),
            keras.layers.Dropout(0.1),
            keras.layers.Dense(1),
        ]
    )
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(learning_rate=0.01))
    return model
"""


@dataclass
class Said:
    """What a call of the command gave."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(capfd):
    """Call the command in this process; file descriptors are watched, so that no child's print is missed."""

    def run(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(a) for a in arguments])
        return Said(ended.value.code, *capfd.readouterr())

    return run


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Give an empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in Path(folder).rglob("*"))


def frame(rows=60):
    """Make a table with numbers, categories, a boolean, dates, missing cells, and names that no one should choose."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(rows, 2))
    table = pd.DataFrame(
        {
            "plain": x[:, 0],
            "with spaces [x]": x[:, 1].round(3),
            "<b>кириллица</b> :smile:": rng.choice(["red", "green", "[bold]blue[/bold]"], rows),
            "sure": rng.choice([True, False], rows),
            "sold": pd.date_range("2024-01-01", periods=rows, freq="31h").strftime("%Y-%m-%d"),
            TARGET: x[:, 0] - 2 * x[:, 1] + rng.normal(size=rows) / 5 + 30,
        }
    )
    table.loc[::7, "with spaces [x]"] = np.nan
    table.loc[::9, "<b>кириллица</b> :smile:"] = None
    return table


def plain_frame(rows=40):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.normal(size=(rows, 3)), columns=["height", "weight", "age"])
    return table.assign(price=table["height"] - table["age"] + rng.normal(size=rows))


@pytest.fixture
def table(here):
    """Write a table that can be studied; its target is `price`."""
    path = here / "houses.csv"
    plain_frame().to_csv(path, index=False)
    return path


def command(*arguments):
    """Give the command line of the installed command."""
    code = "import sys; from posology.cli import main; main(sys.argv[1:])"
    return [sys.executable, "-c", code, *map(str, arguments)]


def environment(**more):
    """Give a user's environment: none of the tests' settings of Keras and JAX."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS", "JAX", "XLA"))}
    return {**kept, **more}


@dataclass(frozen=True)
class Study:
    """The finished study of the session."""

    root: Path
    table: Path
    network: Path
    folder: Path
    out: str
    err: str

    def verdict(self):
        return json.loads((self.folder / "verdict.json").read_text())

    def arguments(self, *, table=None, out=None):
        network = f"{self.network}:model_build"
        return [
            "study", table or self.table, "--target", TARGET, "--network", network, "--out", out or self.folder, *SMALL
        ]  # fmt: skip


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Study the table once, with one worker, by the command as a user's shell calls it."""
    root = tmp_path_factory.mktemp("finished")
    study = Study(root, root / "table.csv", root / "net.py", root / "study", "", "")
    frame().to_csv(study.table, index=False)
    study.network.write_text(NETWORK)
    done = subprocess.run(
        command(*study.arguments(), "--workers", 1, "--json"),
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd=root,
    )
    assert done.returncode == 0, done.stderr
    return Study(root, study.table, study.network, study.folder, done.stdout, done.stderr)


def network_of_two(loss):
    """Write a network with two outputs, of this loss, as its file."""
    return f"""
import keras


def model_build(x_train):
    layers = [keras.Input((x_train.shape[1],)), keras.layers.Dense(4, activation="relu", kernel_regularizer="l2")]
    model = keras.Sequential([*layers, keras.layers.Dropout(0.1), keras.layers.Dense(2)])
    model.compile(loss={loss}, optimizer=keras.optimizers.Adam(0.01))
    return model
"""


def study_of_two(root, table, names, network, *options):
    """Study a table with two targets in a folder, in a process of its own; give what it says on the way."""
    table.to_csv(root / "table.csv", index=False)
    table.iloc[:6].drop(columns=names).to_csv(root / "new.csv", index=False)
    (root / "net.py").write_text(network)
    done = subprocess.run(
        command("study", "table.csv", "--network", "net.py:model_build", "--workers", 1, *WITH_LEVERS, *options),
        capture_output=True, text=True, check=False, env=environment(), cwd=root,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (root / "said.txt").write_text(done.stdout)
    return done.stderr


def predicted_by_files(call, study, new, out, *options):
    """Export a study as files, and predict a table with them, without posology."""
    assert call("export", study, "--to", "keras", "--out", out, *options).code == 0
    done = subprocess.run(
        [sys.executable, "load_and_predict.py", new],
        capture_output=True, text=True, check=True, cwd=out, env=environment(KERAS_BACKEND="jax"),
    )  # fmt: skip
    return pd.read_csv(io.StringIO(done.stdout))
