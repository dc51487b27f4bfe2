"""The networks of a run are counted by repeat, where they begin."""

from posology.plan import ALL_ROWS, Design, parse_arms
from posology.posting import Posted
from posology.progress import Silent
from posology.tally import Tally

from .packs import pack


class Keeps(Silent):
    def __init__(self):
        self.counted, self.most = [], []

    def total(self, networks):
        self.most.append(networks)

    def trained(self, networks, text, *, kept):  # noqa: ARG002
        self.counted.append((networks, kept))


def test_networks_are_counted_by_repeat_where_they_begin():
    told = Keeps()
    tally = Tally(Design(parse_arms("none; l1")), None, Posted(told))
    tally.count(pack("a", [0, 1, 2]), kept=True)
    tally.count(pack("b", [3], repeat=1), kept=False)
    tally.count(pack("c", [4, 5], repeat=ALL_ROWS), kept=False)
    tally.expect(10)
    assert told.counted == [(3, True), (1, False), (2, False)]
    assert (tally.total, told.most) == (6, [16])
    assert tally.of([0, ALL_ROWS]) == 5, "without the repeat that was begun ahead"
    assert tally.in_time()


def test_a_budget_that_ends_leaves_no_time():
    assert not Tally(Design(parse_arms("none; l1")), 0.0, Posted(Silent())).in_time()
