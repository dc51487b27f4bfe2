"""The commands that carry a study out: a table's, a study file's, the demonstration, and one that was stopped."""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from posology.cli.carrying_out import carry_out
from posology.cli.options import Ask, How, Targets, Where
from posology.cli.output import say
from posology.cli.tables import load, load_demo
from posology.errors import InputError
from posology.wording import separated


def study(
    table: str,
    *,
    target: Targets = (),
    task: str | None = None,
    groups: str | None = None,
    weights: str | None = None,
    drop: str = "",
    out: str | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    ask: Ask | None = None,
    where: Where | None = None,
    how: How | None = None,
) -> None:
    """Give the verdict on a table: combine, use one alone, equivalent, or not enough evidence.

    Keeps its results in a folder, from which `posology resume` continues and `posology predict` predicts.

    Example: posology study houses.csv --target price --network net.py:model_build

    Example: posology study study.toml    (which `posology init houses.csv` writes)

    Parameters
    ----------
    table
        CSV, TSV, Parquet or Feather; CSV and TSV may be gzipped. Or a study file, .toml, that says what is studied;
        then only --out, --dry-run and how it is run are given here.
    target
        The column to predict: numbers, or classes as text, truth values or categories. Several columns, separated by
        commas or given each by itself, are predicted by one network: numbers, or labels that a row has or not.
    task
        classification or regression, where it is not what the target's cells say: classification for numbers that are
        names of classes.
    groups
        Column that says which rows belong together, such as a patient or a site: they share a fold, and a group counts
        once. It is no feature.
    weights
        Column that says how much each row counts, in training and in the score; 2 is the row twice. It is no feature.
    drop
        Columns to leave out, separated by commas; in double quotes where a name has one.
    out
        Folder for the results; by default the table's name with .posology.
    dry_run
        Say what would be trained and how long it would take, and write nothing.
    """
    folder, how = Path(out) if out else Path(f"{Path(table).name.split('.')[0]}.posology"), how or How()
    if Path(table).suffix == ".toml":
        here = [target or None, task, groups, weights, drop or None, ask, where]
        table, target, task, groups, weights, drop, ask, where, track, budget = _in_file(Path(table), here)
        how = replace(how, track=how.track or tuple(track), budget=how.budget or budget)
    from posology.table.columns_read import note_on_columns

    if not target:
        raise InputError("--target is missing. Name the column to predict: posology study TABLE --target COL")
    ask = ask or Ask()
    beside = {"task": task, "groups": groups, "weights": weights}
    with _reading(how):
        settings = ask.settings(where or Where(), say)
        loaded = load(Path(table), target, separated(drop), **beside)
    say(f"Note: {note_on_columns(loaded.features)}")
    facts = {"table": str(Path(table).resolve()), "drop": separated(drop), **beside}
    carry_out(loaded, settings, facts, folder, how, dry_run=dry_run)


def demo(
    *,
    out: str | None = None,
    dry_run: Annotated[bool, Parameter(negative=())] = False,
    ask: Ask | None = None,
    where: Where | None = None,
    how: How | None = None,
) -> None:
    """Answer the question for a real table: the strength of 1,030 concretes, and the question's own network.

    Parameters
    ----------
    out
        Folder for the results; by default a temporary one.
    dry_run
        Say what would be trained and how long it would take, and write nothing.
    """
    ask, how = ask or Ask(), how or How()
    with _reading(how):
        settings = replace(ask, network=ask.network or "question").settings(where or Where(), say)
        loaded = load_demo()
    folder = Path(out) if out else None
    carry_out(loaded, settings, {"table": "demo", "drop": []}, folder, how, dry_run=dry_run)


def resume(
    folder: str,
    *,
    table: str | None = None,
    repeats: int | None = None,
    arms: str | None = None,
    other_versions: Annotated[bool, Parameter(negative=())] = False,
    how: How | None = None,
) -> None:
    """Continue a study that was stopped, or let it grow; what was finished is not trained again.

    Example: posology resume houses.posology --repeats 10

    Parameters
    ----------
    folder
        The study's folder.
    table
        Where the table is now, if it was moved.
    repeats
        More of them than the study has.
    arms
        Arms to add to those that it has, as in posology study. A report of a study that grew after its verdict was
        known says so.
    other_versions
        Continue with other versions of jax or keras than its networks were trained by. The report says so.
    """
    from posology.continuing import Continuing, on_texts
    from posology.settings import Settings
    from posology.study_json import read_settings

    how = how or How()
    held = read_settings(Path(folder))
    settings = Settings.from_dict(held["settings"])
    if held["table"] is None and table is None:
        raise InputError("This study was started in Python: run the same Study(..., folder=...) again to continue it.")
    demo_table = held["table"] == "demo"
    beside = {name: held.get(name) for name in ("task", "groups", "weights")}
    place = Path(table or held["table"])
    with _reading(how):
        loaded = load_demo() if demo_table else load(place, held["target"], held["drop"], **beside)
    if settings.source.fingerprint() != held.get("network"):
        raise InputError(
            f"The network file '{settings.source.where}' is not the one that this study began with: its content, or "
            "that of a file beside it that it imports, differs. Put the old one back, or start a new study in another "
            "--out."
        )
    if loaded.fingerprint() != held["fingerprint"]:
        raise InputError(
            f"The table '{table or held['table']}' is not the one that this study began with: its content differs. "
            f"Give the same table, or start a new study in another --out.{on_texts(loaded.texts)}"
        )
    facts = {"table": held["table"], "drop": held["drop"], **beside}
    may = Continuing(grows=repeats is not None or arms is not None, other_versions=other_versions)
    carry_out(loaded, settings.grown(repeats, arms), facts, Path(folder), how, continuing=may)


def _reading(how: How) -> AbstractContextManager[object]:
    """Say on a terminal what is done before anything is known: a large table takes a while, and so do the imports."""
    from posology.progress.bar import Bar

    bar = Bar(quiet=how.quiet or not sys.stderr.isatty())
    bar.stage("reading the table")
    return bar


def _in_file(path: Path, beside: Sequence[Any]) -> tuple[Any, ...]:
    """Read a study file: table, target, task, groups, weights, drop, what is asked, where, who tracks it, budget."""
    from posology.cli.study_options import asked, kinds
    from posology.study_file import read

    if any(one is not None for one in beside):
        raise InputError(
            f"'{path}' says what is studied: write options into it. Only --out, --dry-run, --budget, --workers, "
            "--cluster, --json, --quiet and --track stand beside a study file."
        )
    options = read(path, kinds())
    of_table = (options.get(name) for name in ("table", "target", "task", "groups", "weights"))
    return (*of_table, options.get("drop", ""), *asked(options), options.get("track", ()), options.get("budget"))
