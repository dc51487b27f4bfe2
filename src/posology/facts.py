"""What a study was made of, for the report and the files: table, network, counts, and what to be warned of."""

from typing import TYPE_CHECKING, Any

import numpy as np

from posology.inference import R2, Looks
from posology.inference.measures import Measure, quantile_level
from posology.levers import SQUARED
from posology.regularizers import PLACES
from posology.scoring import Found, Scores, doubled_warnings, failures, search_gains, search_warnings
from posology.table import Table, Weights, sources_of
from posology.table.columns_read import LISTED, columns_read

if TYPE_CHECKING:
    from posology.study import Study

OF_MEDIANS = ("mean_absolute_error", "MeanAbsoluteError")
OF_MEANS = (
    *SQUARED, "mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", "poisson", "Poisson",
)  # fmt: skip
BETWEEN = ("huber", "Huber", "log_cosh", "LogCosh")
"""Keras' losses of a median, of a mean, and of something between the two."""
MEDIAN = 0.5


def facts_of(study: "Study", network: dict[str, Any], scores: Scores, looks: Looks, found: Found) -> dict[str, Any]:
    """Collect what a study was made of.

    Parameters
    ----------
    study : Study
        What was asked.
    network : dict
        What a worker says of the network (`Trainer.describe`).
    scores : Scores
        Of all arms.
    looks : Looks
        After how many repeats, and why it ended.
    found : dict
        Of every resample, its trials and refits.

    Returns
    -------
    dict
        JSON types.
    """
    table, design = study.table, study.settings.design
    gains = search_gains(found, design.arms)
    return {
        "rows": table.n_rows,
        "columns": len(sources_of(list(table.features))),
        "columns_read": columns_read(table.features)[:LISTED],
        "prepared_columns": network["width"],
        **({"codes": list(network["codes"])} if network["codes"] else {}),
        "target": table.target_name,
        **({"targets": list(table.targets)} if table.targets else {}),
        **_classes(table),
        "groups": None if table.groups is None else {"column": table.groups.name, "count": table.groups.count},
        "weights": None if table.weights is None else _weights(table.weights),
        "copies": table.copies,
        "fingerprint": table.fingerprint(),
        "notes": list(table.notes),
        "network_notes": [*network["notes"], *_note_on_loss(study.judge.measure, network["loss"])],
        "warnings": [
            *network["warnings"],
            *doubled_warnings(design.arms, design.cabinet, network["optimizer"]),
            *search_warnings(gains, study.settings.margin),
        ],
        "network": str(study.settings.source),
        "parameters": network["parameters"],
        "optimizer": network["optimizer"],
        "loss": network["loss"],
        **{name: network[name] for name in PLACES.values()},
        "repeats": looks.done,
        "resamples": looks.done * design.folds,
        "stopping": looks.to_dict(),
        "capped_row_losses": scores.capped,
        "failed_networks": scores.failed,
        "failures": failures(found),
    }


def _note_on_loss(measure: Measure, loss: str) -> list[str]:
    """Say where a network learns something else than what its score asks for."""
    level = quantile_level(measure.name)
    if level:
        return _note_on_quantile(measure, loss, level)
    if measure.name != R2.name or loss in (*OF_MEANS, *BETWEEN):
        return []
    about = "mae scores what it learns, a median" if loss in OF_MEDIANS else "pinball:LEVEL is for a quantile"
    return [f"The network's loss is {loss}, and its score is R2, which is about means: --score {about}."]


def _note_on_quantile(measure: Measure, loss: str, level: float) -> list[str]:
    median = level == MEDIAN
    if loss not in OF_MEANS and (median or loss not in (*OF_MEDIANS, *BETWEEN)):
        return []
    learned = "medians" if loss in OF_MEDIANS else "means"
    asked = "loss 'mae'" if median else "pinball loss of that level"
    said = f"The network's loss is {loss}, which is about {learned}, and its score is {measure.words}: "
    return [f"{said}compile it with the {asked}."]


def _classes(table: Table) -> dict[str, Any]:
    """Describe the classes of a target, or its labels; nothing of a number."""
    if table.labels:
        having = zip(table.labels, table.target.sum(axis=0).astype(int).tolist(), strict=True)
        return {"labels": [{"label": name, "rows": n, "share": n / table.n_rows} for name, n in having]}
    if table.strata is None:
        return {}
    rows = np.bincount(table.strata, minlength=len(table.classes)).tolist()
    named = zip(table.classes, rows, strict=True)
    return {"classes": [{"class": name, "rows": n, "share": n / table.n_rows} for name, n in named]}


def _weights(weights: Weights) -> dict[str, Any]:
    return {"column": weights.name, "effective_rows": weights.effective}
