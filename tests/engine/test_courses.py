"""Strengths on a schedule: those of each epoch, multiplied by hand."""

import numpy as np
import pytest

from posology.engine.member import Schedule
from posology.engine.packing import PackProgram
from posology.network.packed import PackedNetwork
from tests.engine.packs import members, recipe, table
from tests.engine.test_program import question

EPOCHS = 4
STRENGTHS = [(1e-3, 1e-2, 0.4)] * 3


def course(*shapes):
    """Give a schedule over the epochs, (warmup, flat) a member."""
    return Schedule(*np.array([(EPOCHS, *shape) for shape in shapes], "float32").T)


CONSTANT, DECAY, WARMUP = (0, 1), (0, 0.5), (0.5, 1)
FACTORS = np.array([[1, 1, 1, 1], [1, 1, 1, 0.5], [0, 0.5, 1, 1]], "float32")
"""Of each member in each epoch: after 3 of 4 epochs, a half of the cosine is a half."""


@pytest.fixture(scope="module")
def network():
    return PackedNetwork(question())


def test_a_strength_follows_its_schedule_epoch_by_epoch(network):
    pack = members(network, STRENGTHS, epochs=EPOCHS)
    followed = pack._replace(courses=dict.fromkeys(("l1", "l2", "dropout"), course(CONSTANT, DECAY, WARMUP)))
    found = PackProgram(network, recipe(EPOCHS), table(), followed).train(table(), followed)
    program = PackProgram(network, recipe(EPOCHS), table(), pack)
    run = program.start(pack)
    for epoch in range(EPOCHS):
        now = {name: s * FACTORS[:, [epoch]] for name, s in pack.strengths.items()}
        run = program.advance(table(), pack._replace(strengths=now), run, np.full(3, epoch + 1))
    by_hand = program.finish(table(), pack, run)
    for one, other in zip(found.weights, by_hand.weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(found.curve[0], by_hand.curve[0])
    assert not np.allclose(found.prediction[0], found.prediction[1], atol=1e-4)


def test_after_its_end_a_decayed_strength_stays_at_zero():
    from posology.engine.schedule import factor

    decay = Schedule(np.float32(EPOCHS), np.float32(0), np.float32(0.5))
    assert [round(float(factor(decay, float(e))), 6) for e in (0, 2, 3, 4, 9)] == [1, 1, 0.5, 0, 0]
