"""A corpus of tables as they come: each is read right, or refused in a sentence, soon and without a traceback."""

import bz2
import gzip
import io
import lzma
import os
import re
import signal
import warnings
import zipfile
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError, LeakWarning
from posology.table import make_table, read_frame, unpacking

A = [i * i % 11 for i in range(30)]
Y = [i % 5 for i in range(30)]
ROWS = "a,b,y\n" + "".join(f"{i % 7},{i * i % 11},{i % 5}\n" for i in range(30))
NOISE = np.random.default_rng(0).bytes(3000)
LONG = "9" * 5000


def columns(**cells):
    """Write columns of text as CSV, as they are given: what needs quotes has them."""
    return "\n".join([",".join(cells), *(",".join(map(str, row)) for row in zip(*cells.values(), strict=True))]) + "\n"


def half(*cells):
    return (list(cells) * 30)[:30]


def zipped(**contents):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name.replace("_csv", ".csv").replace("_exe", ".exe"), content)
    return out.getvalue()


def encrypted():
    data = bytearray(zipped(t_csv=ROWS))
    for place in (6, data.index(b"PK\x01\x02") + 8):
        data[place] |= 1
    return bytes(data)


# name: content, and what the refusal says
REFUSED = {
    # not text
    "noise.csv": (b"\xff" + NOISE.replace(b"\0", b""), "is not UTF-8 text: byte 1 (0xff), in line 1"),
    "noise.parquet": (NOISE, "is not whole Parquet data"),
    "noise.feather": (NOISE, "is not whole Feather data"),
    "text.parquet": (ROWS, "is not whole Parquet data"),
    "magic.parquet": (b"PAR1" + b"\0" * 100 + b"PAR1", "is not whole Parquet data"),
    "length.parquet": (b"PAR1" + b"\0" * 90 + b"\xff\xff\xff\x7fPAR1", "is not whole Parquet data"),
    "magic.arrow": (b"ARROW1\0\0" + b"\0" * 100 + b"ARROW1", "is not whole Feather data"),
    "nul.csv": (ROWS.replace("3,9", "3\0,9"), "it has a NUL byte in line 5"),
    "zeros.csv": (b"\0" * 5000, "it has a NUL byte in line 1"),
    "image.csv": (b"\x89PNG\r\n\x1a\n" + NOISE, "is not"),
    "workbook.csv": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + NOISE, "is an Excel workbook, not UTF-8 text"),
    "database.csv": (b"SQLite format 3\0" + NOISE, "it has a NUL byte in line 1"),
    "utf16.csv": (ROWS.encode("utf-16"), "is UTF-16 text, not UTF-8 text"),
    "utf16_without_mark.csv": (ROWS.encode("utf-16-le"), "it has a NUL byte in line 1"),
    "utf32.csv": (ROWS.encode("utf-32"), "is UTF-32 text, not UTF-8 text"),
    "latin1.csv": (ROWS.replace("a,", "é,").encode("latin-1"), "byte 1 (0xe9), in line 1"),
    "cp1252.csv": (ROWS.replace("b,", "€,").encode("cp1252"), "byte 3 (0x80), in line 1"),
    "shift_jis.csv": (ROWS.replace("b,", "価格,").encode("shift-jis"), "is not UTF-8 text"),
    "gb18030.csv": (ROWS.replace("b,", "价格,").encode("gb18030"), "is not UTF-8 text"),
    "surrogate.csv": (ROWS.encode() + b"\xed\xa0\x80,1,2\n", "in line 32, cannot be read"),
    # not a table
    "empty.csv": (b"", "is empty: it has no bytes"),
    "mark_only.csv": (b"\xef\xbb\xbf", "is empty: it has only blank lines"),
    "page.csv": ("<!DOCTYPE html>\n<html>\n<head><title>Sign in</title></head></html>", "is a web page, not a table"),
    "page_with_mark.csv": ("\ufeff\n<HTML><body>a,b,y</body></html>", "is a web page, not a table"),
    "feed.csv": (
        '<?xml version="1.0"?>\n<rows a="1,2,3"/>\n',
        "is XML, not a table. Save or export",
    ),
    "records.csv": ('[{"a": 1, "y": 2}, {"a": 3, "y": 4}]', "is JSON, not a table"),
    "lines.csv": ('{"a": 1, "y": 2}\n{"a": 3, "y": 4}\n', "is JSON, not a table"),
    "json.csv": ('[{"a": 1, "b": 2},\n {"a": 3, "b": 4}]', "is JSON, not a table"),
    "pointer.csv": ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "has one column"),
    "markdown.csv": ("| a | b |\n|---|---|\n| 1 | 2 |\n", "has one column"),
    "bars.csv": (ROWS.replace(",", "|"), "has one column, 'a|b|y', when split at comma, semicolon and tab"),
    "by_bars.csv": (
        ROWS.replace(",", "|"),
        "It looks separated by bars: pandas.read_csv(..., sep='|').to_csv(...) changes",
    ),
    "by_spaces.csv": (
        ROWS.replace(",", " "),
        r"It looks separated by spaces: pandas.read_csv(..., sep=r'\s+').to_csv(",
    ),
    "spaces.csv": (ROWS.replace(",", "   "), "has one column"),
    "comment.csv": ("# made by hand\n" + ROWS, "has one column, '# made by hand'"),
    "title.csv": ("My table\n\n" + ROWS, "seem to stand in line 3: 'a', 'b', 'y'. Remove what is above them."),
    "title_of_semicolons.csv": ("My table\n" + ROWS.replace(",", ";"), "seem to stand in line 2: 'a', 'b', 'y'."),
    "target_no_break_space.csv": (columns(a=A, y=[f"{y}\u00a0" for y in Y]), "has numbers with marks, such as '0"),
    "target_arabic.csv": (columns(a=A, y=[chr(0x660 + y) for y in Y]), "has numbers with marks, such as"),
    "target_thin_space.csv": (columns(a=A, y=[f"1\u202f{y}00" for y in Y]), "has numbers with marks, such as"),
    "units_below_names.csv": ("a,b,y\ncm,kg,eur\n" + ROWS[6:], "has numbers, but also text such as 'eur'"),
    "row_names.csv": ("a,b,y\n" + "".join(f"{i},{x},2,{x}\n" for i, x in enumerate(A)), "has 4 fields in line 2"),
    "single_quotes.csv": (ROWS.replace("a,b,y", "'a','b','y'"), "There is no target column 'y'"),
    "errors_only.csv": (columns(a=["#N/A"] * 30, y=Y), "'a' is missing in all 30 rows with a known target"),
    "target_only.csv": ("y\n" + "\n".join(map(str, Y)), "has one column, 'y'"),
    "target_and_blank.csv": ("y,\n" + ",\n".join(map(str, Y)) + ",\n", "No feature is left beside the target 'y'"),
    "header_only.csv": ("a,b,y\n", "has column names but no rows"),
    # lines
    "long_line.csv": (ROWS + "1,2,3,4\n", "has 4 fields in line 32, but its header has 3; so in 1 line"),
    "short_line.csv": (ROWS + "1\n", "has 1 field in line 32"),
    "separator_in_header.csv": (ROWS.replace("y\n", "y,\n", 1), "has 3 fields in line 2, but its header has 4"),
    "separator_in_rows.csv": (ROWS[:6] + ROWS[6:].replace("\n", ",\n"), "has 4 fields in line 2"),
    "decimal_comma.csv": (columns(a=["1,5"] * 30, y=Y), "has 3 fields in line 2, but its header has 2"),
    "control_z.csv": (ROWS + "\x1a", "has 1 field in line 32"),
    "open_quote.csv": (ROWS + '"1,2,3\n' + ROWS, "has 1 field in line 63"),
    "open_quote_long.csv": (ROWS + '"1,2,3\n' + ROWS * 1000, "Is a double quote left open there?"),
    "open_quote_in_header.csv": ('"a,b,y\n1,2,3\n', "has one column"),
    "open_quote_in_cell.csv": (ROWS.replace("3,9,3", '3,"9,3'), "has 2 fields in line 31"),
    "long_cell.csv": ("a,b,y\n" + "x" * 200_000 + ",1,2\n" + ROWS[6:], "field larger than field limit"),
    "long_name.csv": ("a" * 200_000 + ",b,y\n" + ROWS[6:], "field larger than field limit (131072), in line 1"),
    "vertical_tabs.csv": (ROWS.replace("\n", "\x0b"), "more than once in its first line"),
    # names
    "twice.csv": (ROWS.replace("a,b,y", "a,a,y"), "names 'a' more than once"),
    "twice_but_for_spaces.csv": (ROWS.replace("a,b,y", "a, a ,y"), "names 'a' more than once"),
    "no_header.csv": (columns(**{"1.5": A, "2.5": Y, "3": Y}), "begins with numbers, '1.5', '2.5', '3'"),
    "no_header_equal.csv": (ROWS[6:], "if the first line is data, add a line of names"),
    "date_part.csv": (
        columns(d=[f"2020-01-{i % 28 + 1:02d}" for i in range(30)], **{"d:days": A}, y=Y),
        "becomes numbers named 'd:days'",
    ),
    # cells
    "infinity.csv": (ROWS + "Infinity,2,3\n", "Column 'a' is infinite in 1 row"),
    "too_large_to_be.csv": (ROWS + "1e400,2,3\n", "Column 'a' is infinite in 1 row"),
    "too_large.csv": (ROWS + "1e101,2,3\n", "has numbers beyond 1e+100 in 1 row, such as 1e+101"),
    "long_number.csv": (ROWS + f"{LONG},2,3\n", "Column 'a' is infinite in 1 row"),
    "empty_column.csv": (columns(a=[""] * 30, b=A, y=Y), "'a' is missing in all 30 rows"),
    # targets
    "target_infinite.csv": (ROWS + "1,2,-inf\n", "The target 'y' is infinite in 1 row"),
    "target_long.csv": (ROWS + f"1,2,{LONG}\n", "The target 'y' is infinite in 1 row"),
    "target_missing.csv": (columns(a=A, y=[""] * 30), "The target 'y' is missing in all 30 rows"),
    "target_known_once.csv": (columns(a=A, y=[""] * 29 + [3]), "is known in 1 row only"),
    "target_constant.csv": (columns(a=A, y=[3] * 30), "is 3 in all 30 rows: there is nothing to predict"),
    "target_one_class.csv": (columns(a=A, y=["x"] * 30), "is 'x' in all 30 rows"),
    "target_one_word.csv": (columns(a=A, y=half("NA", "-", "n/a")), "is '-' in all 10 rows"),
    "target_dash.csv": (columns(a=A, y=["-", *Y[1:]]), "has numbers, but also text such as '-'"),
    "target_units.csv": (ROWS.replace("a,b,y\n", "a,b,y\ncm,kg,EUR\n"), "but also text such as 'EUR'"),
    "target_thousands.csv": (columns(a=A, y=half('"1,100"', '"2,200"')), "but also text such as '1,100', '2,200'"),
    "target_prices.csv": (columns(a=A, y=half("$0.50", "$1.50")), "has numbers with marks, such as '$0.50', '$1.50'"),
    "target_euros.csv": (columns(a=A, y=half("12 €", "15 €")), "Write plain numbers, such as 1234.5; if these are"),
    "target_percent.csv": (columns(a=A, y=half("5%", "6%")), "use --task classification"),
    "target_spaces.csv": (columns(a=A, y=half("1 000", "2\u202f000")), "has numbers with marks, such as '1 000'"),
    "target_dates.csv": (columns(a=A, y=half("2020-01-01", "2020-01-02")), "has dates such as '2020-01-01'"),
    # other kinds of file
    "t.xlsx": (zipped(t_csv=ROWS), "ends in '.xlsx', which posology does not read"),
    "t": (ROWS, "has no ending, which posology does not read"),
    ".csv": (ROWS, "has no ending"),
    "t.csv.bak": (ROWS, "ends in '.bak'"),
    "t.sav": (ROWS, "ends in '.sav'"),
    "t.dta": (ROWS, "ends in '.dta'"),
    "t.h5": (b"\x89HDF\r\n\x1a\n", "ends in '.h5'"),
    "t.npy": (b"\x93NUMPY", "ends in '.npy'"),
    "t.pkl": (b"\x80\x04.", "is a pickle, and posology never loads one"),
    "t.joblib": (b"\x80\x04.", "is a pickle, and posology never loads one"),
    "t.pkl.gz": (gzip.compress(b"\x80\x04."), "is a pickle, and posology never loads one"),
    # packed
    "whole.csv.gz": (ROWS, "ends in .gz but is not gzip data"),
    "whole.csv.bz2": (ROWS, "ends in .bz2 but is not bzip2 data"),
    "whole.csv.xz": (ROWS, "ends in .xz but is not xz data"),
    "whole.csv.zst": (ROWS, "ends in .zst but is not Zstandard data"),
    "whole.csv.zip": (ROWS, "ends in .zip but is not zip data"),
    "cut.csv.gz": (gzip.compress(ROWS.encode())[:-12], "is not whole gzip data"),
    "cut.csv.bz2": (bz2.compress(ROWS.encode())[:-12], "is not whole bzip2 data"),
    "cut.csv.xz": (lzma.compress(ROWS.encode())[:-12], "is not whole xz data"),
    "cut.csv.zst": (b"\x28\xb5\x2f\xfd" + NOISE, "is not whole Zstandard data"),
    "cut.csv.zip": (zipped(t_csv=ROWS)[:-12], "is not whole zip data"),
    "cut.zip": (zipped(t_csv=ROWS)[:-12], "is not whole zip data"),
    "broken.csv.gz": (gzip.compress(ROWS.encode())[:-8] + b"\0" * 8, "is not whole gzip data"),
    "more.csv.gz": (gzip.compress(ROWS.encode()) + b"more", "is not whole gzip data"),
    "nothing.csv.gz": (gzip.compress(b""), "is empty: it has only blank lines"),
    "packed_twice.csv.gz": (gzip.compress(gzip.compress(ROWS.encode())), "is not"),
    "archive.csv.gz": (gzip.compress(b"x.csv" + b"\0" * 507), "it has a NUL byte in line 1"),
    "a.parquet.gz": (gzip.compress(b"PAR1"), "ends in '.parquet.gz'"),
    "two.zip": (zipped(a_csv=ROWS, b_csv=ROWS), "is a zip archive of 2 files: 'a.csv', 'b.csv'. Give one table."),
    "none.zip": (zipped(**{"d/": ""}), "is"),
    "foreign.zip": (zipped(t_exe=b"MZ"), "ends in '.exe.zip'"),
    "workbook.zip": (zipped(**{"[Content_Types].xml": "", "xl/workbook.xml": ""}), "is a workbook of a spreadsheet"),
    "password.csv.zip": (encrypted(), "is not whole zip data"),
}

