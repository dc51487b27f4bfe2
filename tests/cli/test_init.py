"""A study file, written and run by the command."""

import json

import pytest

from .conftest import files


def test_a_file_is_written_and_its_study_forecast(call, table):
    said = call("init", "houses.csv")
    assert said.code == 0
    assert said.out == "Written to 'study.toml'. Change what you like, then: posology study study.toml\n"
    assert "Note: 'price', the last column, is taken as the target" in said.err
    text = (table.parent / "study.toml").read_text()
    assert 'table = "houses.csv"\ntarget = "price"\n' in text
    assert '\n# score = "brier"  # an example, not the default\n' in text
    assert "\n# repeats = 5\n" in text
    assert "several times" not in text
    assert "-2; a list." in text.replace("\n# ", " ")
    (table.parent / "study.toml").write_text(
        text + 'arms = "none; l2"\nepochs = 2\nrepeats = 1\ntrials = 1\nfolds = 2\n'
    )
    said = call("study", "study.toml", "--dry-run", "--json", "--quiet", "--workers", 1)
    assert said.code == 0, said.err
    forecast = json.loads(said.out)
    assert forecast["arms"] == ["none", "l2"]
    assert files(table.parent) == ["houses.csv", "study.toml"]


def test_a_file_that_exists_is_kept(call, table):
    (table.parent / "study.toml").write_text("mine")
    said = call("init", "houses.csv")
    assert (said.code, said.out) == (2, "")
    assert "The file 'study.toml' exists. Choose another --out." in said.err
    assert call("init", "houses.csv", "--out", "other.toml").code == 0
    assert (table.parent / "study.toml").read_text() == "mine"


def test_a_target_that_is_not_there(call, table):
    said = call("init", "houses.csv", "--target", "prise")
    assert said.code == 2
    assert "'houses.csv' has no column 'prise'. Did you mean 'price'?" in said.err
    assert files(table.parent) == ["houses.csv"]


def test_options_beside_a_study_file(call, table):
    call("init", "houses.csv")
    for more in (["--target", "price"], ["--margin", "0.1"], ["--drop", "age"], ["--include", "dense"]):
        said = call("study", "study.toml", *more)
        assert said.code == 2
        assert "'study.toml' says what is studied: write options into it." in said.err


@pytest.mark.parametrize(("beside", "wanted"), [((), "10min"), (("--budget", "5min"), "5min")])
def test_a_study_file_has_a_budget_and_the_command_another(call, table, monkeypatch, beside, wanted):
    (table.parent / "study.toml").write_text('table = "houses.csv"\ntarget = "price"\nbudget = "10min"\n')
    given = []
    monkeypatch.setattr("posology.cli.studies.carry_out", lambda *asked, **_: given.append(asked[4].budget))
    assert call("study", "study.toml", "--quiet", *beside).code == 0
    assert given == [wanted]


def test_a_study_file_with_a_budget_that_is_no_time(call, table):
    (table.parent / "study.toml").write_text('table = "houses.csv"\ntarget = "price"\nbudget = "soon"\n')
    said = call("study", "study.toml", "--quiet")
    assert said.code == 2
    assert "--budget got 'soon'. Write a time with its unit" in said.err


def test_a_study_file_names_trackers(call, table, monkeypatch):
    (table.parent / "study.toml").write_text('table = "houses.csv"\ntarget = "price"\ntrack = ["tensorboard"]\n')
    monkeypatch.setattr("posology.tracking.account.find_spec", lambda _: None)
    said = call("study", "study.toml", "--quiet")
    assert (said.code, said.out) == (2, "")
    assert "tensorboard needs tensorboard, not installed here. Run: pip install 'posology[tensorboard]'" in said.err
    assert files(table.parent) == ["houses.csv", "study.toml"]


def test_a_table_without_a_target(call, table):
    said = call("study", "houses.csv")
    assert said.code == 2
    assert "--target is missing. Name the column to predict: posology study TABLE --target COL" in said.err
