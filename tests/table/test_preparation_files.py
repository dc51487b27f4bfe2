import json
import operator
import re

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops import io as skops

from posology.errors import InputError
from posology.table import Preparation


@pytest.fixture
def preparation(mixed_table):
    return Preparation.fit(mixed_table.features, mixed_table.target)


@pytest.fixture
def folder(tmp_path, preparation):
    preparation.save(tmp_path / "winner")
    return tmp_path / "winner"


def refusal(folder):
    with pytest.raises(InputError) as caught:
        Preparation.load(folder)
    return str(caught.value)


def test_round_trip(folder, preparation, mixed_table):
    again = Preparation.load(folder)
    for name in ("columns", "kinds", "levels", "names", "target_mean", "target_sd", "target_range"):
        assert getattr(again, name) == getattr(preparation, name)
    np.testing.assert_array_equal(again.transform(mixed_table.features), preparation.transform(mixed_table.features))
    assert sorted(path.name for path in folder.iterdir()) == ["preparation.json", "preparation.skops"]


def test_round_trip_of_real_tables(tmp_path, real_table):
    preparation = Preparation.fit(real_table.features, real_table.target)
    preparation.save(tmp_path)
    wanted = preparation.transform(real_table.features)
    np.testing.assert_array_equal(Preparation.load(tmp_path).transform(real_table.features), wanted)


def test_the_json_says_what_was_learned(folder, preparation):
    about = json.loads((folder / "preparation.json").read_text())
    assert about["format"] == "posology preparation 1"
    assert about["target_mean"] == preparation.target_mean
    assert about["levels"] == {"site": ["north", "south", "west"]}
    assert set(about["versions"]) - {"skrub"} == {"python", "numpy", "pandas", "scikit-learn", "skops"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("columns", ["size", 3]),
        ("kinds", ["number", "cat!gory"]),
        ("levels", {"site": ["north", 1]}),
        ("levels", ["north"]),
        ("names", "size"),
        ("target_mean", "3"),
        ("target_mean", [3.0, None]),
        ("target_sd", True),
        ("target_sd", 10**400),
        ("target_range", [1.0]),
        ("target_range", [[1.0, 2.0], [3.0]]),
    ],
)
def test_a_fact_that_is_something_else(folder, name, value):
    path = folder / "preparation.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    said = f"'{path}' is damaged: it has something else than a preparation's '{name}'. "
    assert refusal(folder) == f"{said}Copy the folder from the study again."


@pytest.mark.parametrize("name", ["preparation.json", "preparation.skops"])
def test_a_file_that_is_not_there(folder, name):
    (folder / name).unlink()
    assert refusal(folder) == (
        f"'{folder}' has no {name}, so it holds no fitted preparation. Copy the folder from the study again."
    )


@pytest.mark.parametrize("name", ["preparation.json", "preparation.skops"])
@pytest.mark.parametrize("kept", [0, 20, 300])
def test_a_file_that_is_cut_off(folder, name, kept):
    path = folder / name
    path.write_bytes(path.read_bytes()[:kept])
    message = rf"'{path}' is cut off or damaged: .+\. Copy the folder from the study again\."
    assert re.fullmatch(message, refusal(folder), re.DOTALL)


@pytest.mark.parametrize(
    ("content", "found"), [('{"format": "other 2"}', "'other 2'"), ("{}", "None"), ("[]", "'list'")]
)
def test_another_format(folder, content, found):
    (folder / "preparation.json").write_text(content)
    assert refusal(folder) == (
        f"'{folder / 'preparation.json'}' has the format {found}; "
        "this posology reads 'posology preparation 1'. Use the version of posology that wrote it."
    )


def test_facts_that_are_lacking(folder):
    path = folder / "preparation.json"
    about = json.loads(path.read_text())
    del about["levels"], about["target_sd"]
    path.write_text(json.dumps(about))
    assert refusal(folder) == f"'{path}' lacks 'levels', 'target_sd'. Copy the folder from the study again."


def test_foreign_types_are_refused(folder):
    path = folder / "preparation.skops"
    attack = ColumnTransformer([("evil", FunctionTransformer(operator.methodcaller("system", "true")), [0])])
    path.write_bytes(skops.dumps(attack))
    assert refusal(folder) == (
        f"'{path}' holds types that a preparation does not have, and loading them could run code: "
        "'operator.methodcaller', 'sklearn.preprocessing._function_transformer.FunctionTransformer'. Nothing was "
        "loaded. Copy the folder from the study again."
    )


def test_another_transformer_is_refused(folder):
    path = folder / "preparation.skops"
    path.write_bytes(skops.dumps(StandardScaler()))
    assert refusal(folder) == (
        f"'{path}' holds a StandardScaler, not a ColumnTransformer. Copy the folder from the study again."
    )


def test_files_of_two_preparations(folder, mixed_table):
    other = mixed_table.features[["area"]]
    Preparation.fit(other, mixed_table.target).save(folder.parent / "other")
    (folder / "preparation.json").write_bytes((folder.parent / "other" / "preparation.json").read_bytes())
    assert refusal(folder) == (
        f"The two files of the preparation in '{folder}' do not belong together: their columns differ. "
        "Copy both from the study's folder again."
    )
