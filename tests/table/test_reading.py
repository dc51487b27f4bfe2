import bz2
import gzip
import io
import lzma
import pickle
import re
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from posology.data import concrete, concrete_path
from posology.errors import InputError
from posology.table import read_frame

PLAIN = "age,site,price\n31,north,1.5\n45,south,2\n"
WANTED = {"age": [31, 45], "site": ["north", "south"], "price": [1.5, 2.0]}


def written(tmp_path, content, name="houses.csv"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def zstandard(content):
    packed = pa.Codec("zstd").compress(content, asbytes=True)
    assert packed.startswith(b"\x28\xb5\x2f\xfd")
    return packed


def zipped(contents):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return out.getvalue()


def write_arrow(table, path):
    with pa.ipc.new_file(path, table.schema) as writer:
        writer.write(table)


def refusal(path):
    with pytest.raises(InputError) as caught:
        read_frame(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", PLAIN),
        ("a.CSV", PLAIN),
        ("a.txt", PLAIN),
        ("a.csv", PLAIN.replace("\n", "\r\n")),
        ("a.csv", "\ufeff" + PLAIN),
        ("a.csv", PLAIN.replace(",", ", ")),
        ("a.csv", PLAIN.replace("\n", "\n\n   \n")),
        ("a.csv", '"age","site","price"\n31,"north",1.5\n45,"south",2'),
        ("a.csv", PLAIN.replace(",", ";")),
        ("a.csv", PLAIN.replace(",", ";").replace("1.5", "1,5")),
        ("a.csv", "sep=;\n" + PLAIN.replace(",", ";")),
        ("a.csv", "sep=;\r\n" + PLAIN.replace(",", ";").replace("\n", "\r\n")),
        ("a.csv", PLAIN.replace(",", "\t")),
        ("a.tsv", PLAIN.replace(",", "\t")),
        ("a.tab", PLAIN.replace(",", "\t")),
        ("a.csv", PLAIN.replace("\n", ",\n")),  # a separator at the end of every line
        ("a.csv", gzip.compress(PLAIN.encode(), mtime=0)),  # gzip under a plain name
        ("a.csv.gz", gzip.compress(PLAIN.encode(), mtime=0)),
        ("a.tsv.gz", gzip.compress(PLAIN.replace(",", "\t").encode(), mtime=0)),
        ("a.csv.bz2", bz2.compress(PLAIN.encode())),
        ("a.txt.xz", lzma.compress(PLAIN.encode())),
        ("a.csv.zst", zstandard(PLAIN.encode())),
        ("a.csv", zstandard(PLAIN.encode())),
        ("a.csv.zip", zipped({"anything": PLAIN})),
        ("a.zip", zipped({"houses.csv": PLAIN, "__MACOSX/._houses.csv": "x"})),
        ("a.b.zip", zipped({"data/": "", "data/houses.tsv": PLAIN.replace(",", "\t")})),
    ],
)
def test_text_in_every_dialect_gives_the_same_frame(tmp_path, name, content):
    frame = read_frame(written(tmp_path, content, name))
    assert frame.to_dict("list") == WANTED


@pytest.mark.parametrize("name", ["a.parquet", "a.pq", "a.feather", "a.arrow"])
def test_arrow_files(tmp_path, name):
    frame = pd.DataFrame(WANTED | {"when": pd.to_datetime(["2024-02-29", None])})
    save = frame.to_feather if name.endswith(("feather", "arrow")) else frame.to_parquet
    save(tmp_path / name)
    pd.testing.assert_frame_equal(read_frame(tmp_path / name), frame)


def test_a_named_index_of_parquet_is_a_column_and_an_unnamed_one_is_not(tmp_path):
    frame = pd.DataFrame(WANTED)
    frame.set_index("age").to_parquet(tmp_path / "named.parquet")
    frame.set_axis([7, 9]).to_parquet(tmp_path / "unnamed.parquet")
    assert set(read_frame(tmp_path / "named.parquet")) == set(WANTED)
    assert list(read_frame(tmp_path / "unnamed.parquet")) == list(WANTED)


def test_missing_marks(tmp_path):
    frame = read_frame(written(tmp_path, "x,y\n?,1\nNA,2\n,3\nnull,4\n ?,5\n7,6\n"))
    assert frame["x"].isna().tolist() == [True] * 5 + [False]


