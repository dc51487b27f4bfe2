"""One pack in training: in chunks of epochs, so that progress can be told, to its end or from score to score."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int32

from posology.engine.member import Data, Outcome, Running
from posology.engine.member import Member as EngineMember
from posology.engine.packing import PackProgram
from posology.execution.course import Course

CHUNK_SECONDS = 0.5
"""How often a pack says how far it is."""

Report = Callable[[int], None]
"""Told the epochs that a pack's members trained since it was told last."""


class Chunks:
    """How many epochs make a chunk, by what an epoch of a member took last.

    Parameters
    ----------
    most : int
        Epochs.
    """

    def __init__(self, most: int) -> None:
        self._most, self._seconds = most, 0.0

    def epochs(self, going: int) -> int:
        """Give the epochs of the next chunk, of so many members that still train; one where nothing is known yet."""
        each = self._seconds * going
        return int(np.clip(CHUNK_SECONDS / each, 1, self._most)) if each else 1

    def took(self, seconds: float, epochs: int) -> None:
        """Take what a chunk of so many epochs, over all members, took."""
        self._seconds = seconds / max(1, epochs)


@dataclass(frozen=True)
class PackTraining:
    """Trains a pack by its program.

    Parameters
    ----------
    program : PackProgram
    data : Data
        Of the fit.
    members : EngineMember
    course : Course
        Where the members stop, and their learning rates on the way.
    chunks : Chunks
    report : callable
        Told of every chunk.
    """

    program: PackProgram
    data: Data
    members: EngineMember
    course: Course
    chunks: Chunks
    report: Report

    def start(self) -> Running:
        """Give the state of all members before their first epoch."""
        return self.program.start(self.members)

    def advanced(self, run: Running) -> Running:
        """Train to where the course ends."""
        epochs, stopped, members = np.asarray(run.epoch), np.asarray(run.stopped), self.members
        while ((epochs < self.course.until) & ~stopped).any():
            chunk = self.chunks.epochs(int(((epochs < self.course.until) & ~stopped).sum()))
            began = time.perf_counter()
            members = members._replace(learning_rate=self.course.learning_rate(epochs))
            run = self.program.advance(self.data, members, run, self.course.next_stop(epochs, chunk))
            after, stopped = np.asarray(run.epoch), np.asarray(run.stopped)
            trained = int((after - epochs).sum())
            self.chunks.took(time.perf_counter() - began, trained)
            epochs = after
            self.report(trained)
        return run

    def outcome(self, run: Running) -> Outcome:
        """Give what came of a training; predictions get a snapshot axis after that of the members."""
        outcome = self.program.finish(self.data, self.members, run)
        return outcome._replace(prediction=outcome.prediction[:, None])

    def scored_at(self, epochs: Int32[np.ndarray, "snapshot member"], run: Running) -> Outcome:
        """Train refits through the epochs at which they are scored; all but predictions is of the chosen epoch."""
        own, snapshots = replace(self, members=self.members._replace(epochs=epochs[-1])), []
        for place, until in enumerate(epochs):
            run = replace(own, course=replace(self.course, until=until)).advanced(run)
            snapshots.append(self.program.predict(self.data, own.members, run))
            if place == len(epochs) // 2:
                outcome = self.program.finish(self.data, own.members, run)
        return outcome._replace(prediction=np.stack(snapshots, axis=1))
