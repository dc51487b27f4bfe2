"""Residual branches: which are found, what stochastic depth does there, and what Keras gets of it."""

import keras
import numpy as np
import pytest
from keras import Input, Model, layers, ops

from posology.network.branches import branch_sites, pair_sites
from posology.network.choice import Choice
from posology.network.doses import doses_of
from posology.network.export import export_model, set_weights
from posology.network.lines import keras_lines
from posology.network.packed import PackedNetwork
from posology.network.sites import leaves

WIDTH = 6


@pytest.fixture(autouse=True)
def _same_weights_in_every_run():
    keras.utils.set_random_seed(1)


def compiled(given, out):
    model = Model(given, out)
    model.compile(loss="mse", optimizer="adam")
    return model


def block(x, name, add=lambda pair: layers.Add()(pair), width=WIDTH):
    hidden = layers.Dense(width, "relu", name=f"{name}_up")(x)
    return add([x, layers.Dense(width, name=f"{name}_back")(hidden)])


def residual(add=lambda pair: layers.Add()(pair)):
    given = Input((WIDTH,))
    x = block(block(layers.Dense(WIDTH, "relu", name="stem")(given), "one", add), "two", add)
    return compiled(given, layers.Dense(1, name="head")(x))


def found(model, choice=None):
    return [site.layer for site in branch_sites(model, choice or Choice())]


@pytest.mark.parametrize(
    "add",
    [lambda p: layers.Add()(p), lambda p: layers.Add()(p[::-1]), lambda p: p[0] + p[1], lambda p: ops.add(*p),
     lambda p: layers.add(p)],
    ids=["layer", "turned", "plus", "ops", "function"],
)  # fmt: skip
def test_the_longer_way_into_an_addition_is_the_branch(add):
    assert found(residual(add)) == ["one_back", "two_back"]


def test_layers_can_be_left_out():
    assert found(residual(), Choice(exclude=("two_*",))) == ["one_back"]


def test_a_shortcut_may_skip_from_the_input_or_project():
    given = Input((WIDTH,))
    plain = block(given, "one")
    hidden = layers.Dense(4, "relu")(layers.Dense(4, "relu")(plain))
    projected = layers.Add()([layers.Dense(4, name="shortcut")(plain), hidden])
    model = compiled(given, layers.Dense(1)(projected))
    assert found(model)[0] == "one_back"
    assert len(found(model)) == 2
    assert "shortcut" not in found(model)


def test_a_block_inside_a_model_is_found_by_its_path():
    inner_in = Input((WIDTH,))
    inner = Model(inner_in, block(inner_in, "deep"), name="inner")
    given = Input((WIDTH,))
    model = compiled(given, layers.Dense(1)(inner(given)))
    assert found(model) == ["inner/deep_back"]


def test_a_convolution_is_a_branch_of_whole_rows():
    given = Input((8, 3))
    x = layers.Add()([given, layers.Conv1D(3, 3, padding="same", name="conv")(given)])
    model = compiled(given, layers.Dense(1)(layers.Flatten()(x)))
    (site,) = branch_sites(model)
    assert site.shape == (8, 3)
    (dose,) = doses_of([site], {"stochastic_depth": [0.25]})
    assert keras_lines([dose]) == ["after conv: add keras.layers.Dropout(0.25, noise_shape=(None, 1, 1))"]


def no_addition(x):
    return layers.Dense(4)(x)


def equal_ways(x):
    return layers.Add()([layers.Dense(4)(x), layers.Dense(4)(x)])


def three_ways(x):
    return layers.Add()([x, layers.Dense(WIDTH)(x), layers.Dense(WIDTH)(layers.Dense(WIDTH)(x))])


def read_elsewhere(x):
    branch = layers.Dense(WIDTH)(x)
    return layers.Concatenate()([layers.Add()([x, branch]), branch])


def a_constant(x):
    return layers.Dense(4)(x) + 1.0


