"""What two studies of one folder differ in, in the words of the options that asked for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from posology.study_file import options_of
from posology.wording import shortened

OF_TABLE = ("table", "target", "task", "groups", "weights", "drop")
"""Options that change the table's cells; then nothing more is said of these."""

OF_A_SESSION = ("versions", "budget")
"""What no study is another by."""

GROWING = {"repeats", "arms"}
"""Options that a study may have more of."""


@dataclass(frozen=True)
class StudyDifferences:
    """What is asked, beside what a folder holds.

    Parameters
    ----------
    options : mapping
        From option, with underscores, to its value there and here; None where it is not given.
    beside : tuple of str
        What else differs, in words.
    other_cells : bool
        Whether the tables differ though the options of them agree.
    """

    options: Mapping[str, tuple[Any, Any]]
    beside: tuple[str, ...] = ()
    other_cells: bool = False

    def __bool__(self) -> bool:
        return bool(self.options or self.beside)

    @property
    def only_grows(self) -> bool:
        """Tell whether only the size differs."""
        return not self.beside and set(self.options) <= GROWING

    def words(self) -> str:
        """Name the options, and nothing of the folder's own files."""
        pairs = ((name.replace("_", "-"), *both) for name, both in self.options.items())
        named = [f"--{name}: {_short(there)} there, {_short(asked)} asked" for name, there, asked in pairs]
        return "; ".join([*named, *self.beside])


def study_differences(held: Mapping[str, Any], asked: Mapping[str, Any]) -> StudyDifferences:
    """Find what differs; versions aside.

    Parameters
    ----------
    held, asked : mapping
        As study.json, and as `Study.facts()`, after a journey through JSON.
    """
    there, here = _options(held), _options(asked)
    found = {n: (there.get(n), here.get(n)) for n in dict.fromkeys([*there, *here]) if there.get(n) != here.get(n)}
    other_cells = held.get("fingerprint") != asked.get("fingerprint") and not set(found) & set(OF_TABLE)
    beside = tuple(_beside(held, asked, found, other_cells=other_cells))
    if not found and not beside and any(held.get(name) != asked[name] for name in asked if name not in OF_A_SESSION):
        beside = ("its settings are others",)
    return StudyDifferences(found, beside, other_cells)


def _options(facts: Mapping[str, Any]) -> dict[str, Any]:
    held = {**dict.fromkeys(OF_TABLE), "drop": [], **facts, "budget": None}
    found = {**options_of(facts["settings"], held), "table": held["table"]}
    return {name: value for name, value in found.items() if value is not None}


def _beside(
    held: Mapping[str, Any], asked: Mapping[str, Any], options: Mapping[str, Any], *, other_cells: bool
) -> Iterator[str]:
    if other_cells:
        yield "the cells of the table are others"
    if "network" not in options and _network(held) != _network(asked):
        yield "the network is another"
    one, other = (facts["settings"]["design"] for facts in (held, asked))
    if any(one.get(name) != other.get(name) for name in ("callbacks", "validation_split")):
        yield "what is given to model.fit (--fit) is other"


def _network(facts: Mapping[str, Any]) -> Sequence[Any]:
    """Give the content of the network's file, and what was handed over in Python."""
    source = facts["settings"]["source"]
    return facts.get("network"), *(source.get(name) for name in ("kind", "config", "trained"))


def _short(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "none" if value is None else "yes" if value else "no"
    return shortened(", ".join(map(str, value)) if isinstance(value, list) else str(value), 60)
