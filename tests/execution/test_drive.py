"""Procedures side by side, on a pool made of formulas."""

from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest

from posology.execution.drive import drive
from posology.plan import Pack, PackResult


def result(value):
    one = np.array([value], "float32")
    whole = np.array([1], "int32")
    curve = np.zeros((1, 1, 2), "float32")
    return PackResult(
        *(whole, one, one[:, None], one, one, whole, np.array([False]), curve, one),
        *(np.zeros((1, 1, 0)), np.zeros((1, 16), "int32")),
        *(np.zeros((1, 0)), np.zeros((1, 0, 0), "float32")),
    )


def pack(name):
    return Pack(name, 0, 0, 0, ())


def procedure(name, stages):
    total = 0.0
    for stage, width in enumerate(stages):
        results = yield [pack(f"{name}-{stage}-{i}") for i in range(width)]
        total += sum(float(r.best_loss[0]) * 10**i for i, r in enumerate(results))
    return total


def value_of(p):
    return float(sum(map(ord, p.name)) % 7)


def run(procedures, submit=None, known=None, **kwargs):
    kept = []
    with ThreadPoolExecutor(3) as pool:
        submit = submit or (lambda p: pool.submit(lambda: result(value_of(p))))
        found = dict(
            drive(
                procedures,
                submit,
                known or (lambda _: None),
                lambda p, _: kept.append(p.name),
                ahead=4,
                **kwargs,
            )
        )
    return found, kept


STUDY = [(n, [2, 1, 3]) for n in "abcdefg"]


def named():
    return [(n, procedure(n, stages)) for n, stages in STUDY]


def test_every_procedure_returns_and_every_pack_is_kept_once():
    found, kept = run(named())
    assert set(found) == set("abcdefg")
    assert len(kept) == len(set(kept)) == 7 * 6


def test_results_reach_their_pack_in_order():
    found, _ = run(named())
    for name, stages in STUDY:
        want = sum(value_of(pack(f"{name}-{s}-{i}")) * 10**i for s, width in enumerate(stages) for i in range(width))
        assert found[name] == want


def test_known_packs_are_not_trained_again():
    expected, _ = run(named())
    found, kept = run(named(), known=lambda p: result(value_of(p)) if p.name[-1] == "0" else None)
    assert found == expected
    assert not [name for name in kept if name.endswith("0")]


def test_a_finished_study_trains_nothing():
    found, kept = run(named(), submit=None, known=lambda p: result(value_of(p)))
    assert len(found) == 7
    assert kept == []


def test_a_tick_that_says_no_ends_the_run():
    ticks = iter([True, True, False])
    _, kept = run(named(), tick=lambda: next(ticks))
    assert len(kept) < 42


def test_an_error_of_a_pack_is_raised():
    broken: Future = Future()
    broken.set_exception(RuntimeError("worker gone"))
    with pytest.raises(RuntimeError, match="worker gone"):
        run(named(), submit=lambda _: broken)


def test_no_more_than_needed_is_submitted_ahead():
    waiting, submitted = [], []

    def submit(p):
        submitted.append(p.name)
        future: Future = Future()
        waiting.append((future, p))
        if len(waiting) >= 4:
            first, q = waiting.pop(0)
            first.set_result(result(value_of(q)))
        return future

    def tick():
        if waiting:
            first, q = waiting.pop()
            first.set_result(result(value_of(q)))
        return True

    found, _ = run(named(), submit=submit, tick=tick)
    assert len(found) == 7
    assert submitted[0] == "a-0-0"
