"""Inside a worker: a finished study's network into the files that are handed over."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from posology.execution.predicting import finished, load_network
from posology.handback.embedded import embed, input_columns
from posology.network.asked import Outputs
from posology.network.doses import doses_of
from posology.network.outputs import scored_output
from posology.network.sites import Dose, Site
from posology.network.source import NetworkSource
from posology.outcome_files import read_of_its_end
from posology.plan.schedules import scheduled_lines
from posology.regularizers import PLACES
from posology.study_json import read_settings
from posology.table import Classes, Layout, Preparation
from posology.table.targets import classes_of, targets_of


def embedded_model(folder: Path) -> Any:
    """Load a finished study's network with its preparation inside.

    Raises
    ------
    InputError
        The study is not finished, or a column does not fit into float32.
    """
    network = _of_one_output(load_network(finished(folder)))
    return embed(network, Preparation.load(folder), Layout.load(folder), Classes.load(folder))


def _of_one_output(model: Any) -> Any:
    """Leave out the outputs that are not scored."""
    if len(model.outputs) == 1:
        return model
    return keras.Model(model.input, keras.tree.flatten(model.output)[scored_output(model)], name=model.name)


def write_network(folder: Path, to: str, place: Path, *, embedded: bool) -> None:
    """Write the network of a finished study.

    Parameters
    ----------
    folder : Path
        The study's.
    to : str
        "keras" or "onnx".
    place : Path
        Folder that gets `model.keras` or `model.onnx`, `inputs.json` where the preparation is inside, and
        `classes.json` where the target is classes.
    embedded : bool
        Whether it is.
    """
    model = embedded_model(folder) if embedded else _of_one_output(load_network(finished(folder)))
    if to == "keras":
        model.save(place / "model.keras")
    else:
        from posology.handback.onnx_file import write_onnx

        write_onnx(model, place / "model.onnx")
    if classes := Classes.load(folder):
        # a model with the preparation inside gives probabilities
        replace(classes, logits=classes.logits and not embedded).save(place)
    if embedded:
        preparation = Preparation.load(folder)
        # a Functional model has its inputs in the order of its own, not in that of the table
        about = {
            "format": "posology inputs 1",
            "target": read_settings(folder)["target"],
            "inputs": [column.to_dict() for column in input_columns(preparation)],
        }
        (place / "inputs.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def code_of(folder: Path) -> dict[str, Any]:
    """Write the prescription into the user's own code.

    Returns
    -------
    dict
        `diff`, `lines` and `reason` of a `CodeEdit`; JSON types.
    """
    from posology.handback.code import edited

    source = NetworkSource(**read_settings(folder)["settings"]["source"])
    verdict = read_of_its_end(folder, "verdict.json")
    layout = Layout.load(folder)
    x_train = layout.by_input(np.zeros((2, layout.width), np.float32))
    edit = edited(source, x_train, prescribed_doses(verdict), _outputs(verdict["study"]))
    arm, epochs = verdict["prescription"]["arm"].split("+"), verdict["settings"]["design"]["epochs"]
    if schedules := scheduled_lines(arm, epochs):
        reason = "no diff is made of schedules: the lines say what they are"
        return {"diff": "", "lines": [*edit.lines, *schedules], "reason": reason}
    return {"diff": edit.diff, "lines": list(edit.lines), "reason": edit.reason}


def _outputs(study: dict[str, Any]) -> Outputs:
    """Say what the network of a study has to give."""
    return Outputs(len(classes_of(study)), max(1, len(targets_of(study))))


def prescribed_doses(verdict: dict[str, Any]) -> list[Dose]:
    """Give the prescription of a study as doses, one for each of its sites.

    Parameters
    ----------
    verdict : dict
        Content of verdict.json.
    """
    study, strengths = verdict["study"], verdict["prescription"]["strengths"]
    # studies before 0.2 know of no branches
    sites = [_site(s) for name in PLACES.values() for s in study.get(name, ())]
    return doses_of(sites, strengths)


def _site(data: dict[str, Any]) -> Site:
    return Site(**{**data, "shape": tuple(data["shape"])})
