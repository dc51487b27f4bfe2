"""Rungs: equal for every arm, the best go on, nothing is counted twice; over inner splits, and over epochs."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.plan import PLAIN_QUESTION, Design, Member, PackResult, Space, default_ranges, tune
from posology.plan.ladder import Joined, Ladder, joined
from posology.plan.rungs import SHORTEST, Rung, halving, race

SPACE = Space(default_ranges(PLAIN_QUESTION), {"l1": 1, "l2": 1, "dropout": 1})


@given(st.integers(1, 200), st.integers(1, 2000), st.integers(2, 5))
def test_rungs_start_with_all_and_end_at_the_last_epoch(trials, epochs, eta):
    found = halving(trials, (0,), epochs, eta)
    assert found[0].keep == trials
    assert found[-1].until == epochs
    assert all(a.keep >= b.keep and a.until < b.until for a, b in itertools.pairwise(found))
    assert len(found) == 1 or (found[-1].keep >= 2 and found[0].until >= SHORTEST)


def answer(pack, reached):
    """A member's loss falls with its epochs; trial 5 is best early, trial 2 at the end."""
    epochs = np.array([min(m.until or m.epochs, m.epochs) for m in pack.members], "int32")
    for m, e in zip(pack.members, epochs, strict=True):
        reached.setdefault((m.arm, m.trial, pack.split), []).append(int(e))
    early = np.array([abs(m.trial - 5) for m in pack.members])
    late = np.array([abs(m.trial - 2) for m in pack.members])
    loss = np.where(epochs < 50, early, late).astype("float32") + np.float32(pack.split)
    n = len(loss)
    failed, curve = np.zeros(n, bool), np.zeros((n, 3, 2), "float32")
    watched = np.full((n, 200), np.nan, "float32")
    for one, value, end in zip(watched, loss, epochs, strict=True):
        one[:end] = value
    return PackResult(
        epochs,
        loss,
        watched,
        loss,
        loss,
        epochs,
        failed,
        curve,
        loss,
        np.zeros((n, 1, 0)),
        np.zeros((n, 16), "int32"),
        np.zeros((n, 0)),
        np.zeros((n, 0, 0), "float32"),
    )


def carry_out(design, pack_size=7):
    procedure, reached, stages = tune(design, SPACE, 0, 0, pack_size), {}, []
    packs = next(procedure)
    while True:
        stages.append(packs)
        try:
            packs = procedure.send([answer(p, reached) for p in packs])
        except StopIteration as end:
            return end.value, reached, stages


@pytest.mark.parametrize("splits", [1, 3])
def test_the_best_go_on_and_every_arm_spends_the_same(splits):
    tuned, reached, _ = carry_out(Design(PLAIN_QUESTION, trials=12, halving=3, inner_splits=splits, epochs=200))
    spent = {t.arm: t.epochs_trained for arm, t in tuned.items() if arm}
    assert len(set(spent.values())) == 1
    assert set(spent.values()) == {splits * (8 * 23 + 2 * 67 + 2 * 200)}
    weights = {trial: ends for (arm, trial, split), ends in reached.items() if arm == ("weights",) and split == 0}
    assert weights[5] == [23, 67], "best early, and not one of the two best later"
    assert sorted(t for t, ends in weights.items() if ends[-1] == 200) == [3, 4], "best at 67 among 3, 4, 5, 6"
    assert tuned[("weights",)].losses[0] == 1 + np.mean(range(splits))


def test_members_are_counted_once():
    design = Design(PLAIN_QUESTION, inner_splits=1, trials=12, halving=3, epochs=200)
    _, _, stages = carry_out(design)
    begun = sum(m.begins for packs in stages for p in packs for m in p.members)
    assert begun == 12 * 3 + 4
    names = [p.name for packs in stages for p in packs]
    assert len(set(names)) == len(names)


def test_none_is_not_halved():
    _, reached, _ = carry_out(Design(PLAIN_QUESTION, inner_splits=1, trials=12, halving=3, epochs=200))
    assert [ends for (arm, _, _), ends in reached.items() if not arm] == [[200]] * 4


