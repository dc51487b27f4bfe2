"""study.sqlite: what the packs hold, for readers of SQLite; never the truth, made again where it is damaged."""

import os
import sqlite3
import stat
from pathlib import Path

import numpy as np
import pytest

from posology.pack_files import PackFiles
from posology.results_index import NAME, ResultsIndex, reading

from .packs import EPOCHS, arrays, pack

COUNT = "SELECT count(*) FROM networks"
ALL = "SELECT * FROM results"


@pytest.fixture
def folder(tmp_path):
    """Keep two packs, and their index."""
    (tmp_path / "packs").mkdir()
    index = ResultsIndex(tmp_path)
    files = PackFiles(tmp_path / "packs", Path.write_bytes, index.add)
    for one in (pack("r0f0-tune1-split0-0", [0, 3]), pack("r0f0-refit-0", [1], split=-1)):
        files.keep(one, arrays(one))
    index.close()
    return tmp_path


def rows(folder, query=ALL):
    with reading(folder) as base:
        return base.execute(query).fetchall()


def keep(folder, one):
    PackFiles(folder / "packs", Path.write_bytes).keep(one, arrays(one))


def test_the_tables_have_what_the_packs_have(folder):
    found = rows(folder)
    assert len(found) == 3 * (EPOCHS - 1), "no row for an epoch that was not trained"
    assert found[EPOCHS - 1] == ("tune", "l1", 0, 0, 0, 0, 0, '{"l1": [1.0]}', 1, 0.5, 1.0, 1.0, 0)
    assert {row[0]: row[5] for row in found} == {"tune": 0, "refit": None}
    query = "SELECT best_epoch, best_loss, failed FROM networks WHERE trial = 3"
    assert rows(folder, query) == [(4, 4.0, 1)]


def test_it_is_read_while_it_is_written(folder):
    index = ResultsIndex(folder)
    one = pack("r1f0-tune1-split0-0", [0], repeat=1)
    with sqlite3.connect(f"file:{folder / NAME}?mode=ro", uri=True) as other:
        assert other.execute(COUNT).fetchone() == (3,)
        PackFiles(folder / "packs", Path.write_bytes, index.add).keep(one, arrays(one))
        assert other.execute(COUNT).fetchone() == (4,)
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    index.close()


def damage(folder, how):
    path = folder / NAME
    if how == "gone":
        path.unlink()
    elif how == "no database":
        path.write_text("not a database" * 1000)
    elif how == "another version":
        with sqlite3.connect(path) as base:
            base.execute("PRAGMA user_version = 99")
        base.close()
    else:
        data = bytearray(path.read_bytes())
        begin = {"first page": 100, "middle": len(data) // 2, "end": len(data) - 2048}[how]
        data[begin : begin + 2048] = os.urandom(2048)
        path.write_bytes(data)


@pytest.mark.parametrize("how", ["gone", "no database", "another version", "first page", "middle", "end"])
def test_a_damaged_index_is_made_again_and_read_around(folder, how):
    before = rows(folder)
    damage(folder, how)
    assert rows(folder) == before, "read from the packs"
    ResultsIndex(folder).close()
    with sqlite3.connect(folder / NAME) as base:
        assert base.execute(ALL).fetchall() == before
    base.close()


def test_an_index_that_is_behind_is_brought_up_to_date(folder):
    keep(folder, pack("r1f0-tune1-split0-0", [0, 1], repeat=1))
    assert rows(folder, COUNT) == [(5,)], "read around"
    (folder / "packs" / "r0f0-refit-0.npz").unlink()
    ResultsIndex(folder).close()
    with sqlite3.connect(folder / NAME) as base:
        assert base.execute(COUNT).fetchone() == (4,)
        assert base.execute("SELECT count(*) FROM packs").fetchone() == (2,)
    base.close()


def test_a_torn_pack_is_not_in_it(folder):
    path = folder / "packs" / "r0f0-refit-0.npz"
    path.write_bytes(path.read_bytes()[:300])
    assert rows(folder, COUNT) == [(2,)]


def test_a_folder_that_cannot_be_written_is_read(folder):
    mode = folder.stat().st_mode
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert len(rows(folder)) == 3 * (EPOCHS - 1)
    finally:
        folder.chmod(mode)


def test_a_full_disk_ends_the_index_and_nothing_else(folder):
    index = ResultsIndex(folder)
    index._base.execute("PRAGMA max_page_count = 1")
    many = pack("r9f0-tune1-split0-0", list(range(300)), repeat=9)
    PackFiles(folder / "packs", Path.write_bytes, index.add).keep(many, arrays(many))
    index.close()
    assert rows(folder, COUNT) == [(303,)]
    assert np.isfinite([row[0] for row in rows(folder, "SELECT best_loss FROM networks")]).all()
