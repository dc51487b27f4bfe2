"""Every bad input: exit code 2, a message that says what was got, what is wrong, what to do; nothing written."""

import gzip
import json
import os
import subprocess

import numpy as np
import pandas as pd
import pytest

from posology.cli import studies
from posology.console import WIDTH
from posology.errors import InputError
from posology.study_json import SCHEMA

from .conftest import command, files, plain_frame


def refused(call, here, *arguments):
    before = files(here)
    said = call(*arguments)
    assert said.code == 2, said
    assert said.out == ""
    assert said.err.startswith("posology: ") or "\nposology: " in said.err
    assert "Traceback" not in said.err
    assert files(here) == before
    return said.err


def write(here, content, name="t.csv"):
    path = here / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


ROWS = "a,b,y\n" + "".join(f"{i % 7},{i * i % 11},{i % 5}\n" for i in range(30))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "'t.csv' is empty: it has no bytes. Save or export the table again."),
        (b"\n\n", "'t.csv' is empty: it has only blank lines."),
        ("a,b,y\n", "'t.csv' has column names but no rows. Give a table with one row per observation."),
        ("a,b,y\n1,2,3\n", "The target 'y' is known in 1 row only; a study needs at least 20. Give more rows."),
        (ROWS[:60], "rows with a known target; 5 folds need at least 20"),
        ("a,b,y\n" + "1,2,\n" * 30, "The target 'y' is missing in all 30 rows. Give rows in which it is known."),
        ("a,b,y\n" + "1,2,7\n" * 30, "The target 'y' is 7 in all 30 rows: there is nothing to predict. Choose"),
        (ROWS + "1,2,inf\n", "The target 'y' is infinite in 1 row. Mend or remove these rows."),
        (
            ROWS + "1,2,much\n",
            "The target 'y' has numbers, but also text such as 'much'. Mend these cells; if all are names of",
        ),
        (ROWS.replace("a,b,y", "a,a,y"), "names 'a' more than once in its first line. Give every column a name of"),
        (
            "a,b,y\n" + "".join(f"{i % 7},,{i % 5}\n" for i in range(30)),
            "'b' is missing in all 30 rows with a known target. Fill it, or use --drop b",
        ),
        (ROWS.encode() + b"1,2,\xff\n", "is not UTF-8 text: byte"),
        (ROWS.encode("utf-16"), "is UTF-16 text, not UTF-8 text. Save it again as CSV in UTF-8."),
        (ROWS + "1,2\n", "has 2 fields in line 32, but its header has 3"),
        (ROWS + "inf,2,3\n", "Column 'a' is infinite in 1 row. Mend or empty these cells, or use --drop a"),
    ],
)
def test_a_table_that_cannot_be_studied(call, here, content, message):
    write(here, content)
    assert message in refused(call, here, "study", "t.csv", "--target", "y")


def test_more_folds_than_rows(call, here, table):
    text = refused(call, here, "study", table, "--target", "price", "--folds", 30)
    assert "The table has 40 rows with a known target; 30 folds need at least 60" in text
    assert "Give more rows or use fewer folds." in text


def test_no_such_file(call, here, table):
    assert "There is no file 'house.csv'. Did you mean 'houses.csv'?" in refused(
        call, here, "study", "house.csv", "--target", "price"
    )


def test_no_such_target(call, here, table):
    text = refused(call, here, "study", table, "--target", "prise")
    assert "There is no target column 'prise'. Did you mean 'price'? The columns are 'height', 'weight'" in text


def test_no_such_column_to_drop(call, here, table):
    assert "Did you mean 'age'?" in refused(call, here, "study", table, "--target", "price", "--drop", "agee")


def test_a_target_of_names_only(call, here):
    table = plain_frame().assign(price=[f"house {i}" for i in range(40)])
    table.to_csv(here / "t.csv", index=False)
    text = refused(call, here, "study", "t.csv", "--target", "price")
    assert "score rows of every class. Give more rows of them, join rare classes" in text


