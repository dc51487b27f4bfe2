"""What a prescription needs beside its lines, so that a network built by hand reaches the stated score."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

from posology.handback.units import batch_of
from posology.table.targets import classes_of
from posology.wording import counted, quoted


def by_hand(verdict: Mapping[str, Any]) -> list[str]:
    """Say what came out at zero, the scale that strengths are for, how to train, and why means of arms are others.

    Parameters
    ----------
    verdict : mapping
        `StudyResult.to_dict()`, or verdict.json.

    Returns
    -------
    list of str
        Sentences.
    """
    return [*_off(verdict["prescription"]["strengths"]), _scale(verdict), _training(verdict), _tuned(verdict)]


def commented(sentences: Sequence[str]) -> list[str]:
    """Write sentences as comments of Python.

    Examples
    --------
    >>> commented(["By hand: so.", "And so."])
    ['# By hand: so. And so.']
    """
    return [f"# {line}" for line in wrap(" ".join(sentences), 98)]


def _off(strengths: Mapping[str, Sequence[float]]) -> list[str]:
    """Say which regularizers of an arm are off in it, as where the best of its trials was one of its parts."""
    off, on = ([name for name, values in strengths.items() if any(values) is wanted] for wanted in (False, True))
    left = " and ".join(on) or "no regularizer"
    return [f"On all rows {' and '.join(off)} came out at 0: what is prescribed is {left}."] if off else []


def _scale(verdict: Mapping[str, Any]) -> str:
    texts = any(one["kind"] == "text" for one in verdict["study"].get("columns_read", ()))
    by_skrub = ", texts by skrub's StringEncoder" if texts else ""
    codes = verdict["study"].get("codes", ())
    coded = f"; {quoted(codes)} as codes, numbered as layout.json has them" if codes else ""
    prepared = f"numbers standardized, categories as columns of 0 and 1{by_skrub}{coded}"
    columns = f"By hand: prepare the columns ({prepared})"
    if classes_of(verdict["study"]):
        return f"{columns}."
    target = _target(verdict["prescription"].get("target_scale", ()))
    return f"{columns} and standardize {target}, the scale of penalties."


def _target(scale: Sequence[Sequence[float]]) -> str:
    """Say how the target is standardized; earlier studies do not keep its numbers here."""
    if len(scale) == 1:
        return f"the target, (y - {scale[0][0]:.4g}) / {scale[0][1]:.4g}"
    return f"{'each' if scale else 'the'} target by its mean and sd, those in preparation.json"


def _training(verdict: Mapping[str, Any]) -> str:
    study, design, epochs = verdict["study"], verdict["settings"]["design"], verdict["prescription"]["epochs"]
    said = [f"Train in batches of {counted(batch_of(verdict), 'row')} for {counted(epochs, 'epoch')}"]
    if design["patience"] is not None:
        said.append("without early stopping, which chose that number on inner splits")
    if design["callbacks"]["plateau_factor"] != 1:
        said.append("the learning rate reduced after the epochs that packs/all-refit.json names")
    if study["weights"] is not None:
        said.append("rows weighted as in the study")
    if design["class_weight"] is not None:
        said.append("classes weighted as in the study")
    return f"{', '.join(said)}."


def _tuned(verdict: Mapping[str, Any]) -> str:
    study = verdict["study"]
    means = f"means over {counted(study['resamples'], 'resample')}, each tuned by itself on fewer rows"
    return f"It was tuned anew on all {study['rows']:,} rows; strengths and epochs in the table of arms are {means}."
