"""Every network of the zoo: at zero strengths it is the user's own, every site is live, and the export is exact."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from posology.network.checks import check_model
from posology.network.export import export_model, set_weights
from posology.network.faithful import check_faithful
from posology.network.inputs import split_columns
from posology.network.losses import losses_of
from posology.network.outputs import scored_output
from posology.network.removal import UnitRemover
from posology.network.sites import dropout_sites, is_dropout, kernel_sites, leaves, penalty_of, weights_at
from posology.network.surgery import is_seed

from .building import widths_of
from .conftest import doses_of
from .zoo import ZOO

# paths of the kernel sites, with the argument where it is another than kernel_regularizer, and of the dropout sites
SITES = {
    "question": (["dense", "dense_1"], ["dropout", "dropout_1"]),
    "question without dropout": (["dense", "dense_1"], ["dense", "dense_1"]),
    "question without penalty": (["dense", "dense_1"], ["dropout", "dropout_1"]),
    "question bare": (["dense", "dense_1"], ["dense", "dense_1"]),
    "strong": (["hidden_1", "hidden_2"], ["dropout_1", "dropout_2"]),
    "separate activations": (["dense", "dense_1"], ["re_lu", "activation"]),
    "residual": (["first", "second"], ["first", "second"]),
    "gated": (["dense"], ["dense"]),
    "noisy": (["dense"], ["dense"]),
    "other noises": (["dense"], ["dense"]),
    "linear": (["dense"], []),
    "one dropout of three": (["one", "two", "three"], ["dropout"]),
    "without input": (["dense"], ["dense"]),
    "named oddly": (["größe: 1.β [m²]"], ["drop · seed_generator"]),
    "operations": (["wide"], []),
    "activations as operations": (["gate", "narrow", "wide"], ["gelu", "re_lu"]),
    "einsum dense": (["einsum_dense"], ["einsum_dense"]),
    "frozen layers": (["free"], ["frozen", "free"]),
    "freed inside a frozen model": (["base/free", "head"], ["base/frozen", "base/free", "head"]),
    "mixed penalties": (["second"], ["first", "second", "third"]),
    "own loss": (["dense"], ["dense"]),
    "subclassed made functional": (["dense"], ["dropout"]),
    "adapted": (["dense"], ["dense"]),
    "activation after the output": (["dense_1"], ["dense_1"]),
    "shared layer": (["twice"], ["dropout"]),
    "shared dropout": (["dense", "dense_2"], ["twice"]),
    "nested": (["block/inner", "dense"], ["block/inner", "dense"]),
    "nested functional": (["block/inner"], ["block/dropout"]),
    "three deep": (["middle/inner/core"], ["middle/drop"]),
    "siamese": (["tower/dense"], ["tower/dropout"]),
    "transferred": (["top"], ["low", "top"]),
    "frozen base": (["head"], ["base/dense", "head"]),
    "different arguments": (["attend"], []),
    "two branches": (["dense", "dense_1"], ["dropout"]),
    "tuple of inputs": (["dense_1"], ["dense_1"]),
    "dict of inputs": (["kinds embeddings_regularizer"], ["hidden"]),
    "list of outputs": (["dense"], ["dense"]),
    "dict of outputs": (["dense"], ["dropout"]),
    "digits convnet": (["conv"], ["dropout"]),
    "separable": (
        [
            "separable_conv2d depthwise_regularizer",
            "separable_conv2d pointwise_regularizer",
            "depthwise_conv2d depthwise_regularizer",
        ],
        ["spatial_dropout2d"],
    ),
    "transposed": (["conv2d_transpose"], ["conv2d_transpose", "leaky_re_lu"]),
    "bytes image": (["conv2d"], ["conv2d"]),
    "convolution 1d": (["conv1d"], ["spatial_dropout1d"]),
    "embedding": (["hidden"], ["hidden"]),
    "masked": (["lstm recurrent_regularizer"], ["dropout"]),
    "masked without dropout": (["gru"], ["activation", "gru"]),
    "recurrent": (["gru", "gru recurrent_regularizer"], ["gru"]),
    "with states": (["gru", "lstm"], ["lstm"]),
    "time distributed": (["hidden"], ["hidden"]),
    "transformer": (["attend", "up", "down"], ["up"]),
}


def test_it_can_be_studied(case):
    check_model(case.model, "net.py:model_build", widths_of(case.model))


@pytest.mark.slow
def test_it_is_found_faithful(case):
    check_faithful(case.model, "net.py:model_build", sum(widths_of(case.model)))


def test_sites(case):
    kernels = [f"{s.layer} {s.argument}".removesuffix(" kernel_regularizer") for s in case.network.kernel_sites]
    assert (sorted(kernels), sorted(s.layer for s in case.network.dropout_sites)) == tuple(
        map(sorted, SITES[case.name])
    )


def of_the_original(case):
    """Loss and gradient through the user's own model, built again, its dropouts and the sites' penalties at zero."""
    model = ZOO[case.name]()
    layers = dict(zip((path for path, _ in leaves(case.model)), (layer for _, layer in leaves(model)), strict=True))
    packed = dict(leaves(case.network._model))
    state_of = {}
    computed = iter(case.network.computed(case.state))
    for variable in model.non_trainable_variables:
        state_of[id(variable)] = variable.value if is_seed(variable) else next(computed)
    for path, layer in layers.items():
        if is_dropout(layer):
            layer.rate = 0.0
            continue
        seeds = ([v for v in one.variables if is_seed(v)] for one in (layer, packed[path]))
        order = [id(v) for v in case.network._seeds]
        begin = len(case.network.computed(case.state))
        for ours, theirs in zip(*seeds, strict=True):
            state_of[id(ours)] = case.state[begin + order.index(id(theirs))]
    sites = [v for s in case.network.kernel_sites for v in weights_at(layers[s.layer], s.argument)]
    sites = [(next(i for i, w in enumerate(model.trainable_variables) if w is v), penalty_of(v)) for v in sites]

    def loss(weights):
        state = [state_of[id(v)] for v in model.non_trainable_variables]
        x = split_columns(model, case.x)
        outputs, _, extra = model.stateless_call(weights, state, x, training=True, return_losses=True)
        taken_off = sum(
            p["l1"] * jnp.abs(weights[i]).sum() + p["l2"] * (weights[i] ** 2).sum() for i, p in sites if p is not None
        )
        each = zip(losses_of(model), keras.tree.flatten(outputs), strict=True)
        return sum(w * loss(case.y, out) for (loss, w), out in each) + sum(extra) - taken_off

    total, slope = jax.jit(jax.value_and_grad(loss))(list(case.weights))
    return float(total), slope


def test_at_zero_strengths_loss_and_gradient_are_those_of_the_users_own_model(case):
    total, slope = case.gradient()
    wanted, wanted_slope = of_the_original(case)
    assert total == pytest.approx(wanted, rel=1e-5)
    for ours, theirs in zip(slope, wanted_slope, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6, rtol=1e-5)


def test_every_dropout_site_is_live_and_zero_is_off(case):
    sites = len(case.network.dropout_sites)
    still, _ = case.gradient(key=1)
    assert case.gradient(key=1)[0] == still
    for site in range(sites):
        rates = np.zeros(sites)
        rates[site] = 0.5
        assert case.gradient(rates, key=1)[0] != still
        assert case.gradient(rates, key=1)[0] != case.gradient(rates, key=2)[0]


def test_penalties_of_the_sites_are_taken_off_and_all_others_stay(case):
    layers, packed = dict(leaves(case.model)), dict(leaves(case.network._model))
    sites = {(s.layer, s.argument) for s in case.network.kernel_sites}
    studied = {id(v) for path, argument in sites for v in weights_at(layers[path], argument)}
    for path, layer in layers.items():
        for old, new in zip(layer.weights, packed[path].weights, strict=False):
            assert (new.regularizer is None) == (id(old) in studied or old.regularizer is None)
            assert new.trainable == old.trainable
    for site, places in zip(case.network.kernel_sites, case.network.kernels, strict=True):
        assert tuple(case.weights[places[0]].shape) == site.shape


def test_the_export_has_the_numbers_and_predicts_as_the_packed_network(case, tmp_path):
    kernels, drops = case.network.kernel_sites, case.network.dropout_sites
    l1 = [0.001 * (i + 1) for i in range(len(kernels))]
    l2 = [0.002 * (i + 1) for i in range(len(kernels))]
    rates = [0.1 * (i + 1) for i in range(len(drops))]
    out = export_model(case.model, doses_of(case.model, l1, l2, rates))
    set_weights(out, case.weights, case.network.computed(case.state), case.model)
    packed = np.asarray(case.network.predict(case.weights, case.state, case.x))
    predicted, loss = run(out, case.x)
    np.testing.assert_allclose(predicted, packed, atol=1e-6)

    assert [s.present["l1"] for s in kernel_sites(out)] == pytest.approx(l1)
    assert [s.present["l2"] for s in kernel_sites(out)] == pytest.approx(l2)
    assert [s.present["rate"] for s in dropout_sites(out)] == pytest.approx(rates)
    by_formula = sum(
        a * np.abs(case.weights[i]).sum() + b * (case.weights[i] ** 2).sum()
        for group, a, b in zip(case.network.kernels, l1, l2, strict=True)
        for i in group
    )
    assert loss == pytest.approx(float(by_formula) + own_losses(case), rel=1e-4)

    out.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", safe_mode=True)
    predicted_again, loss_again = run(again, case.x)
    np.testing.assert_allclose(predicted_again, packed, atol=1e-6)
    assert loss_again == pytest.approx(loss, rel=1e-6)
    types = {type(layer) for _, layer in leaves(case.model)}
    assert all(type(layer) in types or is_dropout(layer) for _, layer in leaves(again))


def run(model, x):
    """Predict; give the outputs side by side, the scored one first, and the sum of the losses of the layers."""
    given = [[v.value for v in vs] for vs in (model.trainable_variables, model.non_trainable_variables)]
    outputs, _, extra = model.stateless_call(*given, split_columns(model, x), training=False, return_losses=True)
    flat = keras.tree.flatten(outputs)
    scored = flat.pop(scored_output(model))
    return np.concatenate([scored, *flat], axis=1), float(sum(extra))


def own_losses(case):
    """Those that no site has."""
    key = jnp.uint32(0)
    extra = case.network._call(case.weights, case.state, {}, key, case.x, training=False, return_losses=True)[2]
    return float(sum(extra))


def test_the_original_is_left_alone(case):
    text, weights = case.before
    assert case.model.to_json() == text
    for ours, theirs in zip(weights, case.model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.slow
def test_its_hidden_units_can_be_taken_out(case):
    """Without any taken out it is the network; with half of them, or all, it is another where it has hidden places."""
    remover = UnitRemover(case.model)
    computed = tuple(case.network.computed(case.state))
    whole = np.asarray(case.network.predict(case.weights, case.state, case.x))

    def left(share):
        return np.asarray(remover.predict_without(case.weights, computed, case.x, np.float32(share), np.uint32(1)))

    np.testing.assert_allclose(left(0), whole, rtol=1e-5, atol=1e-5)
    assert remover.removes == bool((left(0.5) != whole).any())
    assert np.isfinite(left(1)).all()