# name: content, and the cells of the first column that are wanted, or their kind
READ = {
    "mark.csv": ("\ufeff" + ROWS, "number"),
    "old_mac.csv": (ROWS.replace("\n", "\r"), "number"),
    "windows.csv": (ROWS.replace("\n", "\r\n"), "number"),
    "both_ends.csv": (ROWS.replace("\n", "\r\n", 5), "number"),
    "blank_lines.csv": (ROWS.replace("\n", "\n\n  \n"), "number"),
    "trailing_blanks.csv": (ROWS.replace("\n", " \n"), "number"),
    "trailing_separators.csv": (ROWS.replace("\n", ",\n"), "number"),
    "no_last_line_end.csv": (ROWS.rstrip("\n"), "number"),
    "semicolons.csv": (ROWS.replace(",", ";"), "number"),
    "decimal_commas.csv": (columns(a=half("1,5", "2"), y=Y).replace(",", ";").replace("1;5", "1,5"), "number"),
    "no_break_spaces.csv": (ROWS.replace("a,b,y", "\u00a0a\u00a0,b,y"), "number"),
    "unnamed.csv": (ROWS.replace("a,b,y", ",b,y"), "number"),
    "unnamed_twice.csv": (ROWS.replace("a,b,y", ",,y"), "number"),
    "unnamed_taken.csv": (ROWS.replace("a,b,y", "Unnamed: 1,,y"), "number"),
    "case.csv": (ROWS.replace("a,b,y", "Y,b,y"), "number"),
    "emoji.csv": (ROWS.replace("a,b,y", "🏠,b,y"), "number"),
    "line_break_in_name.csv": (ROWS.replace("a,b,y", '"a\nx",b,y'), "number"),
    "tiny.csv": (ROWS + "1e-400,2,3\n", "number"),
    "long_integer.csv": (ROWS + "123456789012345678901234567890,2,3\n", "number"),
    "unsigned.csv": (ROWS + "18446744073709551615,2,3\n", "number"),
    "hexadecimal.csv": (ROWS + "0x1F,2,3\n", "category"),
    "thousands.csv": (columns(a=half('"1,100"', '"2,200"'), y=Y), "category"),
    "currency.csv": (columns(a=half("$1.50", "$2.50"), y=Y), "category"),
    "percent.csv": (columns(a=half("5%", "6%"), y=Y), "category"),
    "true_minus.csv": (columns(a=half("\u22121", "\u22122"), y=Y), "category"),
    "other_digits.csv": (columns(a=half("\u0661", "\u0662"), y=Y), "category"),
    "codes.csv": (columns(a=half("007", "008"), y=Y), "category"),
    "booleans.csv": (columns(a=half("TRUE", "False", "true"), y=Y), "number"),
    "yes.csv": (columns(a=half("yes", "no"), y=Y), "category"),
    "json_cells.csv": (columns(a=half('"{""k"": 1}"', "[1]"), y=Y), "category"),
    "formulas.csv": (columns(a=half("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0"), y=Y), "category"),
    "html.csv": (columns(a=half("<script>alert(1)</script>", "x"), y=Y), "category"),
    "escapes.csv": (columns(a=half("\x1b[31mred", "x"), y=Y), "category"),
    "american_dates.csv": (columns(a=half("12/31/2020", "1/2/2020"), y=Y), "category"),
    "no_such_day.csv": (columns(a=half("2020-02-30", "2020-02-28"), y=Y), "category"),
    "leap_second.csv": (columns(a=half("2020-01-01T23:59:60", "2020-01-01T24:00"), y=Y), "category"),
    "weeks.csv": (columns(a=half("2020-W01", "2020-W02"), y=Y), "category"),
    "ends_of_time.csv": (columns(a=half("0000-01-01", "9999-12-31"), y=Y), "number"),
    "zones.csv": (columns(a=half("2020-01-01T00:00:00Z", "2020-01-01T00:00:00+05:00"), y=Y), "number"),
    "total.csv": (ROWS + "Total,,99\n", "category"),
    "two.csv.gz": (gzip.compress(ROWS.encode()) + gzip.compress(b"1,2,3\n"), "number"),
    "plain_name.csv": (bz2.compress(ROWS.encode()), "number"),
}


