import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from posology.engine.randomness import derive, mix, random_bits, shuffled
from posology.regularizers import Dropout


def uniforms(key, n):
    return np.asarray(random_bits(jnp.uint32(key), (n,)) >> 8) / 2.0**24


def test_mix_is_one_to_one_on_a_sample():
    x = np.unique(np.random.default_rng(0).integers(0, 2**32, 1_000_000, dtype=np.uint32))
    assert len(np.unique(np.asarray(mix(x)))) == len(x)


@pytest.mark.parametrize("key", [0, 1, 12345, 2**32 - 1])
def test_bits_are_uniform_by_chi_square(key):
    counts = np.histogram(uniforms(key, 1_000_000), bins=256, range=(0, 1))[0]
    assert stats.chisquare(counts).pvalue > 1e-4


@pytest.mark.parametrize("lag", [1, 2, 128, 4096])
def test_bits_have_no_serial_correlation(lag):
    u = uniforms(99, 1_000_000)
    assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < 4 / np.sqrt(len(u))


@pytest.mark.parametrize("child", [0, 1, 2, 1000])
def test_children_of_a_key_are_independent(child):
    other = uniforms(derive(7, child), 1_000_000)
    assert abs(np.corrcoef(uniforms(derive(7, child + 1), 1_000_000), other)[0, 1]) < 4e-3


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.95])
def test_dropout_keeps_the_right_share_and_the_mean(rate):
    out = np.asarray(Dropout().apply(jnp.ones(1_000_000), rate, random_bits(jnp.uint32(5), (1_000_000,))))
    dropped = (out == 0).mean()
    assert abs(dropped - rate) < 4 * np.sqrt(rate * (1 - rate) / 1e6)
    assert abs(out.mean() - 1) < 4 * np.sqrt(rate / (1 - rate) / 1e6)


def test_dropout_at_rate_zero_is_the_identity_bit_for_bit():
    x = jax.random.normal(jax.random.key(0), (1000,))
    out = jax.jit(Dropout().apply)(x, jnp.float32(0), random_bits(jnp.uint32(5), (1000,)))
    assert np.asarray(out).tobytes() == np.asarray(x).tobytes()


@pytest.mark.parametrize(("rows", "capacity"), [(1, 1), (1, 5), (618, 1030), (1030, 1030), (70_000, 80_000)])
def test_shuffled_is_a_permutation_of_the_rows(rows, capacity):
    order = np.asarray(shuffled(3, jnp.int32(rows), capacity))
    assert sorted(order[:rows]) == list(range(rows))


def test_shuffled_puts_every_row_everywhere():
    places = np.stack([np.argsort(np.asarray(shuffled(k, jnp.int32(8), 10))[:8]) for k in range(4000)])
    for row in places.T:
        assert stats.chisquare(np.bincount(row, minlength=8)).pvalue > 1e-4
