"""Inside a worker: look at a network without training it."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from posology.execution.proving import ROWS
from posology.network.checks import check_model
from posology.network.choice import Choice
from posology.network.drawing import draw
from posology.network.graph import INPUT, graph_of
from posology.network.inputs import NetworkInput
from posology.network.liveness import Liveness, Proof
from posology.network.packed import PackedNetwork
from posology.network.sites import Site, check_choice, notes_on
from posology.network.source import NetworkSource, open_source
from posology.network.structure import structure_warnings
from posology.table import Preparation, Table, pad, prepared_width

RANDOM_ROWS, RANDOM_COLUMNS = 100, 10


def inspect_source(source: NetworkSource, table: Path | None, choice: Choice) -> dict[str, Any]:
    """Build a network, and say what it offers to regularizers; JSON types as in `posology.inspection.Inspection`.

    Parameters
    ----------
    source : NetworkSource
    table : Path, optional
        Feather file of the table whose prepared rows it is built for and run on; random rows when absent.
    choice : Choice

    Raises
    ------
    InputError
        The network cannot be studied, or a pattern names no layer.
    """
    x, y = _random_rows() if table is None else _prepared_rows(Table.load(table))
    model = open_source(source)(x)
    width = x.shape[1] if table is not None else _own_width(model)
    check_model(model, str(source), width)
    check_choice(model, choice)
    if table is None:
        x = _for_inputs(model, width)
    network = PackedNetwork(model, choice=choice)
    # state that was computed from rows, such as Normalization's, is the built model's own
    proof = Proof(model, network, network.first_weights(0, model), x[:ROWS], y[:ROWS])
    found = proof.liveness()
    sites = (*network.kernel_sites, *network.dropout_sites)
    warnings = (*structure_warnings(model, choice), *proof.strength_warnings())
    return {
        "rows": _said(table, len(x[:ROWS]), width),
        "parameters": int(model.count_params()),
        "optimizer": type(model.optimizer).__name__,
        "sites": [_site(site, found) for site in sites],
        "lines": draw(model, sites),
        "warnings": [w.to_dict() for w in warnings],
        "notes": list(notes_on(model, choice)),
    }


def _prepared_rows(table: Table) -> tuple[np.ndarray, np.ndarray]:
    preparation = Preparation.fit(table.features, table.target)
    x = pad(preparation.transform(table.features), prepared_width(table))
    return x, preparation.target_to_network(table.target)[:, None]


def _random_rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=(RANDOM_ROWS, RANDOM_COLUMNS + 1)).astype("float32")
    return numbers[:, :-1], numbers[:, -1:]


def _own_width(model: Any) -> int:
    """Count the columns that a model reads, where it says; a builder that takes rows was given random ones."""
    if not isinstance(model, keras.Model) or not model.built:
        return RANDOM_COLUMNS
    widths = [_input(tensor, codes=False).width for tensor in model.inputs]
    return sum(RANDOM_COLUMNS if width is None else width for width in widths)


def _input(tensor: Any, *, codes: bool) -> NetworkInput:
    return NetworkInput(tensor.name, tuple(tensor.shape[1:]), str(tensor.dtype), codes)


def _for_inputs(model: Any, width: int) -> np.ndarray:
    """Draw standard normal numbers, and 0 or 1 for inputs that take the numbers of categories."""
    graph = graph_of(model)
    embedded = {r for n in graph.nodes.values() if isinstance(n.layer, keras.layers.Embedding) for r in n.reads}
    rng, parts = np.random.default_rng(0), []
    for tensor in model.inputs:
        codes = "int" in str(tensor.dtype) or f"{INPUT}{tensor.name}" in embedded
        columns = _input(tensor, codes=codes).width
        size = (RANDOM_ROWS, RANDOM_COLUMNS if columns is None else columns)
        parts.append(rng.integers(0, 2, size) if codes else rng.normal(size=size))
    return np.concatenate(parts, axis=1)[:, :width].astype("float32")


def _site(site: Site, found: tuple[Liveness, ...]) -> dict[str, Any]:
    own = {f.regularizer: f for f in found if f.site is site}
    seen = {name: {"live": f.live, "still_at_zero": f.still_at_zero, "effect": f.effect} for name, f in own.items()}
    return {**site.to_dict(), "inserted": site.kind == "dropout" and not site.present, "regularizers": seen}


def _said(table: Path | None, rows: int, width: int) -> str:
    if table is None:
        return f"{rows} random rows of {width} columns; --table and --target show it on your own"
    return f"{rows} rows of the table, prepared, of {width} columns"
