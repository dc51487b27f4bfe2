"""A study in MLflow: a run, and when it is finished a child run for each arm."""

import contextlib
import os
import time
from typing import TYPE_CHECKING, Any

from posology.callbacks import Begun, Resampled
from posology.tracking.account import Account, ArmAccount, Numbers, need, progress_of, settings_of
from posology.tracking.tracker import Tracker

if TYPE_CHECKING:
    from posology.result import StudyResult

MOST = 500
"""Numbers, and at a fifth of it settings, in one call; a server takes 1,000, and 100."""

REMEMBERED = ".mlflow"
"""File in a study's folder with the run that a stopped study goes on in."""


class MLflow(Tracker):
    """Write a study into MLflow, through its client, so that a run of the user's own is not touched.

    Parameters
    ----------
    uri : str, optional
        Of the tracking server or store; by default MLflow's own (`MLFLOW_TRACKING_URI`).
    experiment : str, optional
        By default `MLFLOW_EXPERIMENT_NAME`, or "posology".

    Raises
    ------
    InputError
        MLflow is not installed.
    """

    def __init__(self, uri: str | None = None, experiment: str | None = None) -> None:
        need("mlflow", "mlflow")
        self._uri = uri
        self._experiment = experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "posology"

    def on_begin(self, begun: Begun) -> None:
        """Begin a run, or go on with that of the study which was stopped."""
        from mlflow import MlflowClient

        self._client: Any = MlflowClient(tracking_uri=self._uri)
        self._remembered = begun.folder / REMEMBERED
        self._in = self._experiment_id()
        settings = settings_of(begun)
        self._run = self._earlier_run(settings) or self._new_run(begun.folder.name)
        with contextlib.suppress(OSError):  # a full disk is told by what must be kept
            self._remembered.write_text(self._run)
        self._settings(self._run, settings)

    def on_resample(self, done: Resampled) -> None:
        """Write how far the study is."""
        self._write(self._run, progress_of(done), done.done)

    def on_end(self, result: "StudyResult") -> None:
        """Write what was found, and a child run for each arm."""
        super().on_end(result)
        # a study that grows later is another one to MLflow, whose settings cannot change
        self._remembered.unlink(missing_ok=True)

    def on_stop(self, reason: str) -> None:
        """Say why it stopped; a study that is resumed as it was goes on in the same run."""
        self._client.set_tag(self._run, "stopped", reason)
        self._client.set_terminated(self._run, "KILLED")

    def _experiment_id(self) -> str:
        found = self._client.get_experiment_by_name(self._experiment)
        return str(found.experiment_id if found else self._client.create_experiment(self._experiment))

    def _earlier_run(self, settings: dict[str, str]) -> str | None:
        """Take up the run of an earlier part of this study, where the server still has it and it was asked the same."""
        from mlflow.exceptions import MlflowException

        try:
            run = self._remembered.read_text().strip()
            written = self._client.get_run(run).data.params
            if any(written.get(_allowed(name), value) != value for name, value in settings.items()):
                # more repeats or arms: MLflow's settings cannot change
                self._client.set_terminated(run, "KILLED")
                return None
            self._client.update_run(run, status="RUNNING")
        except (OSError, MlflowException):
            return None
        return run

    def _new_run(self, name: str, **tags: str) -> str:
        run = self._client.create_run(self._in, run_name=name, tags={"mlflow.source.name": "posology", **tags})
        return str(run.info.run_id)

    def _tell(self, account: Account) -> None:
        for name, text in (("verdict", account.kind), ("arm", account.arm), ("mlflow.note.content", account.verdict)):
            self._client.set_tag(self._run, name, text)
        for path in account.files:
            self._client.log_artifact(self._run, str(path))

    def _run_of(self, arm: ArmAccount) -> str:
        run = self._new_run(arm.name, **{"mlflow.parentRunId": self._run})
        self._settings(run, {"arm": arm.name, **{f"strength of {k}": f"{v:.6g}" for k, v in arm.strengths.items()}})
        return run

    def _finish(self, run: str) -> None:
        self._client.set_terminated(run, "FINISHED")

    def _settings(self, run: str, settings: dict[str, str]) -> None:
        from mlflow.entities import Param

        given = [Param(_allowed(name), value) for name, value in settings.items()]
        for begin in range(0, len(given), MOST // 5):
            self._client.log_batch(run, params=given[begin : begin + MOST // 5])

    def _write(self, run: str, numbers: Numbers, step: int) -> None:
        from mlflow.entities import Metric

        now = round(1000 * time.time())
        given = [Metric(_allowed(name), value, now, step) for name, value in numbers.items()]
        self._client.log_batch(run, metrics=given)


def _allowed(name: str) -> str:
    """Give a name that MLflow takes: letters, digits and a few marks."""
    return "".join(mark if mark.isalnum() or mark in "_-. /" else "." for mark in name)