@pytest.mark.parametrize("kind", ["csv.gz", "parquet", "feather"])
def test_a_truncated_file(call, here, kind):
    path = here / f"t.{kind}"
    if kind == "csv.gz":
        path.write_bytes(gzip.compress(ROWS.encode()))
    else:
        getattr(plain_frame(), f"to_{kind}")(path)
    path.write_bytes(path.read_bytes()[:-30])
    text = refused(call, here, "study", path, "--target", "y")
    assert "is cut off or damaged" in text
    assert "Copy or export it again." in text


def test_an_unknown_kind_of_file(call, here):
    write(here, ROWS, "t.xlsx")
    assert "which posology does not read. Save the table as CSV" in refused(
        call, here, "study", "t.xlsx", "--target", "y"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--arms", "dropuot"], "unknown regularizer 'dropuot' in 'dropuot'. Did you mean 'dropout'? Known: "),
        (["--arms", "none; l1+dropot"], "unknown regularizer 'dropot' in 'l1+dropot'. Did you mean 'dropout'?"),
        (["--arms", ""], "--arms is empty. Write factors, such as --arms l1,l2,dropout"),
        (["--arms", " ; "], "--arms is empty."),
        (["--arms", "none"], "--arms names one arm, 'none': there is nothing to compare. Name two at least."),
        (["--arms", "weights+l1; none"], "combines factors that contain one another: "),
        (["--range", "l1=-1:1"], "The range of l1 is -1 to 1: a strength cannot be negative. 0 means off."),
        (["--range", "dropout=0:1"], "The range of dropout is 0 to 1; it must rise, within 0 to 0.95."),
        (["--range", "dropout=0.5:0.1"], "it must rise"),
        (["--range", "l1=0:1"], "starts at 0, but it is searched on a logarithmic scale. Start at 1e-7, say."),
        (["--range", "l1=1e-6:inf"], "it must rise"),
        (["--range", "l1=nan:1"], "it must rise"),
        (["--range", "l1=some"], "--range got 'l1=some'. Write NAME=LOW:HIGH, such as dropout=0:0.5"),
        (["--range", "droput=0:1"], "--range has an unknown regularizer 'droput'. Did you mean 'dropout'?"),
        (["--budget", "10"], "--budget got '10'. Write a time with its unit, such as 90s, 10min or 1h30m."),
        (["--budget=-5min"], "Write a time with its unit"),
        (["--budget", "0s"], "Write a time with its unit"),
        (["--budget", "soon"], "Write a time with its unit"),
        (["--workers", "0"], "workers is 0; it must be at least 1."),
        (["--workers", "100000000"], "workers is 100,000,000; on "),
        (["--workers", "-2"], "workers is -2; it must be at least 1."),
        (["--folds", "1"], "folds is 1; it must be at least 2."),
        (["--repeats", "0"], "repeats is 0; it must be at least 1."),
        (["--trials", "0"], "trials is 0; it must be at least 1."),
        (["--refits", "0"], "refits is 0; it must be at least 1."),
        (["--epochs", "0"], "epochs is 0; it must be at least 1."),
        (["--patience", "0"], "patience is 0; it must be at least 1."),
        (["--batch-size", "0"], "batch_size is 0; it must be at least 1."),
        (["--inner-splits", "0"], "inner_splits is 0; it must be at least 1."),
        (
            ["--margin", "2"],
            "margin is 2.0; it is a difference of R2, or of the score of classes, between 0 and 1, such",
        ),
        (["--margin", "-0.1"], "between 0 and 1"),
        (["--margin", "nan"], "between 0 and 1"),
        (["--folds", "many"], "See: posology study --help"),
        (
            ["--track", "mlfow"],
            "--track has an unknown 'mlfow'. Did you mean 'mlflow'? Known: mlflow, tensorboard, wandb.",
        ),
        (["--fold", "3"], "--folds"),
        (["--network", "net.py"], "--network got 'net.py', which names no function. Write FILE.py:FUNCTION"),
        (["--network", "net.py:"], "which names no function"),
        (["--network", "net.py:model_build"], "There is no file 'net.py'. Give the path of a Python file"),
        (["--network", "houses.csv:model_build"], "The file 'houses.csv' of --network is not a Python file."),
    ],
)
def test_a_bad_option(call, here, table, options, message):
    assert message in refused(call, here, "study", table, "--target", "price", *options)


