"""Packs are planned: seconds long, within memory; a study that cannot fit is refused before it starts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posology.errors import InputError
from posology.execution import sizing
from posology.execution.sizing import FLOPS, MEMORY, MOST, SECONDS, check_memory, free_memory, pack_size

sizes = st.integers(1, 10**8)


@given(sizes, sizes, sizes, st.integers(1, 10_000))
def test_packs_are_within_their_limits(state, parameters, rows, epochs):
    size = pack_size(state, parameters, rows, epochs)
    assert 1 <= size <= MOST
    if size > 1:
        assert size * 3 * parameters * rows * epochs / FLOPS <= SECONDS * 1.001
        assert 2 * size * state <= MEMORY


def test_small_networks_fill_packs_and_huge_ones_go_alone():
    assert pack_size(1_000, 100, 100, 10) == MOST
    assert pack_size(10**9, 10**8, 100, 10) == 1


def test_what_fits_is_not_refused(monkeypatch):
    monkeypatch.setattr(sizing, "free_memory", lambda: 8 * 10**9)
    check_memory(4 * 10**9, 2)
    monkeypatch.setattr(sizing, "free_memory", lambda: None)  # a system that does not say
    check_memory(10**15, 2)


@pytest.mark.parametrize(
    ("needed", "workers", "says"),
    [
        (3 * 10**9, 4, r"4 workers need about 12.0 GB of memory, and 8.0 GB are free. Use --workers 2."),
        (9 * 10**9, 1, r"A worker needs about 9.0 GB of memory, and 8.0 GB are free. Use a smaller network"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_way_out(monkeypatch, needed, workers, says):
    monkeypatch.setattr(sizing, "free_memory", lambda: 8 * 10**9)
    with pytest.raises(InputError, match=says):
        check_memory(needed, workers)


def test_this_machine_says_what_is_free():
    assert free_memory() > 10**8
