"""The prescription in the user's own file: a unified diff, else the lines to write and why there is no diff.

The changed file is run before it is handed over: only a diff that builds the very network is shown.
"""

import difflib
import tokenize
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from posology.errors import InputError
from posology.handback.builder_calls import build, watched
from posology.handback.changes import changes
from posology.handback.same_network import is_same
from posology.handback.source_text import SourceText, UnwritableError, applied
from posology.network.asked import NUMBER, Outputs
from posology.network.branches import branch_sites
from posology.network.choice import ALL, Choice
from posology.network.doses import RATE
from posology.network.export import rebuild_with
from posology.network.graph import graph_of
from posology.network.lines import keras_lines
from posology.network.sites import Dose, Site, dropout_sites, kernel_sites
from posology.network.source import OWN, NetworkSource


@dataclass(frozen=True)
class CodeEdit:
    """A prescription as code.

    Parameters
    ----------
    diff : str
        Unified, for `patch -p1` or `git apply` in the file's folder; empty where it was not made.
    source : str
        The changed file's text; empty likewise.
    lines : tuple of str
        The prescription, one line a site.
    reason : str
        Why there is no diff; empty where there is.
    """

    diff: str = ""
    source: str = ""
    lines: tuple[str, ...] = ()
    reason: str = ""


def edited(source: NetworkSource, x_train: Any, doses: Sequence[Dose], outputs: Outputs = NUMBER) -> CodeEdit:
    """Write a prescription into the file that builds the network; the file itself is left as it is.

    Parameters
    ----------
    source : NetworkSource
        What builds the network.
    x_train : array or dict of arrays
        Rows that the builder is given, `(row, column)` or these by input.
    doses : sequence of Dose
        For sites of the network.
    outputs : Outputs
        That it has, for a function that asks for their number.

    Returns
    -------
    CodeEdit
        With a diff, or with the reason why there is none.

    Examples
    --------
    >>> print(edited(NetworkSource(), None, []).reason)
    the strong network is posology's own (`posology inspect strong`): these are the lines to write, and no diff
    """
    lines = tuple(keras_lines(doses))
    try:
        return replace(_edited(source, x_train, doses, outputs), lines=lines)
    except (UnwritableError, InputError) as error:
        return CodeEdit(lines=lines, reason=" ".join(str(error).split()))


_LINES = "these are the lines to write, and no diff"


def _edited(source: NetworkSource, x_train: Any, doses: Sequence[Dose], outputs: Outputs) -> CodeEdit:
    if source.kind != "file":
        if source.kind in OWN:
            raise UnwritableError(f"{source} is posology's own (`posology inspect {source.kind}`): {_LINES}")
        raise UnwritableError(f"{source} was handed over in Python, not as a file: {_LINES}")
    _check_writable(doses)
    file = Path(source.where)
    content, encoding, text = _read(file)

    def built(content: bytes) -> Any:
        return build(content, file, source.function, x_train, outputs)

    model, made = watched(lambda: built(content), file)
    doses = _in(model, doses)
    new = applied(text.text, changes(text, model, made, doses))
    if new == text.text:
        raise UnwritableError("the file has these strengths already")
    _check(lambda: built(new.encode(encoding)), rebuild_with(model, doses))
    mark = "\ufeff" if encoding == "utf-8-sig" else ""
    return CodeEdit(_diff(mark + text.text, mark + new, file.name, encoding), mark + new)


_WRITABLE = ("l1", "l2", RATE, "stochastic_depth")


def _check_writable(doses: Sequence[Dose]) -> None:
    """Refuse what is more than penalties and Dropout layers, those of residual branches included.

    Raises
    ------
    UnwritableError
        A regularizer has its place in a constraint, another layer, the optimizer, the loss or the training itself.
    """
    names = [name for dose in doses for name, strength in dose.strengths.items() if strength]
    if others := [name for name in dict.fromkeys(names) if name not in _WRITABLE]:
        raise UnwritableError(f"no diff is made of {', '.join(others)}: the lines say where each belongs")


def _read(file: Path) -> tuple[bytes, str, SourceText]:
    try:
        content = file.read_bytes()
        with file.open("rb") as lines:
            encoding, _ = tokenize.detect_encoding(lines.readline)
        return content, encoding, SourceText(content.decode(encoding))
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise UnwritableError(f"the file '{file}' cannot be read: {error}") from error


def _in(model: Any, doses: Sequence[Dose]) -> list[Dose]:
    """Give the doses for the sites of a model, whose layers may be numbered otherwise than in the study.

    Raises
    ------
    UnwritableError
        It has other sites.
    """
    graph = graph_of(model)
    for choice in (Choice(every=True), ALL):
        # of branches there is a dose only where one is left out
        branches = branch_sites(model, choice, graph) if any(d.site.kind == "branch" for d in doses) else ()
        every = (*kernel_sites(model, choice, graph), *dropout_sites(model, choice, graph), *branches)
        by_name = {(s.kind, s.layer, s.argument): s for s in every}
        own = [by_name.get((d.site.kind, d.site.layer, d.site.argument)) for d in doses]
        for found in (own, every):
            pairs = list(zip(found, doses, strict=False))
            if len(found) == len(doses) and all(site and _is_like(site, dose.site) for site, dose in pairs):
                return [replace(dose, site=site) for site, dose in pairs if site]
    raise UnwritableError("the file builds another network than the one that was studied")


def _is_like(site: Site, other: Site) -> bool:
    return replace(site, layer="") == replace(other, layer="")


def _check(built: Callable[[], Any], wanted: Any) -> None:
    """Check that a changed file builds the network that is wanted."""
    try:
        same = is_same(wanted, built())
    except InputError as error:
        raise UnwritableError(f"the changed file would not run: {error}") from error
    if not same:
        raise UnwritableError("the changed file would build another network")


def _diff(before: str, after: str, name: str, encoding: str) -> str:
    tab = "\t" if " " in name else ""  # ends a name with spaces
    found = difflib.unified_diff(_lines(before), _lines(after), f"a/{name}{tab}", f"b/{name}{tab}")
    diff = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in found)
    if not encoding.startswith("utf-8") and not diff.isascii():
        raise UnwritableError(f"the file is written in {encoding}, which no diff can carry")
    return diff


def _lines(text: str) -> list[str]:
    """Split a text as `patch` does, at line feeds only."""
    *lines, last = text.split("\n")
    return [*(f"{line}\n" for line in lines), *([last] if last else [])]
