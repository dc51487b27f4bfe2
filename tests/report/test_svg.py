"""Charts as SVG: named, themed, with ids of their own; and colours that can be told apart."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from matplotlib.figure import Figure

from posology.report.style import COLORS, RAMP, RAMP_TEXT, color, drawing, series
from posology.report.svg import to_svg


def drawn(name="one", title="T", description="D"):
    with drawing():
        figure = Figure(figsize=(2, 1))
        ax = figure.add_axes((0.2, 0.2, 0.7, 0.7))
        ax.plot([0, 1], [0, 1], "o-", color=color("s1"))
        ax.text(0.5, 0.5, "a <b> & $c$", color=color("ink"), fontweight="bold")
        return to_svg(figure, name, title, description)


def test_text_stays_text_and_is_escaped():
    svg = drawn()
    assert "a &lt;b&gt; &amp; $c$" in svg
    assert "<b>" not in svg


HOSTILE = [
    '"><img src=x onerror=alert(1)>',
    "]]>",
    "--><script>",
    "\x1b[31mred\0",
    "🏠 価格",
    "&#60;b&#62;",
    "a\nb",
    "\ud800",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text):
    with drawing():
        figure = Figure(figsize=(2, 1))
        figure.add_axes((0.2, 0.2, 0.7, 0.7)).text(0.5, 0.5, text)
        svg = to_svg(figure, "one", text, text)
    assert not re.search("<(script|img|b)", svg)
    assert not re.search("[\x00-\x08\x1b\ud800]", svg)
    ElementTree.fromstring(svg.replace("href=", "link="))  # well-formed, so nothing broke out


def test_it_is_named_for_those_who_do_not_see_it():
    svg = drawn("pic", "<Title>", "What is 'seen' & found")
    assert svg.startswith(
        '<svg viewBox="0 0 144 72" xmlns="http://www.w3.org/2000/svg" stroke-linejoin="round" width="144" role="img"'
    )
    assert 'aria-labelledby="pic-title pic-desc"' in svg
    assert '<title id="pic-title">&lt;Title&gt;</title>' in svg
    assert '<desc id="pic-desc">What is &#x27;seen&#x27; &amp; found</desc>' in svg


def test_colors_of_roles_become_variables_with_a_fallback():
    svg = drawn()
    for role in ("s1", "ink"):
        assert f"var(--po-{role},{COLORS[role][0]})" in svg
    bare = re.sub(r"var\([^)]*\)", "", svg)
    assert COLORS["s1"][0] not in bare
    # what was not drawn has no variable
    assert "--po-s4" not in svg


def test_ids_are_the_pictures_own():
    one, two = drawn("one"), drawn("two")
    ids = [set(re.findall(r' id="([^"]+)"', svg)) for svg in (one, two)]
    assert not ids[0] & ids[1]
    for svg, own in zip((one, two), ids, strict=True):
        referred = set(re.findall(r"url\(#([^)]+)\)", svg)) | set(re.findall(r'href="#([^"]+)"', svg))
        assert referred
        assert referred <= own


def test_equal_charts_give_equal_bytes_without_a_date():
    assert drawn() == drawn()
    assert "metadata" not in drawn()
    assert "<style" not in drawn()


def luminance(hexadecimal):
    channels = [int(hexadecimal[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    """Give the contrast of WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("ground", ["paper", "shade"])
def test_text_and_marks_have_contrast(theme, ground):
    behind = COLORS[ground][theme]
    for role in ("ink", "muted"):
        assert contrast(COLORS[role][theme], behind) >= 4.5
    for role in COLORS:
        # direct labels are text in the colour of their curve, on paper
        if role.startswith("s") and role != "shade":
            assert contrast(COLORS[role][theme], behind) >= (4.5 if ground == "paper" else 3)


def test_numbers_on_the_ramp_have_contrast_and_steps_darken():
    for ground, text in zip(RAMP, RAMP_TEXT, strict=True):
        assert contrast(ground, text) >= 4.5
    assert all(luminance(a) > luminance(b) for a, b in pairwise(RAMP))


def test_arms_differ_in_color_and_in_shape():
    arms = ["none", "a", "b", "c", "d", "e"]
    found = [series(arms, arm) for arm in arms]
    assert len({ink for ink, _ in found}) == len({marker for _, marker in found}) == 6
    assert series(["a", "none"], "none") == series(arms, "none")
