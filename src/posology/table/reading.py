"""A file on disk -> a pandas frame: CSV, TSV, text, Parquet, Feather. Nothing is repaired without being told.

Text files are checked line by line before pandas parses them, because pandas fills short rows with missing
cells, takes the first column of long rows as an index and renames duplicate columns, all in silence.
"""

import io
import os
import re
import zipfile
from collections import Counter
from collections.abc import Collection
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd

from posology.errors import InputError
from posology.files import given_path, is_regular
from posology.table.lines import all_named, checked_header, decoded, records, separator_line, sniffed
from posology.table.spellings import CODE
from posology.table.unpacking import PACKED, cut_off, member_of
from posology.wording import counted, did_you_mean, quoted

TEXT_SUFFIXES = {".csv": ",;\t", ".txt": ",;\t", ".tsv": "\t", ".tab": "\t"}
ARROW_SUFFIXES = {".parquet": "Parquet", ".pq": "Parquet", ".feather": "Feather", ".arrow": "Feather"}
PICKLE_SUFFIXES = {".pkl", ".pickle", ".joblib"}
READABLE = f"CSV, TSV or TXT (also as {', '.join(PACKED)}), Parquet or Feather"
MOST_CELLS = 2**31
"""Of a Parquet file; a few bytes can stand for a billion equal cells."""


PANDAS_VERSION = tuple(int(part) for part in pd.__version__.split(".")[:2])

# 1,5 and 1.234,5: numbers as written in files whose separator is not the comma
DECIMAL_COMMA = r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d+)?"


def read_frame(path: str | os.PathLike[str], text: Collection[str] = ()) -> pd.DataFrame:
    """Read a table from a file.

    The separator of `.csv` and `.txt` is the one among comma, semicolon and tab that splits the lines evenly;
    `.tsv` is split at tabs. In files split at semicolons or tabs, a column in which every cell is a number
    written with a decimal comma ("1,5", "1.234,5") becomes numbers. Missing are empty cells, "?" and the
    marks of pandas ("NA", "NaN", "None", "null", ...): where one such word is a level of its own, nothing is
    lost, because missing is a level too. Spaces around column names and before cells do not count. A column of
    whole numbers, some of them with leading zeros ("02139"), stays text: these are codes.

    Parameters
    ----------
    path
        `.csv`, `.tsv`, `.tab` or `.txt`, each also with `.gz`, `.bz2`, `.xz`, `.zst` or `.zip`; `.parquet` or `.pq`;
        `.feather` or `.arrow`.
    text
        Columns to be read as text as it stands, so that "007" stays "007" (text files only).

    Returns
    -------
    pd.DataFrame
        One row per line, columns named by the header.

    Raises
    ------
    InputError
        Where the file is not there, no regular file, empty, cut off, ragged, not UTF-8, of an unknown kind, far too
        large, or names a column twice.

    Examples
    --------
    >>> from posology.data import concrete_path
    >>> read_frame(concrete_path()).shape
    (1030, 9)
    """
    path = given_path(path)
    check_there(path)
    suffix = _suffix(path)
    packed = suffix.rpartition(".")[0] if "." in suffix[1:] else suffix
    if suffix in ARROW_SUFFIXES:
        frame = _read_arrow(path, ARROW_SUFFIXES[suffix])
    elif packed in TEXT_SUFFIXES:
        frame = _read_text(path, TEXT_SUFFIXES[packed], text)
    else:
        raise InputError(_unknown_kind(path, suffix))
    if frame.empty:
        raise InputError(f"'{path}' has column names but no rows. Give a table with one row per observation.")
    return frame


