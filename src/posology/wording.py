"""Phrases that messages share: quoted names, "did you mean", how to leave a column out."""

import csv
import difflib
import io
import os
import re
import shlex
from collections.abc import Iterable, Sequence

# what a terminal obeys instead of showing it: control characters, marks that turn the direction of writing; and
# lone surrogates, which no terminal can be sent
_OBEYED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff]")


def printable(text: str) -> str:
    r"""Give text as a terminal may show it: what it would obey is spelled out. Lines and tabs are kept.

    Examples
    --------
    >>> print(printable("a \x1b[31mred\x1b[0m name"))
    a \x1b[31mred\x1b[0m name
    """
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def shortened(text: str, most: int = 80) -> str:
    """Give the beginning of a long text.

    Examples
    --------
    >>> shortened("abcdefgh", 4)
    'abcd...'
    """
    return text if len(text) <= most else f"{text[:most]}..."


def quoted(names: Iterable[object], limit: int = 8) -> str:
    """Names in quotes, the first `limit` of them.

    Examples
    --------
    >>> quoted(["age", "bmi", "sex"], limit=2)
    "'age', 'bmi' and 1 more"
    """
    return first_of([f"'{shortened(str(name))}'" for name in names], limit)


def first_of(parts: Sequence[str], limit: int) -> str:
    """List the first `limit` parts, and how many more there are.

    Examples
    --------
    >>> first_of(["a", "b", "c"], 2)
    'a, b and 1 more'
    """
    shown, more = ", ".join(parts[:limit]), len(parts) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def factor(times: float) -> str:
    """Write how many times as much something is.

    Examples
    --------
    >>> factor(2.345), factor(5930.2)
    ('2.3', '5,930')
    """
    return f"{times:.1f}" if times < 10 else f"{times:,.0f}"


def counted(number: int, noun: str) -> str:
    """Join a count and its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(1030, "row")
    ('1 row', '1,030 rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def capital(text: str) -> str:
    """Begin a text as a sentence begins, and leave the rest as it is.

    Examples
    --------
    >>> capital("log-loss skill of L1"), capital("")
    ('Log-loss skill of L1', '')
    """
    return text[:1].upper() + text[1:]


def first_line(error: BaseException) -> str:
    r"""Give the first line of an error's text, without its full stop; its kind where it has no text.

    Examples
    --------
    >>> first_line(ValueError("no such column.\nResolved plan: ..."))
    'no such column'
    """
    lines = str(error).strip().splitlines()
    return lines[0].strip().rstrip(".") if lines else type(error).__name__


def did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Ask "Did you mean 'price'?", or nothing where no known name is near; letter case is no difference.

    Examples
    --------
    >>> did_you_mean("Prise", ["age", "price"])
    " Did you mean 'price'?"
    >>> did_you_mean("zzz", ["age", "price"])
    ''
    """
    by_lower = {candidate.lower(): candidate for candidate in reversed(list(known))}
    if len(name) > 200:  # time grows with the square of the length
        return ""
    near = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=cutoff)
    return f" Did you mean '{by_lower[near[0]]}'?" if near else ""


def on_arms(arms: Iterable[str]) -> str:
    """Say what the one name of an arm means that is no regularizer's; nothing where it is not there.

    Examples
    --------
    >>> on_arms(["none", "weights+dropout"])
    'As an arm, weights is L1 and L2 together.'
    >>> on_arms(["none", "l1+dropout"])
    ''
    """
    known = any("weights" in arm.split("+") for arm in arms)
    return "As an arm, weights is L1 and L2 together." if known else ""


def resume_command(folder: str | os.PathLike[str]) -> str:
    """Return the command that continues a study, as a shell takes it.

    Examples
    --------
    >>> resume_command("my houses.posology")
    "posology resume 'my houses.posology'"
    """
    return f"posology resume {shlex.quote(os.fspath(folder))}"


def watch_command(folder: str | os.PathLike[str]) -> str:
    """Return the command that shows how far a study is, as a shell takes it.

    Examples
    --------
    >>> watch_command("my houses.posology")
    "posology watch 'my houses.posology'"
    """
    return f"posology watch {shlex.quote(os.fspath(folder))}"


def leave_out(names: Sequence[str]) -> str:
    """Return the option that leaves columns out, on the command line and in Python.

    Examples
    --------
    >>> leave_out(["id"])
    "--drop id (in Python: X.drop(columns=['id']))"
    """
    return f"--drop {shlex.quote(listed(names))} (in Python: X.drop(columns={list(names)!r}))"


def listed(names: Iterable[str]) -> str:
    """Write names in one text, separated by commas; a name with a comma is quoted, as in CSV.

    Examples
    --------
    >>> listed(["id", "town, street"])
    'id,"town, street"'
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(names)
    return out.getvalue()


def separated(text: str) -> list[str]:
    r"""Read names from one text, as `listed` writes it.

    Examples
    --------
    >>> separated('id, "town, street",')
    ['id', 'town, street']
    >>> separated("price\n(EUR), id")
    ['price\n(EUR)', 'id']
    """
    # a spreadsheet's headers have line breaks, which end a row of CSV where they are not quoted
    found = next(csv.reader([text.translate(_BREAKS)], skipinitialspace=True), [])
    return [name.strip().translate(_BREAKS_AGAIN) for name in found if name.strip()]


_BREAKS = {ord("\n"): "\ue000", ord("\r"): "\ue001"}
_BREAKS_AGAIN = {0xE000: "\n", 0xE001: "\r"}
"""Line breaks, and characters that stand for them and that Unicode leaves to private use."""