@contextmanager
def seconds(most):
    """Fail what takes longer: a reader must not hang."""

    def late(*_):
        pytest.fail(f"not done in {most} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(most)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def studied(path):
    with warnings.catch_warnings(), seconds(20):
        warnings.simplefilter("ignore", LeakWarning)
        return make_table(read_frame(path), "y")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_studied_is_refused_in_a_sentence(tmp_path, name):
    content, says = REFUSED[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        studied(tmp_path / name)
    assert re.search(r"\. \S.*[.?]$|: .*[.)]$", str(caught.value)), "no word on what to do"
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize("name", READ)
def test_what_is_only_odd_is_read(tmp_path, name):
    content, kind = READ[name]
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    table = studied(tmp_path / name)
    assert table.kinds[0] == kind
    assert table.n_rows >= 30
    assert set(table.target) >= {0, 1, 2, 3, 4}


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("pipe.csv", os.mkfifo, "is a pipe, not a file. Give a file: CSV"),
        ("zero.csv", lambda path: path.symlink_to("/dev/zero"), "is a device, not a file."),
        ("noise.parquet", lambda path: path.symlink_to("/dev/urandom"), "is a device, not a file."),
        ("null.csv", lambda path: path.symlink_to("/dev/null"), "is a device, not a file."),
        ("circle.csv", lambda path: path.symlink_to(path), "its symbolic links lead round in a circle"),
        ("gone.csv", lambda path: path.symlink_to("nowhere"), "There is no file"),
        ("folder.csv", lambda path: path.mkdir(), "is a folder, not a table. Name one file in it"),
        ("n" * 300 + ".csv", str, "the name is too long"),
        ("a/" * 3000 + "b.csv", str, "the name is too long"),
        ("nul\0.csv", str, "it holds a NUL character"),
    ],
)
def test_what_is_no_file_is_never_waited_for(tmp_path, name, make, says):
    make(tmp_path / name)
    with pytest.raises(InputError, match=re.escape(says)):
        studied(tmp_path / name)


