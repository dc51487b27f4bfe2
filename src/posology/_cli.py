"""The commands: thin, no statistics and no training.

Exit codes: 0 done, 2 bad usage or bad input, 3 stopped and resumable, 1 anything else.
"""

import json
import signal
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import cyclopts
from cyclopts import App, Parameter

from posology import __version__
from posology._options import Ask, How, Where
from posology.errors import InputError, LeakWarning, PosologyError, StoppedError, WorkerError
from posology.wording import resume_command

if TYPE_CHECKING:
    from posology.settings import Settings
    from posology.study import Study
    from posology.table import Table

app = App(
    name="posology",
    version=__version__,
    help="Should I combine L1/L2 penalties with Dropout, or use them separately, and at what strengths?",
    help_format="plaintext",
)


@app.command
def study(
    table: str,
    *,
    target: str | None = None,
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
        The column to predict: numbers, or classes as text, truth values or categories.
    task
        classification or regression, where it is not what the target's cells say: classification for numbers that are
        names of classes.
    groups
        Column that says which rows belong together, such as a patient or a site: they share a fold, and a group counts
        once. It is no feature.
    weights
        Column that says how much each row counts, in training and in the score; 2 is the row twice. It is no feature.
    drop
        Columns to leave out, separated by commas.
    out
        Folder for the results; by default the table's name with .posology.
    dry_run
        Say what would be trained and how long it would take, and write nothing.
    """
    folder = Path(out) if out else Path(f"{Path(table).name.split('.')[0]}.posology")
    if Path(table).suffix == ".toml":
        here = [target, task, groups, weights, drop or None, ask, where]
        table, target, task, groups, weights, drop, ask, where = _in_file(Path(table), here)
    if target is None:
        raise InputError("--target is missing. Name the column to predict: posology study TABLE --target COL")
    ask, how = ask or Ask(), how or How()
    settings = ask.settings(where or Where(), _say)
    beside = {"task": task, "groups": groups, "weights": weights}
    loaded = _load(Path(table), target, _names(drop), **beside)
    facts = {"table": str(Path(table).resolve()), "drop": _names(drop), **beside}
    _study(loaded, settings, facts, folder, how, dry_run=dry_run)


@app.command
def init(table: str, *, target: str | None = None, output: str = "study.toml") -> None:
    """Write a study file for a table: every option with what it does, to be changed and run.

    Example: posology init houses.csv && posology study study.toml

    Parameters
    ----------
    table
        CSV, TSV, Parquet or Feather.
    target
        The column to predict; the last one when absent.
    output
        File to write; it must not exist yet.
    """
    from posology._study_options import described
    from posology.study_file import commented
    from posology.table import read_frame
    from posology.wording import did_you_mean

    path = Path(output)
    if path.exists():
        raise InputError(f"The file '{path}' exists. Choose another --output.")
    columns = [str(name) for name in read_frame(Path(table)).columns]
    if target is None:
        target = _last_column(columns)
    elif target not in columns:
        raise InputError(f"'{table}' has no column '{target}'.{did_you_mean(target, columns)}")
    place = Path(table).resolve()
    shown = place.relative_to(path.resolve().parent) if place.is_relative_to(path.resolve().parent) else place
    _write(path, commented(str(shown), target, described()))
    sys.stdout.write(f"Written to '{path}'. Change what you like, then: posology study {path}\n")


@app.command
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
    settings = ask.settings(where or Where(), _say)
    loaded = _load_demo()
    folder = Path(out) if out else None
    _study(loaded, settings, {"table": "demo", "drop": []}, folder, how, dry_run=dry_run)


@app.command
def resume(folder: str, *, table: str | None = None, how: How | None = None) -> None:
    """Continue a study that was stopped; what was finished is not trained again.

    Parameters
    ----------
    folder
        The study's folder.
    table
        Where the table is now, if it was moved.
    """
    from posology.record import read_settings
    from posology.settings import Settings

    how = how or How()
    held = read_settings(Path(folder))
    settings = Settings.from_dict(held["settings"])
    if held["table"] is None and table is None:
        raise InputError("This study was started in Python: run the same Study(..., folder=...) again to continue it.")
    demo_table = held["table"] == "demo"
    beside = {name: held.get(name) for name in ("task", "groups", "weights")}
    loaded = _load_demo() if demo_table else _load(Path(table or held["table"]), held["target"], held["drop"], **beside)
    if settings.source.fingerprint() != held.get("network"):
        raise InputError(
            f"The network file '{settings.source.where}' is not the one that this study began with: its content "
            "differs. Put the old one back, or start a new study in another --out."
        )
    if loaded.fingerprint() != held["fingerprint"]:
        raise InputError(
            f"The table '{table or held['table']}' is not the one that this study began with: its content differs. "
            "Give the same table, or start a new study in another --out."
        )
    facts = {"table": held["table"], "drop": held["drop"], **beside}
    _study(loaded, settings, facts, Path(folder), how)


@app.command
def predict(
    folder: str, table: str, *, out: str | None = None, json: Annotated[bool, Parameter(negative=())] = False
) -> None:
    """Predict the rows of a new table with a finished study's network.

    Parameters
    ----------
    folder
        The study's folder.
    table
        A table with the studied columns; the target may be absent.
    out
        CSV file to write; by default standard output.
    json
        Print one JSON object instead of CSV.
    """
    from posology.prediction import predict_table

    predicted = predict_table(Path(folder), Path(table))
    for note in predicted.notes:
        _say(note)
    text = predicted.to_json() if json else predicted.to_csv()
    if out:
        _write(Path(out), text)
    else:
        sys.stdout.write(text)


@app.command
def inspect(
    network: str,
    *,
    table: str | None = None,
    target: str | None = None,
    task: str | None = None,
    drop: str = "",
    where: Where | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show where regularizers can act in a network, whether they do, and what its structure says about them.

    Nothing is trained and nothing is written.

    Example: posology inspect net.py:model_build --table houses.csv --target price

    Parameters
    ----------
    network
        FILE.py:FUNCTION, a function that returns a compiled Keras model; or question, the question's own network.
    table
        CSV, TSV, Parquet or Feather, on whose rows the network is run; random rows when absent.
    target
        The column to predict; the last one when absent.
    task
        classification or regression, where it is not what the target's cells say.
    drop
        Columns to leave out, separated by commas.
    json
        Print one JSON object on standard output and nothing else.
    """
    from posology.inspection import inspect_network
    from posology.network import parse_source
    from posology.report.inspection import print_inspection
    from posology.table import read_frame

    if table is not None and target is None:
        target = _last_column(list(read_frame(Path(table)).columns))
    _both_or_none(table, target)
    source = parse_source(network)
    loaded = None if table is None or target is None else _load(Path(table), target, _names(drop), task=task)
    where = where or Where()
    inspection = inspect_network(source, loaded, where.choice(), where.inputs())
    _print_json(inspection.to_dict()) if json else print_inspection(inspection)


@app.command
def export(
    folder: str,
    *,
    to: str,
    out: str | None = None,
    embed_preprocessing: Annotated[bool, Parameter(negative=())] = False,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Hand back a finished study: the tuned network for use without posology, or the prescription as code.

    Example: posology export houses.posology --to keras --out houses_network

    Parameters
    ----------
    folder
        The study's folder.
    to
        "keras": model.keras, the preparation and a script that predicts. "onnx": the same as ONNX. "code": the change
        to your own file.
    out
        Folder to write, absent or empty; a new file for code. By default NAME_keras or NAME_onnx; code is printed.
    embed_preprocessing
        Put the preparation into the model, which then takes the columns as they are.
    json
        Print one JSON object.
    """
    from posology.handback.exporting import export as hand_back

    done = hand_back(Path(folder), to, Path(out) if out else None, embed_preprocessing=embed_preprocessing)
    if json:
        _print_json(done.to_dict())
    elif done.place:
        sys.stdout.write(f"Written to '{done.place}'{': ' if done.files else ''}{', '.join(done.files)}\n")
    else:
        sys.stdout.write(done.code)


@app.command
def report(
    folder: str,
    *,
    output: str | None = None,
    ignore: str = "",
    open: Annotated[bool, Parameter(negative=())] = False,  # noqa: A002
) -> None:
    """Draw the report of a finished study: one HTML file that needs nothing else.

    A study leaves one at its end; this draws it again, elsewhere or as Markdown or JSON.

    Example: posology report houses.posology --output houses.html --ignore POS003

    Parameters
    ----------
    folder
        The study's folder.
    output
        File to write, its name ending in .html, .md or .json; by default report.html in the folder.
    ignore
        Codes of checks that are not to be shown, separated by commas.
    open
        Show it in the browser.
    """
    import webbrowser

    from posology.report.findings import Findings
    from posology.report.writing import write_report

    path = Path(output) if output else Path(folder) / "report.html"
    write_report(Findings.read(Path(folder)), path, _names(ignore))
    sys.stdout.write(f"Written to '{path}'\n")
    if open:
        webbrowser.open(path.resolve().as_uri())


@app.command
def calibrate(
    *,
    generators: str = "N0,N2,N3,E1,A1",
    studies: int = 200,
    rows: int | None = None,
    columns: int | None = None,
    table: str | None = None,
    target: str | None = None,
    drop: str = "",
    seed: int = 0,
    json: Annotated[bool, Parameter(negative=())] = False,
    quiet: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show how often the verdict is right, on simulated studies whose truth is known. A minute or two.

    Ends with 1 where a target is missed for certain.

    Example: posology calibrate --generators N3,C2 --studies 1000

    Parameters
    ----------
    generators
        Of docs/calibration.md, separated by commas: N0, N1, N1-lasso, N2, N3 (nothing to find), E1, E2 (equivalent), A1
        (one alone), C2 (combine), S1-wide, S1-tails, S1-uneven, S1-blocks (stress), R1 (random ReLU networks).
    studies
        Of each generator.
    rows
        Of every simulated table; or of a random sample of --table, 1,000 at most by default.
    columns
        Of every simulated table.
    table
        Instead of generators: your table, with its target shuffled, and with its arms tied by flipped signs.
    target
        The column to predict.
    drop
        Columns to leave out, separated by commas.
    seed
        Of everything random.
    json
        Print one JSON object on standard output and nothing else.
    quiet
        No progress.
    """
    from posology.calibration.simulation import calibrate as simulated
    from posology.report.calibration import Counter, print_calibration

    _both_or_none(table, target)
    loaded = None if table is None or target is None else _load(Path(table), target, _names(drop))
    tell = Counter(quiet=quiet)
    found = simulated(_names(generators), studies, rows=rows, columns=columns, table=loaded, seed=seed, tell=tell)
    _print_json(found.to_dict()) if json else print_calibration(found)
    if found.missed:
        sys.exit(1)


def _in_file(path: Path, beside: Sequence[Any]) -> tuple[Any, ...]:
    """Read a study file: table, target, task, groups, weights, drop, what is asked, where."""
    from posology._study_options import asked, kinds
    from posology.study_file import read

    if any(one is not None for one in beside):
        raise InputError(
            f"'{path}' says what is studied: write options into it. Only --out, --dry-run, --budget, --workers, --json "
            "and --quiet stand beside a study file."
        )
    options = read(path, kinds())
    of_table = (options.get(name) for name in ("table", "target", "task", "groups", "weights"))
    return (*of_table, options.get("drop", ""), *asked(options))


def _last_column(columns: Sequence[str]) -> str:
    """Take the last column as the target, as tables of the kind have it, and say so."""
    name = str(columns[-1])
    _say(f"Note: '{name}', the last column, is taken as the target; --target names another.")
    return name


def _both_or_none(table: str | None, target: str | None) -> None:
    if (table is None) != (target is None):
        given, missing = ("--table", "--target") if target is None else ("--target", "--table")
        raise InputError(f"{given} is given without {missing}. Give both, or none for random rows.")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"The file '{path}' cannot be written: {error.strerror}. Choose another --out.") from error


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _load(path: Path, target: str, drop: Sequence[str], **beside: str | None) -> "Table":
    """Read a table; `beside` names its task, and the columns of groups and weights."""
    from posology.table import make_table, read_frame

    return _noted(lambda: make_table(read_frame(path), target, drop, **beside))


def _load_demo() -> "Table":
    from posology.data import concrete
    from posology.table import make_table

    return _noted(lambda: make_table(concrete(), "strength_mpa"))


def _noted(load: Callable[[], "Table"]) -> "Table":
    """Load a table; what it warns of is among its notes, which are shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakWarning)
        table = load()
    for note in table.notes:
        _say(f"Note: {note}")
    return table


def _study(
    table: "Table",
    settings: "Settings",
    facts: dict[str, Any],
    folder: Path | None,
    how: How,
    *,
    dry_run: bool = False,
) -> None:
    from posology.durations import parse_duration
    from posology.report.progress import Bar
    from posology.report.terminal import print_forecast, print_result
    from posology.study import Study

    budget = None if how.budget is None else parse_duration(how.budget)
    asked = Study.of(table, settings, folder=folder, workers=how.workers, budget=budget, facts=facts)
    with Bar(quiet=how.quiet) as bar, _stoppable(asked):
        if dry_run:
            forecast = asked.forecast(bar)
        else:
            result = asked.run(bar)
    if dry_run:
        _print_json(forecast.to_dict()) if how.json else print_forecast(forecast)
    else:
        _print_json(result.to_dict()) if how.json else print_result(result)


@contextmanager
def _stoppable(asked: "Study") -> Any:
    """Turn Ctrl-C and a polite kill into exit code 3 with the line that continues."""

    def interrupt(*_: Any) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(f"Stopped. {_what_is_kept(asked)}") from None
    except WorkerError as error:
        raise WorkerError(f"{error} {_what_is_kept(asked)}") from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _what_is_kept(asked: "Study") -> str:
    if asked.folder is None or not (asked.folder / "study.json").is_file():
        return "Nothing was kept yet."
    return f"What was trained is kept; go on with: {resume_command(asked.folder)}"


def _print_json(content: Any) -> None:
    sys.stdout.write(json.dumps(content, indent=2) + "\n")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its code; never with a traceback for what a user can cause."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except cyclopts.CycloptsError as error:
        _fail(arguments, f"{error} See: posology {_command(arguments)}--help", 2)
    except PosologyError as error:
        _fail(arguments, str(error), error.exit_code)
    except KeyboardInterrupt:
        _fail(arguments, "Stopped.", 3)
    except BrokenPipeError:  # the reader of standard output went away, as `| head` does
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        _fail(arguments, f"{error}. Is there room in the temporary folder (TMPDIR), and may this user write there?", 1)
    except MemoryError:
        _fail(arguments, "Out of memory. Use fewer --workers, or a smaller table.", 1)
    sys.exit(0)


def _command(arguments: Sequence[str]) -> str:
    known = {"study", "init", "demo", "resume", "predict", "inspect", "export", "report", "calibrate"}
    return f"{arguments[0]} " if arguments and arguments[0] in known else ""


def _fail(arguments: Sequence[str], text: str, code: int) -> NoReturn:
    _say(f"posology: {text}")
    if "--json" in arguments:
        _print_json({"error": text, "exit_code": code})
    sys.exit(code)
