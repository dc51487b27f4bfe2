"""A network as ONNX, written by Keras itself through jax2onnx, and run with onnxruntime before it is handed over."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from posology.errors import InputError

CHECKED_ROWS = 16
TOLERANCE = 1e-5
"""Of the largest prediction, where that is above 1."""


def write_onnx(model: Any, path: Path) -> None:
    """Write a model and check that onnxruntime gives its predictions.

    Parameters
    ----------
    model : keras.Model
        On Keras' JAX backend, in float32.
    path : Path
        The file to write.

    Raises
    ------
    InputError
        The model cannot be written, or the file predicts otherwise.
    """
    rows = [_rows(tensor, number) for number, tensor in enumerate(model.inputs)]
    expected = np.asarray(model(keras.tree.pack_sequence_as(_structure(model), rows)))  # also a call before export
    try:
        model.export(path, format="onnx", verbose=False)
        got = _run(path, rows)
    except Exception as error:
        raise InputError(
            _cannot(f"{type(error).__name__}: {str(error).strip().splitlines()[0].rstrip('.')}")
        ) from error
    off = float(np.max(np.abs(got - expected)))
    if not off <= TOLERANCE * max(1.0, float(np.max(np.abs(expected)))):
        raise InputError(_cannot(f"its predictions are off by up to {off:.2g}"))


def _cannot(reason: str) -> str:
    return (
        f"This network cannot be handed over as ONNX: {reason}. A layer of it is not written rightly by the installed "
        "jax2onnx. Use --to keras, or try another release of jax2onnx."
    )


def _structure(model: Any) -> Any:
    return model.inputs[0] if isinstance(model, keras.Sequential) else model.input


def _rows(tensor: Any, seed: int) -> np.ndarray:
    """Draw rows that any network takes: between 0 and 2, which are also codes of every Embedding."""
    shape = (CHECKED_ROWS, *(side or 1 for side in tensor.shape[1:]))
    drawn: np.ndarray = np.random.default_rng(seed).uniform(0, 2, shape).astype(tensor.dtype)
    return drawn


def _run(path: Path, rows: list[np.ndarray]) -> np.ndarray:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]
    return np.asarray(session.run(None, dict(zip(names, rows, strict=True)))[0])
