import numpy as np
import pandas as pd
import pytest

from posology.errors import InputError
from posology.table import Preparation, features_of, make_table, read_frame, sources_of


@pytest.fixture
def preparation(mixed_table):
    return Preparation.fit(mixed_table.features, mixed_table.target)


def refusal(frame, preparation):
    with pytest.raises(InputError) as caught:
        features_of(frame, preparation)
    return str(caught.value)


def test_the_studied_rows_come_out_as_in_the_table(mixed_frame, mixed_table, preparation):
    features, notes = features_of(mixed_frame.drop(columns="price"), preparation)
    pd.testing.assert_frame_equal(features, mixed_table.features)
    assert notes == ()


def test_single_rows_come_out_as_in_the_table(mixed_frame, mixed_table, preparation):
    wanted = preparation.transform(mixed_table.features)
    for row in range(60):
        features, _ = features_of(mixed_frame.iloc[[row]], preparation)
        np.testing.assert_array_equal(preparation.transform(features), wanted[[row]])


def test_rows_from_a_file(tmp_path, mixed_frame, mixed_table, preparation):
    mixed_frame.to_csv(tmp_path / "new.csv", index=False)
    frame = read_frame(tmp_path / "new.csv", text=preparation.text_columns)
    pd.testing.assert_frame_equal(features_of(frame, preparation)[0], mixed_table.features)


def test_levels_of_digits_in_a_file(tmp_path):
    codes = ["007", "1.50", "x"] * 10
    table = make_table(pd.DataFrame({"code": codes, "y": np.arange(30)}), "y")
    preparation = Preparation.fit(table.features, table.target)
    (tmp_path / "new.csv").write_text("code,other\n007,1\n1.50,1\n")  # pandas alone would read 7.0 and 1.5
    frame = read_frame(tmp_path / "new.csv", text=preparation.text_columns)
    assert features_of(frame, preparation)[0]["code"].tolist() == ["007", "1.50"]


def test_notes(mixed_frame, preparation):
    frame = mixed_frame.assign(site="moon", extra=1, more=2)
    assert features_of(frame, preparation)[1] == (
        "Not used, because they are no features of the study: 'price', 'extra', 'more'.",
        "Column 'site' has levels that the studied table did not have: 'moon'.",
    )


def test_missing_columns(mixed_frame, preparation):
    frame = mixed_frame.drop(columns=["sold", "price", "rooms"]).rename(columns={"area": "Area"})
    assert refusal(frame, preparation) == (
        "The new table lacks 3 columns of the studied one:\n  - area\n  - rooms\n  - sold\n"
        "  + Area (not in the studied table)\n"
        "Add 'area', 'rooms', 'sold', under the same name; the cells may be empty. Did you mean 'Area'?"
    )


def test_empty_cells_everywhere(mixed_frame, preparation):
    frame = mixed_frame.astype(object).where(lambda f: f.isna(), None)
    features, _ = features_of(frame, preparation)
    assert features.isna().all(axis=None)
    assert np.isfinite(preparation.transform(features)).all()


def test_cells_of_another_kind(mixed_frame, preparation):
    assert refusal(mixed_frame.assign(area="wide"), preparation).startswith(
        "Column 'area' must hold numbers, as in the table that was studied, but here it has 'wide'."
    )
    assert refusal(mixed_frame.assign(sold="soon"), preparation).startswith(
        "Column 'sold' must hold dates, as in the table that was studied, but here it has 'soon'."
    )
    assert refusal(mixed_frame.assign(sold=7), preparation).startswith("Column 'sold' must hold dates")


def test_dates_without_and_with_a_time_of_day():
    studied = pd.DataFrame({"sold": ["2024-02-28", "2024-02-29"], "y": [1, 2]})
    table = make_table(studied, "y")
    preparation = Preparation.fit(table.features, table.target)
    features, _ = features_of(pd.DataFrame({"sold": ["2024-02-29T18:00"]}), preparation)
    assert features.to_dict("list") == {"sold:days": [19782], "sold:month": [2], "sold:weekday": [3]}


def test_parts_of_a_date_may_be_given_as_they_are(mixed_table, preparation):
    features, notes = features_of(mixed_table.features, preparation)
    pd.testing.assert_frame_equal(features, mixed_table.features)
    assert notes == ()


def test_a_number_beside_a_date_of_the_same_beginning():
    studied = pd.DataFrame({"sold": ["2024-02-28", "2024-02-29"], "sold:by": [1.0, 2.0], "y": [1, 2]})
    table = make_table(studied, "y")
    preparation = Preparation.fit(table.features, table.target)
    pd.testing.assert_frame_equal(features_of(studied, preparation)[0], table.features)


def test_names_that_stand_twice(preparation):
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    assert refusal(frame, preparation) == ("The table names 'a' more than once. Give every column a name of its own.")


def test_the_users_columns_are_counted_a_date_once():
    frame = pd.DataFrame(
        {"sold": ["2024-01-01T10:00", "2024-02-02T11:30", "2024-03-01"], "area": [1, 2, 4], "y": [1, 2, 3]}
    )
    features = make_table(frame, "y").features
    assert list(features) == ["sold:days", "sold:month", "sold:weekday", "sold:hour", "area"]
    assert list(sources_of(list(features))) == ["sold", "area"]


def test_columns_that_were_left_out_of_the_study_are_said_not_to_be_used(mixed_frame, preparation):
    beside = mixed_frame.drop(columns="price").assign(customer=1, household=2)
    assert features_of(beside, preparation)[1] == (
        "Not used, because they are no features of the study: 'customer', 'household'.",
    )