@pytest.mark.parametrize("make", [no_addition, equal_ways, three_ways, read_elsewhere, a_constant])
def test_other_additions_are_no_branches(make):
    given = Input((WIDTH,))
    assert found(compiled(given, layers.Dense(1)(make(given)))) == []


def test_two_networks_of_two_inputs_are_no_branch():
    one, other = Input((3,)), Input((3,))
    joined = layers.Add()([layers.Dense(4)(layers.Dense(4)(one)), layers.Dense(4)(other)])
    assert found(compiled([one, other], layers.Dense(1)(joined))) == []


def packed(model, names=("stochastic_depth",)):
    network = PackedNetwork(model, names)
    return network, tuple(np.asarray(v) for v in model.trainable_variables), ()


def branch_alone():
    """x + f(x) with nothing behind it but a sum: what comes out shows what was left out."""
    given = Input((WIDTH,))
    out = layers.Dense(1, use_bias=False, name="sum", kernel_initializer="ones")(block(given, "one"))
    return compiled(given, out)


def trained_outputs(network, weights, x, rate, key=3):
    strengths = {"stochastic_depth": np.full(network.sites("stochastic_depth"), rate, "float32")}
    outputs, _, _ = network._call(weights, (), strengths, np.uint32(key), x, training=True, return_losses=True)
    return np.asarray(outputs)[:, 0]


def test_a_branch_is_left_out_for_whole_rows_and_scaled_for_the_others():
    model = branch_alone()
    network, weights, state = packed(model)
    x = np.random.default_rng(0).normal(size=(4000, WIDTH)).astype("float32")
    skip = x.sum(axis=1)
    branch = np.asarray(network.predict(weights, state, x))[:, 0] - skip
    left = trained_outputs(network, weights, x, 0.3) - skip
    out = np.abs(left) < 1e-4
    np.testing.assert_allclose(left[~out], branch[~out] / 0.7, rtol=1e-3, atol=1e-4)
    assert out.mean() == pytest.approx(0.3, abs=4 * np.sqrt(0.21 / 4000) + (np.abs(branch) < 1e-4).mean())
    again = np.abs(trained_outputs(network, weights, x, 0.3, key=4) - skip) < 1e-4
    assert (again != out).mean() > 0.2  # another step leaves out other rows
    np.testing.assert_array_equal(trained_outputs(network, weights, x, 0.0), trained_outputs(network, weights, x, 0, 9))


def test_each_branch_draws_for_itself():
    model = residual()
    network, weights, _ = packed(model)
    assert network.sites("stochastic_depth") == 2
    x = np.random.default_rng(0).normal(size=(500, WIDTH)).astype("float32")

    def with_rates(first, second):
        strengths = {"stochastic_depth": np.array([first, second], "float32")}
        out, _, _ = network._call(weights, (), strengths, np.uint32(3), x, training=True, return_losses=True)
        return np.asarray(out)[:, 0]

    plain = with_rates(0, 0)
    one, two = (np.abs(with_rates(*rates) - plain) > 1e-5 for rates in ((0.5, 0), (0, 0.5)))
    # left-out and scaled rows both differ from the plain network, but for branches that add nothing
    assert one.mean() > 0.9
    assert two.mean() > 0.9
    assert np.abs(with_rates(0.5, 0.5) - with_rates(0.5, 0)).max() > 1e-3


def test_the_expected_loss_of_a_linear_branch_is_that_of_a_penalty():
    """On y = x + f(x) with linear f, E loss = mse + rate/(1 - rate) mean f(x)^2."""
    given = Input((1,))
    back = layers.Dense(1, use_bias=False, name="back")(given)
    model = compiled(given, layers.Add()([given, layers.Identity(name="end")(back)]))
    network, weights, state = packed(model)
    assert [site.layer for site in network.branch_sites] == ["end"]
    rng = np.random.default_rng(0)
    x, rate = rng.normal(size=(400_000, 1)).astype("float32"), 0.4
    y = (1.5 * x).astype("float32")
    f = x * weights[0][0, 0]
    strengths = {"stochastic_depth": np.array([rate], "float32")}
    loss, _ = network.loss(weights, state, x, y, None, strengths, np.uint32(1))
    expected = np.mean((y - x - f) ** 2) + rate / (1 - rate) * np.mean(f**2)
    assert float(loss) == pytest.approx(float(expected), rel=0.02)


