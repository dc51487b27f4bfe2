"""Numerical oracles: what theory says a penalty, a mask, a stop or a step does is what the engine's training does.

The closed forms are those of plain linear regression with loss mean squared error + λ1‖w‖₁ + λ2‖w‖₂² and dropout of
the inputs at rate δ, g = δ/(1 − δ): with noise in them, single iterates of SGD scatter around the closed form and
only their mean has it (Clara, Langer & Schmidt-Hieber, JMLR 2024), so means over epochs and keys are compared, by
their own standard error.
"""

from functools import lru_cache

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from jax.test_util import check_grads
from scipy import stats
from scipy.special import gammaln
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.neural_network import MLPRegressor

from posology.engine.member import Data
from posology.engine.packing import PackProgram
from posology.engine.randomness import derive
from posology.engine.stopping import NEVER
from posology.network.packed import PackedNetwork
from posology.regularizers import L1, L2, PLAIN, REGULARIZERS
from tests.engine.packs import COLUMNS, ROWS, members, pick, recipe, run, stopping, table

N, P = 256, 8
LAB = 48
"""Members of the linear lab's packs."""
TRUE = np.array([1.5, -1.0, 0.0, 0.0, 0.7, 0.0, -0.4, 0.0])
"""Half the columns have nothing to say."""
Z = 6.0
"""Standard errors allowed: they are estimated from a dozen means, and t with 11 degrees of freedom has long tails."""


# the linear lab: one compiled program; fits, strengths and learning rates are members' numbers


def _tables():
    """Give (x, y) by name; the target has an intercept, noise, and correlated columns away from zero in `raw`."""
    rng = np.random.default_rng(3)
    mixed = rng.normal(size=(N, P)) @ (np.eye(P) + 0.3 * rng.normal(size=(P, P)))
    raw = 0.6 * mixed * rng.uniform(0.6, 1.2, P) + rng.uniform(-0.7, 0.7, P)
    standard = (mixed - mixed.mean(0)) / mixed.std(0)
    centred = rng.normal(size=(N, P))
    orthonormal = np.linalg.qr(centred - centred.mean(0))[0] * np.sqrt(N)
    scaled = orthonormal * np.geomspace(0.5, 1.5, P)
    noise = rng.normal(size=N)
    x = {"raw": raw, "standard": standard, "orthonormal": orthonormal, "scaled": scaled}
    y = {name: a @ TRUE + 0.5 + 0.6 * noise for name, a in x.items()}
    # what the engine is given, so that float32 is no difference
    return {name: (a.astype("float32").astype(float), y[name].astype("float32").astype(float)) for name, a in x.items()}


TABLES = _tables()
FITS = list(TABLES)


def _linear(noise, optimizer):
    layers = {"dropout": keras.layers.Dropout(0.1), "gaussian": keras.layers.GaussianDropout(0.3)}
    penalty = keras.regularizers.L1L2(0.0, 0.0)
    model = keras.Sequential([keras.Input((P,)), layers[noise], keras.layers.Dense(1, kernel_regularizer=penalty)])
    model.compile(optimizer=optimizer, loss="mse")
    return model


OPTIMIZERS = {
    # at a rate of 1, so that the member's own factor is the learning rate
    "sgd": lambda: keras.optimizers.SGD(1.0),
    "adam": lambda: keras.optimizers.Adam(1.0),
    "adamw": lambda: keras.optimizers.AdamW(1.0, weight_decay=0.1),
}


