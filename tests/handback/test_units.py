"""Each conversion against the other library: equal gradients, or a solution at which Keras' gradient vanishes."""

import os
import subprocess
import sys
from importlib.util import find_spec

import jax
import keras
import numpy as np
import pytest
from sklearn.linear_model import ElasticNet, Lasso, Ridge
from sklearn.neural_network import MLPClassifier, MLPRegressor

from posology.handback.units import (
    comments,
    elastic_net,
    lasso_alpha,
    mlp_alpha,
    mlp_classifier_alpha,
    ridge_alpha,
    torch_weight_decay,
    units_of,
)

RNG = np.random.default_rng(0)
N, WIDTH, HIDDEN = 24, 5, 7
X = RNG.normal(size=(N, WIDTH))
Y = X[:, 0] - 2 * X[:, 1] + RNG.normal(size=N)
L2 = 0.03


def squared_error(y, predicted):
    return jax.numpy.mean((predicted - y.astype("float32")) ** 2)


def crossentropy(y, logits):
    return keras.losses.BinaryCrossentropy(from_logits=True)(y.astype("float32"), logits)


def keras_gradients(model, x, y, error=squared_error):
    """Gradients of the error and the penalties, in the order of the trainable weights."""

    def loss(weights):
        predicted, _, penalties = model.stateless_call(weights, [], x.astype("float32"), return_losses=True)
        return error(y, predicted if y.ndim > 1 else predicted[:, 0]) + sum(penalties)

    return [np.asarray(g) for g in jax.grad(loss)([v.value for v in model.trainable_variables])]


def mlp(outputs=1):
    penalty = keras.regularizers.L2(L2)
    hidden = keras.layers.Dense(HIDDEN, activation="tanh", kernel_regularizer=penalty)
    return keras.Sequential([keras.Input((WIDTH,)), hidden, keras.layers.Dense(outputs, kernel_regularizer=penalty)])


def sklearn_gradients(model, alpha, of=MLPRegressor, y=Y):
    """Give the gradients by which scikit-learn takes one plain step from a Keras network's weights, in Keras' order."""
    theirs = of(
        hidden_layer_sizes=(HIDDEN,), activation="tanh", solver="sgd", alpha=alpha, batch_size=N,
        learning_rate_init=1.0, momentum=0, nesterovs_momentum=False,
    )  # fmt: skip
    classes = {"classes": [0, 1]} if of is MLPClassifier else {}
    theirs.partial_fit(X, y, **classes)
    before = [np.array(v.value, float) for v in model.trainable_variables]
    theirs.coefs_, theirs.intercepts_ = [w.copy() for w in before[::2]], [b.copy() for b in before[1::2]]
    theirs.partial_fit(X, y)
    after = [a for pair in zip(theirs.coefs_, theirs.intercepts_, strict=True) for a in pair]
    return [b - a for b, a in zip(before, after, strict=True)]


def test_mlp_alpha_of_two_targets_gives_keras_gradient():
    y = np.column_stack([Y, X[:, 2] - Y])
    model = mlp(outputs=2)
    ours = keras_gradients(model, X, y)
    for a, b in zip(ours, sklearn_gradients(model, mlp_alpha(L2, N, targets=2), y=y), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)  # the mean of two is half of their sum


def test_mlp_alpha_gives_half_of_keras_gradient():
    model = mlp()
    ours = keras_gradients(model, X, Y)
    theirs = sklearn_gradients(model, mlp_alpha(L2, N))
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, 2 * b, rtol=1e-4, atol=1e-5)
    unconverted = sklearn_gradients(model, L2)
    assert np.abs(ours[0] - 2 * unconverted[0]).max() > 1e-3


