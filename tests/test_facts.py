"""What is said where a network learns something else than what its score asks for."""

import pytest

from posology.facts import _note_on_loss
from posology.inference import R2, number_measure

SQUARES, ABSOLUTE = "mean_squared_error", "mean_absolute_error"


@pytest.mark.parametrize(
    ("score", "loss", "said"),
    [
        (R2.name, SQUARES, ""),
        (R2.name, "huber", ""),
        (R2.name, ABSOLUTE, "its score is R2, which is about means: --score mae scores what it learns, a median."),
        (R2.name, "upper", "its score is R2, which is about means: --score pinball:LEVEL is for a quantile."),
        ("mae", ABSOLUTE, ""),
        ("mae", "huber", ""),
        ("mae", SQUARES, "which is about means, and its score is MAE skill: compile it with the loss 'mae'."),
        ("pinball:0.9", "pinball", ""),
        ("pinball:0.9", "upper", ""),
        (
            "pinball:0.9",
            SQUARES,
            "which is about means, and its score is pinball skill at 0.9: compile it with the pin",
        ),
        (
            "pinball:0.9",
            "log_cosh",
            "about means, and its score is pinball skill at 0.9: compile it with the pinball l",
        ),
        (
            "pinball:0.9",
            ABSOLUTE,
            "about medians, and its score is pinball skill at 0.9: compile it with the pinball l",
        ),
    ],
)
def test_a_loss_and_a_score_that_are_about_different_things(score, loss, said):
    notes = _note_on_loss(number_measure(score), loss)
    assert len(notes) == bool(said)
    assert all(note.startswith(f"The network's loss is {loss}, ") and said in note for note in notes)
