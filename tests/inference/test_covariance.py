import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.sandwich_covariance import cov_cluster

from posology.inference import Estimate, estimate, floor_se
from posology.inference.covariance import fit_means, fit_sums, floor_covariance, normal_draws, positive_part
from tests.inference.planted import folds_of, study


def terms(losses, folds):
    """Srow, Sfit, Sboth by loops, straight from the formulas."""
    arms, repeats, rows = losses.shape
    k = int(folds.max()) + 1
    e = losses - losses.mean(axis=(1, 2), keepdims=True)
    row, fit, both = (np.zeros((arms, arms)) for _ in range(3))
    for a in range(arms):
        for b in range(arms):
            row[a, b] = sum(e[a, :, i].sum() * e[b, :, i].sum() for i in range(rows)) * rows / (rows - 1)
            fit[a, b] = sum(
                e[a, r, folds[r] == f].sum() * e[b, r, folds[r] == f].sum() for r in range(repeats) for f in range(k)
            )
            fit[a, b] *= repeats * k / (repeats * k - 1)
            both[a, b] = (e[a] * e[b]).sum()
    return [m / (repeats * rows) ** 2 for m in (row, fit, both)]


@pytest.mark.parametrize("repeats", [1, 3])
def test_sigma_is_twice_the_row_term_plus_the_positive_part(repeats):
    losses, folds = study(np.random.default_rng(1), [0.5, 0.4, 0.45], rows=60, repeats=repeats, fit_sd=0.05)
    row, fit, both = terms(losses, folds)
    found = estimate(losses, folds)
    values, vectors = np.linalg.eigh(fit - both)
    assert values.min() < 0 < values.max() or repeats == 1  # the positive part has something to do
    psd = sum(max(v, 0) * np.outer(x, x) for v, x in zip(values, vectors.T, strict=True))
    np.testing.assert_allclose(found.row, row, rtol=1e-10)
    np.testing.assert_allclose(found.sigma, 2 * row + psd, rtol=1e-9, atol=1e-16)
    np.testing.assert_allclose(found.theta, -losses.mean(axis=(1, 2)))
    assert found.df == repeats * 5 - 1


def test_the_terms_are_statsmodels_two_way_clusters():
    """cov_cluster with its correction multiplies by G/(G-1) (N-1)/(N-K), K = 1: G/(G-1) alone, as here."""
    rng = np.random.default_rng(2)
    losses, folds = study(rng, [0.5, 0.45], rows=80, repeats=4, fit_sd=0.1)
    difference = losses[1] - losses[0]
    fitted = sm.OLS(difference.ravel(), np.ones(difference.size)).fit()
    rows = np.tile(np.arange(80), 4)
    fits = (folds + 5 * np.arange(4)[:, None]).ravel()
    row = float(cov_cluster(fitted, rows)[0, 0])
    fit = float(cov_cluster(fitted, fits)[0, 0])
    both = float(cov_cluster(fitted, np.arange(difference.size), use_correction=False)[0, 0])
    c = np.array([-1.0, 1.0])
    found = estimate(losses, folds)
    assert c @ found.row @ c == pytest.approx(row, rel=1e-10)
    assert fit > both  # else the positive part would act on the pair
    expected = estimate((difference - difference.mean())[None], folds).sigma[0, 0]
    assert expected == pytest.approx(2 * row + fit - both, rel=1e-9)
    assert expected - row == pytest.approx(two_way(difference, rows, fits), rel=1e-9)


def two_way(difference, rows, fits):
    """Srow + Sfit - Sboth by statsmodels' own two-way function, its intersection term's N/(N-1) taken back."""
    from statsmodels.stats.sandwich_covariance import cov_cluster_2groups

    fitted = sm.OLS(difference.ravel(), np.ones(difference.size)).fit()
    both_ways, one, two = cov_cluster_2groups(fitted, rows, fits)
    intersection = one + two - both_ways
    n = difference.size
    return float((one + two - intersection * (n - 1) / n)[0, 0])


def test_two_way_sum_beyond_a_pair():
    """For a pair of arms, c' (2 Srow + Sfit - Sboth) c holds exactly where Sfit - Sboth has no negative part."""
    rng = np.random.default_rng(7)
    losses, folds = study(rng, [0.5, 0.45], rows=100, repeats=4, fit_sd=0.3, cell_sd=0.01, shared_sd=0.0)
    row, fit, both = terms(losses, folds)
    assert np.linalg.eigvalsh(fit - both).min() > 0
    np.testing.assert_allclose(estimate(losses, folds).sigma, 2 * row + fit - both, rtol=1e-9)


