import numpy as np
import pandas as pd
import polars as pl
import pytest

from posology import InputError
from posology.table import Table, check_groups, make_table, table_from_arrays
from posology.table.groups import groups_of

RNG = np.random.default_rng(0)


def frame(rows=60):
    x, noise = np.random.default_rng(0).normal(size=(rows, 2)), np.random.default_rng(1).normal(size=rows)
    table = pd.DataFrame(x, columns=["height", "weight"])
    return table.assign(clinic=[f"c{i // 3}" for i in range(rows)], price=x[:, 0] + x[:, 1] + noise / 10)


def test_a_column_of_groups_is_no_feature():
    table = make_table(frame(), "price", groups="clinic")
    assert list(table.features) == ["height", "weight"]
    np.testing.assert_array_equal(table.clusters, np.arange(60) // 3)
    assert table.notes[0] == (
        "The rows come in 20 groups by 'clinic', of 3 rows: each stays whole in every split and counts once as "
        "evidence; 'clinic' is no feature."
    )
    assert make_table(frame(), "price").clusters is None


def test_rows_without_a_target_leave_their_group():
    known = frame()
    known.loc[:2, "price"] = None
    table = make_table(known, "price", groups="clinic")
    np.testing.assert_array_equal(table.clusters, np.arange(57) // 3)


@pytest.mark.parametrize("groups", [frame()["clinic"], frame()["clinic"].to_numpy(), pl.Series("clinic", range(60))])
def test_arrays_of_groups(groups):
    data = frame()
    table = table_from_arrays(data[["height", "weight"]], data["price"], groups=groups)
    assert table.groups.count == len(set(groups))
    by_name = table_from_arrays(data[["height", "weight", "clinic"]], data["price"], groups="clinic")
    assert list(by_name.features) == list(table.features)


def test_groups_go_into_the_file_and_the_fingerprint(tmp_path):
    table = make_table(frame(), "price", groups="clinic")
    table.save(tmp_path / "table.feather")
    again = Table.load(tmp_path / "table.feather")
    np.testing.assert_array_equal(again.clusters, table.clusters)
    assert (again.groups.name, list(again.features)) == ("clinic", ["height", "weight"])
    assert again.fingerprint() == table.fingerprint() != make_table(frame(), "price", ["clinic"]).fingerprint()


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("clinik", "There is no column of groups, 'clinik'. Did you mean 'clinic'?"),
        ("price", "'price' is the target and also the column of groups. Choose one."),
    ],
)
def test_a_column_that_is_not_there_or_is_the_target(asked, message):
    with pytest.raises(InputError) as caught:
        make_table(frame(), "price", groups=asked)
    assert message in str(caught.value)


def test_bad_groups():
    with pytest.raises(InputError, match=r"The groups 'clinic' are missing in 1 row. Fill them in"):
        groups_of(pd.Series(["a", None, "b"]), "clinic")
    with pytest.raises(InputError, match=r"The groups 'clinic' are the same in all rows. Leave --groups out."):
        groups_of(pd.Series(["a", "a"]), "clinic")
    with pytest.raises(InputError, match="'clinic' has 2 groups; 5 folds need at least 10, for groups are what"):
        check_groups(groups_of(pd.Series(["a", "a", "b"]), "clinic"), 5)
    check_groups(groups_of(pd.Series(range(10)), "clinic"), 5)
    with pytest.raises(InputError, match=r"X has 60 rows and groups has 3. Give one group for every row of X."):
        table_from_arrays(frame()[["height"]], frame()["price"], groups=[1, 2, 3])


def test_many_copies_suggest_groups():
    data = frame().drop(columns="clinic")
    twice = pd.concat([data, data.iloc[:5]])
    said = "5 rows repeat an earlier row, target included."
    advice = " A network is then scored on rows it has seen; --groups COLUMN keeps those that belong together."
    assert f"{said}{advice}" in make_table(twice, "price").notes
    grouped = twice.assign(site=range(65))
    assert said in make_table(grouped, "price", groups="site").notes
    rare = pd.DataFrame(RNG.normal(size=(300, 3)), columns=["height", "weight", "price"])
    once = pd.concat([rare, rare.iloc[:1]])
    assert "1 row repeats an earlier row, target included." in make_table(once, "price").notes