def _suffix(path: Path) -> str:
    """Give a file's ending, with the one before where it is packed: that of the only file in a ".zip"."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".zip"] and (not suffixes[-2:-1] or suffixes[-2] not in TEXT_SUFFIXES):
        return f"{_suffix_inside(path)}.zip"
    return "".join(suffixes[-2:] if suffixes[-1:] and suffixes[-1] in PACKED else suffixes[-1:])


def _suffix_inside(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return Path(member_of(path, archive)).suffix.lower()
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(cut_off(path, "zip", error)) from error


def check_there(path: Path) -> None:
    """Check that a table can be read from its file.

    Raises
    ------
    InputError
        There is no such file, or none that may be read.
    """
    there = is_regular(path, f"Give a file: {READABLE}.")
    if path.is_dir():
        raise InputError(f"'{path}' is a folder, not a table. Name one file in it: {READABLE}.")
    if not there:
        folder = path.parent
        beside = sorted(p.name for p in folder.iterdir() if p.name != path.name) if folder.is_dir() else []
        near = did_you_mean(path.name, beside)
        where = near or f" The folder is '{folder.resolve()}'; check the name."
        raise InputError(f"There is no file '{path}'.{where}")
    if not os.access(path, os.R_OK):
        raise InputError(f"'{path}' may not be read by this user. Change its permissions or copy it.")
    if path.stat().st_size == 0:
        raise InputError(f"'{path}' is empty: it has no bytes. Save or export the table again.")


def _unknown_kind(path: Path, suffix: str) -> str:
    if any(part in PICKLE_SUFFIXES for part in (suffix, *path.suffixes[-2:])):
        return (
            f"'{path}' is a pickle, and posology never loads one: loading it could run any code. "
            "Save the table as Parquet (frame.to_parquet) and give that file."
        )
    ending = f"ends in '{suffix}'" if suffix else "has no ending"
    return f"'{path}' {ending}, which posology does not read. Save the table as {READABLE}."


def _read_text(path: Path, separators: str, text: Collection[str]) -> pd.DataFrame:
    content = decoded(path)
    content, separators = separator_line(content, separators)
    if not any(records(path, content, separators[0])):
        raise InputError(f"'{path}' is empty: it has only blank lines. Save or export the table again.")
    separator = sniffed(path, content, separators)
    header = checked_header(path, content, separator)
    names = all_named(header)
    frame = _parsed(path, content, separator, names, text)
    if codes := _codes(path, content, separator, frame):
        frame = _parsed(path, content, separator, names, {*text, *codes})
    unnamed = [name for name, given in zip(names, header, strict=True) if not given]
    blank = [name for name in unnamed if frame[name].isna().all()]
    frame = frame.drop(columns=blank)  # a separator at the end of every line makes such a column
    return frame if separator == "," else _with_decimal_commas(frame, text)


def _parsed(path: Path, content: str, separator: str, names: list[str], text: Collection[str]) -> pd.DataFrame:
    # exact decimal numbers are the default from pandas 3.1 on, where asking for them is deprecated
    exact = {} if PANDAS_VERSION >= (3, 1) else {"float_precision": "round_trip"}
    try:
        frame: pd.DataFrame = pd.read_csv(
            io.StringIO(content),
            sep=separator,
            header=0,
            names=names,
            index_col=False,
            dtype={name: str for name in names if name in text},
            na_values=["?"],
            skipinitialspace=True,
            low_memory=False,  # one type per column, not one per chunk
            **exact,
        )
    except (pd.errors.ParserError, ValueError) as error:
        raise InputError(f"'{path}' is not a table of text: {error}. Save it again as CSV.") from error
    return frame


def _codes(path: Path, content: str, separator: str, frame: pd.DataFrame) -> set[str]:
    """Find the columns that pandas takes as numbers though cells have leading zeros, which numbers would lose."""
    if not re.search(rf"[\n{separator}]\s*\"?[+-]?0\d", content):  # a thousandth of the time of a look at every cell
        return set()
    numeric = [(place, name) for place, name in enumerate(frame) if pd.api.types.is_numeric_dtype(frame[name].dtype)]
    found: set[str] = set()
    for _, fields in islice(records(path, content, separator), 1, None):
        found.update(name for place, name in numeric if CODE.fullmatch(fields[place]))
    return found


def _with_decimal_commas(frame: pd.DataFrame, text: Collection[str]) -> pd.DataFrame:
    for name in frame.columns.difference(list(text)):
        if pd.api.types.is_numeric_dtype(frame[name].dtype):
            continue
        cells = frame[name].dropna().astype(str).str.strip()
        if len(cells) and cells.str.fullmatch(DECIMAL_COMMA).all() and cells.str.contains(",").any():
            plain = cells.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
            frame[name] = plain.astype("float64").reindex(frame.index)
    return frame


def _read_arrow(path: Path, kind: str) -> pd.DataFrame:
    import pyarrow as pa

    try:
        table = _parquet_table(path) if kind == "Parquet" else _feather_table(path)
    except (pa.ArrowException, OSError) as error:
        raise InputError(cut_off(path, kind, error)) from error
    frame: pd.DataFrame = table.to_pandas()
    # An index with a name is a column of the user's; one without is not.
    levels = [level for level in frame.index.names if level is not None and level not in frame.columns]
    return (frame.reset_index(levels) if levels else frame).reset_index(drop=True)


def _parquet_table(path: Path) -> Any:
    from pyarrow import parquet

    with parquet.ParquetFile(path) as file:
        _check_arrow_names(path, file.schema_arrow.names)
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if rows * columns > MOST_CELLS:
            raise InputError(
                f"'{path}' has {rows:,} rows of {counted(columns, 'column')}, more than fit into memory. Save the "
                "columns and rows that you need."
            )
        return file.read()


def _feather_table(path: Path) -> Any:
    from pyarrow import feather

    table = feather.read_table(path)
    _check_arrow_names(path, table.column_names)
    return table


def _check_arrow_names(path: Path, names: list[str]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise InputError(f"'{path}' names {quoted(repeated)} more than once. Give every column a name of its own.")
