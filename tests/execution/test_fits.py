"""Prepared rows are written once, mapped by every worker, and what the preparation itself gives."""

import json
from pathlib import Path

import numpy as np
import pytest

from posology.data import concrete
from posology.execution import fits
from posology.execution.fits import FitStore
from posology.execution.job import Job
from posology.network.source import NetworkSource
from posology.plan import ALL_ROWS, REFIT, Design, Pack
from posology.table import Preparation, make_table, one_input, table_from_arrays

ROWS = 120


@pytest.fixture
def table():
    whole = concrete().sample(ROWS, random_state=0).reset_index(drop=True)
    rng = np.random.default_rng(0)
    whole["plant"] = rng.choice(["north", "south", "west"], ROWS)
    whole.loc[rng.choice(ROWS, 15, replace=False), "slag"] = np.nan
    return make_table(whole, "strength_mpa")


def store(folder, table):
    design = Design(((),), 2, 4, inner_splits=2, epochs=6)
    job = Job("", NetworkSource("question"), ROWS, design, ("l1",), str(folder))
    return FitStore(folder, table, one_input(table), job), job


@pytest.mark.parametrize("block", [7, 65_536])
@pytest.mark.parametrize("where", [(0, 1, 0), (1, 3, 1), (0, 0, REFIT), (ALL_ROWS, 0, 2)])
def test_a_fit_is_what_its_own_rows_prepare(tmp_path, table, monkeypatch, where, block):
    monkeypatch.setattr(fits, "BLOCK", block)
    made, job = store(tmp_path, table)
    fit = made.fit(*where)
    rows, watched = job.rows_of(Pack("", *where, ()))
    preparation = Preparation.fit(table.features.iloc[rows], table.target[rows])
    for x, y, which in ((fit.data.x, fit.data.y, rows), (fit.data.watched_x, fit.data.watched_y, watched)):
        want = one_input(table).matrix(preparation, table.features.iloc[which])
        np.testing.assert_array_equal(np.asarray(x)[0, : len(which)], want)
        np.testing.assert_array_equal(np.asarray(x)[0, len(which) :], 0)
        np.testing.assert_array_equal(
            np.asarray(y)[0, : len(which), 0], preparation.target_to_network(table.target[which])
        )
    assert fit.training_rows().shape == (len(rows), one_input(table).width)
    z = np.array([[0.5, -1.0]], "float32")
    np.testing.assert_allclose(fit.target_from_network(z), preparation.target_from_network(z))


def weighted(table, **how):
    counts = np.random.default_rng(1).integers(1, 5, ROWS).astype(float)
    return table_from_arrays(table.features, table.target, weights=counts, **how), counts


def test_weights_are_1_on_average_and_scale_the_target(tmp_path, table):
    heavy, counts = weighted(table)
    made, job = store(tmp_path, heavy)
    fit = made.fit(0, 1, 0)
    rows, watched = job.rows_of(Pack("", 0, 1, 0, ()))
    np.testing.assert_allclose(np.asarray(fit.data.weight)[0, : len(rows)], counts[rows] / counts[rows].mean(), 1e-6)
    np.testing.assert_allclose(
        np.asarray(fit.data.watched_weight)[0, : len(watched)], counts[watched] / counts[rows].mean(), 1e-6
    )
    assert fit.target_mean == pytest.approx(np.average(heavy.target[rows], weights=counts[rows]))
    repeated = np.repeat(heavy.target[rows], counts[rows].astype(int))
    assert fit.target_sd == pytest.approx(repeated.std())
    assert made.fit(0, 1, REFIT).data.weight.shape == fit.data.weight.shape


def test_classes_are_balanced_by_the_rows_that_are_trained_on(tmp_path, table):
    y = np.where(table.target > 45, "hard", "soft")
    heavy = table_from_arrays(table.features, y, weights=weighted(table)[1])
    design = Design(((),), 2, 4, inner_splits=2, epochs=6, class_weight="balanced")
    job = Job("", NetworkSource("question"), ROWS, design, ("l1",), str(tmp_path))
    made = FitStore(tmp_path, heavy, one_input(heavy), job)
    rows = made.rows_of(Pack("", 1, 2, REFIT, ()))[0]
    weights, codes = np.asarray(made.fit(1, 2, REFIT).data.weight)[0, : len(rows)], heavy.strata[rows]
    assert weights.mean() == pytest.approx(1, rel=1e-6)
    assert weights[codes == 0].sum() == pytest.approx(weights[codes == 1].sum(), rel=1e-5)
    np.testing.assert_allclose(made.weights(rows), weights, rtol=1e-6)
    assert not np.allclose(weights, heavy.row_weights[rows])


def test_arrays_are_the_pages_of_the_file(tmp_path, table):
    made, _ = store(tmp_path, table)
    data = made.fit(0, 0, 0).data
    maps = Path("/proc/self/maps").read_text().splitlines()
    for array, name in ((data.x, "/x.npy"), (data.watched_x, "/watched_x.npy")):
        address = array.unsafe_buffer_pointer()
        ranges = [line.split()[0].split("-") for line in maps if line.endswith(name)]
        assert any(int(low, 16) <= address < int(high, 16) for low, high in ranges), f"{name} was copied"


def test_a_second_worker_prepares_nothing(tmp_path, table, monkeypatch):
    first, _ = store(tmp_path, table)
    want = np.asarray(first.fit(0, 2, 0).data.x)
    second, _ = store(tmp_path, table)
    monkeypatch.setattr(Preparation, "fit", lambda *_: pytest.fail("it was prepared before"))
    np.testing.assert_array_equal(np.asarray(second.fit(0, 2, 0).data.x), want)


def test_a_fit_that_was_left_half_prepared_is_prepared_again(tmp_path, table):
    made, _ = store(tmp_path, table)
    want = np.asarray(made.fit(0, 2, 0).data.x).copy()
    place = tmp_path / "0_2_0"
    (place / "facts.json").unlink()
    (place / "x.npy").write_bytes(b"torn")
    np.testing.assert_array_equal(np.asarray(made.fit(0, 2, 0).data.x), want)


def test_old_fits_make_room_and_come_back(tmp_path, table):
    made, job = store(tmp_path, table)
    held = made.fit(0, 0, 0)
    before = np.asarray(held.data.x).copy()
    for fold in range(4):
        for split in (0, 1):
            made.fit(1, fold, split)
    assert len([p for p in tmp_path.iterdir() if p.is_dir()]) == fits.FITS_KEPT
    assert not (tmp_path / "0_0_0").exists()
    np.testing.assert_array_equal(np.asarray(held.data.x), before)  # what is mapped stays
    np.testing.assert_array_equal(np.asarray(made.fit(0, 0, 0).data.x), before)
    facts = [json.loads(path.read_text()) for path in tmp_path.glob("*/facts.json")]
    cells = sum((fact["rows"] + fact["watched"]) * (one_input(table).width + 1) for fact in facts)
    assert 4 * cells <= job.scratch_bytes(one_input(table).width) <= 8 * cells  # what a dry run tells of
