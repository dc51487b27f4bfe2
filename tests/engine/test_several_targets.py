"""A network with an output for each target is trained, watched and scored as Keras' own `fit` trains it."""

import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss

from posology.network.export import set_weights
from posology.network.packed import PackedNetwork
from tests.engine.packs import BATCH, COLUMNS, batches, members, pick, run, table
from tests.engine.test_versus_keras import STRENGTHS, assert_moved, assert_same, mlp

EPOCHS = 6


def both(x):
    """A second target beside the table's own, on another scale."""
    return np.concatenate([np.tanh(x[..., :1] + x[..., 1:2] * x[..., 2:3]), 3 * x[..., 3:4] - x[..., :1]], axis=-1)


def data():
    rows = table()
    return rows._replace(y=both(rows.x), watched_y=both(rows.watched_x))


def fitted(model, network, rows, pack, i):
    """Train a stock model by `fit`, in the member's own order of rows, and give its loss on the watched rows."""
    member = pick(pack, i)
    set_weights(model, member.weights, network.computed(member.state))
    for epoch in range(EPOCHS):
        filled = batches(member.key, epoch).ravel()
        model.fit(rows.x[0][filled], rows.y[0][filled], BATCH, 1, verbose=0, shuffle=False)
    return model.evaluate(rows.watched_x[0], rows.watched_y[0], verbose=0, batch_size=len(rows.watched_x[0]))


@pytest.mark.parametrize("loss", ["mse", keras.losses.Huber(0.5)])
def test_training_predictions_and_losses_are_those_of_fit(loss):
    rows, alone = data(), mlp(STRENGTHS[0], loss=loss, outputs=2)
    network = PackedNetwork(alone)
    pack = members(network, STRENGTHS, epochs=EPOCHS, seeds=[0, 1], keys=[42, 43])
    outcome = run(network, rows, pack, EPOCHS)
    for i, own in enumerate(STRENGTHS):
        model = mlp(own, loss=loss, outputs=2)
        watched = fitted(model, network, rows, pack, i)
        theirs = [np.asarray(v) for v in model.trainable_variables]
        assert_moved(theirs, pack, i)
        assert_same([a[i] for a in outcome.weights], theirs)
        # Keras' loss has the penalty in it, which the watched loss has not
        assert outcome.last_loss[i] == pytest.approx(watched - float(sum(model.losses)), rel=1e-4)
        predicted = model.predict(rows.watched_x[0], verbose=0)
        np.testing.assert_allclose(network.answers(outcome.prediction[i]), predicted, atol=1e-5)
        errors = (model.predict(rows.x[0], verbose=0) - rows.y[0]) ** 2
        assert outcome.train_error[i] == pytest.approx(errors.mean(), rel=1e-4)


def test_the_errors_of_a_row_are_the_mean_over_targets():
    network = PackedNetwork(mlp(STRENGTHS[0], outputs=2))
    y, prediction = np.array([[0.0, 1.0], [2.0, 2.0]], "float32"), np.array([[1.0, 1.0], [0.0, 1.0]], "float32")
    np.testing.assert_allclose(network.row_errors(y, prediction), [0.5, 2.5])
    np.testing.assert_allclose(network.row_losses(y, prediction), [0.5, 2.5])
    np.testing.assert_array_equal(network.answers(prediction), prediction)


def test_a_second_output_learns_all_targets_beside_the_scored_one():
    x = keras.Input((COLUMNS,))
    outputs = [keras.layers.Dense(2, name=name)(x) for name in ("scored", "aside")]
    model = keras.Model(x, outputs)
    model.compile("sgd", "mse", loss_weights=[1.0, 0.5])
    prediction = np.array([[1.0, 1.0, 3.0, 0.0]], "float32")
    network, y = PackedNetwork(model), np.zeros((1, 2), "float32")
    np.testing.assert_allclose(network.row_losses(y, prediction), [1.0 + 0.5 * 4.5])
    np.testing.assert_allclose(network.row_errors(y, prediction), [1.0])
    np.testing.assert_array_equal(network.answers(prediction), [[1.0, 1.0]])


LABELS = {
    "probabilities": ("binary_crossentropy", "sigmoid"),
    "logits, smoothed": (keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), None),
}


@pytest.mark.parametrize("case", LABELS)
def test_labels_are_trained_and_scored_as_keras_does(case):
    loss, last = LABELS[case]
    numbers = data()
    rows = numbers._replace(**{n: (getattr(numbers, n) > 0.3).astype("float32") for n in ("y", "watched_y")})
    network = PackedNetwork(mlp(STRENGTHS[0], loss=loss, outputs=2, last=last), classes=2, targets=2)
    pack = members(network, STRENGTHS, epochs=EPOCHS, seeds=[0, 1], keys=[42, 43])
    outcome = run(network, rows, pack, EPOCHS)
    for i, own in enumerate(STRENGTHS):
        model = mlp(own, loss=loss, outputs=2, last=last)
        watched = fitted(model, network, rows, pack, i)
        assert_same([a[i] for a in outcome.weights], [np.asarray(v) for v in model.trainable_variables])
        assert outcome.last_loss[i] == pytest.approx(watched - float(sum(model.losses)), rel=1e-4)
        predicted, seen = (model.predict(x[0], verbose=0) for x in (rows.watched_x, rows.x))
        if last is None:
            predicted, seen = (1 / (1 + np.exp(-p)) for p in (predicted, seen))
        np.testing.assert_allclose(network.answers(outcome.prediction[i]), predicted, atol=1e-5)
        nats = np.mean([log_loss(y, p) for y, p in zip(rows.y[0].T, seen.T.astype(float), strict=True)])
        assert outcome.train_error[i] == pytest.approx(nats, rel=1e-4)
