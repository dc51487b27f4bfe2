"""Trackers: callbacks that write a study into MLflow, TensorBoard or Weights & Biases.

One run for the study and, once it is finished, one for each arm: settings, scores and chosen strengths resample by
resample, the verdict, the report. While the study runs only its progress is written: which arm leads is not for then.
"""

from collections.abc import Iterable

from posology.callbacks import Callback
from posology.errors import InputError
from posology.tracking.mlflow_runs import MLflow
from posology.tracking.tensorboard_events import TensorBoard
from posology.tracking.wandb_runs import WandB
from posology.wording import did_you_mean, shortened

TRACKERS: dict[str, type[Callback]] = {"mlflow": MLflow, "tensorboard": TensorBoard, "wandb": WandB}
"""By the names of `--track`."""

__all__ = ["TRACKERS", "MLflow", "TensorBoard", "WandB", "trackers"]


def trackers(names: Iterable[str]) -> list[Callback]:
    """Make the trackers of these names, each with its defaults.

    Raises
    ------
    InputError
        There is none of that name, or its library is not installed.

    Examples
    --------
    >>> trackers([])
    []
    """
    return [_tracker(name) for name in dict.fromkeys(names)]


def _tracker(name: str) -> Callback:
    if name not in TRACKERS:
        meant = did_you_mean(name, TRACKERS)
        raise InputError(f"--track has an unknown '{shortened(name)}'.{meant} Known: {', '.join(TRACKERS)}.")
    return TRACKERS[name]()
