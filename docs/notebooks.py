"""Execute the notebooks of docs/notebooks again, in place: `python docs/notebooks.py`; needs the [docs] extra.

The site shows the outputs that stand in the files, so that its build trains nothing. A test says where a notebook was
changed and not executed, and the slow one executes all of them.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_suffix("")
SECONDS = 1800
"""For one cell: a study, on a machine that has other things to do."""

KEPT = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
"""Of a notebook's metadata: what differs from machine to machine goes."""


def executed(path: Path) -> Any:
    """Execute a notebook in an empty folder, and give it with its outputs."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as place:
        NotebookClient(notebook, timeout=SECONDS, resources={"metadata": {"path": place}}).execute()
    for cell in notebook.cells:
        cell.metadata.clear()
    notebook.metadata = nbformat.from_dict(KEPT)
    return notebook


if __name__ == "__main__":
    import nbformat

    for name in sys.argv[1:] or sorted(map(str, FOLDER.glob("*.ipynb"))):
        nbformat.write(executed(Path(name)), name)
