"""The procedure with a trainer made of a formula: what it asks for, what it makes of the answers."""

from dataclasses import replace

import numpy as np
import pytest

from posology.plan import (
    PLAIN_QUESTION,
    REFIT,
    Callbacks,
    Design,
    Member,
    PackResult,
    Space,
    default_ranges,
    parse_family,
    programs,
    tune,
    tune_and_refit,
)
from posology.plan.members import REPLICAS_OF_NONE
from posology.plan.packs import program_of
from posology.plan.window import window

SPACE = Space(default_ranges(PLAIN_QUESTION), {"l1": 1, "l2": 1, "dropout": 1})


def loss(member):
    """Best at rate 0.3 and l2 1e-4; nan for a rate above 0.55, as if training had diverged."""
    rate = member.setting.get("dropout", (0.0,))[0]
    l2 = member.setting.get("l2", (0.0,))[0]
    return np.nan if rate > 0.55 else (rate - 0.3) ** 2 + (np.log10(max(l2, 1e-7)) + 4) ** 2


def falling(value, end, epochs):
    """Watched losses whose steady loss is `value`, at two epochs before their end."""
    curve = np.full(epochs, np.nan, "float32")
    curve[:end] = value + 1
    curve[end - 5 : end] = value
    return curve


def answer(pack):
    n = len(pack.members)
    losses = np.array([loss(m) for m in pack.members], "float32")
    return PackResult(
        best_epoch=np.array([1] * n, "int32"),
        best_loss=losses - np.float32(1),
        watched=np.stack(
            [
                falling(value, 12 + m.trial + pack.split, pack.members[0].epochs)
                for m, value in zip(pack.members, losses, strict=True)
            ]
        ),
        last_loss=losses + np.float32(1),
        train_loss=losses,
        epochs=np.array([30] * n, "int32"),
        failed=~np.isfinite(losses),
        curve=np.zeros((n, 20, 2), "float32"),
        train_error=losses,
        prediction=np.arange(n * 4.0).reshape(n, 1, 4),
        reductions=np.array([[5 + pack.split, 40, *[0] * 14]] * n, "int32"),
        probed=np.zeros((n, 0)),
        norms=np.zeros((n, 0, 0), "float32"),
    )


def carry_out(procedure):
    packs, asked = next(procedure), []
    while True:
        asked.append(packs)
        try:
            packs = procedure.send([answer(pack) for pack in packs])
        except StopIteration as end:
            return asked, end.value


@pytest.mark.parametrize("inner_splits", [1, 3])
def test_the_networks_asked_for_are_the_networks_counted(inner_splits):
    design = Design(PLAIN_QUESTION, inner_splits=inner_splits, repeats=1, folds=5)
    asked, _ = carry_out(tune_and_refit(design, SPACE, 0, 0, 16))
    assert sum(len(p.members) for stage in asked for p in stage) * 5 == design.members()


def test_stages_are_singles_then_combinations_then_refits():
    asked, _ = carry_out(tune_and_refit(Design(PLAIN_QUESTION, inner_splits=1), SPACE, 2, 3, 16))
    arms = [{m.arm for p in stage for m in p.members} for stage in asked]
    assert arms == [{(), ("weights",), ("dropout",)}, {("weights", "dropout")}, set(PLAIN_QUESTION)]
    assert {p.split for p in asked[2]} == {REFIT}
    assert len({p.name for stage in asked for p in stage}) == sum(map(len, asked))


def test_the_best_trial_is_chosen_by_the_mean_over_inner_splits():
    _, (tuned, refitted) = carry_out(tune_and_refit(Design(PLAIN_QUESTION, inner_splits=2), SPACE, 0, 0, 16))
    found = tuned[("dropout",)]
    rates = [s["dropout"][0] for s in found.settings]
    finite = np.isfinite(found.losses)
    assert abs(rates[0] - 0.3) == min(abs(r - 0.3) for r in rates)
    assert not finite[-1], "a diverged trial ranks last"
    assert rates[-1] > 0.55
    assert refitted[("dropout",)].setting == found.settings[0]


def test_a_combined_arm_is_never_worse_than_its_parts_on_the_inner_rows():
    tuned = carry_out(tune(Design(PLAIN_QUESTION, inner_splits=1), SPACE, 0, 0, 16))[1]
    parts = min(tuned[("weights",)].losses[0], tuned[("dropout",)].losses[0])
    assert tuned[("weights", "dropout")].losses[0] <= parts


def test_the_epochs_of_a_refit_are_those_at_which_the_mean_of_the_splits_is_least():
    design = Design(PLAIN_QUESTION, inner_splits=3, refits=2)
    asked, (tuned, refitted) = carry_out(tune_and_refit(design, SPACE, 0, 0, 16))
    best = next(m for p in asked[0] for m in p.members if m.setting == tuned[("weights",)].settings[0])
    assert refitted[("weights",)].epochs == 10 + best.trial + 2  # the last of splits 0, 1, 2 to come down
    refits = [m for p in asked[-1] for m in p.members if m.arm == ("weights",)]
    assert [m.seed for m in refits] == [0, 1]
    assert {m.epochs for m in refits} == {refitted[("weights",)].epochs}
    assert {m.scored_at for m in refits} == {window(refits[0].epochs)}
    assert all(m.patience > m.epochs for m in refits), "refits are not stopped by the rows that score them"


