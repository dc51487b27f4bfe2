"""docs/regularizers.md is what the classes say."""

import importlib.util
from pathlib import Path

from posology.cli.options import Ask
from posology.regularizers import OWN

SCRIPT = Path(__file__).parents[2] / "docs" / "regularizers.py"


def test_the_gallery_is_written_from_the_classes():
    spec = importlib.util.spec_from_file_location("gallery", SCRIPT)
    gallery = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(gallery)
    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page(), "run: python docs/regularizers.py"


def test_the_help_of_the_command_names_every_regularizer():
    words = Ask.__doc__.replace(",", " ").replace(".", " ").split()
    assert [r.name for r in OWN if r.name not in words] == []
