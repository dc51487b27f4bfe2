import numpy as np
import pytest

from posology.effort import EFFORTS, why_untuned
from posology.plan import PLAIN_QUESTION, Design
from posology.table import table_from_arrays

RNG = np.random.default_rng(0)
X = RNG.normal(size=(120, 2))
QUICK = Design(PLAIN_QUESTION, **EFFORTS["quick"].sizes)


def test_enough_is_compared():
    assert not why_untuned(table_from_arrays(X, X[:, 0] ** 2 + X[:, 1]), QUICK)
    assert QUICK.members() < 150


@pytest.mark.parametrize(
    ("rows", "target", "beside", "reason"),
    [
        (99, X[:, 0], {}, "99 rows are too few for a comparison, which needs 100"),
        (120, np.r_[["oat"] * 118, ["rye"] * 2], {}, "the class 'rye' has 2 rows, fewer than there are folds, 3"),
        (
            120,
            np.column_stack([X[:, 0] > 0, np.arange(120) < 2]),
            {},
            "the class '1' of the label 'y1' has 2 rows, fewer than there are folds, 3",
        ),
        (120, X[:, 0], {"groups": np.arange(120) // 30}, "4 groups are too few for 3 folds, which need 6"),
    ],
)
@pytest.mark.filterwarnings("ignore::posology.LeakWarning")
def test_too_little_is_not(rows, target, beside, reason):
    assert why_untuned(table_from_arrays(X[:rows], target[:rows], **beside), QUICK) == reason
