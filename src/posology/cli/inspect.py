"""The command that shows where regularizers can act in a network."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from posology.cli.options import Targets, Where
from posology.cli.output import print_json
from posology.cli.tables import both_or_none, last_column, load, of_table_only
from posology.wording import separated


def inspect(
    network: str,
    *,
    table: str | None = None,
    target: Targets = (),
    task: str | None = None,
    groups: str | None = None,
    weights: str | None = None,
    drop: str = "",
    where: Where | None = None,
    json: Annotated[bool, Parameter(negative=())] = False,
) -> None:
    """Show where regularizers can act in a network, whether they do, and what its structure says about them.

    Nothing is trained and nothing is written.

    Example: posology inspect net.py:model_build --table houses.csv --target price

    Parameters
    ----------
    network
        FILE.py:FUNCTION, a function that returns a compiled Keras model; or question or strong, posology's own.
    table
        CSV, TSV, Parquet or Feather, on whose rows the network is run; random rows when absent.
    target
        The column to predict, or several; the last one when absent.
    task
        classification or regression, where it is not what the target's cells say.
    groups
        Column that says which rows belong together; it is no feature.
    weights
        Column that says how much each row counts; it is no feature.
    drop
        Columns to leave out, separated by commas; in double quotes where a name has one.
    json
        Print one JSON object on standard output and nothing else.
    """
    from posology.inspection import inspect_network
    from posology.network import parse_source
    from posology.table import read_frame
    from posology.terminal.inspection import print_inspection

    if table is not None and not target:
        target = (last_column(list(read_frame(Path(table)).columns)),)
    both_or_none(table, ",".join(target) or None)
    of_table_only(table, groups=groups, weights=weights, task=task, drop=drop)
    source, beside = parse_source(network), {"task": task, "groups": groups, "weights": weights}
    loaded = None if table is None else load(Path(table), target, separated(drop), **beside)
    where = where or Where()
    inspection = inspect_network(source, loaded, where.choice(), where.inputs())
    print_json(inspection.to_dict()) if json else print_inspection(inspection)
