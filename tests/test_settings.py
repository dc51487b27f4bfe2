"""Settings: checked when made, the same after a journey through JSON."""

import json

import pytest

from posology.errors import InputError
from posology.plan import Design, parse_arms, parse_family
from posology.settings import Settings, check_range, parse_ranges


def test_settings_survive_json():
    settings = Settings(
        Design(parse_arms("l1,dropout"), repeats=3, patience=None, seed=7),
        margin=0.02,
        per_layer=True,
        ranges={"dropout": (0.1, 0.4)},
        all_repeats=True,
    )
    again = Settings.from_dict(json.loads(json.dumps(settings.to_dict())))
    assert again == settings


def test_a_study_grows_by_repeats_and_by_arms_behind_those_it_has():
    settings = Settings(Design(parse_arms("none; l1"), repeats=2))
    grown = settings.grown(4, "none; dropout; l1+dropout")
    assert grown.design.arms == ((), ("l1",), ("dropout",), ("l1", "dropout"))
    assert grown.design.repeats == 4
    assert settings.grown(None, None) == settings
    arms, cabinet = parse_family("cocktail")
    with pytest.raises(InputError, match="A cocktail mixes its own arms"):
        Settings(Design(arms, cabinet=cabinet)).grown(None, "none; l1")


def test_ranges_replace_the_defaults():
    settings = Settings(Design(parse_arms("l1,dropout")), ranges={"dropout": (0.1, 0.4)})
    strengths = settings.strengths()
    assert list(strengths) == ["l1", "dropout"]
    assert (strengths["dropout"].low, strengths["dropout"].high) == (0.1, 0.4)
    assert strengths["l1"].low > 0


@pytest.mark.parametrize("damage", [{"design": {"arms": []}, "source": {}}, {"design": {}}, {}, {"design": []}])
def test_damaged_settings(damage):
    with pytest.raises(InputError, match="damaged or of another version"):
        Settings.from_dict(damage)


def test_ranges_are_read():
    assert parse_ranges(["dropout=0:0.5", " l2 = 1e-6 : 1e-2"]) == {"dropout": (0.0, 0.5), "l2": (1e-6, 1e-2)}
    assert parse_ranges([]) == {}


@pytest.mark.parametrize(
    ("name", "low", "high", "message"),
    [
        ("l1", -0.1, 1, "a strength cannot be negative. 0 means off"),
        ("l1", 1e-3, -1, "a strength cannot be negative"),
        ("dropout", -0.1, 0.5, "a strength cannot be negative"),
        ("dropout", 0.1, 1.0, "it must rise, within 0 to 0.95"),
        ("dropout", 0.3, 0.3, "it must rise"),
        ("l2", 0, 1, "logarithmic scale. Start at 1e-7"),
        ("l2", 1e-3, float("inf"), "it must rise"),
        ("l2", float("nan"), 1, "it must rise"),
        ("l3", 0.1, 1, "The range of an unknown regularizer 'l3'."),
    ],
)
def test_ranges_that_cannot_be_searched(name, low, high, message):
    with pytest.raises(InputError) as caught:
        check_range(name, low, high)
    assert message in str(caught.value)