def test_the_home_of_nobody():
    with pytest.raises(InputError, match=r"is in the home folder of a user who is not here\. Write the whole path\."):
        read_frame("~there-is-no-such-user/a.csv")


@pytest.mark.parametrize(
    "name", ["a b.csv", "a\nb.csv", "ünï 🏠.csv", "-a.csv", "a'b.csv", 'a"b.csv', "$HOME.csv", "*.csv"]
)
def test_any_name_of_a_file_will_do(tmp_path, name):
    (tmp_path / name).write_text(ROWS)
    assert read_frame(tmp_path / name).shape == (30, 3)


def test_a_name_that_is_no_utf8(tmp_path):
    (tmp_path / os.fsdecode(b"\xff.csv")).write_text(ROWS)
    assert read_frame(tmp_path / os.fsdecode(b"\xff.csv")).shape == (30, 3)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.bz2", "csv.xz", "csv.zip"])
def test_a_file_that_unpacks_to_more_than_a_table_can_be(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 10_000)
    monkeypatch.setattr(unpacking, "PART", 1000)
    bomb = ROWS.encode() * 100
    pack = {"csv": bytes, "csv.gz": gzip.compress, "csv.bz2": bz2.compress, "csv.xz": lzma.compress}
    content = zipped(t_csv=bomb) if ending == "csv.zip" else pack[ending](bomb)
    (tmp_path / f"t.{ending}").write_bytes(content)
    with pytest.raises(InputError, match=r"holds more than .* GB of text\. Save it as Parquet"):
        studied(tmp_path / f"t.{ending}")