def test_identical_arms_have_no_standard_error():
    losses, folds = study(np.random.default_rng(3), [0.5, 0.4, 0.4])
    losses[2] = losses[1]
    found = estimate(losses, folds)
    assert found.pair_se()[1, 2] == 0
    assert found.se(np.array([0.0, 1.0, -1.0])) == 0
    assert found.pair_se()[0, 1] > 0
    np.testing.assert_allclose(found.pair_se()[0, 1], found.se(np.array([1.0, -1.0, 0.0])), rtol=1e-9)


@pytest.mark.parametrize(("differ", "rare"), [(0, True), (1, True), (12, True), (13, False), (25, False)])
def test_pairs_that_differ_in_fewer_than_half_of_the_fits_are_known(differ, rare):
    losses, folds = study(np.random.default_rng(3), [0.5, 0.4, 0.4])
    fits = folds + 5 * np.arange(5)[:, None]
    losses[2] = np.where(fits < differ, losses[2], losses[1])
    found = estimate(losses, folds)
    assert found.rare[1, 2] == found.rare[2, 1] == rare
    assert not found.rare[0].any()
    assert not found.rare.diagonal().any()
    turned = found.in_order(np.array([2, 0, 1]))
    assert turned.rare[0, 2] == rare
    np.testing.assert_array_equal(turned.theta, found.theta[[2, 0, 1]])
    np.testing.assert_array_equal(turned.pair_se(), found.pair_se()[np.ix_([2, 0, 1], [2, 0, 1])])


def test_a_loss_that_is_not_a_number_is_refused():
    losses, folds = study(np.random.default_rng(3), [0.5, 0.4])
    losses[0, 0, 0] = np.nan
    with pytest.raises(ValueError, match="not a finite number"):
        estimate(losses, folds)


