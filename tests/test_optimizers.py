"""AdaBound, step by step against the update rule in float64 NumPy."""

import importlib.util
import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from sklearn.datasets import load_diabetes

from posology.optimizers import AdaBound

STEPS = 60
START = np.array([1.0, -2.0, 0.5, 3.0])
schedules = keras.optimizers.schedules


def rule(gradients, *, rate, final_lr=0.1, b1=0.9, b2=0.999, gamma=1e-3, eps=1e-8, ams=False, base=None):
    """The released rule of Luo et al. 2019; `rate` gives the learning rate of step 0, 1, ..."""
    w, m, v, largest = START, np.zeros(4), np.zeros(4), np.zeros(4)
    path = []
    for k, g in enumerate(gradients):
        t = k + 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        largest = np.maximum(largest, v)
        size = rate(k) * np.sqrt(1 - b2**t) / (1 - b1**t) / (np.sqrt(largest if ams else v) + eps)
        final = final_lr * rate(k) / (base or rate(0))
        w = w - np.clip(size, final * (1 - 1 / (gamma * t + 1)), final * (1 + 1 / (gamma * t))) * m
        path.append(w)
    return np.array(path)


def gradients(seed=0, steps=STEPS):
    # four weights whose gradients differ by five orders of magnitude: some are clipped, some are not;
    # they shrink with time, so that the largest v differs from the last
    scales = np.array([1e-4, 1e-2, 1.0, 30.0]) * 0.95 ** np.arange(steps)[:, None]
    return np.random.default_rng(seed).normal(size=(steps, 4)) * scales


def ours(optimizer, given=None, dtype="float32"):
    variable = keras.Variable(START.astype("float32"), dtype=dtype)
    path = []
    for g in gradients() if given is None else given:
        optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32"), dtype)], [variable])
        path.append(np.array(variable.value, dtype="float64"))
    return np.array(path)


SETTINGS = {
    "defaults": {},
    "fast bounds": {"gamma": 0.1},
    "bounds that bind at once": {"gamma": 5.0, "final_lr": 0.01},
    "slow bounds": {"gamma": 1e-5, "final_lr": 1.0},
    "amsbound": {"amsbound": True},
    "amsbound, fast bounds": {"amsbound": True, "gamma": 0.1, "final_lr": 0.5},
    "other betas": {"beta_1": 0.5, "beta_2": 0.9},
    "no averages": {"beta_1": 0.0, "beta_2": 0.0, "gamma": 0.1},
    "large epsilon": {"epsilon": 1e-2},
    "base_lr": {"base_lr": 0.02, "gamma": 1.0},
}
RENAMED = {"beta_1": "b1", "beta_2": "b2", "epsilon": "eps", "amsbound": "ams", "base_lr": "base"}


def test_the_settings_clip_some_steps_and_not_others():
    unclipped = rule(gradients(), rate=lambda _: 1e-3, gamma=1e-12)
    same = np.isclose(rule(gradients(), rate=lambda _: 1e-3), unclipped, rtol=1e-6)
    assert same[-1].any()
    assert not same[-1].all()


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("lr", [1e-3, 0.05])
def test_every_step_follows_the_rule(name, lr):
    given = SETTINGS[name]
    want = rule(gradients(), rate=lambda _: lr, **{RENAMED.get(k, k): v for k, v in given.items()})
    np.testing.assert_allclose(ours(AdaBound(lr, **given)), want, rtol=5e-6, atol=1e-6)


def test_the_first_step_is_as_long_as_the_learning_rate_to_all_digits():
    # float32's 1 - beta^t is 5 % off here
    variable = keras.Variable(np.zeros(2, "float32"))
    optimizer = AdaBound(0.01, beta_2=0.999999, epsilon=0.0)
    optimizer.apply([keras.ops.convert_to_tensor(np.array([7.0, -0.3], "float32"))], [variable])
    np.testing.assert_allclose(np.array(variable.value), [-0.01, 0.01], rtol=5e-6)


# the bounds ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ams", [False, True])
def test_without_bounds_it_is_adam(ams):
    adam = keras.optimizers.Adam(0.01, epsilon=1e-8, amsgrad=ams)
    unbounded = AdaBound(0.01, gamma=0.0, amsbound=ams)
    np.testing.assert_allclose(ours(unbounded), ours(adam), rtol=1e-5, atol=1e-6)