def test_a_few_bytes_of_parquet_that_stand_for_billions_of_cells(tmp_path, monkeypatch):
    monkeypatch.setattr("posology.table.reading.MOST_CELLS", 1000)
    pd.DataFrame({"a": np.zeros(600), "y": np.zeros(600)}).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match=r"has 600 rows of 2 columns, more than fit into memory\. Save the columns"):
        studied(tmp_path / "t.parquet")


def test_a_thousand_columns(tmp_path):
    wide = np.random.default_rng(0).normal(size=(25, 1_000)).round(3)
    pd.DataFrame(wide, columns=[f"c{i}" for i in range(999)] + ["y"]).to_csv(tmp_path / "t.csv", index=False)
    assert studied(tmp_path / "t.csv").features.shape == (25, 999)


@pytest.mark.parametrize(
    "cells", [half("$1.50", "$2.50"), half("5%", "6%"), half("\u22121", "\u22122"), half("1 000", "2 000")]
)
def test_numbers_with_marks_are_told(tmp_path, cells):
    (tmp_path / "t.csv").write_text(columns(a=cells, y=Y))
    notes = studied(tmp_path / "t.csv").notes
    assert f"Column 'a' has text such as '{cells[0]}', taken as categories." in " ".join(notes)
    assert "write them without marks, such as 1234.5." in " ".join(notes)


def test_marks_of_classes_by_the_users_word(tmp_path):
    (tmp_path / "t.csv").write_text(columns(a=A, y=half("5%", "6%")))
    assert make_table(read_frame(tmp_path / "t.csv"), "y", task="classification").classes == ("5%", "6%")