class Lab:
    """Linear regression by the engine, one full batch a step and one step an epoch."""

    def __init__(self, noise, optimizer):
        self.network = PackedNetwork(_linear(noise, OPTIMIZERS[optimizer]()))
        x = np.stack([TABLES[name][0] for name in FITS]).astype("float32")
        y = np.stack([TABLES[name][1] for name in FITS]).astype("float32")[..., None]
        rows, watched = np.full(len(FITS), N, "int32"), np.full(len(FITS), 8, "int32")
        self.data = Data(x, y, rows, np.asarray(1, "int32"), x[:, :8], y[:, :8], watched)
        self.base = members(self.network, [(0, 0, 0)])
        regularizers = {name: REGULARIZERS[name] for name in (*PLAIN, "proximal_l1")}
        pack = self.pack([{}], 0.1, "raw")
        self.program = PackProgram(self.network, recipe(10**6, regularizers, N), self.data, pack)

    def pack(self, strengths, rate, fit, first=0.0, keys=None):
        """Pack `strengths`, a dict a member, filled up with members of no epochs."""
        fits = [fit] * len(strengths) if isinstance(fit, str) else fit
        idle = LAB - len(strengths)
        fresh = pick(self.base, [0] * LAB)
        drops = len(self.network.dropout_sites)

        def wide(name, sites):
            values = [s.get(name, 0.0) for s in strengths] + [0.0] * idle
            return np.repeat(np.array(values, "float32")[:, None], sites, 1)

        return fresh._replace(
            weights=(np.broadcast_to(np.float32(first), (LAB, P))[..., None].copy(), np.zeros((LAB, 1), "float32")),
            strengths={"dropout": wide("dropout", drops), **{k: wide(k, 1) for k in ("l1", "l2", "proximal_l1")}},
            key=np.asarray(derive(jnp.uint32(9), np.arange(LAB) if keys is None else np.resize(keys, LAB))),
            fit=np.array([FITS.index(f) for f in fits] + [0] * idle, "int32"),
            epochs=np.array([NEVER] * len(strengths) + [0] * idle, "int32"),
            watches=np.zeros(LAB, bool),
            learning_rate=np.broadcast_to(np.asarray(rate, "float32"), (LAB,)).copy(),
        )

    def iterates(self, strengths, rate, fit, burn, draws=1, every=4, **more):
        """Train; give kernels and intercepts of each member after `burn` epochs and every few epochs from there.

        Returns arrays of shapes (draw, member, column) and (draw, member).
        """
        pack = self.pack(strengths, rate, fit, **more)
        running, kernels, intercepts = self.program.start(pack), [], []
        for draw in range(draws):
            running = self.program.advance(self.data, pack, running, np.full(LAB, burn + draw * every))
            assert not np.asarray(running.failed).any()
            kernels.append(np.array(running.weights[0], float)[: len(strengths), :, 0])
            intercepts.append(np.array(running.weights[1], float)[: len(strengths), 0])
        return np.stack(kernels), np.stack(intercepts)

    def weights(self, *args, **more):
        """Train; give the kernels at the end, (member, column)."""
        return self.iterates(*args, **more)[0][-1]

    def averages(self, conditions, keys, rate, fit, burn, draws):
        """Give iterates averaged over epochs, (condition, key, column), and so the intercepts, (condition, key)."""
        fits = fit if isinstance(fit, str) else [f for f in fit for _ in range(keys)]
        repeated = [c for c in conditions for _ in range(keys)]
        kernels, intercepts = self.iterates(repeated, rate, fits, burn, draws)
        shape = (len(conditions), keys)
        return kernels.mean(0).reshape(*shape, P), intercepts.mean(0).reshape(shape)


@lru_cache
def lab(noise="dropout", optimizer="sgd"):
    return Lab(noise, optimizer)


def closed_form(x, y, dropout=0.0, l1=0.0, l2=0.0):
    """Minimise the expected loss by coordinate descent (O2); with l1 = 0 it is O1's linear system."""
    g = dropout / (1 - dropout)
    centred, target = x - x.mean(0), y - y.mean()
    ridge = g * (x**2).mean(0) + l2  # uncentred second moments: the masks act before the intercept
    w = np.linalg.solve(centred.T @ centred / len(x) + np.diag(ridge), centred.T @ target / len(x))
    for _ in range(3000 if l1 else 0):
        for j in range(x.shape[1]):
            rho = centred[:, j] @ (target - centred @ w + centred[:, j] * w[j]) / len(x)
            w[j] = soft(rho, l1 / 2) / ((centred[:, j] ** 2).mean() + ridge[j])
    return w, y.mean() - x.mean(0) @ w


def soft(value, threshold):
    return np.sign(value) * np.maximum(np.abs(value) - threshold, 0)


def close_by_its_own_error(means, want, slack, finest):
    """Compare the mean over the first axis with `want`, by the standard error of that mean.

    `slack` is an error that more draws would not remove; `finest` is how small the standard error must be for the
    comparison to say anything.
    """
    error = means.std(axis=0, ddof=1) / np.sqrt(len(means))
    assert error.max() < finest
    np.testing.assert_array_less(np.abs(means.mean(0) - want), Z * error + slack)


# O1 and O2, dropout of inputs is a ridge weighted by the columns' uncentred second moments


RIDGES = [{"dropout": 0.1}, {"dropout": 0.3}, {"dropout": 0.5, "l2": 0.05}, {"dropout": 0.3, "l2": 0.3}]


@pytest.mark.slow
def test_o1_averaged_iterates_with_input_dropout_and_l2_reach_the_closed_form():
    x, y = TABLES["raw"]
    kernels, intercepts = lab().averages(RIDGES, 12, 0.1, "raw", 900, 150)
    for condition, w, b in zip(RIDGES, kernels, intercepts, strict=True):
        want, intercept = closed_form(x, y, **condition)
        close_by_its_own_error(w, want, 1e-4, 4e-3)
        close_by_its_own_error(b, intercept, 1e-4, 4e-3)


@pytest.mark.slow
def test_o1_it_is_the_uncentred_second_moment_that_counts():
    x, y = TABLES["raw"]
    kernels, _ = lab().averages([{"dropout": 0.5}], 12, 0.1, "raw", 900, 150)
    centred, _ = closed_form(x - x.mean(0), y, dropout=0.5)
    off = np.abs(kernels[0].mean(0) - centred)
    assert off.max() > 10 * np.abs(kernels[0].mean(0) - closed_form(x, y, dropout=0.5)[0]).max()


ELASTIC = [
    {"dropout": 0.2, "l1": 0.3, "l2": 0.05},
    {"dropout": 0.4, "l1": 0.1},
    {"dropout": 0.2, "proximal_l1": 0.3, "l2": 0.05},
    {"dropout": 0.4, "proximal_l1": 0.1},
]


