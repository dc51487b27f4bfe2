"""AdaBound, step by step against the update rule in float64 NumPy."""

import jax
import keras
import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from posology.optimizers import AdaBound

STEPS = 60


def rule(w, gradients, *, rate, final_lr=0.1, b1=0.9, b2=0.999, gamma=1e-3, eps=1e-8, ams=False):
    """The released rule of Luo et al. 2019; `rate` gives the learning rate of step 0, 1, ..."""
    m, v, largest = np.zeros_like(w), np.zeros_like(w), np.zeros_like(w)
    path = []
    for k, g in enumerate(gradients):
        t = k + 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        largest = np.maximum(largest, v)
        size = rate(k) * np.sqrt(1 - b2**t) / (1 - b1**t) / (np.sqrt(largest if ams else v) + eps)
        final = final_lr * rate(k) / rate(0)
        w = w - np.clip(size, final * (1 - 1 / (gamma * t + 1)), final * (1 + 1 / (gamma * t))) * m
        path.append(w)
    return np.array(path)


def gradients(seed=0):
    rng = np.random.default_rng(seed)
    scales = np.array([1e-4, 1e-2, 1.0, 30.0])
    return rng.normal(size=(STEPS, 4)) * scales


def ours(optimizer, start):
    variable = keras.Variable(start.astype("float32"))
    path = []
    for g in gradients():
        optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32"))], [variable])
        path.append(np.array(variable.value))
    return np.array(path)


SETTINGS = {
    "defaults": {},
    "fast bounds": {"gamma": 0.1},
    "bounds that bind at once": {"gamma": 5.0, "final_lr": 0.01},
    "amsbound": {"amsbound": True},
    "other betas": {"beta_1": 0.5, "beta_2": 0.9},
    "large epsilon": {"epsilon": 1e-2},
}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("lr", [1e-3, 0.05])
def test_every_step_follows_the_rule(name, lr):
    given = SETTINGS[name]
    start = np.array([1.0, -2.0, 0.5, 3.0])
    renamed = {"beta_1": "b1", "beta_2": "b2", "epsilon": "eps", "amsbound": "ams"}
    want = rule(start, gradients(), rate=lambda _: lr, **{renamed.get(k, k): v for k, v in given.items()})
    np.testing.assert_allclose(ours(AdaBound(lr, **given), start), want, rtol=2e-5, atol=2e-6)


def test_the_final_rate_follows_a_schedule():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5)
    start = np.ones(4)
    want = rule(start, gradients(), rate=lambda k: 0.01 * 0.5 ** (k / 10), gamma=1.0)
    np.testing.assert_allclose(ours(AdaBound(schedule, gamma=1.0), start), want, rtol=5e-5, atol=5e-6)


def test_at_the_end_it_is_sgd_with_momentum_at_the_final_rate():
    variable = keras.Variable(np.zeros(3, "float32"))
    optimizer = AdaBound(1e-3, final_lr=0.1, beta_1=0.0, gamma=1e6)
    optimizer.apply([keras.ops.convert_to_tensor(np.array([1.0, -2.0, 50.0], "float32"))], [variable])
    np.testing.assert_allclose(np.array(variable.value), [-0.1, 0.2, -5.0], rtol=1e-4)


def test_stateless_steps_under_jit_equal_eager_ones():
    optimizer, start = AdaBound(0.01, amsbound=True), np.array([1.0, -2.0, 0.5, 3.0])
    eager = ours(AdaBound(0.01, amsbound=True), start)
    optimizer.build([keras.Variable(start.astype("float32"))])
    state, weights = [v.value for v in optimizer.variables], [start.astype("float32")]
    step = jax.jit(lambda s, g, w: optimizer.stateless_apply(s, [g], w))
    for g in gradients():
        weights, state = step(state, g.astype("float32"), weights)
    np.testing.assert_allclose(weights[0], eager[-1], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kwargs", [{"weight_decay": 0.1}, {"clipnorm": 0.1}])
def test_keras_own_arguments_act(kwargs):
    start = np.array([1.0, -2.0, 0.5, 3.0])
    assert (ours(AdaBound(0.01, **kwargs), start) != ours(AdaBound(0.01), start)).any()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [({"lr": 0.01}, "Write learning_rate=0.01"), ({"decay": 0.1}, "schedules.InverseTimeDecay")],
)
def test_keras_2_spellings_say_what_to_write(kwargs, message):
    with pytest.raises(ValueError, match=message):
        AdaBound(**kwargs)


def model(width):
    out = keras.Sequential([keras.Input((width,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1)])
    out.compile(optimizer=AdaBound(0.002, final_lr=0.05, gamma=0.01, amsbound=True), loss="mse")
    return out


def test_it_is_saved_with_its_model_and_goes_on_as_if_it_had_not_been(tmp_path):
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    first = model(3)
    first.fit(x, x[:, 0], epochs=2, verbose=0, shuffle=False)
    first.save(tmp_path / "m.keras")
    second = keras.models.load_model(tmp_path / "m.keras")
    assert second.optimizer.get_config() == first.optimizer.get_config()
    for m in (first, second):
        m.fit(x, x[:, 0], epochs=2, verbose=0, shuffle=False)
    np.testing.assert_allclose(first.predict(x, verbose=0), second.predict(x, verbose=0), atol=1e-6)


def test_it_learns_a_real_table():
    x, y = load_diabetes(return_X_y=True, scaled=True)
    x, y = (x * 20).astype("float32"), ((y - y.mean()) / y.std()).astype("float32")
    keras.utils.set_random_seed(0)
    network = model(x.shape[1])
    history = network.fit(x, y, epochs=30, batch_size=32, verbose=0).history["loss"]
    assert history[-1] < 0.6 < history[0]