def test_where_the_bounds_close_at_once_it_is_sgd_at_the_final_rate():
    optimizer = AdaBound(1e-3, final_lr=0.1, beta_1=0.0, gamma=1e6)
    np.testing.assert_allclose(ours(optimizer), ours(keras.optimizers.SGD(0.1)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("ams", [False, True])
def test_late_it_is_sgd_with_momentum_at_the_final_rate(ams):
    variable = keras.Variable(START.astype("float32"))
    late = AdaBound(1e-3, final_lr=0.05, amsbound=ams)
    late.build([variable])
    late.iterations.assign(10**9)
    m, w = np.zeros(4), START
    for g in gradients():
        late.apply([keras.ops.convert_to_tensor(g.astype("float32"))], [variable])
        m = 0.9 * m + 0.1 * g
        w = w - 0.05 * m
    np.testing.assert_allclose(np.array(variable.value), w, rtol=1e-5, atol=1e-5)


def test_a_weight_whose_gradient_is_always_zero_stays():
    path = ours(AdaBound(epsilon=0.0), np.zeros((3, 4)))
    np.testing.assert_array_equal(path[-1], START)


# learning rates --------------------------------------------------------------------------------------------


def test_the_bounds_follow_a_schedule():
    schedule = schedules.ExponentialDecay(0.01, 10, 0.5)
    want = rule(gradients(), rate=lambda k: 0.01 * 0.5 ** (k / 10), gamma=1.0)
    np.testing.assert_allclose(ours(AdaBound(schedule, gamma=1.0)), want, rtol=2e-5, atol=5e-6)


def test_a_warm_up_from_zero_needs_base_lr():
    warm_up = schedules.PolynomialDecay(0.0, 20, 0.01)
    with pytest.raises(ValueError, match=r"base_lr=0\.0; base_lr must be above 0\. .* the schedule rises to"):
        AdaBound(warm_up)
    want = rule(gradients(), rate=lambda k: 0.01 * min(k / 20, 1), gamma=1.0, base=0.01)
    np.testing.assert_allclose(ours(AdaBound(warm_up, gamma=1.0, base_lr=0.01)), want, rtol=2e-5, atol=5e-6)


def test_a_learning_rate_may_be_a_function():
    np.testing.assert_array_equal(ours(AdaBound(lambda: 0.01)), ours(AdaBound(0.01)))


def test_a_changed_learning_rate_moves_the_bounds_also_after_a_reload():
    optimizer = AdaBound(0.01, gamma=1.0)
    optimizer.learning_rate = 0.002
    again = AdaBound.from_config(optimizer.get_config())
    want = rule(gradients(), rate=lambda _: 0.002, gamma=1.0, base=0.01)
    for it in (optimizer, again):
        np.testing.assert_allclose(ours(it), want, rtol=5e-6, atol=1e-6)


# jax -------------------------------------------------------------------------------------------------------


def built(optimizer):
    optimizer.build([keras.Variable(START.astype("float32"))])
    return optimizer, [v.value for v in optimizer.variables]


@pytest.mark.parametrize(
    "kwargs", [{}, {"amsbound": True}, {"weight_decay": 0.1, "clipnorm": 1.0, "use_ema": True}], ids=str
)
def test_stateless_steps_under_jit_equal_eager_ones(kwargs):
    eager = ours(AdaBound(0.01, **kwargs))
    optimizer, state = built(AdaBound(0.01, **kwargs))
    weights = [START.astype("float32")]
    step = jax.jit(lambda s, g, w: optimizer.stateless_apply(s, [g], w))
    for g in gradients():
        weights, state = step(state, g.astype("float32"), weights)
    np.testing.assert_allclose(weights[0], eager[-1], rtol=1e-5, atol=1e-6)


def test_one_program_serves_many_learning_rates():
    optimizer, state = built(AdaBound(0.01, gamma=1.0))
    where = [v.path.endswith("learning_rate") for v in optimizer.variables].index(True)

    def train(lr):
        start = [*state[:where], lr, *state[where + 1 :]]

        def step(carry, g):
            weights, kept = optimizer.stateless_apply(carry[1], [g], carry[0])
            return (weights, kept), None

        carry = ([jnp.asarray(START, "float32")], start)
        return jax.lax.scan(step, carry, jnp.asarray(gradients(), "float32"))[0][0][0]

    rates = [0.001, 0.01, 0.05]
    found = jax.jit(jax.vmap(train))(jnp.asarray(rates, "float32"))
    want = [rule(gradients(), rate=lambda _, lr=lr: lr, gamma=1.0, base=0.01)[-1] for lr in rates]
    np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-5)


# Keras' own arguments --------------------------------------------------------------------------------------


def test_weight_decay_is_apart_from_the_gradient_and_times_the_learning_rate():
    path = ours(AdaBound(0.01, weight_decay=0.1), np.zeros((20, 4)))
    np.testing.assert_allclose(path[-1], START * (1 - 0.01 * 0.1) ** 20, rtol=1e-5)


def test_clipnorm_clips_the_gradient_before_the_rule():
    clipped = gradients() * np.minimum(1, 0.1 / np.linalg.norm(gradients(), axis=1))[:, None]
    want = rule(clipped, rate=lambda _: 0.01)
    np.testing.assert_allclose(ours(AdaBound(0.01, clipnorm=0.1)), want, rtol=1e-5, atol=2e-6)


def test_use_ema_ends_with_the_average():
    variable = keras.Variable(START.astype("float32"))
    optimizer = AdaBound(0.01, use_ema=True, ema_momentum=0.8)
    for g in gradients():
        optimizer.apply([keras.ops.convert_to_tensor(g.astype("float32"))], [variable])
    optimizer.finalize_variable_values([variable])
    path = rule(gradients(), rate=lambda _: 0.01)
    average = path[0]
    for w in path[1:]:
        average = 0.8 * average + 0.2 * w
    np.testing.assert_allclose(np.array(variable.value), average, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_weights_follow_the_rule_to_their_digits(dtype):
    want = rule(gradients()[:10], rate=lambda _: 0.05)
    np.testing.assert_allclose(ours(AdaBound(0.05), gradients()[:10], dtype), want, rtol=0.05, atol=0.05)
    assert (np.abs(want[-1] - START) > 0.05).any()


def test_half_precision_weights_go_on_past_the_largest_number_of_half_precision():
    variable = keras.Variable(START, dtype="float16")
    optimizer = AdaBound(0.01, beta_1=0.0)
    optimizer.build([variable])
    optimizer.iterations.assign(10**6)
    optimizer.apply([keras.ops.ones(4, "float16")], [variable])
    np.testing.assert_allclose(np.array(variable.value, "float64"), START - 0.1, atol=2e-3)


# what is refused -------------------------------------------------------------------------------------------


INVERSE = "keras.optimizers.schedules.InverseTimeDecay"


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"lr": 0.01, "final_lr": 0.1}, "AdaBound got lr=0.01. Write learning_rate=0.01."),
        (
            {"decay": 0.1},
            f"AdaBound got decay=0.1. Write learning_rate={INVERSE}(0.001, decay_steps=1, decay_rate=0.1).",
        ),
        (
            {"lr": 0.01, "decay": 0.1, "amsgrad": True},
            f"Write learning_rate={INVERSE}(0.01, decay_steps=1, decay_rate=0.1), amsbound=True.",
        ),
        ({"lr": 0.01, "decay": 0.0}, "AdaBound got lr=0.01, decay=0.0. Write learning_rate=0.01."),
        ({"decay": 0.0}, "AdaBound got decay=0.0. Leave it out: the rate is constant by default."),
        ({"final_lr": 0.0}, "AdaBound got final_lr=0.0; final_lr must be above 0."),
        ({"beta_1": 1.0}, "AdaBound got beta_1=1.0; beta_1 must be from 0 to below 1."),
        ({"beta_2": float("nan")}, "AdaBound got beta_2=nan; beta_2 must be from 0 to below 1."),
        ({"gamma": -1.0}, "AdaBound got gamma=-1.0; gamma must be 0 or more."),
        ({"epsilon": -1.0}, "AdaBound got epsilon=-1.0; epsilon must be 0 or more."),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, dict) else "",
)
def test_an_unusable_argument_says_what_to_write(kwargs, message):
    with pytest.raises(ValueError) as raised:
        AdaBound(**kwargs)
    assert str(raised.value).endswith(message)


