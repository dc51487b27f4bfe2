"""What each regularizer does, against a formula, another library, or a loop by hand."""

import keras
import numpy as np
import pytest
from scipy import optimize, special, stats

from posology.engine.randomness import derive, random_bits
from posology.regularizers import REGULARIZERS, Batch, Clock

RNG = np.random.default_rng(0)
X = RNG.normal(0.3, 1.0, size=(50, 6)).astype("float32")
W = RNG.normal(size=6).astype("float32")
Y = (X @ W + RNG.normal(size=50)).astype("float32")
MSE = float(np.mean((Y - X @ W) ** 2))
DRAWS = 1_500


def batch(key, measured=None, slope=None):
    seen = np.ones(X.shape[1], bool) if measured is None else measured
    return Batch(lambda shape, stream=0: random_bits(derive(np.uint32(key), stream), shape), seen, slope)


def rows(name, strength, key=0, **about):
    out = REGULARIZERS[name].rows(X, Y[:, None], np.float32(strength), batch(key, **about))
    return tuple(np.asarray(part) for part in out)


def expected(losses):
    """Give a mean over draws, and four of its standard errors."""
    return np.mean(losses), 4 * np.std(losses) / np.sqrt(len(losses))


def test_input_dropout_is_an_l2_penalty_scaled_by_the_data():
    """Oracle O1: in expectation, mean squared error + p/(1 - p)·Σ mean(x_j²)·w_j²."""
    losses = [np.mean((Y - rows("input_dropout", 0.3, key)[0] @ W) ** 2) for key in range(DRAWS)]
    mean, error = expected(losses)
    assert mean == pytest.approx(MSE + 0.3 / 0.7 * ((X**2).mean(axis=0) * W**2).sum(), abs=error)
    assert error < 0.25


def test_input_noise_is_an_l2_penalty():
    losses = [np.mean((Y - rows("input_noise", 0.5, key)[0] @ W) ** 2) for key in range(DRAWS)]
    mean, error = expected(losses)
    assert mean == pytest.approx(MSE + 0.25 * (W**2).sum(), abs=error)
    assert error < 0.25


@pytest.mark.parametrize("name", ["input_noise", "input_dropout", "adversarial"])
def test_numbers_of_categories_are_not_computed_with(name):
    slope = lambda x, y: np.ones_like(X)  # noqa: E731, ARG005
    x, _ = rows(name, 0.3, measured=np.arange(6) > 0, slope=slope)
    assert set(np.unique(x[:, 0])) <= {0.0, *np.unique(X[:, 0])}
    assert (x[:, 1:] != X[:, 1:]).any()


def test_dropconnect_has_the_expected_loss_of_dropout_on_what_a_layer_reads():
    def lost(key):
        w = REGULARIZERS["dropconnect"].perturbed(W[:, None], np.float32(0.3), random_bits(np.uint32(key), (6, 1)))
        return np.mean((Y - X @ np.asarray(w)[:, 0]) ** 2)

    mean, error = expected([lost(key) for key in range(DRAWS)])
    assert mean == pytest.approx(MSE + 0.3 / 0.7 * ((X**2).mean(axis=0) * W**2).sum(), abs=error)


def test_weight_noise_is_as_large_as_it_says():
    w = RNG.normal(2.0, 0.5, size=(400, 500)).astype("float32")
    noisy = REGULARIZERS["weight_noise"].perturbed(w, np.float32(0.4), random_bits(np.uint32(3), w.shape))
    noise = np.asarray(noisy) - w
    assert noise.std() == pytest.approx(0.4 * w.std(), rel=0.01)
    assert abs(noise.mean()) < 0.002


@pytest.mark.parametrize(("name", "axis"), [("group_lasso_inputs", 1), ("group_lasso_units", 0)])
def test_a_group_lasso_step_is_the_minimum_that_defines_it(name, axis):
    """argmin over v of ½·‖v - w‖² + η·λ·√n·‖v‖, group by group, by an optimizer that knows no formula."""
    w = RNG.normal(size=(4, 3)).astype("float32")
    got = np.asarray(REGULARIZERS[name].after_update(w, np.float32(5.0), np.float32(0.1)))
    size = np.sqrt(w.shape[axis])
    for group, found in zip(np.moveaxis(w, axis, 1), np.moveaxis(got, axis, 1), strict=True):

        def objective(v, group=group):
            return 0.5 * ((v - group) ** 2).sum() + 0.5 * size * np.linalg.norm(v)

        best = optimize.minimize(objective, group, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-10})
        assert objective(found) <= best.fun + 1e-6
    assert (np.linalg.norm(got, axis=axis) < np.linalg.norm(w, axis=axis)).all()


