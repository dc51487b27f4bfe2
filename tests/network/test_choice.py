"""Which sites are studied; the others stay exactly as the network has them, in every arm."""

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.network.export import export_model
from posology.network.sites import Choice, Dose, check_choice, dropout_sites, kernel_sites, leaves, notes_on

from .building import Input, L, functional, sequential
from .conftest import studied

ALL_REGULARIZERS = ("l1", "l2", "dropout")


@pytest.fixture(autouse=True)
def _names_from_the_start():
    keras.backend.clear_session()


def network():
    """Two penalties and two dropouts of its own, and a block with none."""
    block = keras.Sequential([Input((8,)), L.Dense(8, activation="relu", name="inner")], name="block")
    first = L.Dense(8, activation="relu", kernel_regularizer="l1", name="first")
    second = L.Dense(8, activation="relu", kernel_regularizer="l2", name="second")
    drops = L.Dropout(0.4, name="drop_first"), L.Dropout(0.5, name="drop_second")
    return sequential((6,), first, drops[0], second, drops[1], block, L.Dense(1, name="out"))


def paths(sites):
    return [site.layer for site in sites]


@pytest.mark.parametrize(
    ("choice", "kernels", "drops"),
    [
        (Choice(), ["first", "second"], ["drop_first", "drop_second"]),
        (Choice(include=("*first",)), ["first"], ["drop_first"]),
        (Choice(exclude=("*first",)), ["second"], ["drop_second"]),
        (Choice(include=("second", "drop_*"), exclude=("drop_second",)), ["second"], ["drop_first"]),
        (Choice(every=True), ["first", "second", "block/inner"], ["drop_first", "drop_second", "block/inner"]),
        (Choice(every=True, include=("block/*",)), ["block/inner"], ["block/inner"]),
        (Choice(exclude=("*",)), [], []),
    ],
)
def test_which_sites_are_taken(choice, kernels, drops):
    model = network()
    assert paths(kernel_sites(model, choice)) == kernels
    assert paths(dropout_sites(model, choice)) == drops


def test_every_adds_places_only_where_there_is_nothing():
    inputs = Input((6,))
    x = L.LayerNormalization()(L.Dense(8, activation="relu", name="dropped")(inputs))
    x = L.Dropout(0.1, name="drop")(x)
    x = L.Dense(8, activation="relu", name="not_dropped")(x)
    model = functional(inputs, L.Dense(1, name="out")(x))
    sites = dropout_sites(model, Choice(every=True))
    assert paths(sites) == ["drop", "not_dropped"]
    assert [s.present for s in sites] == [{"rate": 0.1}, {}]
    assert paths(kernel_sites(model, Choice(every=True))) == ["dropped", "not_dropped"]


@pytest.mark.parametrize("regularizers", [ALL_REGULARIZERS, ("l1",), ("dropout",)])
def test_an_excluded_dropout_keeps_dropping_and_an_excluded_penalty_stays_in_the_loss(regularizers):
    """In every arm: whatever is studied beside them."""
    choice = Choice(exclude=("drop_first", "second"))
    case = studied(network(), choice=choice, regularizers=regularizers)
    packed = dict(leaves(case.network._model))
    assert type(packed["drop_first"]) is keras.layers.Dropout
    assert packed["drop_first"].rate == 0.4
    assert packed["second"].kernel.regularizer.l2 == pytest.approx(0.01)
    assert packed["first"].kernel.regularizer is None

    none, keys = {}, np.uint32(0)
    *_, extra = case.network._call(case.weights, case.state, none, keys, case.x, training=True, return_losses=True)
    second = next(w for w in case.weights if w.shape == (8, 8))
    assert float(sum(extra)) == pytest.approx(0.01 * float((second**2).sum()), rel=1e-5)
    # its masks come from its own generator, so they change with the state and not with the engine's key
    (_, (after, _)) = case.network.loss(case.weights, case.state, case.x, case.y, None, none, keys)[:2]
    first = case.network.loss(case.weights, case.state, case.x, case.y, None, none, keys)[0]
    again = case.network.loss(case.weights, tuple(after), case.x, case.y, None, none, keys)[0]
    assert float(first) != float(again)


def test_the_export_leaves_excluded_places_as_they_are():
    model, choice = network(), Choice(exclude=("drop_first", "second"))
    doses = [Dose(s, {"l1": 0.0, "l2": 0.3}) for s in kernel_sites(model, choice)]
    doses += [Dose(s, {"rate": 0.2}) for s in dropout_sites(model, choice)]
    out = dict(leaves(export_model(model, doses)))
    assert (out["drop_first"].rate, out["drop_second"].rate) == (0.4, 0.2)
    assert out["second"].kernel.regularizer.get_config() == {"l2": pytest.approx(0.01)}
    assert out["first"].kernel.regularizer.l2 == pytest.approx(0.3)


def test_what_is_excluded_is_said_to_stay():
    assert notes_on(network(), Choice(exclude=("drop_first", "second"))) == (
        "Dropout 'drop_first' stays as it is in every arm, 'none' included.",
        "The penalty on 'second/kernel' stays as it is in every arm, 'none' included.",
    )


def test_a_pattern_that_names_nothing():
    with pytest.raises(InputError, match=r"No layer of the network is named like 'secnd'\. Did you mean"):
        check_choice(network(), Choice(exclude=("secnd",)))