def _as_l1(condition):
    return {"l1" if name == "proximal_l1" else name: value for name, value in condition.items()}


@pytest.mark.slow
def test_o2_averaged_iterates_with_dropout_l1_and_l2_reach_coordinate_descent_and_its_kkt_conditions():
    x, y = TABLES["raw"]
    rate = 0.02
    kernels, _ = lab().averages(ELASTIC, 12, rate, "raw", 2000, 150)
    for condition, w in zip(ELASTIC, kernels, strict=True):
        penalties = _as_l1(condition)
        want, _ = closed_form(x, y, **penalties)
        _kkt(x, y, w, want, **penalties)
        # weights that hover about zero are kept from it by the gradients' noise, times the rate
        close_by_its_own_error(w, want, 0.4 * rate, 3e-3)
    assert (closed_form(x, y, **_as_l1(ELASTIC[0]))[0] == 0).sum() >= 2


def _kkt(x, y, w, solution, dropout, l1, l2=0.0):
    """Check the conditions for averaged iterates `w` (key, column).

    A step moves the weights by the smooth gradient and by λ1 times a subgradient of |w|, between −1 and 1 where w is
    about zero; stationary iterates do not move in the mean, so that the conditions hold at the mean iterate whatever
    the noise, as long as the active weights stay on their side of zero.
    """
    centred, target = x - x.mean(0), y - y.mean()
    ridge = dropout / (1 - dropout) * (x**2).mean(0) + l2
    pull = (target - w @ centred.T) @ centred / len(x) - ridge * w
    error = Z * pull.std(axis=0, ddof=1) / np.sqrt(len(w)) + 1e-4
    assert error.max() < 0.2 * l1 / 2
    pull, active = pull.mean(0), np.abs(solution) > 0.05
    np.testing.assert_array_less(np.abs(pull - l1 / 2 * np.sign(solution))[active], error[active])
    np.testing.assert_array_less(np.abs(pull)[~active], l1 / 2 + error[~active])
    assert active.any()


def test_o2_without_noise_the_engine_reaches_coordinate_descent_itself():
    x, y = TABLES["raw"]
    grid = [(0.0, 0.2), (0.1, 0.2), (0.3, 0.0), (0.3, 1.0), (1.0, 0.1)]
    found = lab().weights([{"l2": l2, "proximal_l1": l1} for l1, l2 in grid], 0.1, "raw", 6000)
    for w, (l1, l2) in zip(found, grid, strict=True):
        want = closed_form(x, y, l1=l1, l2=l2)[0]
        np.testing.assert_allclose(w, want, atol=2e-5)
        np.testing.assert_array_equal(w == 0, want == 0)


# O3, on standardised columns dropout, L1 and L2 are one elastic net


def _elastic_net(x, y, ridge, l1):
    alpha = ridge + l1 / 2
    return ElasticNet(alpha=alpha, l1_ratio=l1 / 2 / alpha, tol=1e-10, max_iter=100_000).fit(x, y).coef_


@pytest.mark.slow
def test_o3_dropout_l1_and_l2_on_standardised_columns_are_sklearns_elastic_net():
    x, y = TABLES["standard"]
    conditions = [{"dropout": 0.3, "proximal_l1": 0.2, "l2": 0.1}, {"dropout": 0.5, "proximal_l1": 0.05}]
    rate = 0.02
    kernels, _ = lab().averages(conditions, 12, rate, "standard", 1000, 150)
    for c, w in zip(conditions, kernels, strict=True):
        ridge = c["dropout"] / (1 - c["dropout"]) + c.get("l2", 0.0)
        close_by_its_own_error(w, _elastic_net(x, y, ridge, c["proximal_l1"]), 0.4 * rate, 3e-3)


def test_o3_l1_and_l2_without_dropout_are_sklearns_elastic_net_exactly():
    x, y = TABLES["standard"]
    w = lab().weights([{"proximal_l1": 0.2, "l2": 0.3}], 0.1, "standard", 2000)[0]
    np.testing.assert_allclose(w, _elastic_net(x, y, 0.3, 0.2), atol=1e-5)


@pytest.mark.slow
def test_o3_only_the_sum_of_dropouts_ridge_and_l2_is_identified():
    g = 0.2 / 0.8
    conditions = [{"dropout": 0.2, "l2": 0.25}, {"dropout": 1 / 3}, {"l2": 0.25 + g}, {"dropout": 0.2, "l1": 0.5}]
    kernels, _ = lab().averages(conditions, 12, 0.1, "standard", 400, 150)
    both, dropout, l2, l1 = kernels
    assert l2.std(axis=0).max() < 1e-6  # nothing is random in it but the order of summation
    close_by_its_own_error(both, l2[0], 1e-4, 4e-3)
    close_by_its_own_error(dropout, l2[0], 1e-4, 4e-3)
    assert np.abs(l1.mean(0) - l2[0]).max() > 0.1  # and L1 is not exchangeable for it


# O4, orthonormal columns


