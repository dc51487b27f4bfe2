"""Schedules as factors of arms."""

import pytest

from posology.errors import InputError
from posology.inference import arm_in_words
from posology.plan import Design, Space, arm_name, default_ranges, parse_arms, parse_family, regularizers_of
from posology.plan.schedules import depths_of, scheduled_lines, schedules_of
from posology.plan.trials import seeded_settings, sobol_settings
from posology.settings import Settings
from posology.space import space_of


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
        ("none; mixup:rising", r"mixup does not act layer by layer\. Write mixup"),
        ("none; dropout:falling+dropout:decay", "has dropout twice"),
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
    assert arm_in_words(("dropout:falling", "mixup")) == "dropout falling with depth with mixup"


def test_what_keras_loses_is_said():
    (said,) = scheduled_lines(("l2", "dropout:decay"), 60)
    assert said.startswith("schedule: dropout is constant for 30 epochs and falls to 0 by half a cosine at epoch 60, ")
    assert said.endswith("by hand: a Keras model trains with a constant strength")
    assert scheduled_lines(("l2",), 60) == []


ARMS = parse_arms("none; dropout; dropout:falling; l2; l2+dropout:rising")
SPACE = Space(default_ranges(ARMS), {"l2": 2, "dropout": 4})


def test_a_shape_multiplies_the_strengths_of_a_setting_layer_by_layer():
    plain, falling = (sobol_settings(SPACE, arm, 4, 0) for arm in (("dropout",), ("dropout:falling",)))
    for one, other in zip(plain, falling, strict=True):
        rate = one["dropout"][0]
        assert other["dropout"] == pytest.approx([rate, 0.75 * rate, 0.5 * rate, 0.25 * rate])
    assert depths_of(("l2", "dropout:rising")) == {"dropout": "rising"}
    assert schedules_of(("dropout:rising",)) == {}


def test_a_combined_arm_keeps_the_shapes_of_its_parts():
    arm = ("l2", "dropout:rising")
    ranked = {(f,): sobol_settings(SPACE, (f,), 4, 0) for f in arm}
    for setting in seeded_settings(SPACE, arm, 8, ranked, 0):
        first, *_, last = setting["dropout"]
        assert first == pytest.approx(last / 4)


def test_shapes_and_strengths_of_every_layer_exclude_one_another():
    with pytest.raises(InputError, match="per_layer is given with arms whose strengths have a shape over depth"):
        Settings(Design(ARMS), per_layer=True)


def test_a_network_with_one_place_has_no_depth():
    network = {"kernels": [1, 2], "dropouts": [1], "branches": [], "pairs": [], "norms": []}
    with pytest.raises(InputError, match="a shape of dropout over depth, but the network has one place for it"):
        space_of(network, Settings(Design(ARMS)))
    assert space_of({**network, "dropouts": [1, 2]}, Settings(Design(ARMS))).sites == {"l2": 2, "dropout": 2}


@pytest.mark.parametrize(
    ("name", "missing"),
    [("l2", "no Dense or convolution kernel to penalize"), ("dropout", "no Dropout layer and no hidden activation"),
     ("stochastic_depth", "no residual branch: no addition of two ways of which one has more layers"),
     ("shake_shake", "no two residual branches side by side"),
     ("layer_norm", "no hidden Dense layer without a normalization behind it")],
)  # fmt: skip
def test_a_regularizer_without_a_place_is_refused(name, missing):
    network = {"kernels": [], "dropouts": [], "branches": [], "pairs": [], "norms": []}
    with pytest.raises(InputError, match=f"The network has {missing}.*or leave '{name}' out of --arms"):
        space_of(network, Settings(Design(((), (name,)))))
