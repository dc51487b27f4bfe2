"""All of scikit-learn's own checks of estimators, none expected to fail, with the defaults that users get."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from posology import PosologyClassifier, PosologyRegressor


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::posology.LeakWarning", "ignore::sklearn.exceptions.SkipTestWarning")
@parametrize_with_checks([PosologyRegressor(), PosologyClassifier()])
def test_every_check_of_scikit_learn_passes(estimator, check):
    check(estimator)
