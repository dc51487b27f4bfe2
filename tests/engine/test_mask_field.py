"""The field of random numbers behind masks and shuffles: uniform, independent where it must be, equal where it must be.

Keys are fixed, so nothing here is random from run to run. The bounds are such that a right generator with keys of its
own choice meets them with a probability above 0.9999.
"""

from functools import partial
from itertools import pairwise
from math import comb

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from scipy import stats

from posology.engine.member import Data
from posology.engine.packing import PackProgram
from posology.engine.randomness import derive, random_bits, shuffled
from posology.network.packed import PackedNetwork
from posology.regularizers import Dropout
from tests.engine.packs import COLUMNS, members, pick, recipe, table

LAYER = 4096
"""Activations of one mask in the statistical tests, as 32 rows of 128 units."""
LAGS = (1, 2, 64, 1024)
TAIL = 5e-5


def fits(pvalue):
    """Tell whether a p-value is neither too small nor too good to be true."""
    return TAIL < pvalue < 1 - TAIL


@partial(jax.jit, static_argnames="size")
def fields(keys, size=LAYER):
    """Give the masks' numbers as the engine draws them, (key, size)."""
    return jax.vmap(lambda key: random_bits(key, (size,)))(keys)


def uniforms(keys, size=LAYER):
    """Give the top 24 bits, which decide, as fractions of mean 0 and variance 1."""
    return ((fields(keys, size) >> 8).astype(jnp.float32) * 2.0**-24 + (2.0**-25 - 0.5)) * np.float32(np.sqrt(12))


def masks(keys, rate, size=LAYER):
    """Give masks, standardised."""
    kept = np.asarray(Dropout().apply(jnp.ones(()), rate, fields(keys, size))) > 0
    return (kept - (1 - rate)) / np.sqrt(rate * (1 - rate))


def step_keys(member, epochs, steps, sites):
    """Derive keys as `program` does, (epoch, step, site)."""
    epoch = derive(jnp.uint32(member), jnp.arange(epochs))
    step = derive(epoch[:, None], jnp.arange(steps))
    return derive(step[..., None], jnp.arange(sites))


# one hundred million draws


@pytest.fixture(scope="module")
def hundred_million():
    """Draw as a training does: a mask of 4,096 numbers at each of 24,576 steps; count bytes and sum products."""

    @jax.jit
    def chunk(keys):
        numbers = uniforms(keys)
        dropped = numbers < np.float32((0.05 - 0.5) * np.sqrt(12))
        together = [jnp.sum(numbers[:, :-lag] * numbers[:, lag:]) for lag in LAGS]
        both = [jnp.sum(dropped[:, :-lag] & dropped[:, lag:]) for lag in LAGS]
        halves = [jnp.sum(numbers), jnp.sum(numbers**2), jnp.sum(dropped)]
        return (fields(keys) >> 24).astype(jnp.uint8), jnp.stack(together), jnp.stack(both), jnp.stack(halves)

    keys = step_keys(77, 24, 1024, 1).reshape(24, 1024)
    counts, together, both, halves = np.zeros(256), 0.0, 0.0, 0.0
    for part in keys:
        byte, products, pairs, sums = chunk(part)
        counts += np.bincount(np.asarray(byte).ravel(), minlength=256)
        together, both = together + np.asarray(products, float), both + np.asarray(pairs, float)
        halves = halves + np.asarray(sums, float)
    pairs = keys.size * (LAYER - np.array(LAGS))
    share = halves[2] / counts.sum()
    joint = (both / pairs - share**2) / (share * (1 - share))
    return {
        "counts": counts,
        "mean": halves[0] / counts.sum(),
        "square": halves[1] / counts.sum(),
        "share": share,
        "z": np.concatenate([together / pairs, joint]) * np.sqrt(np.tile(pairs, 2)),
        "correlation": np.concatenate([together / pairs, joint]),
    }


def test_a_hundred_million_draws_are_uniform(hundred_million):
    assert hundred_million["counts"].sum() == 24 * 1024 * LAYER > 1e8
    assert fits(stats.chisquare(hundred_million["counts"]).pvalue)


