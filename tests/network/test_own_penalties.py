"""Penalties that are too strong or too weak beside the loss, and none where they are not."""

import numpy as np
import pytest

from posology.network.own_penalties import strength_warnings
from posology.network.sites import Site

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ({"l1": 0.0, "l2": 1e9}, ["penalty-dominates"]),
        ({"l1": 1.0, "l2": 0.0}, ["penalty-dominates"]),
        ({"l1": 0.0, "l2": 1e-12}, ["penalty-lost"]),
        ({"l1": 1e-50, "l2": 0.0}, ["penalty-lost"]),
        ({"l1": 1e-4, "l2": 1e-4}, []),
        ({"l1": 0.0, "l2": 0.0}, []),
        ({}, []),
    ],
)
def test_a_penalty_beside_the_loss(present, expected):
    site = Site("kernel", "dense", (20, 20), present)
    weights, gradient = [RNG.normal(size=(20, 20))], [RNG.normal(size=(20, 20))]
    assert [w.code for w in strength_warnings([site], [weights], [gradient], 1.0)] == expected


def test_a_lost_penalty_is_lost_in_float32():
    w, g = (RNG.normal(size=400).astype("float32") for _ in range(2))
    site = Site("kernel", "dense", (400,), {"l1": 0.0, "l2": 1e-9})
    assert [x.code for x in strength_warnings([site], [[w]], [[g]], 1.0)] == ["penalty-lost"]
    changed = g + np.float32(2e-9) * w != g
    assert changed.mean() < 0.05, "but for the few gradients near zero, nothing changes"


def test_weights_of_zero_have_no_penalty_to_lose():
    site = Site("kernel", "dense", (4,), {"l1": 0.01, "l2": 0.0})
    assert strength_warnings([site], [[np.zeros(4)]], [[np.ones(4)]], 1.0) == ()
