"""`calibrate` in Python: what is refused, what comes back."""

import json
import re
from dataclasses import replace

import pytest

from posology.calibration import simulation
from posology.calibration.generators import SUITE, suite
from posology.calibration.simulation import Calibration, calibrate, same_again
from posology.calibration.targets import Target
from posology.errors import InputError


def test_generators_are_judged():
    told = []
    found = calibrate(["E2"], 2, rows=60, columns=4, tell=lambda *said: told.append(said))
    assert told == [("E2", 1, 2), ("E2", 2, 2)]
    assert {t.name for t in found.targets} >= {"T2", "T3", "T6", "T10"}
    assert [p.method for p in found.power] == ["naive t", "Nadeau-Bengio", "TWR"]
    assert json.loads(json.dumps(found.to_dict()))["targets"][0]["inside"] in {"yes", "open", "no"}


def test_every_generator_takes_another_size():
    for generator in suite(rows=50, columns=6).values():
        assert generator.rows == 50


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"names": ["N1-laso"]}, "Unknown generator 'N1-laso'. Did you mean 'N1-lasso'? Known: N0"),
        ({"names": []}, "No generator is named. Known: N0, N1"),
        ({"studies": 1}, "studies is 1; it must be at least 2."),
        ({"rows": 10}, "rows is 10; it must be at least 40."),
        ({"columns": 1}, "columns is 1; it must be at least 4."),
    ],
)
def test_what_is_refused(asked, message):
    with pytest.raises(InputError, match=re.escape(message)):
        calibrate(**asked)


def test_the_same_again_is_seen(monkeypatch):
    small = replace(SUITE["E2"], rows=60, repeats=2, folds=2)
    assert same_again(small, 0, studies=1).rate == 1.0
    drawn = iter(range(100))
    plain = simulation.nested
    monkeypatch.setattr(simulation, "nested", lambda asked, table, _: plain(asked, table, next(drawn)))
    assert same_again(small, 0, studies=1).rate == 0.0


def test_missed_are_those_wholly_outside():
    rates = [Target("T1", "N0", "w", r, 9, r - 0.01, r + 0.01, 0.05, most=True) for r in (0.02, 0.05, 0.2)]
    assert Calibration(rates, []).missed == [rates[2]]
