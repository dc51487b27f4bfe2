"""Keras in the user's own process: there where it is asked for, on the backend that is set there."""

from typing import Any

from posology.errors import InputError


def own_keras() -> Any:
    """Import Keras in this process.

    Raises
    ------
    InputError
        Keras' backend is not installed: it is TensorFlow unless told, and posology brings JAX.
    """
    try:
        import keras
    except ImportError as error:
        raise InputError(
            f"Keras cannot be loaded in this process: {error}. Its backend is TensorFlow unless told. Set "
            "KERAS_BACKEND=jax before Python starts (posology brings JAX), or torch or tensorflow where you have them."
        ) from error
    return keras
