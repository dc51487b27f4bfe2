"""Callbacks: who is told when a study begins, goes on, ends or stops; and what happens when one of them fails.

No callback can harm a study: one that raises is told of once, by the logger "posology", and is not called again.
"""

import logging
import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.errors import InputError, StoppedError
from posology.wording import first_line, printable

if TYPE_CHECKING:
    from posology.result import StudyResult
    from posology.settings import Settings

PATIENCE = 60.0
"""Seconds that a finished study waits for a callback that is told in a thread of its own."""

log = logging.getLogger("posology")


@dataclass(frozen=True)
class Begun:
    """A study that begins, or goes on where it was stopped.

    Parameters
    ----------
    folder : Path
        Where it is kept.
    settings : Settings
        What it is asked.
    facts : mapping
        As study.json: `target`, `rows`, `fingerprint`, `versions`, `table`.
    networks : int
        The most that it may come to.
    """

    folder: Path
    settings: "Settings"
    facts: Mapping[str, Any]
    networks: int


@dataclass(frozen=True)
class Resampled:
    """An outer resample of which every arm is tuned and refitted, those of an earlier run included.

    It has no scores: who sees which arm leads stops when a lead suits him.

    Parameters
    ----------
    where : (int, int)
        Its repeat and fold; they end in any order.
    done, at_most : int
        Resamples so far, and those of all repeats; a study ends before, where it is decided.
    networks : int
        Trained so far.
    """

    where: tuple[int, int]
    done: int
    at_most: int
    networks: int


class Callback:
    """Told what happens in a study; a subclass has those of the methods that it wants.

    They are called in the thread that runs the study, which waits for them. With `aside = True` they are called in a
    thread of their own, in order, and no training waits; a finished study waits for them a minute at most.

    A method that raises is told of once, by the logger "posology", and its callback is not called again: the study goes
    on, to the same verdict. One error is an order: `StoppedError` from `on_begin` or `on_resample`, unless aside, stops
    the study, which can be resumed.

    Examples
    --------
    >>> class Counts(Callback):
    ...     def on_resample(self, done):
    ...         print(f"{done.done} of at most {done.at_most} resamples")
    >>> Counts().on_resample(Resampled((0, 1), done=1, at_most=25, networks=120))
    1 of at most 25 resamples
    """

    aside: bool = False
    """Whether it is told in a thread of its own."""

    def on_begin(self, begun: Begun) -> None:
        """Take that a study begins, or goes on; nothing is trained yet in this run."""

    def on_resample(self, done: Resampled) -> None:
        """Take that an outer resample is done."""

    def on_end(self, result: "StudyResult") -> None:
        """Take what the study found; everything is in its folder, the report too."""

    def on_stop(self, reason: str) -> None:
        """Take that the study was stopped, or failed; most can be resumed."""


def checked_callbacks(callbacks: Any) -> tuple[Callback, ...]:
    """Refuse what is no callback.

    Raises
    ------
    InputError
        Something else than an instance of a subclass of `Callback`.
    """
    if callbacks is None:
        return ()
    given = tuple(callbacks) if isinstance(callbacks, Iterable) else (callbacks,)
    for one in given:
        if not isinstance(one, Callback):
            raise InputError(
                f"callbacks has {printable(repr(one)[:80])}, which is no posology.Callback. Give instances of its "
                "subclasses; what belongs to model.fit goes to fit={'callbacks': [...]}."
            )
    return given


class Told:
    """The callbacks of one run; none of them can raise but to stop the study.

    Parameters
    ----------
    callbacks : sequence of Callback
    """

    def __init__(self, callbacks: Sequence[Callback]) -> None:
        self._left: list[Callback | _Aside] = [_Aside(one) if one.aside else one for one in callbacks]
        self._begun = False

    def begins(self, begun: Begun) -> None:
        """Tell that the study begins."""
        self._begun = True
        self._tell("on_begin", begun, may_stop=True)

    def resampled(self, done: Resampled) -> None:
        """Tell that a resample is done."""
        self._tell("on_resample", done, may_stop=True)

    def ends(self, result: "StudyResult") -> None:
        """Tell what was found, and wait for those aside."""
        self._tell("on_end", result)
        self._wait()

    def stops(self, error: BaseException) -> None:
        """Tell why the study stopped, where it had begun, and wait for those aside."""
        if self._begun:
            self._tell("on_stop", "stopped by hand" if isinstance(error, KeyboardInterrupt) else first_line(error))
            self._wait()

    def _tell(self, moment: str, what: Any, *, may_stop: bool = False) -> None:
        for one in tuple(self._left):
            try:
                getattr(one, moment)(what)
            except StoppedError as error:
                if may_stop:
                    raise
                self._give_up(one, moment, error)
            except Exception as error:  # noqa: BLE001, RUF100 of the user's own code
                self._give_up(one, moment, error)

    def _give_up(self, one: "Callback | _Aside", moment: str, error: Exception) -> None:
        self._left.remove(one)
        _warn(one, moment, error)

    def _wait(self) -> None:
        for one in self._left:
            if isinstance(one, _Aside):
                one.close()


class _Aside:
    """Passes on to a callback in a thread of its own, so that no server makes a training wait."""

    def __init__(self, callback: Callback) -> None:
        self._callback = callback
        self._queue: queue.SimpleQueue[tuple[str, Any] | None] = queue.SimpleQueue()
        # a daemon: a server that never answers does not keep the process
        self._thread = threading.Thread(target=self._pass_on, name=f"posology-{type(callback).__name__}", daemon=True)
        self._thread.start()

    def __getattr__(self, moment: str) -> Callable[[Any], None]:
        if not moment.startswith("on_"):
            raise AttributeError(moment)
        return lambda what: self._queue.put((moment, what))

    def close(self) -> None:
        """Wait until everything was passed on, but not for ever."""
        self._queue.put(None)
        self._thread.join(PATIENCE)
        if self._thread.is_alive():
            log.warning("%s has not answered for %.0f s; the study does not wait for it.", _name(self), PATIENCE)

    def _pass_on(self) -> None:
        while (told := self._queue.get()) is not None:
            moment, what = told
            try:
                getattr(self._callback, moment)(what)
            except Exception as error:  # noqa: BLE001, RUF100 of a server, or of the user's own code
                _warn(self, moment, error)
                return


def _name(one: Callback | _Aside) -> str:
    return type(one._callback if isinstance(one, _Aside) else one).__name__


def _warn(one: Callback | _Aside, moment: str, error: Exception) -> None:
    said = printable(f"{type(error).__name__}: {first_line(error)}")
    log.warning("%s failed in %s and is not called again; the study goes on. %s", _name(one), moment, said)
    log.debug("The callback's traceback:", exc_info=error)
