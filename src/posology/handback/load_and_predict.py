"""Predict new rows with the network of this folder, without posology.

    python load_and_predict.py new.csv > predictions.csv

or, in Python, `from load_and_predict import predict; predict(frame)` with a pandas DataFrame that has the columns of
the studied table; where the target is classes, `predict_probabilities(frame)` too. Needs numpy, pandas, and keras (on
any backend) for model.keras or onnxruntime for model.onnx; scikit-learn and skops too where the folder holds
preparation.skops, and skrub where a column is text. With inputs.json instead, the model prepares the columns by itself.
Keras runs on the backend of KERAS_BACKEND or keras.json; where that is not installed and none was set, on one that is.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
TRUSTED = [
    "numpy.dtype",
    "sklearn.compose._column_transformer._RemainderColsList",
    "skrub._string_encoder.StringEncoder",
    "skrub._to_str.ToStr",
]
BACKENDS = ("jax", "tensorflow", "torch")
MISSING_TEXT = "∅"
DATE_PARTS = ("days", "month", "weekday", "hour")
DECIMAL_COMMA = r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d+)?"


def predict(frame: pd.DataFrame, custom_objects: dict[str, Any] | None = None) -> np.ndarray:
    """Predict the target, in its unit, or as names of classes; of labels 1 where a row has one, and 0.

    Parameters
    ----------
    frame : pandas.DataFrame
        With the studied columns; others are not looked at.
    custom_objects : dict, optional
        Layers of your own by name, where the network has any.

    Returns
    -------
    array (row,), or (row, target) where there are several targets
    """
    if (HERE / "classes.json").is_file():
        return _decided(predict_probabilities(frame, custom_objects))
    outputs = _outputs(frame, custom_objects)
    outputs = outputs[:, 0] if outputs.shape[1] == 1 else outputs
    if (HERE / "inputs.json").is_file():
        return outputs
    about = _read("preparation.json")
    return np.array(about["target_mean"]) + np.array(about["target_sd"]) * outputs


def predict_probabilities(frame: pd.DataFrame, custom_objects: dict[str, Any] | None = None) -> pd.DataFrame:
    """Predict the probability of each class, a column a class, named after it; arguments are those of `predict`."""
    about, outputs = _read("classes.json"), _outputs(frame, custom_objects)
    if about.get("labels"):  # a row has any of them
        outputs = 1 / (1 + np.exp(-outputs)) if about["logits"] else outputs
    elif outputs.shape[1] == 1:  # of the second of two classes
        second = 1 / (1 + np.exp(-outputs)) if about["logits"] else outputs
        outputs = np.hstack([1 - second, second])
    elif about["logits"]:
        powers = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        outputs = powers / powers.sum(axis=1, keepdims=True)
    return pd.DataFrame(np.clip(outputs, 0, 1), columns=pd.Index(about["names"], dtype=object))


def _decided(probabilities: pd.DataFrame) -> np.ndarray:
    """Give the likeliest class of each row; of labels, those that are likelier than not."""
    if _read("classes.json").get("labels"):
        return (probabilities.to_numpy() > 0.5).astype(int)
    return probabilities.idxmax(axis="columns").to_numpy()


def _outputs(frame: pd.DataFrame, custom_objects: dict[str, Any] | None) -> np.ndarray:
    model = _model(custom_objects or {})
    if (HERE / "inputs.json").is_file():
        return model({one["input"]: _coded(frame, one) for one in _read("inputs.json")["inputs"]})
    return model(_by_input(frame, _read("preparation.json")))


def _model(custom_objects: dict[str, Any]) -> Callable[[Any], np.ndarray]:
    """Load the network: from a list of matrices by input, or a dict of columns, to an array (row, output)."""
    if (HERE / "model.onnx").is_file():
        import onnxruntime

        session = onnxruntime.InferenceSession(HERE / "model.onnx")
        inputs = session.get_inputs()

        def run(given: Any) -> Any:
            types = {"tensor(int32)": np.int32, "tensor(uint8)": np.uint8}
            if not isinstance(given, dict):
                pairs = zip(given, inputs, strict=True)
                given = {one.name: _shaped(part, one.shape, types.get(one.type, np.float32)) for part, one in pairs}
            return session.run(None, given)[0]
    else:
        _choose_backend()
        import keras

        try:
            network = keras.models.load_model(HERE / "model.keras", custom_objects, compile=False)
        except (TypeError, ValueError) as error:
            advice = "Where it has layers or functions of your own, README.txt says how to hand them over."
            raise ValueError(f"model.keras cannot be loaded. {advice}") from error
        plain = isinstance(network, keras.Sequential)
        # the first output as it was written is the one that was scored; Keras orders a dictionary's by name
        named = {} if plain or not isinstance(network.output, dict) else network.output
        scored = sorted(named).index(next(iter(named))) if named else 0

        def run(given: Any) -> Any:
            if not isinstance(given, dict):
                parts = [_shaped(part, t.shape, t.dtype) for part, t in zip(given, network.inputs, strict=True)]
                given = parts[0] if plain else keras.tree.pack_sequence_as(network.input, parts)
            return keras.tree.flatten(network.predict(given, verbose=0))[scored]

    return lambda given: np.asarray(run(given), float)


def _choose_backend() -> None:
    """Choose an installed backend where none is chosen: Keras would take TensorFlow, installed or not."""
    if "keras" in sys.modules or "KERAS_BACKEND" in os.environ or find_spec(_configured()):
        return
    found = [name for name in BACKENDS if find_spec(name)]
    if not found:
        raise ImportError(f"Keras needs a backend, and none is installed. Install one of: {', '.join(BACKENDS)}.")
    os.environ["KERAS_BACKEND"] = found[0]


def _configured() -> str:
    """Name the backend of keras.json, TensorFlow without one."""
    path = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras")) / "keras.json"
    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("backend", "tensorflow"))
    except (OSError, ValueError):
        return "tensorflow"


def _shaped(rows: np.ndarray, shape: Sequence[Any], dtype: Any) -> np.ndarray:
    """Bring columns into the shape of an input: 64 of them are an image of 8 by 8."""
    return rows.reshape((len(rows), *shape[1:]) if len(shape) > 2 else rows.shape).astype(dtype)


def _by_input(frame: pd.DataFrame, about: dict[str, Any]) -> list[np.ndarray]:
    """Prepare rows and give each input of the network its columns, padded to its width with zeros."""
    prepared, sources = _prepared(frame, about), np.array(about["sources"])
    parts = []
    for slot in _read("layout.json")["slots"]:
        columns = slot["columns"]
        part = _codes(frame, slot, about) if slot["coded"] else prepared[:, np.isin(sources, columns)]
        parts.append(np.pad(part, ((0, 0), (0, slot["width"] - part.shape[1]))))
    return parts


def _codes(frame: pd.DataFrame, slot: dict[str, Any], about: dict[str, Any]) -> np.ndarray:
    """Give levels their numbers in the studied table, 0 for missing and never seen; numbers are codes already."""
    columns = []
    for name in slot["columns"]:
        seen, levels = set(about["levels"].get(name, ())), slot["levels"].get(name)
        number = {level: i for i, level in enumerate(levels or (), 1) if level in seen}
        coded = [number.get(text, 0) for text in _texts(frame[name])] if levels else _numbers(frame, name)
        columns.append(np.asarray(coded, np.float32))
    return np.stack(columns, axis=1)


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


def _prepared(frame: pd.DataFrame, about: dict[str, Any]) -> np.ndarray:
    """Bring rows to the scale of the training rows: float32 (row, prepared column)."""
    from skops import io as skops

    columns = {}
    for name, kind in zip(about["columns"], about["kinds"], strict=True):
        columns[name] = _numbers(frame, name) if kind == "number" else _marked(frame[name], kind)
    transformer = skops.load(HERE / "preparation.skops", trusted=TRUSTED)
    limit = np.finfo(np.float32).max
    return np.clip(transformer.transform(pd.DataFrame(columns)), -limit, limit).astype(np.float32)


def _marked(cells: pd.Series, kind: str) -> pd.Series:
    """Mark a level by a "=" before it, so that none is mistaken for missing, which is an empty one; not so text."""
    if kind == "text":
        marked = [t if t and t.strip() else MISSING_TEXT for t in _texts(cells)]
    else:
        marked = [f"={t}" if t is not None else "" for t in _texts(cells)]
    return pd.Series(marked, dtype=object)


def _coded(frame: pd.DataFrame, one: dict[str, Any]) -> np.ndarray:
    """Give a column as its input takes it, (row, 1): a number, or a level's code: 0 missing, -1 never seen."""
    if one["kind"] == "number":
        return _numbers(frame, one["column"]).to_numpy(np.float32)[:, None]
    codes = {None: 0, **{level: code for code, level in enumerate(one["levels"], 1)}}
    return np.array([codes.get(text, -1) for text in _texts(frame[one["column"]])], np.int32)[:, None]


