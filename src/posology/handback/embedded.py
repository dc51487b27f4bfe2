"""The preparation of a table as Keras layers in front of the user's network: one model from raw columns to the target.

Stock operations only, and no Lambda, so that `keras.models.load_model` in its safe mode reads the model on every
backend, without posology. Two limits come from Keras 3:

* Categories are given as integer codes. Its lookups of text (StringLookup, IntegerLookup, Hashing) need TensorFlow,
  also on JAX and torch. `input_columns` says what each code means.
* Numbers are float32, because JAX has no others unless told. What a number loses on its way into float32 is at most
  2⁻²⁴ of itself; over the column's standard deviation, that is how far a prepared number can be off, and a column for
  which it is more than 1e-4 is refused. Past the input nothing is lost: a mean is subtracted in two parts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from jaxtyping import Float32, Float64, Int32

from posology.errors import InputError
from posology.network.heads import head_of_names
from posology.table import Classes, Layout, Preparation, Slot

LARGEST_LOSS = 1e-4
"""In standard deviations of a column."""

_OPERATIONS = (
    "add", "cast", "clip", "concatenate", "greater", "isnan", "less", "logical_or", "multiply", "pad",
    "reshape", "sigmoid", "softmax", "subtract", "take", "true_divide", "where",
)  # fmt: skip
_TAKEN = re.compile(rf"({'|'.join(_OPERATIONS)}|network|target)(_\d+)?")
"""Names in a model must differ, and Keras gives its operations theirs."""

_ROUNDING = 2.0**-24
_LIMITS = np.finfo(np.float32)


@dataclass(frozen=True)
class InputColumn:
    """One input of the model.

    Parameters
    ----------
    column : str
        The column; "sold:days" is a part of the date "sold".
    input : str
        Its key in the dict of inputs: the column's name, but without "/", which Keras does not take, and with "_" at
        its end where an operation of the model has that name.
    kind : str
        "number" (float32, NaN where missing) or "category" (int32).
    levels : tuple of str
        Of a category: code 1 is the first, 2 the second; 0 is missing, and any other code is a level never seen.
    """

    column: str
    input: str
    kind: str
    levels: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Give the input as JSON types."""
        return {**asdict(self), "levels": list(self.levels)}


def input_columns(preparation: Preparation) -> tuple[InputColumn, ...]:
    """List the inputs of the model that a preparation becomes a part of, in order."""
    taken: set[str] = set()
    inputs = []
    for column, kind in zip(preparation.columns, preparation.kinds, strict=True):
        name = column.replace("/", "_")
        while name in taken or _TAKEN.fullmatch(name) or (name != column and name in preparation.columns):
            name += "_"
        taken.add(name)
        inputs.append(InputColumn(column, name, kind, preparation.levels.get(column, ())))
    return tuple(inputs)


def embed(network: Any, preparation: Preparation, layout: Layout, classes: Classes | None = None) -> Any:
    """Put a preparation in front of a network, and the way back to the target's unit behind it.

    Parameters
    ----------
    network : keras.Model
        From prepared rows, laid out for its inputs, to the scaled target `(row, 1)`, or several, or to classes.
    preparation : Preparation
        Fitted on the rows that the network was trained on.
    layout : Layout
        Which of the prepared columns each input of the network reads.
    classes : Classes, optional
        Where the target is classes.

    Returns
    -------
    keras.Model
        From a dict of `(row, 1)` arrays, a key for each of `input_columns`, to the target `(row, 1)`, float32, in its
        unit, or several `(row, target)`; or to the probability of each class, `(row, class)`. Not compiled.

    Raises
    ------
    InputError
        A column is text, or a column, or the target, would lose more than 1e-4 of its standard deviation in float32.
    """
    columns = input_columns(preparation)
    _check_no_text(columns)
    _check_float32(columns, preparation)
    inputs = {c.input: _input(c) for c in columns}
    numbers = [inputs[c.input] for c in columns if c.kind == "number"]
    categories = [inputs[c.input] for c in columns if c.kind == "category"]
    named = preparation.transformer.named_transformers_
    blocks = _numbers(numbers, named["numbers"]) if numbers else []
    blocks += _categories(categories, named["categories"]) if categories else []
    prepared, raw = _joined(blocks), {c.column: inputs[c.input] for c in columns}
    parts = [_read_by(slot, prepared, raw, preparation) for slot in layout.slots]
    inner = keras.Model(network.inputs, network.outputs[0], name="network")  # under a name that no column has
    scaled = keras.ops.cast(inner(_shaped(network, parts)), "float32")
    if classes is None:
        own_mean, sd = np.atleast_1d(preparation.target_mean), np.atleast_1d(preparation.target_sd)
        mean, rest = _in_two_parts(own_mean, sd)
        target = (scaled + rest) * sd.astype(np.float32) + mean
    else:
        head = head_of_names(len(classes.names), logits=classes.logits, labels=classes.labels)
        target = head.probabilities(scaled)
    return keras.Model(inputs, keras.layers.Identity(name="target")(target), name="embedded")


