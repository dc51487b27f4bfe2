"""Fair experiments on regularizers: combine L1/L2 penalties with Dropout, or use them separately.

Importing posology imports neither keras nor jax; names are loaded when they are first used.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from posology.callbacks import Callback
    from posology.classifier import PosologyClassifier
    from posology.errors import InputError, LeakWarning, PosologyError, StoppedError, WorkerError
    from posology.regressor import PosologyRegressor
    from posology.result import StudyResult
    from posology.study import Study

__version__ = "0.1.0"

_ROOMS = {
    "Callback": "callbacks",
    "InputError": "errors",
    "LeakWarning": "errors",
    "PosologyClassifier": "classifier",
    "PosologyError": "errors",
    "PosologyRegressor": "regressor",
    "StoppedError": "errors",
    "Study": "study",
    "StudyResult": "result",
    "WorkerError": "errors",
}

__all__ = [
    "Callback",
    "InputError",
    "LeakWarning",
    "PosologyClassifier",
    "PosologyError",
    "PosologyRegressor",
    "StoppedError",
    "Study",
    "StudyResult",
    "WorkerError",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"Any", "TYPE_CHECKING"})


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module 'posology' has no attribute '{name}'")
    from importlib import import_module

    return getattr(import_module(f"posology.{_ROOMS[name]}"), name)
