"""Benchmarks run rarely: what they import from the package must still be there."""

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"
SCRIPTS = sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.py"))


def imported(path: Path) -> list[tuple[str, str]]:
    """List every name that a script takes from the package, also inside functions."""
    froms = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    own = [node for node in froms if (node.module or "").split(".")[0] == "posology"]
    return [(str(node.module), alias.name) for node in own for alias in node.names]


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_benchmark_imports_what_is_there(script: str) -> None:
    def there(module: str, name: str) -> bool:
        return (
            hasattr(importlib.import_module(module), name) or importlib.util.find_spec(f"{module}.{name}") is not None
        )

    lost = [f"{module}.{name}" for module, name in imported(FOLDER / script) if not there(module, name)]
    assert not lost


def test_benchmarks_were_found() -> None:
    assert "scaling.py" in SCRIPTS
    assert "calibration/networks.py" in SCRIPTS