def _input(column: InputColumn) -> Any:
    dtype = "float32" if column.kind == "number" else "int32"
    return keras.Input((1,), name=column.input, dtype=dtype)


def _numbers(inputs: Sequence[Any], pipeline: Any) -> list[Any]:
    """Impute, mark what was missing, standardize; as the pipeline does."""
    imputer, scaler = pipeline[0], pipeline[-1]
    given = _joined(inputs)
    missing = keras.ops.isnan(given)
    block = keras.ops.where(missing, imputer.statistics_.astype(np.float32), given)
    if marked := imputer.indicator_.features_.tolist():
        marks = keras.ops.take(keras.ops.cast(missing, "float32"), np.array(marked, np.int32), axis=1)
        block = _joined([block, marks])
    mean, rest = _in_two_parts(scaler.mean_, scaler.scale_)
    scaled = (block - mean) / scaler.scale_.astype(np.float32) - rest
    return [keras.ops.clip(scaled, float(_LIMITS.min), float(_LIMITS.max))]


def _categories(inputs: Sequence[Any], encoder: Any) -> list[Any]:
    blocks = []
    pools = encoder.infrequent_categories_
    for given, levels, pool in zip(inputs, encoder.categories_, pools, strict=True):
        places, width = _places(list(levels), set() if pool is None else set(pool))
        unseen = len(places) - 1
        codes = keras.ops.where(keras.ops.logical_or(given < 0, given > unseen), unseen, given)
        # a table instead of one_hot, which jax2onnx 0.17.1 writes wrongly
        table = (places[:, None] == np.arange(width)).astype(np.float32)
        ones = keras.ops.take(table, codes, axis=0)
        blocks.append(keras.ops.reshape(ones, (-1, width)))
    return blocks


def _places(levels: Sequence[str], pool: set[str]) -> tuple[Int32[np.ndarray, " code"], int]:
    """Give the column of each code, -1 for none, and the number of columns.

    The encoder knows missing as a level of its own, which is empty and hence the first; the levels that share the last
    column are its pool, which takes those never seen too.

    Examples
    --------
    >>> _places(["", "=a", "=b", "=c"], {"=b", "=c"})  # missing, a, b, c, never seen
    (array([0, 1, 2, 2, 2], dtype=int32), 3)
    >>> _places(["=a", "=b"], set())
    (array([-1,  0,  1, -1], dtype=int32), 2)
    """
    kept = [level for level in levels if level not in pool]
    other = len(kept) if pool else -1
    place = {level: kept.index(level) if level not in pool else other for level in levels}
    present = [place[level] for level in levels if level]
    return np.array([place.get("", other), *present, other], np.int32), len(kept) + bool(pool)


