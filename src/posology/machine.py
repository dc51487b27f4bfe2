"""What a study runs on: the cores of this machine, and the versions of what trains."""

import os
import platform
from importlib import metadata


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions() -> dict[str, str]:
    """Give the versions on which a result may depend."""
    found = {name: metadata.version(name) for name in ("posology", "jax", "jaxlib", "keras", "numpy", "scikit-learn")}
    return {"python": platform.python_version(), **found}
