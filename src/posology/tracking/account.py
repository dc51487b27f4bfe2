"""What every tracker is told, in its own words or not: settings, and numbers of the study and of each arm."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.errors import InputError
from posology.study_file import options_of
from posology.wording import shortened

if TYPE_CHECKING:
    from posology.callbacks import Begun, Resampled
    from posology.result import StudyResult

LONGEST = 250
"""Characters of a setting: the least that a tracker takes."""

FILES = ("report.html", "verdict.json")
"""Of the study's folder, those that a tracker keeps."""

Numbers = dict[str, float]


@dataclass(frozen=True)
class ArmAccount:
    """What is told of an arm.

    Parameters
    ----------
    name : str
    strengths : dict
        From regularizer to the mean of its chosen strengths over resamples and sites.
    numbers : dict
        Score, gain over none with its 95% interval, gap, epochs, and whether it could be best.
    resamples : tuple of dict
        By resample, in the order of the design: score, epochs, chosen strengths.
    """

    name: str
    strengths: Numbers
    numbers: Numbers
    resamples: tuple[Numbers, ...]


@dataclass(frozen=True)
class Account:
    """What is told of a finished study.

    Parameters
    ----------
    verdict, kind, arm : str
        The verdict in sentences, its kind, the arm to use.
    numbers : dict
        Networks, seconds, repeats and resamples, and the strengths of the prescription.
    arms : tuple of ArmAccount
        Best first.
    files : tuple of Path
        To be kept beside.
    """

    verdict: str
    kind: str
    arm: str
    numbers: Numbers
    arms: tuple[ArmAccount, ...]
    files: tuple[Path, ...]


def need(package: str, extra: str) -> None:
    """Refuse a tracker whose library is not installed; the library is not imported.

    Raises
    ------
    InputError
        With the line that installs it.
    """
    if find_spec(package) is None:
        raise InputError(f"--track {extra} needs {package}, not installed here. Run: pip install 'posology[{extra}]'")


def settings_of(begun: "Begun") -> dict[str, str]:
    """Give what the study is asked, by the names of a study file, and what its table is, as short texts."""
    options = options_of(begun.settings.to_dict(), begun.facts)
    facts = {name: begun.facts[name] for name in ("rows", "fingerprint")}
    versions = {f"version of {name}": version for name, version in begun.facts["versions"].items()}
    return {name: shortened(str(value), LONGEST - 3) for name, value in {**options, **facts, **versions}.items()}


def progress_of(done: "Resampled") -> Numbers:
    """Give how far a study is."""
    return {"resamples done": done.done, "networks trained": done.networks}


def account_of(result: "StudyResult") -> Account:
    """Give what a finished study found."""
    found = result.to_dict()
    verdict, study = found["verdict"], found["study"]
    counts = {name: study[name] for name in ("networks", "repeats", "resamples")}
    strengths = _strengths(found["prescription"]["strengths"], "prescription/")
    return Account(
        " ".join(verdict["sentences"]),
        verdict["kind"],
        verdict["arm"],
        _numbers({**counts, "seconds": found["run"]["seconds"], **strengths}),
        tuple(_arm(row, result.analysis.measure.key, result.evidence) for row in found["arms"]),
        tuple(path for name in FILES if (path := result.folder / name).is_file()),
    )


def _arm(row: Mapping[str, Any], score: str, evidence: Mapping[str, Any]) -> ArmAccount:
    names = (score, "gain_over_none", "gain_lower", "gain_upper", "gap", "epochs", "could_be_best")
    numbers = _numbers({name: row[name] for name in names})
    return ArmAccount(row["arm"], _strengths(row["strengths"]), numbers, _resamples(row["arm"], score, evidence))


def _resamples(arm: str, score: str, evidence: Mapping[str, Any]) -> tuple[Numbers, ...]:
    """Read an arm's resamples from the evidence: the mean over refits, and the best trial's strengths."""
    trials = evidence["trials"].get(arm, {"fit": [], "chosen": [], "strengths": {}})
    chosen = {fit: place for place, fit in enumerate(trials["fit"]) if trials["chosen"][place]}
    out = []
    for fit in range(len(evidence["fits"])):
        seeds = evidence["scores"][arm][fit]
        numbers = {score: sum(seeds) / len(seeds), "epochs": evidence["epochs"][arm][fit]}
        if fit in chosen:
            numbers |= {f"strength/{name}": own[chosen[fit]] for name, own in trials["strengths"].items()}
        out.append(_numbers(numbers))
    return tuple(out)


def _strengths(by_site: Mapping[str, Any], before: str = "") -> Numbers:
    return {f"{before}{name}": sum(sites) / len(sites) for name, sites in by_site.items() if sites}


def _numbers(given: Mapping[str, Any]) -> Numbers:
    """Leave out what is no finite number: the score of networks that diverged, the gain of none over itself."""
    return {name: float(value) for name, value in given.items() if value is not None and math.isfinite(value)}
