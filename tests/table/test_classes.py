"""A target of classes: what is decided of a column, what is told, what is refused."""

import datetime as dt
import time

import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.table import Classes, Table, check_classes, check_classes_in_folds, make_table, table_from_arrays
from posology.table.classes import read_target

CHANGE = "(in Python: task='classification')"


def refusal(values, task=None):
    with pytest.raises(InputError) as caught:
        read_target("sort", pd.Series(values), task)
    return str(caught.value)


@pytest.mark.parametrize("dtype", [object, "string", "category"])
def test_text_is_classes(dtype):
    target = read_target("sort", pd.Series(["rye", "oat", None, "rye"]).astype(dtype))
    np.testing.assert_array_equal(target.numbers, [1, 0, np.nan, 1])
    assert target.classes == ("oat", "rye")
    what = "categories" if dtype == "category" else "text"
    assert target.note == f"The target 'sort' has {what}: 2 classes, 'oat' (33.3%), 'rye' (66.7%)."


@pytest.mark.parametrize("dtype", [bool, object, "boolean", "category"])
def test_truth_values_are_classes(dtype):
    target = read_target("sort", pd.Series([True, False, True]).astype(dtype))
    assert target.numbers.tolist() == [1, 0, 1]
    assert target.classes == ("False", "True")
    assert target.note == "The target 'sort' has truth values: 2 classes, 'False' (33.3%), 'True' (66.7%)."


def test_numbers_that_are_declared_categories_are_classes_in_the_order_of_numbers():
    target = read_target("grade", pd.Series([10, 2, 2, 10]).astype("category"))
    assert target.classes == ("2", "10")
    assert target.note == (
        "The target 'grade' has categories: 2 classes, '2' (50.0%), '10' (50.0%). Use --task regression (in Python: "
        "task='regression') for numbers."
    )
    assert read_target("grade", pd.Series([10, 2]).astype("category"), "regression").numbers.tolist() == [10, 2]


def test_few_whole_numbers_are_numbers_and_the_user_is_told_how_to_say_otherwise():
    values = pd.Series([1, 0] * 10)
    target = read_target("sick", values)
    assert (target.classes, target.numbers.tolist()) == ((), values.tolist())
    assert target.note == (
        "The target 'sick' is one of 0, 1, taken as numbers. If they are names of classes, use --task classification "
        f"{CHANGE}."
    )
    assert read_target("sick", values, "regression").note == ""
    declared = read_target("sick", values, "classification")
    assert declared.classes == ("0", "1")
    assert declared.note.startswith("The target 'sick' is taken as 2 classes, '0' (50.0%), '1' (50.0%).")


@pytest.mark.parametrize("values", [np.arange(30.0), [0.5, 1.5] * 9, np.arange(11).repeat(3), [3, 5]])
def test_other_numbers_are_not_remarked_on(values):
    assert read_target("price", pd.Series(values)).note == ""


def test_many_classes_are_told_in_short():
    note = read_target("letter", pd.Series(list("abcdefghijkl"))).note
    assert note.startswith("The target 'letter' has text: 12 classes, 'a' (8.3%),")
    assert note.endswith("'j' (8.3%) and 2 more.")


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        (
            ["a", "a", None],
            None,
            "The target 'sort' is 'a' in all 2 rows where it is known: there is nothing to predict.",
        ),
        ([dt.date(2024, 1, 1)] * 3, None, "has dates such as '2024-01-01'; posology studies numbers and classes."),
        ([dt.date(2024, 1, 1)] * 3, "regression", "has dates such as '2024-01-01'; a regression needs numbers."),
        (
            [*map(str, range(19)), "n/a?"],
            None,
            "has numbers, but also text such as 'n/a?'. Mend these cells; if all are",
        ),
        (["1,000", "250", "1,200"], None, "has numbers, but also text such as '1,000', '1,200'. Mend these cells"),
        (["a", "b"], "regression", "has text such as 'a', 'b'; a regression needs numbers. Choose a column of"),
        ([True, False], "regression", "has truth values (True, False); a regression needs numbers. Leave out --task"),
        ([0.25, 0.5], "classification", "has numbers such as 0.25, which name no classes. Use --task regression"),
        ([1.0, np.inf], "classification", "is infinite in 1 row. Mend or remove these rows."),
        ([None, None], None, "The target 'sort' is missing in all 2 rows. Give rows in which it is known."),
        (["a", "b"], "clasification", "The task is 'clasification'. Did you mean 'classification'? Use one of: "),
    ],
)
def test_what_is_refused(values, task, message):
    assert message in refusal(values, task)


def test_stray_text_may_name_a_class_after_all():
    assert len(read_target("sort", pd.Series([*map(str, range(19)), "n/a?"]), "classification").classes) == 20


