"""The commands for a finished study: its predictions, its network, its report."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from posology.cli.output import print_json, say, write
from posology.wording import counted, quoted, separated


def predict(
    folder: str, table: str, *, out: str | None = None, json: Annotated[bool, Parameter(negative=())] = False
) -> None:
    """Predict the rows of a new table with a finished study's network.

    Parameters
    ----------
    folder
        The study's folder, or a bundle, from which no code is run whoever made it.
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
        say(note)
    text = predicted.to_json() if json else predicted.to_csv()
    if out:
        write(Path(out), text)
    else:
        sys.stdout.write(text)


def results(folder: str, *, to: Literal["csv", "parquet"] = "csv", out: str | None = None) -> None:
    """Give every network's losses as one table, a row an epoch; also of a study that runs.

    The same is in study.sqlite in the folder, in the view `results`.

    Columns: stage (tune, refit, lever, prescription), arm, trial, repeat, fold, split (empty where all rows of the
    outer training fold are trained on), seed, strengths (JSON, a number a site), epoch, train_loss and watched_loss
    (the network's own loss on the standardized target, penalties aside, dropout off), test_loss (of a refit at its
    chosen epoch, as it is scored: the same in each of its rows) and failed.

    Example: posology results houses.posology --to parquet

    Parameters
    ----------
    folder
        The study's folder.
    to
        csv or parquet.
    out
        File to write. By default CSV goes to standard output, and Parquet to NAME_results.parquet.
    """
    from posology.pack_files import strangers
    from posology.results_index import results_frame
    from posology.study_json import read_settings

    found = results_frame(Path(folder))
    if left_out := strangers(Path(folder) / "packs", read_settings(Path(folder)).get("id")):
        say(f"Damaged or not this study's, and left out: {quoted(left_out, 5)} in '{Path(folder) / 'packs'}'.")
    elif found.empty:
        say(f"No pack of networks is in '{Path(folder) / 'packs'}' yet, or any more.")
    if to == "csv" and out is None:
        sys.stdout.write(found.to_csv(index=False))
        return
    name = Path(folder).resolve().name.removesuffix(".posology")
    path = Path(out or f"{name}_results.parquet")
    text = found.to_csv(index=False).encode() if to == "csv" else found.to_parquet(index=False)
    write(path, text)
    sys.stdout.write(f"Written to '{path}': {counted(len(found), 'row')}\n")


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
        to your own file. "bundle": one file without code, for posology predict.
    out
        Folder to write, absent or empty; a new file for code and a bundle. By default NAME_keras, NAME_onnx or
        NAME.bundle; code is printed.
    embed_preprocessing
        Put the preparation into the model, which then takes the columns as they are.
    json
        Print one JSON object.
    """
    from posology.handback.exporting import export as hand_back

    done = hand_back(Path(folder), to, Path(out) if out else None, embed_preprocessing=embed_preprocessing)
    if json:
        print_json(done.to_dict())
    elif done.place:
        sys.stdout.write(f"Written to '{done.place}'{': ' if done.files else ''}{', '.join(done.files)}\n")
    else:
        sys.stdout.write(done.code)


def report(
    folder: str,
    *,
    output: Annotated[str | None, Parameter(name=["--output", "--out"])] = None,
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
    write_report(Findings.read(Path(folder)), path, separated(ignore))
    sys.stdout.write(f"Written to '{path}'\n")
    if open:
        webbrowser.open(path.resolve().as_uri())