def test_no_target(call, here, table):
    assert "--target" in refused(call, here, "study", table)


def test_an_unknown_command(call, here):
    assert "posology --help" in refused(call, here, "studdy")


def test_errors_in_json_are_one_object(call, here, table):
    said = call("study", table, "--target", "prise", "--json")
    assert said.code == 2
    got = json.loads(said.out)
    assert got["exit_code"] == 2
    assert "Did you mean 'price'?" in got["error"]
    assert "Did you mean 'price'?" in said.err


@pytest.fixture
def without_run(monkeypatch):
    """Stop where the study would start: what is said before is the question."""

    def stop(*_, **__):
        raise InputError("reached")

    monkeypatch.setattr(studies, "carry_out", stop)


@pytest.mark.parametrize(
    ("name", "column", "message"),
    [
        ("copy", lambda t: t["price"], "Note: Column 'copy' gives the target 'price' away: they are equal."),
        ("twice", lambda t: 2 * t["price"] + 1, "Note: Column 'twice' gives the target 'price' away"),
        ("id", lambda t: np.arange(len(t)), "Note: Column 'id' looks like a row number or a name of the row"),
        ("who", lambda t: [f"h{i}" for i in range(len(t))], "Note: Column 'who' looks like a row number or a name"),
        ("same", lambda t: t["age"] * 0, "Note: Column 'same' is constant"),
    ],
)
def test_a_suspicious_column_is_told_and_the_study_goes_on(call, here, without_run, name, column, message):
    table = plain_frame()
    table.assign(**{name: column(table)}).to_csv(here / "t.csv", index=False)
    said = call("study", "t.csv", "--target", "price")
    assert message in said.err
    assert said.err.endswith("posology: reached\n")
    said = call("study", "t.csv", "--target", "price", "--drop", name)
    assert message not in said.err


