"""Table columns -> the numbers that a network reads, fitted on the rows of one training fold only."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Float32, Float64
from pandas.api import types

from posology.errors import InputError
from posology.table import preparation_files
from posology.table.checks import check_columns, check_finite
from posology.table.columns import Kind, as_levels, as_numbers, as_text
from posology.table.levels import (
    FEWEST_ROWS_OF_A_LEVEL,
    MOST_COLUMNS_OF_A_CATEGORY,
    columns_of_levels,
    rows_of_levels,
)
from posology.table.storage import kinds_of
from posology.table.text import MISSING as MISSING_TEXT
from posology.table.text import NUMBERS, encoder_of, fitted_quietly

LARGEST = float(np.finfo(np.float32).max)
MISSING, PRESENT = "", "="  # instead of a level; before a level, so that none is mistaken for MISSING


@dataclass(frozen=True, eq=False)
class Preparation:
    """What was learned from one training fold about bringing columns to a common scale.

    A number x becomes (x - mean) / sd after missing ones are set to the training median; a column that is
    missing somewhere in the training rows gets an indicator, scaled in the same way. A category becomes one
    column of 0 and 1 for each level with at least 10 training rows, missing being a level too, at most 40
    columns; the rarer levels, and those never seen, share one. A text becomes up to 30 numbers, by the pieces of its
    words (`text.encoder_of`). The target becomes z = (y - mean) / sd, unless it is
    classes.

    Attributes
    ----------
    transformer
        The fitted `sklearn.compose.ColumnTransformer`.
    columns, kinds
        The feature columns it was fitted on, in order.
    levels
        The levels seen in the training rows, by category.
    names
        Names of the output columns: "bmi", "bmi:missing", "region=north", "region:missing", "region:other",
        "review:text 1".
    target_mean, target_sd
        Of the training target, in its unit; sd is 1 where the target is constant; 0 and 1 for classes. A number for
        each where there are several targets.
    target_range
        Smallest and largest training target, in its unit; a pair for each of several.

    Examples
    --------
    >>> features = pd.DataFrame({"bmi": [20.0, 30.0, np.nan], "smoker": pd.Categorical(["yes", "no", "no"])})
    >>> preparation = Preparation.fit(features, np.array([3.0, 5.0, 7.0]))
    >>> preparation.names
    ('bmi', 'bmi:missing', 'smoker:other')
    >>> preparation.transform(features).shape
    (3, 3)
    """

    transformer: Any = field(repr=False)
    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    levels: Mapping[str, tuple[str, ...]] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    target_mean: float | tuple[float, ...]
    target_sd: float | tuple[float, ...]
    target_range: tuple[float, float] | tuple[tuple[float, float], ...]

    @classmethod
    def fit(
        cls,
        features: pd.DataFrame,
        target: Float64[np.ndarray, "row *target"],
        *,
        scaled: bool = True,
        weights: Float64[np.ndarray, " row"] | None = None,
    ) -> "Preparation":
        """Learn from the training rows of a table.

        Parameters
        ----------
        features
            `Table.features` at the training rows.
        target
            `Table.target` at the same rows, in its unit. Shape (row,), or (row, target).
        scaled
            Whether the target is brought to mean 0 and standard deviation 1; the places of classes stay as they are.
        weights
            Of rows, by which the target's mean and standard deviation are taken; columns are scaled by rows as they
            are, which only sets their unit.

        Returns
        -------
        Preparation

        Raises
        ------
        ValueError
            Where features and target have different lengths, or none.
        """
        if len(features) != len(target) or len(target) == 0:
            raise ValueError(f"got {len(features)} rows of features and {len(target)} targets")
        columns, kinds = tuple(features.columns), kinds_of(features)
        encodable = _encodable(features, columns, kinds)
        transformer = fitted_quietly(_transformer(kinds, encodable), encodable)
        categories = features.select_dtypes("category")
        levels = {name: tuple(sorted(set(categories[name].dropna()))) for name in categories}
        names = output_names(transformer, columns, kinds)
        each = [_scale_of(one, weights, scaled=scaled) for one in target.reshape(len(target), -1).T]
        scale = each[0] if target.ndim == 1 else tuple(zip(*each, strict=True))
        return cls(transformer, columns, kinds, levels, names, *scale)

    @property
    def text_columns(self) -> tuple[str, ...]:
        """Columns that `read_frame` should read as text in a new file, so that "1.50" stays that level."""
        return tuple(name for name, kind in zip(self.columns, self.kinds, strict=True) if kind != "number")

    @property
    def sources(self) -> tuple[str, ...]:
        """The feature column that each output column comes from."""
        return tuple(source for _, source in _outputs(self.transformer, self.columns, self.kinds))

    def transform(self, features: pd.DataFrame) -> Float32[np.ndarray, "row column"]:
        """Bring rows to the scale of the training rows.

        Parameters
        ----------
        features
            Columns as in `Table.features`, or as `features_of` makes them; others are not looked at.

        Returns
        -------
        Float32[np.ndarray, "row column"]
            Without units, without missing; columns as in `names`.

        Raises
        ------
        InputError
            Where columns are missing, numbers are text, infinite or beyond 1e100.
        """
        check_columns(self.columns, [str(name) for name in features.columns])
        if len(features) == 0:
            return np.zeros((0, len(self.names)), np.float32)
        with np.errstate(over="ignore"):  # a number that is vast on the training scale is cut at float32's end
            matrix = self.transformer.transform(_encodable(features, self.columns, self.kinds))
        prepared: np.ndarray = np.clip(matrix, -LARGEST, LARGEST).astype(np.float32)
        return prepared

    def target_to_network(self, y: Float64[np.ndarray, "*shape"]) -> Float32[np.ndarray, "*shape"]:
        """Scale a target: z = (y - mean) / sd, with mean and sd of the training target; several on the last axis.

        Examples
        --------
        >>> features = pd.DataFrame({"bmi": [20.0, 30.0]})
        >>> Preparation.fit(features, np.array([3.0, 5.0])).target_to_network(np.array([4.0, 6.0])).tolist()
        [0.0, 2.0]
        """
        with np.errstate(over="ignore"):
            scaled = (y - np.asarray(self.target_mean)) / np.asarray(self.target_sd)
        return np.asarray(np.clip(scaled, -LARGEST, LARGEST), np.float32)

    def target_from_network(self, z: Float[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
        """Scale back: y = mean + sd * z, in the unit of the target."""
        return np.asarray(np.asarray(self.target_mean) + np.asarray(self.target_sd) * z.astype(np.float64))

    def save(self, folder: str | os.PathLike[str]) -> None:
        """Write `preparation.skops` and `preparation.json` into a folder, which is made if need be."""
        # where the output columns come from is for readers without posology
        facts = {**{name: getattr(self, name) for name in preparation_files.FACTS}, "sources": self.sources}
        preparation_files.save(folder, self.transformer, facts)

    @classmethod
    def load(cls, folder: str | os.PathLike[str]) -> "Preparation":
        """Read what `save` wrote. No pickle: types that are not needed are refused.

        Raises
        ------
        InputError
            Where files are not there, damaged, or hold foreign types, which the message lists.
        """
        transformer, facts = preparation_files.load(folder)
        preparation = cls(transformer=transformer, **facts)
        fitted_on = tuple(getattr(transformer, "feature_names_in_", ()))
        if (
            fitted_on != preparation.columns
            or output_names(transformer, preparation.columns, preparation.kinds) != preparation.names
        ):
            raise InputError(
                f"The two files of the preparation in '{folder}' do not belong together: "
                "their columns differ. Copy both from the study's folder again."
            )
        return preparation


def _scale_of(
    target: Float64[np.ndarray, " row"], weights: Float64[np.ndarray, " row"] | None, *, scaled: bool
) -> tuple[float, float, tuple[float, float]]:
    """Give the mean, the standard deviation and the range of one target."""
    low, high = float(target.min()), float(target.max())
    mean, variance = mean_and_variance(target, weights)
    sd = float(np.sqrt(variance)) if scaled and high > low else 1.0
    return mean if scaled else 0.0, sd or 1.0, (low, high)


def mean_and_variance(
    target: Float64[np.ndarray, " row"], weights: Float64[np.ndarray, " row"] | None = None
) -> tuple[float, float]:
    """Give the mean and the variance of a target, by the weights of rows where they have any.

    Examples
    --------
    >>> mean_and_variance(np.array([1.0, 5.0]), np.array([3.0, 1.0]))
    (2.0, 3.0)
    """
    if weights is None:
        return float(target.mean()), float(target.var())
    mean = float(np.average(target, weights=weights))
    return mean, float(np.average((target - mean) ** 2, weights=weights))


def prepared_width(column: pd.Series) -> int:
    """Bound, over every subset of the rows, the number of output columns that a feature column becomes.

    A number: 1, and 1 more where any cell is missing. A text: 30. A category: as `columns_of_levels` of its rows,
    missing being a level. One that falls below 10 rows in a subset only moves into the shared column.

    Examples
    --------
    >>> prepared_width(pd.Series([20.0, np.nan])), prepared_width(pd.Series(pd.Categorical(["f", "m"])))
    (2, 1)
    """
    if types.is_object_dtype(column.dtype):
        return NUMBERS
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return 1 + bool(column.isna().any())
    return columns_of_levels(rows_of_levels(column))


def output_names(transformer: Any, columns: Sequence[str], kinds: Sequence[Kind]) -> tuple[str, ...]:
    """Name the output columns: numbers, their indicators, the levels of each category, the numbers of each text."""
    return tuple(name for name, _ in _outputs(transformer, columns, kinds))


def _outputs(transformer: Any, columns: Sequence[str], kinds: Sequence[Kind]) -> list[tuple[str, str]]:
    """List the output columns, each with the feature column that it comes from."""
    found: list[tuple[str, str]] = []
    numbers = [name for name, kind in zip(columns, kinds, strict=True) if kind == "number"]
    categories = [name for name, kind in zip(columns, kinds, strict=True) if kind == "category"]
    if numbers:
        indicator = transformer.named_transformers_["numbers"][0].indicator_
        found += [(name, name) for name in numbers]
        found += [(f"{numbers[place]}:missing", numbers[place]) for place in indicator.features_]
    if categories:
        encoder = transformer.named_transformers_["categories"]
        for name, levels, rare in zip(categories, encoder.categories_, encoder.infrequent_categories_, strict=True):
            pooled = set() if rare is None else set(rare)
            kept = [level for level in levels if level not in pooled]
            found += [(f"{name}:missing" if level == MISSING else name + level, name) for level in kept]
            found += [(f"{name}:other", name)] if pooled else []
    for place, name in enumerate(columns):
        if kinds[place] == "text":
            numbered = range(1, transformer.named_transformers_[_block_of_text(place)].n_components_ + 1)
            found += [(f"{name}:text {number}", name) for number in numbered]
    return found


def _block_of_text(place: int) -> str:
    return f"text {place}"


def _transformer(kinds: Sequence[Kind], encodable: pd.DataFrame) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True, copy=False)
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=FEWEST_ROWS_OF_A_LEVEL,
        max_categories=MOST_COLUMNS_OF_A_CATEGORY,
        sparse_output=False,
    )
    numbers = [place for place, kind in enumerate(kinds) if kind == "number"]
    categories = [place for place, kind in enumerate(kinds) if kind == "category"]
    blocks = [
        ("numbers", make_pipeline(imputer, StandardScaler(copy=False)), numbers),
        ("categories", encoder, categories),
    ]
    texts = [place for place, kind in enumerate(kinds) if kind == "text"]
    # a place by itself, not in a list, gives the encoder a column, as skrub's take it
    blocks += [(_block_of_text(place), encoder_of(encodable.iloc[:, place]), place) for place in texts]  # type: ignore[misc]
    return ColumnTransformer([block for block in blocks if block[2] != []])


def _encodable(features: pd.DataFrame, columns: Sequence[str], kinds: Sequence[Kind]) -> pd.DataFrame:
    """Copy the features in the types that scikit-learn sees: float64, and objects that are all text."""
    series: dict[str, pd.Series] = {}
    for name, kind in zip(columns, kinds, strict=True):
        if kind == "category":
            series[name] = _marked(as_levels(name, features[name]))
        elif kind == "text":
            series[name] = as_text(name, features[name]).fillna(MISSING_TEXT)
        else:
            numbers = as_numbers(name, features[name])
            check_finite(f"Column '{name}'", numbers, "Mend these cells or leave them empty.")
            series[name] = pd.Series(numbers)
    return pd.DataFrame(series)


def _marked(levels: pd.Series) -> pd.Series:
    marks = np.array([*(PRESENT + level for level in levels.cat.categories), MISSING], dtype=object)
    return pd.Series(marks[levels.cat.codes.to_numpy()], dtype=object)
