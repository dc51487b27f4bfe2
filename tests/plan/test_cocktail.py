"""The search of a cocktail with a trainer made of a formula: what it tries, what it costs, what it finds."""

from itertools import pairwise

import numpy as np
import pytest

from posology.errors import InputError
from posology.plan import (
    CABINET,
    COCKTAIL,
    ONE,
    REFIT,
    Design,
    PackResult,
    Space,
    arm_name,
    default_ranges,
    parse_family,
    tune,
    tune_and_refit,
)
from posology.plan.arms import clash
from posology.plan.members import MOST_MEMBERS
from posology.plan.mixes import setting_of
from posology.plan.neighbours import neighbours
from posology.plan.packs import program_of
from posology.plan.tried import Tried
from posology.regularizers import REGULARIZERS

ARMS, EVERY = parse_family("cocktail")
NUMBERS = tuple(name for name in EVERY if REGULARIZERS[name].target != "classes")
SPACE = Space(default_ranges([NUMBERS]), dict.fromkeys(NUMBERS, 2))


def loss(member):
    """Dropout gains most alone, at a rate of 0.3; with mixup more, and with swa most; l1 does harm."""
    s = {name: values[0] for name, values in member.setting.items()}
    gain = 0.3 * (1 - 9 * (s["dropout"] - 0.3) ** 2) if "dropout" in s else 0.0
    gain += 0.2 * ("mixup" in s) + 0.1 * ("swa" in s) - 0.4 * ("l1" in s) - 0.02 * len(s)
    return 1 - gain


def answer(pack):
    n = len(pack.members)
    losses = np.array([loss(m) for m in pack.members], "float32")
    watched = np.full((n, 200), np.nan, "float32")
    watched[:, :10] = losses[:, None] + (np.arange(10) != 5)
    watched[:, 4:9] = losses[:, None]
    ends = np.full(n, 10, "int32")
    return PackResult(
        ends, losses, watched, losses, losses, ends, ~np.isfinite(losses), np.zeros((n, 20, 2), "float32"),
        losses, losses[:, None, None] * np.ones((n, 5, 4)), np.zeros((n, 16), "int32"), np.zeros((n, 0)),
        np.zeros((n, 0, 0), "float32"),
    )  # fmt: skip


def carry_out(procedure):
    packs, asked = next(procedure), []
    while True:
        asked += packs
        try:
            packs = procedure.send([answer(pack) for pack in packs])
        except StopIteration as end:
            return asked, end.value


@pytest.fixture(scope="module")
def found():
    design = Design(ARMS, repeats=1, folds=2, trials=12, inner_splits=4, cabinet=NUMBERS)
    return design, *carry_out(tune_and_refit(design, SPACE, 0, 0, 16))


def tuning(asked, arm):
    return [m for pack in asked if pack.split != REFIT for m in pack.members if m.arm == arm]


def test_the_best_single_and_the_best_mix_are_found(found):
    tuned, refits = found[2]
    assert list(tuned[ONE].settings[0]) == ["dropout"]
    assert tuned[ONE].settings[0]["dropout"][0] == pytest.approx(0.3, abs=0.1)
    assert set(tuned[COCKTAIL].settings[0]) == {"dropout", "mixup", "swa"}
    assert tuned[COCKTAIL].losses[0] < tuned[ONE].losses[0] < tuned[()].losses[0]
    assert list(refits[COCKTAIL].setting) == ["dropout", "mixup", "swa"]


def test_both_arms_spend_the_same(found):
    design, asked, (tuned, _) = found
    assert tuned[ONE].trained == tuned[COCKTAIL].trained == design.trainings(ONE) == 60 + 30 + 2 * 15
    assert len(tuning(asked, ONE)) == len(tuning(asked, COCKTAIL)) == 120


def test_no_more_networks_are_trained_than_are_counted(found):
    design, asked, _ = found
    count = sum(len(pack.members) for pack in asked)
    cells = 6 * (design.inner_splits + design.cell_seeds)
    least = design.members() / design.resamples - (2**MOST_MEMBERS - 2 - 6) * (design.inner_splits + design.cell_seeds)
    assert count == least
    assert count > cells
    names = [pack.name for pack in asked]
    assert len(names) == len(set(names))


def test_the_single_arm_tries_every_regularizer_and_no_mix(found):
    tried = [tuple(m.setting) for m in tuning(found[1], ONE)]
    assert {name for (name,) in tried} == set(NUMBERS)


def test_no_mix_clashes_or_is_too_large_and_the_best_single_is_raced_to_the_end(found):
    asked, (tuned, _) = found[1], found[2]
    mixes = tuning(asked, COCKTAIL)
    assert all(clash(tuple(m.setting)) is None and 1 <= len(m.setting) <= MOST_MEMBERS for m in mixes)
    assert max(len(m.setting) for m in mixes) == MOST_MEMBERS
    first = [m for m in mixes if m.trial == 0]
    assert first[0].setting == tuned[ONE].settings[0]
    assert len(first) == 4


