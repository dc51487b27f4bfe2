"""Study in Python: what it takes, what it leaves alone in the user's process."""

import os
import subprocess
import sys

import keras
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from posology import InputError, LeakWarning, Study
from posology.progress import Silent

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X[:, 0] - X[:, 1] + RNG.normal(size=40)
NAMES = ["height", "weight", "age"]


def compiled():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, activation="relu"), keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model


@pytest.mark.parametrize(
    ("features", "target"),
    [
        (pd.DataFrame(X, columns=NAMES), pd.Series(Y, name="price")),
        (pd.DataFrame(X, columns=NAMES, index=range(7, 47)), pd.DataFrame({"price": Y})),
        (pl.DataFrame(X, schema=NAMES), pl.Series("price", Y)),
        (pl.LazyFrame(X, schema=NAMES), pl.DataFrame({"price": Y})),
        (pa.table(dict(zip(NAMES, X.T, strict=True))), pd.Series(Y, name="price")),
    ],
)
def test_frames_of_every_library_are_the_same_table(features, target):
    expected = Study("question", pd.DataFrame(X, columns=NAMES), pd.Series(Y, name="price"))
    assert Study("question", features, target).table.fingerprint() == expected.table.fingerprint()


def test_arrays_and_lists():
    one = Study("question", X, Y).table
    assert list(one.features) == ["x0", "x1", "x2"]
    assert Study("question", X.tolist(), Y.tolist()).table.fingerprint() == one.fingerprint()
    assert Study("question", X, Y.reshape(-1, 1)).table.fingerprint() == one.fingerprint()


@pytest.mark.parametrize(
    ("network", "kind"),
    [
        (None, "strong"),
        ("question", "question"),
        (compiled, "config"),
        (lambda x_train: compiled(), "config"),  # noqa: ARG005
    ],
)
def test_networks(network, kind):
    assert Study(network, X, Y).settings.source.kind == kind


def test_a_function_reads_the_rows_of_an_input_that_is_not_named():
    """It is called twice, the second time with a part of the rows."""

    def build(x_train):
        inputs = [keras.Input((x_train[name].shape[1],), name=name) for name in ("left", "rest")]
        model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Concatenate()(inputs)))
        model.compile("sgd", "mse")
        return model

    study = Study(build, pd.DataFrame(X, columns=NAMES), Y, inputs={"left": NAMES[:1]})
    assert study.settings.source.kind == "config"


def test_a_model_object_and_a_file(tmp_path):
    (tmp_path / "net.py").write_text("def model_build(): ...")
    assert Study(compiled(), X, Y).settings.source.kind == "config"
    assert str(Study(f"{tmp_path / 'net.py'}:model_build", X, Y).settings.source) == "net.py:model_build"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"arms": "dropuot"}, "Did you mean 'dropout'"),
        ({"arms": []}, "--arms is empty"),
        ({"arms": ["none", "none"]}, "nothing to compare"),
        ({"margin": 2}, "margin is 2; it is a difference of R2"),
        ({"folds": 1}, "folds is 1; it must be at least 2"),
        ({"folds": 21}, "21 folds need at least 42"),
        ({"ranges": {"l1": (-1, 1)}}, "a strength cannot be negative"),
        ({"ranges": {"l3": (0.1, 1)}}, "unknown regularizer 'l3'. Known: l1, l2, dropout"),
        ({"workers": 0}, "workers is 0; it must be at least 1"),
        ({"patience": 0}, "patience is 0; it must be at least 1"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError) as caught:
        Study("question", X, Y, **options)
    assert message in str(caught.value)


def test_what_is_left_out_of_the_fit_arguments_is_said():
    fit = {"epochs": 3, "callbacks": [keras.callbacks.TerminateOnNaN()]}
    assert "The callback TerminateOnNaN is left out" in "".join(Study("question", X, Y, fit=fit).table.notes)


def test_a_leak_warns():
    with pytest.warns(LeakWarning, match="gives the target 'target' away: they are equal"):
        Study("question", np.column_stack([X, Y]), Y)


def test_nothing_is_written_where_the_folder_has_other_files(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(InputError, match="holds other files"):
        Study("question", X, Y, folder=tmp_path).run()
    assert [p.name for p in tmp_path.iterdir()] == ["mine"]


def python(code, **environment):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS", "JAX", "XLA"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**kept, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_posology_imports_no_heavy_library():
    code = (
        "import sys, posology; print([m for m in ('keras', 'jax', 'pandas', 'numpy', 'sklearn') if m in sys.modules])"
    )
    assert python(code) == "[]\n"


RUN = """
import os, sys
import numpy as np
from posology import Study
rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = X[:, 0] + rng.normal(size=40)
{network}
few = dict(repeats=1, folds=2, trials=2, refits=1, epochs=2, workers=1, levers=False)
result = Study(network, X, y, arms="none; l1", **few).run()
assert str(result.verdict).strip() and result.code() and len(result.to_frame()) == 2
"""


def test_a_run_leaves_the_users_process_without_keras_and_jax():
    code = RUN.format(network="network = None")
    check = "print([m for m in ('keras', 'jax', 'tensorflow') if m in sys.modules], os.environ.get('KERAS_BACKEND'))"
    assert python(code + check) == "[] None\n"


def test_a_user_on_another_backend_hands_over_a_model_and_predicts():
    network = (
        "import warnings; warnings.filterwarnings('ignore', '__array__ implementation')\n"
        "import keras\n"
        "network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, 'relu'), keras.layers.Dense(1)])\n"
        "network.compile(loss='mse', optimizer=keras.optimizers.Adam(0.01))"
    )
    code = RUN.format(network=network) + (
        "p = result.predict(X[:5])\n"
        "assert p.shape == (5,) and np.isfinite(p).all()\n"
        "assert result.best_model().count_params() == network.count_params()\n"
        "print(keras.backend.backend(), os.environ['KERAS_BACKEND'])"
    )
    assert python(code, KERAS_BACKEND="numpy") == "numpy numpy\n"


def test_a_regularizer_for_another_kind_of_target_is_refused():
    with pytest.raises(InputError, match=r"'label_smoothing' is for a target that is classes, and '.*' is a number"):
        Study("question", X, Y, arms="label_smoothing")
    with pytest.raises(InputError, match=r"'target_noise' is for a target that is a number, and '.*' is classes"):
        Study("question", X, np.where(Y > 0, "high", "low"), arms="target_noise")


class Impatient(Silent):
    """Presses Ctrl-C when the first networks are trained."""

    def trained(self, *_, **__):
        raise KeyboardInterrupt


def test_who_interrupts_a_script_is_told_where_it_goes_on(tmp_path):
    small = {"repeats": 1, "folds": 2, "trials": 1, "inner_splits": 1, "refits": 1, "epochs": 1, "levers": False}
    asked = {"arms": "none; l2", "folder": tmp_path / "s", "workers": 1, **small}
    with pytest.raises(KeyboardInterrupt) as stopped:
        Study("question", X, Y, **asked).run(Impatient())
    assert stopped.value.__notes__ == [
        f"What was trained is kept: Study(..., folder='{tmp_path / 's'}').run() goes on."
    ]
    assert list((tmp_path / "s" / "packs").glob("*.npz"))
    assert Study("question", X, Y, **asked).run().verdict.kind
