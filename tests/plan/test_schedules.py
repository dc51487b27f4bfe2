"""Schedules as factors of arms."""

import pytest

from posology.errors import InputError
from posology.inference import arm_in_words
from posology.plan import arm_name, parse_arms, parse_family, regularizers_of
from posology.plan.schedules import scheduled_lines, schedules_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dropout,dropout:decay", ["none", "dropout", "dropout:decay"]),
        ("none; dropout:decay + l2; l2", ["none", "l2", "l2+dropout:decay"]),
        ("weights:warmup", ["none", "weights:warmup"]),
        ("l2,dropout:decay,dropout", [
            "none", "l2", "dropout", "dropout:decay", "l2+dropout", "l2+dropout:decay",
        ]),
    ],
)  # fmt: skip
def test_families(text, expected):
    assert [arm_name(arm) for arm in parse_arms(text)] == expected


def test_a_scheduled_factor_has_the_regularizers_of_its_base():
    arm = ("weights:warmup", "dropout:decay", "mixup")
    assert regularizers_of(arm) == ("l1", "l2", "dropout", "mixup")
    found = schedules_of(arm)
    assert {name: (s.warmup, s.flat) for name, s in found.items()} == {
        "l1": (0.25, 1), "l2": (0.25, 1), "dropout": (0, 0.5),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "none; dropout:decays",
            r"unknown schedule 'decays' in 'dropout:decays'\. Did you mean 'decay'\?",
        ),
        ("none; dropout:", "unknown schedule ''"),
        ("none; ema:decay", "the strength of ema is about the whole of a training.*Write ema"),
        ("none; learning_rate_decay:warmup", "has no schedule"),
        ("none; dropout+dropout:decay", "has dropout twice"),
        ("none; l1:decay+weights", "has l1 twice"),
        ("none; mixup:decay+cutmix", "cannot be in one arm"),
        ("none; dropuot:decay", "unknown regularizer 'dropuot:decay'"),
        ("cocktail: dropout:decay, swa", r"the strengths of a cocktail are constant\. Write dropout, or name arms"),
    ],
)
def test_schedules_that_are_none(text, message):
    with pytest.raises(InputError, match=message):
        parse_family(text)


def test_words():
    assert arm_in_words(("l2", "dropout:decay")) == "L2 with decaying dropout"
    assert arm_in_words(("weights:warmup",)) == "warmed-up L1/L2"


def test_what_keras_loses_is_said():
    (said,) = scheduled_lines(("l2", "dropout:decay"), 60)
    assert said.startswith("schedule: dropout is constant for 30 epochs and falls to 0 by half a cosine at epoch 60, ")
    assert said.endswith("by hand: a Keras model trains with a constant strength")
    assert scheduled_lines(("l2",), 60) == []
