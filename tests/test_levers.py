"""What stands beside the arms: the same rows, folds and losses; intervals of their own; kept and resumed."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from posology import Study
from posology.execution import Pool
from posology.execution.rivals import MOST_LEVELS, RIVALS, predict_rival
from posology.inference import estimate
from posology.judges import NumberJudge
from posology.lever_run import without_stopping
from posology.levers import RIDGE, TREES, Bench, Levers, beyond_the_scale
from posology.plan import PLAIN_QUESTION, REFIT, Design, Pack
from posology.progress import Silent
from posology.table import make_table
from posology.tally import Tally
from posology.terminal.result import print_result

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(40, 3)), columns=["height", "weight", "age"])
Y = (X["height"] - X["age"] + RNG.normal(size=40)).rename("price")
NONE, DROPOUT = (), ("dropout",)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    small = {"repeats": 2, "folds": 2, "trials": 1, "inner_splits": 1, "refits": 2, "epochs": 3, "patience": 1}
    folder = tmp_path_factory.mktemp("study") / "small.posology"
    return Study("question", X, Y, arms="none; l1; dropout", folder=folder, workers=1, **small).run()


def test_every_lever_is_there(result):
    advised = result.prescription.arm
    by_name = {(lever.name, lever.early_stopping): lever for lever in result.levers.each}
    with_it, without = ("trees", "ridge", "average", "as written"), ("none", "l1", "dropout")
    assert set(by_name) == {*((name, True) for name in with_it), *((name, False) for name in without)}
    assert [by_name[name, True].repeats for name in with_it] == [2, 2, 2, 2]
    assert by_name["none", False].repeats == by_name["dropout", False].repeats == 1
    assert by_name["none", False].over_none is None
    assert by_name["dropout", False].over_none is not None
    assert "average of 2 networks" in by_name["average", True].words
    assert by_name["as written", True].words == "as written (l1 0 to 0.01, dropout 0.05 to 0.08)"
    assert result.levers.advised == advised
    assert result.levers.best == result.arms[0].arm
    assert [lever.score for lever in result.levers.each] == sorted((x.score for x in by_name.values()), reverse=True)


def test_a_rival_is_scored_on_the_rows_and_folds_of_the_arms(result):
    table, design = make_table(X.assign(price=Y), "price"), result.settings.design
    study = Study.of(table, result.settings)
    job, judge = study.job(result.folder), NumberJudge(table.target)
    losses = []
    for name in [f"r{r}f{f}" for r in range(design.repeats) for f in range(design.folds)]:
        kept = np.load(result.folder / "packs" / f"lever-ridge-{name}.npz")["prediction"]
        arms = np.load(result.folder / "packs" / f"{name}-refit-0.npz")["prediction"]
        assert kept.shape == arms.shape[2:]
        inside, outside = job.rows_of(Pack("", int(name[1]), int(name[3]), REFIT, ()))
        np.testing.assert_allclose(kept, predict_rival("ridge", table, inside, outside, 0))
        losses.append(judge.row_losses(kept, np.isin(np.arange(40), outside))[0].sum())
    assert result.levers.named("ridge").score == pytest.approx(1 - sum(losses) / (design.repeats * 40))


def test_arms_without_early_stopping_are_scored_at_their_end_alone(result):
    kept = {p.stem: np.load(p)["prediction"].shape[1] for p in (result.folder / "packs").glob("*refit-0.npz")}
    endless = {name: snapshots for name, snapshots in kept.items() if name.startswith("lever-r")}
    assert set(endless.values()) == {1}
    assert set(kept.values()) == {1, 5}


def test_the_network_as_written_is_scored_as_an_arm_is(result):
    design, packs = result.settings.design, result.folder / "packs"
    judge, losses = NumberJudge(make_table(X.assign(price=Y), "price").target), []
    for where in [f"r{r}f{f}" for r in range(design.repeats) for f in range(design.folds)]:
        kept = np.load(packs / f"lever-written-{where}-refit-0.npz")["prediction"]
        assert len(kept) == design.refits
        outside = judge_rows(result, where)
        every = [judge.row_losses(one, outside)[0] for one in kept.reshape(-1, kept.shape[-1])]
        losses.append(np.mean(every, axis=0).sum())
    assert result.levers.named("as written").score == pytest.approx(1 - sum(losses) / (design.repeats * 40))


def judge_rows(result, where):
    job = Study.of(make_table(X.assign(price=Y), "price"), result.settings).job(result.folder)
    outside = job.rows_of(Pack("", int(where[1]), int(where[3]), REFIT, ()))[1]
    return np.isin(np.arange(40), outside)


def test_it_stands_in_the_verdict_and_its_difference_is_that_of_the_table(result):
    own = result.levers.named("as written")
    said = f"Your network {own.words} has {own.score:.4f} R2: {own.over_advised.value:+.4f} ["
    assert said in str(result.verdict)


@pytest.mark.parametrize(
    ("loss", "scale", "said"),
    [
        ("mean_squared_error", [(5.0, 10.0)], "its penalties weigh 100 times less."),
        ("MeanSquaredError", [(5.0, 0.5)], "its penalties weigh 4.0 times more."),
        ("mean_squared_error", [(5.0, 1.1)], ""),
        ("huber", [(5.0, 10.0)], "its penalties weigh differently."),
        ("mean_squared_error", [(5.0, 10.0), (1.0, 2.0)], "its penalties weigh differently."),
        ("binary_crossentropy", [], ""),
    ],
)
def test_what_penalties_weigh_on_the_target_as_it_is(loss, scale, said):
    found = beyond_the_scale({"loss": loss, "kernels": [{"present": {"l1": 0.0, "l2": 0.1}}]}, scale)
    assert found.endswith(said)
    assert bool(found) == bool(said)
    assert beyond_the_scale({"loss": loss, "kernels": [{"present": {"l1": 0.0}}, {"present": {}}]}, scale) == ""


def test_penalties_on_the_target_as_it_is_do_what_that_share_does_on_the_standardized():
    """Two ridges, exactly: one hidden kernel fits y by an output of sd, and z by one of 1, at a penalty sd² smaller."""
    x, y = X.to_numpy(), Y.to_numpy()
    z, sd, own = (y - y.mean()) / y.std(), y.std(), 3.0

    def fitted(target, hidden, last):
        # the mean squared error of last * x @ w, and hidden * w @ w
        return np.linalg.solve(x.T @ x * last**2 + 40 * hidden * np.eye(3), last * x.T @ (target - target.mean()))

    np.testing.assert_allclose(fitted(y, own, sd), fitted(z, own / sd**2, 1.0))


def test_the_forecast_counts_the_networks_of_levers(result):
    trained = {p.name for p in (result.folder / "packs").glob("lever-*-*-*.npz")}
    networks = sum(len(np.load(result.folder / "packs" / name)["failed"]) for name in trained)
    found = Study.of(make_table(X.assign(price=Y), "price"), result.settings).forecast()
    assert found.lever_networks == networks


def test_what_no_arm_has_is_said_to_be_left_out(tmp_path):
    small = {"repeats": 1, "folds": 2, "trials": 1, "inner_splits": 1, "refits": 1, "epochs": 1}
    few = Study("question", X, Y, arms="none; l2", folder=tmp_path / "few.posology", workers=1, **small).run()
    assert few.levers.named("as written") is None
    assert few.levers.note == "the network as written, for no arm has its l1 and dropout"
    assert "Your network as written" not in str(few.verdict)


class AtTheEnd(Silent):
    """Tells when the arms are done."""

    def __init__(self):
        self.reached = False

    def stage(self, text):
        self.reached |= text.startswith("scoring trees")


def test_what_had_no_time_left_is_said(tmp_path, monkeypatch):
    end = AtTheEnd()
    monkeypatch.setattr(Tally, "in_time", lambda _: not end.reached)
    small = {"repeats": 1, "folds": 2, "trials": 1, "inner_splits": 1, "refits": 1, "epochs": 1}
    late = Study("question", X, Y, arms="none; l1; dropout", folder=tmp_path / "late", workers=1, **small).run(end)
    assert {lever.name for lever in late.levers.each} == {TREES, RIDGE}
    assert late.levers.note == (
        "no time was left for the network as written; no time was left for the arms without early stopping"
    )


def test_levers_are_in_the_json_and_a_frame(result):
    kept = json.loads((result.folder / "verdict.json").read_text())["levers"]
    assert [lever["words"] for lever in kept["each"]] == list(result.levers.to_frame().index)
    assert kept["gain_of_early_stopping"].keys() == {"value", "se", "lower", "upper"}


def test_how_networks_behave_is_in_the_json_and_in_frames(result):
    kept = json.loads((result.folder / "verdict.json").read_text())["behaviour"]
    assert [len(kept[name]) for name in ("robustness", "weights", "fitting")] == [3 * 9, 3 * 3, 3]
    robust, weights = result.robustness(), result.weights()
    assert set(robust["kind"]) == {"noise", "missing", "units"}
    assert np.isfinite(robust[["score", "drop", "drop_se"]]).all(axis=None)
    assert weights["array"].unique().tolist() == ["dense/kernel", "dense_1/kernel", "dense_2/kernel"]
    assert (weights["largest"] <= weights["norm"]).all()


def test_the_terminal_shows_them(result, capsys):
    print_result(result)
    out = capsys.readouterr().out
    for lever in result.levers.each:
        assert lever.words in out
    assert "none with early stopping minus none without: " in out
    assert "What an arm gains over none where neither stops early: dropout " in out
    assert "drop under" in out
    assert "largest" in out


def test_a_resumed_study_keeps_them_and_trains_nothing(result, monkeypatch):
    for name in ("rival", "submit", "finish"):
        monkeypatch.setattr(Pool, name, None)
    again = Study("question", X, Y, folder=result.folder, workers=1, **_asked(result)).run()
    assert again.to_dict(timing=False) == result.to_dict(timing=False)


def _asked(result):
    names = ("repeats", "folds", "trials", "inner_splits", "refits", "epochs", "patience")
    return {"arms": "none; l1; dropout", **{name: getattr(result.settings.design, name) for name in names}}


def test_arms_without_stopping_have_equal_and_bounded_budgets():
    design = Design(PLAIN_QUESTION, trials=8, inner_splits=4, refits=6, ensemble=3, halving=2)
    found = without_stopping(design)
    assert found.arms == ((), ("weights",), ("dropout",))
    assert (found.patience, found.repeats, found.inner_splits, found.refits, found.ensemble) == (None, 1, 1, 3, 1)
    assert found.trainings(("weights",)) == found.trainings(("dropout",)) == 8
    assert without_stopping(replace(design, patience=None)) is None


def bench():
    folds = np.stack([RNG.permutation(200) % 4 for _ in range(3)])
    noise = RNG.uniform(0.3, 0.7, size=(3, 200))
    losses = {NONE: noise + 0.1, DROPOUT: noise}
    return Bench(losses, folds, NONE), noise


def test_differences_are_those_of_the_covariance_of_the_verdict():
    own, noise = bench()
    losses = noise - 0.05 + RNG.normal(0, 0.01, noise.shape)
    lever = own.lever(TREES, "boosted trees", losses)
    found = estimate(np.stack([losses, own.losses[NONE]]), own.folds)
    assert lever.over_advised.value == pytest.approx(own.losses[NONE].mean() - losses.mean())
    assert lever.over_advised.se == pytest.approx(found.se(np.array([1.0, -1.0])))
    assert lever.over_best.value == pytest.approx(noise.mean() - losses.mean())
    first = own.lever("none", "none, all epochs", losses[:1])
    alone = estimate(np.stack([losses[:1], own.losses[NONE][:1]]), own.folds[:1])
    assert first.over_advised.se == pytest.approx(alone.se(np.array([1.0, -1.0])))


@pytest.mark.parametrize(
    ("gain", "said"), [(0.2, ", by more than your margin."), (0.005, "though not certainly by more"), (-0.1, "")]
)
def test_trees_that_win_are_named(gain, said):
    own, noise = bench()
    trees = own.lever(TREES, "boosted trees", noise - gain + RNG.normal(0, 0.001, noise.shape))
    sentence = Levers(NONE, own.best, (trees,)).sentence(0.01, "R2")
    assert said in sentence
    assert bool(sentence) == bool(said)
    assert not said or "over dropout, the best arm" in sentence


@pytest.mark.parametrize(("words", "who"), [("ridge", "A ridge"), ("logistic regression", "A logistic regression")])
def test_a_linear_model_that_wins_is_named(words, who):
    own, noise = bench()
    ridge = own.lever(RIDGE, words, noise - 0.2 + RNG.normal(0, 0.001, noise.shape))
    assert Levers(NONE, own.best, (ridge,)).sentence(0.01, "R2").startswith(f"{who} predicts this table better than")
    trees = own.lever(TREES, "boosted trees", noise - 0.3 + RNG.normal(0, 0.001, noise.shape))
    assert Levers(NONE, own.best, (ridge, trees)).sentence(0.01, "R2").startswith("Boosted trees with their defaults")


@pytest.mark.parametrize("name", list(RIVALS))
@pytest.mark.parametrize("classes", [False, True])
def test_rivals_take_missing_cells_many_levels_and_classes(name, classes):
    rows = 320
    number, plant = RNG.normal(size=rows), RNG.choice(list("xyz"), rows)
    frame = pd.DataFrame(
        {"number": number, "plant": plant, "many": [f"l{i % (MOST_LEVELS + 40)}" for i in range(rows)]}
    )
    frame.loc[::7, "number"] = np.nan
    frame.loc[::9, "plant"] = None
    y = number + (plant == "x")
    frame["y"] = np.where(y > 0.5, "high", "low") if classes else y
    table = make_table(frame, "y")
    inside, outside = np.arange(220), np.arange(220, rows)
    found = predict_rival(name, table, inside, outside, 0)
    if classes:
        assert found.shape == (100, 2)
        np.testing.assert_allclose(found.sum(axis=1), 1)
        assert (found.argmax(axis=1) == table.target[outside]).mean() > 0.7
    else:
        assert np.corrcoef(found, table.target[outside])[0, 1] > 0.7
    np.testing.assert_array_equal(found, predict_rival(name, table, inside, outside, 0))
