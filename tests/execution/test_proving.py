"""What a study makes of the proof: it goes on, it notes, or it does not begin."""

import pytest

from posology.errors import InputError
from posology.execution.proving import notes_on_liveness
from posology.network.liveness import Liveness
from posology.network.sites import Site


def seen(layer, regularizer="dropout", *, live=True, still=True):
    return Liveness(Site("dropout", layer, (8,), {}, "rate"), regularizer, live, still, float(live))


def test_nothing_is_said_where_all_is_well():
    assert notes_on_liveness([seen("a"), seen("b"), seen("a", "l1")]) == []


def test_some_dead_sites_are_noted():
    (note,) = notes_on_liveness([seen("a"), seen("b", live=False), seen("c", live=False)])
    assert note == (
        "'dropout' does nothing at 'b', 'c', in every arm: the loss and its gradients are the same at rate 0.5 as at 0."
    )


def test_no_site_that_lives_is_an_error():
    with pytest.raises(InputError, match="'l2' does nothing at any of its sites, 'a': an optimizer step is the same"):
        notes_on_liveness([seen("a", "l1"), seen("a", "l2", live=False)])
    with pytest.raises(InputError, match=r"a branch that is multiplied by zero.*leave 'dropout' out of --arms"):
        notes_on_liveness([seen("a", live=False)])


def test_a_zero_that_is_none_is_noted():
    (note,) = notes_on_liveness([seen("a", still=False)])
    assert "does not give the network without it" in note


@pytest.mark.parametrize(
    ("regularizer", "said"),
    [
        ("shake_shake", "the loss and its gradients are the same at 1, the strongest searched, as at 0. Likely what"),
        ("batch_norm", "the loss is the same with it as without it. Likely what comes after ignores what it is given"),
        (
            "mixup",
            "the weights after a few steps of training are the same at 1, the strongest searched, as at 0. Likely",
        ),
    ],
)
def test_what_was_seen_is_said(regularizer, said):
    with pytest.raises(InputError) as caught:
        notes_on_liveness([seen("a", regularizer, live=False)])
    assert said in str(caught.value)
