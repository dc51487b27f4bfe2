"""The parts of the strong network against their formulas, and what it is for odd tables."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from posology.handback.onnx_file import write_onnx
from posology.network import strong
from posology.network.alike import check_alike
from posology.network.checks import check_model

RANDOM = np.random.default_rng(0)


def ran(inputs, output, rows):
    return np.asarray(keras.Model(inputs, output)(rows.astype("float32")))


def test_columns_are_held_within_ten_standard_deviations():
    rows = np.column_stack([RANDOM.standard_t(2, 400), np.full(400, 7.0)])
    rows[0, 0] = 1e6
    inputs = keras.Input((2,))
    got = ran(inputs, strong.held(inputs, keras.ops.sqrt), rows)
    np.testing.assert_allclose(got, rows / np.sqrt(1 + (rows / 10) ** 2), rtol=1e-5)
    np.testing.assert_allclose(got, strong.held(rows, np.sqrt), rtol=1e-5)
    assert np.abs(got).max() <= 10


def test_bins_are_the_places_among_quantiles():
    rows = RANDOM.normal(size=(200, 2))
    inputs = keras.Input((2,))
    got = ran(inputs, strong.embedded(inputs, rows), rows)
    assert got.shape == (200, 2 + 2 * strong.BINS)
    np.testing.assert_allclose(got[:, :2], rows, atol=1e-6)
    for column in (0, 1):
        edges = np.quantile(rows[:, column], np.linspace(0, 1, strong.BINS + 1))
        places = [np.interp(rows[:, column], [low, high], [0, 1]) for low, high in pairwise(edges)]
        begin = 2 + column * strong.BINS
        np.testing.assert_allclose(got[:, begin : begin + strong.BINS], np.transpose(places), atol=1e-4)


def test_the_output_reads_the_columns_beside_the_hidden_layers():
    rows = RANDOM.normal(size=(60, 5)).astype("float32")
    model = strong.model_build(rows)
    read = keras.Model(model.inputs[0], model.get_layer("beside").output)(rows)
    assert model.get_layer("output").kernel.shape == (128 + 5, 1)
    np.testing.assert_allclose(np.asarray(read)[:, 128:], strong.held(rows, np.sqrt), rtol=1e-5)


def test_the_learning_rate_stays_and_falls():
    falling = strong.falling(100, 0.5)
    at = [float(falling(step)) for step in (0, 25, 50, 75, 100, 500)]
    assert at == pytest.approx([0.5, 0.5, 0.5, 0.25, 0, 0], abs=1e-6)


@pytest.mark.parametrize(("columns", "bins"), [(100, 5), (256, 2), (2000, 0)])
def test_wide_tables_get_fewer_bins(columns, bins):
    model = strong.model_build(RANDOM.normal(size=(60, columns)).astype("float32"))
    assert model.get_layer("hidden_1").kernel.shape == (columns * (1 + bins), 128)


@pytest.mark.parametrize(("classes", "width", "loss"), [(0, 1, "mse"), (2, 1, "binary"), (4, 4, "sparse")])
def test_it_fits_every_target(classes, width, loss):
    model = strong.model_build(RANDOM.normal(size=(60, 3)).astype("float32"), classes)
    check_model(model, "strong", [3], classes)
    assert model.output_shape == (None, width)
    assert loss in model.loss


@pytest.mark.parametrize(("classes", "peak"), [(0, 0.002), (2, 0.0005), (4, 0.0005)])
def test_it_begins_at_the_mean_or_at_equal_classes_and_learns_classes_slower(classes, peak):
    rows = RANDOM.normal(size=(60, 3)).astype("float32")
    model = strong.model_build(rows, classes)
    want = {0: 0.0, 2: 0.5, 4: 0.25}[classes]
    np.testing.assert_array_equal(np.asarray(model(rows)), np.full((60, model.output_shape[1]), want))
    assert float(model.optimizer._learning_rate(0)) == pytest.approx(peak)


def test_few_epochs_and_large_batches_end_at_a_rate_of_zero():
    rows = RANDOM.normal(size=(100, 3)).astype("float32")
    rate = strong.model_build(rows, epochs=6, batch_size=50).optimizer._learning_rate
    assert (float(rate(11)) > 0, float(rate(12))) == (True, 0.0)


def test_all_folds_build_one_network():
    rows = RANDOM.normal(size=(120, 4)).astype("float32")
    rows[:, 3] = rows[:, 3] > 1.5
    constant = rows[:60].copy()
    constant[:, 3] = 0  # a level that no row of a fold has
    check_alike(strong.model_build(rows), strong.model_build(constant))
    assert np.isfinite(np.asarray(strong.model_build(constant)(rows))).all()


def test_it_is_a_file_of_its_own(tmp_path):
    """It loads without posology, in safe mode, and runs as ONNX."""
    rows = RANDOM.normal(size=(80, 5)).astype("float32")
    model = strong.model_build(rows)
    model.optimizer.build(model.trainable_variables)
    model.save(tmp_path / "m.keras")
    again = keras.models.load_model(tmp_path / "m.keras", safe_mode=True)
    np.testing.assert_array_equal(again(rows), model(rows))
    assert all(type(layer).__module__.split(".")[0] == "keras" for layer in again.layers)
    pytest.importorskip("jax2onnx")
    runtime = pytest.importorskip("onnxruntime")
    write_onnx(model, tmp_path / "m.onnx")
    session = runtime.InferenceSession(tmp_path / "m.onnx")
    (got,) = session.run(None, {session.get_inputs()[0].name: rows})
    np.testing.assert_allclose(got, np.asarray(model(rows)), atol=1e-5)
