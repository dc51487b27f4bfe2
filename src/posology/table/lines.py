"""The text of a table, before it is parsed: what is no text, or no table, is refused with its line."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from posology.errors import InputError
from posology.table.spellings import NUMBER
from posology.table.unpacking import unpacked
from posology.wording import counted, quoted

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}

# Files that carry the wrong name: their first bytes, and what they really are.
FOREIGN_STARTS = {
    b"PAR1": "a Parquet file",
    b"ARROW1": "a Feather file",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"\xff\xfe\0\0": "UTF-32 text",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
}

# Text that is no table: what downloads give in the place of one.
FOREIGN_TEXTS = {
    b"<!doctype": "a web page",
    b"<html": "a web page",
    b"<?xml": "XML",
    b'{"': "JSON",
    b"[{": "JSON",
}


def decoded(path: Path) -> str:
    """Give a file's text, unpacked."""
    data = unpacked(path)
    for start, kind in FOREIGN_STARTS.items():
        if data.startswith(start):
            raise InputError(f"'{path}' is {kind}, not UTF-8 text. Save it again as CSV in UTF-8.")
    beginning = data[:100].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for start, kind in FOREIGN_TEXTS.items():
        if beginning.startswith(start):
            raise InputError(f"'{path}' is {kind}, not a table. Save or export the table itself as CSV.")
    if place := data.find(b"\0") + 1:
        line = data.count(b"\n", 0, place) + 1
        raise InputError(f"'{path}' is not text: it has a NUL byte in line {line:,}. Save it again as CSV in UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # utf-8-sig counts after the mark; the user's editor counts from the first byte
        position = error.start + (len(data) - len(error.object))
        line = data.count(b"\n", 0, position) + 1
        found = f"byte {position + 1:,} (0x{data[position]:02x}), in line {line:,}"
        raise InputError(
            f"'{path}' is not UTF-8 text: {found}, cannot be read. "
            "Save it again as CSV in UTF-8 (spreadsheets: 'CSV UTF-8')."
        ) from error


def separator_line(content: str, separators: str) -> tuple[str, str]:
    """Take off a line that names the separator, and give the separators that are left to try."""
    # Excel writes "sep=;" before the header where the separator is not the locale's
    first, _, rest = content.partition("\n")
    named = re.fullmatch(r"sep=(.)\r?", first, flags=re.IGNORECASE)
    return (rest, named[1]) if named and named[1] in SEPARATORS else (content, separators)


def records(path: Path, content: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and fields of each line that is not blank."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, skipinitialspace=True)
    try:
        for fields in reader:
            if fields and (len(fields) > 1 or fields[0].strip()):
                yield reader.line_num, fields
    except csv.Error as error:
        raise InputError(
            f"'{path}' is not a table of text: {error}, in line {reader.line_num:,}. Is a double quote left open "
            "there? Mend it, or save the table again as CSV."
        ) from error


def sniffed(path: Path, content: str, separators: str) -> str:
    """Choose the separator that splits the lines most evenly."""

    def evenness(separator: str) -> tuple[float, int]:
        counts = [len(fields) for _, fields in islice(records(path, content, separator), 100)]
        return (counts.count(counts[0]) / len(counts), counts[0]) if counts[0] > 1 else (0.0, 1)

    return separators if len(separators) == 1 else max(separators, key=evenness)


def checked_header(path: Path, content: str, separator: str) -> list[str]:
    """Give the first line's names of columns, where every line has as many cells."""
    lines = records(path, content, separator)
    header = [name.strip() for name in next(lines)[1]]
    _check_header(path, header, separator, lambda: _names_below(path, content))
    ragged = [(line, len(fields)) for line, fields in lines if len(fields) != len(header)]
    if ragged:
        line, found = ragged[0]
        raise InputError(
            f"'{path}' has {counted(found, 'field')} in line {line:,}, but its header has {len(header)}; "
            f"so in {counted(len(ragged), 'line')}. Mend those lines: a cell that holds a "
            f"{SEPARATORS[separator]} or a line break must stand in double quotes."
        )
    return header


def all_named(header: list[str]) -> list[str]:
    """Name the columns that have no name: "Unnamed: 2", or with one space more where that is a column's name."""
    given = set(header)
    free = {place: f"Unnamed: {place}" for place, name in enumerate(header) if not name}
    while given & set(free.values()):
        free = {place: name.replace(":", ": ", 1) for place, name in free.items()}
    return [name or free[place] for place, name in enumerate(header)]


def _other_separator(line: str) -> str:
    """Say how to bring a table into form that is separated by something else."""
    for words, mark, pattern in (("bars", "|", "'|'"), ("spaces", None, r"r'\s+'")):
        if len(line.strip("| ").split(mark)) > 2:
            return f" It looks separated by {words}: pandas.read_csv(..., sep={pattern}).to_csv(...) changes that."
    return ""


def _names_below(path: Path, content: str) -> str:
    """Say where the names of the columns stand below a title or a comment."""
    for separator in SEPARATORS:
        lines = list(islice(records(path, content, separator), 30))
        widths = [len(fields) for _, fields in lines]
        for (line, fields), width, below in zip(lines[1:], widths[1:], widths[2:], strict=False):
            if width == below > 1 and not any(NUMBER.fullmatch(name) for name in fields):
                names = quoted([name.strip() for name in fields], 3)
                return f" The names of its columns seem to stand in line {line:,}: {names}. Remove what is above them."
    return ""


def _check_header(path: Path, header: list[str], separator: str, below: Callable[[], str]) -> None:
    if len(header) == 1:
        tried = "comma, semicolon and tab" if separator != "\t" else "tab"
        raise InputError(
            f"'{path}' has one column, '{header[0]}', when split at {tried}. "
            "Give a table with a target and at least one feature, separated by one of these."
            f"{below() or _other_separator(header[0])}"
        )
    repeated = [name for name, count in Counter(header).items() if name and count > 1]
    if repeated:
        raise InputError(
            f"'{path}' names {quoted(repeated)} more than once in its first line. "
            "Give every column a name of its own (if the first line is data, add a line of names)."
        )
    if all(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", name) for name in header) and any(
        not name.isdecimal() for name in header
    ):
        raise InputError(
            f"'{path}' begins with numbers, {quoted(header, 3)}, where the column names should be. "
            "Add a first line with one name per column."
        )
