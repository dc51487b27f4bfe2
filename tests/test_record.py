"""The folder: whole or absent, one writer, never another study's."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from posology.errors import InputError, StoppedError
from posology.record import Record, check_folder
from posology.results_index import reading
from posology.settings import Settings
from posology.study_json import read_settings

from .packs import arrays, pack

FACTS = json.loads(
    json.dumps(
        {
            "settings": Settings().to_dict(),
            "fingerprint": "ab",
            "versions": {"posology": "0.1.0"},
            "table": "/data/houses.csv",
            "target": "price",
            "drop": [],
            **dict.fromkeys(("task", "groups", "weights")),
        }
    )
)


@pytest.fixture
def record(tmp_path):
    opened = Record(tmp_path / "study")
    opened.begin(FACTS)
    yield opened
    opened.close()


def test_packs_come_back(record):
    record.write_pack("r0f0-tune1-split0-0", {"a": np.arange(3), "b": np.array([np.nan])})
    kept = record.read_pack("r0f0-tune1-split0-0")
    np.testing.assert_array_equal(kept["a"], np.arange(3))
    assert record.read_pack("another") is None


@pytest.mark.parametrize("keep", [0, 1, 10, 100, -1])
def test_a_torn_pack_counts_as_absent(record, keep):
    record.write_pack("p", {"a": np.arange(30)})
    path = record.folder / "packs" / "p.npz"
    path.write_bytes(path.read_bytes()[:keep])
    assert record.read_pack("p") is None


def test_objects_in_a_pack_are_never_loaded(record):
    np.savez(record.folder / "packs" / "p.npz", a=np.array([{"evil": 1}], dtype=object))
    assert record.read_pack("p") is None


def test_no_part_is_left_behind(record):
    record.write_json("verdict.json", {"b": 1, "a": 2})
    left = {p.name for p in record.folder.iterdir()} - {"study.sqlite-wal", "study.sqlite-shm"}
    assert left == {".lock", ".study.json.copy", "packs", "study.json", "study.sqlite", "study.toml", "verdict.json"}
    assert (record.folder / "verdict.json").read_text() == '{\n  "a": 2,\n  "b": 1\n}\n'


def test_the_same_study_is_continued(record):
    record.close()
    again = Record(record.folder)
    again.begin(FACTS)
    again.close()


def test_a_folder_of_schema_6_is_read_and_brought_up_to_date(tmp_path):
    """What posology 0.1.0 wrote before packs said what they hold: they are known by their names."""
    held = {"schema": 6, **FACTS}
    (tmp_path / "packs").mkdir()
    (tmp_path / "study.json").write_text(json.dumps(held, sort_keys=True, indent=2) + "\n")
    one = pack("r0f0-tune1-split0-0", [0, 1])
    np.savez(tmp_path / "packs" / f"{one.name}.npz", **arrays(one))
    record = Record(tmp_path)
    record.begin(FACTS)
    np.testing.assert_array_equal(record.result(one)["best_loss"], arrays(one)["best_loss"])
    record.close()
    assert read_settings(tmp_path) == {**FACTS, "schema": 7, "grown": []}
    with reading(tmp_path) as base:
        assert base.execute("SELECT count(*) FROM networks").fetchone() == (2,)


def test_a_damaged_study_json_is_mended_from_its_copy(record):
    whole = (record.folder / "study.json").read_bytes()
    record.close()
    (record.folder / "study.json").write_bytes(whole[:-9])
    again = Record(record.folder)
    again.begin(FACTS)
    again.close()
    assert (record.folder / "study.json").read_bytes() == whole


def test_study_toml_asks_for_the_same_study(record):
    options = tomllib.loads((record.folder / "study.toml").read_text())
    assert options["table"] == "/data/houses.csv"
    assert options["target"] == "price"
    assert options["repeats"] == 5
    assert "budget" not in options


def test_study_toml_has_the_budget_of_the_session(record):
    record.close()
    before = read_settings(record.folder)["id"]
    again = Record(record.folder)
    again.begin({**FACTS, "budget": 600.0})
    again.close()
    assert tomllib.loads((record.folder / "study.toml").read_text())["budget"] == "10m"
    assert again.mended == []
    assert read_settings(record.folder)["id"] == before


def test_another_study_is_refused_and_says_what_differs(record):
    with pytest.raises(InputError) as caught:
        check_folder(record.folder, {**FACTS, "fingerprint": "cd"})
    text = str(caught.value)
    assert "holds another study" in text
    assert "holds another study (the cells of the table are others)." in text
    assert "fingerprint" not in text
    assert f"posology resume {record.folder}" in text


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("do not lose me")
    with pytest.raises(InputError, match="holds other files"):
        check_folder(tmp_path, FACTS)


def test_a_file_is_refused(tmp_path):
    (tmp_path / "f").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        check_folder(tmp_path / "f", FACTS)


def test_a_second_run_on_one_folder_is_refused(record):
    code = (
        "import sys, json; from pathlib import Path; from posology.record import Record\n"
        "Record(Path(sys.argv[1])).begin(json.loads(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(record.folder), json.dumps(FACTS)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "is in use by another run of posology" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs Linux's /dev/full")
def test_a_full_disk_keeps_what_was_finished(record):
    record.write_pack("first", {"a": np.arange(3)})
    (record.folder / "packs" / ".second.npz.part").symlink_to("/dev/full")
    with pytest.raises(StoppedError) as caught:
        record.write_pack("second", {"a": np.arange(3)})
    assert "The disk is full" in str(caught.value)
    assert f"posology resume {record.folder}" in str(caught.value)
    assert record.read_pack("first") is not None


def test_a_folder_that_is_moved_away_is_told(record):
    record.write_pack("first", {"a": np.arange(3)})
    (record.folder / "packs").rename(record.folder / "elsewhere")
    with pytest.raises(
        StoppedError, match=r"was removed or moved while the study ran\. Put it back, then: posology resume"
    ):
        record.write_pack("second", {"a": np.arange(3)})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "holds no study"),
        ("{", "is cut off or damaged"),
        ('{"schema": 99}', "written by a newer posology"),
        ('{"schema": 5}', "written by an earlier posology"),
        ('{"schema": 7}', "is damaged: it has no settings"),
        ('{"schema": "7"}', "is damaged: it has no schema"),
        ("[]", "is damaged: it has no schema"),
    ],
)
def test_settings_that_cannot_be_read(tmp_path, content, message):
    if content is not None:
        (tmp_path / "study.json").write_text(content)
    with pytest.raises(InputError, match=message):
        read_settings(tmp_path)
