"""What a study's folder may be continued as: the same study by the same programs, or one that grew."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.plan import arm_name
from posology.settings import Settings
from posology.study_differences import StudyDifferences, study_differences
from posology.wording import counted, quoted, resume_command

Held = dict[str, Any]
"""What study.json says."""

DECISIVE = ("posology", "jax", "jaxlib", "keras")
"""What the networks are trained by. Other versions hardly matter: they are told."""


@dataclass(frozen=True)
class Continuing:
    """What may differ when a folder is continued.

    Parameters
    ----------
    grows : bool
        Repeats and arms may be more.
    other_versions : bool
        It may be continued by other versions of what trains the networks.
    texts : tuple
        Columns of the table that are text, which an earlier posology took for categories: why it may seem another.
    """

    grows: bool = False
    other_versions: bool = False
    texts: tuple[str, ...] = ()


SAME = Continuing()


def continued(folder: Path, held: Mapping[str, Any], asked: Mapping[str, Any], how: Continuing) -> Held:
    """Give what study.json is to say from now on.

    Parameters
    ----------
    folder : Path
        For messages; and a study whose verdict.json is there has been seen.
    held, asked : mapping
        As study.json, and as `Study.facts()`.
    how : Continuing

    Raises
    ------
    InputError
        Another study, one that would shrink, or other versions.
    """
    asked, held = json.loads(json.dumps(asked)), {**held, "settings": _completed(held["settings"])}
    after = _grown(folder, held, asked) if how.grows else dict(held)
    if differs := study_differences(after, asked):
        raise InputError(_another(folder, after, differs, how))
    changed = _changed(_last_versions(held), asked["versions"], DECISIVE)
    if changed and not how.other_versions:
        raise InputError(_refusal(folder, held, changed))
    if "budget" in asked:  # each session has one of its own, or none
        after = {**after, "budget": asked["budget"]}
    return {**after, "also": [*after.get("also", []), asked["versions"]]} if changed else after


def _another(folder: Path, held: Mapping[str, Any], differs: StudyDifferences, how: Continuing) -> str:
    if held.get("grown") and differs.only_grows:
        grown = "; ".join(step["words"] for step in held["grown"])
        return (
            f"The study in '{folder}' has grown since it was begun: {grown}. Continue it as it is now: "
            f"{resume_command(folder)}; or give this one another --out."
        )
    more = " (which can grow: see its --repeats and --arms)" if differs.only_grows else ""
    return (
        f"The output folder '{folder}' holds another study ({differs.words()}). Choose another --out, or continue that "
        f"one: {resume_command(folder)}{more}{on_texts(how.texts) if differs.other_cells else ''}"
    )


def on_texts(texts: Sequence[str]) -> str:
    """Say why a table with columns of text may seem another than the one that a study began with; else nothing.

    Examples
    --------
    >>> on_texts([])
    ''
    """
    if not texts:
        return ""
    return (
        f" If the table is the same: an earlier posology took {quoted(texts, 3)} for categories, and this one reads "
        "the words. Finish the study with the posology that began it, or start it again in another --out."
    )


def notes_of(held: Mapping[str, Any]) -> list[str]:
    """Say what a reader of the verdict must know: that a study grew after it was seen, or had several versions."""
    grown = [
        f"The study was grown after its verdict was known: {one['words']}." for one in held["grown"] if one["seen"]
    ]
    if grown:
        grown.append("Its intervals hold for a size that was chosen before: read them with that in mind.")
    every = [held["versions"], *held.get("also", [])]
    several = {name: dict.fromkeys(str(one.get(name)) for one in every) for name in DECISIVE}
    words = [f"{name} {', then '.join(found)}" for name, found in several.items() if len(found) > 1]
    return [*grown, *([f"Its networks were trained by several versions: {'; '.join(words)}."] if words else [])]


def harmless(held: Mapping[str, Any], versions: Mapping[str, str]) -> str:
    """Say which versions differ from those the study began with, of what hardly matters; nothing where none does."""
    others = [name for name in versions if name not in DECISIVE]
    words = _changed(held["versions"], versions, others)
    return f"The study began with {', '.join(words)}; that makes little difference." if words else ""


def _completed(settings: Mapping[str, Any]) -> Any:
    """Fill in what an earlier posology did not ask, with what it did."""
    return json.loads(json.dumps(Settings.from_dict(settings).to_dict()))


def _grown(folder: Path, held: Mapping[str, Any], asked: Mapping[str, Any]) -> Held:
    """Let repeats and arms be more than they were."""
    before, now = held["settings"]["design"], asked["settings"]["design"]
    arms = [arm for arm in now["arms"] if arm not in before["arms"]]
    if now["repeats"] == before["repeats"] and not arms:
        return dict(held)
    if now["repeats"] < before["repeats"]:
        raise InputError(f"--repeats is {now['repeats']}, and the study has {before['repeats']}: it can only grow.")
    if "grown" not in held:
        raise InputError(
            f"The study in '{folder}' was begun by an earlier posology. Continue it once as it is, and then let it "
            f"grow: {resume_command(folder)}"
        )
    words = (
        [f"{counted(before['repeats'], 'repeat')} became {now['repeats']}"]
        if now["repeats"] > before["repeats"]
        else []
    )
    words += [f"added {', '.join(arm_name(tuple(arm)) for arm in arms)}"] if arms else []
    step = {"words": "; ".join(words), "seen": (folder / "verdict.json").is_file()}
    design = {**before, "repeats": now["repeats"], "arms": [*before["arms"], *arms]}
    return {**held, "settings": {**held["settings"], "design": design}, "grown": [*held["grown"], step]}


def _last_versions(held: Mapping[str, Any]) -> Mapping[str, str]:
    return ([held["versions"], *held.get("also", [])])[-1]


def _changed(before: Mapping[str, str], now: Mapping[str, str], names: Any) -> list[str]:
    """Name what has another version now; of what was not noted nothing is known."""
    return [
        f"{name} {before[name]} (here: {now[name]})"
        for name in names
        if name in before and name in now and before[name] != now[name]
    ]


def _refusal(folder: Path, held: Mapping[str, Any], changed: list[str]) -> str:
    last = _last_versions(held)
    wanted = " ".join(f"'{name}=={last[name]}'" for name in DECISIVE if any(c.startswith(f"{name} ") for c in changed))
    either = "" if held.get("table") is None else f" Or continue with both: {resume_command(folder)} --other-versions"
    return (
        f"The study in '{folder}' was trained by {', '.join(changed)}: its networks and new ones would not be alike to "
        f"the bit. Install what it was trained by: pip install {wanted}.{either}"
    )
