"""A table as bytes: its fingerprint, and the Feather file that worker processes map into memory."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64
from pandas.api import types

from posology.errors import InputError
from posology.table.columns import Kind
from posology.table.groups import Groups
from posology.table.weights import Weights

FORMAT = "posology table 1"
METADATA_KEY = b"posology"


class Parts(NamedTuple):
    """What is kept of a table; `named` is the target's name, of several all names."""

    features: pd.DataFrame
    target: Float64[np.ndarray, "row *target"]
    named: str | tuple[str, ...]
    notes: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    groups: Groups | None = None
    weights: Weights | None = None


def kinds_of(features: pd.DataFrame) -> tuple[Kind, ...]:
    """Kind of each column of a table's features.

    Examples
    --------
    >>> kinds_of(pd.DataFrame({"age": [31.0], "sex": pd.Categorical(["female"])}))
    ('number', 'category')
    """
    return tuple(_kind_of(dtype) for dtype in features.dtypes)


def _kind_of(dtype: Any) -> Kind:
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    return "text" if types.is_object_dtype(dtype) else "number"


def fingerprint(parts: Parts) -> str:
    """SHA-256 of a table, over little-endian numbers and UTF-8 text, each preceded by its length; notes do not count.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    groups, weights = parts.groups, parts.weights
    grouped = [] if groups is None else [_utf8(groups.name), groups.codes.astype("<i8").tobytes()]
    weighted = [] if weights is None else [_utf8(weights.name), b"weights", _number_bytes(weights.values)]
    for piece in (*_pieces(parts), *map(_utf8, parts.classes), *grouped, *weighted):
        digest.update(len(piece).to_bytes(8, "little"))
        digest.update(piece)
    return digest.hexdigest()


def _pieces(parts: Parts) -> Iterator[bytes]:
    features, target, named, *_ = parts
    names = [named] if isinstance(named, str) else [str(len(named)), *named]
    yield from (FORMAT.encode(), *map(_utf8, names), _number_bytes(target))
    for name, kind in zip(features.columns, kinds_of(features), strict=True):
        yield from (_utf8(name), kind.encode())
        if kind == "number":
            yield _number_bytes(features[name].to_numpy(np.float64))
            continue
        cells = features[name].astype("category") if kind == "text" else features[name]
        levels = cells.cat.categories
        yield str(len(levels)).encode()
        yield from (_utf8(level) for level in levels)
        yield cells.cat.codes.to_numpy().astype("<i4").tobytes()


def _utf8(text: str) -> bytes:
    return text.encode(errors="replace")


def _number_bytes(numbers: np.ndarray) -> bytes:
    # every NaN has the same bits, and -0.0 is 0.0
    return np.where(np.isnan(numbers), np.nan, numbers + 0.0).astype("<f8").tobytes()


def save(path: str | os.PathLike[str], parts: Parts) -> None:
    """Write the parts of a table to one Feather file, whole or not at all.

    The target, or each of several, the groups and the weights stand in columns of their own behind the features, under
    names that no feature has; the schema's metadata says which, with the user's names, the notes and the names of
    classes.
    """
    import pyarrow as pa
    from pyarrow import feather

    columns, about = _laid_out(parts)
    table = pa.table(list(columns.values()), names=list(columns))
    table = table.replace_schema_metadata({METADATA_KEY: json.dumps(about).encode()})
    path = Path(path)
    unfinished = path.with_name(path.name + ".unfinished")
    feather.write_feather(table, str(unfinished), compression="uncompressed", chunksize=max(1, len(parts.target)))
    unfinished.replace(path)


def _laid_out(parts: Parts) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give the columns of a file, by name, and what they are."""
    import pyarrow as pa

    target, groups, weights, several = parts.target, parts.groups, parts.weights, parts.target.ndim > 1
    places = [f" {place}" for place in range(target.shape[1])] if several else [""]
    reserved = "target"
    while {reserved + suffix for suffix in (*places, " group", " weight")} & set(parts.features.columns):
        reserved += "_"
    own = [reserved + place for place in places]
    about = {"format": FORMAT, "target": own if several else reserved, "notes": parts.notes, "classes": parts.classes}
    about |= {"target_name": parts.named}
    arrays = {name: _to_arrow(parts.features[name]) for name in parts.features}
    arrays |= {name: pa.array(column) for name, column in zip(own, target.reshape(len(target), -1).T, strict=True)}
    if groups is not None:
        about |= {"groups": f"{reserved} group", "group_name": groups.name}
        arrays[f"{reserved} group"] = pa.array(groups.codes)
    if weights is not None:
        about |= {"weights": f"{reserved} weight", "weight_name": weights.name}
        arrays[f"{reserved} weight"] = pa.array(weights.values)
    return arrays, about