def test_text_columns_stay_as_they_are_written(tmp_path):
    path = written(tmp_path, "zip,y\n0074,1\n1.50,2\n")
    assert read_frame(path, text=["zip"])["zip"].tolist() == ["0074", "1.50"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("quote", ["", '"'])
def test_codes_with_leading_zeros_keep_them(tmp_path, separator, quote):
    rows = [["zip", "count", "share"], [f"{quote}02139{quote}", "10", "0.5"], ["10001", "0", ""], ["", "-3", "1e05"]]
    frame = read_frame(written(tmp_path, "\n".join(separator.join(row) for row in rows)))
    assert frame["zip"].dropna().tolist() == ["02139", "10001"]
    assert frame["count"].tolist() == [10, 0, -3]
    assert frame["share"].dropna().tolist() == [0.5, 1e5]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1,5", "2", "-0,25"], [1.5, 2.0, -0.25]),
        (["1.234,5", "12,5", "1.000.000"], [1234.5, 12.5, 1e6]),
        (["1,5e3", "?", "2,0"], [1500.0, np.nan, 2.0]),
    ],
)
def test_decimal_commas_between_semicolons(tmp_path, cells, numbers):
    path = written(tmp_path, "x;y\n" + "".join(f"{cell};1\n" for cell in cells))
    np.testing.assert_array_equal(read_frame(path)["x"].to_numpy(float), numbers)


def test_a_comma_in_text_between_semicolons_is_left_alone(tmp_path):
    path = written(tmp_path, "x;y\n1,5;1\nca. 2,5;2\n")
    assert read_frame(path)["x"].tolist() == ["1,5", "ca. 2,5"]


def test_quoted_cells_may_hold_separators_and_line_breaks(tmp_path):
    path = written(tmp_path, 'x,y\n"north, by\nthe sea",1\n"say ""no""",2\n')
    assert read_frame(path)["x"].tolist() == ["north, by\nthe sea", 'say "no"']


def test_numbers_are_read_exactly(tmp_path):
    numbers = np.random.default_rng(0).normal(size=1000)
    path = written(tmp_path, "x,y\n" + "".join(f"{number!r},1\n" for number in numbers.tolist()))
    np.testing.assert_array_equal(read_frame(path)["x"], numbers)


def test_concrete_is_whole():
    frame = concrete()
    assert frame.shape == (1030, 9)
    assert frame.isna().sum().sum() == 0
    assert frame["strength_mpa"].mean() == pytest.approx(35.8178, abs=1e-3)
    assert concrete_path().is_file()


def test_no_such_file(tmp_path):
    written(tmp_path, PLAIN)
    assert refusal(tmp_path / "house.csv") == (
        f"There is no file '{tmp_path / 'house.csv'}'. Did you mean 'houses.csv'?"
    )
    assert refusal(tmp_path / "zz.csv") == (
        f"There is no file '{tmp_path / 'zz.csv'}'. The folder is '{tmp_path}'; check the name."
    )
    assert refusal(tmp_path / "not" / "there.csv").endswith(f"The folder is '{tmp_path / 'not'}'; check the name.")


def test_a_folder(tmp_path):
    assert refusal(tmp_path) == (
        f"'{tmp_path}' is a folder, not a table. "
        "Name one file in it: CSV, TSV or TXT (also as .gz, .bz2, .xz, .zst, .zip), Parquet or Feather."
    )


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ("", "is empty: it has no bytes"),
        ("\n  \n", "is empty: it has only blank lines"),
        ('"', "is empty: it has only blank lines"),
    ],
)
def test_an_empty_file(tmp_path, content, wrong):
    path = written(tmp_path, content)
    assert refusal(path) == f"'{path}' {wrong}. Save or export the table again."


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_header_only(tmp_path, name):
    path = tmp_path / name
    frame = pd.DataFrame(WANTED).iloc[:0]
    frame.to_csv(path, index=False) if name == "a.csv" else frame.to_parquet(path)
    assert refusal(path) == f"'{path}' has column names but no rows. Give a table with one row per observation."


@pytest.mark.parametrize(("mark", "byte"), [(b"", 16), (b"\xef\xbb\xbf", 19)])
def test_text_that_is_not_utf8(tmp_path, mark, byte):
    path = written(tmp_path, mark + "site,price\nüber,1\n".encode("latin-1").replace(b"\n\xfc", b"\nabcd\xfc"))
    assert refusal(path) == (
        f"'{path}' is not UTF-8 text: byte {byte} (0xfc), in line 2, cannot be read. "
        "Save it again as CSV in UTF-8 (spreadsheets: 'CSV UTF-8')."
    )


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PLAIN.encode("utf-16"), "UTF-16 text"),
        (b"\xd0\xcf\x11\xe0....", "an Excel workbook"),
        (b"PAR1....", "a Parquet file"),
    ],
)
def test_another_kind_of_file_under_the_name_csv(tmp_path, content, kind):
    path = written(tmp_path, content)
    assert refusal(path) == f"'{path}' is {kind}, not UTF-8 text. Save it again as CSV in UTF-8."


def test_a_truncated_gzip(tmp_path):
    path = written(tmp_path, gzip.compress(PLAIN.encode(), mtime=0)[:-12], "a.csv.gz")
    assert re.fullmatch(
        rf"'{path}' is cut off or damaged: it is not whole gzip data \(.+\). Copy or export it again.",
        refusal(path),
    )


