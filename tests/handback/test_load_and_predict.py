"""The exported script reads a table as the study did: whatever posology reads, with the same cells."""

import json
import os
import sys

import pandas as pd
import pytest

from posology.handback import load_and_predict
from posology.table import read_frame

KINDS = {"size": "number", "code": "category", "sold:days": "number", "sold:month": "number"}
ROWS = pd.DataFrame(
    {
        "size": [1.5, 2.25, None],
        "code": ["007", "08", "7"],
        "sold": ["2024-01-05", "2024-02-06", None],
        "more": [1, 2, 3],
    }
)


@pytest.fixture
def script(tmp_path, monkeypatch):
    described = {"columns": list(KINDS), "kinds": list(KINDS.values())}
    (tmp_path / "preparation.json").write_text(json.dumps(described))
    monkeypatch.setattr(load_and_predict, "HERE", tmp_path)
    return load_and_predict


WRITTEN = {
    "comma.csv": lambda path: ROWS.to_csv(path, index=False),
    "packed.csv.gz": lambda path: ROWS.to_csv(path, index=False),
    "marked.csv": lambda path: ROWS.to_csv(path, index=False, encoding="utf-8-sig"),
    "tabs.txt": lambda path: ROWS.to_csv(path, index=False, sep="\t"),
    "semicolons.csv": lambda path: ROWS.to_csv(path, index=False, sep=";", decimal=","),
    "spaces.csv": lambda path: ROWS.rename(columns={"code": " code ", "size": " size"}).to_csv(path, index=False),
    "table.parquet": lambda path: ROWS.to_parquet(path),
    "table.feather": lambda path: ROWS.to_feather(path),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_it_reads_what_a_study_reads(script, tmp_path, name):
    path = tmp_path / name
    WRITTEN[name](path)
    got, wanted = script._read_table(str(path)), read_frame(path, text=["code"])
    assert got["size"].tolist()[:2] == wanted["size"].tolist()[:2] == [1.5, 2.25]
    assert got["code"].tolist() == wanted["code"].tolist() == ["007", "08", "7"]
    assert got["sold"].tolist()[:2] == wanted["sold"].tolist()[:2]


def test_a_table_without_a_column_is_told(script, tmp_path):
    ROWS.drop(columns=["sold", "code"]).to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(SystemExit, match=r"new\.csv' lacks columns that the network reads: code, sold$"):
        script._read_table(str(tmp_path / "new.csv"))


def test_a_column_named_like_a_part_of_a_date_is_one(script, tmp_path):
    ROWS.rename(columns={"sold": "sold:days"}).assign(**{"sold:month": 1}).to_csv(tmp_path / "new.csv", index=False)
    assert "sold:days" in script._read_table(str(tmp_path / "new.csv"))


@pytest.fixture
def without_keras(script, tmp_path, monkeypatch):
    """Keras is not imported yet, no backend is set, and those that are installed are as told."""
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "")  # so that it is put back
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))

    def installed(*names):
        monkeypatch.setattr(script, "find_spec", lambda name: name if name in names else None)
        return script

    return installed


@pytest.mark.parametrize(
    ("names", "chosen"),
    [(("jax",), "jax"), (("torch",), "torch"), (("tensorflow", "jax"), None)],
)
def test_an_installed_backend_is_chosen_where_keras_own_is_not_there(without_keras, names, chosen):
    without_keras(*names)._choose_backend()
    assert os.environ.get("KERAS_BACKEND") == chosen


def test_a_backend_that_is_set_stays(without_keras, tmp_path, monkeypatch):
    script = without_keras("jax", "torch")
    (tmp_path / "keras.json").write_text('{"backend": "torch"}')
    script._choose_backend()
    assert "KERAS_BACKEND" not in os.environ
    monkeypatch.setenv("KERAS_BACKEND", "openvino")
    script._choose_backend()
    assert os.environ["KERAS_BACKEND"] == "openvino"


def test_without_any_backend_it_says_what_to_install(without_keras):
    with pytest.raises(ImportError, match=r"none is installed\. Install one of: jax, tensorflow, torch"):
        without_keras()._choose_backend()
