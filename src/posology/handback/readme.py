"""README.txt of a folder that is handed over: what lies in it, what it needs, how to predict."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posology.record import read_settings
from posology.wording import quoted

_KERAS = """\
Predict:  python load_and_predict.py new.csv > predictions.csv
Needs:    keras and one of jax, tensorflow, torch; numpy, pandas{more}
          posology is not needed.

model.keras          {model}
load_and_predict.py  predicts a CSV file; in Python: from load_and_predict import predict
"""

_ONNX = """\
model.onnx           {model}

    session = onnxruntime.InferenceSession("model.onnx")
    scaled = session.run(None, {{session.get_inputs()[0].name: rows}})[0]  # rows: float32
    target = about["target_mean"] + about["target_sd"] * scaled          # about: preparation.json
"""

_ONNX_EMBEDDED = """\
model.onnx           {model}

    session = onnxruntime.InferenceSession("model.onnx")
    target = session.run(None, {{"height": height, "region": region}})[0]  # an array (row, 1) for each input
"""

_BESIDE = """\
preparation.skops    the fitted scikit-learn transformer, from the table's columns to the network's {columns}
preparation.json     its columns, kinds, levels; mean and standard deviation of the target

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
    template = _KERAS if to == "keras" else _ONNX_EMBEDDED if embedded else _ONNX
    more = "" if embedded else f", scikit-learn=={sklearn}, skops"
    model = "takes the columns of inputs.json" if embedded else "takes prepared rows and gives the scaled target"
    columns = len(json.loads((folder / "preparation.json").read_bytes())["names"])
    beside = _INSIDE if embedded else _BESIDE.format(columns=columns, sklearn=sklearn)
    title = f"The tuned network of a study of '{held['target']}', trained on all its {held['rows']:,} rows.\n"
    return "\n".join([title, template.format(more=more, model=model) + beside, *_own(folder / "model.keras")])


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
    """Name the classes and functions of a `.keras` file that Keras itself does not know."""
    with zipfile.ZipFile(path) as archive:
        config = json.loads(archive.read("config.json"))
    return tuple(sorted(set(_foreign(config))))


def _foreign(config: Any) -> Iterator[str]:
    if isinstance(config, dict):
        module = config.get("module")
        if "class_name" in config and "module" in config and not str(module).startswith(("keras", "builtins")):
            yield config["class_name"]
        config = list(config.values())
    for part in config if isinstance(config, list) else ():
        yield from _foreign(part)