def _numbers(frame: pd.DataFrame, name: str) -> pd.Series:
    """Give a column of numbers, or a part of a date such as "sold:days"; NaN where missing."""
    base, _, part = name.rpartition(":")
    if name in frame or part not in DATE_PARTS:
        return frame[name].astype(np.float64).reset_index(drop=True)
    return _date_part(frame[base].reset_index(drop=True), part)


def _date_part(dates: pd.Series, part: str) -> pd.Series:
    if not pd.api.types.is_datetime64_any_dtype(dates):
        clock = dates.astype("str").str.replace(r"\s*(Z|[+-]\d{2}:?\d{2})\s*$", "", regex=True)
        dates = pd.to_datetime(clock.where(dates.notna()), format="ISO8601")
    dates = dates.dt.tz_localize(None)  # the clock as it is written
    whole = {"month": dates.dt.month, "weekday": dates.dt.day_of_week}
    if part in whole:
        return whole[part].astype(np.float64)
    day = dates.dt.normalize()
    return (dates - day) / pd.Timedelta(hours=1) if part == "hour" else (day - pd.Timestamp(0)) / pd.Timedelta(days=1)


def _texts(cells: pd.Series) -> list[str | None]:
    """Write the levels of a category as they were studied: whole numbers without ".0", None where missing."""
    return [None if pd.isna(cell) else str(_whole(cell)) for cell in cells]