@pytest.mark.slow
def test_o4_with_orthonormal_columns_dropout_shrinks_all_alike_and_l1_thresholds_first():
    x, y = TABLES["orthonormal"]
    ols = x.T @ (y - y.mean()) / N
    conditions = [{"dropout": 0.25}, {"dropout": 0.25, "proximal_l1": 0.4}, {"dropout": 0.5, "l1": 0.4}]
    kernels, _ = lab().averages(conditions, 12, 0.02, "orthonormal", 600, 150)
    close_by_its_own_error(kernels[0], 0.75 * ols, 1e-4, 3e-3)
    close_by_its_own_error(kernels[1], 0.75 * soft(ols, 0.2), 2e-3, 3e-3)
    close_by_its_own_error(kernels[2], 0.5 * soft(ols, 0.2), 2e-3, 3e-3)
    assert (soft(ols, 0.2) == 0).sum() >= 3


@pytest.mark.slow
def test_o4_the_shrinkage_by_dropout_does_not_know_the_columns_scale_and_that_by_l2_does():
    x, y = TABLES["scaled"]
    ols = x.T @ (y - y.mean()) / N / (x**2).mean(0)
    kernels, _ = lab().averages([{"dropout": 0.25}, {"l2": 1 / 3}], 12, 0.1, "scaled", 600, 150)
    close_by_its_own_error(kernels[0], 0.75 * ols, 1e-4, 6e-3)
    s = (x**2).mean(0)
    np.testing.assert_allclose(kernels[1][0], s / (s + 1 / 3) * ols, atol=1e-5)


# O5, the L1 that zeroes everything


def _l1_max(x, y):
    return 2 * np.abs((x - x.mean(0)).T @ (y - y.mean()) / len(x)).max()


def test_o5_the_greatest_useful_l1_zeroes_all_weights_whatever_the_l2_and_just_below_it_does_not():
    x, y = TABLES["raw"]
    most = _l1_max(x, y)
    ridges = [0.0, 0.1, 3.0]
    above = [{"proximal_l1": 1.001 * most, "l2": l2} for l2 in ridges]
    below = [{"proximal_l1": 0.99 * most, "l2": l2} for l2 in ridges]
    found = lab().weights(above + below, 0.05, "raw", 4000, first=0.3)
    np.testing.assert_array_equal(found[:3], 0)
    assert ((found[3:] != 0).sum(axis=1) == 1).all()


@pytest.mark.slow
def test_o5_the_greatest_useful_l1_does_not_depend_on_the_rate_of_dropout():
    x, y = TABLES["raw"]
    most = _l1_max(x, y)
    rates = [0.1, 0.5]
    above = [{"proximal_l1": 1.2 * most, "dropout": d} for d in rates]
    below = [{"proximal_l1": 0.8 * most, "dropout": d} for d in rates]
    kernels, _ = lab().averages(above + below, 12, 0.02, "raw", 1500, 75)
    for zero, alive, rate in zip(kernels[:2], kernels[2:], rates, strict=True):
        want = closed_form(x, y, dropout=rate, l1=0.8 * most)[0]
        close_by_its_own_error(alive, want, 2e-3, 3e-3)
        # single masks' gradients reach beyond the threshold, so the mean is not quite zero
        assert np.abs(zero.mean(0)).max() < 0.02 * np.abs(want).max()


# O6 to O8, expected losses


def losses(network, weights, state, x, y, rates, keys):
    """Give the engine's training loss at each key, at every one of `rates` (rate, key), in float64."""
    x, y = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32).reshape(len(y), -1)

    @jax.jit
    def at(rates):
        def one(key):
            loss, _ = network.loss(weights, state, x, y, None, {"dropout": rates}, key)
            return loss

        return jax.lax.map(one, keys, batch_size=500)

    sites = len(network.dropout_sites)
    return np.stack([np.asarray(at(jnp.full(sites, r, jnp.float32)), float) for r in rates])


def keys(n, seed=1):
    return derive(jnp.uint32(seed), jnp.arange(n))


def _factorised():
    """Build x U → dropout → V, two outputs."""
    layers = [keras.Input((P,)), keras.layers.Dense(3, use_bias=False), keras.layers.Dropout(0.1)]
    model = keras.Sequential([*layers, keras.layers.Dense(2)])
    model.compile(optimizer=keras.optimizers.SGD(1.0), loss="mse")
    return PackedNetwork(model)


def _factorised_numbers():
    rng = np.random.default_rng(8)
    x, y = TABLES["raw"]
    u, v, b = rng.normal(size=(P, 3)) / 2, rng.normal(size=(3, 2)) / 2, np.array([0.1, -0.2])
    return x, np.stack([y, -0.5 * y], axis=1), tuple(a.astype("float32") for a in (u, v, b))


