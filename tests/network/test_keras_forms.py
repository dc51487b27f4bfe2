"""What Keras has for a prescription is in the export, loads without posology, and is said in lines; so is the rest."""

import keras
import numpy as np
import pytest

from posology.network.doses import doses_of
from posology.network.export import export_model, set_weights
from posology.network.lines import keras_lines
from posology.network.packed import PackedNetwork
from posology.network.sites import leaves
from posology.regularizers import OWN, PLAIN

L = keras.layers


def network(loss="mse", drops=False, branches=0):
    after = [L.Dropout(0.1, name="drop")] if drops else []
    given = hidden = keras.Input((4,))
    for layer in [L.Dense(5, activation="relu", name="first"), *after]:
        hidden = layer(hidden)
    if branches:
        hidden = L.Add()([hidden, *(L.Dense(5, name=name)(hidden) for name in ("second", "third")[:branches])])
    ends = L.Dense(1, activation=None if loss == "mse" else "sigmoid", name="last")
    model = keras.Model(given, ends(hidden))
    model.compile(loss=loss, optimizer=keras.optimizers.Adam(0.01))
    return model


def exported(strengths, model=None):
    """Export with a number at every site; give the model and the lines."""
    model = model or network()
    packed = PackedNetwork(model, tuple(strengths))
    given = {name: [strength] * packed.sites(name) for name, strength in strengths.items()}
    doses = doses_of(packed.places, given)
    return export_model(model, doses), keras_lines(doses)


LINES = {
    "l1": "first: kernel_regularizer=keras.regularizers.L1(0.1)",
    "l2": "first: kernel_regularizer=keras.regularizers.L2(0.1)",
    "dropout": "after first: add keras.layers.Dropout(0.1)",
    "weight_decay": "optimizer: weight_decay=0.1 (exclude_from_weight_decay: all weights but the kernels of 'first')",
    "max_norm": "first: no kernel_regularizer, kernel_constraint=keras.constraints.MaxNorm(10, axis=0)",
    "orthogonal": "first: kernel_regularizer=keras.regularizers.OrthogonalRegularizer(factor=0.1, mode='columns')",
    "gaussian_dropout": "after first: add keras.layers.GaussianDropout(0.1)",
    "gaussian_noise": "after first: add keras.layers.GaussianNoise(0.1)",
    "alpha_dropout": "after first: add keras.layers.AlphaDropout(0.1)",
    "activity_l1": "after first: add keras.layers.ActivityRegularization(l1=0.1)",
    "activity_l2": "after first: add keras.layers.ActivityRegularization(l2=0.1)",
    "stochastic_depth": "after second: add keras.layers.Dropout(0.1, noise_shape=(None, 1))",
    "batch_norm": "after first: add keras.layers.BatchNormalization(momentum=0.9) before its activation",
    "layer_norm": "after first: add keras.layers.LayerNormalization(epsilon=0.001) before its activation",
    "label_smoothing": "loss: label_smoothing=0.1 (a sparse loss has none: use categorical_crossentropy, with a column "
    "a class)",
    "ema": "optimizer: ema_momentum=0.0909, use_ema=True",
    "gradient_clipping": "optimizer: global_clipnorm=10",
    "input_noise": "inputs: input_noise 0.1, by hand: keras.layers.GaussianNoise(0.1) right after the input",
    "learning_rate_decay": "training: learning_rate_decay 0.1, by hand: learning_rate="
    "keras.optimizers.schedules.InverseTimeDecay(rate, steps_an_epoch, 0.1)",
}


WHERE = {"kernel": "first", "input": "inputs", "target": "targets", "branch": "second", "pair": "second"}


@pytest.mark.parametrize("regularizer", OWN, ids=lambda r: r.name)
def test_the_export_of_each_loads_predicts_the_same_and_is_said(regularizer, tmp_path):
    loss = "binary_crossentropy" if regularizer.target == "classes" else "mse"
    model = network(loss, branches={"branch": 1, "pair": 2}.get(regularizer.place.kind, 0))
    out, lines = exported({regularizer.name: 0.1}, model)
    said = LINES.get(regularizer.name)
    if said is None:
        where = WHERE.get(regularizer.place.kind, "training")
        said = f"{where}: {regularizer.name} 0.1, by hand: {regularizer.by_hand.format(strength=0.1)}"
    assert said in lines
    normalizes = regularizer.place.kind == "norm"  # that has weights of its own: tests/network/test_norms.py
    if not normalizes:
        set_weights(out, model.trainable_variables, [], model)
    out.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(6, 4)).astype("float32")
    expected = (out if normalizes else model).predict(x, verbose=0)
    np.testing.assert_allclose(again.predict(x, verbose=0), expected, rtol=1e-6)


