"""Whether a table and what is asked of it go together: folds, classes, regularizers, weights of classes."""

from dataclasses import replace

from posology.class_weights import check_class_weight
from posology.errors import InputError
from posology.plan import CABINET, Design
from posology.regularizers import REGULARIZERS
from posology.resampling import outer_folds
from posology.settings import Settings
from posology.table import Table, check_classes, check_classes_in_folds, check_groups, check_rows


def suited(table: Table, settings: Settings) -> Settings:
    """Give the settings as they are for this table: the usual cabinet without what is for other targets.

    Raises
    ------
    InputError
        Too few rows, groups or rows of a class for the folds; or a regularizer, or weights of classes, that mean
        something for another kind of target.
    """
    design = settings.design
    check_rows(table.n_rows, design.folds)
    if table.groups is not None:
        check_groups(table.groups, design.folds)
    if table.classes:
        _check_classes(table, design)
    settings = _with_own_cabinet(table, settings)
    _check_regularizers(table, settings)
    check_class_weight(design.class_weight, table.classes, table.target_name, labels=bool(table.labels))
    return settings


def _with_own_cabinet(table: Table, settings: Settings) -> Settings:
    """Leave out of the usual cabinet what is for another kind of target."""
    kind, design = _kind(table), settings.design
    if design.cabinet != CABINET:
        return settings
    fitting = tuple(name for name in CABINET if REGULARIZERS[name].target in ("", kind))
    return replace(settings, design=replace(design, cabinet=fitting))


def _check_regularizers(table: Table, settings: Settings) -> None:
    """Refuse regularizers that mean something for another kind of target only."""
    kind, words = _kind(table), {"classes": "classes", "number": "a number", "labels": "labels"}
    for name in settings.strengths():
        wanted = REGULARIZERS[name].target
        if wanted and wanted != kind:
            raise InputError(
                f"'{name}' is for a target that is {words[wanted]}, and '{table.target_name}' is {words[kind]}. Leave "
                f"'{name}' out of --arms."
            )


def _kind(table: Table) -> str:
    """Say what a target is to a regularizer of targets."""
    if table.labels:
        return "labels"
    return "classes" if table.classes else "number"


def _check_classes(table: Table, design: Design) -> None:
    """Refuse classes, or labels, that a fold would lack."""
    each = list(table.of_each())
    for one in each:
        check_classes(one.target_name, one.target, one.classes, design.folds)
    if not table.labels and table.clusters is None:
        return  # each fold has its share
    sizes = table.n_rows, design.folds, design.repeats, design.seed
    folds = outer_folds(*sizes, table.strata, table.clusters)
    for one in each:
        check_classes_in_folds(one.target_name, one.target, one.classes, folds, grouped=table.clusters is not None)
