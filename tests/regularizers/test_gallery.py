"""docs/regularizers.md is what the classes say."""

import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from posology.cli.options import Ask
from posology.regularizers import OWN

SCRIPT = Path(__file__).parents[2] / "docs" / "regularizers.py"


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


gallery = loaded(SCRIPT)


def test_the_gallery_is_written_from_the_classes():
    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page(), "run: python docs/regularizers.py"


def test_the_help_of_the_command_names_every_regularizer():
    words = Ask.__doc__.replace(",", " ").replace(".", " ").split()
    assert [r.name for r in OWN if r.name not in words] == []


def numbers_of(text):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", text)]


@pytest.mark.parametrize("name", [*(regularizer.name for regularizer in OWN), "schedules"])
def test_a_picture_is_small_and_says_what_is_seen(name):
    path = SCRIPT.with_suffix("") / f"{name}.svg"
    root = ElementTree.parse(path).getroot()
    assert path.stat().st_size < 6000
    (title,), (said,) = (root.findall(f"{{http://www.w3.org/2000/svg}}{part}") for part in ("title", "desc"))
    assert title.text == name
    assert said.text.endswith(".")
    assert f"![{said.text}](regularizers/{name}.svg)" in gallery.PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_pictures_are_what_the_hooks_do_now():
    drawn = loaded(SCRIPT.with_name("regularizer_pictures.py"))
    for name, picture in drawn.pictures().items():
        there, now = (SCRIPT.with_suffix("") / f"{name}.svg").read_text(encoding="utf-8"), drawn.svg(picture, name)
        advice = f"{name}: run python docs/regularizer_pictures.py, then python docs/regularizers.py"
        assert re.sub(r"-?[\d.]+", "", there) == re.sub(r"-?[\d.]+", "", now), advice
        assert numbers_of(now) == pytest.approx(numbers_of(there), abs=0.5), advice
