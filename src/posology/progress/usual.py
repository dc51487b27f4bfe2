"""Who is told of a study that was not given anybody: whoever looks on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from posology.progress import Progress, Silent


@contextmanager
def usual_progress() -> Iterator[Progress]:
    """Give a line in a notebook, a bar in a terminal, and nothing where nobody looks on, as in a log or a test."""
    told = in_notebook()
    if told is None and sys.stderr is not None and sys.stderr.isatty():
        from posology.progress.bar import Bar

        with Bar() as bar:
            yield bar
    else:
        yield told or Silent()


def in_notebook() -> Progress | None:
    """Give the line of a notebook; None where there is none."""
    python = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None else None
    # a plain IPython terminal has no kernel, and no place for HTML
    if getattr(shell, "kernel", None) is None:
        return None
    from posology.progress.line import Line

    return Line()
