"""The templates of the pages: whatever is the user's is escaped."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.wording import printable

if TYPE_CHECKING:
    from jinja2 import Environment


def page_templates() -> "Environment":
    """Give the templates in `page`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # every value is escaped: names of columns, classes and files are the user's
    loader = FileSystemLoader(Path(__file__).parent / "page")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, finalize=_without_orders
    )


def _without_orders(value: Any) -> Any:
    """Spell out control characters in text; what is HTML already has none."""
    return printable(value) if type(value) is str else value
