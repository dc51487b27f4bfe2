"""The edge to other libraries: NumPy arrays, polars and Arrow tables -> a pandas frame, and one of targets."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd

from posology.errors import InputError
from posology.table.checks import check_beside, check_names
from posology.table.making import build_table
from posology.table.table import Table
from posology.wording import counted, first_line, quoted


def table_from_arrays(
    X: Any,
    y: Any,
    names: Sequence[str] | None = None,
    task: str | None = None,
    groups: Any = None,
    weights: Any = None,
) -> Table:
    """Build a table from features and a target that are apart, as scikit-learn takes them.

    Rows are matched by their place, never by an index.

    Parameters
    ----------
    X
        Features: a NumPy array of shape (row, column), a nested list, or a pandas, polars or Arrow table.
    y
        Target: any one-dimensional array, list or series of numbers or of classes; shape (row,) or (row, 1). Or
        several, (row, target): an array of numbers, "y0", "y1", ..., or a table.
    names
        Names of the columns; by default the table's own, or "x0", "x1", ...
    task
        As in `make_table`.
    groups
        Which rows belong together: the name of a column of X, which then is no feature, or an array of one cell a row.
    weights
        How much each row counts: the name of a column of X, or an array, in the same way.

    Returns
    -------
    Table

    Raises
    ------
    InputError
        Where the shapes do not fit or the content cannot be studied, as in `make_table`.

    Warns
    -----
    LeakWarning
        As in `make_table`.

    Examples
    --------
    >>> table = table_from_arrays(np.array([[1.0, 5.0], [2.0, 3.0], [4.0, 4.0]]), [1, 2, 3])
    >>> list(table.features), table.target_name
    (['x0', 'x1'], 'target')
    """
    features = to_frame(X)
    targets = _targets_frame(y)
    if names is not None:
        if len(names) != features.shape[1]:
            raise InputError(
                f"Got {counted(len(names), 'name')} for {counted(features.shape[1], 'column')} of X. "
                "Give one name per column."
            )
        features = features.set_axis(list(names), axis="columns")
    if len(features) != len(targets):
        raise InputError(
            f"X has {counted(len(features), 'row')} and y has {len(targets):,}. "
            "Give one target for every row of X, in the same order."
        )
    _check_order(X, y)
    if features.shape[1] == 0:
        raise InputError("X has no columns. Give a table with at least one feature.")
    features = features.set_axis(check_names(list(features.columns)), axis="columns")
    together, features = _beside("groups", groups, features)
    weighted, features = _beside("weights", weights, features)
    return build_table(features, targets, task, together, weighted)


def _as_column(X: Any) -> str:
    if isinstance(X, pd.Series):
        return "X.to_frame()"
    return "X.reshape(-1, 1)" if isinstance(X, np.ndarray) else "[[cell] for cell in X]"


def _check_order(X: Any, y: Any) -> None:
    """Refuse a target whose rows have the names of those of X, in another order: rows are joined by their places."""
    if not isinstance(X, pd.DataFrame) or not isinstance(y, pd.Series | pd.DataFrame):
        return
    rows, others = X.index, y.index
    if rows.is_unique and others.is_unique and not rows.equals(others) and not len(rows.symmetric_difference(others)):
        raise InputError(
            "X and y have the same index in another order, and rows are joined by their places. Give y.loc[X.index]; "
            "or, where their places are right, y.to_numpy()."
        )


def columns_by_input(X: Any, inputs: Mapping[str, Sequence[str]] | None) -> tuple[Any, dict[str, tuple[str, ...]]]:
    """Join tables that are given by input of the network, and say which columns are whose.

    Columns that two tables have in common are named after their input too.

    Examples
    --------
    >>> frame, inputs = columns_by_input({"left": [[1], [2]], "right": [[3], [4]]}, None)
    >>> list(frame), inputs
    (['left x0', 'right x0'], {'left': ('left x0',), 'right': ('right x0',)})
    """
    given = {name: tuple(columns) for name, columns in (inputs or {}).items()}
    if not isinstance(X, Mapping):
        return X, given
    if given:
        raise InputError("X is given by input, and inputs= too. Give one of them.")
    frames = {str(name): to_frame(part).reset_index(drop=True) for name, part in X.items()}
    if len({len(frame) for frame in frames.values()}) > 1:
        rows = ", ".join(f"'{name}' {len(frame):,}" for name, frame in frames.items())
        raise InputError(f"The tables of X have different numbers of rows: {rows}. Give the same rows in all.")
    every = [str(column) for frame in frames.values() for column in frame]
    renamed = {
        name: frame.set_axis([f"{name} {c}" if every.count(str(c)) > 1 else str(c) for c in frame], axis="columns")
        for name, frame in frames.items()
    }
    return pd.concat(renamed.values(), axis="columns"), {name: tuple(frame) for name, frame in renamed.items()}


def to_frame(X: Any) -> pd.DataFrame:
    """Turn a two-dimensional array or a table of any library into a pandas frame.

    Raises
    ------
    InputError
        Where it is neither, or not two-dimensional.

    Examples
    --------
    >>> to_frame([[1, 2], [3, 4]]).columns.tolist()
    ['x0', 'x1']
    """
    if isinstance(X, pd.DataFrame):
        return X
    check_names(list(getattr(X, "column_names", ())))  # Arrow allows repeated names, narwhals does not
    table = nw.from_native(X, pass_through=True)
    if isinstance(table, nw.LazyFrame | nw.DataFrame):
        return _from_library(table)
    return _from_array(X)


def _from_library(table: Any) -> pd.DataFrame:
    try:
        frame: pd.DataFrame = (table.collect() if isinstance(table, nw.LazyFrame) else table).to_pandas()
    except Exception as error:  # a lazy table does its work here; every library has errors of its own
        raise InputError(
            f"X cannot be made a pandas table: {type(error).__name__}: {first_line(error)}. Turn its columns into "
            "numbers, text, truth values or dates."
        ) from error
    return frame


def _from_array(X: Any) -> pd.DataFrame:
    if isinstance(X, Mapping) or (isinstance(X, list | tuple) and X and isinstance(X[0], Mapping)):
        raise InputError(f"X is a {type(X).__name__} of cells by name. Give pd.DataFrame(X).")
    if hasattr(X, "toarray"):
        raise InputError(f"X is a sparse {type(X).__name__}; posology takes dense tables. Give X.toarray().")
    try:
        array = _unmasked(X)
    except ValueError as error:
        raise InputError(f"X is no table: {error}. Give rows of equal length.") from error
    if array.dtype.names is not None:
        raise InputError(
            f"X is a structured array with fields {quoted(array.dtype.names)}. Give pd.DataFrame(X) instead."
        )
    if array.ndim != 2:
        raise InputError(
            f"X has the shape {array.shape}; posology takes tables of shape (rows, columns). "
            f"Give {f'{_as_column(X)} for one feature' if array.ndim == 1 else 'one row per observation'}."
        )
    _check_cells("X", array)
    names = [f"x{place}" for place in range(array.shape[1])]
    return _inferred(pd.DataFrame, array, columns=names)


def _unmasked(given: Any) -> np.ndarray:
    """Make an array; what is masked is missing."""
    if isinstance(given, np.ma.MaskedArray) and given.dtype.names is None:
        cells = np.array(given.data, dtype=object)
        cells[np.ma.getmaskarray(given)] = None
        return cells
    return np.asarray(given)


def _check_cells(what: str, array: np.ndarray) -> None:
    """Refuse cells that pandas has no word for: raw bytes, and times without a unit."""
    if array.dtype.kind == "V" or array.dtype in (np.dtype("m8"), np.dtype("M8")):
        raise InputError(
            f"{what} has the dtype {array.dtype}; posology takes numbers, text, truth values and dates. Give one of "
            "these."
        )


def _targets_frame(y: Any) -> pd.DataFrame:
    """Give a column for each target."""
    frame = nw.from_native(y, pass_through=True)
    if isinstance(frame, nw.DataFrame | nw.LazyFrame):
        table = to_frame(y)
        names = check_names([name or "target" for name in table] if table.shape[1] == 1 else list(table))
        return _with_targets(table.reset_index(drop=True).set_axis(names, axis="columns"))
    if isinstance(nw.from_native(y, allow_series=True, pass_through=True), nw.Series):
        series, name = _named_series(y, "y")
        return series.rename(name).to_frame()
    if isinstance(y, str):
        raise InputError(f"y is the text '{y}'; it must be the target's values. Give X without it and y=X['{y}'].")
    array = _array(y, "y")
    if array.ndim < 2:
        return _column(array, "y").rename("target").to_frame()
    if array.ndim > 2:
        raise InputError(f"y has the shape {array.shape}. Give one value for each row, or for each row and target.")
    names = ["target"] if array.shape[1] == 1 else [f"y{place}" for place in range(array.shape[1])]
    return _with_targets(pd.DataFrame({name: _column(array[:, i], "y") for i, name in enumerate(names)}))


def _with_targets(frame: pd.DataFrame) -> pd.DataFrame:
    if frame.shape[1] == 0:
        raise InputError("y has no columns. Give one value for each row, or a column for each of several targets.")
    return frame


def _named_series(y: Any, what: str) -> tuple[pd.Series, str]:
    """Give one column, and its name, "target" where it has none."""
    if isinstance(y, pd.DataFrame) and y.shape[1] == 1:
        y = y.iloc[:, 0]
    if isinstance(y, pd.Series):
        return y.reset_index(drop=True), _name(y.name)
    series = nw.from_native(y, allow_series=True, pass_through=True)
    if isinstance(series, nw.DataFrame) and series.shape[1] == 1:
        series = series[:, 0]
    if isinstance(series, nw.Series):
        return pd.Series(series.to_pandas()), _name(series.name)
    array = _array(y, what)
    return _column(array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array, what), "target"


def _array(y: Any, what: str) -> np.ndarray:
    try:
        return _unmasked(y.toarray() if hasattr(y, "toarray") else y)
    except ValueError as error:
        raise InputError(
            f"{what} is no column: {first_line(error)}. Give one number or one class for each row."
        ) from error


def _column(array: np.ndarray, what: str) -> pd.Series:
    if array.ndim != 1:
        raise InputError(f"{what} has the shape {array.shape}. Give one value for each row, or a column of X by name.")
    _check_cells(what, array)
    column: pd.Series = _inferred(pd.Series, array)
    return column


def _inferred(make: Callable[..., Any], array: np.ndarray, **more: Any) -> Any:
    if array.dtype.kind not in "UO":
        return make(array, **more)
    values = make(array.astype(object), dtype=object, **more)
    try:
        return values.infer_objects()
    except UnicodeEncodeError:  # text of pandas' own kind has no lone surrogates
        return values


def _beside(what: str, given: Any, features: pd.DataFrame) -> tuple[pd.Series | None, pd.DataFrame]:
    """Give the column of groups or weights, and the features without it where it is one of them."""
    if given is None:
        return None, features
    if isinstance(given, str):
        check_beside(list(features), (), what, given)
        return features[given].rename(given), features.drop(columns=given)
    series, name = _named_series(given, what)
    if len(series) != len(features):
        raise InputError(
            f"X has {counted(len(features), 'row')} and {what} has {len(series):,}. Give one {what[:-1]} for every row "
            "of X."
        )
    return series.rename(what if name == "target" else name), features


def _name(name: Any) -> str:
    return "target" if name is None or name == "" else str(name)
