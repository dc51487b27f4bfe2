"""What is said of each arm's networks beside their score."""

import numpy as np
import pytest

from posology.behaviour import Behaviour
from posology.plan import Refitted
from posology.plan.looks import LEVELS
from posology.scoring import Scores

RNG = np.random.default_rng(0)
NONE, L2 = (), ("l2",)
FITS, SEEDS, PROBES = 4, 2, 1 + sum(map(len, LEVELS.values()))


def refitted(arm, probed, norms):
    return Refitted(arm, {}, 5, np.zeros((SEEDS, 1, 3)), np.zeros(SEEDS, "float32"), np.zeros((SEEDS, 1, 2), "float32"),
                    probed, norms)  # fmt: skip


PROBED = {arm: RNG.uniform(0.2, 0.9, (FITS, SEEDS, PROBES)) for arm in (NONE, L2)}
NORMS = {arm: RNG.uniform(0, 1, (FITS, SEEDS, 2, 4)).astype("float32") for arm in (NONE, L2)}
FOUND = {
    (0, fit): ({}, {arm: refitted(arm, PROBED[arm][fit], NORMS[arm][fit]) for arm in (NONE, L2)}) for fit in range(FITS)
}


def scores(train, gap):
    nothing = np.zeros((2, 1, 3))
    return Scores(nothing, np.zeros((1, 3), int), 0, 6, np.array(gap), np.ones(2), 0, np.array(train))


def behaviour(train=(0.8, 0.6), gap=(0.1, 0.001), trees=None):
    return Behaviour.of(FOUND, [NONE, L2], ["dense/kernel", "dense_1/kernel"], scores(train, gap), 0.01, trees)


def test_drops_are_paired_by_fit():
    found = {(w.arm, w.kind, w.level): w for w in behaviour().robustness}
    assert len(found) == 2 * (PROBES - 1)
    rise = {arm: (p[:, :, 2] - p[:, :, 0]).mean(axis=1) for arm, p in PROBED.items()}
    one = found["l2", "noise", LEVELS["noise"][1]]
    assert one.drop == pytest.approx(rise[L2].mean())
    assert one.drop_se == pytest.approx(rise[L2].std(ddof=1) / np.sqrt(FITS))
    assert one.over_none == pytest.approx((rise[NONE] - rise[L2]).mean())
    assert one.over_none_se == pytest.approx((rise[NONE] - rise[L2]).std(ddof=1) / np.sqrt(FITS))
    assert one.score == pytest.approx(1 - PROBED[L2][:, :, 2].mean())
    assert found["none", "units", LEVELS["units"][-1]].over_none is None


def test_weights_are_averaged_over_fits():
    one = behaviour().weights[3]
    assert (one.arm, one.array) == ("l2", "dense_1/kernel")
    by_fit = NORMS[L2][:, :, 1].mean(axis=1, dtype=float)
    assert one.largest == pytest.approx(by_fit[:, 1].mean())
    assert one.zero_se == pytest.approx(by_fit[:, 3].std(ddof=1) / np.sqrt(FITS))


def test_a_network_without_hidden_units_has_no_such_row():
    lacking = PROBED[NONE].copy()
    lacking[:, :, -3:] = np.nan
    found = {(0, fit): ({}, {NONE: refitted(NONE, lacking[fit], NORMS[NONE][fit])}) for fit in range(FITS)}
    alone = Behaviour.of(found, [NONE, NONE], ["a", "b"], scores((0.8, 0.8), (0.1, 0.1)), 0.01, 0.0)
    assert {w.kind for w in alone.robustness} == {"noise", "missing"}


OVER = "none overfits (train 0.800, test 0.700)"


@pytest.mark.parametrize(
    ("train", "gap", "trees", "said"),
    [
        ((0.8, 0.6), (0.1, 0.001), None, (f"{OVER}.", "l2 underfits (none reaches 0.700 on held-out rows).")),
        ((0.8, 0.705), (0.1, 0.001), None, (f"{OVER}.", "")),
        (
            (0.8, 0.7),
            (0.1, 0.0),
            0.85,
            (
                f"{OVER}; on held-out rows trees reach 0.850, above its training score.",
                "l2 underfits (trees reach 0.850 on held-out rows).",
            ),
        ),
    ],
)
def test_overfitting_and_underfitting_are_named(train, gap, trees, said):
    assert tuple(one.sentence() for one in behaviour(train, gap, trees).fitting) == said