def test_what_columns_are_read_as_is_told(call, here, without_run):
    plain_frame().assign(town=["a", "b"] * (len(plain_frame()) // 2)).to_csv(here / "t.csv", index=False)
    assert "category 'town' (2 levels)" in call("study", "t.csv", "--target", "price").err


def test_help_and_version(call):
    assert call("--version").out == "0.1.0\n"
    said = call("study", "--help")
    assert said.code == 0
    for option in ("--target", "--network", "--arms", "--budget", "--dry-run", "--json", "--seed", "--per-layer"):
        assert option in said.out


def test_help_has_headings_and_no_empty_defaults(call):
    said = call("study", "--help").out
    headings = ["What is studied", "How thoroughly it is searched", "Where regularizers act", "How it runs"]
    places = [said.index(f"─ {heading} ─") for heading in headings]
    assert places == sorted(places)
    assert places[0] < said.index("--network STR") < places[1] < said.index("--repeats INT") < places[2]
    assert places[2] < said.index("--include STR") < places[3] < said.index("--budget STR")
    assert "[default: 0.01]" in said
    lines = said.splitlines()
    assert max(map(len, lines)) == WIDTH
    assert lines == [line.rstrip() for line in lines]
    for name in ("study", "predict", "inspect", "calibrate"):
        shown = call(name, "--help").out
        assert not any(f"[default: {nothing}]" in shown for nothing in ("()", '""', "", "False", "None"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["predict", "f"],
            "TABLE is missing. Write: posology predict FOLDER TABLE. See: posology predict",
        ),
        (["predict"], "FOLDER is missing. Write: posology predict FOLDER TABLE."),
        (["study"], "TABLE is missing. Write: posology study TABLE --target COL."),
        (["compare", "a"], "SECOND is missing. Write: posology compare FIRST SECOND."),
        (["export", "a"], "--to is missing. Write: posology export FOLDER --to TO."),
        (["study", "t.csv", "--epochs"], "--epochs requires an argument. See: posology study --help"),
    ],
)
def test_what_is_missing_is_named_as_the_command_has_it(call, here, arguments, told):
    assert told in refused(call, here, *arguments)


def test_help_fills_its_lines_and_lists_commands_as_they_are_needed(call):
    said = call("study", "--help")
    lines = [line.strip("│ ") for line in said.out.splitlines()]
    assert not any(line in ("studied;", "that are", "none, weights") for line in lines)
    said = call("--help")
    places = [said.out.index(f"│ {name} ") for name in ("study", "init", "resume", "predict", "doctor")]
    assert places == sorted(places)


# folders


def test_an_output_that_is_a_file(call, here, table):
    write(here, "mine", "out")
    text = refused(call, here, "study", table, "--target", "price", "--out", "out")
    assert "The output 'out' is a file, not a folder. Choose another --out." in text


def test_an_output_with_other_files(call, here, table):
    (here / "out").mkdir()
    write(here, "mine", "out/thesis.tex")
    text = refused(call, here, "study", table, "--target", "price", "--out", "out")
    assert "The output folder 'out' holds other files. Choose a new or empty folder with --out." in text


def test_an_output_under_a_file(call, here, table):
    write(here, "mine", "out")
    text = refused(call, here, "study", table, "--target", "price", "--out", "out/below")
    assert "out' is a file, not a folder. Choose another --out." in text


@pytest.mark.parametrize("words", [["resume"], ["predict"]])
def test_a_folder_that_is_no_study(call, here, table, words):
    more = [table] if words == ["predict"] else []
    text = refused(call, here, *words, here, *more)
    assert "holds no study (no study.json). Start one: posology study TABLE --target COL" in text


def test_a_finished_study_is_not_written_over(call, finished, here):
    before = (finished.folder / "verdict.json").read_bytes()
    text = refused(call, here, *finished.arguments(), "--seed", 5)
    assert "holds another study (--seed: 0 there, 5 asked)" in text
    assert f"posology resume {finished.folder}" in text
    assert (finished.folder / "verdict.json").read_bytes() == before


def test_resume_with_a_changed_table(call, finished, here):
    changed = pd.read_csv(finished.table)
    changed.loc[3, "plain"] += 1
    changed.to_csv(here / "changed.csv", index=False)
    text = refused(call, here, "resume", finished.folder, "--table", "changed.csv")
    assert "The table 'changed.csv' is not the one that this study began with: its content differs." in text


def test_resume_with_a_changed_network(call, finished, here):
    kept = finished.network.read_text()
    try:
        finished.network.write_text(kept.replace("0.01", "0.02"))
        text = refused(call, here, "resume", finished.folder)
    finally:
        finished.network.write_text(kept)
    assert "that of a file beside it that it imports, differs. Put the old one back" in text


def test_resume_where_the_table_is_gone(call, finished, here):
    assert "There is no file 'gone.csv'." in refused(call, here, "resume", finished.folder, "--table", "gone.csv")


def test_resume_of_settings_of_another_version(call, here):
    (here / "s").mkdir()
    (here / "s" / "study.json").write_text(
        json.dumps({"schema": SCHEMA, "settings": {"design": {}}, "fingerprint": ""})
    )
    assert "damaged or of another version of posology (KeyError: 'arms')" in refused(call, here, "resume", "s")


def test_predict_names_a_table_as_it_was_given(call, here, finished, monkeypatch):
    monkeypatch.setattr("posology.prediction.one_worker", lambda: pytest.fail("a worker was started for nothing"))
    (here / "link.csv").symlink_to(here / "gone.csv")
    assert "There is no file 'link.csv'." in refused(call, here, "predict", finished.folder, "link.csv")
    os.mkfifo(here / "pipe.csv")
    assert "'pipe.csv' is a pipe, not a file." in refused(call, here, "predict", finished.folder, "pipe.csv")


def test_predict_of_an_unfinished_study(call, here, finished):
    (here / "s").mkdir()
    (here / "s" / "study.json").write_bytes((finished.folder / "study.json").read_bytes())
    text = refused(call, here, "predict", "s", finished.table)
    assert "The study in 's' is not finished: it has no model.keras. Finish it: posology resume s" in text


# what is no file, no bundle, no study file


def test_the_path_of_no_file(call, here):
    os.mkfifo(here / "pipe.csv")
    (here / "zero.csv").symlink_to("/dev/zero")
    for name, says in [
        ("pipe.csv", "'pipe.csv' is a pipe, not a file. Give a file: CSV"),
        ("zero.csv", "'zero.csv' is a device, not a file."),
        ("n" * 300 + ".csv", "cannot be read: the name is too long."),
        ("~there-is-no-such-user/t.csv", "is in the home folder of a user who is not here."),
    ]:
        assert says in refused(call, here, "study", name, "--target", "y")
        assert says in refused(call, here, "init", name)


@pytest.mark.parametrize("words", [["resume"], ["report"], ["export", "--to", "code"], ["predict"]])
def test_a_path_that_is_too_long_for_a_folder(call, here, table, words):
    name = "n" * 300
    more = [table] if words == ["predict"] else []
    text = refused(call, here, words[0], name, *words[1:], *more)
    assert "too long" in text


def test_a_network_that_is_a_pipe(call, here, table):
    os.mkfifo(here / "net.py")
    text = refused(call, here, "study", table, "--target", "price", "--network", "net.py:f")
    assert "'net.py' is a pipe, not a file. Give the path of a Python file: --network net.py:f" in text


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x80\x04.", b"a,b\n1,2\n"])
def test_a_file_that_is_no_bundle(call, here, table, content):
    write(here, content, "b")
    text = refused(call, here, "predict", "b", table)
    assert "'b' is cut off or damaged" in text
    assert text.endswith("Ask for it again: posology export FOLDER --to bundle\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff", "is not TOML"),
        (b"a = " + b"[" * 50_000, "is nested too deeply"),
        (b"table = 'a\xe2\x80\xae.csv'\ntarget = 'y'\nseed = -1", "seed is -1; it must be at least 0."),
        (b'table = "\\u001b[2J.csv"\ntarget = "y"', "There is no file"),
        (b'table = "t.csv"\ntarget = "y"\ntrack = "mlflow"', "track is 'mlflow'; it must be a list of strings."),
    ],
)
def test_a_malformed_study_file(call, here, content, says):
    write(here, content, "study.toml")
    text = refused(call, here, "study", "study.toml")
    assert says in text
    assert "\x1b" not in text


