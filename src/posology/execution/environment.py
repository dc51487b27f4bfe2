"""The environment of a worker: Keras on JAX, one thread, and switches of XLA that a self-test chose.

Nothing is set in the user's own process.
"""

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import posology
from posology.caching import cache_folder, tidy
from posology.errors import WorkerError

Switches = tuple[str, ...]

# jax 0.10.2 sends some products on CPU to a new kernel library, fused with what follows, with wrong results (jax#39103,
# which the self-test repeats). Products alone are right there and fastest (docs/performance.md); an empty list switches
# the library off. Releases that do not know the option abort, which counts as failing.
YNN_PRODUCTS: Switches = ("--xla_cpu_experimental_ynn_fusion_type=individual_dot",)
YNN_OFF: Switches = ("--xla_cpu_experimental_ynn_fusion_type=",)
_YNN_RELEASES = ("0.10.2", "0.11")
_LEFT_OUT = ("JAX_", "XLA_", "KERAS_BACKEND", "PYTHONWARNINGS", "PYTHONINSPECT")
"""The user's settings that would change what networks come to, or end a worker that is well."""


def worker_environment(switches: Switches | None = None) -> dict[str, str]:
    """Give the environment of a worker: the user's, with Keras on JAX and one thread.

    Parameters
    ----------
    switches : tuple of str, optional
        XLA's; those that the self-test chose when absent.
    """
    # only words that begin with -- may stand here: XLA stops reading at any other
    flags = ["--xla_cpu_multi_thread_eigen=false", *(chosen_switches() if switches is None else switches)]
    # the posology that the driver runs, also where it was imported from a checkout
    paths = [*filter(None, [os.environ.get("PYTHONPATH")]), str(Path(posology.__file__).parents[1])]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
    return {
        **kept,
        **_compiled_programs(),
        "PYTHONPATH": os.pathsep.join(paths),
        "KERAS_BACKEND": "jax",
        "JAX_PLATFORMS": "cpu",
        "JAX_ENABLE_X64": "0",
        "XLA_FLAGS": " ".join(flags),
        # what XLA sizes its thread pool by; without it two workers on two cores are four threads
        "NPROC": "1",
        "PJRT_NPROC": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        # arrays of a megabyte go back to the system when they are freed, so that preparing a table leaves nothing
        "MALLOC_MMAP_THRESHOLD_": str(1 << 20),
        "TF_CPP_MIN_LOG_LEVEL": "2",
        # a network file that shows a chart would open a window in every worker, and wait for it to be closed
        "MPLBACKEND": "Agg",
        "PYTHONUNBUFFERED": "1",
    }


def _compiled_programs() -> dict[str, str]:
    folder = cache_folder()
    if folder is None:
        return {}
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder / "programs"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


@cache
def chosen_switches() -> Switches:
    """Give XLA's switches under which this jaxlib computes rightly on this machine; tested once for each build.

    Raises
    ------
    WorkerError
        There are none.
    """
    folder = cache_folder()
    kept = None if folder is None else folder / f"switches-{_test_key()}.json"
    if folder is not None and kept is not None and kept.is_file():
        tidy(folder)
        return tuple(json.loads(kept.read_text()))
    known = importlib.metadata.version("jaxlib").startswith(_YNN_RELEASES)
    found: dict[Switches, str] = {}
    for switches in (YNN_PRODUCTS, YNN_OFF, ()) if known else ((), YNN_PRODUCTS, YNN_OFF):
        if not (wrong := self_test(switches)):
            if kept is not None:
                kept.write_text(json.dumps(switches))
            return switches
        found[switches] = wrong
    raise WorkerError(
        f"jaxlib {importlib.metadata.version('jaxlib')} computes wrongly on this machine: "
        f"{next(iter(found.values()))}. Install another release, such as: pip install 'jax==0.11.2'."
    )


def self_test(switches: Switches) -> str:
    """Run the self-test in a process of its own.

    Returns
    -------
    str
        What is computed wrongly, or how the process ended; empty where all is right.
    """
    done = subprocess.run(
        [sys.executable, "-P", "-m", "posology.engine.selftest"],
        env=worker_environment(switches),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return ", ".join(json.loads(done.stdout))
    except ValueError:
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        return f"the self-test ended with exit code {done.returncode} ({last[0]})"


def _test_key() -> str:
    """Name the self-test: a changed test is run again."""
    path = Path(posology.__file__).parent / "engine" / "selftest.py"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