def test_a_hundred_million_draws_have_the_right_mean_variance_and_share_below_a_rate(hundred_million):
    n = hundred_million["counts"].sum()
    # float32 sums of four million numbers lose up to 1e-5 of a standard deviation
    assert abs(hundred_million["mean"]) < 4 / np.sqrt(n) + 1e-5
    assert abs(hundred_million["square"] - 1) < 4 * np.sqrt(0.8 / n) + 1e-5
    assert abs(hundred_million["share"] - 0.05) < 4 * np.sqrt(0.05 * 0.95 / n)


def test_a_hundred_million_draws_have_no_serial_correlation(hundred_million):
    assert fits(stats.chi2.sf((hundred_million["z"] ** 2).sum(), 2 * len(LAGS)))


def test_serial_correlation_is_below_what_a_training_could_notice(hundred_million):
    assert np.abs(hundred_million["correlation"]).max() < 2e-3


# mean, variance and shape of single masks


@pytest.mark.parametrize("key", [0, 1, 2**31, 2**32 - 1, 0xDEADBEEF])
def test_one_masks_numbers_are_uniform_in_mean_variance_and_every_bit(key):
    n = 1_000_000
    u = np.asarray(uniforms(jnp.array([key], jnp.uint32), n)[0], float)
    assert abs(u.mean()) < 4 / np.sqrt(n)
    assert abs((u**2).mean() - 1) < 4 * np.sqrt(0.8 / n)
    bits = np.asarray(random_bits(jnp.uint32(key), (n,)))
    ones = np.array([((bits >> i) & 1).sum() for i in range(32)])
    z = (ones - n / 2) / np.sqrt(n / 4)
    assert fits(stats.chi2.sf((z**2).sum(), 32))


@pytest.mark.parametrize("shape", [(LAYER,), (32, 128), (4, 8, 128)])
def test_a_mask_of_any_shape_is_the_same_numbers_row_by_row(shape):
    flat = np.asarray(random_bits(jnp.uint32(3), (LAYER,)))
    np.testing.assert_array_equal(np.asarray(random_bits(jnp.uint32(3), shape)).ravel(), flat)


@pytest.mark.parametrize("key", range(4))
def test_masked_ones_keep_their_mean_at_every_rate(key):
    n = 1_000_000
    bits = random_bits(derive(jnp.uint32(21), key), (n,))
    apply = jax.jit(lambda rate: Dropout().apply(jnp.ones(n), rate, bits))
    before = np.zeros(n, bool)
    for rate in [0.01, 0.02, 0.05, 0.08, *np.arange(0.1, 0.95, 0.05).round(2), 0.95]:
        out = np.asarray(apply(jnp.float32(rate)), float)
        assert abs(out.mean() - 1) < 4 * np.sqrt(rate / (1 - rate) / n)
        np.testing.assert_allclose(np.unique(out), [0, 1 / (1 - rate)], rtol=1e-6)
        # what a rate drops, every higher rate drops too
        assert not (before & (out != 0)).any()
        before = out == 0


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5])
def test_runs_of_kept_and_dropped_are_as_many_as_by_chance(rate):
    kept = masks(jnp.array([derive(4, 4)]), rate, 1_000_000)[0] > 0
    n, ones = len(kept), kept.sum()
    runs = 1 + (kept[1:] != kept[:-1]).sum()
    mean = 1 + 2 * ones * (n - ones) / n
    assert abs(runs - mean) < 3.9 * np.sqrt((mean - 1) * (mean - 2) / (n - 1))


# rate 0


def test_rate_zero_is_the_identity_bit_for_bit_whatever_the_number():
    x = np.concatenate(
        [
            np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan], "float32"),
            np.finfo("float32").tiny * np.array([1, -1, 2], "float32"),
            np.finfo("float32").max * np.array([1, -1], "float32"),
            np.random.default_rng(1).normal(size=10_000).astype("float32"),
        ]
    )
    for rate in (0.0, -0.0):
        out = jax.jit(Dropout().apply)(jnp.asarray(x), jnp.float32(rate), random_bits(jnp.uint32(5), x.shape))
        assert np.asarray(out).tobytes() == x.tobytes()


