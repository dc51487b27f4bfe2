"""One list of parts, which the page and the Markdown walk: what stands in one stands in the other."""

import json
import re

import pytest

from posology.cli.options import Ask, Where
from posology.cli.study_options import asked, kinds
from posology.durations import parse_duration
from posology.report.findings import Findings
from posology.report.items import Checks, Code, Said, Table, Text
from posology.report.markdown import plain, to_markdown
from posology.report.page import whole_page
from posology.report.parts import about, parts_of
from posology.study_file import read
from posology.wording import printable

from .test_page import Page
from .test_writing import outside_code


def texts_of(item):
    """Give the words of an item; of a chart, what is seen in it."""
    match item:
        case Text() | Code():
            return [item.text]
        case Said():
            return [item.heading, *item.sentences]
        case Table():
            return [cell for row in (item.heads, *item.rows) for cell in row]
        case Checks():
            return [words for check in item.checks for words in (check.title, check.found)]
        case _:
            return [panel.conclusion for panel in item.panels()]


def squeezed(text):
    return " ".join(printable(text).split())


def test_both_forms_have_every_part_in_order_and_all_that_is_in_it(findings):
    parts, page, text = parts_of(findings), Page(whole_page(findings)), to_markdown(findings)
    assert page.headings == [part.heading for part in parts]
    assert re.findall(r"^##? (.*)$", outside_code(text), re.MULTILINE) == [plain(part.heading) for part in parts]
    written = squeezed(text)
    for item in (item for part in parts for item in part.items):
        for words in map(squeezed, texts_of(item)):
            assert words in page.shown
            assert words in written or plain(words) in written


def test_ids_of_parts_are_their_own(findings):
    ids = [part.id for part in parts_of(findings)]
    assert len(set(ids)) == len(ids)
    assert (ids[0], ids[-1]) == ("verdict", "again")


def test_the_users_features_are_counted_and_the_prepared_columns_apart():
    study = {"rows": 900, "columns": 7, "prepared_columns": 22, "target": "demand", "network": "net.py:build"}
    told = about(Findings({"study": study}, {}, {}, {}))
    assert told == "demand · 900 rows, 7 features (22 prepared columns for the network) · net.py:build"


def test_the_study_file_asks_for_the_same_study_its_budget_too(findings, tmp_path):
    own = Ask(network="question").settings(Where(), pytest.fail).to_dict()["source"]
    settings = {**findings.verdict["settings"], "source": own}
    held = {**findings.held, "table": "/tables/houses.csv", "target": "price", "budget": 240.0}
    parts = parts_of(Findings({**findings.verdict, "settings": settings}, findings.evidence, findings.run, held))
    (code,) = (item for item in parts[-1].items if isinstance(item, Code))
    (tmp_path / "study.toml").write_text(code.text)
    options = read(tmp_path / "study.toml", kinds())
    ask, where = asked(options)
    assert json.loads(json.dumps(ask.settings(where, pytest.fail).to_dict())) == settings
    assert parse_duration(options["budget"]) == 240.0
    assert options["table"] == str(tmp_path / "houses.csv")