def test_the_schedule_that_is_advised_is_keras_2s_decay():
    schedule = schedules.InverseTimeDecay(0.01, decay_steps=1, decay_rate=0.1)
    found = [float(schedule(k)) for k in range(9)]
    np.testing.assert_allclose(found, [0.01 / (1 + 0.1 * k) for k in range(9)], rtol=1e-6)


# whole models ----------------------------------------------------------------------------------------------


def model(width, rate=0.002):
    hidden = keras.layers.Dense(16, activation="relu")
    out = keras.Sequential([keras.Input((width,)), hidden, keras.layers.Dense(1)])
    out.compile(optimizer=AdaBound(rate, final_lr=0.05, gamma=0.01, amsbound=True), loss="mse")
    return out


HALVING = schedules.ExponentialDecay(0.002, 10, 0.5)


@pytest.mark.parametrize("rate", [0.002, HALVING], ids=["constant", "schedule"])
def test_it_is_saved_with_its_model_and_goes_on_as_if_it_had_not_been(rate, tmp_path):
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(64, 3)).astype("float32")
    first = model(3, rate)
    first.fit(x, x[:, 0], epochs=2, verbose=0, shuffle=False)
    if isinstance(rate, float):
        first.optimizer.learning_rate = 0.0005  # as a callback does: the bounds' unit must survive it
    first.save(tmp_path / "m.keras")
    second = keras.models.load_model(tmp_path / "m.keras")
    assert isinstance(second.optimizer, AdaBound)
    assert second.optimizer.get_config() == first.optimizer.get_config()
    for m in (first, second):
        m.fit(x, x[:, 0], epochs=2, verbose=0, shuffle=False)
    np.testing.assert_allclose(first.predict(x, verbose=0), second.predict(x, verbose=0), atol=1e-6)