def test_a_trial_that_diverged_does_not_go_on():
    trials = [Member(("dropout",), t, 0, {}, 200, 20) for t in range(4)]
    ladder = Ladder(Design(PLAIN_QUESTION, inner_splits=1), trials)
    first = Rung(4, 50)
    ladder.step(first)
    loss = np.array([np.nan, 3, 2, 1], "float32")
    e = np.full(4, 50, "int32")
    result = PackResult(
        e,
        loss,
        np.repeat(loss[:, None], 200, axis=1),
        loss,
        loss,
        e,
        np.isnan(loss),
        np.zeros((4, 1, 2), "float32"),
        loss,
        np.zeros((4, 1, 0)),
        np.zeros((4, 16), "int32"),
        np.zeros((4, 0)),
        np.zeros((4, 0, 0), "float32"),
    )
    ladder.take(first, joined([result], 4))
    assert [m.trial for m in ladder.step(Rung(3, 200))] == [1, 2, 3]


@given(st.integers(1, 200), st.integers(1, 8))
def test_a_race_uses_every_split_once_and_ends_with_the_best_quarter(trials, splits):
    found = race(trials, splits)
    assert [s for rung in found for s in rung.splits] == list(range(splits))
    assert found[0].keep == trials
    assert all(a.keep >= b.keep for a, b in itertools.pairwise(found))
    assert splits < 3 or found[-1].keep == max(min(3, trials), -(-trials // 4))


def curves(losses):
    """Give curves of two points that tell whose they are."""
    return np.stack([np.stack([losses - 1, losses], axis=-1)] * 2, axis=-2).astype("float32")


def raced(losses, protected=0):
    """Race trials whose losses are given, (split, trial); give what was found and who went on."""
    design = Design(PLAIN_QUESTION, trials=losses.shape[1], inner_splits=len(losses))
    trials = [Member(("dropout",), t, 0, {"dropout": (t / 100,)}, 200, 20) for t in range(losses.shape[1])]
    ladder, seen = Ladder(design, trials, protected), []
    for rung in design.rungs(("dropout",)):
        going = [m.trial for m in ladder.step(rung)]
        seen.append(going)
        part = losses[np.ix_(rung.splits, going)].astype("float32")
        whole = np.ones(part.shape, "int32")
        nothing = np.zeros((*part.shape, 16), "int32")
        watched = np.repeat(part[..., None], 200, axis=2)
        ladder.take(rung, Joined(watched, part, whole, ~np.isfinite(part), nothing, curves(part)))
    return ladder.tuned(("dropout",)), seen


def test_a_race_keeps_the_best_so_far_and_chooses_by_the_mean_over_all_splits():
    losses = np.arange(8.0)[None].repeat(4, axis=0)
    losses[1, 0] = 100.0  # best on the first split, worst on the second
    losses[3, 2] = -9.0
    found, seen = raced(losses)
    assert seen == [list(range(8)), [0, 1, 2, 3], [1, 2, 3]]
    assert [s["dropout"][0] for s in found.settings[:3]] == [0.02, 0.01, 0.03]
    assert found.losses[0] == np.mean([2, 2, 2, -9])
    assert found.trained == 8 + 4 + 3 * 2


def test_a_protected_trial_is_compared_to_the_end():
    losses = np.zeros((4, 8))
    losses[0, 0] = 10.0
    losses[1:, 0] = -5.0
    found, seen = raced(losses, protected=1)
    assert all(going[0] == 0 for going in seen)
    assert found.settings[0]["dropout"] == (0.0,)
    assert 0 not in raced(losses)[1][1]


def test_a_trial_that_diverges_on_any_split_is_the_worst():
    losses = np.arange(8.0)[None].repeat(4, axis=0)
    losses[1, 0] = np.nan
    found, seen = raced(losses)
    assert seen[2] == [1, 2, 3]
    assert not np.isfinite(found.losses[[s["dropout"][0] == 0 for s in found.settings]])


@pytest.mark.parametrize("splits", [1, 2, 4])
def test_every_arm_races_with_the_same_budget(splits):
    design = Design(PLAIN_QUESTION, trials=12, inner_splits=splits, epochs=200)
    tuned, reached, _ = carry_out(design)
    trained = {arm: sum(a == arm for a, _, _ in reached) for arm in tuned}
    assert trained == {arm: design.trainings(arm) for arm in tuned}
    assert len({n for arm, n in trained.items() if arm}) == 1
    assert trained[()] == 4
