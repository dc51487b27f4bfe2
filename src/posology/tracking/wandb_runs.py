"""A study in Weights & Biases: a group of runs, one of the study and, when it is finished, one for each arm."""

import os
import secrets
from pathlib import Path
from typing import Any

from posology.callbacks import Begun, Resampled
from posology.tracking.account import Account, ArmAccount, Numbers, need, progress_of, settings_of
from posology.tracking.tracker import Tracker


class WandB(Tracker):
    """Write a study into Weights & Biases, in runs of its own, so that one of the user's is not touched.

    Who is not logged in there is not asked: the runs are then kept in the study's folder, for `wandb sync`.

    Parameters
    ----------
    project : str, optional
        By default `WANDB_PROJECT`, or "posology".
    mode : str, optional
        "online", "offline" or "disabled"; by default `WANDB_MODE`, or online where the user is logged in.

    Raises
    ------
    InputError
        Weights & Biases is not installed.
    """

    def __init__(self, project: str | None = None, mode: str | None = None) -> None:
        need("wandb", "wandb")
        self._project = project or os.environ.get("WANDB_PROJECT") or "posology"
        self._mode = mode or os.environ.get("WANDB_MODE")

    def on_begin(self, begun: Begun) -> None:
        """Begin the run of the study."""
        import wandb

        if self._mode is None and not wandb.login(prompt=False):
            self._mode = "offline"
        self._folder = begun.folder
        self._group = f"{begun.folder.name}-{secrets.token_hex(4)}"
        self._run = self._begun(begun.folder.name, "study", settings_of(begun))

    def on_resample(self, done: Resampled) -> None:
        """Write how far the study is."""
        self._run.log(progress_of(done))

    def on_stop(self, reason: str) -> None:
        """Say why it stopped."""
        self._run.summary["stopped"] = reason
        self._run.finish(exit_code=3)

    def _run_of(self, arm: ArmAccount) -> Any:
        return self._begun(arm.name, "arm", {"arm": arm.name, **arm.strengths})

    def _write(self, run: Any, numbers: Numbers, step: int) -> None:
        run.log(numbers, step=step)

    def _sum_up(self, run: Any, numbers: Numbers) -> None:
        run.summary.update(numbers)

    def _tell(self, account: Account) -> None:
        import wandb

        self._run.summary.update({"verdict": account.verdict, "kind": account.kind, "arm": account.arm})
        report = wandb.Artifact(f"posology-{self._run.id}", type="report")
        for path in account.files:
            report.add_file(str(path))
        self._run.log_artifact(report)

    def _finish(self, run: Any) -> None:
        run.finish()

    def _begun(self, name: str, kind: str, config: dict[str, Any]) -> Any:
        import wandb

        place = Path(os.environ.get("WANDB_DIR") or self._folder)
        # what a study prints is the study's: neither taken from it nor added to
        quiet = wandb.Settings(console="off", silent=True)
        about: dict[str, Any] = {"project": self._project, "group": self._group, "job_type": kind, "mode": self._mode}
        return wandb.init(**about, name=name, config=config, dir=place, reinit="create_new", settings=quiet)