def _factorised_loss(xp, weights, x, y, g):
    u, v, b = weights
    penalty = g * xp.sum(xp.mean((x @ u) ** 2, axis=0) * xp.mean(v**2, axis=1))
    return xp.mean((x @ u @ v + b - y) ** 2) + penalty


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_o6_hidden_dropout_adds_the_product_of_the_factors_norms(rate):
    x, y, weights = _factorised_numbers()
    found = losses(_factorised(), weights, (), x, y, [rate], keys(20_000))[0]
    bare, want = (_factorised_loss(np, weights, x, y, g) for g in (0, rate / (1 - rate)))
    close_by_its_own_error(found[:, None] - bare, want - bare, 1e-5, 0.01 * (want - bare))


def test_o6_one_step_of_a_pack_goes_down_the_penalised_losss_gradient_in_the_mean():
    x, y, weights = _factorised_numbers()
    network, rate, lr, count = _factorised(), 0.4, 0.05, 4096
    x32, y32 = x.astype("float32")[None], y.astype("float32")[None]
    eight = np.array([8], "int32")
    data = Data(x32, y32, np.array([N], "int32"), np.asarray(1, "int32"), x32[:, :8], y32[:, :8], eight)
    pack = pick(members(network, [(0, 0, rate)], epochs=1), [0] * count)._replace(
        weights=tuple(np.repeat(w[None], count, 0) for w in weights),
        key=np.asarray(keys(count, 4)),
        learning_rate=np.full(count, lr, "float32"),
    )
    after = run(network, data, pack, 1, batch_size=N).weights
    down = jax.grad(lambda w: _factorised_loss(jnp, w, x32[0], y32[0], rate / (1 - rate)))(weights)
    plain = jax.grad(lambda w: _factorised_loss(jnp, w, x32[0], y32[0], 0))(weights)
    for new, old, slope in zip(after, weights, down, strict=True):
        close_by_its_own_error((old - new.astype(float)) / lr, np.asarray(slope), 1e-4, 0.02)
    assert max(np.abs(a - b).max() for a, b in zip(down, plain, strict=True)) > 0.3


def test_o7_for_a_logistic_model_dropout_is_its_fisher_ridge_to_second_order():
    x = TABLES["standard"][0]
    rng = np.random.default_rng(5)
    beta = (rng.normal(size=P) / 2).astype("float32")
    p = 1 / (1 + np.exp(-x @ beta.astype(float)))
    y = (rng.uniform(size=N) < p).astype(float)
    layers = [keras.Input((P,)), keras.layers.Dropout(0.1), keras.layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential(layers)
    model.compile(optimizer="sgd", loss="binary_crossentropy")
    weights = (beta[:, None], np.zeros(1, "float32"))
    rates = [0.0, 0.05, 0.1, 0.5]
    found = losses(PackedNetwork(model), weights, (), x, y, rates, keys(40_000))
    fisher = 0.5 * np.mean(p * (1 - p) * (x**2 @ beta.astype(float) ** 2))
    # with zero masks the loss is the plain one
    want = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))
    np.testing.assert_allclose(found[0], want, rtol=1e-5)
    ratio, error = {}, {}
    for rate, values in zip(rates[1:], found[1:], strict=True):
        extra = (values - want) / (rate / (1 - rate) * fisher)
        ratio[rate], error[rate] = extra.mean(), extra.std() / np.sqrt(len(extra))
    assert max(error.values()) < 0.01
    # the rest is third and fourth order in x·β/(1 − δ), which is small at small rates and not at large ones
    assert abs(ratio[0.05] - 1) < 0.03 + Z * error[0.05]
    assert abs(ratio[0.1] - 1) < 0.06 + Z * error[0.1]
    assert abs(ratio[0.5] - 1) > 0.06


def test_o8_gaussian_noise_of_variance_g_has_the_expected_loss_of_dropout():
    x, y = TABLES["raw"]
    w, b = closed_form(x, y)
    weights = (w[:, None].astype("float32"), np.array([b], "float32"))
    rate = 0.3
    want = np.mean((x @ w + b - y) ** 2) + rate / (1 - rate) * (x**2).mean(0) @ w**2
    dropout = losses(lab().network, weights, (), x, y, [rate], keys(20_000))[0]
    network = lab("gaussian").network
    assert [a.shape for a in lab("gaussian").base.state] == [(1, 2)]  # the seed of Keras' own noise layer
    whole, target = jnp.asarray(x, jnp.float32), jnp.asarray(y, jnp.float32)[:, None]

    @jax.jit
    def noisy(seeds):
        def one(seed):
            return network.loss(weights, (seed,), whole, target, None, {"dropout": jnp.zeros(0)}, jnp.uint32(0))[0]

        return jax.lax.map(one, seeds, batch_size=500)

    gaussian = np.asarray(noisy(keys(40_000, 3).reshape(-1, 2)), float)
    for found in (dropout, gaussian):
        close_by_its_own_error(found[:, None], want, 1e-5, 0.002 * want)


@pytest.mark.slow
def test_o8_training_with_keras_own_gaussian_noise_averages_to_dropouts_closed_form():
    x, y = TABLES["raw"]
    laboratory, rate = lab("gaussian"), 0.1
    pack = laboratory.pack([{}] * 12, rate, "raw")
    seeds = np.asarray(keys(2 * LAB, 5)).reshape(LAB, 2)
    pack = pack._replace(state=(seeds,))
    running, kernels = laboratory.program.start(pack), []
    for epoch in range(900, 1500, 4):
        running = laboratory.program.advance(laboratory.data, pack, running, np.full(LAB, epoch))
        kernels.append(np.array(running.weights[0], float)[:12, :, 0])
    close_by_its_own_error(np.mean(kernels, axis=0), closed_form(x, y, dropout=0.3)[0], 1e-4, 4e-3)


