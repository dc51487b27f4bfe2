"""Callbacks: what they are told, in order; and that none of them can harm a study."""

import logging
import threading
from pathlib import Path

import numpy as np
import pytest

from posology import Callback, InputError, StoppedError, Study, callbacks
from posology.callbacks import Begun, Resampled, Told

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X[:, 0] - X[:, 1] + RNG.normal(size=40)
FEW = {"repeats": 1, "folds": 2, "trials": 2, "refits": 1, "epochs": 2, "inner_splits": 1, "workers": 1}
BEGUN = Begun(Path("study"), settings=None, facts={}, networks=8)
DONE = Resampled((0, 1), done=1, at_most=4, networks=2)


class Notes(Callback):
    """Writes down what it is told."""

    def __init__(self):
        self.told, self.threads = [], set()

    def _note(self, *what):
        self.told.append(what)
        self.threads.add(threading.current_thread().name)

    def on_begin(self, begun):
        self._note("begin", begun)

    def on_resample(self, done):
        self._note("resample", done)

    def on_end(self, result):
        self._note("end", result)

    def on_stop(self, reason):
        self._note("stop", reason)


class Aside(Notes):
    aside = True


class Stops(Callback):
    def on_resample(self, *_):
        raise StoppedError("enough for today")


class Breaks(Callback):
    """Fails at every turn."""

    def on_begin(self, *_):
        raise RuntimeError("no \x1b[31mserver\nthere")

    on_resample = on_end = on_stop = on_begin


class BreaksAside(Breaks):
    aside = True


@pytest.fixture(scope="module")
def stopped_and_resumed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("callbacks") / "study"
    before, after, aside = Notes(), Notes(), Aside()

    def study(*told):
        return Study("question", X, Y, arms="none; l1", levers=False, **FEW, folder=folder, callbacks=told)

    with pytest.raises(StoppedError, match="enough for today"):
        study(before, Stops()).run()
    result = study(Breaks(), BreaksAside(), after, aside).run()
    return before, after, aside, result


def test_a_callback_that_asks_stops_the_study_which_others_are_told(stopped_and_resumed):
    before, _, _, result = stopped_and_resumed
    (_, begun), (_, done), stop = before.told
    assert (begun.folder, begun.facts["rows"], begun.settings) == (result.folder, 40, result.settings)
    assert (done.done, done.at_most, len(done.where)) == (1, 2, 2)
    assert stop == ("stop", "enough for today")


def test_a_study_that_goes_on_tells_of_every_resample(stopped_and_resumed):
    _, after, aside, result = stopped_and_resumed
    for notes in (after, aside):
        names = [name for name, *_ in notes.told]
        done = [what for name, what in notes.told if name == "resample"]
        assert names == ["begin", *["resample"] * len(done), "end"]
        assert [one.done for one in done] == list(range(1, len(done) + 1))
        assert {one.where for one in done} == {(0, 0), (0, 1)}
        assert all(one.networks <= notes.told[0][1].networks for one in done)
        assert notes.told[-1][1] is result
    assert after.threads == {"MainThread"}
    assert aside.threads == {"posology-Aside"}


@pytest.mark.parametrize("broken", [Breaks, BreaksAside])
def test_one_that_fails_is_told_of_once_and_not_called_again(broken, caplog):
    notes = Notes()
    told = Told([broken(), notes])
    told.begins(BEGUN)
    told.resampled(DONE)
    told.ends("result")
    (record,) = [r for r in caplog.records if r.levelno == logging.WARNING]
    told_of = f"{broken.__name__} failed in on_begin and is not called again; the study goes on. "
    assert (record.name, record.getMessage()) == ("posology", told_of + r"RuntimeError: no \x1b[31mserver")
    assert notes.told == [("begin", BEGUN), ("resample", DONE), ("end", "result")]


def test_the_traceback_is_for_who_asks(caplog):
    caplog.set_level(logging.DEBUG, "posology")
    Told([Breaks()]).begins(BEGUN)
    assert caplog.records[-1].exc_info[0] is RuntimeError


def test_a_study_that_has_ended_cannot_be_stopped(caplog):
    class Late(Callback):
        def on_end(self, *_):
            raise StoppedError("too late")

    Told([Late()]).ends("result")
    assert "Late failed in on_end" in caplog.text


def test_who_did_not_see_a_beginning_is_not_told_of_a_stop():
    notes = Notes()
    Told([notes]).stops(RuntimeError("the table"))
    assert notes.told == []


def test_stopped_by_hand():
    notes = Notes()
    told = Told([notes])
    told.begins(BEGUN)
    told.stops(KeyboardInterrupt())
    assert notes.told[-1] == ("stop", "stopped by hand")


def test_a_study_does_not_wait_for_ever(monkeypatch, caplog):
    monkeypatch.setattr(callbacks, "PATIENCE", 0.05)
    go_on = threading.Event()

    class Hangs(Callback):
        aside = True

        def on_begin(self, *_):
            go_on.wait()

    told = Told([Hangs()])
    told.begins(BEGUN)
    told.ends("result")
    go_on.set()
    assert "Hangs has not answered for 0 s; the study does not wait for it." in caplog.text


def test_what_is_no_callback_is_refused():
    with pytest.raises(InputError, match=r"callbacks has 'mlflow', which is no posology\.Callback\. Give instances"):
        callbacks.checked_callbacks(["mlflow"])
    with pytest.raises(InputError, match=r"callbacks has <class .*Callback.*>, which is no posology\.Callback"):
        callbacks.checked_callbacks(Callback)
    assert callbacks.checked_callbacks(None) == ()
    (one,) = callbacks.checked_callbacks(Notes())
    assert isinstance(one, Notes)