def test_a_name_gives_the_terminal_no_orders(call, here):
    write(here, ROWS.replace("a,b,y", "a,\x1b[2Jb\x07,y"))
    text = refused(call, here, "study", "t.csv", "--target", "z")
    assert "'\\x1b[2Jb\\x07'" in text
    assert not {"\x1b", "\x07"} & set(text)


def test_a_wall_of_names_is_cut(call, here):
    names = ",".join(f"{'n' * 1000}{i}" for i in range(200))
    write(here, names + "\n" + ",".join("1" * 200) + "\n")
    assert len(refused(call, here, "study", "t.csv", "--target", "z")) < 5000


@pytest.mark.parametrize(
    ("option", "value"),
    [("--seed", "-1"), ("--seed", 2**70), ("--repeats", 10**9), ("--epochs", 10**12), ("--batch-size", 2**40)],
)
def test_a_number_that_no_study_can_have(call, here, table, option, value):
    assert "it must be at" in refused(call, here, "study", table, "--target", "price", f"{option}={value}")


def test_the_command_itself_refuses_in_a_sentence(here):
    """As a shell calls it, with a pipe that nobody writes to."""
    os.mkfifo(here / "pipe.csv")
    asked = command("study", "pipe.csv", "--target", "y")
    done = subprocess.run(asked, cwd=here, capture_output=True, timeout=120, check=False, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("posology: 'pipe.csv' is a pipe, not a file.")
    assert files(here) == ["pipe.csv"]
