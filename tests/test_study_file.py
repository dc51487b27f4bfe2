"""A study as a TOML file: written, read back, refused."""

import json
import re
import tomllib

import pytest

from posology.cli.options import Ask, Where
from posology.cli.study_options import asked, described, kinds
from posology.errors import InputError
from posology.network.choice import Choice
from posology.network.source import NetworkSource
from posology.plan import Design, parse_arms
from posology.settings import Settings
from posology.study_file import commented, read, resolved

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
    assert all(help_.endswith(".") for _, help_, _ in described())


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
    with pytest.raises(InputError, match=r"cannot be read: No such file or directory\. posology init TABLE writes one"):
        read(tmp_path / "study.toml", kinds())
