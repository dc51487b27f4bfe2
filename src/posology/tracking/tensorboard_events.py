"""A study in TensorBoard: a run of event files, and when it is finished another for each arm."""

import itertools
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from posology.callbacks import Begun, Resampled
from posology.tracking.account import Account, ArmAccount, Numbers, need, progress_of, settings_of
from posology.tracking.tracker import Tracker

OF = "study.txt"
"""File in a folder of events that says of which study they are."""


class TensorBoard(Tracker):
    """Write a study as event files, and each arm's strengths and score for the HParams page.

    Parameters
    ----------
    folder : path, optional
        Where the study's own folder of events is made, by the name of the study's folder; by default `tensorboard` in
        the study's folder.

    Raises
    ------
    InputError
        TensorBoard is not installed.
    """

    def __init__(self, folder: str | PathLike[str] | None = None) -> None:
        need("tensorboard", "tensorboard")
        self._given = None if folder is None else Path(folder)

    def on_begin(self, begun: Begun) -> None:
        """Begin the events of the study, in place of those of an earlier run."""
        self._folder = _own(self._given, begun.folder) if self._given else begun.folder / "tensorboard"
        self._run = _Events(self._folder / "study")
        self._run.text("settings", _listed(settings_of(begun)))

    def on_resample(self, done: Resampled) -> None:
        """Write how far the study is."""
        self._write(self._run, progress_of(done), done.done)

    def on_stop(self, reason: str) -> None:
        """Say why it stopped."""
        self._run.text("stopped", reason)
        self._run.close()

    def _run_of(self, arm: ArmAccount) -> "_Events":
        events = _Events(self._folder / arm.name.replace(":", "."))
        events.strengths({"arm": arm.name, **arm.strengths})
        return events

    def _write(self, run: "_Events", numbers: Numbers, step: int) -> None:
        for name, value in numbers.items():
            run.number(name, value, step)

    def _tell(self, account: Account) -> None:
        self._run.text("verdict", account.verdict)
        self._run.text("report", "\n".join(f"    {path}" for path in account.files))

    def _finish(self, run: "_Events") -> None:
        run.close()


def _own(logs: Path, study: Path) -> Path:
    """Give a study's folder of events among those of others: of its name, numbered where another study has that."""
    whose = str(study.resolve())
    for name in itertools.chain([study.name], (f"{study.name}-{i}" for i in itertools.count(2))):
        mark = logs / name / OF
        if not (logs / name).exists():
            mark.parent.mkdir(parents=True)
            mark.write_text(whose, encoding="utf-8")
        if mark.exists() and mark.read_text(encoding="utf-8") == whose:
            return logs / name
    raise AssertionError  # the numbers do not end


class _Events:
    """The event file of one run, by TensorBoard's own writer; it needs no TensorFlow."""

    def __init__(self, folder: Path) -> None:
        from tensorboard.summary.writer.event_file_writer import EventFileWriter

        # TensorBoard shows all files of a folder as one run: those of an earlier run would stand twice
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink()
        self._writer: Any = EventFileWriter(str(folder))

    def number(self, name: str, value: float, step: int) -> None:
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        self._add(scalar_pb(name, value), step)

    def text(self, name: str, text: str) -> None:
        from tensorboard.plugins.text.summary_v2 import text_pb

        self._add(text_pb(name, text), 0)

    def strengths(self, values: Mapping[str, str | float]) -> None:
        from tensorboard.plugins.hparams.summary_v2 import hparams_pb

        self._add(hparams_pb(dict(values)), 0)

    def close(self) -> None:
        self._writer.close()

    def _add(self, summary: Any, step: int) -> None:
        import time

        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(wall_time=time.time(), step=step, summary=summary))


def _listed(settings: Mapping[str, str]) -> str:
    """Write settings as a table of Markdown."""
    rows = [f"| {name} | {value.replace('|', '&#124;')} |" for name, value in settings.items()]
    return "\n".join(["| setting | value |", "|---|---|", *rows])