def test_shake_drop_shakes_whole_rows_while_training_and_predicts_the_network_as_it_is():
    model = branch_alone()
    network, weights, state = packed(model, ("shake_drop",))
    x = np.random.default_rng(0).normal(size=(4000, WIDTH)).astype("float32")
    skip = x.sum(axis=1)
    branch = np.asarray(network.predict(weights, state, x))[:, 0] - skip
    seen = np.abs(branch) > 1e-2
    strengths = {"shake_drop": np.array([0.3], "float32")}
    out, _, _ = network._call(weights, (), strengths, np.uint32(3), x, training=True, return_losses=True)
    times = (np.asarray(out)[:, 0] - skip)[seen] / branch[seen] * 0.7
    assert np.isclose(times, 1, atol=1e-2).mean() == pytest.approx(0.7, abs=0.04)
    assert times.min() < -0.8
    assert times.max() < 1.02
    # what is handed over is the network, and the lines say what trained it
    doses = doses_of(network.places, {"shake_drop": [0.3]})
    stock = export_model(model, doses)
    set_weights(stock, weights, state, model)
    np.testing.assert_allclose(stock.predict(x[:9], verbose=0)[:, 0], (branch + skip)[:9], rtol=1e-3, atol=1e-4)
    said = "by hand: scale a share 0.3 of rows of the branch by a number of (-1, 1), their gradient by one of (0, 1)"
    (site,) = network.branch_sites
    assert [line for line in keras_lines(doses) if "shake" in line] == [f"{site.layer}: shake_drop 0.3, {said}"]


def side_by_side(add):
    given = Input((WIDTH,))
    branches = [layers.Dense(WIDTH, name=name)(given) for name in ("one", "other")]
    return compiled(given, layers.Dense(1, use_bias=False, kernel_initializer="ones")(add(given, *branches)))


SUMS = {
    "at once": lambda x, f, g: layers.Add()([x, f, g]),
    "pluses": lambda x, f, g: x + f + g,
    "turned": lambda x, f, g: f + (g + x),
    "branches first": lambda x, f, g: layers.Add()([layers.Add()([f, g]), x]),
}


@pytest.mark.parametrize("name", SUMS)
def test_two_branches_beside_a_shorter_way_are_a_pair(name):
    assert {s.layer for s in pair_sites(side_by_side(SUMS[name]))} <= {"one", "other"}
    (site,) = pair_sites(side_by_side(SUMS[name]))
    assert {site.layer, site.argument} == {"one", "other"}
    assert pair_sites(side_by_side(SUMS[name]), Choice(exclude=("other",))) == ()


def test_what_is_no_pair():
    assert pair_sites(residual()) == ()
    three = side_by_side(lambda x, f, g: layers.Add()([f, g, layers.Dense(WIDTH)(x)]))  # no way is shorter
    read = side_by_side(lambda x, f, g: layers.Concatenate()([layers.Add()([x, f, g]), g]))  # g cannot be weighed here
    four = side_by_side(lambda x, f, g: layers.Add()([x, f, g, layers.Dense(WIDTH)(x)]))
    assert [pair_sites(net) for net in (three, read, four)] == [()] * 3


