"""The places of a network, and the same ones where a normalization was put in."""

from dataclasses import replace

import keras
import pytest
from keras import Input, Model, layers

from posology.errors import InputError
from posology.network.choice import Choice
from posology.network.norms import norm_sites, normalized
from posology.network.places import places_of, same_places


def of_two_depths():
    """Keras walks through q before p; with a normalization behind both, through p before q."""
    given = Input((5,))
    p = layers.Dense(4, "relu", name="p")(given)
    q = layers.Activation("relu", name="bent")(layers.Dense(4, name="q")(given))
    model = Model(given, layers.Dense(1, name="out")(layers.Concatenate()([p, q])))
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.01))
    return model


def of_branches():
    given = Input((4,))
    one = layers.Dense(4, "relu", name="one")(given)
    other = layers.Dense(4, name="other")(layers.Dense(3, "tanh", name="inner")(given))
    twice = layers.Add()([given, one, other])
    back = layers.Add()([twice, layers.Dense(4, name="back")(twice)])
    model = Model(given, layers.Dense(1, name="out")(back))
    model.compile(loss="mse", optimizer="adam")
    return model


def of_kind(places, kind):
    return [site.layer for site in places if site.kind == kind]


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm"])
def test_places_keep_their_numbers_where_keras_orders_the_layers_anew(name):
    model = of_two_depths()
    having = normalized(model, name, norm_sites(model))
    own, new = places_of(model, Choice()), places_of(having, Choice())
    assert of_kind(own, "kernel") == ["q", "p"]
    assert of_kind(new, "kernel") == ["p", "q"], "the case that this is about"
    same = same_places(own, having, name, every=False)
    assert of_kind(same, "kernel") == ["q", "p"]
    activation = {"p": "activation_after_p", "bent": "bent"}
    assert of_kind(same, "dropout") == [activation[path] for path in of_kind(own, "dropout")]


def test_ends_of_branches_are_the_layers_that_were_put_in():
    model = of_branches()
    own = places_of(model, Choice())
    same = same_places(own, normalized(model, "batch_norm", norm_sites(model)), "batch_norm", every=False)
    assert of_kind(own, "branch") == ["back"]
    assert of_kind(same, "branch") == ["batch_norm_after_back"]
    (pair,), (turned) = [s for s in own if s.kind == "pair"], [s for s in same if s.kind == "pair"]
    assert (pair.layer, pair.argument) == ("one", "other")
    assert [(s.layer, s.argument) for s in turned] == [("activation_after_one", "batch_norm_after_other")]


def test_names_are_those_of_the_network_of_the_user():
    model = of_two_depths()
    for choice in (Choice(exclude=("activation*", "q")), Choice(include=("p",)), Choice(every=True, exclude=("p",))):
        own = places_of(model, choice)
        sites = [site for site in own if site.kind == "norm"]
        same = same_places(own, normalized(model, "batch_norm", sites), "batch_norm", every=choice.every)
        assert of_kind(same, "kernel") == of_kind(own, "kernel")
        assert len(of_kind(same, "dropout")) == len(of_kind(own, "dropout"))


def test_a_place_that_is_lost_is_said():
    model = of_two_depths()
    own = places_of(model, Choice())
    gone = replace(own[0], layer="elsewhere")
    with pytest.raises(InputError, match=r"With 'layer_norm' .* no kernel site at 'elsewhere', which it has without"):
        same_places([*own, gone], normalized(model, "layer_norm", norm_sites(model)), "layer_norm", every=False)
