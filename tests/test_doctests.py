"""Every example in a docstring is run, on the installed package."""

import doctest
import importlib
import pkgutil

import pytest

import posology

MODULES = [m.name for m in pkgutil.walk_packages(posology.__path__, "posology.") if not m.ispkg]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
