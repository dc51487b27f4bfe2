"""Cocktails as they are asked for, and what a study says of one; the study itself is that of tests/report."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_wine

from posology import PosologyRegressor, Study
from posology.cli.options import Ask, Where
from posology.cocktail import Chosen, Cocktail
from posology.errors import InputError
from posology.inference import words
from posology.inference.stability import Stability
from posology.judges import NumberJudge
from posology.lever_run import without_stopping
from posology.plan import CABINET, COCKTAIL, ONE, Design, Refitted, Tuned, parse_family
from posology.plan.arms import ONE as PLANNED_ONE
from posology.report.cocktail import mixed
from posology.settings import Settings
from posology.study_file import options_of
from posology.workforce import Workforce

ARMS, CHOSEN = parse_family("cocktail: dropout, mixup, swa")
X, Y = load_diabetes(return_X_y=True)


def cocktail(**more):
    return Settings(Design(ARMS, cabinet=CHOSEN), **more)


def test_a_cocktails_settings_survive_json():
    settings = cocktail(ranges={"swa": (0.1, 0.9)})
    again = Settings.from_dict(json.loads(json.dumps(settings.to_dict())))
    assert again == settings
    assert list(again.strengths()) == list(CHOSEN)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"per_layer": True}, "per_layer is given with a cocktail.*Leave it out, or name the arms"),
        ({"design": Design(ARMS, cabinet=CHOSEN, halving=3)}, "halving is given with a cocktail"),
        ({"ranges": {"ema": (10.0, 20.0)}}, "A range is given for ema, which no arm has"),
    ],
)
def test_what_does_not_go_with_a_cocktail(more, message):
    with pytest.raises(InputError, match=message):
        Settings(**{"design": Design(ARMS, cabinet=CHOSEN), **more})


@pytest.mark.parametrize(
    ("ask", "arms"),
    [
        ({"cocktail": True}, "cocktail"),
        ({"cocktail": True, "arms": "dropout,mixup,swa"}, "cocktail: dropout, mixup, swa"),
        ({"arms": "cocktail: dropout,mixup,swa"}, "cocktail: dropout, mixup, swa"),
    ],
)
def test_the_command_and_the_study_file_ask_for_it(ask, arms):
    settings = Ask(**ask).settings(Where(), print)
    assert (settings.design.arms, settings.design.cabinet) == parse_family(arms)
    held = dict.fromkeys(("table", "target", "task", "groups", "weights"), None) | {"target": "y", "drop": []}
    said = options_of(settings.to_dict(), held)["arms"]
    assert parse_family(said) == parse_family(arms)


def test_the_usual_cabinet_suits_the_target():
    wine = load_wine()
    kinds = Study("question", wine.data, wine.target_names[wine.target], arms="cocktail").settings.design.cabinet
    numbers = Study("question", X, Y, arms="cocktail").settings.design.cabinet
    assert set(CABINET) - set(kinds) == {"target_noise"}
    assert set(CABINET) - set(numbers) == {"label_smoothing"}
    with pytest.raises(InputError, match="'label_smoothing' is for a target that is classes"):
        Study("question", X, Y, arms="cocktail: dropout, label_smoothing")


def test_an_estimator_may_ask_for_one():
    settings = PosologyRegressor(arms="cocktail: dropout, swa")._settings(Study("question", X, Y).table)
    assert settings.design.cabinet == ("dropout", "swa")


def test_without_early_stopping_none_alone_stands_beside_a_cocktail():
    design = without_stopping(Design(ARMS, cabinet=CHOSEN))
    assert design is not None
    assert (design.arms, design.cabinet) == (((),), ())


def test_the_words_of_its_arms():
    assert words.COCKTAIL == COCKTAIL
    assert ONE == PLANNED_ONE
    assert [words.arm_in_words(arm) for arm in ARMS] == [
        "no regularizer", "the best single regularizer", "the cocktail",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """A study of two regularizers, as small as one can be."""
    small = {"repeats": 2, "folds": 2, "trials": 1, "refits": 1, "epochs": 3, "inner_splits": 1, "levers": False}
    folder = tmp_path_factory.mktemp("cocktail")
    few = Study("question", X[:120], Y[:120], arms="cocktail: input_dropout, swa", **small, folder=folder, workers=1)
    return few.run()


@pytest.mark.slow
def test_a_study_of_a_real_table(result):
    made = result.to_dict()["cocktail"]
    assert [(one["repeat"], one["fold"]) for one in made["chosen"]] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    for one in made["chosen"]:
        assert len(one["one"]) == 1
        assert set(one["mix"]) <= {"input_dropout", "swa"}
    rows = {row["arm"]: row for row in result.to_dict()["arms"]}
    gain = rows["one+others"]["gain_over_none"]
    assert sum(one["shapley"]["value"] for one in made["members"]) == pytest.approx(gain)
    together = made["factorial"]
    if together is not None:
        assert together["arms"]["one"]["score"] == pytest.approx(rows["one"]["r2"])
        assert together["arms"]["none"]["score"] == pytest.approx(rows["none"]["r2"])
        # with two regularizers the leading members are the mix
        assert together["arms"]["first+second"]["score"] == pytest.approx(rows["one+others"]["r2"])
        assert together["sentence"] in result.to_dict()["verdict"]["sentences"]
    assert set(result.prescription.strengths) <= {"input_dropout", "swa"}
    assert len(result.predict(X[:5])) == 5
    # what was trained is kept: a second run of the same folder is the same study
    table = Study("question", X[:120], Y[:120]).table
    again = Study.of(table, result.settings, folder=result.folder, workforce=Workforce(1))
    assert again.run().to_dict(timing=False) == result.to_dict(timing=False)


def made(worths=(), pairs=()):
    chosen = tuple(Chosen(0, f, {"swa": 0.5}, {"swa": 0.5, "mixup": 0.1}, ("swa", "mixup")) for f in range(4))
    return Cocktail(CHOSEN, 60, chosen, Stability(0.8, 0.6, 1.0), tuple(worths), tuple(pairs), None)


def test_it_is_said_in_words():
    from posology.inference import Contrast
    from posology.inference.shapley import Pair, Together, Worth

    helps, harms = Contrast(0.02, 0.002, 0.016, 0.024), Contrast(-0.03, 0.002, -0.034, -0.026)
    worths = [Worth("swa", 1.0, helps, helps), Worth("mixup", 0.75, harms, harms)]
    pairs = [
        Pair(("mixup", "swa"), 0.75, harms, Together.CONFLICT),
        Pair(("dropout", "swa"), 0.1, helps, Together.UNDECIDED),
    ]
    said = " ".join(mixed(made(worths, pairs).to_dict(), "R2"))
    for part in (
        "Each of 4 resamples mixed its own from 3 regularizers, of 60 mixes, 2.0 members on average.",
        "Chosen: swa 100%, mixup 75%.",
        "The best single one, of as many trials: swa 100%.",
        "0.80 [0.60, 1.00], excellent.",
        "gain over none, -0.0100 R2, are Shapley values; certain to be above zero: swa.",
        "The mix would be better without: mixup.",
        "mixup and swa: conflict, -0.0300 [-0.0340, -0.0260] R2.",
        "Undecided pairs: 1 of 2.",
    ):
        assert part in said


def test_what_is_not_known_is_not_said():
    from posology.inference.plain import plain

    unknown = Cocktail(CHOSEN, 60, made().chosen, Stability(np.nan, np.nan, np.nan), (), (), None)
    said = " ".join(mixed(plain(unknown.to_dict()), "R2"))
    assert "Stability" not in said
    assert "No mix has two members: there is nothing to combine." in said
    assert "Undecided" not in said


def test_a_study_of_before_there_was_a_factorial_has_no_line_of_it():
    told = made().to_dict()
    del told["factorial"]
    assert "nothing to combine" not in " ".join(mixed(told, "R2"))


class Shown(NumberJudge):
    """A judge of predictions that are the losses themselves."""

    def row_losses(self, prediction, scored):
        assert len(prediction) == scored.sum()
        return prediction, 0


def tuned_at(arm, loss):
    names = {ONE: ("swa",), COCKTAIL: ("dropout", "mixup", "swa")}.get(arm, arm)
    return Tuned(arm, (dict.fromkeys(names, (0.5,)),), np.array([loss]), np.array([5.0]), 1, 5)


def refitted_at(arm, loss):
    return Refitted(
        arm, {}, 5, np.full((2, 3, 10), loss), np.zeros(2, "float32"), np.zeros((2, 1, 2), "float32"), np.zeros((2, 0)),
        np.zeros((2, 0, 0), "float32"),
    )  # fmt: skip


def test_what_leads_is_found_on_inner_rows_and_scored_on_others():
    """On inner rows mixup and swa lead; on the rows that score, which must not choose, dropout gains most."""
    d, m, s = "dropout", "mixup", "swa"
    inner = {(d,): 0.9, (m,): 0.5, (s,): 0.6, (d, m): 0.5, (d, s): 0.6, (m, s): 0.3}
    outer = {(d,): 0.1, (m,): 0.8, (s,): 0.7, (d, m): 0.1, (d, s): 0.1, (m, s): 0.6, (): 0.9, ONE: 0.75, COCKTAIL: 0.1}
    tuned = {arm: tuned_at(arm, loss) for arm, loss in (inner | {(): 0.9, ONE: 0.6, COCKTAIL: 0.3}).items()}
    refits = {arm: refitted_at(arm, loss) for arm, loss in outer.items()}
    folds = np.stack([np.arange(20) % 2, np.arange(20) // 10])
    found = {(r, f): (tuned, refits) for r in range(2) for f in range(2)}
    made = Cocktail.of(found, Design(ARMS, repeats=2, folds=2, cabinet=CHOSEN), Shown(np.zeros(20)), folds, margin=0.01)
    assert {one.leading for one in made.chosen} == {(m, s)}
    scores = {name: one["score"] for name, one in made.factorial.to_dict()["arms"].items()}
    expected = {"none": 0.1, "first": 0.2, "second": 0.3, "first+second": 0.4, "one": 0.25}
    assert scores == pytest.approx(expected)
    said = " ".join(mixed(made.to_dict(), "R2"))
    assert "at their strengths in it: mixup+swa 4. Scores, R2: none 0.1000, the first alone 0.2000" in said
