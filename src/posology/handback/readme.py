"""README.txt of a folder that is handed over: what lies in it, what it needs, how to predict."""

import json
import zipfile
from pathlib import Path

from posology.network.own_parts import own_parts
from posology.study_json import read_settings
from posology.table import Classes
from posology.wording import quoted

_TEXT = """\
Predict:  python load_and_predict.py new.csv > predictions.csv
Needs:    {needs}
          posology is not needed.

{file:20} {model}
load_and_predict.py  predicts a CSV file; in Python: from load_and_predict import predict
"""

_BACKEND = """\
Keras would run on TensorFlow, installed or not. load_and_predict.py takes a backend that is installed; in a script of
your own, set KERAS_BACKEND=jax (or torch) before Keras is imported.
"""

_CLASSES = """\
classes.json         names of the classes, in the order of the probabilities; whether the outputs are logits
"""

_LABELS = """\
classes.json         names of the labels, in the order of the probabilities; whether the outputs are logits
"""

_TARGETS = """\
targets.json         name{names}
"""

_BESIDE = """\
preparation.skops    the fitted scikit-learn transformer, from the table's columns to the network's {columns}
preparation.json     its columns, kinds, levels{target}
layout.json          which of its columns each input of the network reads

skops reads the transformer safely with scikit-learn {sklearn}, which wrote it; other releases may refuse it.
"""

_INSIDE = """\
inputs.json          the model's inputs: the column of each, number (float32, NaN where missing) or category
                     (int32: 1 is the first of its levels, 2 the second, 0 missing, -1 a level that is not listed)

Dates are given in parts: "sold:days" since 1970-01-01, "sold:month" 1-12, "sold:weekday" 0-6 from Monday, "sold:hour".
"""


def readme(folder: Path, to: str, *, embedded: bool) -> str:
    """Write the text.

    Parameters
    ----------
    folder : Path
        The study's.
    to : str
        "keras" or "onnx".
    embedded : bool
        Whether the preparation is in the model.
    """
    held = read_settings(folder)
    sklearn = held["versions"]["scikit-learn"]
    needs = "keras and one of jax, tensorflow, torch; numpy, pandas" if to == "keras" else "onnxruntime, numpy, pandas"
    prepared = json.loads((folder / "preparation.json").read_bytes())
    needs += "" if embedded else f", scikit-learn=={sklearn}, skops"
    needs += f", skrub=={prepared['versions']['skrub']}" if "text" in prepared["kinds"] else ""
    classes = Classes.load(folder)
    targets = [held["target"]] if isinstance(held["target"], str) else held["target"]
    given = _given(classes, len(targets))
    model = "takes the columns of inputs.json" if embedded else f"takes prepared rows and gives {given}"
    text = _TEXT.format(needs=needs, file=f"model.{to}", model=model)
    columns, each = len(prepared["names"]), "the target" if len(targets) == 1 else "each target"
    scale = "" if classes else f"; mean and standard deviation of {each}"
    beside = _INSIDE if embedded else _BESIDE.format(columns=columns, sklearn=sklearn, target=scale)
    if classes:
        text += _LABELS if classes.labels else _CLASSES
    if not (classes and classes.labels):
        several = "s of the targets, in the order of the model's outputs"
        text += _TARGETS.format(names=" of the target" if len(targets) == 1 else several)
    networks = held["settings"]["design"]["ensemble"]
    what = "The tuned network" if networks == 1 else f"The average of {networks} tuned networks"
    title = f"{what} of a study of {quoted(targets)}, trained on all its {held['rows']:,} rows.\n"
    of_keras = [_BACKEND, *_own(folder / "model.keras")] if to == "keras" else []
    return "\n".join([title, text + beside, *of_keras])


def _given(classes: Classes | None, targets: int) -> str:
    if classes is None:
        return "the scaled target" if targets == 1 else f"the {targets} scaled targets"
    what = "logits" if classes.logits else "probabilities"
    return f"{what} of the {len(classes.names)} {'labels' if classes.labels else 'classes'}"


def _own(path: Path) -> list[str]:
    if not (own := own_layers(path)):
        return []
    objects = ", ".join(f"'{name}': {name}" for name in own)
    said = f"""
The network has parts of your own, {quoted(own)}, which model.keras names and does not hold: import them from your file
and call load_and_predict.predict(frame, {{{objects}}}).
"""
    return [said.strip() + "\n"]


def own_layers(path: Path) -> tuple[str, ...]:
    """Name what of a `.keras` file predicts and Keras itself does not know.

    How the network was trained, which it names too, is not loaded: an own loss or schedule is not needed.
    """
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    return tuple(sorted({name for _, name in own_parts({**config, "compile_config": None})}))