def test_mlp_classifier_alpha_gives_keras_gradient():
    model, y = mlp(), (Y > 0).astype(int)
    ours = keras_gradients(model, X, y[:, None], crossentropy)
    theirs = sklearn_gradients(model, mlp_classifier_alpha(L2, N), MLPClassifier, y)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_mlp_classifier_alpha_of_two_labels_gives_half_of_its_gradient():
    model, y = mlp(outputs=2), np.column_stack([Y > 0, X[:, 2] > Y]).astype(int)
    ours = keras_gradients(model, X, y, crossentropy)
    theirs = sklearn_gradients(model, mlp_classifier_alpha(L2, N, targets=2), MLPClassifier, y)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(2 * a, b, rtol=1e-4, atol=1e-5)  # the mean of two is half of their sum
    of_one = sklearn_gradients(model, mlp_classifier_alpha(L2, N), MLPClassifier, y)
    assert np.abs(2 * ours[0] - of_one[0]).max() > 1e-3


def linear(l1, l2, coefficients, intercept):
    penalty = keras.regularizers.L1L2(l1, l2)
    model = keras.Sequential([keras.Input((WIDTH,)), keras.layers.Dense(1, kernel_regularizer=penalty)])
    model.set_weights([np.asarray(coefficients, "float32")[:, None], np.array([intercept], "float32")])
    return model


def at_solution(theirs, l1, l2):
    """Give Keras' gradient at another library's solution where weights are not zero, and the loss's where they are."""
    theirs.fit(X, Y)
    kernel, bias = keras_gradients(linear(l1, l2, theirs.coef_, theirs.intercept_), X, Y)
    unpenalized, _ = keras_gradients(linear(0.0, 0.0, theirs.coef_, theirs.intercept_), X, Y)
    used = theirs.coef_ != 0
    return np.array([*kernel[used, 0], bias[0]]), unpenalized[~used, 0]


def test_ridge_solves_keras_problem():
    used, _ = at_solution(Ridge(alpha=ridge_alpha(0.3, N)), 0.0, 0.3)
    np.testing.assert_allclose(used, 0, atol=1e-5)
    used, _ = at_solution(Ridge(alpha=0.3), 0.0, 0.3)
    assert np.abs(used).max() > 0.1


def test_lasso_solves_keras_problem():
    used, unused = at_solution(Lasso(alpha=lasso_alpha(0.8), tol=1e-10), 0.8, 0.0)
    np.testing.assert_allclose(used, 0, atol=1e-5)
    assert 0 < len(unused) < WIDTH
    assert (np.abs(unused) <= 0.8).all()  # no way down from zero
    used, _ = at_solution(Lasso(alpha=0.8), 0.8, 0.0)
    assert np.abs(used).max() > 0.1


def test_elastic_net_solves_keras_problem():
    alpha, ratio = elastic_net(0.5, 0.2)
    used, unused = at_solution(ElasticNet(alpha=alpha, l1_ratio=ratio, tol=1e-10), 0.5, 0.2)
    assert len(used) > 1
    np.testing.assert_allclose(used, 0, atol=1e-5)
    assert (np.abs(unused) <= 0.5).all()
    assert elastic_net(0.0, 0.0) == (0.0, 0.0)


TORCH = """if True:
    import os, sys
    os.environ["KERAS_BACKEND"] = "torch"
    import keras, numpy as np, torch

    l2, weight_decay = map(float, sys.argv[1:])
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.normal(size=(24, 5)), dtype=torch.float32)
    y = torch.tensor(rng.normal(size=(24, 1)), dtype=torch.float32)

    def trained(optimizer, penalty, steps=5):
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
        kernels = [p for p in net.parameters() if p.ndim == 2]
        biases = [p for p in net.parameters() if p.ndim == 1]
        decay = 0.0 if penalty else weight_decay
        step = optimizer([{"params": kernels, "weight_decay": decay}, {"params": biases, "weight_decay": 0.0}], lr=0.1)
        for _ in range(steps):
            step.zero_grad()
            loss = torch.nn.functional.mse_loss(net(x), y) + penalty * sum((k**2).sum() for k in kernels)
            loss.backward()
            step.step()
        return np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])

    for optimizer in (torch.optim.SGD, torch.optim.Adam):
        np.testing.assert_allclose(trained(optimizer, 0.0), trained(optimizer, l2), atol=1e-5)
    assert np.abs(trained(torch.optim.AdamW, 0.0) - trained(torch.optim.Adam, l2)).max() > 1e-3

    layer = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(l2))
    layer.build((None, 5))
    sum(layer.losses).backward()
    kernel = layer.kernel.value
    np.testing.assert_allclose(kernel.grad.numpy(), weight_decay * kernel.detach().numpy(), rtol=1e-5)

    ones = torch.ones(200_000)
    for dropped in (torch.nn.Dropout(0.3)(ones), keras.layers.Dropout(0.3, seed=1)(ones, training=True)):
        assert abs(float((dropped == 0).float().mean()) - 0.3) < 0.01
        assert abs(float(dropped.max()) - 1 / 0.7) < 1e-5
    print("same")
"""


