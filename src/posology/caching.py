"""A folder for what is worth keeping between studies: compiled programs and the self-test's answer.

Nothing in it is needed: whatever is missing, stale or unreadable is made again.
"""

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import time
from pathlib import Path

DAYS_KEPT = 30


def cache_folder() -> Path | None:
    """Give the cache for this build of jaxlib on this kind of CPU, or None where nothing can be written.

    Under `$POSOLOGY_CACHE`, else `$XDG_CACHE_HOME/posology`, else `~/.cache/posology`. Compiled programs of another
    jaxlib or CPU were seen to crash when loaded (jax#38445), hence a folder for each.
    """
    root = _root()
    if root is None:
        return None
    folder = root / f"jaxlib-{importlib.metadata.version('jaxlib')}-{_cpu()}"
    try:
        (folder / "programs").mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _root() -> Path | None:
    if given := os.environ.get("POSOLOGY_CACHE"):
        return Path(given)
    if given := os.environ.get("XDG_CACHE_HOME"):
        return Path(given) / "posology"
    try:
        return Path("~/.cache/posology").expanduser()
    except RuntimeError:  # nobody's home
        return None


def tidy(folder: Path) -> None:
    """Remove compiled programs that nobody used for a month."""
    with contextlib.suppress(OSError):
        for path in (folder / "programs").iterdir():
            if time.time() - max(path.stat().st_atime, path.stat().st_mtime) > DAYS_KEPT * 86_400:
                path.unlink(missing_ok=True)


def _cpu() -> str:
    """Tell CPUs apart by the instructions they know."""
    known = platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        known += next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return hashlib.sha256(known.encode()).hexdigest()[:12]