def test_group_lasso_by_gradient_steps_reaches_its_optimum():
    """KKT of mean squared error + λ·Σ √n·‖w_g‖: the gradient is -λ·√n·w_g/‖w_g‖, or shorter than λ·√n where w_g = 0."""
    x, rate, strength = X.astype(float), 0.05, 1.5
    y = x[:, :2] @ RNG.normal(size=(2, 3)) + 0.1 * RNG.normal(size=(50, 3))

    def gradient(w):
        return 2 * x.T @ (x @ w - y) / len(x) / 3

    w = np.zeros((6, 3))
    for _ in range(3_000):
        w = np.asarray(REGULARIZERS["group_lasso_inputs"].after_update(w - rate * gradient(w), strength / 10, rate))
    norms, slope = np.linalg.norm(w, axis=1, keepdims=True), gradient(w)
    live = norms[:, 0] > 0
    assert live.tolist() == [True, True, False, False, False, False]
    limit = strength / 10 * np.sqrt(3)
    np.testing.assert_allclose(slope[live], -limit * w[live] / norms[live], atol=1e-3)
    assert (np.linalg.norm(slope[~live], axis=1) <= limit).all()


@pytest.mark.parametrize("shape", [(7, 5), (3, 2, 4)])
def test_max_norm_is_that_of_keras(shape):
    w = RNG.normal(size=shape).astype("float32")
    own = keras.constraints.MaxNorm(1.25, axis=list(range(len(shape) - 1)))
    got = REGULARIZERS["max_norm"].after_update(w, np.float32(0.8), np.float32(0.1))
    np.testing.assert_allclose(got, own(w), rtol=1e-5)


def test_orthogonality_is_that_of_keras():
    import jax

    w = RNG.normal(size=(7, 5)).astype("float32")
    own = jax.grad(keras.regularizers.OrthogonalRegularizer(0.3, mode="columns"))(w)
    np.testing.assert_allclose(REGULARIZERS["orthogonal"].gradient(w, np.float32(0.3)), own, rtol=1e-4, atol=1e-7)


def test_decay_and_clipping_are_those_of_keras():
    w = RNG.normal(size=(3, 2)).astype("float32")
    decayed = REGULARIZERS["weight_decay"].before_update(w, np.float32(0.5), np.float32(0.1))
    np.testing.assert_allclose(decayed, w * 0.95, rtol=1e-6)
    gradient = (w, 3 * w)
    clip = keras.src.optimizers.base_optimizer.clip_by_global_norm
    for limit in (0.5, 100.0):
        got = REGULARIZERS["gradient_clipping"].clipped(gradient, np.float32(1 / limit))
        for one, other in zip(got, clip(list(gradient), limit), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 0.5, 1.0])
