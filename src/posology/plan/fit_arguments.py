"""What the user gives to `model.fit`, given once and meaning the same here.

Only numbers are read off the callbacks, which may be of any Keras backend; this module imports none.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from posology.class_weights import ClassWeight, parse_class_weight
from posology.errors import InputError
from posology.plan.callbacks import Callbacks
from posology.plan.members import Design
from posology.wording import did_you_mean

KNOWN = ("epochs", "batch_size", "callbacks", "validation_split", "class_weight", "shuffle", "verbose")
_REASONS = {
    "validation_data": "posology takes validation rows out of the table itself, anew in every resample; put these rows "
    "into the table",
    "sample_weight": "held-out rows need their weights too; name the column by --weights (in Python: "
    "Study(..., sample_weight=...))",
    "initial_epoch": "every network is trained from its start",
    "steps_per_epoch": "an epoch takes every training row once",
    "validation_batch_size": "it changes no result; leave it out",
    "validation_steps": "all validation rows are watched",
    "validation_freq": "the validation loss is watched after every epoch",
    "x": "the table is given apart",
    "y": "the target is given apart",
}
_IDLE = (
    "History", "ProgbarLogger", "CSVLogger", "TensorBoard", "ModelCheckpoint", "BackupAndRestore", "TerminateOnNaN",
    "RemoteMonitor",
)  # fmt: skip


@dataclass(frozen=True)
class FitArguments:
    """What of a study follows from the arguments of `model.fit`.

    Parameters
    ----------
    epochs, batch_size : int or None
        None where they are not given.
    validation_split : float or None
        Share of the training rows of a resample that is watched while tuning.
    patience : int or None
        Of `EarlyStopping`; None where there is none: then every network trains all epochs, as `fit` does.
    callbacks : Callbacks
    notes : tuple of str
        Callbacks that are left out, because they do not act on the training.
    class_weight : ClassWeight or None
    """

    epochs: int | None = None
    batch_size: int | None = None
    validation_split: float | None = None
    patience: int | None = None
    callbacks: Callbacks = field(default_factory=Callbacks)
    notes: tuple[str, ...] = ()
    class_weight: ClassWeight | None = None

    def applied(self, design: Design) -> Design:
        """Give a design in which these stand.

        Raises
        ------
        InputError
            Something is given here and there.
        """
        for name in ("epochs", "batch_size", "patience", "class_weight"):
            usual, own = getattr(Design, name), getattr(design, name)
            if own != usual and (name == "patience" or getattr(self, name) is not None):
                raise InputError(f"{name} is given twice: in fit, and as {own}. Give it once.")
        return replace(
            design,
            epochs=self.epochs or design.epochs,
            batch_size=self.batch_size or design.batch_size,
            patience=self.patience,
            validation_split=self.validation_split or design.validation_split,
            callbacks=self.callbacks,
            class_weight=self.class_weight or design.class_weight,
        )


def read_fit_arguments(arguments: Any) -> FitArguments:
    """Read the arguments of a `model.fit` call.

    Parameters
    ----------
    arguments : mapping
        From names to values; any other thing is refused.

    Raises
    ------
    InputError
        An argument or a callback that means nothing here, or that cannot be kept.

    Examples
    --------
    >>> read_fit_arguments({"epochs": 50, "batch_size": 16}).epochs
    50
    """
    if not isinstance(arguments, Mapping):
        raise InputError(
            f"The fit arguments are of type {type(arguments).__name__}. Give a dictionary of what model.fit takes, "
            "such as {'epochs': 100, 'batch_size': 32, 'callbacks': [...]}."
        )
    for name, value in arguments.items():
        _check_known(str(name), given=value is not None)
    if not arguments.get("shuffle", True):
        raise InputError("fit has shuffle=False; posology shuffles the rows in every epoch. Leave it out.")
    return FitArguments(
        _whole("epochs", arguments.get("epochs")),
        _whole("batch_size", arguments.get("batch_size")),
        _share(arguments.get("validation_split")),
        *_of_callbacks(_listed(arguments.get("callbacks"))),
        parse_class_weight(arguments.get("class_weight")),
    )


def _check_known(name: str, *, given: bool) -> None:
    if name in _REASONS and given:
        raise InputError(f"fit has {name}: {_REASONS[name]}.")
    if name not in KNOWN and name not in _REASONS:
        raise InputError(
            f"fit has an unknown argument '{name}'.{did_you_mean(name, KNOWN)} Known here: {', '.join(KNOWN)}."
        )


def _whole(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or value < 1 or value != int(value):
        raise InputError(f"fit has {name}={value!r}; it must be a whole number from 1.")
    return int(value)


def _share(value: Any) -> float | None:
    if value is None or value == 0:
        return None
    if not isinstance(value, int | float | np.number) or not 0 < value <= 0.5:
        raise InputError(
            f"fit has validation_split={value!r}; posology watches a share of the training rows, above 0 and at most "
            "0.5, drawn at random in each resample."
        )
    return float(value)


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    inner = getattr(given, "callbacks", given)  # a keras.callbacks.CallbackList
    return list(inner) if isinstance(inner, list | tuple) else [inner]


def _of_callbacks(callbacks: list[Any]) -> tuple[int | None, Callbacks, tuple[str, ...]]:
    patience: int | None = None
    numbers: dict[str, Any] = {}
    idle: list[str] = []
    kinds = [_kind(callback) for callback in callbacks]
    for callback, kind in zip(callbacks, kinds, strict=True):
        if kind not in _IDLE and kinds.count(kind) > 1 and kind:
            raise InputError(f"fit has {kind} {kinds.count(kind)} times; posology takes one. Leave the others out.")
        if kind == "EarlyStopping":
            patience, of_stopping = _stopping(callback)
            numbers |= of_stopping
        elif kind == "ReduceLROnPlateau":
            numbers |= _plateau(callback)
        elif kind in _IDLE:
            idle.append(f"The callback {kind} is left out: it does not act on the training.")
        elif isinstance(callback, type):
            raise InputError(f"fit has the class {callback.__name__}. Write {callback.__name__}(...).")
        else:
            raise InputError(
                f"fit has the callback {type(callback).__name__}, which posology cannot take over. It knows "
                "EarlyStopping and ReduceLROnPlateau; a schedule of the learning rate goes into the optimizer: "
                "Adam(keras.optimizers.schedules.CosineDecay(...))."
            )
    return patience, Callbacks(**numbers), tuple(idle)


def _kind(callback: Any) -> str:
    """Name a callback's class where it is Keras' own: a subclass may do anything."""
    return type(callback).__name__ if type(callback).__module__.split(".")[0] in {"keras", "tf_keras"} else ""


def _stopping(callback: Any) -> tuple[int, dict[str, Any]]:
    _check_monitor(callback)
    if callback.baseline is not None:
        raise InputError("EarlyStopping has a baseline; posology compares networks on many resamples. Leave it out.")
    return max(1, int(callback.patience)), {
        # Keras keeps the sign of the direction in min_delta
        "min_delta": abs(float(callback.min_delta)),
        "start_from_epoch": int(callback.start_from_epoch),
        "restore_best_weights": bool(callback.restore_best_weights),
    }


def _plateau(callback: Any) -> dict[str, Any]:
    _check_monitor(callback)
    return {
        "plateau_factor": float(callback.factor),
        "plateau_patience": int(callback.patience),
        "plateau_min_delta": abs(float(callback.min_delta)),
        "plateau_cooldown": int(callback.cooldown),
        "plateau_min_lr": float(callback.min_lr),
    }


def _check_monitor(callback: Any) -> None:
    name = type(callback).__name__
    if callback.monitor != "val_loss" or callback.mode == "max":
        raise InputError(
            f"{name} watches '{callback.monitor}' (mode '{callback.mode}'); posology watches 'val_loss', the "
            f"network's own loss on the validation rows. Write {name}(monitor='val_loss', ...)."
        )
