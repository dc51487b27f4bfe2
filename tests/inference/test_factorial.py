"""The factorial of two leading members: planted verdicts, the choice of the two, and what a sentence says."""

from itertools import permutations

import numpy as np
import pytest

from posology.inference.factorial import ARMS, BOTH, factorial, leaders
from posology.inference.verdict import Kind
from posology.inference.weighting import influence

ABC = ("a", "b", "c")
FOLDS = np.stack([np.random.default_rng(k).permutation(200) % 4 for k in range(3)])
WHERE = [(r, f) for r in range(3) for f in range(4)]


def parts(names):
    return [frozenset(n for k, n in enumerate(names) if i >> k & 1) for i in range(2 ** len(names))]


def study(gains, one=0.0, mix=lambda _r, _f: ABC, led=lambda _r, _f: ("b", "a")):
    """Give the arguments of a study whose parts gain what is planted, with noise of rows that all share."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.3, 200)

    def losses(rows, gain):
        return 0.5 + noise[rows] - gain + rng.normal(0, 0.01, rows.sum())

    cells, ones = {}, {}
    for r, f in WHERE:
        rows = FOLDS[r] == f
        cells[r, f] = {p: losses(rows, gains.get("".join(sorted(p)), 0.0)) for p in parts(mix(r, f))}
        ones[r, f] = losses(rows, one)
    return cells, ones, {(r, f): led(r, f) for r, f in WHERE}, FOLDS, ABC


@pytest.mark.parametrize(
    ("gains", "one", "kind", "said"),
    [
        ({"a": 0.1, "b": 0.1, "ab": 0.2}, 0.1, Kind.COMBINE, "Combine the two leading members of the mix"),
        # both beat either alone, at the strengths of the mix; one regularizer that is tuned alone does as much
        ({"a": 0.1, "b": 0.1, "ab": 0.2}, 0.2, Kind.USE_ALONE, "the best single regularizer, tuned alone is enough"),
        ({"a": 0.1, "b": 0.2, "ab": 0.2}, 0.0, Kind.USE_ALONE, "the first of them alone is enough"),
        ({"a": 0.2, "b": 0.2, "ab": 0.2}, 0.0, Kind.EQUIVALENT, "alone is enough"),
        ({}, 0.0, Kind.EQUIVALENT, "no regularizer is needed"),
    ],
)
def test_planted_verdicts(gains, one, kind, said):
    found = factorial(*study(gains, one), margin=0.03)
    assert found is not None
    assert found.analysis.verdict.kind is kind
    assert said in found.sentence
    assert "(most often a and b, in 12 of 12 resamples)" in found.sentence


def test_few_rows_leave_it_open():
    cells, ones, led, folds, order = study({"a": 0.1, "b": 0.1, "ab": 0.11})
    rng = np.random.default_rng(5)
    for where in WHERE:
        ones[where] = ones[where] + rng.normal(0, 0.5, 50)
        cells[where] = {part: losses + rng.normal(0, 0.5, 50) for part, losses in cells[where].items()}
    found = factorial(cells, ones, led, folds, order, margin=0.01)
    assert found is not None
    assert found.sentence.startswith("It is open whether to combine the two leading members")


def test_scores_and_interaction_are_those_of_the_parts():
    arguments = study({"a": 0.1, "b": 0.2, "ab": 0.25}, 0.15)
    found = factorial(*arguments, margin=0.01)
    assert found is not None
    cells, ones = arguments[:2]
    wanted = [frozenset(), frozenset("b"), frozenset("a"), frozenset("ab")]
    means = [np.mean([cells[where][part].mean() for where in WHERE]) for part in wanted]
    means.append(np.mean([one.mean() for one in ones.values()]))
    assert found.analysis.score == pytest.approx(1 - np.array(means))
    assert found.interaction.value == pytest.approx(means[1] + means[2] - means[3] - means[0])
    told = found.to_dict()
    assert list(told["arms"]) == ["none", "first", "second", "first+second", "one"]
    assert told["gain_over_best_single"]["value"] == pytest.approx(means[1] - means[3])
    assert told["best_single"] == "first"
    assert told["sentence"] == found.sentence


def test_a_mix_of_one_member_has_no_second():
    def mix(_r, f):
        return ("b", "a") if f else ("b",)

    cells, ones, led, folds, order = study({"a": 0.1, "b": 0.2, "ab": 0.3}, mix=mix, led=mix)
    found = factorial(cells, ones, led, folds, order, margin=0.01)
    assert found is not None
    scores = dict(zip(ARMS, found.analysis.score, strict=True))
    assert scores["second",] - scores[()] == pytest.approx(0.1 * 3 / 4, abs=0.01)
    assert scores[BOTH] - scores["first",] == pytest.approx(0.1 * 3 / 4, abs=0.01)
    assert [(one.names, one.resamples) for one in found.led] == [(("a", "b"), 9), (("b",), 3)]
    assert "(most often a and b, in 9 of 12 resamples; 3 had no second one)" in found.sentence
    assert factorial(cells, ones, dict.fromkeys(WHERE, ("b",)), folds, order, margin=0.01) is None


def test_the_sentence_names_a_pair_also_where_single_members_are_more_frequent():
    def mix(_r, f):
        return ("b", "a") if not f else ("b",)

    found = factorial(*study({"a": 0.1, "b": 0.2, "ab": 0.3}, mix=mix, led=mix), margin=0.01)
    assert found is not None
    assert found.led[0].names == ("b",)
    assert "(most often a and b, in 3 of 12 resamples; 9 had no second one)" in found.sentence


def test_on_a_table_under_stress_the_sentence_is_about_the_table():
    arguments = study({"a": 0.1, "b": 0.2, "ab": 0.3})
    flags = {
        "150 training rows for 80 columns: fewer than two rows a column": {"columns": 80},
        "5.0% of the row losses were capped: predictions are wild": {"capped_share": 0.05},
    }
    plain = factorial(*arguments, margin=0.01)
    assert plain is not None
    assert "Beware" not in plain.sentence
    for flag, stress in flags.items():
        found = factorial(*arguments, margin=0.01, **stress)
        assert found is not None
        about = "The verdict is about this table, not about new data of its kind."
        assert found.sentence == f"{plain.sentence} Beware: {flag}. {about}"


def test_weights_of_rows_weigh_it():
    cells, ones, led, folds, order = study({"a": 0.1, "b": 0.2, "ab": 0.25})
    weights = np.random.default_rng(0).uniform(0.5, 2.0, 200)
    found = factorial(cells, ones, led, folds, order, margin=0.01, weights=weights)
    assert found is not None
    by_row = np.zeros((3, 200))
    for (r, f), parts_ in cells.items():
        by_row[r, FOLDS[r] == f] = parts_[frozenset("ab")]
    assert found.analysis.score[ARMS.index(BOTH)] == pytest.approx(1 - influence(by_row, weights).mean())


def test_the_leaders_are_those_of_the_shapley_values_whatever_the_whole_mix_lost():
    rng = np.random.default_rng(2)
    for _ in range(20):
        loss = {part: float(rng.normal()) for part in parts("abcd")}
        worth = dict.fromkeys("abcd", 0.0)
        for order in permutations("abcd"):
            for k, name in enumerate(order):
                worth[name] += loss[frozenset(order[:k])] - loss[frozenset(order[: k + 1])]
        expected = tuple(sorted(worth, key=lambda name: -worth[name])[:2])
        inner = {part: value for part, value in loss.items() if 0 < len(part) < 4}
        assert leaders(inner) == expected


def test_leaders_where_parts_diverged():
    inner = {frozenset("a"): np.inf, frozenset("b"): 0.4, frozenset("c"): 0.3}
    pairs = {frozenset("ab"): 0.3, frozenset("ac"): 0.35, frozenset("bc"): 0.3}
    assert leaders(inner | pairs) == ("c", "b")
    assert leaders(dict.fromkeys(inner | pairs, np.inf)) == ("a", "b")
