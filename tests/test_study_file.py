"""A study as a TOML file: written, read back, refused."""

import json
import os
import re
import tomllib

import hypothesis
import pytest
from hypothesis import strategies as st

from posology.cli.options import Ask, Where
from posology.cli.study_options import asked, described, kinds
from posology.durations import parse_duration
from posology.errors import InputError
from posology.network.choice import Choice
from posology.network.source import NetworkSource
from posology.plan import Design, parse_arms
from posology.settings import Settings
from posology.study_file import _value, commented, read, resolved

HELD = {
    "table": "/home/me/houses.csv",
    "target": 'price "€"\x7f\\',
    "task": None,
    "groups": "street",
    "weights": "sales",
    "drop": ["id", "x"],
}
SETTINGS = [
    Settings(),
    Settings(source=NetworkSource("strong")),
    Settings(
        Design(
            parse_arms("none; l1; l1+dropout"),
            2,
            3,
            4,
            1,
            2,
            7,
            None,
            16,
            9,
            3,
            ensemble=2,
            class_weight=(("rye", 2.0), ("oat", 0.5)),
        ),
        margin=0.02,
        per_layer=True,
        ranges={"dropout": (0.0, 0.123456789), "l1": (1e-7, 0.1)},
        inputs={"left": ("age", "bmi")},
        choice=Choice(every=True, include=("dense_1", "block/*"), exclude=("last",)),
        all_repeats=True,
        levers=False,
    ),
]


def settings_of(options):
    ask, where = asked(options)
    return (ask or Ask()).settings(where or Where(), pytest.fail)


@pytest.mark.parametrize("settings", SETTINGS)
def test_what_a_report_writes_asks_for_the_same_study(tmp_path, settings):
    path = tmp_path / "study.toml"
    path.write_text(resolved(json.loads(json.dumps(settings.to_dict())), HELD), encoding="utf-8")
    options = read(path, kinds())
    assert settings_of(options).to_dict() == settings.to_dict()
    assert options["table"] == str(tmp_path / "houses.csv")
    assert (options["target"], options["groups"], options["drop"]) == (HELD["target"], "street", "id,x")


@pytest.mark.parametrize("seconds", [240.0, 5400.0, 5430.0, 90.0, 0.1 + 0.2, 1e-7, 1234567.0])
def test_the_budget_is_asked_for_again(tmp_path, seconds):
    path = tmp_path / "study.toml"
    path.write_text(resolved(json.loads(json.dumps(Settings().to_dict())), {**HELD, "budget": seconds}))
    assert parse_duration(read(path, kinds())["budget"]) == seconds
    assert "budget" not in resolved(Settings().to_dict(), {**HELD, "budget": None})


def test_what_no_file_can_ask_for_is_a_comment():
    settings = SETTINGS[0].to_dict()
    settings["source"] = {**settings["source"], "kind": "config"}
    settings["design"]["callbacks"]["restore_best_weights"] = False
    settings["design"]["validation_split"] = 0.1
    text = resolved(json.loads(json.dumps(settings)), {**HELD, "table": None})
    assert "# network: handed over in Python" in text
    assert "# table: handed over in Python" in text
    assert '# fit: {"restore_best_weights": false}' in text
    assert "# fit: validation_split 0.1" in text
    assert "table" not in tomllib.loads(text)
    assert "# table: that of posology demo" in resolved(SETTINGS[0].to_dict(), {**HELD, "table": "demo"})


def test_a_commented_file_asks_for_the_defaults(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(commented("houses.csv", "price", described()))
    options = read(path, kinds())
    assert options == {"table": str(tmp_path / "houses.csv"), "target": "price"}
    assert settings_of(options) == Settings()


def test_every_option_stands_in_it_with_its_help_and_a_value_of_its_kind(tmp_path):
    text = commented("houses.csv", "price", described())
    path = tmp_path / "all.toml"
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE))
    assert list(read(path, kinds())) == list(kinds())
    assert all(help_.endswith(".") for _, help_, *_ in described())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'target = "y"\ntabel = "a.csv"',
            r"has an unknown 'tabel'\. Did you mean 'table'\? Known: table, target, task",
        ),
        ('target = "y"', r"has no table\. Write a line table = \"\.\.\.\""),
        ('table = "a.csv"', r"has no target\. Write a line target = "),
        ("table = a.csv", r"is not TOML: .* Strings stand in quotes"),
        ('margin = "0.01"', r"margin is '0\.01'; it must be a number"),
        ("epochs = 1.5", r"epochs is 1\.5; it must be a whole number"),
        ("epochs = true", r"epochs is True; it must be a whole number"),
        ("levers = 1", r"levers is 1; it must be true or false"),
        ('range = "l1=1:2"', r"range is 'l1=1:2'; it must be a list of strings"),
        ("include = [1]", r"include is \[1\]; it must be a list of strings"),
        ("arms = 3", r"arms is 3; it must be a string"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, words):
    path = tmp_path / "study.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=words):
        read(path, kinds())


