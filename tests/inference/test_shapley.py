"""What members of a mix are worth: against averages over all orders, on planted games, and their sum."""

from itertools import permutations

import numpy as np
import pytest

from posology.inference.shapley import Together, added, interaction, shapley, worths
from posology.inference.stability import stability

ABC = ("a", "b", "c")


def subsets(names):
    return [frozenset(n for n, bit in zip(names, f"{i:0{len(names)}b}", strict=True) if bit == "1") for i in range(8)]


def value(weights, game):
    return sum(weight * game[part] for part, weight in weights.items())


@pytest.fixture
def game():
    rng = np.random.default_rng(3)
    return {part: float(rng.normal()) for part in subsets(ABC)}


@pytest.mark.parametrize("name", ABC)
def test_a_shapley_value_is_the_mean_over_all_orders(game, name):
    gains = []
    for order in permutations(ABC):
        before = frozenset(order[: order.index(name)])
        gains.append(game[before | {name}] - game[before])
    assert value(shapley(ABC, name), game) == pytest.approx(np.mean(gains))


def test_an_interaction_is_that_of_the_verdicts_own_machinery(game):
    from posology.inference.contrasts import shapley_interaction

    arms = [tuple(sorted(part)) for part in game]
    weights = shapley_interaction(arms, "a", "b")
    assert value(interaction(ABC, "a", "b"), game) == pytest.approx(weights @ np.array(list(game.values())))


def test_an_interaction_is_summed_in_the_same_order_in_every_process():
    """A set of texts has another order in each, and sums of floats other last bits: verdict.json differed by them."""
    order = ["ab", "b", "abc", "bc", "a", "", "ac", "c"]
    assert ["".join(sorted(part)) for part in interaction(["a", "b", "c"], "a", "b")] == order


def test_what_one_adds_beside_the_other_minus_without_it_is_their_interaction(game):
    beside, without = (value(added(ABC, "a", "b", beside=there), game) for there in (True, False))
    assert value(interaction(ABC, "a", "b"), game) == pytest.approx(beside - without)
    assert value(interaction(ABC, "b", "a"), game) == pytest.approx(beside - without)


FOLDS = np.stack([np.random.default_rng(k).permutation(200) % 4 for k in range(3)])


def planted(gain, mixes=lambda _r, _f: ABC):
    """Give cells whose parts lose `1 - gain(part)` on average, with noise of rows that all parts share."""
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 0.3, 200)
    cells = {}
    for r in range(3):
        for f in range(4):
            rows = FOLDS[r] == f
            mix = mixes(r, f)
            cells[r, f] = {
                part & frozenset(mix): 1 + noise[rows] - gain(part & frozenset(mix)) + rng.normal(0, 0.01, rows.sum())
                for part in subsets(ABC)
            }
    return cells


def test_planted_worths_and_their_sum():
    gains = {"a": 0.2, "b": 0.05, "c": 0.0}
    cells = planted(lambda part: sum(gains[name] for name in part))
    singles, pairs = worths(cells, FOLDS, ABC)
    for one in singles:
        assert one.shapley.lower < gains[one.name] < one.shapley.upper
        assert one.left_out.lower < gains[one.name] < one.left_out.upper
        assert one.share == 1
    assert {pair.together for pair in pairs} == {Together.UNDECIDED}
    full = np.mean([cells[w][frozenset(ABC)].mean() for w in cells])
    none = np.mean([cells[w][frozenset()].mean() for w in cells])
    assert sum(one.shapley.value for one in singles) == pytest.approx(none - full)


@pytest.mark.parametrize(
    ("both", "expected"),
    [(0.5, Together.SYNERGY), (0.25, Together.REDUNDANCY), (0.05, Together.CONFLICT), (0.4, Together.UNDECIDED)],
)
def test_a_planted_pair_has_its_name(both, expected):
    def gain(part):
        return both if {"a", "b"} <= part else 0.2 * len(part & {"a", "b"})

    pairs = {pair.names: pair for pair in worths(planted(gain), FOLDS, ABC)[1]}
    assert pairs["a", "b"].together is expected
    assert pairs["a", "b"].interaction.value == pytest.approx(both - 0.4, abs=0.01)


def test_a_member_counts_for_nothing_where_it_was_not_chosen():
    cells = planted(lambda part: 0.2 * ("a" in part), lambda _r, f: ("a", "b") if f else ("b",))
    singles, pairs = worths(cells, FOLDS, ABC)
    by_name = {one.name: one for one in singles}
    assert list(by_name) == ["b", "a"]  # the most often chosen first; c was never chosen
    assert by_name["a"].share == 0.75
    assert by_name["a"].shapley.value == pytest.approx(0.2 * 0.75, abs=0.005)
    assert [pair.names for pair in pairs] == [("a", "b")]


def test_mixes_of_nothing():
    cells = {(0, f): {frozenset(): np.zeros(int((FOLDS[0] == f).sum()))} for f in range(4)}
    assert worths(cells, FOLDS[:1], ABC) == ([], [])


def test_weights_of_rows_weigh_what_a_member_is_worth():
    """One row in ten, which alone gains by a, has half of the weight: a is worth as much more."""
    heavy = np.arange(200) % 10 == 0
    weights = np.where(heavy, 9.0, 1.0)
    cells = {
        (r, f): {
            frozenset(): np.ones(int((FOLDS[r] == f).sum())),
            frozenset({"a"}): 1.0 - heavy[FOLDS[r] == f],
        }
        for r in range(3)
        for f in range(4)
    }
    assert worths(cells, FOLDS, ABC)[0][0].shapley.value == pytest.approx(0.1)
    assert worths(cells, FOLDS, ABC, weights=weights)[0][0].shapley.value == pytest.approx(0.5)


def test_stability_is_fleiss_kappa():
    from statsmodels.stats.inter_rater import fleiss_kappa

    rng = np.random.default_rng(0)
    chosen = rng.random((9, 12)) < rng.random(12)
    table = np.stack([(~chosen).sum(axis=0), chosen.sum(axis=0)], axis=1)
    found = stability(chosen)
    assert found.value == pytest.approx(fleiss_kappa(table))
    assert found.lower < found.value < found.upper


def test_stability_at_its_ends():
    same = np.tile([True, False, False], (5, 1))
    assert (stability(same).value, stability(same).words) == (1.0, "excellent")
    assert np.isnan(stability(np.ones((5, 3), bool)).value)
    assert stability(np.ones((5, 3), bool)).words == ""
    random = np.random.default_rng(0).random((400, 10)) < 0.3
    assert abs(stability(random).value) < 0.02
    assert stability(random).words == "poor"


def test_the_interval_of_a_stability_holds_what_it_should():
    rng, held, share = np.random.default_rng(5), 0, np.array([0.9, 0.8, 0.5, 0.2, 0.1, 0.1, 0.1, 0.1])
    mean = share.mean()
    truth = 1 - np.mean(share * (1 - share)) / (mean * (1 - mean))
    for _ in range(200):
        found = stability(rng.random((40, 8)) < share)
        held += found.lower <= truth <= found.upper
    assert 0.88 <= held / 200 <= 0.99
