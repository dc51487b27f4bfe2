import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posology.errors import InputError
from posology.table import Preparation, Table, make_table, one_input


def categories(*cells):
    return pd.Series(pd.Categorical(cells))


def fitted(frame, target=None):
    features = pd.DataFrame(frame)
    return Preparation.fit(features, np.arange(len(features), dtype=float) if target is None else target)


def test_numbers_are_imputed_and_standardised():
    bmi = np.array([20.0, 22.0, 30.0, np.nan])
    preparation = fitted({"bmi": bmi})
    filled = np.array([20.0, 22.0, 30.0, 22.0])
    wanted = (filled - filled.mean()) / filled.std()
    matrix = preparation.transform(pd.DataFrame({"bmi": bmi}))
    assert preparation.names == ("bmi", "bmi:missing")
    np.testing.assert_allclose(matrix[:, 0], wanted, rtol=1e-6)
    np.testing.assert_allclose(matrix[:, 1], (np.isnan(bmi) - 0.25) / np.sqrt(0.1875), rtol=1e-6)


def test_a_number_that_is_all_missing_in_the_fold_keeps_its_column():
    preparation = fitted({"bmi": [np.nan, np.nan], "age": [1.0, 2.0]})
    matrix = preparation.transform(pd.DataFrame({"bmi": [5.0, np.nan], "age": [1.0, 2.0]}))
    assert preparation.names == ("bmi", "age", "bmi:missing")
    assert np.isfinite(matrix).all()


def test_categories_are_one_hot_with_a_shared_rest():
    cells = ["n"] * 12 + ["s"] * 10 + [None] * 11 + ["e"] * 9 + ["w"]
    features = {"site": categories(*cells)}
    preparation = fitted(features)
    assert preparation.names == ("site:missing", "site=n", "site=s", "site:other")
    new = pd.DataFrame({"site": categories("n", None, "s", "e", "never seen")})
    assert preparation.transform(new).tolist() == [
        [0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1],
    ]  # fmt: skip


def test_a_new_level_where_no_level_is_rare_is_all_zeros():
    preparation = fitted({"site": categories(*["n", "s"] * 10)})
    assert preparation.transform(pd.DataFrame({"site": categories("never", None)})).tolist() == [
        [0, 0],
        [0, 0],
    ]


def test_a_level_named_as_nothing_is_not_missing():
    preparation = fitted({"site": categories(*["", None] * 10)})
    assert preparation.names == ("site:missing", "site=")


def test_a_category_has_40_columns_at_most():
    cells = [f"level {n % 60}" for n in range(60 * 12)]
    preparation = fitted({"site": categories(*cells)})
    assert len(preparation.names) == 40
    assert preparation.names[-1] == "site:other"


def test_order_of_the_columns(mixed_table):
    preparation = Preparation.fit(mixed_table.features, mixed_table.target)
    assert preparation.columns == tuple(mixed_table.features)
    assert preparation.names[:7] == (
        "area", "rooms", "garden", "sold:days", "sold:month", "sold:weekday", "sold:hour",
    )  # fmt: skip
    assert preparation.names[7:12] == (
        "area:missing",
        *(f"sold:{p}:missing" for p in ("days", "month", "weekday", "hour")),
    )
    assert preparation.names[12:] == ("site=north", "site=south", "site:other")
    assert preparation.text_columns == ("site",)
    assert preparation.levels == {"site": ("north", "south", "west")}


def test_real_tables(real_table):
    rows = np.arange(real_table.n_rows) % 5 != 0
    preparation = Preparation.fit(real_table.features[rows], real_table.target[rows])
    matrix = preparation.transform(real_table.features)
    assert matrix.dtype == np.float32
    assert matrix.shape == (real_table.n_rows, len(preparation.names))
    assert np.isfinite(matrix).all()
    assert matrix.shape[1] <= one_input(real_table).width
    numbers = [name for name, kind in zip(real_table.features, real_table.kinds, strict=True) if kind == "number"]
    np.testing.assert_allclose(matrix[rows, : len(numbers)].mean(axis=0, dtype=float), 0, atol=1e-5)


def test_the_target():
    y = np.array([3.0, 5.0, 10.0])
    preparation = fitted({"x": [1.0, 2.0, 3.0]}, y)
    z = preparation.target_to_network(y)
    assert z.dtype == np.float32
    np.testing.assert_allclose(z, (y - 6) / np.sqrt(26 / 3), rtol=1e-6)
    np.testing.assert_allclose(preparation.target_from_network(z), y, rtol=1e-6)
    assert preparation.target_from_network(z[:, None]).shape == (3, 1)
    assert preparation.target_range == (3.0, 10.0)


@pytest.mark.parametrize("value", [0.1, 0.0, -7.0, 1e99])
def test_a_target_that_is_constant_in_the_fold(value):
    # the mean of many 0.1 is not 0.1: without care the rest would be scaled up
    preparation = fitted({"x": np.arange(7.0)}, np.full(7, value))
    assert preparation.target_sd == 1.0
    z = preparation.target_to_network(np.full(7, value))
    np.testing.assert_allclose(preparation.target_from_network(z), value)