def test_it_learns_a_real_table():
    x, y = load_diabetes(return_X_y=True, scaled=True)
    x, y = (x * 20).astype("float32"), ((y - y.mean()) / y.std()).astype("float32")
    keras.utils.set_random_seed(0)
    network = model(x.shape[1])
    losses = network.fit(x[:330], y[:330], epochs=30, batch_size=32, verbose=0).history["loss"]
    assert losses[-1] < 0.6 < losses[0]
    # rows that it has not seen, against 1 for the mean: a linear regression gives about 0.5
    assert network.evaluate(x[330:], y[330:], verbose=0) < 0.7


# other backends --------------------------------------------------------------------------------------------

# run in a process of its own, as a backend is chosen at Keras' import; prints the weights after each step
ELSEWHERE = """
import json, sys
import keras, numpy as np
from posology.optimizers import AdaBound
given = json.load(sys.stdin)
variable = keras.Variable(np.array(given["start"], "float32"))
optimizer, path = AdaBound(0.01, gamma=0.1, amsbound=True), []
for g in given["gradients"]:
    optimizer.apply([keras.ops.convert_to_tensor(np.array(g, "float32"))], [variable])
    path.append(keras.ops.convert_to_numpy(variable).tolist())
loss = None
if keras.backend.backend() != "numpy":  # which cannot train
    layers = [keras.layers.Embedding(9, 4), keras.layers.Flatten(), keras.layers.Dense(1)]
    network = keras.Sequential([keras.Input((3,)), *layers])
    network.compile(AdaBound(0.01), "mse")
    x = np.arange(24).reshape(8, 3) % 9
    loss = network.fit(x, x[:, 0] / 9, epochs=20, verbose=0).history["loss"]
print(json.dumps([keras.backend.backend(), path, loss]))
"""


@pytest.mark.parametrize("backend", [b for b in ("numpy", "tensorflow", "torch") if importlib.util.find_spec(b)])
def test_every_backend_follows_the_rule_and_trains_an_embedding(backend):
    env = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(sys.path)}
    given = json.dumps({"start": START.tolist(), "gradients": gradients().tolist()})
    command = [sys.executable, "-c", ELSEWHERE]
    run = subprocess.run(command, input=given, env=env, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found, path, loss = json.loads(run.stdout.splitlines()[-1])
    assert found == backend
    want = rule(gradients(), rate=lambda _: 0.01, gamma=0.1, ams=True)
    np.testing.assert_allclose(path, want, rtol=5e-6, atol=1e-6)
    assert loss is None or loss[-1] < 0.5 * loss[0]
