"""A report written to a file: HTML, Markdown or JSON, as its name ends."""

import json
from collections.abc import Iterable
from pathlib import Path

from posology.errors import InputError
from posology.report.findings import Findings
from posology.wording import quoted

SUFFIXES = (".html", ".md", ".json")


def written(findings: Findings, suffix: str, ignore: Iterable[str] = ()) -> str:
    """Write a report as text.

    Parameters
    ----------
    findings : Findings
    suffix : str
        One of `SUFFIXES`.
    ignore : iterable of str
        Codes of checks that are not to be shown.
    """
    if suffix == ".json":
        return json.dumps({**findings.verdict, "run": findings.run}, indent=2, sort_keys=True, allow_nan=False) + "\n"
    if suffix == ".md":
        from posology.report.markdown import to_markdown

        return to_markdown(findings, ignore)
    from posology.report.page import whole_page

    return whole_page(findings, ignore)


def write_report(findings: Findings, path: Path, ignore: Iterable[str] = ()) -> Path:
    """Write a report to a file.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        A name that ends in none of `SUFFIXES`, a file that cannot be written, or no such check to ignore.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"The report's name '{path}' ends in none of {quoted(SUFFIXES)}. Write report.html, say.")
    text = written(findings, path.suffix.lower(), ignore)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"The file '{path}' cannot be written: {error.strerror}. Choose another --output.") from error
    return path
