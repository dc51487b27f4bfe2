"""The diff is applied by the tools that people use, and what it gives is run."""

import importlib.util
import subprocess

import keras
import numpy as np
import pytest

from posology.handback import same_network
from posology.handback.code import edited
from posology.network.asked import Outputs
from posology.network.branches import branch_sites
from posology.network.choice import Choice
from posology.network.doses import doses_of
from posology.network.export import export_model
from posology.network.lines import keras_lines
from posology.network.sites import Dose, Site, dropout_sites, kernel_sites, leaves
from posology.network.source import NetworkSource, open_source

from .builders import EACH, NONE, REFUSED, SHARED, TWO_INPUTS

X = np.zeros((2, 3), "float32")
WEIGHT = 0.0012345678


def built(file, x=X):
    spec = importlib.util.spec_from_file_location(f"user_{file.parent.name}_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    keras.utils.clear_session(free_memory=False)
    model = module.model_build(x) if module.model_build.__code__.co_argcount else module.model_build()
    if not model.built:
        model.build((None, x.shape[1]))
    return model


def each(model):
    """Give every site another strength: L1, L2, both, and so on."""
    out = []
    for i, site in enumerate(kernel_sites(model)):
        l1, l2 = [(WEIGHT * (i + 1), 0.0), (0.0, WEIGHT * (i + 1)), (WEIGHT * (i + 1), 0.001)][i % 3]
        out.append(Dose(site, {"l1": l1, "l2": l2}))
    return out + [Dose(site, {"rate": 0.15 + i / 10}) for i, site in enumerate(dropout_sites(model))]


def alike(model, l1=0.02, rate=0.3):
    kernels = [Dose(site, {"l1": l1, "l2": 0.0}) for site in kernel_sites(model)]
    return kernels + [Dose(site, {"rate": rate}) for site in dropout_sites(model)]


def nothing(model):
    return alike(model, 0.0, 0.0)


CASES = [
    *((name, *case, each) for name, case in EACH.items()),
    *((name, *case, alike) for name, case in SHARED.items()),
    *((name, *case, nothing) for name, case in NONE.items()),
]


def edit_of(folder, text, doses_of, encoding="utf-8", name="net.py"):
    file = folder / name
    file.write_bytes(text.encode(encoding))
    model = built(file)
    doses = doses_of(model)
    keras.utils.clear_session(free_memory=False)
    return file, model, doses, edited(NetworkSource("file", str(file), "model_build"), X, doses)


def patch(file, diff, *tool):
    (file.parent / "change.patch").write_bytes(diff.encode())
    done = subprocess.run(
        [*tool, "change.patch"] if tool[0] == "git" else [*tool, "-i", "change.patch"],
        cwd=file.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return file.read_bytes()


def strengths(model):
    every = Choice(every=True)
    return [(s.kind, s.shape, s.argument, s.present) for s in kernel_sites(model, every) + dropout_sites(model, every)]


def losses(model):
    for i, variable in enumerate(v for _, layer in leaves(model) for v in layer.trainable_variables):
        variable.assign(np.cos(i + np.arange(np.prod(variable.shape))).reshape(variable.shape))
    return [float(loss) for loss in model.losses]


def check_same(model, wanted):
    got, right = strengths(model), strengths(wanted)
    assert [site[:3] for site in got] == [site[:3] for site in right]
    assert [site[3] for site in got] == [pytest.approx(site[3], rel=1e-5) for site in right]
    assert losses(model) == pytest.approx(losses(wanted), rel=1e-5)


@pytest.mark.parametrize(("name", "text", "said", "doses_of"), CASES, ids=[case[0] for case in CASES])
def test_the_changed_file_builds_the_prescription(tmp_path, name, text, said, doses_of):
    file, model, doses, edit = edit_of(tmp_path, text, doses_of)
    assert edit.reason == ""
    assert file.read_bytes() == text.encode()  # it is the user's to apply
    for part in said:
        assert part in edit.source, edit.diff
    assert edit.lines == tuple(keras_lines(doses))
    assert patch(file, edit.diff, "patch", "-p1") == edit.source.encode()
    check_same(built(file), export_model(model, doses))
    file.write_bytes(text.encode())
    assert patch(file, edit.diff, "git", "apply", "--whitespace=nowarn") == edit.source.encode()


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(tmp_path, monkeypatch, name):
    text, reason = REFUSED[name]
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "beside.py").write_text(
        "import keras\n\n\ndef layers():\n    dense = keras.layers.Dense\n"
        "    return [keras.Input((3,)), dense(4, 'relu'), dense(1)]\n"
    )
    _, _, doses, edit = edit_of(tmp_path, text, each)
    assert (edit.diff, edit.source, edit.reason) == ("", "", reason)
    assert edit.lines == tuple(keras_lines(doses))


def test_what_is_no_file():
    reason = edited(NetworkSource("question"), X, []).reason
    lines = "these are the lines to write, and no diff"
    assert reason == f"the question's network is posology's own (`posology inspect question`): {lines}"
    assert (
        "your Keras model was handed over in Python, not as a file"
        in edited(NetworkSource("config", config="{}"), X, []).reason
    )


def test_a_file_that_is_gone_or_fails(tmp_path):
    gone = NetworkSource("file", str(tmp_path / "gone.py"), "model_build")
    assert "cannot be read: [Errno 2]" in edited(gone, X, []).reason
    (tmp_path / "fails.py").write_text("import nothing_like_this\n")
    fails = NetworkSource("file", str(tmp_path / "fails.py"), "model_build")
    assert "'fails.py' does not import: ModuleNotFoundError" in edited(fails, X, []).reason


def test_a_file_that_was_changed_since(tmp_path):
    file, _, doses, edit = edit_of(tmp_path, EACH["functional"][0], each)
    file.write_text(EACH["functional"][0].replace("Dense(4", "Dense(7"))
    again = edited(NetworkSource("file", str(file), "model_build"), X, doses)
    assert edit.diff
    assert (again.diff, again.reason) == ("", "the file builds another network than the one that was studied")


def test_a_file_that_has_the_strengths_already(tmp_path):
    file, _, doses, edit = edit_of(tmp_path, EACH["question"][0], each)
    assert edit.diff
    file.write_text(edit.source)
    keras.utils.clear_session(free_memory=False)
    doses = each(built(file))
    keras.utils.clear_session(free_memory=False)
    again = edited(NetworkSource("file", str(file), "model_build"), X, doses)
    assert (again.diff, again.reason) == ("", "the file has these strengths already")


def test_layers_numbered_otherwise_than_in_the_study(tmp_path):
    file, model, _, edit = edit_of(tmp_path, EACH["nested"][0], each)
    keras.layers.Dense(1)  # takes a number
    again = edited(NetworkSource("file", str(file), "model_build"), X, each(model))
    assert again.diff == edit.diff


def test_other_encodings(tmp_path):
    text = EACH["functional"][0]
    file, _, _, edit = edit_of(
        tmp_path, f"# -*- coding: latin-1 -*-\n# für\n\n\n\n{text}", each, "latin-1", "old net.py"
    )
    assert patch(file, edit.diff, "patch", "-p1") == edit.source.encode("latin-1")
    *_, edit = edit_of(tmp_path, f"# -*- coding: latin-1 -*-\n{text.replace('here', 'für')}", each, "latin-1")
    assert (edit.diff, edit.reason) == ("", "the file is written in iso-8859-1, which no diff can carry")
    file, _, _, edit = edit_of(tmp_path, text, each, "utf-8-sig", "marked.py")
    assert patch(file, edit.diff, "git", "apply") == edit.source.encode() == file.read_bytes()
    assert edit.source.startswith("\ufeff")


def test_rows_by_input(tmp_path):
    file = tmp_path / "net.py"
    file.write_text(TWO_INPUTS)
    x = {"a": np.zeros((2, 3), "float32"), "b": np.zeros((2, 2), "float32")}
    model = built(file, x)
    doses = each(model)
    keras.utils.clear_session(free_memory=False)
    edit = edited(NetworkSource("file", str(file), "model_build"), x, doses)
    patch(file, edit.diff, "patch", "-p1")
    assert "layers.Dropout(0.25)(layers.Dense(5, " in file.read_text()
    check_same(built(file, x), export_model(model, doses))


RESIDUAL = """\
import keras
from keras import layers


def block(x, name):
    hidden = layers.Dense(6, "relu", name=f"{name}_up")(x)
    {back}
    # layers.Dropout(0.5)
    return {added}


def model_build(x_train):
    given = keras.Input((3,))
    x = layers.Dense(6, "relu")(given)
    x = block(x, "one")
    model = keras.Model(given, layers.Dense(1)(block(x, "two")))
    model.compile(loss="mse", optimizer="adam")
    return model
"""
BRANCHES = {
    "named": (
        'back = layers.Dense(6, name=f"{name}_back")(hidden)',
        "layers.Add()([x, back])",
        "    back = layers.Dropout(0.3, noise_shape=(None, 1))(back)\n",
    ),
    "inside": (
        "pass",
        'layers.Add()([x, layers.Dense(6, name=f"{name}_back")(hidden)])',
        "layers.Dropout(0.3, noise_shape=(None, 1))(layers.Dense(6, ",
    ),
    "plus": (
        "back = layers.Dense(6)(hidden)",
        "x + back",
        "    back = layers.Dropout(0.3, noise_shape=(None, 1))(back)\n",
    ),
}


def depth(model, *rates, dropout=0.0):
    kernels, drops, branches = kernel_sites(model), dropout_sites(model), branch_sites(model)
    strengths = {"l2": (0.001,) * len(kernels), "dropout": (dropout,) * len(drops)}
    return doses_of([*kernels, *drops, *branches], {**strengths, "stochastic_depth": rates or (0.3, 0.3)})


@pytest.mark.parametrize("name", BRANCHES)
def test_a_branch_gets_a_dropout_of_whole_rows(tmp_path, name):
    back, added, said = BRANCHES[name]
    text = RESIDUAL.replace("{back}", back).replace("{added}", added)
    file, model, doses, edit = edit_of(tmp_path, text, depth)
    assert edit.reason == ""
    assert said in edit.source, edit.diff
    assert "# layers.Dropout(0.5)" in edit.source, "that was another layer"
    assert edit.lines == tuple(keras_lines(doses))
    assert patch(file, edit.diff, "patch", "-p1") == edit.source.encode()
    changed = built(file)
    drops = [layer for layer in changed.layers if isinstance(layer, keras.layers.Dropout)]
    assert [(layer.rate, tuple(layer.noise_shape)) for layer in drops] == [(0.3, (None, 1))] * 2
    check_same(changed, export_model(model, doses))
    # one that drops cells predicts the same, and is another network
    cells = tmp_path / "cells.py"
    cells.write_text(edit.source.replace(", noise_shape=(None, 1)", ""))
    assert not same_network.is_same(changed, built(cells))
    assert same_network.is_same(changed, built(file))


def test_branches_of_one_line_that_differ_and_branches_beside_dropout_get_lines(tmp_path):
    back, added, _ = BRANCHES["named"]
    text = RESIDUAL.replace("{back}", back).replace("{added}", added)
    *_, edit = edit_of(tmp_path, text, lambda model: depth(model, 0.1, 0.2))
    assert "whose strengths differ: write a line for each" in edit.reason
    bent = text.replace('Dense(6, name=f"{name}_back")', 'Dense(6, "relu", name=f"{name}_back")')
    *_, edit = edit_of(tmp_path, bent, lambda model: depth(model, dropout=0.2))
    assert "two layers belong behind this one" in edit.reason


def test_no_diff_is_made_of_more_than_penalties_and_dropout(tmp_path):
    source = NetworkSource("file", str(tmp_path / "net.py"), "model_build")
    site = Site("kernel", "dense", (3, 4), {}, "kernel_regularizer")
    edit = edited(source, None, [Dose(site, {"l1": 0.0, "l2": 0.0, "max_norm": 0.5})])
    assert (edit.diff, edit.reason) == ("", "no diff is made of max_norm: the lines say where each belongs")
    assert edit.lines == ("dense: no kernel_regularizer, kernel_constraint=keras.constraints.MaxNorm(2, axis=0)",)


OF_TENSORFLOW = """\
import tensorflow as tf


def model_build(input_dim, num_classes):
    model = tf.keras.Sequential()
    model.add(tf.keras.Input(shape=(input_dim,)))
    model.add(tf.keras.layers.Dense(8, activation="relu", kernel_regularizer=tf.keras.regularizers.l2(0.01)))
    model.add(tf.keras.layers.Dropout(0.5))
    model.add(tf.keras.layers.Dense(num_classes, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
    return model
"""


def test_a_file_that_imports_keras_by_way_of_tensorflow_and_takes_numbers(tmp_path):
    (tmp_path / "net.py").write_text(OF_TENSORFLOW)
    source, outputs = NetworkSource("file", str(tmp_path / "net.py"), "model_build"), Outputs(classes=3)
    model = open_source(source, classes=3)(X)
    edit = edited(source, X, alike(model), outputs)
    assert edit.reason == ""
    assert "kernel_regularizer=tf.keras.regularizers.L1(0.02)" in edit.source, edit.diff
    assert "tf.keras.layers.Dropout(0.3)" in edit.source
