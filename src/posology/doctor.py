"""Is this installation well? Versions, folders, memory, arithmetic, agreement with Keras, speed; each with a remedy."""

import importlib.metadata
import os
import platform
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

import posology
from posology.caching import cache_folder
from posology.errors import PosologyError, WorkerError
from posology.execution import one_worker
from posology.execution.environment import chosen_switches, self_test
from posology.execution.sizing import WORKER_MEMORY, free_memory
from posology.machine import cores

SCHEMA = 1
"""Of `Diagnosis.to_dict`."""

MOST_DIFFERENT = 1e-3
"""Of a weight after 33 steps, from Keras' own: rounding grows to 1e-5 or so, a mistake is larger."""

LEAST_SPACE = 500 << 20
"""Bytes in the temporary folder: the table, the fits, and what trainings carry from rung to rung."""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    name : str
    well : bool
    said : str
        What was found.
    remedy : str
        What to do; empty where nothing is wrong.
    """

    name: str
    well: bool
    said: str
    remedy: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """What `posology doctor` found.

    Parameters
    ----------
    findings : tuple of Finding
    rows_per_second : float or None
        Rows times epochs that one worker trains of the question's network; None where it could not be measured.
    """

    findings: tuple[Finding, ...]
    rows_per_second: float | None

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return all(finding.well for finding in self.findings)

    def to_dict(self) -> dict[str, Any]:
        """Give the diagnosis as JSON types."""
        findings = [asdict(finding) for finding in self.findings]
        about = {"schema": SCHEMA, "posology": posology.__version__, "well": self.well}
        return {**about, "rows_per_second": self.rows_per_second, "findings": findings}


def diagnose(tell: Callable[[str], None] = lambda _: None) -> Diagnosis:
    """Look at everything that a study needs of this machine; about ten seconds.

    Parameters
    ----------
    tell : callable
        Told what is looked at.
    """
    tell("looking at versions, folders and memory")
    findings = [_python(), _libraries(), *_extras(), _temporary(), _cache(), _memory()]
    tell("computing what is known, in float32 and in float64")
    findings.append(arithmetic := _arithmetic())
    if not arithmetic.well:
        return Diagnosis(tuple(findings), None)
    tell("training a few networks, and two of them by Keras' own loop")
    try:
        examined = _examined()
    except (PosologyError, OSError) as error:
        remedy = "Mend what is said above; if all is well there, pip install --force-reinstall posology"
        return Diagnosis((*findings, Finding("worker", False, str(error), remedy)), None)
    return Diagnosis((*findings, *_trained(examined)), examined["rows_per_second"])


def _python() -> Finding:
    release, needed = platform.python_version(), importlib.metadata.metadata("posology")["Requires-Python"]
    said = f"{release} on {platform.system()} {platform.machine()}"
    well = Requirement(f"python{needed}").specifier.contains(release, prereleases=True)
    return Finding("python", well, said, "" if well else f"posology needs Python {needed}: install one.")


def _requirements(extra: str = "") -> Iterator[Requirement]:
    """List what posology asks for, or what one of its extras asks for beside."""
    for text in importlib.metadata.requires("posology") or ():
        requirement = Requirement(text)
        plain = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        wanted = requirement.marker is not None and requirement.marker.evaluate({"extra": extra}) and not plain
        if wanted if extra else plain:
            yield requirement


def _unmet(requirement: Requirement) -> str:
    """Say in what a library is not as asked for; nothing where it is."""
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        return f"{requirement.name} is not installed"
    fits = requirement.specifier.contains(version, prereleases=True)
    return "" if fits else f"{requirement.name} is {version}, not {requirement.specifier}"


def _libraries() -> Finding:
    unmet = {str(r.name) + str(r.specifier): text for r in _requirements() if (text := _unmet(r))}
    if unmet:
        install = " ".join(f"'{name}'" for name in unmet)
        return Finding("libraries", False, "; ".join(unmet.values()), f"pip install {install}")
    shown = ("jax", "jaxlib", "keras", "numpy", "scikit-learn", "pandas")
    return Finding("libraries", True, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in shown))


def _extras() -> list[Finding]:
    """Tell of the extras that add something to a study; to be without one is no fault."""
    adds = {"skrub": "columns of text", "onnx": "posology export --to onnx"}
    return [
        Finding(f"extra [{extra}]", True, f"{'there' if _whole(extra) else 'not there'}, for {what}")
        for extra, what in adds.items()
    ]


def _whole(extra: str) -> bool:
    return not any(_unmet(requirement) for requirement in _requirements(extra))


def _temporary() -> Finding:
    name, remedy = "temporary folder", "Set TMPDIR to a folder that can be written and has room."
    try:
        with tempfile.TemporaryDirectory(prefix="posology-") as folder:
            (Path(folder) / "table").write_bytes(bytes(1 << 16))
            free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding(name, False, f"cannot be written: {error}", remedy)
    said = f"{tempfile.gettempdir()}, {free / 1e9:.1f} GB free"
    return Finding(name, free >= LEAST_SPACE, said, "" if free >= LEAST_SPACE else remedy)


def _cache() -> Finding:
    folder = cache_folder()
    said = "none can be written: every study compiles anew, some seconds; POSOLOGY_CACHE names another"
    return Finding("cache", True, str(folder) if folder else said)


def _memory() -> Finding:
    free, workers = free_memory(), cores()
    if free is None:
        return Finding("memory", True, "this system does not say")
    said = f"{free / 1e9:.1f} GB free; {workers} workers take {workers * WORKER_MEMORY / 1e9:.1f} GB before they train"
    well = free >= workers * WORKER_MEMORY
    fit = max(1, free // WORKER_MEMORY)
    return Finding("memory", well, said, "" if well else f"Close something, or give studies --workers {fit}.")


def _arithmetic() -> Finding:
    """Run the self-test again, also where its answer is kept: what was right may be so no longer."""
    try:
        switches = chosen_switches()
    except WorkerError as error:
        return Finding("arithmetic", False, str(error), "Install another release of jax.")
    version = importlib.metadata.version("jaxlib")
    if wrong := self_test(switches):
        folder = cache_folder()
        return Finding("arithmetic", False, f"jaxlib {version}: {wrong}", f"Delete '{folder}', then try again.")
    under = f", under {' '.join(switches)}" if switches else ""
    return Finding("arithmetic", True, f"jaxlib {version} computes what it is told{under}")


def _examined() -> dict[str, Any]:
    with one_worker() as worker:
        return worker.ask({"do": "examine"})[0]


def _trained(examined: dict[str, Any]) -> Iterator[Finding]:
    difference, count = examined["difference"], os.cpu_count() or 1
    yield Finding("device", True, f"{examined['device']}, {cores()} of {count} cores: so many workers by default")
    well = bool(difference <= MOST_DIFFERENT)
    far = f"within {difference:.1g} of the largest weight of each array" if difference else "to the last bit"
    said = f"33 steps of a pack are those of Keras' own training {far}"
    remedy = "A pack must train as Keras does. Install the releases of jax and keras that uv.lock names."
    yield Finding("same as Keras", well, said, "" if well else remedy)
    speed = examined["rows_per_second"]
    yield Finding("speed", True, f"{speed:,.0f} rows a second and worker, of the question's network")