def test_a_gz_that_is_no_gzip(tmp_path):
    path = written(tmp_path, PLAIN, "a.csv.gz")
    assert refusal(path) == (f"'{path}' ends in .gz but is not gzip data. Remove the .gz or compress it again.")


@pytest.mark.parametrize(("name", "kind"), [("a.parquet", "Parquet"), ("a.feather", "Feather")])
@pytest.mark.parametrize("kept", [0.5, 0.01])
def test_truncated_arrow_files(tmp_path, name, kind, kept):
    path = tmp_path / name
    frame = pd.DataFrame({"x": np.arange(5000.0)})
    frame.to_parquet(path) if kind == "Parquet" else frame.to_feather(path)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    assert re.fullmatch(
        rf"'{path}' is cut off or damaged: it is not whole {kind} data \(.+\). Copy or export it again.",
        refusal(path),
    )


@pytest.mark.parametrize("row", ["1", "1,2,3", "1,2,3,4"])
def test_ragged_rows(tmp_path, row):
    path = written(tmp_path, f"x,y\n1,2\n{row}\n3,4\n{row}\n")
    found = row.count(",") + 1
    assert refusal(path) == (
        f"'{path}' has {found} field{'s' * (found > 1)} in line 3, but its header has 2; so in 2 lines. "
        "Mend those lines: a cell that holds a comma or a line break must stand in double quotes."
    )


@pytest.mark.parametrize("name", ["a.xlsx", "a.json", "a.csv.7z", "a"])
def test_an_unknown_kind(tmp_path, name):
    path = written(tmp_path, PLAIN, name)
    ending = f"ends in '{path.suffix}'" if path.suffix else "has no ending"
    assert refusal(path) == (
        f"'{path}' {ending}, which posology does not read. "
        "Save the table as CSV, TSV or TXT (also as .gz, .bz2, .xz, .zst, .zip), Parquet or Feather."
    )


@pytest.mark.parametrize("name", ["a.pkl", "a.pickle", "a.pkl.gz"])
def test_pickles_are_never_loaded(tmp_path, name):
    path = written(tmp_path, pickle.dumps({"x": 1}), name)
    assert refusal(path) == (
        f"'{path}' is a pickle, and posology never loads one: loading it could run any code. "
        "Save the table as Parquet (frame.to_parquet) and give that file."
    )


def test_names_that_stand_twice_in_text(tmp_path):
    path = written(tmp_path, "a,b, a\n1,2,3\n")
    assert refusal(path) == (
        f"'{path}' names 'a' more than once in its first line. "
        "Give every column a name of its own (if the first line is data, add a line of names)."
    )


@pytest.mark.parametrize(("name", "write"), [("a.parquet", parquet.write_table), ("a.arrow", write_arrow)])
def test_names_that_stand_twice_in_arrow_files(tmp_path, name, write):
    path = tmp_path / name
    write(pa.table([[1], [2]], names=["a", "a"]), path)
    assert refusal(path) == f"'{path}' names 'a' more than once. Give every column a name of its own."


@pytest.mark.parametrize(
    ("name", "content", "tried"),
    [("a.csv", "a b\n1 2\n", "comma, semicolon and tab"), ("a.tsv", "a b\n1,2\n", "tab")],
)
def test_one_column_only(tmp_path, name, content, tried):
    path = written(tmp_path, content, name)
    assert refusal(path) == (
        f"'{path}' has one column, 'a b', when split at {tried}. "
        "Give a table with a target and at least one feature, separated by one of these."
    )


def test_data_where_the_names_should_be(tmp_path):
    path = written(tmp_path, "0.5,1,2\n0.6,2,3\n")
    assert refusal(path) == (
        f"'{path}' begins with numbers, '0.5', '1', '2', where the column names should be. "
        "Add a first line with one name per column."
    )


def test_an_unclosed_quote(tmp_path):
    path = written(tmp_path, 'x,y\n1,"2\n3,4\n')
    assert refusal(path).startswith(f"'{path}' is not a table of text: ")


def test_a_cell_that_is_too_long(tmp_path):
    path = written(tmp_path, f"x,y\n{'a' * 200_000},2\n")
    assert refusal(path) == (
        f"'{path}' is not a table of text: field larger than field limit (131072), in line 2. Is a double quote left "
        "open there? Mend it, or save the table again as CSV."
    )


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = written(tmp_path, PLAIN)
    monkeypatch.setattr("os.access", lambda *_: False)
    assert refusal(path) == f"'{path}' may not be read by this user. Change its permissions or copy it."


@pytest.mark.parametrize("frame", [pd.DataFrame({"": [1, 2], "x": [1, 2]})])
def test_an_index_column_of_pandas_is_kept(tmp_path, frame):
    frame.to_csv(tmp_path / "a.csv", index=False)
    assert list(read_frame(tmp_path / "a.csv")) == ["Unnamed: 0", "x"]