def test_held_out_rows_do_not_touch_the_training_rows(real_table):
    """The leak test: whatever the held-out rows hold, the training side is the same to the bit."""
    features, target = real_table.features, real_table.target
    train = np.random.default_rng(0).random(real_table.n_rows) < 0.7
    clean = Preparation.fit(features[train], target[train])
    wanted = clean.transform(features[train])
    for other in (-1e99, 0.0, np.nan, "level"):
        changed, y = features.copy(), target.copy()
        y[~train] = 1e99
        for name, kind in zip(features, real_table.kinds, strict=True):
            if kind == "category":
                cells = np.where(train, changed[name].astype(object), "never seen" if other == "level" else None)
                changed[name] = pd.Series(pd.Categorical(cells))
            else:
                changed.loc[~train, name] = np.nan if other == "level" else other
        preparation = Preparation.fit(changed[train], y[train])
        matrix = preparation.transform(changed)
        np.testing.assert_array_equal(matrix[train].view(np.int32), wanted.view(np.int32))
        assert np.isfinite(matrix).all()
        assert preparation.names == clean.names
        assert (preparation.target_mean, preparation.target_sd) == (clean.target_mean, clean.target_sd)
        assert preparation.target_range == clean.target_range


def test_rows_are_transformed_one_by_one(mixed_table):
    preparation = Preparation.fit(mixed_table.features, mixed_table.target)
    whole = preparation.transform(mixed_table.features)
    single = [preparation.transform(mixed_table.features.iloc[[row]]) for row in range(60)]
    np.testing.assert_array_equal(np.concatenate(single), whole)
    assert preparation.transform(mixed_table.features.iloc[:0]).shape == (0, whole.shape[1])


def test_vast_held_out_numbers_stay_finite():
    preparation = fitted({"x": [0.0, 1e-200]})
    matrix = preparation.transform(pd.DataFrame({"x": [1e100, -1e100]}))
    assert matrix.tolist() == [[np.finfo(np.float32).max], [-np.finfo(np.float32).max]]


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("old", "must hold numbers, as in the table that was studied, but here it has 'old'."),
        (np.inf, "is infinite in 1 row."),
        (1e200, "has numbers beyond 1e+100 in 1 row, such as 1e+200."),
    ],
)
def test_cells_that_are_no_numbers(cell, message):
    with pytest.raises(InputError) as caught:
        fitted({"age": [1.0, 2.0]}).transform(pd.DataFrame({"age": [cell]}))
    assert str(caught.value) == f"Column 'age' {message} Mend these cells or leave them empty."


def test_a_column_that_is_not_there():
    with pytest.raises(InputError) as caught:
        fitted({"age": [1.0, 2.0]}).transform(pd.DataFrame({"bmi": [1.0], "Age": [1.0]}))
    assert str(caught.value) == (
        "The new table lacks 1 column of the studied one:\n"
        "  - age\n"
        "  + bmi (not in the studied table)\n"
        "  + Age (not in the studied table)\n"
        "Add 'age', under the same name; the cells may be empty. Did you mean 'Age'?"
    )


def test_columns_in_another_order_and_columns_too_many(mixed_table):
    preparation = Preparation.fit(mixed_table.features, mixed_table.target)
    other = mixed_table.features[mixed_table.features.columns[::-1]].assign(extra=["text"] * 60)
    np.testing.assert_array_equal(preparation.transform(other), preparation.transform(mixed_table.features))


@pytest.mark.parametrize("rows", [0, 1])
def test_rows_and_targets_of_different_lengths(rows):
    with pytest.raises(ValueError, match=f"got 0 rows of features and {rows} targets"):
        Preparation.fit(pd.DataFrame({"x": np.zeros(0)}), np.zeros(rows))


@settings(deadline=None)
@given(st.data())
def test_the_width_is_a_bound_over_every_subset(data):
    counts = data.draw(st.lists(st.integers(1, 25), min_size=1, max_size=45))
    cells = [f"level {level}" for level, count in enumerate(counts) for _ in range(count)]
    cells += [None] * data.draw(st.integers(0, 15))
    numbers = np.where(np.arange(len(cells)) < data.draw(st.integers(0, 3)), np.nan, 1.0)
    features = pd.DataFrame({"n": numbers, "c": categories(*cells)})
    share = data.draw(st.sampled_from([0.2, 0.5, 0.8, 0.95, 1.0]))
    keep = np.random.default_rng(data.draw(st.integers(0, 99))).random(len(cells)) < share
    keep[data.draw(st.integers(0, len(cells) - 1))] = True
    table = Table(features, np.arange(len(cells), dtype=float), "y")
    width = one_input(table).width
    assert len(Preparation.fit(features[keep], table.target[keep]).names) <= width
    if share == 1.0:
        assert len(Preparation.fit(features, table.target).names) == width


def test_the_width_is_reached_on_all_rows(real_table):
    preparation = Preparation.fit(real_table.features, real_table.target)
    assert len(preparation.names) == one_input(real_table).width


def test_few_rows():
    table = make_table(pd.DataFrame({"x": [1, 2], "c": ["a", None], "y": [1, 2]}), "y")
    assert Preparation.fit(table.features.iloc[:1], table.target[:1]).transform(table.features).shape == (
        2,
        2,
    )