# O9, exact zeros


def test_o9_proximal_steps_give_exactly_the_true_zeros_and_subgradients_give_none():
    x, y = TABLES["orthonormal"]
    want = closed_form(x, y, l1=0.4)[0]
    np.testing.assert_array_equal(want == 0, TRUE == 0)
    proximal, l1 = lab().weights([{"proximal_l1": 0.4}, {"l1": 0.4}], 0.01, "orthonormal", 3000, first=0.1)
    np.testing.assert_array_equal(proximal == 0, TRUE == 0)
    np.testing.assert_allclose(proximal, want, atol=1e-5)
    assert (l1 != 0).all()
    # they jump about zero by rate · λ1
    assert (np.abs(l1[TRUE == 0]) <= 0.01 * 0.4).all()
    np.testing.assert_allclose(l1, want, atol=0.01 * 0.4)


def test_o9_subgradients_under_adam_give_no_exact_zero_either():
    adam = lab("dropout", "adam").weights([{"l1": 0.4}, {}], 0.01, "orthonormal", 3000, first=0.1)
    assert (adam != 0).all()
    assert np.abs(adam[0, TRUE == 0]).max() < 0.02
    assert np.abs(adam[1, TRUE == 0]).max() > 0.02  # without the penalty they are not even near


# O10, the shift of the mean activation


def _expected_shift(rate, width=16):
    """Give the ratio of mean activations, training to predicting, for random weights and inputs half of them zero.

    Given its mask and input, a unit of Gaussian weights has a Gaussian sum with variance Σ (m·x)²/(1 − δ)², so the
    mean of its ReLU is as the norm of a Gaussian vector of Binomial(width, (1 − δ)/2) entries.
    """
    k = np.arange(1, width + 1)
    norm = np.exp(gammaln((k + 1) / 2) - gammaln(k / 2))

    def mean(share):
        return stats.binom.pmf(k, width, share) @ norm

    return mean((1 - rate) / 2) / (1 - rate) / mean(0.5)


@pytest.mark.parametrize(("rate", "stated"), [(0.05, 0.025), (0.08, 0.044), (0.3, 0.18), (0.5, 0.34)])
def test_o10_dropout_before_dense_and_relu_shifts_the_mean_activation(rate, stated):
    rng = np.random.default_rng(2)
    x = np.maximum(rng.normal(size=(1024, 16)), 0)
    units = 2048
    kernel = rng.normal(size=(16, units)).astype("float32")
    weights = (kernel, np.zeros(units, "float32"), np.full((units, 1), 1 / units, "float32"), np.zeros(1, "float32"))
    layers = [keras.Input((16,)), keras.layers.Dropout(0.1), keras.layers.Dense(units, activation="relu")]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    # a loss that is the mean of the predictions, which are the means of the units
    model.compile(optimizer="sgd", loss=lambda _, prediction: keras.ops.mean(prediction, axis=-1))
    network = PackedNetwork(model)
    predicting = np.asarray(network.predict(weights, (), jnp.asarray(x, jnp.float32)), float).mean()
    rows = jnp.asarray(x, jnp.float32), jnp.zeros((len(x), 1))
    strengths = {"dropout": jnp.full(1, rate, jnp.float32)}
    training = jax.jit(lambda key: network.loss(weights, (), *rows, None, strengths, key)[0])
    shift = np.mean([float(training(key)) for key in keys(32)]) / predicting - 1
    assert shift == pytest.approx(_expected_shift(rate) - 1, abs=0.01)
    assert shift == pytest.approx(stated, abs=0.015)


# O11, early stopping


def test_o11_early_stopping_is_a_ridge_to_first_order_only():
    x, y = TABLES["scaled"]
    ols, s = x.T @ (y - y.mean()) / N / (x**2).mean(0), (x**2).mean(0)
    rate = 0.004
    for epochs, low, high in [(4, 0.0, 0.06), (250, 0.05, 0.5)]:
        ridge = {"l2": 1 / (2 * rate * epochs)}
        stopped = lab().weights([{}], rate, "scaled", epochs)[0] / ols
        converged = lab().weights([ridge], min(0.1, 0.5 / (2.25 + ridge["l2"])), "scaled", 3000)[0] / ols
        np.testing.assert_allclose(stopped, 1 - (1 - 2 * rate * s) ** epochs, rtol=1e-4)
        np.testing.assert_allclose(converged, s / (s + ridge["l2"]), rtol=1e-4)
        off = np.abs(stopped / converged - 1)
        assert low <= off.max() < high
        # to first order they are both ηts (twice, for the mean of squares has the Hessian 2s)
        if epochs == 4:
            np.testing.assert_allclose(stopped, 2 * rate * epochs * s, rtol=0.06)


