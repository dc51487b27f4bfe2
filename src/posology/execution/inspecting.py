"""Inside a worker: look at a network without training it."""

from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from posology.execution.inlets import lay_out
from posology.execution.proving import ROWS
from posology.network.checks import build, check_compiled, check_model
from posology.network.choice import Choice
from posology.network.drawing import draw
from posology.network.faithful import check_faithful
from posology.network.given_weights import notes_on_seeds
from posology.network.head_checks import check_scales
from posology.network.heads import guessed_target
from posology.network.inputs import inputs_of
from posology.network.liveness import Liveness, Proof
from posology.network.outputs import notes_on_outputs
from posology.network.packed import PackedNetwork
from posology.network.places import places_of
from posology.network.sites import Site, check_choice, notes_on
from posology.network.source import NetworkSource, open_source
from posology.network.structure import structure_warnings
from posology.regularizers import PLAIN, REGULARIZERS
from posology.table import Preparation, Table
from posology.wording import counted

RANDOM_ROWS, RANDOM_COLUMNS = 100, 10

_Shown = tuple[Any, np.ndarray, np.ndarray, tuple[str, ...], int]


def inspect_source(
    source: NetworkSource, table: Path | None, choice: Choice, inputs: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Build a network, and say what it offers to regularizers; JSON types as in `posology.inspection.Inspection`.

    Parameters
    ----------
    source : NetworkSource
    table : Path, optional
        Feather file of the table whose prepared rows it is built for and run on; random rows when absent.
    choice : Choice
    inputs : mapping
        From inputs of the network to the columns of the table that they read, as far as the user says so.

    Raises
    ------
    InputError
        The network cannot be studied, or a pattern names no layer.
    """
    shown = _with_random_rows(source) if table is None else _with_rows(source, Table.load(table), inputs)
    model, x, y, notes, classes = shown
    check_scales(model, str(source), classes, y.shape[1])
    check_faithful(model, str(source), x.shape[1])
    check_choice(model, choice)
    places = places_of(model, choice)
    network = PackedNetwork(model, _acting_at(places), choice, classes, y.shape[1], places)
    # state that was computed from rows, such as Normalization's, is the built model's own
    proof = Proof(model, network, network.first_weights(0, model), x[:ROWS], y[:ROWS])
    found = proof.liveness()
    warnings = (*structure_warnings(model, choice, classes=classes), *proof.strength_warnings())
    return {
        "rows": _said(table, len(x[:ROWS]), x.shape[1]),
        "parameters": int(model.count_params()),
        "optimizer": type(model.optimizer).__name__,
        "sites": [_site(site, found) for site in places],
        "lines": draw(model, (*network.kernel_sites, *network.dropout_sites)),
        "warnings": [w.to_dict() for w in warnings],
        "notes": [*notes, *notes_on_outputs(model), *notes_on(model, choice), *notes_on_seeds(model)],
    }


def _with_rows(source: NetworkSource, table: Table, inputs: Mapping[str, Sequence[str]]) -> _Shown:
    """Build a network for a table; give it, the table's prepared rows and target, notes, and the number of classes."""
    classes = len(table.classes)
    layout, model, notes = lay_out(open_source(source, classes, targets=table.n_targets), str(source), table, inputs)
    preparation = Preparation.fit(table.features, table.target, scaled=not classes)
    x = layout.matrix(preparation, table.features)
    y = preparation.target_to_network(table.target).reshape(table.n_rows, -1)
    return model, x, y, notes, classes


def _with_random_rows(source: NetworkSource) -> _Shown:
    """Build a network for standard normal numbers, and 0 or 1 for inputs that take the numbers of categories.

    Whether its target is a number or a class is guessed from its loss, and how many there are from its outputs.
    """
    rng = np.random.default_rng(0)
    # a function that asks for n_classes gets two, and one output for output_dim, which numbers need too
    classes = 2 if source.kind == "file" else 0
    model = open_source(source, classes)(rng.normal(size=(RANDOM_ROWS, RANDOM_COLUMNS)).astype("float32"))
    check_compiled(model, str(source))
    built = model.built
    widths = [_width(tensor) for tensor in model.inputs] if built else [RANDOM_COLUMNS]
    coded = [i.codes for i in inputs_of(model)]
    build(model, str(source), RANDOM_COLUMNS)
    classes, targets = guessed_target(model)
    check_model(model, str(source), widths, classes, targets)
    sizes = [(RANDOM_ROWS, width) for width in widths]
    parts = [rng.integers(0, 2, s) if codes else rng.normal(size=s) for s, codes in zip(sizes, coded, strict=True)]
    shape = (RANDOM_ROWS, targets)
    y = (rng.integers(0, classes, shape) if classes else rng.normal(size=shape)).astype("float32")
    return model, np.concatenate(parts, axis=1).astype("float32"), y, _guessed(classes, targets), classes


def _guessed(classes: int, targets: int) -> tuple[str, ...]:
    """Say what was guessed of the target."""
    if classes and targets > 1:
        return (f"The targets are taken as {targets} labels, because the loss is binary and has so many outputs.",)
    if classes:
        return (f"The target is taken as {classes} classes, because the loss is for classes.",)
    return (f"{targets} targets are assumed, because the network has so many outputs.",) if targets > 1 else ()


def _width(tensor: Any) -> int:
    return prod(RANDOM_COLUMNS if side is None else side for side in tensor.shape[1:])


def _acting_at(places: Sequence[Site]) -> tuple[str, ...]:
    """Name the regularizers whose sites are shown: those of the plain question, and all of the rarer sites here."""
    kinds = {site.kind for site in places} - {"kernel", "dropout"}
    return (*PLAIN, *(name for name, r in REGULARIZERS.items() if r.place.kind in kinds))


def _site(site: Site, found: tuple[Liveness, ...]) -> dict[str, Any]:
    own = {f.regularizer: f for f in found if f.site is site}
    seen = {name: {"live": f.live, "still_at_zero": f.still_at_zero, "effect": f.effect} for name, f in own.items()}
    inserted = site.kind == "norm" or (site.kind == "dropout" and not site.present)
    return {**site.to_dict(), "inserted": inserted, "regularizers": seen}


def _said(table: Path | None, rows: int, width: int) -> str:
    if table is None:
        return f"{rows} random rows of {counted(width, 'column')}; --table and --target show it on your own"
    return f"{counted(rows, 'row')} of the table, prepared, of {counted(width, 'column')}"
