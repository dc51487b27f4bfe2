"""A program of many regularizers in which each member passes by what is off for it."""

import numpy as np

from posology.engine.packing import PackProgram
from posology.network.packed import PackedNetwork
from posology.regularizers import REGULARIZERS
from tests.engine.packs import members, recipe, table
from tests.engine.test_program import question

ON = {"weight_decay": 0.5, "mixup": 0.5, "ema": 20.0}
OFF = ("max_norm", "target_noise")


def trained(names, *strengths, gated=False):
    """Train members of a program with these regularizers; those without a strength are off."""
    network, n = PackedNetwork(question()), len(strengths)
    sites = {r: len(network.kernel_sites) if REGULARIZERS[r].place.kind == "kernel" else 1 for r in names}
    own = {r: np.array([[s.get(r, 0.0)] * count for s in strengths], "float32") for r, count in sites.items()}
    pack = members(network, [(0, 0, 0)] * n)._replace(strengths=own)
    compiled = recipe(5, {name: REGULARIZERS[name] for name in names}, gated=gated)
    return PackProgram(network, compiled, table(), pack).train(table(), pack)


def test_members_of_a_gated_program_are_those_of_their_own_programs():
    gated = trained((*ON, *OFF), ON, {}, gated=True)
    for place, own in enumerate((trained(tuple(ON), ON), trained((), {}))):
        np.testing.assert_allclose(gated.prediction[place], own.prediction[0], rtol=1e-5, atol=1e-6)
        for one, other in zip(gated.weights, own.weights, strict=True):
            np.testing.assert_allclose(one[place], other[0], rtol=1e-5, atol=1e-6)
    assert not np.allclose(gated.prediction[0], gated.prediction[1], atol=1e-3)
