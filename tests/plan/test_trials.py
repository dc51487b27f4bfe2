import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.plan import PLAIN_QUESTION, Space, default_ranges, parse_arms
from posology.plan.trials import seeded_settings, sobol_settings

SPACE = Space(default_ranges(PLAIN_QUESTION), {"l1": 2, "l2": 2, "dropout": 3})
BOTH = ("weights", "dropout")


def test_arms_share_their_sobol_points():
    wide = Space(default_ranges(parse_arms("l1,l2,dropout")), {"l1": 1, "l2": 1, "dropout": 1})
    alone = sobol_settings(wide, ("l1",), 8, 0, "fit")
    both = sobol_settings(wide, ("l1", "l2"), 8, 0, "fit")
    assert [s["l1"] for s in alone] == [s["l1"] for s in both]


def test_points_differ_between_fits_and_agree_within_one():
    assert sobol_settings(SPACE, ("dropout",), 4, 1) == sobol_settings(SPACE, ("dropout",), 4, 1)
    assert sobol_settings(SPACE, ("dropout",), 4, 1) != sobol_settings(SPACE, ("dropout",), 4, 2)


def test_one_strength_is_shared_by_all_sites_unless_per_layer():
    shared = sobol_settings(SPACE, ("dropout",), 4, 1)
    assert all(len(set(s["dropout"])) == 1 and len(s["dropout"]) == 3 for s in shared)
    own = sobol_settings(Space(SPACE.ranges, SPACE.sites, per_layer=True), ("dropout",), 4, 1)
    assert all(len(set(s["dropout"])) == 3 for s in own)


def test_sobol_points_fill_the_range():
    rates = np.sort([s["dropout"][0] for s in sobol_settings(SPACE, ("dropout",), 16, 3)])
    assert np.histogram(rates, bins=16, range=(0, 0.6))[0].max() == 1  # one point a sixteenth


def ranked():
    return {arm: sobol_settings(SPACE, arm, 16, 5) for arm in (("weights",), ("dropout",))}


def test_a_combined_arm_starts_with_its_parts_best_settings():
    settings = seeded_settings(SPACE, BOTH, 16, ranked(), 5)
    best_w, best_d = ranked()[("weights",)][0], ranked()[("dropout",)][0]
    assert settings[0] == {**best_w, "dropout": (0.0, 0.0, 0.0)}
    assert settings[1] == {"l1": (0.0, 0.0), "l2": (0.0, 0.0), **best_d}
    assert settings[2] == {**best_w, **best_d}


def test_half_of_a_combined_arm_is_damped():
    crossed = seeded_settings(SPACE, BOTH, 16, ranked(), 5)
    tops = {s["dropout"][0] for s in ranked()[("dropout",)][:3]} | {0.0}
    undamped = [s for s in crossed if s["dropout"][0] in tops]
    assert 8 <= len(undamped) <= 10


def test_without_tuned_parts_a_combined_arm_is_searched_by_sobol_points():
    assert seeded_settings(SPACE, BOTH, 8, {}, 5) == sobol_settings(SPACE, BOTH, 8, 5)


@given(trials=st.integers(1, 40), tops=st.integers(1, 16))
def test_every_arm_gets_its_number_of_trials_within_range(trials, tops):
    parts = {arm: settings[:tops] for arm, settings in ranked().items()}
    settings = seeded_settings(SPACE, BOTH, trials, parts, 5)
    assert len(settings) == trials
    for setting in settings:
        assert list(setting) == ["l1", "l2", "dropout"]
        for name, values in setting.items():
            strength = SPACE.ranges[name]
            assert len(values) == SPACE.sites[name]
            assert all(v == 0 or strength.low * (1 - 1e-9) <= v <= strength.high for v in values)


def test_three_factors_are_seeded_by_pairs_too():
    arms = parse_arms("l1,l2,dropout")
    space = Space(default_ranges(arms), {"l1": 1, "l2": 1, "dropout": 1})
    found = {arm: sobol_settings(space, arm, 16, 5) for arm in arms if arm and len(arm) < 3}
    settings = seeded_settings(space, ("l1", "l2", "dropout"), 16, found, 5)
    assert settings[3] == {**found[("l1", "l2")][0], "dropout": (0.0,)}
    assert len(settings) == 16


def test_more_axes_than_sobol_knows_are_refused_by_scipy():
    with pytest.raises(ValueError, match="Maximum supported dimensionality"):
        sobol_settings(Space(SPACE.ranges, {"l1": 9000, "l2": 9000, "dropout": 9000}, per_layer=True), BOTH, 2, 1)
