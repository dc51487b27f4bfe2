"""A study in Weights & Biases: a group of runs, one of the study and, when it is finished, one for each arm."""

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.callbacks import Begun, Callback, Resampled
from posology.tracking.account import ArmAccount, account_of, need, progress_of, settings_of

if TYPE_CHECKING:
    from posology.result import StudyResult


class WandB(Callback):
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

    aside = True

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

    def on_end(self, result: "StudyResult") -> None:
        """Write what was found, and a run for each arm."""
        import wandb

        account = account_of(result)
        for arm in account.arms:
            self._arm(arm)
        self._run.summary.update({"verdict": account.verdict, "kind": account.kind, "arm": account.arm})
        self._run.summary.update(account.numbers)
        report = wandb.Artifact(f"posology-{self._run.id}", type="report")
        for path in account.files:
            report.add_file(str(path))
        self._run.log_artifact(report)
        self._run.finish()

    def on_stop(self, reason: str) -> None:
        """Say why it stopped."""
        self._run.summary["stopped"] = reason
        self._run.finish(exit_code=3)

    def _arm(self, arm: ArmAccount) -> None:
        run = self._begun(arm.name, "arm", {"arm": arm.name, **arm.strengths})
        for step, numbers in enumerate(arm.resamples):
            run.log({f"by resample/{name}": value for name, value in numbers.items()}, step=step)
        run.summary.update(arm.numbers)
        run.finish()

    def _begun(self, name: str, kind: str, config: dict[str, Any]) -> Any:
        import wandb

        place = Path(os.environ.get("WANDB_DIR") or self._folder)
        # what a study prints is the study's: neither taken from it nor added to
        quiet = wandb.Settings(console="off", silent=True)
        about: dict[str, Any] = {"project": self._project, "group": self._group, "job_type": kind, "mode": self._mode}
        return wandb.init(**about, name=name, config=config, dir=place, reinit="create_new", settings=quiet)