def test_a_whole_number_is_a_number(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text('table = "a.csv"\ntarget = "y"\nmargin = 1\nfit = "net.py:FIT"\nnetwork = "question"')
    options = read(path, kinds())
    assert options["margin"] == 1
    assert options["fit"] == f"{tmp_path / 'net.py'}:FIT"
    assert options["network"] == "question"


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"is not there\. Give a study file; posology init TABLE writes one\."):
        read(tmp_path / "study.toml", kinds())


B = 'table = "a.csv"\ntarget = "y"\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\0", "is not TOML: Invalid statement"),
        (b"\xff" + B.encode(), "is not TOML: 'utf-8' codec can't decode byte 0xff"),
        (B.encode("utf-16"), "is not TOML: 'utf-8' codec can't decode"),
        (B + B, "is not TOML: Cannot overwrite a value"),
        ("a = " + "[" * 50_000, "is nested too deeply. Its options are plain values."),
        ("a = " + "{b=" * 5000 + "1" + "}" * 5000, "is nested too deeply"),
        (B + "seed = " + "9" * 5000, "is not TOML: Exceeds the limit"),
        (
            B + "seed = 99999999999999999999",
            "seed is 99999999999999999999; it must be at most 9,223,372,036,854,775,807.",
        ),
        (B + "seed = -1", "seed is -1; it must be at least 0."),
        (B + "seed = 2020-01-01", "seed is datetime.date(2020, 1, 1); it must be a whole number."),
        (B + "epochs = 10000000000", "epochs is 10000000000; it must be at most 10,000,000."),
        (B + "repeats = 1000000000", "repeats is 1000000000; it must be at most 10,000."),
        (B + "ensemble = 1000000000", "ensemble is 1000000000; it must be at most 10,000."),
        (B + "batch_size = 9223372036854775808", "it must be at most 2,147,483,647."),
        (B + "margin = inf", "margin is inf; it is a difference"),
        (B + "margin = nan", "margin is nan; it is a difference"),
        (B + "class_weight = 'a=1,a=2'", "names a class twice. Give each class one weight."),
        (B + f"epochs = '{'k' * 10_000}'", "kkk...; it must be a whole number."),
        (f"{'k' * 10_000} = 1\n" + B, "has an unknown 'kkk"),
        ("[table]\nx = 1", "table is {'x': 1}; it must be a string."),
        ('table.x = 1\ntarget = "y"', "table is {'x': 1}; it must be a string."),
        ('table = "a\\u0000b"\ntarget = "y"', "is no path: it holds a NUL character."),
        ('table = "~there-is-no-such-user/a.csv"\ntarget = "y"', "is in the home folder of a user who is not here."),
        (B + "network = '~there-is-no-such-user/a.py:f'", "is in the home folder of a user who is not here."),
        (B + "network = ':f'", "Give the path of a Python file"),
        (B + "network = 'a.py:1f'", "names no function. Write FILE.py:FUNCTION"),
        (B + "fit = ''", "names no function. Write FILE.py:NAME"),
        (B + "range = ['l1=1e999:2']", "The range of l1 is inf to 2; it must rise"),
        ("#" * 300_000, "has more than 262,144 bytes, which no such file has."),
    ],
)
def test_what_is_malformed_is_refused(tmp_path, content, says):
    path = tmp_path / "study.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=re.escape(says)) as caught:
        settings_of(read(path, kinds()))
    assert len(str(caught.value)) < 700


NAMES = st.sampled_from([*kinds(), "tabel", "", "\x1b"])
VALUES = (
    st.integers()
    | st.floats()
    | st.booleans()
    | st.text(max_size=8)
    | st.lists(st.text(max_size=5), max_size=2)
    | st.sampled_from(["l1,l2", "none; l1", "l1=1e-6:1", "balanced", "a=1", "brier", "net.py:f"])
)


@hypothesis.settings(deadline=None)
@hypothesis.given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_options_are_taken_or_refused(tmp_path_factory, options):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    lines = [
        f"{json.dumps(name)} = {_value(value)}" for name, value in {"table": "a", "target": "y", **options}.items()
    ]
    path.write_bytes("\n".join(lines).encode(errors="surrogatepass"))
    try:
        settings_of(read(path, kinds()))
    except InputError as error:
        assert len(str(error)) < 1500  # noqa: PT017


@hypothesis.settings(deadline=None)
@hypothesis.given(st.binary(max_size=60) | st.text("abtle=\"'[]{}.,#\n 01-:T\\", max_size=60).map(str.encode))
def test_any_bytes_are_taken_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    with pytest.raises(InputError):  # no table and no target, whatever else
        read(path, kinds())


def test_a_mark_before_the_first_line_is_no_matter(tmp_path):
    (tmp_path / "study.toml").write_text("\ufeff" + B)
    assert read(tmp_path / "study.toml", kinds())["target"] == "y"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (os.mkfifo, "is a pipe, not a file. Give a study file"),
        (lambda path: path.symlink_to("/dev/zero"), "is a device, not a file."),
        (lambda path: path.symlink_to(path), "its symbolic links lead round in a circle"),
        (lambda path: path.mkdir(), "is a folder. Give a study file"),
    ],
)
def test_what_is_no_file_is_never_waited_for(tmp_path, make, says):
    make(tmp_path / "study.toml")
    with pytest.raises(InputError, match=re.escape(says)):
        read(tmp_path / "study.toml", kinds())
