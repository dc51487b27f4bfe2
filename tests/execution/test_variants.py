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
    return Variants(Job("", NetworkSource(), ROWS, Design(((),)), network.regularizers, ""), model, network)


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