# O12, units of L2 in other libraries


def test_o12_keras_l2_is_sklearns_ridge_at_n_times_lambda_and_mlpregressors_alpha_too():
    x, y = TABLES["raw"]
    strengths = [0.01, 0.1, 1.0]
    found = lab().weights([{"l2": s} for s in strengths], 0.1, "raw", 6000)
    for w, s in zip(found, strengths, strict=True):
        np.testing.assert_allclose(w, Ridge(alpha=N * s).fit(x, y).coef_, atol=2e-5)
        # ½ mean squared error + ½ alpha‖w‖²/n there: twice that is ours
        theirs = MLPRegressor(
            hidden_layer_sizes=(), alpha=N * s, solver="lbfgs", max_iter=10_000, tol=1e-12, random_state=0
        ).fit(x, y)
        np.testing.assert_allclose(w, theirs.coefs_[0][:, 0], atol=2e-3)


def _one_step(optimizer, strengths, rate, first):
    return lab("dropout", optimizer).weights(strengths, rate, "raw", 1, first=first)


def test_o12_a_step_under_l2_is_a_step_of_weight_decay_twice_lambda():
    first = np.linspace(-1, 1, P)
    l2, rate = 0.3, 0.05
    plain, decayed = _one_step("sgd", [{}, {"l2": l2}], rate, first)
    np.testing.assert_allclose(plain - decayed, rate * 2 * l2 * first, atol=1e-6)


def test_o12_torchs_weight_decay_is_twice_lambda():
    torch = pytest.importorskip("torch")
    x, y = (torch.tensor(a, dtype=torch.float32) for a in TABLES["raw"])
    first = np.linspace(-1, 1, P)
    l2, rate = 0.3, 0.05
    w = torch.tensor(first, dtype=torch.float32, requires_grad=True)
    b = torch.zeros((), requires_grad=True)
    groups = [{"params": [w], "weight_decay": 2 * l2}, {"params": [b]}]
    optimizer = torch.optim.SGD(groups, lr=rate)
    ((x @ w + b - y) ** 2).mean().backward()
    optimizer.step()
    found = _one_step("sgd", [{"l2": l2}], rate, first)[0]
    np.testing.assert_allclose(found, w.detach().numpy(), atol=1e-5)


def test_o12_no_l2_makes_adam_into_adamw():
    first = np.linspace(-1, 1, P)
    rate, decay = 0.05, 0.1
    grid = np.geomspace(1e-4, 1e2, LAB - 1)
    plain, *penalised = _one_step("adam", [{}] + [{"l2": s} for s in grid], rate, first)
    decoupled = _one_step("adamw", [{}], rate, first)[0]
    # AdamW multiplies every weight by 1 − η·wd; Adam's first step is ±η, whatever the penalty
    np.testing.assert_allclose(decoupled - plain, -rate * decay * first, atol=1e-6)
    for w in penalised:
        steps = np.abs(w - first) / rate
        np.testing.assert_allclose(steps, 1, atol=0.01)
        assert np.abs(w - decoupled).max() > 0.5 * rate * decay


# O13, max-norm


