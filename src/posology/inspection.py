"""Look at a network without training it, in a worker of its own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import posology
from posology.execution import one_worker
from posology.network.choice import ALL, Choice
from posology.network.source import NetworkSource
from posology.scratch import scratch_folder
from posology.table import Table

SCHEMA = 1
"""Of `to_dict`."""


@dataclass(frozen=True)
class Inspection:
    """What a network offers to regularizers; JSON types.

    Parameters
    ----------
    network : str
        What was looked at, in words.
    rows : str
        The rows that it was run on, in words.
    parameters : int
        Trainable and other numbers.
    optimizer : str
    sites : tuple of dict
        `kind` (`kernel`, `dropout`, `branch`, `pair` or `norm`), `layer`, `shape`, `present` strengths, `argument` (of
        a pair, the end of the other branch), `inserted` (a layer that the network does not have), and `regularizers`:
        for each, `live`, `still_at_zero` and `effect`.
    lines : tuple of str
        The model, one line a layer: those that a study changes begin with - and +, the others with a space.
    warnings : tuple of dict
        `code`, `sites`, `text`: what the structure of the network says.
    notes : tuple of str
        What also regularizes and stays as it is.
    """

    network: str
    rows: str
    parameters: int
    optimizer: str
    sites: tuple[dict[str, Any], ...]
    lines: tuple[str, ...]
    warnings: tuple[dict[str, Any], ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Give the inspection as JSON types."""
        return {"schema": SCHEMA, "posology": posology.__version__, **asdict(self)}


def inspect_network(
    source: NetworkSource,
    table: Table | None = None,
    choice: Choice = ALL,
    inputs: Mapping[str, Sequence[str]] | None = None,
) -> Inspection:
    """Find a network's sites, see whether regularizers act there, and read its structure.

    Parameters
    ----------
    source : NetworkSource
        What builds the network.
    table : Table, optional
        Whose prepared rows the network is built for and run on; random rows when absent.
    choice : Choice
        Which sites are shown.
    inputs : mapping, optional
        From inputs of the network to the columns of the table that they read.

    Raises
    ------
    InputError
        The network cannot be studied, or a pattern names no layer.
    """
    with scratch_folder() as scratch:
        path = scratch / "table.feather"
        if table is not None:
            table.save(path)
        message = {
            "do": "inspect",
            "source": source.to_dict(),
            "table": "" if table is None else str(path),
            "choice": asdict(choice),
            "inputs": {name: list(columns) for name, columns in (inputs or {}).items()},
        }
        with one_worker() as worker:
            reply, _ = worker.ask(message)
    lists = {name: tuple(reply[name]) for name in ("sites", "lines", "warnings", "notes")}
    return Inspection(str(source), reply["rows"], reply["parameters"], reply["optimizer"], **lists)
