"""A variant's strengths, first weights and arrays are those of the layers of the user's network."""

import keras
import numpy as np
import pytest
from keras import Input, Model, layers, regularizers

from posology.engine.packing import PackProgram
from posology.engine.recipe import Recipe
from posology.errors import InputError
from posology.execution.job import Job
from posology.execution.variants import Variants
from posology.network.packed import PackedNetwork
from posology.network.source import NetworkSource
from posology.plan import Design
from posology.regularizers import REGULARIZERS
from tests.engine.packs import BATCH, ROWS, batches, members, table
from tests.network.test_places import of_two_depths

EPOCHS = 3
STRENGTH = {"q": 0.3, "p": 0.0}


@pytest.fixture
def variants():
    model = of_two_depths()
    network = PackedNetwork(model, ("l2", "layer_norm"))
    return Variants(Job("", NetworkSource("question"), ROWS, Design(((),)), network.regularizers, ""), model, network)


def by_hand():
    """What an arm of l2, stronger on q, and layer_norm trains, as a user of Keras would write it."""
    given = Input((5,))
    p, q = (layers.Dense(4, name=n, kernel_regularizer=regularizers.L2(STRENGTH[n])) for n in ("p", "q"))
    ends = [layers.ReLU()(layers.LayerNormalization(name=f"norm_{d.name}")(d(given))) for d in (p, q)]
    model = Model(given, layers.Dense(1, name="out")(layers.Concatenate()(ends)))
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.01))
    return model


def test_strengths_reach_the_layers_that_they_are_chosen_for(variants):
    network, data = variants.packed("layer_norm"), table()
    assert [site.layer for site in network.kernel_sites] == ["q", "p"]
    member = members(network, [(0, 0, 0)], epochs=EPOCHS)
    member = member._replace(strengths={"l2": np.array([[STRENGTH["q"], STRENGTH["p"]]], "float32")})
    program = PackProgram(network, Recipe(BATCH, EPOCHS, {"l2": REGULARIZERS["l2"]}), data, member)
    outcome = program.train(data, member)
    twin, model = by_hand(), variants.model("layer_norm")
    names = [v.path.replace("layer_norm_after", "norm") for v in model.trainable_variables]
    theirs = {v.path: v for v in twin.trainable_variables}
    for name, first in zip(names, member.weights, strict=True):
        theirs[name].assign(first[0])
    for epoch in range(EPOCHS):
        for rows in batches(member.key[0], epoch):
            twin.train_on_batch(data.x[0][rows], data.y[0][rows])
    for name, ours in zip(names, outcome.weights, strict=True):
        np.testing.assert_allclose(ours[0], np.asarray(theirs[name]), rtol=1e-4, atol=2e-5, err_msg=name)


def test_a_network_that_cannot_be_studied_is_refused_before_a_pack(variants, monkeypatch):
    monkeypatch.setattr("posology.network.places.dropout_sites", lambda *_: ())
    with pytest.raises(InputError, match="With 'layer_norm' behind its hidden layers the network has no dropout site"):
        variants.prove()


def test_first_weights_and_arrays_are_those_of_their_layers(variants):
    own, _ = variants.first_weights(3, of_two_depths(), "")
    weights, _ = variants.first_weights(3, of_two_depths(), "layer_norm")
    assert len(weights) == len(own) + 4
    for ours, theirs in zip(variants.own_arrays(weights, "layer_norm"), own, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    model = variants.model("layer_norm")
    paths = [v.path for v in model.trainable_variables]
    assert variants.own_arrays(paths, "layer_norm") == [v.path for v in variants.model("").trainable_variables]
    assert paths[0] == "p/kernel", "Keras orders the layers anew: the case that this is about"
    assert variants.own_arrays(own, "") == own


def warned(arms, *, bias=True, norm="batch_norm", drop=False):
    """Codes and layers of what is said of a network of two hidden layers in a study of these arms."""
    hidden = [layers.Dense(8, "relu", use_bias=bias, name=name) for name in ("one", "two")]
    parts = [hidden[0], *([layers.Dropout(0.1, name="drop")] if drop else []), hidden[1], layers.Dense(1, name="out")]
    model = keras.Sequential([Input((5,)), *parts])
    model.compile(loss="mse", optimizer="adam")
    names = tuple(dict.fromkeys(name for arm in arms for name in arm))
    network = PackedNetwork(model, names)
    job = Job("", NetworkSource("question"), ROWS, Design(((), *arms)), network.regularizers, "")
    return {w.code: (w.sites, w.text) for w in Variants(job, model, network).warnings() if norm in w.text}


@pytest.mark.parametrize("penalty", ["l1", "l2", "weight_decay", "group_lasso_units", "max_norm"])
def test_a_penalty_beside_a_batch_normalization_of_the_arm_is_told_that_scale_is_cancelled(penalty):
    sites, text = warned([(penalty, "batch_norm")])["scale-cancelled"]
    assert sites == ("one", "two")
    assert text.startswith("In arms with batch_norm, the scale of the kernel of 'one', 'two' is cancelled by 'batch_no")


def test_what_no_arm_has_together_is_not_told():
    assert warned([("l2",), ("batch_norm",), ("batch_norm", "mixup")]) == {}


def test_a_layer_normalization_cancels_a_scale_where_there_is_no_bias():
    assert warned([("l2", "layer_norm")], norm="layer_norm") == {}
    found = warned([("l2", "layer_norm")], norm="layer_norm", bias=False)
    assert found["scale-cancelled"][0] == ("one", "two")


def test_dropout_before_a_batch_normalization_of_the_arm_is_told_by_the_users_names():
    for drop, name in ((True, "drop"), (False, "one")):
        sites, text = warned([("dropout", "batch_norm")], drop=drop)["variance-shift"]
        assert sites == (name,)
        assert text.startswith(f"In arms with batch_norm, dropout at '{name}' comes before 'batch_norm_after_two'")
    assert warned([("dropout", "layer_norm")], norm="layer_norm") == {}
