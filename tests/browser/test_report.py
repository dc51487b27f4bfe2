"""The report in a browser: offline, by keyboard, light and dark, wide and narrow, for screen readers."""

import itertools

import pytest

from posology.report.findings import Findings
from posology.report.tables import code_of

pytestmark = pytest.mark.browser

NAMES = ["plain", "hostile", "odd", "single"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (400, "light"), (400, "dark")])
def test_axe_finds_nothing(open_page, name, width, scheme):
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(name, width=width, scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"]) for one in found] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [320, 400, 800, 1280, 1920])
def test_the_page_never_scrolls_sideways(open_page, name, width):
    page = open_page(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


LABELS = """
() => [...document.querySelectorAll('svg')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  const title = svg.querySelector('title').textContent;
  const boxes = [...svg.querySelectorAll('text')].map((t) => ({ text: t.textContent, box: t.getBoundingClientRect() }));
  const outside = (box) => Math.max(frame.left - box.left, box.right - frame.right, frame.top - box.top,
                                    box.bottom - frame.bottom) > 1;
  const bad = boxes.filter(({ box }) => outside(box)).map(({ text }) => [title, 'cut', text]);
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
    const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
    const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
    // boxes are higher than letters: lines may touch
    if (across > 1 && down > 0.35 * Math.min(a.box.height, b.box.height)) bad.push([title, 'overlap', a.text, b.text]);
  }));
  return bad;
})
"""


@pytest.mark.parametrize("name", NAMES)
def test_no_label_is_cut_or_covers_another(open_page, name):
    assert open_page(name).evaluate(LABELS) == []


def test_letters_of_charts_are_large_enough(open_page):
    page = open_page("plain", width=400)
    shown = "[...document.querySelectorAll('%s')].map(e => e.getBoundingClientRect()).filter(b => b.width)"
    # at 400 px charts scroll instead of shrinking, but for the forest, which is another one there
    assert min(page.evaluate(f"{shown % '.po-figure svg'}.map(b => b.width)")) > 300
    assert min(page.evaluate(f"{shown % 'svg text'}.map(b => b.height)")) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_the_forest_is_read_at_400_pixels_without_scrolling(open_page, name):
    page = open_page(name, width=400)
    wide = page.evaluate(
        "[...document.querySelectorAll('[id$=chart-forest] .po-figure *')].filter(e => e.checkVisibility())"
        ".map(e => e.getBoundingClientRect().right)"
    )
    assert wide
    assert max(wide) <= 400
    assert page.evaluate(LABELS) == []


def test_each_picture_of_the_forest_is_shown_once_at_any_width(open_page, studies):
    panels = len(studies("plain").chart("forest").panels())
    for width in (320, 799, 801, 1280):
        shown = open_page("plain", width=width).locator("[id$=chart-forest] svg:visible")
        assert shown.count() == panels


def test_everything_works_by_keyboard(open_page):
    page = open_page("plain", permissions=["clipboard-read", "clipboard-write"])
    focused = "document.activeElement.textContent.trim()"
    page.keyboard.press("Tab")
    assert page.evaluate(focused) == "Skip to the verdict"
    page.keyboard.press("Enter")
    assert page.url.endswith("-verdict")
    page.keyboard.press("Shift+Tab")
    before = page.evaluate("getComputedStyle(document.querySelector('.posology')).backgroundColor")
    page.get_by_role("button", name="Dark theme").focus()
    page.keyboard.press("Enter")
    assert page.evaluate(focused) == "Light theme"
    assert page.evaluate("getComputedStyle(document.querySelector('.posology')).backgroundColor") != before
    page.keyboard.press("Space")
    assert page.evaluate("getComputedStyle(document.querySelector('.posology')).backgroundColor") == before
    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.get_attribute("open") is not None


def test_focus_is_seen_and_never_trapped(open_page):
    page = open_page("single")
    seen = []
    for _ in range(200):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "document.activeElement === document.body ? '' : [...document.querySelectorAll('*')]"
            ".indexOf(document.activeElement) + ' ' + getComputedStyle(document.activeElement).outlineStyle"
        )
        if not here or here in seen:
            break
        seen.append(here)
    stops = page.evaluate("document.querySelectorAll('a, button, summary, [tabindex=\"0\"]').length")
    hidden = page.evaluate("document.querySelectorAll('details :is(button, [tabindex=\"0\"])').length")
    assert len(seen) == stops - hidden
    assert all(one.endswith(("solid", "auto")) for one in seen)


def test_code_is_copied(open_page, studies):
    page = open_page("plain", permissions=["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name="Copy").first
    button.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == code_of(Findings.of(studies("plain")))


def test_tables_are_sorted(open_page):
    page = open_page("plain")
    table = page.get_by_role("table", name="Table of arms")
    column = "(table) => [...table.tBodies[0].rows].map((row) => parseFloat(row.children[1].textContent))"
    head = table.get_by_role("columnheader", name="R2")
    button = head.get_by_role("button")
    button.focus()
    page.keyboard.press("Enter")
    scores = table.evaluate(column)
    assert scores == sorted(scores)
    assert head.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert table.evaluate(column) == scores[::-1]
    assert head.get_attribute("aria-sort") == "descending"


def test_it_is_complete_without_javascript(open_page, studies):
    page = open_page("plain", java_script_enabled=False)
    for sentence in studies("plain").to_dict()["verdict"]["sentences"]:
        assert page.get_by_text(sentence).first.is_visible()
    assert page.locator("svg").first.is_visible()
    assert not page.locator("button").first.is_visible()


def test_paper_is_light_and_has_no_controls(open_page):
    page = open_page("plain", scheme="dark")
    dark = page.evaluate("getComputedStyle(document.querySelector('.posology')).backgroundColor")
    page.emulate_media(media="print", color_scheme="dark")
    paper = page.evaluate("getComputedStyle(document.querySelector('.posology')).backgroundColor")
    assert paper != dark
    assert paper == "rgb(253, 253, 254)"
    assert not page.get_by_role("navigation").is_visible()
    assert page.get_by_role("button").count() == 0
    assert page.pdf().startswith(b"%PDF")


def test_a_screen_reader_hears_the_conclusion_of_each_picture(open_page, studies):
    page = open_page("plain")
    panel = studies("plain").chart("forest").panels()[0]
    picture = page.get_by_role("img", name=panel.heading).first
    assert panel.conclusion in picture.evaluate("(svg) => svg.querySelector('desc').textContent")
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_a_names_script_does_not_run(open_page):
    # a dialog would have blocked, and an error been told
    page = open_page("hostile")
    assert page.evaluate("document.scripts.length") == 1
    assert page.title().startswith("<script>alert")