def test_torch_weight_decay_and_dropout():
    python = os.environ.get("POSOLOGY_OTHER_PYTHON") or (find_spec("torch") and sys.executable)
    if not python:
        pytest.skip("torch is not installed here, and POSOLOGY_OTHER_PYTHON names no interpreter that has it")
    arguments = [python, "-c", TORCH, str(L2), str(torch_weight_decay(L2))]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "same"), done.stderr


def verdict(strengths):
    kernels = [
        {"layer": "dense", "argument": "kernel_regularizer"},
        {"layer": "lstm", "argument": "recurrent_regularizer"},
    ]
    study = {"rows": 20, "kernels": kernels, "dropouts": [{"layer": "dropout"}]}
    settings = {"design": {"batch_size": 32}}
    return {"study": study, "prescription": {"strengths": strengths}, "settings": settings}


def test_a_row_for_each_site_in_batches_no_larger_than_the_table():
    rows = units_of(verdict({"l2": [0.01, 0.02], "dropout": [0.3]}))
    assert rows == [
        {
            "site": "dense", "keras_l1": 0.0, "keras_l2": 0.01, "torch_weight_decay": 0.02, "sklearn_alpha": 0.2,
            "dropout": None,
        },
        {
            "site": "lstm.recurrent", "keras_l1": 0.0, "keras_l2": 0.02, "torch_weight_decay": 0.04,
            "sklearn_alpha": 0.4, "dropout": None,
        },
        {
            "site": "dropout", "keras_l1": None, "keras_l2": None, "torch_weight_decay": None, "sklearn_alpha": None,
            "dropout": 0.3,
        },
    ]  # fmt: skip


def test_classes_have_the_alpha_of_a_classifier():
    of_classes = verdict({"l2": [0.01, 0.01]})
    of_classes["study"]["classes"] = [{"class": "oat"}, {"class": "rye"}]
    assert [row["sklearn_alpha"] for row in units_of(of_classes)][:2] == [0.4, 0.4]
    text = "\n".join(comments(of_classes))
    assert "kernels alone (crossentropy)" in text
    assert "MLPClassifier(alpha=), in batches of 20 rows" in text


def test_several_targets_and_labels_have_a_multiple_of_it():
    several, labels = verdict({"l2": [0.01, 0.01]}), verdict({"l2": [0.01, 0.01]})
    several["study"]["targets"] = ["a", "b", "c"]
    labels["study"] |= {"targets": ["a", "b", "c"], "labels": [{"label": name} for name in "abc"]}
    assert [row["sklearn_alpha"] for row in units_of(several)][:2] == pytest.approx([0.6, 0.6])
    assert [row["sklearn_alpha"] for row in units_of(labels)][:2] == pytest.approx([1.2, 1.2])


def test_comments_where_an_l2_is_prescribed():
    assert comments(verdict({"l1": [0.1, 0.1], "dropout": [0.2]})) == []
    text = "\n".join(comments(verdict({"l2": [0.01, 0.02]})))
    assert "#   dense: Keras L2(0.01) = torch weight_decay=0.02 = sklearn alpha=0.2\n" in text
    assert "scikit-learn has one alpha for all kernels" in text
    assert "in batches of 20 rows" in text
    assert "one alpha" not in "\n".join(comments(verdict({"l2": [0.01, 0.01]})))
