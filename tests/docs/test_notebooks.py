"""The notebooks of docs/notebooks were executed as they stand, and execute."""

import importlib.util
import json
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "notebooks.py"
NOTEBOOKS = sorted(SCRIPT.with_suffix("").glob("*.ipynb"))
MOST_BYTES = 500_000
"""Of a notebook with its outputs: one of them shows a whole report."""


def cells_of(path):
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def test_there_are_notebooks():
    assert [path.stem for path in NOTEBOOKS] == ["own_csv", "own_network", "question"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_was_executed_from_top_to_bottom_without_an_error(path):
    cells = cells_of(path)
    advice = f"run: python docs/notebooks.py {path}"
    assert [cell["execution_count"] for cell in cells] == list(range(1, len(cells) + 1)), advice
    assert all(output["output_type"] != "error" for cell in cells for output in cell["outputs"]), advice
    assert cells[-1]["outputs"], advice
    assert path.stat().st_size < MOST_BYTES


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_has_nothing_of_the_machine_that_made_it(path):
    text = path.read_text()
    assert "/root" not in text
    assert "/home" not in text


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("nbclient") is None, reason="needs the [docs] extra")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_executes(path):
    spec = importlib.util.spec_from_file_location("notebooks", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    cells = [cell for cell in script.executed(path).cells if cell.cell_type == "code"]
    assert [cell.source for cell in cells] == ["".join(cell["source"]) for cell in cells_of(path)]
    kinds = [[output.output_type for output in cell.outputs] for cell in cells]
    assert [bool(one) for one in kinds] == [bool(cell["outputs"]) for cell in cells_of(path)]