def _read_by(slot: Slot, prepared: Any, raw: Mapping[str, Any], preparation: Preparation) -> Any:
    """Give an input of the network its columns, `(row, width)`: prepared ones, padded on the right, or codes."""
    if slot.coded:
        return _joined([_code(slot, name, raw[name], preparation) for name in slot.columns])
    places = np.flatnonzero(np.isin(preparation.sources, slot.columns))
    rows = prepared if len(places) == len(preparation.sources) else keras.ops.take(prepared, places, axis=1)
    spare = slot.width - len(places)
    return keras.ops.pad(rows, ((0, 0), (0, spare))) if spare else rows


def _code(slot: Slot, name: str, given: Any, preparation: Preparation) -> Any:
    """Turn a category's code among the training levels into that of the layout; a number is a code already."""
    if name not in slot.levels:
        return given
    numbers = [slot.levels[name].index(level) + 1 for level in preparation.levels[name]]
    table = np.array([0, *numbers, 0], np.float32)  # missing, the training levels, any other
    unseen = len(table) - 1
    known = keras.ops.where(keras.ops.logical_or(given < 0, given > unseen), unseen, given)
    return keras.ops.take(table, known, axis=0)


def _shaped(network: Any, parts: Sequence[Any]) -> Any:
    """Bring columns into the shapes and types of a network's inputs."""
    shaped = [
        keras.ops.cast(part if len(t.shape) == 2 else keras.ops.reshape(part, (-1, *t.shape[1:])), t.dtype)
        for part, t in zip(parts, network.inputs, strict=True)
    ]
    return shaped if len(shaped) > 1 else shaped[0]


def _joined(parts: Sequence[Any]) -> Any:
    return keras.ops.concatenate(list(parts), axis=1) if len(parts) > 1 else parts[0]


def _in_two_parts(
    mean: Float64[np.ndarray, " column"], sd: Float64[np.ndarray, " column"]
) -> tuple[Float32[np.ndarray, " column"], Float32[np.ndarray, " column"]]:
    """Split a mean into what float32 holds of it, and the rest in standard deviations.

    Not two terms to subtract one after the other: TensorFlow would add them up beforehand, in float32.
    """
    held = mean.astype(np.float32)
    return held, ((mean - held) / sd).astype(np.float32)


def _check_no_text(columns: Sequence[InputColumn]) -> None:
    if texts := [c.column for c in columns if c.kind == "text"]:
        raise InputError(
            f"Column '{texts[0]}' is text, which no layer of Keras reads as it was studied: a model with the "
            "preparation inside cannot take it. Export without --embed-preprocessing."
        )


def _check_float32(columns: Sequence[InputColumn], preparation: Preparation) -> None:
    numbers = [c.column for c in columns if c.kind == "number"]
    if numbers:
        scaler = preparation.transformer.named_transformers_["numbers"][-1]
        facts = zip(numbers, scaler.mean_, scaler.scale_, scaler.var_, strict=False)  # indicators come after
        for name, mean, sd, variance in facts:
            if variance or float(np.float32(mean)) != mean:  # one number in all rows, held as it is, loses nothing
                _check_loss(f"Column '{name}'", float(mean), float(sd), "Subtract a constant before the study, or")
    means, sds = np.atleast_1d(preparation.target_mean), np.atleast_1d(preparation.target_sd)
    for place, (mean, sd) in enumerate(zip(means, sds, strict=True)):
        which = "The target" if len(means) == 1 else f"Target {place + 1} of {len(means)}"
        _check_loss(which, float(mean), float(sd), "Study it less a constant, or")


def _check_loss(what: str, mean: float, sd: float, advice: str) -> None:
    """Refuse what float32 cannot tell apart."""
    held = float(_LIMITS.tiny) <= sd and abs(mean) + 10 * sd <= float(_LIMITS.max)
    if not held or _ROUNDING * abs(mean) / sd > LARGEST_LOSS:
        raise InputError(
            f"{what} has the mean {mean:.6g} and the standard deviation {sd:.6g}; a model with the preparation inside "
            f"takes float32, in which it would lose more than {LARGEST_LOSS:g} standard deviations. {advice} export "
            "without --embed-preprocessing."
        )
