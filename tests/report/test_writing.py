"""The report as files, as Markdown and as JSON with its schema; its errors."""

import copy
import json
import re
from importlib import resources

import jsonschema
import pytest

from posology import InputError
from posology.report.findings import Findings
from posology.report.markdown import plain
from posology.report.writing import write_report, written

from .conftest import CLASSES, HOSTILE

SCHEMA = json.loads(resources.files("posology.report").joinpath("verdict.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_json_follows_its_schema(result):
    whole = json.loads(result.to_json())
    VALIDATOR.validate(whole)
    VALIDATOR.validate(json.loads((result.folder / "verdict.json").read_text()))
    assert whole["run"]["folder"] == str(result.folder)


@pytest.mark.parametrize(
    "alter",
    [
        lambda v: v.pop("analysis"),
        lambda v: v["verdict"].update(kind="perhaps"),
        lambda v: v["verdict"].update(new=1),
        lambda v: v["arms"][0].pop("gap"),
        lambda v: v["arms"][0].update(score=0.5, measures={}, shrunken_score=0.5),
        lambda v: v["study"].update(rows="200"),
        lambda v: v["levers"]["each"][0].update(more=1),
        lambda v: v["behaviour"]["weights"][0].pop("zero_se"),
        lambda v: v.update(schema=2),
    ],
)
def test_the_schema_refuses_what_it_does_not_describe(studies, alter):
    whole = copy.deepcopy(json.loads(studies("plain").to_json()))
    alter(whole)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(whole)


@pytest.mark.parametrize(("name", "begins"), [("r.html", "<!doctype html>"), ("r.MD", "# "), ("r.json", "{")])
def test_the_name_says_the_form(studies, tmp_path, name, begins):
    path = studies("single").report(tmp_path / name)
    assert path == tmp_path / name
    assert path.read_text().startswith(begins)


def test_another_ending_and_a_place_that_is_not_there(studies, tmp_path):
    findings = Findings.of(studies("single"))
    with pytest.raises(InputError, match=r"r\.pdf' ends in none of '\.html', '\.md', '\.json'\. Write report\.html"):
        write_report(findings, tmp_path / "r.pdf")
    with pytest.raises(InputError, match=r"cannot be written: No such file or directory\. Choose another --output"):
        write_report(findings, tmp_path / "none" / "r.html")


def test_markdown_says_what_the_page_says(result):
    text = result.to_markdown()
    verdict = result.to_dict()
    assert text.startswith(f"# {plain(verdict['verdict']['sentences'][0])}\n")
    for sentence in verdict["verdict"]["sentences"]:
        assert plain(sentence) in text
    for row in verdict["arms"]:
        assert f"| {plain(row['arm'])} |" in text
    for line in verdict["prescription"]["lines"]:
        assert line in text
    for part in ("## What to do", "## Together or apart", "## Checks", "POS016"):
        assert part in text
    for lever in (verdict["levers"] or {"each": []})["each"]:
        assert f"| {plain(lever['words'])} | {lever['score']:.4g} |" in text


def outside_code(text):
    """Give what is not between fences, where nothing is a mark."""
    return re.sub(r"^(`{3,})\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)


def test_markdown_escapes_names(studies):
    findings = Findings.of(studies("hostile"))
    verdict = copy.deepcopy(findings.verdict)
    verdict["study"]["warnings"] = [{"code": "x", "sites": [], "text": text} for text in CLASSES]
    verdict["prescription"]["lines"] = ["```", *CLASSES]
    text = written(Findings(verdict, findings.evidence, findings.run, findings.held), ".md")
    assert "\n````\n```\n" in text  # a longer fence than the code's own
    assert HOSTILE not in outside_code(text)
    assert "</style>" not in outside_code(text).replace("\\</style\\>", "")


def test_a_study_that_is_not_finished(studies, tmp_path):
    study = studies("single").folder
    (tmp_path / "study.json").write_text((study / "study.json").read_text())
    with pytest.raises(InputError, match=r"is not finished: it has no verdict\.json\. Finish it: posology resume"):
        Findings.read(tmp_path)
    (tmp_path / "verdict.json").write_text("{")
    with pytest.raises(InputError, match=r"verdict\.json' is cut off or damaged: .* Write it again: posology resume"):
        Findings.read(tmp_path)


def test_a_folder_without_a_study(tmp_path):
    with pytest.raises(InputError, match="holds no study"):
        Findings.read(tmp_path)