@pytest.mark.parametrize(
    "wrong",
    [lambda f: f + 1, lambda f: 0 * f, lambda f: f - 1, lambda f: np.where(np.arange(3)[:, None] == 1, f // 2, f)],
    ids=["numbered from one", "one fold", "negative", "a repeat with fewer folds"],
)
def test_folds_that_would_miscount_the_fits_are_refused(wrong):
    """An empty fold once counted as a fit: J, df and every critical value were off, in silence."""
    losses, folds = study(np.random.default_rng(3), [0.5, 0.4], repeats=3)
    with pytest.raises(ValueError, match="numbered from 0"):
        estimate(losses, wrong(folds))


def test_a_study_without_repeats_is_refused():
    with pytest.raises(ValueError, match="numbered from 0"):
        estimate(np.zeros((2, 0, 10)), np.zeros((0, 10), int))


def test_every_row_a_fold_of_its_own():
    """Leave-one-out in one repeat: rows and fits are the same clusters, Sfit - Sboth is Srow/n."""
    losses, _ = study(np.random.default_rng(3), [0.5, 0.4], rows=50, repeats=1)
    found = estimate(losses, np.arange(50)[None])
    assert found.df == 49
    np.testing.assert_allclose(found.sigma, found.row * (2 + 1 / 50), rtol=1e-9)


def test_positive_part():
    np.testing.assert_allclose(positive_part(np.diag([2.0, -3.0])), np.diag([2.0, 0.0]))


def test_sums_and_means_of_uneven_folds():
    folds = np.array([[0, 0, 1], [1, 1, 0]])
    values = np.array([[[1.0, 2.0, 3.0], [4.0, 6.0, 6.0]]])
    np.testing.assert_array_equal(fit_sums(values, folds), [[3, 3, 6, 10]])
    np.testing.assert_array_equal(fit_means(values, folds), [[1.5, 3, 6, 5]])


def test_draws_of_a_singular_covariance():
    sigma = np.array([[1.0, 1.0], [1.0, 1.0]])
    draws = normal_draws(sigma, 20_000, np.random.default_rng(0))
    np.testing.assert_allclose(draws[:, 0], draws[:, 1], atol=1e-7)
    assert draws[:, 0].std() == pytest.approx(1, abs=0.02)


def test_floor_se_finds_the_row_noise_among_fit_noise():
    """Row noise of sd 0.2 per arm is 0.08 for a difference; SE_inf^2 = 2 x 0.08/n, whatever the other noise."""
    rng = np.random.default_rng(4)
    rows = 500
    squares = []
    for _ in range(40):
        losses, _ = study(rng, [0.5, 0.5], rows=rows, repeats=6, row_sd=0.2, fit_sd=0.02, cell_sd=0.3)
        squares.append(floor_se(losses, 0, 1) ** 2)
    assert np.mean(squares) == pytest.approx(2 * 0.08 / rows, rel=0.05)


def test_floor_se_edges():
    rng = np.random.default_rng(5)
    losses, _ = study(rng, [0.5, 0.4], repeats=1)
    assert floor_se(losses, 0, 1) is None
    losses, _ = study(rng, [0.5, 0.4], repeats=3)
    assert floor_se(losses, 0, 1) == floor_se(losses, 1, 0)
    assert floor_se(losses, 0, 0) == 0
    # by hand: e = [[1, -1], [1, -1]] gives c = mean of (4 - 2)/2 = 1, SE^2 = 2 c/n = 1
    assert floor_se(np.array([[[0.0, 0.0], [0.0, 0.0]], [[1.0, -1.0], [1.0, -1.0]]]), 0, 1) == pytest.approx(1.0)
    # alternating signs: c = -1, cut off
    assert floor_se(np.array([[[0.0, 0.0], [0.0, 0.0]], [[1.0, -1.0], [-1.0, 1.0]]]), 0, 1) == 0


def test_pair_se_by_hand():
    found = Estimate(np.zeros(2), np.array([[4.0, 1.0], [1.0, 2.0]]), np.zeros((2, 2)), 24)
    assert found.pair_se()[0, 1] == pytest.approx(2.0)  # sqrt(4 + 2 - 2)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(0.01, 100), shift=st.floats(-5, 5))
def test_invariances(seed, scale, shift):
    rng = np.random.default_rng(seed)
    losses, folds = study(rng, [0.5, 0.4, 0.45], rows=40, repeats=2)
    found = estimate(losses, folds)
    scaled, shifted = estimate(losses * scale, folds), estimate(losses + shift, folds)
    order, numbers = rng.permutation(40), rng.permutation(5)
    mixed = estimate(losses[:, :, order], numbers[folds][:, order])
    size = np.abs(found.sigma).max()
    np.testing.assert_allclose(scaled.sigma, found.sigma * scale**2, atol=1e-9 * size * scale**2)
    np.testing.assert_allclose(shifted.sigma, found.sigma, atol=1e-8 * size)
    np.testing.assert_allclose(mixed.sigma, found.sigma, atol=1e-9 * size)
    assert np.linalg.eigvalsh(found.sigma - 2 * found.row).min() > -1e-12 * size


def test_repeats_shrink_fit_noise_not_row_noise():
    rng = np.random.default_rng(6)
    pairs = {}
    for repeats in (2, 8):
        few = [study(rng, [0.5, 0.5], repeats=repeats, fit_sd=0.1, row_sd=0.0, cell_sd=0.0) for _ in range(10)]
        many = [study(rng, [0.5, 0.5], repeats=repeats, fit_sd=0.0, row_sd=0.3, cell_sd=0.0) for _ in range(10)]
        pairs[repeats] = [np.mean([estimate(*s).pair_se()[0, 1] for s in kind]) for kind in (few, many)]
    assert pairs[8][0] == pytest.approx(pairs[2][0] / 2, rel=0.2)
    assert pairs[8][1] == pytest.approx(pairs[2][1], rel=0.1)


def test_folds_helper_is_balanced():
    assert set(np.bincount(folds_of(np.random.default_rng(0), 20, 1)[0])) == {4}


def test_the_floor_of_all_arms_is_that_of_each_pair():
    losses, _ = study(np.random.default_rng(7), [0.5, 0.4, 0.45], rows=500, row_sd=0.2)
    floor = floor_covariance(losses)
    found = Estimate(np.zeros(3), floor, floor / 2, 24)
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert found.pair_se()[i, j] == pytest.approx(floor_se(losses, i, j))
    assert floor_covariance(losses[:, :1]) is None
    # where it would be negative, it is nothing
    flat, _ = study(np.random.default_rng(7), [0.5, 0.4], row_sd=0, shared_sd=0)
    assert np.linalg.eigvalsh(floor_covariance(flat)).min() > -1e-15


def grouped(rng, means, groups=30, repeats=4, folds=5, group_sd=0.2, **noise):
    """A study whose rows come in groups of 1 to 6 that share an error of each arm; whole groups are in a fold."""
    clusters = np.repeat(np.arange(groups), rng.integers(1, 7, groups))
    losses, _ = study(rng, means, rows=len(clusters), repeats=repeats, **noise)
    losses += rng.normal(0, group_sd, (len(means), 1, groups))[:, :, clusters]
    which = np.stack([rng.permutation(np.arange(groups) % folds) for _ in range(repeats)])[:, clusters]
    mixed = rng.permutation(len(clusters))
    return losses[:, :, mixed], which[:, mixed], clusters[mixed]


def test_groups_are_statsmodels_two_way_clusters():
    losses, folds, clusters = grouped(np.random.default_rng(2), [0.5, 0.45], fit_sd=0.1)
    difference = losses[1] - losses[0]
    fitted = sm.OLS(difference.ravel(), np.ones(difference.size)).fit()
    groups = np.tile(clusters, 4)
    fits = (folds + 5 * np.arange(4)[:, None]).ravel()
    cells = groups + 30 * np.repeat(np.arange(4), len(clusters))
    of_rows, of_fits, of_both = (
        float(cov_cluster(fitted, by, use_correction=corrected)[0, 0])
        for by, corrected in ((groups, True), (fits, True), (cells, False))
    )
    # statsmodels' correction has (N-1)/(N-K) with K = 1 beside G/(G-1)
    c = np.array([-1.0, 1.0])
    assert c @ estimate(losses, folds, clusters).row @ c == pytest.approx(of_rows, rel=1e-9)
    alone = estimate((difference - difference.mean())[None], folds, clusters)
    assert alone.sigma[0, 0] == pytest.approx(2 * of_rows + max(0, of_fits - of_both), rel=1e-9)


def test_groups_of_one_row_are_rows():
    losses, folds = study(np.random.default_rng(3), [0.5, 0.45, 0.4], rows=90, repeats=3)
    alone = np.random.default_rng(0).permutation(90)
    for name, value in vars(estimate(losses, folds, alone)).items():
        np.testing.assert_allclose(value, getattr(estimate(losses, folds), name), rtol=1e-9, atol=1e-18)
    assert floor_se(losses, 0, 1, alone) == pytest.approx(floor_se(losses, 0, 1))
    np.testing.assert_allclose(floor_covariance(losses, alone), floor_covariance(losses), atol=1e-18)


def test_the_floor_counts_groups():
    """An error of sd 0.2 per arm and group: Var(theta_1 - theta_2) = 0.08 sum n_g^2 / n^2, and twice that with TWR."""
    rng, seen, expected = np.random.default_rng(4), [], []
    for _ in range(60):
        losses, _, clusters = grouped(rng, [0.5, 0.5], groups=100, row_sd=0, fit_sd=0.02, cell_sd=0.1)
        seen.append(floor_se(losses, 0, 1, clusters) ** 2)
        expected.append(2 * 0.08 * (np.bincount(clusters) ** 2).sum() / len(clusters) ** 2)
    assert np.mean(seen) == pytest.approx(np.mean(expected), rel=0.08)


def test_groups_cover_where_rows_do_not():
    """Errors of a mean difference in standard errors: below 1 with two copies of the group term, far more by rows."""
    rng, by_group, by_row = np.random.default_rng(5), [], []
    c = np.array([1.0, -1.0])
    for _ in range(80):
        losses, folds, clusters = grouped(rng, [0.5, 0.5], groups=40, row_sd=0.02, cell_sd=0.02)
        for found, to in ((estimate(losses, folds, clusters), by_group), (estimate(losses, folds), by_row)):
            to.append(c @ found.theta / found.se(c))
    assert 0.5 < np.std(by_group) < 1 < np.std(by_row)


def test_few_groups_have_few_degrees_of_freedom():
    losses, folds, clusters = grouped(np.random.default_rng(6), [0.5, 0.4], groups=8)
    assert estimate(losses, folds, clusters).df == 7
    losses, folds, clusters = grouped(np.random.default_rng(6), [0.5, 0.4], groups=80)
    assert estimate(losses, folds, clusters).df == 19


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        (np.zeros(60, int), "two at least"),
        (np.arange(60) + 1, "numbered from 0"),
        (np.arange(60) // 2 * 2, "none left out"),
        (np.arange(60) // 2, "in several folds of a repeat"),
    ],
)
def test_groups_that_cannot_be(clusters, message):
    losses, folds = study(np.random.default_rng(1), [0.5, 0.4], rows=60)
    with pytest.raises(ValueError, match=message):
        estimate(losses, folds, clusters)