def _to_arrow(column: pd.Series) -> Any:
    import pyarrow as pa

    if types.is_object_dtype(column.dtype):
        return pa.array(column.where(column.notna(), None), type=pa.string())
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return pa.array(column.to_numpy(np.float64))  # NaN stays NaN, so that it can be mapped as it is
    codes = column.cat.codes.to_numpy().astype(np.int32)
    levels = pa.array(list(column.cat.categories), type=pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), levels)


def load(path: str | os.PathLike[str]) -> Parts:
    """Map the parts of a table that `save` wrote.

    Raises
    ------
    InputError
        Where the file is not there, cut off or not a table of posology's.
    """
    table, about = _mapped(Path(path))
    columns = {name: _from_arrow(table[name]) for name in table.column_names}
    target, named = _targets(columns, about)
    groups = Groups(_taken(columns, about["groups"]), about["group_name"]) if "groups" in about else None
    weights = Weights(_taken(columns, about["weights"]), about["weight_name"]) if "weights" in about else None
    features = pd.DataFrame(columns, columns=pd.Index(list(columns), dtype=object), copy=False)
    return Parts(features, target, named, tuple(about["notes"]), tuple(about["classes"]), groups, weights)


def _targets(columns: dict[str, pd.Series], about: dict[str, Any]) -> tuple[np.ndarray, str | tuple[str, ...]]:
    if isinstance(about["target"], str):
        return _taken(columns, about["target"]), about["target_name"]
    values = np.column_stack([_taken(columns, name) for name in about["target"]])
    values.setflags(write=False)
    return values, tuple(about["target_name"])


def _taken(columns: dict[str, pd.Series], name: str) -> np.ndarray:
    values: np.ndarray = columns.pop(name).to_numpy()
    values.setflags(write=False)
    return values


def _mapped(path: Path) -> tuple[Any, dict[str, Any]]:
    import pyarrow as pa
    from pyarrow import feather

    try:
        table = feather.read_table(str(path), memory_map=True)
    except FileNotFoundError as error:
        raise InputError(f"There is no file '{path}'. Start the study again from its table.") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"'{path}' is cut off or damaged: it is not a whole Feather file. Start the study again."
        ) from error
    about = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}"))
    if about.get("format") != FORMAT:
        raise InputError(
            f"'{path}' is not a table that this posology wrote: its format is {about.get('format')!r}, "
            f"not {FORMAT!r}. Start the study again from the original table."
        )
    return table, about


def _from_arrow(column: Any) -> pd.Series:
    chunk = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if str(chunk.type) == "string":
        return pd.Series([np.nan if cell is None else cell for cell in chunk.to_pylist()], dtype=object)
    if not hasattr(chunk, "dictionary"):
        return pd.Series(chunk.to_numpy(zero_copy_only=True), copy=False)
    codes = chunk.indices.fill_null(-1).to_numpy()
    levels = pd.Index(chunk.dictionary.to_pylist(), dtype=object)
    return pd.Series(pd.Categorical.from_codes(codes, levels))