def test_none_spends_trials_on_seeds():
    asked, (tuned, _) = carry_out(tune_and_refit(Design(PLAIN_QUESTION, inner_splits=1), SPACE, 0, 0, 16))
    none = [m for p in asked[0] for m in p.members if not m.arm]
    assert [m.seed for m in none] == list(range(REPLICAS_OF_NONE))
    assert tuned[()].chosen_epochs == round(np.mean([9 + t + 1 for t in range(REPLICAS_OF_NONE)]))


def test_without_early_stopping_the_last_loss_decides_and_refits_train_all_epochs():
    asked, (tuned, refitted) = carry_out(
        tune_and_refit(Design(PLAIN_QUESTION, inner_splits=1, patience=None, epochs=30), SPACE, 0, 0, 16)
    )
    assert all(m.patience > 30 for stage in asked for p in stage for m in p.members)
    assert refitted[("dropout",)].epochs == 30
    refits = [m for p in asked[-1] for m in p.members]
    assert {m.scored_at for m in refits} == {(30,)}, "a fixed end is scored just there"
    assert tuned[("dropout",)].losses[0] >= 1


def test_every_refit_has_its_curve():
    _, (_, refitted) = carry_out(tune_and_refit(Design(PLAIN_QUESTION, inner_splits=1, refits=3), SPACE, 0, 0, 5))
    assert {r.curve.shape[0] for r in refitted.values()} == {3}


def test_packs_are_cut_to_size():
    asked, _ = carry_out(tune_and_refit(Design(PLAIN_QUESTION, inner_splits=1), SPACE, 0, 0, 5))
    assert all(len(p.members) <= 5 for stage in asked for p in stage)


def test_a_refit_reduces_its_learning_rate_where_tuning_did_before_its_end():
    # at 5, 6 and 7 in the three inner splits, and at 40, which is after every best epoch
    design = Design(PLAIN_QUESTION, inner_splits=3, refits=2)
    asked, _ = carry_out(tune_and_refit(design, SPACE, 0, 0, 16))
    refits = [m for packs in asked for p in packs if p.split == REFIT for m in p.members]
    assert len(refits) == 2 * len(PLAIN_QUESTION)
    assert {m.reductions for m in refits} == {(6,)}


def test_without_restored_weights_the_last_epoch_counts():
    last = Design(PLAIN_QUESTION, inner_splits=1, callbacks=Callbacks(restore_best_weights=False))
    for design, epochs, more in ((Design(PLAIN_QUESTION, inner_splits=1), None, 0.0), (last, 30, 1.0)):
        _, (tuned, refitted) = carry_out(tune_and_refit(design, SPACE, 0, 0, 16))
        found = tuned["dropout",]
        assert found.losses[0] == pytest.approx(min(loss_of(s) for s in found.settings) + more, abs=1e-5)
        assert epochs is None or refitted["dropout",].epochs == epochs


def loss_of(setting):
    return (setting["dropout"][0] - 0.3) ** 2 + 9


def test_packs_hold_members_of_one_program_and_results_go_to_their_arms():
    """Arms that need other programs are interleaved in the family; what each found is still its own."""
    arms = ((), ("mixup",), ("dropout",), ("l2",), ("dropout", "mixup"), ("l2", "dropout"))
    space = Space(default_ranges(arms), {"l2": 1, "dropout": 1, "mixup": 1})
    design = Design(arms, repeats=1, inner_splits=2, trials=5)
    asked, (tuned, refits) = carry_out(tune_and_refit(design, space, 0, 0, 3))
    packs = [pack for stage in asked for pack in stage]
    assert all(len({program_of(m) for m in pack.members}) == 1 for pack in packs)
    assert {program_of(pack.members[0]) for pack in packs} == {(), ("mixup",)}
    assert len({pack.name for pack in packs}) == len(packs)
    for arm in arms:
        expected = [loss(replace(MEMBER, arm=arm, setting=s)) for s in tuned[arm].settings]
        np.testing.assert_allclose(tuned[arm].losses, np.where(np.isfinite(expected), expected, np.inf), rtol=1e-5)
        assert refits[arm].setting == tuned[arm].settings[0]


MEMBER = Member((), 0, 0, {}, 1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, 1),
        ("l1,l2,dropout", 1),
        ("dropout,dropout:decay", 1),
        ("dropout,mixup", 2),
        ("none; mixup; swa; mixup+swa; l1+swa", 4),
        ("cocktail", 1),
        ("cocktail: dropout, gaussian_noise, adversarial", 3),
    ],
)
def test_programs_are_counted(text, expected):
    arms, cabinet = parse_family(text)
    assert programs(Design(arms, cabinet=cabinet)) == expected