def test_shake_shake_weighs_whole_rows_of_a_pair_and_predicts_the_network_as_it_is():
    model = side_by_side(SUMS["at once"])
    network = PackedNetwork(model, ("shake_shake",))
    weights = tuple(np.asarray(v) for v in model.trainable_variables)
    assert network.sites("shake_shake") == 1
    x = np.random.default_rng(0).normal(size=(3000, WIDTH)).astype("float32")
    one, other = ((x @ np.asarray(model.get_layer(name).kernel)).sum(axis=1) for name in ("one", "other"))
    seen = np.abs(one - other) > 0.1

    def shares(strength, key=3):
        strengths = {"shake_shake": np.array([strength], "float32")}
        out, _, _ = network._call(weights, (), strengths, np.uint32(key), x, training=True, return_losses=True)
        # x + m f + (2 - m) g, solved for m
        return ((np.asarray(out)[:, 0] - x.sum(axis=1) - 2 * other)[seen]) / (one - other)[seen]

    np.testing.assert_allclose(shares(0.0), 1, atol=1e-3)
    drawn = shares(1.0)
    assert drawn.min() == pytest.approx(0, abs=0.01)
    assert drawn.max() == pytest.approx(2, abs=0.01)
    assert drawn.mean() == pytest.approx(1, abs=0.05)
    assert np.abs(drawn - shares(1.0, key=4)).mean() > 0.3
    np.testing.assert_allclose(shares(0.5), 1 + 0.5 * (drawn - 1), atol=2e-3)
    doses = doses_of(network.places, {"shake_shake": [0.5]})
    stock = export_model(model, doses)
    set_weights(stock, weights, [], model)
    np.testing.assert_allclose(stock.predict(x[:9], verbose=0), network.predict(weights, (), x[:9]), atol=1e-5)
    (line,) = (line for line in keras_lines(doses) if "shake" in line)
    assert line.startswith("one: shake_shake 0.5, by hand: weigh both branches by 2a and 2(1-a)")


def test_dropout_and_stochastic_depth_stand_behind_one_another():
    given = Input((WIDTH,))
    ends = layers.Dense(WIDTH, "relu", name="end")(given)
    model = compiled(given, layers.Dense(1)(layers.Add()([given, ends])))
    network, weights, state = packed(model, ("dropout", "stochastic_depth"))
    assert [s.layer for s in network.dropout_sites] == [s.layer for s in network.branch_sites] == ["end"]
    doses = doses_of(network.places, {"dropout": [0.1], "stochastic_depth": [0.2]})
    out = export_model(model, doses)
    drops = [(path, layer.rate, layer.noise_shape) for path, layer in leaves(out) if "Dropout" in type(layer).__name__]
    assert drops == [("dropout_after_end", 0.1, None), ("stochastic_depth_after_end", 0.2, (None, 1))]
    set_weights(out, weights, state, model)
    x = np.random.default_rng(0).normal(size=(50, WIDTH)).astype("float32")
    np.testing.assert_allclose(out.predict(x, verbose=0), network.predict(weights, state, x), atol=1e-6)


def test_the_export_leaves_out_rows_as_the_engine_does(tmp_path):
    model = branch_alone()
    out = export_model(model, doses_of(PackedNetwork(model).places, {"stochastic_depth": [0.3]}))
    out.set_weights(model.get_weights())
    out.save(tmp_path / "model.keras")
    out = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(4000, WIDTH)).astype("float32")
    skip = x.sum(axis=1)
    branch = np.asarray(model(x))[:, 0] - skip
    left = np.asarray(out(x, training=True))[:, 0] - skip
    kept = np.abs(left) > 1e-4
    np.testing.assert_allclose(left[kept], branch[kept] / 0.7, rtol=1e-3, atol=1e-4)
    assert kept.mean() == pytest.approx(0.7, abs=0.05)
    np.testing.assert_allclose(np.asarray(out(x)), np.asarray(model(x)), rtol=1e-5)


def test_nothing_is_written_of_branches_where_stochastic_depth_is_off():
    places = PackedNetwork(residual()).places
    assert [dose.site.kind for dose in doses_of(places, {"stochastic_depth": [0.0, 0.0]})].count("branch") == 0
    only = [d for d in doses_of(places, {"stochastic_depth": [0.0, 0.3]}) if d.site.kind == "branch"]
    assert [dose.site.layer for dose in only] == ["two_back"]
