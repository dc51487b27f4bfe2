"""A user's file runs as a guest in a worker: what it sets for the whole process is set back."""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np


@contextmanager
def settings_kept() -> Iterator[None]:
    """Set back how warnings and NumPy's errors are treated, and JAX's settings.

    A file that turns warnings into errors, or numbers into float64, means its own lines, not the study. What Keras is
    set to stays, for its epsilon is part of a network, and the environment, which the file may read again: what JAX
    takes from it is taken before.

    Examples
    --------
    >>> with settings_kept():
    ...     _ = np.seterr(all="raise")
    >>> np.geterr()["under"]
    'ignore'
    """
    of_jax = _of_jax()
    with warnings.catch_warnings(), np.errstate():
        try:
            yield
        finally:
            now = _of_jax()
            for name in (name for name, value in of_jax.items() if now[name] != value):
                sys.modules["jax"].config.update(name, of_jax[name])


def _of_jax() -> dict[str, Any]:
    """Give JAX's settings; none where it is not imported."""
    if (jax := sys.modules.get("jax")) is None:
        return {}
    # XLA reads its flags once, when something is first computed: they must be those that the worker was started with
    jax.numpy.zeros(()).block_until_ready()
    return dict(jax.config.values)