def test_o13_max_norm_scales_each_units_weights_down_to_its_radius_after_the_step():
    radius, rate = 1.0, 0.5
    limit = keras.constraints.MaxNorm(radius, axis=0)
    layers = [keras.Input((COLUMNS,)), keras.layers.Dense(6, activation="tanh", kernel_constraint=limit)]
    model = keras.Sequential([*layers, keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")
    network = PackedNetwork(model)
    full = table()._replace(steps=np.asarray(1, "int32"))
    l2 = np.array([0.0, 0.05], "float32")
    pack = members(network, [(0, s, 0) for s in l2], epochs=1, seeds=[1, 2])
    # units on either side of the radius, whichever first weights were drawn
    kernel = pack.weights[0] / np.linalg.norm(pack.weights[0], axis=1, keepdims=True) * np.linspace(0.5, 1.6, 6)
    pack = pack._replace(weights=(kernel.astype("float32"), *pack.weights[1:]))
    after = run(network, full, pack, 1, batch_size=ROWS).weights
    slope = jax.grad(
        lambda w: network.loss(w, (), full.x[0], full.y[0], None, {"dropout": jnp.zeros(1)}, jnp.uint32(0))[0]
    )
    for i, strength in enumerate(l2):
        weights = tuple(w[i] for w in pack.weights)
        gradient = [np.asarray(g, float) for g in slope(weights)]
        gradient[0] += 2 * strength * weights[0]
        free = [w - rate * g for w, g in zip(weights, gradient, strict=True)]
        norm = np.linalg.norm(free[0], axis=0)
        assert (norm > 1.05 * radius).any()
        assert (norm < 0.95 * radius).any()
        free[0] *= np.minimum(1, radius / norm)
        for ours, want in zip(after, free, strict=True):
            np.testing.assert_allclose(ours[i], want, atol=2e-6)


# the penalties' gradients


def _handed(penalty, regularizer, strength):
    """Give Keras' own penalty with the engine's gradient in place of its own."""

    @jax.custom_vjp
    def value(w):
        return penalty(w)

    value.defvjp(lambda w: (penalty(w), w), lambda w, out: (out * regularizer.gradient(w, jnp.float32(strength)),))
    return value


@pytest.mark.parametrize("strength", [1e-2, 0.5, 3.0])
@pytest.mark.parametrize(
    ("regularizer", "kind"), [(L1(), keras.regularizers.L1), (L2(), keras.regularizers.L2)], ids=["l1", "l2"]
)
def test_a_penaltys_gradient_is_the_slope_of_keras_own_penalty(regularizer, kind, strength):
    w = np.random.default_rng(1).normal(size=(6, 4)).astype("float32")
    w = np.sign(w) * np.maximum(np.abs(w), 0.2)  # no kink within the step of the difference
    penalty = kind(strength)
    handed = _handed(penalty, regularizer, strength)
    check_grads(handed, (w,), order=1, modes=["rev"], eps=0.02, atol=1e-3 * strength, rtol=1e-3)
    slope = np.zeros_like(w)
    for i in np.ndindex(*w.shape):
        step = np.zeros_like(w)
        step[i] = 2.0**-5
        slope[i] = (float(penalty(w + step)) - float(penalty(w - step))) / 2.0**-4
    found = np.asarray(regularizer.gradient(jnp.asarray(w), jnp.float32(strength)))
    np.testing.assert_allclose(found, slope, rtol=2e-3, atol=1e-4 * strength)
    np.testing.assert_allclose(found, jax.grad(lambda w: penalty(w))(jnp.asarray(w)), rtol=1e-6)


# members do not touch each other

CROWD = 32


def _crowd_network():
    layers = [
        keras.Input((COLUMNS,)),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(16, activation="relu", kernel_regularizer="l1"),
        keras.layers.Dropout(0.1),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9), loss="mse")
    return PackedNetwork(model)


@lru_cache
def crowd(how):
    """Give the network, a calm pack, a function that trains packs, and what the calm pack gives."""
    network, data, size = _crowd_network(), table(), CROWD
    rng = np.random.default_rng(4)
    strengths = np.stack([10 ** rng.uniform(-5, -2, size), 10 ** rng.uniform(-5, -2, size), rng.uniform(0, 0.5, size)])
    calm = members(
        network,
        strengths.T.tolist(),
        epochs=rng.integers(3, 7, size),
        seeds=list(range(size)),
        keys=[int(k) for k in keys(size, 6)],
        stopping=stopping(size, rng.integers(2, 9, size)),
    )
    program = PackProgram(network, recipe(6), data, calm, how)

    def train(pack):
        return jax.tree.map(np.asarray, program.train(data, pack))

    return calm, train, train(calm)


def _with(pack, wild, kind):
    """Make the members `wild` of a pack diverge, in one of several ways."""
    out = jax.tree.map(np.array, pack)
    if kind == "learning rate":
        out.learning_rate[wild] = 1e6
    elif kind in ("l1", "l2"):
        out.strengths[kind][wild] = 1e30
    elif kind == "a NaN weight":
        out.weights[2][wild, 0, 0] = np.nan
    elif kind == "infinite weights":
        out.weights[2][wild] = np.inf
    else:
        out.state[0][wild] = np.nan
    return out


WILD = {
    "learning rate": [7],
    "l1": [0, 31],
    "l2": [3, 4, 5],
    "a NaN weight": [1, 11, 30, 31],
    "infinite weights": [0, 1, 2, 3, 4],
    "all at once": [2, 9, 16, 23, 30],
}


@pytest.mark.parametrize("kind", WILD)
@pytest.mark.parametrize("how", ["map", "vmap"])
def test_members_that_diverge_never_touch_their_neighbours(how, kind):
    calm, train, before = crowd(how)
    wild = np.array(WILD[kind])
    pack = calm
    if kind == "all at once":
        for one, what in zip(wild, WILD, strict=False):
            pack = _with(pack, [one], what)
    else:
        pack = _with(pack, wild, kind)
    after = train(pack)
    others = np.setdiff1d(np.arange(CROWD), wild)
    np.testing.assert_array_equal(np.flatnonzero(after.failed), wild)
    assert not before.failed.any()
    assert not np.isfinite(after.last_loss[wild]).any()
    assert np.isfinite(after.last_loss[others]).all()
    for ours, theirs in zip(jax.tree.leaves(pick(after, others)), jax.tree.leaves(pick(before, others)), strict=True):
        assert ours.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("how", ["map", "vmap"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_permuting_members_permutes_their_results_bit_for_bit(how, seed):
    calm, train, straight = crowd(how)
    rng = np.random.default_rng(seed)
    order = np.arange(CROWD)
    moved = rng.choice(CROWD, 16, replace=False)
    order[moved] = rng.permutation(moved)
    permuted = train(pick(calm, order))
    for ours, theirs in zip(jax.tree.leaves(permuted), jax.tree.leaves(pick(straight, order)), strict=True):
        assert ours.tobytes() == theirs.tobytes()
    assert len(np.unique(straight.train_loss)) == CROWD