def test_what_the_export_holds():
    out, _ = exported({"max_norm": 0.5, "weight_decay": 0.1, "gaussian_noise": 0.3, "ema": 9.0, "l1": 0.1, "l2": 0.2})
    layers = dict(leaves(out))
    assert layers["first"].kernel_constraint.get_config() == {"max_value": 2.0, "axis": 0}
    assert layers["first"].kernel_regularizer.get_config() == {"l1": pytest.approx(0.1), "l2": pytest.approx(0.2)}
    assert layers["gaussian_noise_after_first"].stddev == 0.3
    optimizer = out.optimizer
    assert (optimizer.weight_decay, optimizer.use_ema, optimizer.ema_momentum) == (0.1, True, 0.9)
    decayed = [v.path for v in out.trainable_variables if optimizer._use_weight_decay(v)]
    assert [path.split("/")[-2:] for path in decayed] == [["first", "kernel"]]


def test_noise_stands_behind_a_dropout_of_the_network():
    out, lines = exported({"gaussian_noise": 0.3}, network(drops=True))
    assert [path for path, _ in leaves(out)] == ["first", "drop", "gaussian_noise_after_drop", "last"]
    assert lines[1:] == [
        "drop: keras.layers.Dropout(0.0), that is, none",
        "after drop: add keras.layers.GaussianNoise(0.3)",
    ]


def test_noise_goes_into_a_functional_network_too():
    inputs = keras.Input((4,))
    hidden = L.Dense(5, activation="relu", name="first")(inputs)
    model = keras.Model(inputs, L.Dense(1, name="last")(hidden))
    model.compile(loss="mse", optimizer="adam")
    out, _ = exported({"dropout": 0.2, "gaussian_noise": 0.3}, model)
    assert [layer.name for layer in out.layers[1:]] == [
        "first",
        "dropout_after_first",
        "gaussian_noise_after_first",
        "last",
    ]


def test_a_kernel_has_one_penalty_in_keras():
    out, lines = exported({"l2": 0.1, "orthogonal": 0.2})
    assert dict(leaves(out))["first"].kernel_regularizer.get_config() == {"l2": pytest.approx(0.1)}
    assert lines[1] == "first: orthogonal 0.2, by hand: a penalty of your own"


def test_strengths_that_differ_from_layer_to_layer_are_no_argument_of_an_optimizer():
    model = keras.Sequential(
        [keras.Input((4,)), L.Dense(5, "relu", name="a"), L.Dense(5, "relu", name="b"), L.Dense(1)]
    )
    model.compile(loss="mse", optimizer="adam")
    packed = PackedNetwork(model, ("weight_decay",))
    doses = doses_of(packed.places, {"weight_decay": [0.1, 0.2]})
    assert export_model(model, doses).optimizer.weight_decay is None
    assert keras_lines(doses)[2:] == [
        "a: weight_decay 0.1, by hand: an optimizer's weight_decay is one for all layers",
        "b: weight_decay 0.2, by hand: an optimizer's weight_decay is one for all layers",
    ]


def test_a_convolution_is_limited_over_all_but_its_channels():
    model = keras.Sequential(
        [keras.Input((8, 1)), L.Conv1D(3, 2, activation="relu", name="c"), L.Flatten(), L.Dense(1)]
    )
    model.compile(loss="mse", optimizer="adam")
    out, _ = exported({"max_norm": 0.5}, model)
    assert dict(leaves(out))["c"].kernel_constraint.axis == [0, 1]


def test_the_lines_of_every_regularizer_were_written_for_this_test():
    assert {r.name for r in OWN if r.keras is not None} <= set(LINES) | set(PLAIN)
