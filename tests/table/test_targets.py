"""Several targets of one table: from columns or an array to one array, checked each by itself."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse

from posology.errors import InputError, LeakWarning
from posology.table import Table, make_table, table_from_arrays
from posology.table.copies import without_copies

ROWS = 30
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 2))
Y = np.column_stack([X[:, 0] + RNG.normal(size=ROWS), 100 * RNG.normal(size=ROWS)])


def frame(**columns):
    return pd.DataFrame({"area": X[:, 0], "rooms": X[:, 1], "price": Y[:, 0], "rent": Y[:, 1], **columns})


def refusal(data, target=("price", "rent"), **how):
    with pytest.raises(InputError) as caught:
        make_table(data, target, **how)
    return str(caught.value)


@pytest.mark.parametrize("asked", ["price,rent", "price, rent", ["price", "rent"], ("price", "rent"), ["price,rent"]])
def test_columns_by_name(asked):
    table = make_table(frame(), asked)
    np.testing.assert_array_equal(table.target, Y)
    assert (table.targets, table.target_name, table.task) == (("price", "rent"), "price, rent", "regression")
    assert list(table.features) == ["area", "rooms"]
    assert table.notes == (
        "2 targets, 'price', 'rent', are predicted by one network; its score is the mean of theirs.",
    )
    assert not table.target.flags.writeable


def test_a_name_with_a_comma_is_one_column():
    data = frame().rename(columns={"price": "price, rent"})
    assert make_table(data, "price, rent").targets == ()
    assert make_table(data, ["price, rent", "rent"]).targets == ("price, rent", "rent")


def test_one_target_is_as_it_was():
    one, listed = make_table(frame(), "price"), make_table(frame(), ["price"])
    assert one.target.shape == (ROWS,)
    assert one.targets == listed.targets == ()
    assert one.fingerprint() == listed.fingerprint()


@pytest.mark.parametrize("of", [np.asarray, sparse.csr_array, np.ndarray.tolist])
def test_arrays_have_numbered_targets(of):
    table = table_from_arrays(X, of(Y))
    np.testing.assert_array_equal(table.target, Y)
    assert table.targets == ("y0", "y1")


@pytest.mark.parametrize("of", [pd.DataFrame, pl.DataFrame])
def test_frames_name_their_targets(of):
    table = table_from_arrays(X, of({"price": Y[:, 0], "rent": Y[:, 1]}))
    np.testing.assert_array_equal(table.target, Y)
    assert table.targets == ("price", "rent")


def test_a_name_with_a_comma_among_several_is_quoted_as_elsewhere():
    table = make_table(frame(**{"rent, cold": Y[:, 1]}).drop(columns="rent"), 'price,"rent, cold"')
    assert table.targets == ("price", "rent, cold")


def test_rows_that_lack_any_target_are_left_out():
    price, rent = Y[:, 0].copy(), Y[:, 1].copy()
    price[:2], rent[1:4] = np.nan, np.nan
    table = make_table(frame(price=price, rent=rent), "price,rent")
    np.testing.assert_array_equal(table.target, Y[4:])
    assert table.notes[1] == "4 rows without a value of one or more of the targets 'price', 'rent' were left out."
    price[2:], rent[:2] = np.nan, 1.0
    price[:2], rent[:2] = 1.0, np.nan
    assert refusal(frame(price=price, rent=np.where(np.isnan(price), 1.0, np.nan))) == (
        "In none of the 30 rows all of the targets 'price', 'rent' are known. Give rows in which they are, or fewer "
        "targets."
    )


def test_shares_of_labels_are_of_the_rows_that_are_studied():
    old, far = (np.arange(ROWS) % 2 * 1.0, (np.arange(ROWS) < 15) * 1.0)
    old[:6] = np.nan
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeakWarning)
        table = make_table(frame(old=old, far=far), "old,far", task="classification")
    assert table.target.mean(axis=0).tolist() == [0.5, 0.375]
    assert table.notes[0].startswith("2 labels, 'old' (50.0%), 'far' (37.5%) of the rows, are predicted by")
    assert table.notes[1] == "6 rows without a value of one or more of the targets 'old', 'far' were left out."


@pytest.mark.parametrize(
    ("columns", "how", "says"),
    [
        ({"rent": 1.0}, {}, "The target 'rent' is 1 in all 30 rows: there is nothing to predict."),
        ({"rent": np.where(Y[:, 1] > 0, np.inf, 0)}, {}, "The target 'rent' is infinite in"),
        ({"rent": np.nan}, {}, "The target 'rent' is missing in all 30 rows."),
        ({"rent": ["high", "low"] * 15}, {}, "are 2 targets, of which 'rent' is classes. Several targets are all"),
        ({"rent": ["high", "low"] * 15}, {"task": "regression"}, "The target 'rent' has text such as 'high', 'low'"),
        ({}, {"drop": ["rent"]}, "'rent' is a target and also among the columns to leave out. Choose one."),
        ({}, {"groups": "rent"}, "'rent' is a target and also the column of groups. Choose one."),
        ({}, {"target": "price,rnt"}, "There is no target column 'rnt'. Did you mean 'rent'?"),
        ({}, {"target": "price,price"}, "'price' is named twice as a target. Name each once."),
        ({}, {"target": []}, "No target is named."),
        ({}, {"drop": ["area", "rooms"]}, "No feature is left beside the targets 'price', 'rent' and without 'area'"),
    ],
)
def test_refusals(columns, how, says):
    assert says in refusal(frame(**columns), **how)


def test_advice_quotes_names_as_a_shell_takes_them():
    named = {"rent, cold": Y[:, 1], "my flat's sort": ["high", "low"] * 15}
    said = refusal(frame(**named), [*reversed(named), "rent"])
    option = """--target 'my flat'"'"'s sort' --drop '"rent, cold",rent'"""
    assert said.endswith(f"{option} (in Python: X.drop(columns=['rent, cold', 'rent']))")


def test_leaks_are_told_of_each_target():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        make_table(frame(twice=2 * Y[:, 1], id=np.arange(ROWS)), "price,rent")
    assert [str(one.message)[:62] for one in told if one.category is LeakWarning] == [
        "Column 'id' looks like a row number or a name of the row: its ",
        "Column 'twice' gives the target 'rent' away: they correlate by",
    ]


def test_a_target_among_the_features_gives_itself_away_alone():
    with pytest.warns(LeakWarning, match="Column 'rent' gives the target 'y1' away"):
        table_from_arrays(frame()[["area", "rent"]], Y)


def test_fingerprints_tell_targets_apart():
    every = [
        make_table(frame(), "price,rent"),
        make_table(frame(), "rent,price"),
        make_table(frame(), "price", ["rent"]),
        make_table(frame().rename(columns={"rent": "fee"}), "price,fee"),
        make_table(frame(rent=Y[:, 1] + 1), "price,rent"),
    ]
    assert len({table.fingerprint() for table in every}) == len(every)


def test_saved_and_mapped(tmp_path):
    table = make_table(frame(**{"target 0": X[:, 0] ** 2}), "price,rent")
    table.save(tmp_path / "table.feather")
    again = Table.load(tmp_path / "table.feather")
    np.testing.assert_array_equal(again.target, table.target)
    assert again.fingerprint() == table.fingerprint()
    assert (again.targets, again.target_name, again.notes) == (table.targets, table.target_name, table.notes)


def test_copies_agree_in_every_target():
    doubled = pd.concat([frame(), frame().iloc[:3], frame().iloc[3:5].assign(rent=0.5)])
    table = without_copies(make_table(doubled, "price,rent"))
    assert (table.n_rows, sorted(table.row_weights)[-4:]) == (ROWS + 2, [1.0, 2.0, 2.0, 2.0])
    assert "3 rows repeat an earlier row, target included." in " ".join(make_table(doubled, "price,rent").notes)


def test_neighbours_in_time_by_the_likest_target():
    days = pd.date_range("2024-01-01", periods=100).strftime("%Y-%m-%d")
    noise = np.random.default_rng(1).normal(size=100)
    data = pd.DataFrame({"day": days, "noise": noise, "wave": np.sin(np.arange(100) / 9)})
    notes = make_table(data.assign(x=noise[::-1]), "noise,wave").notes
    assert "Neighbours in the order of 'day' have like targets (correlation 0.9" in " ".join(notes)
