"""Is the covariance of the verdict right for the scores of classes? Symmetric halves: two arms that are equally good.

Arm 1 reads the first half of the columns, arm 2 the second; both are ridge logistic regressions tuned on an inner split
of each outer training fold, as in a study, and their coefficients are equal, so that their expected scores are. Printed
for each score: how often |difference| > t SE at 5%, and the mean SE over the standard deviation of the difference.

    python benchmarks/class_null.py 400
"""

import sys

import numpy as np
from scipy import stats

from posology.inference import CLASS_LOSSES, CLASS_SCORES, class_shares, estimate
from posology.resampling import inner_split, outer_folds

HALF, FOLDS, REPEATS = 10, 5, 5
PENALTIES = np.geomspace(0.1, 300, 6)


def fitted(x, y, penalty):
    """Newton's steps for the ridge logistic regression; the intercept is free."""
    x = np.column_stack([np.ones(len(x)), x])
    w, ridge = np.zeros(x.shape[1]), penalty * np.eye(x.shape[1])
    ridge[0, 0] = 0
    for _ in range(8):
        p = 1 / (1 + np.exp(-x @ w))
        w -= np.linalg.solve((x.T * (p * (1 - p) + 1e-9)) @ x + ridge, x.T @ (p - y) + ridge @ w)
    return w


def probabilities(w, x):
    p = 1 / (1 + np.exp(-(w[0] + x @ w[1:])))
    return np.column_stack([1 - p, p])


def tuned(x, y, rows, purpose):
    """Choose the penalty by log loss on an inner split, and refit."""
    fit, held = inner_split(rows, 0, 4, *purpose, strata=y[rows])
    losses = []
    for penalty in PENALTIES:
        p = probabilities(fitted(x[fit], y[fit], penalty), x[held])
        losses.append(-np.log(np.maximum(p[np.arange(len(held)), y[held]], 1e-7)).mean())
    return fitted(x[rows], y[rows], PENALTIES[int(np.argmin(losses))])


def study(seed, rows, intercept):
    """Give for each score the difference of the arms and its standard error."""
    rng = np.random.default_rng(seed)
    beta = np.tile(rng.normal(size=HALF) / 2, 2)
    x = rng.normal(size=(rows, 2 * HALF))
    y = (rng.random(rows) < 1 / (1 + np.exp(-x @ beta - intercept))).astype(int)
    folds, shares = outer_folds(rows, FOLDS, REPEATS, seed, y), class_shares(y, 2)
    losses = {name: np.zeros((2, REPEATS, rows)) for name in CLASS_SCORES}
    for r in range(REPEATS):
        for f in range(FOLDS):
            inside, held = np.flatnonzero(folds[r] != f), np.flatnonzero(folds[r] == f)
            for arm, columns in enumerate((slice(0, HALF), slice(HALF, None))):
                p = probabilities(tuned(x[:, columns], y, inside, (seed, r, f, arm)), x[held][:, columns])
                for name in CLASS_SCORES:
                    losses[name][arm, r, held] = CLASS_LOSSES[name](y[held], p, shares)[0]
    out = {}
    for name, of in losses.items():
        found = estimate(of, folds)
        out[name] = found.theta[0] - found.theta[1], found.se(np.array([1.0, -1.0])), found.df
    return out


def main(studies):
    for rows, intercept in ((300, 0.0), (300, -2.0)):
        found = [study(seed, rows, intercept) for seed in range(studies)]
        for name in CLASS_SCORES:
            difference, se, df = np.array([f[name] for f in found]).T
            wrong = np.abs(difference) > stats.t.ppf(0.975, df) * se
            print(f"| {rows} | {intercept:g} | {name} | {wrong.mean():.3f} | {se.mean() / difference.std():.2f} |")


if __name__ == "__main__":
    main(int(sys.argv[1]))