def test_a_networks_loss_at_rate_zero_is_the_loss_without_dropout_bit_for_bit():
    layers = [keras.Input((COLUMNS,)), keras.layers.Dropout(0.3), keras.layers.Dense(16, activation="relu")]
    model = keras.Sequential([*layers, keras.layers.Dropout(0.2), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    dropping, plain = PackedNetwork(model), PackedNetwork(model, ("l1", "l2"))
    weights, _ = dropping.first_weights(3)
    data = table()

    def training(network, rate):
        def loss(weights, rates):
            got = network.loss(weights, (), data.x[0], data.y[0], None, {"dropout": rates}, jnp.uint32(7))
            return got[0]

        return jax.jit(jax.value_and_grad(loss))(tuple(weights), jnp.full(2, rate, jnp.float32))

    off, without, on = training(dropping, 0.0), training(plain, 0.0), training(dropping, 0.1)
    for ours, theirs in zip(jax.tree.leaves(off), jax.tree.leaves(without), strict=True):
        assert np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()
    assert float(on[0]) != float(off[0])


# the same key is the same field, through the engine


WIDE = 64


def test_the_engines_masks_are_the_fields_of_member_epoch_step_and_site_whatever_the_strengths():
    """Read masks off the weights' changes: two rows, each with ones in one half of the columns, one row a step."""
    layers = [keras.Input((WIDE,)), keras.layers.Dropout(0.1), keras.layers.Dropout(0.1)]
    model = keras.Sequential([*layers, keras.layers.Dense(1, use_bias=False, kernel_regularizer="l1")])
    model.compile(optimizer=keras.optimizers.SGD(1e-3), loss="mse")
    network = PackedNetwork(model)
    half = np.repeat(np.eye(2, dtype="float32"), WIDE // 2, axis=1)
    x, y, two = half[None], np.ones((1, 2, 1), "float32"), np.array([2], "int32")
    data = Data(x, y, two, np.asarray(2, "int32"), x, y, two)
    arms = [(0, 0, 0.4, 0), (0, 0, 0, 0.4), (1e-2, 1e-2, 0.4, 0), (0.1, 0.0, 0.2, 0), (0, 0.1, 0, 0.7), (0, 0, 0, 0)]
    keys = [5, 5 ^ 1, 2**32 - 1]
    cases = [(arm, key) for arm in arms for key in keys]
    l1, l2, *rates = np.array([arm for arm, _ in cases], "float32").T
    pack = pick(members(network, [(0, 0, 0)], epochs=4), [0] * len(cases))._replace(
        weights=(np.zeros((len(cases), WIDE, 1), "float32"),),
        strengths={"l1": l1[:, None], "l2": l2[:, None], "dropout": np.stack(rates, axis=1)},
        key=np.array([key for _, key in cases], "uint32"),
    )
    program = PackProgram(network, recipe(4, batch_size=1), data, pack)
    running, before, seen = program.start(pack), np.zeros((len(cases), WIDE)), []
    for epoch in range(4):
        running = program.advance(data, pack, running, np.full(len(cases), epoch + 1))
        after = np.array(running.weights[0])[..., 0]
        kept = after - before > 1e-3
        for i, (arm, key) in enumerate(cases):
            np.testing.assert_array_equal(kept[i], _expected_mask(arm[2:], key, epoch))
        before = after
        seen.append(kept)
    seen = np.stack(seen, axis=1).reshape(len(arms), len(keys), 4, WIDE)
    np.testing.assert_array_equal(seen[0], seen[2])  # penalties do not move the field
    assert not (seen[0] & ~seen[3]).any()  # and what the higher rate keeps, the lower one keeps
    assert len(np.unique(seen[:2].reshape(-1, WIDE), axis=0)) == 2 * len(keys) * 4
    assert seen[5].all()


def _expected_mask(rates, key, epoch):
    epoch_key = derive(key, epoch)
    order = np.asarray(shuffled(epoch_key, jnp.int32(2), 2))
    kept = np.ones(WIDE, bool)
    for row in range(2):
        step_key = derive(epoch_key, int(np.flatnonzero(order == row)[0]))
        columns = slice(row * WIDE // 2, (row + 1) * WIDE // 2)
        for site, rate in enumerate(rates):
            bits = np.asarray(random_bits(derive(step_key, site), (1, WIDE)))[0]
            kept[columns] &= (bits / 2**32 >= np.float32(rate))[columns]
    return kept


# other keys are other fields


def independent(rows):
    """Check that rows of mean 0 and variance 1 are uncorrelated, in the worst pair and in all of them together."""
    count, n = rows.shape
    rows = rows / np.sqrt((rows**2).mean(axis=1, keepdims=True))
    z = (rows @ rows.T / np.sqrt(n))[np.triu_indices(count, 1)]
    if n > 1000:  # where single correlations are normal as far out as that
        assert np.abs(z).max() < stats.norm.isf(TAIL / len(z) / 2)
    assert abs(np.mean(z**2) - 1) < 4 * np.sqrt(2 / len(z))
    assert abs(z.mean()) < 4 / np.sqrt(len(z))


@pytest.mark.parametrize("rate", [None, 0.05, 0.5])
def test_fields_of_members_epochs_steps_and_sites_are_independent(rate):
    # neighbours in every respect: members' keys by counting, as children of one key, and equal in all but one bit
    parents = [1, 2, 3, 2**31 + 1, *np.asarray(derive(1, np.arange(2))).tolist()]
    keys = jnp.concatenate([step_keys(p, 4, 8, 3).ravel() for p in parents])
    rows = uniforms(keys) if rate is None else masks(keys, rate)
    independent(np.asarray(rows, float))


@pytest.mark.parametrize("axis", ["epoch", "step", "site"])
@pytest.mark.parametrize("rate", [0.05, 0.5])
def test_masks_that_follow_each_other_are_uncorrelated_at_their_place_and_beside_it(axis, rate):
    keys = step_keys(13, *{"epoch": (2000, 1, 1), "step": (1, 2000, 1), "site": (1, 1, 2000)}[axis]).ravel()
    m = masks(keys, rate, 512)
    for offset in (0, 1, 128):
        now, then = m[:-1, : 512 - offset], m[1:, offset:]
        assert abs((now * then).mean()) < 4 / np.sqrt(now.size)
        assert abs((m[:-1, offset:] * m[1:, : 512 - offset]).mean()) < 4 / np.sqrt(now.size)


@pytest.mark.parametrize("units", [100, 128])
@pytest.mark.parametrize("rate", [0.3, 0.5])
def test_rows_and_columns_of_a_mask_are_uncorrelated(rate, units):
    rows = 2048
    mask = masks(jnp.array([derive(6, units)]), rate, rows * units)[0].reshape(rows, units)
    independent(mask)
    independent(mask.T)
    assert fits(stats.chi2.sf((mask.mean(axis=0) ** 2 * rows).sum(), units))
    assert fits(stats.chi2.sf((mask.mean(axis=1) ** 2 * units).sum(), rows))


@pytest.mark.parametrize("units", [100, 128])
def test_no_pattern_of_any_kind_runs_through_rows_and_columns(units):
    """Compare the largest singular value with Johnstone's limit, the law of Tracy and Widom."""
    rows = 2048
    mask = masks(jnp.array([derive(6, units)]), 0.5, rows * units)[0].reshape(rows, units)
    edge = np.sqrt(rows - 1) + np.sqrt(units)
    width = edge * (1 / np.sqrt(rows - 1) + 1 / np.sqrt(units)) ** (1 / 3)
    assert -6 < (np.linalg.norm(mask, 2) ** 2 - edge**2) / width < 5


# keys and the numbers that they share


def test_derived_keys_meet_as_seldom_as_random_ones():
    keys = np.concatenate([np.asarray(step_keys(member, 100, 100, 10)).ravel() for member in range(10)])
    twice = len(keys) - len(np.unique(keys))
    assert fits(stats.poisson.cdf(twice, comb(len(keys), 2) / 2**32))
    children = np.asarray(derive(jnp.uint32(3), jnp.arange(1_000_000)))
    assert len(np.unique(children)) == len(children)  # of one key, never


def test_the_order_of_descent_matters():
    first = np.asarray(derive(derive(jnp.uint32(3), jnp.arange(64)[:, None]), jnp.arange(64)))
    assert (first != first.T).sum() == 64 * 63


def test_two_keys_share_as_many_numbers_as_is_stated():
    keys = jnp.asarray(np.unique(np.asarray(step_keys(8, 2, 100, 10)).ravel()))
    numbers = np.sort(np.asarray(fields(keys)).ravel())
    shared = int((numbers[1:] == numbers[:-1]).sum())
    expected = comb(len(keys), 2) * LAYER**2 / 2**32
    assert fits(stats.poisson.cdf(shared, expected)), (shared, expected)
    # within a key no number repeats
    one = np.asarray(fields(keys[:1]))
    assert len(np.unique(one)) == one.size


def test_spacings_of_birthdays_repeat_as_often_as_by_chance():
    """Marsaglia's test: of 4,096 birthdays in a year of 2³² days, n³/4m = 4 spacings are expected to repeat."""
    keys = step_keys(31, 5, 100, 1).ravel()

    @jax.jit
    def repeats(keys):
        spacings = jnp.sort(jnp.diff(jnp.sort(fields(keys), axis=1), axis=1), axis=1)
        return jnp.sum(spacings[:, 1:] == spacings[:, :-1])

    assert fits(stats.poisson.cdf(int(repeats(keys)), 4 * keys.size))


# shuffles


def test_every_order_of_four_rows_is_equally_likely():
    keys = step_keys(9, 24_000, 1, 1).ravel()
    orders = np.asarray(jax.jit(jax.vmap(lambda key: shuffled(key, jnp.int32(4), 4)))(keys))
    np.testing.assert_array_equal(np.sort(orders, axis=1), np.tile(np.arange(4), (len(keys), 1)))
    _, counts = np.unique(orders @ [64, 16, 4, 1], return_counts=True)
    assert len(counts) == 24
    assert fits(stats.chisquare(counts).pvalue)


def test_a_large_shuffle_knows_nothing_of_the_rows_order_nor_of_the_shuffle_before():
    rows = 200_000
    shuffle = jax.jit(lambda key: shuffled(key, jnp.int32(rows), rows))
    orders = [np.asarray(shuffle(key)) for key in derive(jnp.uint32(10), jnp.arange(4))]
    bound = 4 / np.sqrt(rows)
    places = []
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(rows))
        place = np.argsort(order)
        assert abs(np.corrcoef(order, np.arange(rows))[0, 1]) < bound
        for lag in (1, 2, 32, 1024):
            assert abs(np.corrcoef(order[:-lag], order[lag:])[0, 1]) < bound  # of places that follow each other
            assert abs(np.corrcoef(place[:-lag], place[lag:])[0, 1]) < bound  # of rows that follow each other
        # rows that were neighbours stay so in two cases, on the average
        stayed = (np.diff(order) == 1).sum() + (np.diff(order) == -1).sum()
        assert fits(stats.poisson.cdf(stayed, 2))
        places.append(place)
    for one, other in pairwise(places):
        assert abs(np.corrcoef(one, other)[0, 1]) < bound
        assert (one == other).sum() < 10  # one is expected


def test_a_shuffle_and_the_masks_of_its_epoch_are_independent():
    rows = 200_000
    key = derive(jnp.uint32(10), 0)
    place = np.argsort(np.asarray(shuffled(key, jnp.int32(rows), rows)))
    for step in range(3):
        u = np.asarray(uniforms(derive(derive(key, step), jnp.arange(1)), rows)[0])
        assert abs(np.corrcoef(place, u)[0, 1]) < 4 / np.sqrt(rows)
