"""Regularizers that are on or off: nothing to search, one setting, no schedule, a program of their own where on."""

import numpy as np
import pytest

from posology.errors import InputError
from posology.plan import REFIT, Design, Member, PackResult, Space, default_ranges, parse_arms, tune_and_refit
from posology.plan.arms import clash
from posology.plan.members import REPLICAS_OF_NONE
from posology.plan.mixes import singles
from posology.plan.neighbours import neighbours
from posology.plan.packs import program_of, programs
from posology.plan.tried import Tried, is_new
from posology.regularizers import REGULARIZERS
from posology.report.charts.trials import Axis
from posology.settings import Settings, check_range

ARMS = parse_arms("none; dropout; batch_norm; dropout+batch_norm")
SPACE = Space(default_ranges(ARMS), {"dropout": 2, "batch_norm": 2})


def answer(pack):
    """Dropout of 0.2 is best, and better with the layer than without."""
    n = len(pack.members)
    rates = [m.setting.get("dropout", (0.0,))[0] for m in pack.members]
    on = [any(m.setting.get("batch_norm", ())) for m in pack.members]
    losses = np.array([1 + (r - 0.2) ** 2 - 0.1 * o for r, o in zip(rates, on, strict=True)], "float32")
    watched = np.full((n, 200), np.nan, "float32")
    watched[:, :10] = losses[:, None] + (np.arange(10) != 5)
    ends = np.full(n, 10, "int32")
    return PackResult(
        ends, losses, watched, losses, losses, ends, np.zeros(n, bool), np.zeros((n, 20, 2), "float32"), losses,
        losses[:, None, None] * np.ones((n, 5, 4)), np.zeros((n, 16), "int32"), np.zeros((n, 0)),
        np.zeros((n, 0, 0), "float32"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def found():
    design = Design(ARMS, repeats=1, folds=2, trials=12, inner_splits=2)
    procedure, asked = tune_and_refit(design, SPACE, 0, 0, 16), []
    packs = next(procedure)
    while True:
        asked += packs
        try:
            packs = procedure.send([answer(pack) for pack in packs])
        except StopIteration as end:
            return design, asked, end.value[0]


def tried(asked, arm):
    return [m for pack in asked if pack.split == 0 for m in pack.members if m.arm == arm]


def test_alone_it_spends_what_none_spends_on_its_number_of_epochs(found):
    design, asked, tuned = found
    replicas = tried(asked, ("batch_norm",))
    assert len(replicas) == len(tried(asked, ())) == REPLICAS_OF_NONE // design.inner_splits
    assert {tuple(m.setting.items()) for m in replicas} == {(("batch_norm", (1.0, 1.0)),)}
    assert len({m.seed for m in replicas}) == len(replicas)
    assert tuned[("batch_norm",)].trained == design.trainings(("batch_norm",)) == design.trainings(())
    assert tuned[("batch_norm",)].chosen_epochs == tuned[()].chosen_epochs


def test_beside_others_their_strengths_are_searched_with_it_and_it_may_be_off(found):
    asked, tuned = found[1], found[2]
    settings = [m.setting for m in tried(asked, ("dropout", "batch_norm"))]
    assert len(settings) == len(tried(asked, ("dropout",))) == 12
    assert {m["batch_norm"][0] for m in settings} == {0.0, 1.0}
    assert len({tuple(s.items()) for s in settings}) > 8, "its one setting crosses many of dropout, not one many times"
    best = tuned["dropout", "batch_norm"].settings[0]
    assert best["batch_norm"] == (1.0, 1.0)
    assert best["dropout"][0] == pytest.approx(0.2, abs=0.1)


def test_networks_with_and_without_the_layer_are_in_no_pack_together(found):
    for pack in found[1]:
        assert len({any(m.setting.get("batch_norm", ())) for m in pack.members}) == 1
    arm = ("dropout", "batch_norm")
    on, off = (Member(arm, 0, 0, {"dropout": (0.1,), "batch_norm": (s,)}, 1, 1) for s in (1.0, 0.0))
    assert (program_of(on), program_of(off)) == (("batch_norm",), ())
    assert programs(found[0]) == 2
    assert any(pack.split == REFIT for pack in found[1])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("batch_norm:decay", "the strength of batch_norm is about the whole of a training, and has no schedule"),
        ("batch_norm:rising", "batch_norm does not act layer by layer"),
        ("batch_norm+layer_norm", "batch_norm and layer_norm cannot be in one arm"),
    ],
)
def test_arms_that_cannot_be(text, message):
    with pytest.raises(InputError, match=message):
        parse_arms(text)


def test_two_normalizations_are_in_no_arm_together_whoever_wrote_them(monkeypatch):
    class Other(type(REGULARIZERS["layer_norm"])):
        name, excludes = "other_norm", ()

    monkeypatch.setitem(REGULARIZERS, "other_norm", Other())
    assert clash(["dropout", "batch_norm", "other_norm"]) == ("batch_norm", "other_norm")
    assert clash(["dropout", "other_norm"]) is None


def test_in_a_mix_it_is_on_and_nowhere_between():
    rng = np.random.default_rng(0)
    cabinet = ["l1", "swa", "batch_norm"]
    mixes = singles(cabinet, 3, rng)
    assert [mix for mix in mixes if "batch_norm" in mix] == [{"batch_norm": 1.0}]
    seen = [Tried(mix, float(i)) for i, mix in enumerate([{"batch_norm": 1.0}, {"batch_norm": 1.0, "l1": 0.4}])]
    new = neighbours(seen, 12, cabinet, 3, rng)
    assert {mix["batch_norm"] for mix in new if "batch_norm" in mix} == {1.0}
    assert all(is_new(mix, [one.mix for one in seen]) for mix in new)
    shifted = [mix for mix in new if set(mix) == {"batch_norm", "l1"}]
    assert len({mix["l1"] for mix in shifted}) == len(shifted) > 2, "what is searched moves"


def test_it_has_no_range():
    with pytest.raises(InputError, match="A range is given for batch_norm, which is on or off"):
        check_range("batch_norm", 0.0, 1.0)
    assert Settings(Design(ARMS)).strengths()["batch_norm"].is_switch


def test_charts_of_trials_have_one_bin_for_on():
    axis = Axis.of("batch_norm", {"low": 1.0, "high": 1.0, "scale": "switch"})
    assert axis.bins(np.array([0.0, 1.0])).tolist() == [0, 1]
    assert axis.label(1) == "1"
