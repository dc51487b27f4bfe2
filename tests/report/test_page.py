"""The report as one HTML file: whole, offline, escaped, named for screen readers, small."""

import copy
import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from itertools import combinations

import pytest

from posology.report.findings import Findings
from posology.report.markdown import to_markdown
from posology.report.page import fragment, whole_page

from .conftest import CLASSES, HOSTILE
from .test_writing import outside_code

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Elements with their attributes, and the text that is shown."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.text, self.open, self.headings = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text.append(data)
        if {"h1", "h2"} & set(self.open):
            self.headings.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def shown(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture
def html(findings):
    return whole_page(findings)


@pytest.fixture
def page(html):
    return Page(html)


def test_it_is_well_formed_and_in_order(page, findings):
    assert page.open == []
    assert page.headings == [
        findings.verdict["verdict"]["sentences"][0],
        "The arms",
        "What to do",
        "Together or apart",
        "How strong",
        "Overfitting and training",
        "What it does to the network",
        "What else would help",
        "Can it be trusted?",
        "Checks",
        "Method and limits",
        "Reproduction",
    ]


def test_no_request_leaves_it(page, html):
    for _, attributes in page.elements:
        for name in ("src", "href", "action", "data", "poster", "xlink:href"):
            target = attributes.get(name) or "#"
            assert target.startswith(("#", "data:")), target
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    policy = next(m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_it_is_small(html):
    assert len(html.encode()) < 1_000_000


def test_ids_are_unique_and_names_exist(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = [i for _, a in page.elements for i in (a.get("aria-labelledby") or "").split()]
    wanted += [a["href"][1:] for a in page.all("a")]
    assert set(wanted) <= set(ids)


def test_every_picture_is_named_and_told(page):
    pictures = page.all("svg")
    assert pictures
    narrow = sum("po-narrow" in (d.get("class") or "") for d in page.all("div"))
    assert 1 <= narrow <= 2  # the forest's
    assert len(page.all("figure")) + narrow == len(pictures) == len(page.all("desc")) == len(page.all("title")) - 1
    for picture in pictures:
        assert picture["role"] == "img"
        assert len(picture["aria-labelledby"].split()) == 2
    assert len(page.all("details")) == sum("po-panels" in (d.get("class") or "") for d in page.all("div"))


def test_it_is_complete_without_its_script(page, findings):
    for sentence in findings.verdict["verdict"]["sentences"]:
        assert " ".join(sentence.split()) in page.shown
    for line in findings.verdict["prescription"]["lines"]:
        assert line in page.shown
    assert findings.verdict["study"]["fingerprint"] in page.shown
    for code in ("POS001", "POS016"):
        assert code in page.shown
    hidden = [a for _, a in page.elements if "hidden" in a]
    assert [a.get("data-po") for a in hidden] == ["theme"]


def test_names_of_the_table_are_escaped(studies):
    html = whole_page(Findings.of(studies("hostile")))
    page = Page(html)
    assert len(page.all("script")) == 1
    assert len(page.all("style")) == 1
    assert not page.all("b")
    assert HOSTILE in page.shown
    assert "<script>alert" not in html
    assert html.count("</style>") == 1


def test_classes_are_escaped_wherever_they_stand(studies):
    findings = Findings.of(studies("hostile"))
    verdict = copy.deepcopy(findings.verdict)
    for place in ("notes", "network_notes"):
        verdict["study"][place] = CLASSES
    verdict["study"]["warnings"] = [{"code": "x", "sites": [], "text": text} for text in CLASSES]
    verdict["study"]["network"] = HOSTILE
    verdict["verdict"]["sentences"][0] = HOSTILE
    verdict["prescription"]["lines"] = CLASSES
    for one in (*verdict["study"]["kernels"], *verdict["study"]["dropouts"]):
        one["layer"] = HOSTILE
    for one in verdict["behaviour"]["weights"]:
        one["array"] = HOSTILE + one["array"]
    evidence = copy.deepcopy(findings.evidence)
    for arrays in evidence["weights"].values():
        for name in list(arrays):
            arrays[HOSTILE + name] = arrays.pop(name)
    html = whole_page(Findings(verdict, evidence, findings.run, {**findings.held, "table": f"/x/{HOSTILE}.csv"}))
    page = Page(html)
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert not page.all("b")
    for text in (*CLASSES, HOSTILE):
        assert " ".join(text.split()) in page.shown


BREAKING_OUT = [
    '"><img src=x onerror=alert(1)>',
    "]]><!--",
    "' onmouseover='x",
    "{{ 7 * 7 }}",
    "\x1b]0;title\x07",
    "\u202egnp",
]


def test_nothing_breaks_out_of_the_page_or_its_markdown(studies):
    findings = Findings.of(studies("hostile"))
    verdict = copy.deepcopy(findings.verdict)
    verdict["study"] |= {
        "notes": [*BREAKING_OUT, "\n# heading\n"],
        "target": BREAKING_OUT[0],
        "network": BREAKING_OUT[1],
    }
    verdict["verdict"]["sentences"] = [" ".join(BREAKING_OUT), "| a | b |\n|---|---|\n[x](javascript:alert(1))"]
    altered = Findings(verdict, findings.evidence, findings.run, {**findings.held, "table": f"/x/{BREAKING_OUT[0]}"})
    html = whole_page(altered)
    page = Page(html)
    assert not page.all("img")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert len(page.all("script")) == 1
    assert BREAKING_OUT[0] in page.shown
    assert "{{ 7 * 7 }}" in page.shown
    markdown = to_markdown(altered)
    for text in (html, markdown):
        assert not set("\x07\x1b\u202e") & set(text)
        assert "\\x1b]0;title\\x07" in text.replace("\\\\", "\\").replace("\\]", "]")
    words = outside_code(markdown)
    assert "\n# heading" not in words
    assert "\n|---|---|\n[" not in words
    assert "<img" not in words.replace("\\<img", "")


def test_a_part_that_is_missing_is_told(studies):
    single, odd = (Page(whole_page(Findings.of(studies(name)))).shown for name in ("single", "odd"))
    assert "An interaction needs none, two factors alone" in single
    assert "No arm has two strengths" in single
    assert "asked for no levers" in single
    assert "There is no early stopping" in odd
    assert "the average of 2 networks" in odd
    assert "groups of" in odd


def test_the_folder_and_the_result_give_the_same_report(result):
    kept = (result.folder / "report.html").read_text()
    assert kept == whole_page(Findings.read(result.folder)) == whole_page(Findings.of(result))


def test_no_row_of_the_table_is_in_it(studies):
    import pandas as pd

    from .conftest import TABLES

    charges = pd.read_csv(TABLES / "insurance.csv", dtype=str).head(200)["charges"]
    result = studies("plain")
    texts = (result.folder / "report.html").read_text() + (result.folder / "evidence.json").read_text()
    assert not [charge for charge in charges if charge in texts]


def test_drawing_leaves_the_users_matplotlib_alone(studies):
    import matplotlib

    # a user's style must not show in the report, nor the report's in the user's figures
    before = whole_page(Findings.of(studies("single")))
    with matplotlib.rc_context({"font.size": 31, "axes.facecolor": "red", "lines.linewidth": 9}):
        held = dict(matplotlib.rcParams)
        assert whole_page(Findings.of(studies("single"))) == before
        assert dict(matplotlib.rcParams) == held


def test_pyplot_is_never_imported(studies):
    code = (
        "import sys; from pathlib import Path; from posology.report.findings import Findings;"
        "from posology.report.page import whole_page; whole_page(Findings.read(Path(sys.argv[1])));"
        "assert not {'matplotlib.pyplot', 'keras', 'jax'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(studies("single").folder)], check=True)


def many_arms(findings, factors=6):
    """Copy the arms of a study until there are those of so many factors."""
    verdict, evidence = copy.deepcopy(findings.verdict), copy.deepcopy(findings.evidence)
    names = [f"factor{i}" for i in range(factors)]
    arms = ["+".join(c) or "none" for size in range(factors + 1) for c in combinations(names, size)]
    olds = [row["arm"] for row in verdict["arms"]]
    of = {arm: olds[i % len(olds)] if arm != "none" else "none" for i, arm in enumerate(arms)}
    rows = {row["arm"]: row for row in verdict["arms"]}
    verdict["arms"] = [{**rows[of[arm]], "arm": arm} for arm in arms]
    verdict["verdict"]["could_be_best"] = arms
    verdict["prescription"]["arm"] = "factor0+factor1"
    verdict["analysis"]["combination_against_single"] |= {"combination": "factor0+factor1", "single": "factor0"}
    for part in ("robustness", "weights", "fitting"):
        own = verdict["behaviour"][part]
        verdict["behaviour"][part] = [{**one, "arm": arm} for arm in arms for one in own if one["arm"] == of[arm]]
    for part in ("curves", "epochs", "scores", "weights"):
        evidence[part] = {arm: evidence[part][of[arm]] for arm in arms}
    trained = evidence["trials"]
    evidence["trials"] = {arm: trained[of[arm]] for arm in arms if of[arm] in trained}
    return Findings(verdict, evidence, findings.run, findings.held)


@pytest.mark.parametrize(("factors", "most"), [(4, 1_500_000), (6, 3_000_000)])
def test_many_arms_stay_readable(studies, factors, most):
    html = whole_page(many_arms(Findings.of(studies("plain")), factors))
    assert len(html.encode()) < most
    page = Page(html)
    assert "more arms are in the table" in page.shown
    # charts of lines show few, the forest shows all
    assert len(page.all("svg")) < 50
    rows = [arm for arm in page.text if arm.startswith("factor0+")]
    assert len(set(rows)) >= 2 ** (factors - 1) - 1


def test_a_fragment_is_a_part_of_another_page(findings):
    text = fragment(findings)
    page = Page(text)
    assert page.open == []
    assert not page.all("script")
    assert not page.all("html")
    assert not page.all("main")
    # every rule is under the report's own class, so that the host's look stays
    style = re.sub(r"/\*.*?\*/", "", text[text.index("<style>") + 7 : text.index("</style>")], flags=re.DOTALL)
    selectors = re.findall(r"(?:^|[{}])\s*([^{}@]+)(?=\{)", style)
    bare = [s for group in selectors for s in group.split(",") if not re.search(r"\.po", s)]
    assert bare == []


def test_a_notebook_gets_three_forms(result):
    bundle = result._repr_mimebundle_()
    assert list(bundle) == ["text/plain", "text/markdown", "text/html"]
    assert bundle["text/plain"] == str(result.verdict)
    assert bundle["text/markdown"].startswith("# ")
    assert "posology" in bundle["text/html"]


def test_the_settings_are_those_of_the_study(studies):
    import tomllib

    html = whole_page(Findings.of(studies("odd")))
    start = html.index('aria-label="Study file">') + len('aria-label="Study file">')
    from html import unescape

    asked = tomllib.loads(unescape(html[start : html.index("</pre>", start)]))
    assert asked["arms"] == "l2; l2+dropout"
    assert asked["early_stopping"] is False
    assert asked["ensemble"] == 2
    assert "patience" not in asked
    assert json.dumps(asked)