def test_every_part_of_the_mix_is_refitted_at_the_strengths_of_the_mix(found):
    design, _, (tuned, refits) = found
    mix = tuned[COCKTAIL].settings[0]
    parts = {arm: one for arm, one in refits.items() if arm not in design.arms}
    assert set(map(arm_name, parts)) == {
        "dropout", "mixup", "swa", "dropout+mixup", "dropout+swa", "mixup+swa",
    }  # fmt: skip
    assert all(one.setting[name] == mix[name] for one in parts.values() for name in one.arm)
    assert {len(one.prediction) for one in parts.values()} == {design.cell_seeds} == {3}
    # what each came to on the inner rows is told too
    assert {arm: one.losses[0] for arm, one in tuned.items() if arm in parts} == pytest.approx(
        {arm: loss_of(one.setting) for arm, one in parts.items()}
    )


def test_one_program_serves_every_mix_of_the_usual_cabinet(found):
    design, asked, _ = found
    assert {program_of(m, design.together) for pack in asked for m in pack.members} == {()}


@pytest.mark.parametrize("costly", ["gaussian_noise", "batch_norm"])
def test_a_costly_member_has_a_program_of_its_own(costly):
    cabinet = tuple(name for name in REGULARIZERS if name in ("dropout", costly, "swa"))
    space = Space(default_ranges([cabinet]), dict.fromkeys(cabinet, 1))
    design = Design(ARMS, repeats=1, folds=2, trials=4, inner_splits=2, cabinet=cabinet)
    asked, (tuned, _) = carry_out(tune_and_refit(design, space, 0, 0, 16))
    programs = [{program_of(m, design.together) for m in pack.members} for pack in asked]
    assert all(len(one) == 1 for one in programs)
    assert {(costly,)} in programs
    # results go back to the trials that they are of
    order = [loss_of(setting) for setting in tuned[ONE].settings]
    assert tuned[ONE].losses == pytest.approx(order)


def loss_of(setting):
    from types import SimpleNamespace

    return loss(SimpleNamespace(setting=setting))


def test_another_fit_draws_other_mixes_and_the_same_fit_the_same():
    design = Design(ARMS, repeats=1, folds=2, trials=3, inner_splits=1, cabinet=NUMBERS)
    one, again, other = (carry_out(tune(design, SPACE, 0, f, 16))[1] for f in (0, 0, 1))
    assert one[ONE].settings == again[ONE].settings
    assert one[ONE].settings != other[ONE].settings


def test_tuning_for_the_prescription_of_each_arm():
    design = Design(ARMS, repeats=1, folds=2, trials=2, inner_splits=2, cabinet=NUMBERS)
    assert set(carry_out(tune(design, SPACE, 0, 0, 16, [ONE]))[1]) == {ONE}
    assert set(carry_out(tune(design, SPACE, 0, 0, 16, [ONE, COCKTAIL]))[1]) == {ONE, COCKTAIL}
    assert set(carry_out(tune(design, SPACE, 0, 0, 16, [()]))[1]) == {()}


def test_neighbours_of_a_small_cabinet_end():
    """Two regularizers that exclude one another, and more mixes than there are different ones."""
    seen = [Tried({"mixup": p}, p) for p in np.linspace(0.02, 1, 60)]
    new = neighbours(seen, 5, ["mixup", "cutmix"], 2, np.random.default_rng(0))
    assert len(new) == 5
    assert all(len(mix) == 1 for mix in new)


def test_neighbours_where_everything_diverged():
    new = neighbours([Tried({"l1": 0.5}, np.inf)], 3, ["l1", "swa"], 2, np.random.default_rng(0))
    assert len(new) == 3


def test_a_setting_follows_the_order_of_the_package():
    assert list(setting_of(SPACE, {"swa": 0.5, "l1": 0.5})) == ["l1", "swa"]


def test_the_usual_cabinet_is_in_order_and_known():
    assert EVERY == CABINET
    assert all(list(REGULARIZERS).index(a) < list(REGULARIZERS).index(b) for a, b in pairwise(CABINET))


@pytest.mark.parametrize(
    ("text", "cabinet"),
    [
        ("cocktail", CABINET),
        ("cocktail: mixup, dropout", ("dropout", "mixup")),
        ("cocktail:weights,ema", ("l1", "l2", "ema")),
        (" cocktail ", CABINET),
    ],
)
def test_cabinets(text, cabinet):
    assert parse_family(text) == (((), ONE, COCKTAIL), cabinet)


def test_named_arms_have_no_cabinet():
    assert parse_family("l1") == (((), ("l1",)), ())
    assert parse_family(None)[1] == ()
    assert parse_family(["none", "l1"])[1] == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cocktail: dropout", r"names 1 regularizers: there is nothing to mix\. Name two at least"),
        ("cocktail:", "names 0 regularizers"),
        ("cocktail: dropout, mixupp", r"unknown regularizer 'mixupp'.*Did you mean 'mixup'"),
    ],
)
def test_cabinets_that_are_none(text, message):
    with pytest.raises(InputError, match=message):
        parse_family(text)
