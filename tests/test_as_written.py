"""The network with the strengths it came with: read from it as they are, and trained as one arm with one setting."""

import numpy as np
import pytest

from posology.as_written import as_written
from posology.network.doses import doses_of
from posology.network.export import export_model
from posology.network.packed import PackedNetwork
from posology.network.question import model_build
from posology.plan import Design, Space, tune
from posology.plan.trials import default_ranges

KERNELS = [{"present": {"l1": 0.0, "l2": 0.125}}, {"present": {}}, {"present": {"l1": 0.0, "l2": 0.5}}]
DROPOUTS = [{"present": {"rate": 0.25}}, {"present": {"rate": 0.0}}]
QUESTION = {"kernels": KERNELS, "dropouts": DROPOUTS}
EVERY = (("l1", "l2", "dropout"),)


def space(*arms, **sites):
    ranges = default_ranges(arms)
    return Space(ranges, {name: sites.get(name, 3) for name in ranges})


def test_strengths_are_those_of_the_sites_and_what_is_zero_everywhere_is_off():
    own = as_written(QUESTION, space(*EVERY))
    assert own.own == {"l2": (0.125, 0.0, 0.5), "dropout": (0.25, 0.0)}
    assert own.arm == ("l2", "dropout")
    assert own.words == "l2 0 to 0.5, dropout 0 to 0.25"
    assert own.foreign == ()


def test_a_network_that_came_without_is_no_arm():
    bare = {"kernels": [{"present": {}}, {"present": {"l1": 0.0, "l2": 0.0}}], "dropouts": [{"present": {"rate": 0.0}}]}
    assert as_written(bare, space(*EVERY)).arm == ()


def test_what_no_arm_has_cannot_be_trained_as_it_was_written():
    own = as_written(QUESTION, space(("l1", "l2")))
    assert (own.arm, own.foreign) == ((), ("dropout",))


@pytest.mark.parametrize("halving", [None, 3])
def test_every_pack_trains_the_one_setting_on_every_split(halving):
    own = as_written(QUESTION, space(*EVERY))
    design = own.design(Design(((), ("l1",)), repeats=2, halving=halving, cabinet=("l1", "mixup")))
    packs = next(tune(design, own, 0, 0, 8))
    assert design.members() == design.resamples * (design.inner_splits + design.refits)
    assert {m.arm for p in packs for m in p.members} == {("l2", "dropout")}
    assert all(m.setting == own.own for p in packs for m in p.members)


def test_filled_in_again_they_give_the_same_network():
    model = model_build(np.zeros((4, 5)))
    network = PackedNetwork(model)
    sites = {"kernels": network.kernel_sites, "dropouts": network.dropout_sites}
    described = {kind: [site.to_dict() for site in found] for kind, found in sites.items()}
    own = as_written(described, space(*EVERY, l1=2, l2=2, dropout=2))
    assert own.words == "l1 0 to 0.01, dropout 0.05 to 0.08"
    again = export_model(model, doses_of(network.places, own.own))
    assert [strengths_of(layer) for layer in again.layers] == [strengths_of(layer) for layer in model.layers]


def strengths_of(layer):
    penalty = getattr(layer, "kernel_regularizer", None)
    config = penalty.get_config() if penalty else {}
    return type(layer), {name: strength for name, strength in config.items() if strength}, getattr(layer, "rate", None)