def test_the_shares_of_mixup_are_those_of_a_beta_distribution(alpha):
    x = np.array([[0.0], [1.0]], "float32")
    mixup = REGULARIZERS["mixup"]
    shares = [float(mixup.rows(x, x, np.float32(alpha), batch(key))[0][1, 0]) for key in range(1_000)]
    assert stats.kstest(shares, stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_the_smaller_share_of_mixup_is_on_average_as_its_range_says():
    """E min(m, 1 - m) for m ~ Beta(a, a) is I_(1/2)(a + 1, a)."""
    ends = [float(special.betainc(a + 1, a, 0.5)) for a in (0.05, 1.0)]
    said = "from 0.05, where the smaller share has a mean of {:.2f}, to 1, where it has one of {:.2f}"
    assert said.format(*ends) in type(REGULARIZERS["mixup"]).__doc__


def test_mixup_mixes_rows_and_targets_alike():
    x, y = rows("mixup", 1.0)
    share = (y[0, 0] - Y[-1]) / (Y[0] - Y[-1])
    np.testing.assert_allclose(x, share * X + (1 - share) * np.roll(X, 1, axis=0), rtol=1e-3, atol=1e-4)


def test_cutmix_takes_columns_and_as_much_of_the_target():
    applied = []
    for key in range(200):
        x, y = rows("cutmix", 0.6, key)
        taken = (x == np.roll(X, 1, axis=0)).all(axis=0)
        assert ((x == X).all(axis=0) == ~taken).all()
        share = taken.mean()
        np.testing.assert_allclose(y[:, 0], (1 - share) * Y + share * np.roll(Y, 1), rtol=1e-4, atol=1e-4)
        applied.append(share)
    assert np.mean(applied) == pytest.approx(0.3, abs=0.08)


def test_cutout_takes_the_same_columns_out_of_all_rows():
    gone = []
    for key in range(300):
        x, _ = rows("cutout", 0.25, key)
        out = (x == 0).all(axis=0)
        np.testing.assert_array_equal(x[:, ~out], X[:, ~out])
        gone.append(out.mean())
    assert np.mean(gone) == pytest.approx(0.25, abs=0.04)


def test_adversarial_rows_raise_the_loss_of_a_linear_network_as_much_as_can_be():
    """The largest loss within ε in every column is at (|r| + ε·Σ|w|)²."""

    def slope(x, y):
        return -2 * (y - (x @ W)[:, None]) * W / len(x)

    x, _ = rows("adversarial", 0.1, slope=slope)
    before, after = (Y - X @ W)[::2], (Y - x @ W)[::2]
    np.testing.assert_allclose(np.abs(after), np.abs(before) + 0.1 * np.abs(W).sum(), rtol=1e-4)
    np.testing.assert_array_equal(x[1::2], X[1::2])


def test_target_noise_is_as_large_as_it_says():
    y = np.zeros((200_000, 1), "float32")
    noisy = np.asarray(REGULARIZERS["target_noise"].targets(y, np.float32(0.7), batch(1)))
    assert stats.kstest(noisy[:, 0], stats.norm(0, 0.7).cdf).pvalue > 1e-3


def walk(name, strength, steps, an_epoch=4):
    """Remember a walk; give its weights and what is remembered, step by step."""
    weights = RNG.normal(size=(steps, 3)).astype("float32")
    memory, kept = np.zeros(3, "float32"), []
    for step, weight in enumerate(weights):
        clock = Clock(np.int32(step), np.int32(step // an_epoch), (step + 1) % an_epoch == 0)
        memory, _ = REGULARIZERS[name].remember(memory, weight, np.float32(strength), clock)
        kept.append(np.asarray(memory))
    return weights, np.array(kept)


def test_a_moving_average_is_the_weighted_sum_that_it_unrolls_to():
    weights, kept = walk("ema", 3.0, 20)
    shares = np.array([0.25 * 0.75 ** (19 - k) for k in range(20)])
    shares[0] = 0.75**19
    np.testing.assert_allclose(kept[-1], shares @ weights, rtol=1e-4)


def test_stochastic_weight_averaging_of_all_epochs_is_their_mean_and_of_a_fifth_about_the_last_fifth():
    weights, kept = walk("swa", 1.0, 40)
    np.testing.assert_allclose(kept[-1], weights[3::4].mean(axis=0), rtol=1e-4, atol=1e-6)
    # the share of each epoch in the average, one at a time
    shares = []
    for place in range(50):
        memory = np.float32(0)
        for epoch in range(50):
            clock = Clock(np.int32(epoch), np.int32(epoch), True)
            memory, _ = REGULARIZERS["swa"].remember(memory, np.float32(epoch == place), np.float32(0.2), clock)
        shares.append(float(memory))
    age = float(np.dot(shares, np.arange(1, 51))) / 50
    assert sum(shares) == pytest.approx(1, abs=1e-4)
    assert age == pytest.approx(5 / 6, abs=0.03)  # the mean of u/t under (u/t)^(1/s - 1): 1/(1 + s)


def test_lookahead_is_the_loop_of_its_paper():
    rule, strength = REGULARIZERS["lookahead"], 0.3
    slow = fast = theirs_slow = theirs = np.zeros(3, "float32")
    for step in range(17):
        move = RNG.normal(size=3).astype("float32")
        slow, fast = rule.remember(slow, fast + move, np.float32(strength), Clock(np.int32(step), np.int32(0), False))
        theirs = theirs + move
        if (step + 1) % 5 == 0:  # φ ← φ + α·(θ - φ), θ ← φ, with α = 1 - strength
            theirs_slow = theirs_slow + (1 - strength) * (theirs - theirs_slow)
            theirs = theirs_slow
    np.testing.assert_allclose(fast, theirs, rtol=1e-5, atol=1e-6)


def test_shake_drop_scales_forward_and_back_by_the_numbers_of_its_paper():
    import jax

    rate, rows = 0.3, 100_000
    bits = random_bits(np.uint32(11), (rows, 1))
    branch = np.full((rows, 2), 2.0, "float32")
    out, back = jax.vjp(lambda b: REGULARIZERS["shake_drop"].apply(b, np.float32(rate), bits), branch)
    forward, back = (np.asarray(a)[:, 0] * (1 - rate) for a in (out / 2, back(np.ones_like(branch))[0]))
    shaken = np.abs(back - 1) > 1e-6
    assert shaken.mean() == pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / rows))
    np.testing.assert_allclose(forward[~shaken], 1, rtol=1e-6)
    alpha, beta = forward[shaken], back[shaken]
    assert stats.kstest(alpha, stats.uniform(-1, 2).cdf).pvalue > 1e-4
    assert stats.kstest(beta, stats.uniform(0, 1).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(alpha, beta)[0, 1]) < 4 / np.sqrt(len(alpha))
    # the mean of what is added stays, so that nothing is rescaled when predicting
    assert forward.mean() == pytest.approx(1 - rate, abs=0.01)


def test_shake_shake_weighs_two_branches_forward_and_back_by_the_numbers_of_its_paper():
    import jax

    rows, strength = 100_000, np.float32(0.8)
    bits = random_bits(np.uint32(12), (rows, 1))
    branch = np.full((rows, 1), 3.0, "float32")
    ways = []
    for own in (bits, ~bits):
        out, back = jax.vjp(lambda b, own=own: REGULARIZERS["shake_shake"].apply(b, strength, own), branch)
        ways.append([np.asarray(a)[:, 0] for a in (out / 3, back(np.ones_like(branch))[0])])
    (forward, back), (other, other_back) = ways
    np.testing.assert_allclose(forward + other, 2, rtol=1e-5)
    np.testing.assert_allclose(back + other_back, 2, rtol=1e-5)
    # 2a is uniform between 1 - s and 1 + s, and so is 2b, another number
    for share in (forward, back):
        assert stats.kstest(share, stats.uniform(0.2, 1.6).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(forward, back)[0, 1]) < 4 / np.sqrt(rows)