def _whole(cell: Any) -> Any:
    return int(cell) if isinstance(cell, float) and cell.is_integer() else cell


def _read_table(path: str) -> pd.DataFrame:
    """Read a table as it was studied: CSV, split at commas, semicolons or tabs, Parquet or Feather.

    Categories are read as text, so that "007" stays "007".
    """
    if Path(path).suffix in (".parquet", ".pq", ".feather", ".arrow"):
        arrow = pd.read_parquet if Path(path).suffix in (".parquet", ".pq") else pd.read_feather
        return arrow(path)
    kinds = _kinds()
    known = {*kinds, *map(_dated, kinds)}
    headers = {mark: _header(path, mark) for mark in ",;\t"}
    mark = max(headers, key=lambda mark: len({name.strip() for name in headers[mark]} & known))
    types = {name: "str" for name in headers[mark] if kinds.get(name.strip(), "number") != "number"}
    frame = pd.read_csv(path, sep=mark, dtype=types, na_values=["?"], skipinitialspace=True, encoding="utf-8-sig")
    frame = frame.rename(columns=str.strip)
    if lacking := {_dated(name) for name in kinds if name not in frame and _dated(name) not in frame}:
        sys.exit(f"'{path}' lacks columns that the network reads: {', '.join(sorted(lacking))}")
    return frame if mark == "," else frame.apply(_with_points)


def _kinds() -> dict[str, str]:
    """Give the columns that are read, parts of dates among them, with what they are."""
    if (HERE / "inputs.json").is_file():
        return {one["column"]: one["kind"] for one in _read("inputs.json")["inputs"]}
    about = _read("preparation.json")
    return dict(zip(about["columns"], about["kinds"], strict=True))


def _named() -> list[str]:
    """Name the columns of predictions of numbers, or of classes, one a target."""
    return [f"predicted_{name}" for name in _read("targets.json")["names"]]


def _dated(name: str) -> str:
    """Name the column of dates of a part, "sold" of "sold:days"; other names stay."""
    base, _, part = name.rpartition(":")
    return base if part in DATE_PARTS else name


def _header(path: str, mark: str) -> list[str]:
    head = pd.read_csv(path, sep=mark, header=None, nrows=1, dtype="str", skipinitialspace=True, encoding="utf-8-sig")
    return [str(name) for name in head.iloc[0]]


def _with_points(cells: pd.Series) -> pd.Series:
    """Read numbers with a decimal comma, "1,5" and "1.234,5", where a column has no others."""
    if pd.api.types.is_numeric_dtype(cells) or not len(texts := cells.dropna().astype(str).str.strip()):
        return cells
    if not (texts.str.fullmatch(DECIMAL_COMMA).all() and texts.str.contains(",").any()):
        return cells
    points = texts.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    return points.astype("float64").reindex(cells.index)


if __name__ == "__main__":
    table = _read_table(sys.argv[1])
    if (HERE / "classes.json").is_file():
        probabilities = predict_probabilities(table)
        predictions, decided = probabilities.add_prefix("probability_"), _decided(probabilities)
        if decided.ndim == 1:
            predictions.insert(0, *_named(), decided)
        else:
            own = pd.DataFrame(decided, columns=[f"predicted_{name}" for name in probabilities])
            predictions = pd.concat([own, predictions], axis="columns")
    else:
        predictions = pd.DataFrame(predict(table), columns=pd.Index(_named(), dtype=object))
    predictions.to_csv(sys.stdout, index=False)
