"""What refitted networks withstand: as plain predictions of damaged rows, and of a network without its units."""

import jax.numpy as jnp
import keras
import numpy as np
import pytest

from posology.engine.probing import packed_probe
from posology.engine.randomness import derive, random_bits
from posology.execution.probing import norms_of
from posology.inference import row_losses
from posology.network.packed import PackedNetwork
from posology.network.removal import UnitRemover
from posology.plan import REFIT, Member
from posology.plan.looks import BELOW, LEVELS

from .test_trainer import BOTH, SETTING, frame, pack, trainer

RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 3)).astype("float32")


def network(*, dropout_first=False):
    layers = [keras.layers.Dropout(0.2), keras.layers.BatchNormalization()] if dropout_first else []
    layers += [keras.layers.Dense(5, activation="relu"), keras.layers.Dropout(0.3), keras.layers.Dense(1)]
    model = keras.Sequential([keras.Input((3,)), *layers])
    model.compile(loss="mse", optimizer="adam")
    return model


def test_units_are_zero_without_scaling_and_a_dropout_of_inputs_is_not_hidden():
    model = network(dropout_first=True)
    packed, remover = PackedNetwork(model), UnitRemover(model)
    weights, state = (tuple(a) for a in packed.first_weights(3))
    key, share = np.uint32(7), np.float32(0.5)
    got = remover.predict_without(weights, tuple(packed.computed(state)), X, share, key)
    assert [site.layer for site in remover.dropout_sites] == [
        layer.name for layer in model.layers if "drop" in layer.name
    ]
    gamma, beta, kernel, bias, last, shift = weights
    normalized = gamma * X / np.sqrt(1 + 1e-3) + beta
    hidden = np.maximum(normalized @ kernel + bias, 0)
    kept = np.asarray(random_bits(derive(key, 1), (6, 5))).astype(float) >= 0.5 * 2**32
    assert 0 < kept.mean() < 1
    np.testing.assert_allclose(np.asarray(got), (hidden * kept) @ last + shift, rtol=1e-5, atol=1e-6)
    whole = remover.predict_without(weights, tuple(packed.computed(state)), X, np.float32(0), key)
    np.testing.assert_allclose(np.asarray(whole), np.asarray(packed.predict(weights, state, X)), rtol=1e-6)


def test_a_pack_is_looked_at_as_each_network_by_itself():
    model = network()
    packed, remover = PackedNetwork(model), UnitRemover(model)
    first = [packed.first_weights(seed) for seed in range(3)]
    weights, state = (tuple(np.stack(a) for a in zip(*(f[i] for f in first), strict=True)) for i in (0, 1))
    variants, shares = np.stack([X, 2 * X]), np.array([0.25, 0.5], "float32")

    def without(weights, state, x, share, key):
        return remover.predict_without(weights, tuple(packed.computed(state)), x, share, key)

    found = packed_probe(packed.predict, without)(weights, state, variants, shares, np.uint32(5))
    assert found.shape == (3, 4, 6, 1)
    for own, given in zip(np.asarray(found), first, strict=True):
        w, s = map(tuple, given)
        alone = [packed.predict(w, s, x) for x in variants]
        alone += [without(w, s, X, share, np.uint32(5)) for share in shares]
        np.testing.assert_allclose(own, np.asarray(jnp.stack(alone)), rtol=1e-5, atol=1e-6)


def test_statistics_of_weights_are_the_plain_ones():
    kernel = np.array([[[3.0, 0.0], [1e-4, -4.0]], [[1.0, 1.0], [1.0, 1.0]]], "float32")
    found = norms_of([kernel, np.ones((2, 5), "float32")], 2)
    np.testing.assert_allclose(found[:, 0, :4], [[5.0, 4.0, 0.5, 0.25], [2.0, 1.0, 0.0, 0.0]], rtol=1e-6)
    flat = np.abs(kernel.reshape(2, -1).astype(float))
    below = [[(own < least).mean() for least in BELOW] for own in flat]
    np.testing.assert_allclose(found[:, 0, 4:], below)
    assert below[0][0] == 0.25  # the exact zero lies below every threshold
    assert below[0][-1] == 1


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    worker = trainer(tmp_path_factory.mktemp("probing"))
    members = [Member((), 0, 0, {}, 2, 99), Member(BOTH, 0, 0, SETTING, 2, 99), Member((), 0, 0, {}, 2, 99)]
    return worker, worker.run(pack(REFIT, members))


def test_clean_rows_have_the_loss_of_the_prediction(looked):
    worker, found = looked
    inside, outside = worker._job.rows_of(pack(REFIT))
    y = frame()["strength_mpa"].to_numpy()
    middle = found.prediction.shape[1] // 2
    ends = y[inside].min(), y[inside].max()
    expected, _ = row_losses(y[outside], found.prediction[0, middle], *ends, y.mean(), y.var())
    assert found.probed.shape == (3, 1 + sum(map(len, LEVELS.values())))
    assert found.probed[0, 0] == pytest.approx(expected.mean(), rel=1e-4)


def test_networks_of_a_fit_meet_the_same_damage(looked):
    _, found = looked
    np.testing.assert_array_equal(found.probed[0], found.probed[2])
    assert (found.probed[0] != found.probed[1]).all()
    assert (found.probed[0, 1:] != found.probed[0, 0]).all()
    assert found.norms.shape == (3, 3, 4 + len(BELOW))
