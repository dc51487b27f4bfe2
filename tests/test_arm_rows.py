"""How much weaker a regularizer is chosen beside another; and what has no strength to compare."""

import numpy as np
import pytest

from posology.arm_rows import substitutions
from posology.plan import Design, Refitted, parse_arms
from posology.settings import Settings

ARMS = parse_arms("none; dropout; batch_norm; dropout+batch_norm")
NOTHING = (np.zeros((1, 1, 2), "float32"), np.zeros((1, 0)), np.zeros((1, 0, 0), "float32"))


def refitted(arm, rate):
    strengths = {"dropout": (rate,), "batch_norm": (1.0,)}
    setting = {name: strengths[name] for name in arm}
    return Refitted(arm, setting, 7, np.zeros((1, 1, 3)), np.zeros(1, "float32"), *NOTHING)


def test_a_switch_has_no_strength_to_compare():
    rates = {arm: 0.2 if len(arm) > 1 else 0.4 for arm in ARMS}
    found = {(0, fold): ({}, {arm: refitted(arm, rates[arm]) for arm in ARMS}) for fold in range(3)}
    told = substitutions(found, Settings(Design(ARMS, repeats=1, folds=3)))
    assert list(told) == [(("dropout", "batch_norm"), "dropout")]
    (only,) = told.values()
    assert abs(only.value) == pytest.approx(np.log(2))


def test_what_a_combination_never_uses_is_off_and_not_weaker():
    rates = {arm: 0.0 if len(arm) > 1 else 0.4 for arm in ARMS}
    found = {(0, fold): ({}, {arm: refitted(arm, rates[arm]) for arm in ARMS}) for fold in range(3)}
    assert substitutions(found, Settings(Design(ARMS, repeats=1, folds=3))) == {}