def test_rare_classes():
    names = ["a"] * 9 + ["b"] * 2 + ["c"]
    codes = read_target("sort", pd.Series(names)).numbers
    with pytest.raises(InputError) as caught:
        check_classes("sort", codes, ("a", "b", "c"), folds=3)
    assert str(caught.value) == (
        "The target 'sort' has 3 classes, of which 'b (2 rows)', 'c (1 row)' have fewer rows than there are folds, 3: "
        "every fold must score rows of every class. Give more rows of them, join rare classes, leave out their rows, "
        "or choose another target."
    )
    with pytest.raises(InputError, match=r"Give more rows of it, join rare classes, .*, or use at most 2 folds"):
        check_classes("sort", codes[:11], ("a", "b"), folds=3)
    check_classes("sort", codes[:11], ("a", "b"), folds=2)


def test_folds_of_whole_groups_that_lack_a_class():
    codes, folds = np.array([0.0, 1.0, 1.0, 1.0]), np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    with pytest.raises(InputError) as caught:
        check_classes_in_folds("sort", codes, ("oat", "rye"), folds)
    assert str(caught.value) == (
        "Whole groups leave a fold without rows of 'oat' of the target 'sort': too few groups have such rows, and "
        "every fold must score rows of every class. Use fewer --folds, another --seed, or join rare classes."
    )
    check_classes_in_folds("sort", np.array([0.0, 1.0, 1.0, 0.0]), ("oat", "rye"), np.array([[0, 0, 1, 1]]))


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame({"age": rng.normal(size=30), "sort": rng.choice(["rye", "oat"], 30)})


def test_a_table_of_classes(frame, tmp_path):
    frame.loc[3, "sort"] = None
    table = make_table(frame, "sort")
    assert (table.task, table.classes, table.n_rows) == ("classification", ("oat", "rye"), 29)
    assert table.strata.tolist() == [int(name == "rye") for name in frame["sort"].dropna()]
    assert table.notes[1] == "1 row without a value of the target 'sort' was left out."
    table.save(tmp_path / "t.feather")
    again = Table.load(tmp_path / "t.feather")
    assert (again.classes, again.fingerprint()) == (table.classes, table.fingerprint())
    assert make_table(frame.replace("rye", "sow"), "sort").fingerprint() != table.fingerprint()


def test_a_table_of_numbers_has_no_strata(frame):
    table = make_table(frame, "age")
    assert (table.task, table.classes, table.strata) == ("regression", (), None)


def test_classes_of_an_array(frame):
    table = table_from_arrays(frame[["age"]].to_numpy(), frame["sort"].to_numpy())
    assert table.classes == ("oat", "rye")
    assert table_from_arrays(frame[["age"]], np.arange(30) % 3, task="classification").classes == ("0", "1", "2")


def test_a_column_that_names_the_classes_is_a_leak(frame):
    with pytest.warns(match="Column 'letter' gives the target 'sort' away: each of its levels stands for one value"):
        make_table(frame.assign(letter=frame["sort"].str[0]), "sort")


def test_the_file_of_classes(tmp_path):
    assert Classes.load(tmp_path) is None
    Classes(("oat", "rye"), True).save(tmp_path)
    assert Classes.load(tmp_path) == Classes(("oat", "rye"), True)
    (tmp_path / "classes.json").write_text("{")
    with pytest.raises(InputError, match=r"classes\.json' is cut off or damaged"):
        Classes.load(tmp_path)


@pytest.mark.parametrize(
    ("values", "cells"),
    [
        ([2, 0, 1, 0, 1, 2], (0, 1, 2)),
        ([1.0, 0.0, None, 1.0], (0.0, 1.0)),
        ([True, False, True], (False, True)),
        (pd.Series([10, 9, 9], dtype="category"), (9, 10)),
        (pd.Series([1, 0, None], dtype="Int64"), (0, 1)),
        (["rye", "oat", None], ("oat", "rye")),
        (pd.Series(["1", 1, 0], dtype=object), ("0", "1")),
    ],
)
def test_classes_keep_the_cells_that_the_user_wrote(values, cells):
    found = read_target("sort", pd.Series(values), "classification").cells
    assert found == cells
    assert [type(cell) for cell in found] == [type(cell) for cell in cells]


def test_a_table_hands_them_on():
    assert table_from_arrays([[1], [2], [3], [4]], np.array([1, 0, 1, 0]), task="classification").cells == (0, 1)


def test_a_target_of_many_different_texts_is_read_in_time_that_grows_with_their_number():
    names = pd.Series([f"rs{n}" for n in range(60_000)])  # the names of genes, as one may choose by mistake
    began = time.process_time()
    assert len(read_target("gene", names).classes) == len(names)
    assert time.process_time() - began < 5  # it was half a minute, and ten minutes at 160,000
