import json

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from posology import InputError, Study
from posology.class_weights import class_factors, parse_class_weight, parse_class_weight_text
from posology.plan import Design

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 2))
Y = np.repeat(["oat", "rye", "wheat"], 20)


def test_balanced_is_that_of_scikit_learn():
    codes = RNG.integers(0, 3, 50)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=codes)
    np.testing.assert_allclose(class_factors("balanced", ("a", "b", "c"), codes), expected)
    counts = RNG.integers(1, 4, 50)
    repeated = compute_class_weight("balanced", classes=np.arange(3), y=np.repeat(codes, counts))
    np.testing.assert_allclose(class_factors("balanced", ("a", "b", "c"), codes, counts.astype(float)), repeated)


def test_a_class_that_is_not_named_has_weight_1():
    codes = np.array([0, 1, 2])
    np.testing.assert_array_equal(class_factors((("rye", 3.0),), ("oat", "rye", "wheat"), codes), [1, 3, 1])
    assert class_factors(None, ("oat", "rye"), codes) is None


def test_what_is_read():
    assert parse_class_weight({0.0: 1, True: 2}) == (("0", 1.0), ("True", 2.0))
    assert parse_class_weight({}) is None
    assert parse_class_weight_text("a=b=2") == (("a=b", 2.0),)
    assert parse_class_weight_text("balanced") == "balanced"


def test_a_design_comes_back_from_json():
    for asked in (None, "balanced", (("rye", 3.0),)):
        design = Design(((), ("l1",)), class_weight=asked)
        assert Design.from_dict(json.loads(json.dumps(vars(design) | {"callbacks": vars(design.callbacks)}))) == design


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("even", "class_weight is 'even'; it must be 'balanced', or a mapping from classes to weights"),
        ({"rie": 2}, "class_weight names 'rie', which is no class of 'target'. Did you mean 'rye'?"),
        ({"rye": "much"}, "class_weight has 'much' for the class 'rye'; a weight is a finite number from 0 on."),
        ({"rye": 0, "oat": 0}, "class_weight leaves fewer than two classes a weight above 0."),
    ],
)
def test_what_is_refused(asked, message):
    with pytest.raises(InputError) as caught:
        Study("question", X, Y, class_weight=asked)
    assert message in str(caught.value)


def test_it_is_for_classes_and_given_once():
    with pytest.raises(InputError, match="class_weight is for classes, and the target 'target' is a number"):
        Study("question", X, X[:, 0] ** 2, class_weight="balanced")
    with pytest.raises(InputError, match="class_weight is given twice"):
        Study("question", X, Y, class_weight="balanced", fit={"class_weight": {"rye": 2}})
    assert Study("question", X, Y, fit={"class_weight": {"rye": 2}}).settings.design.class_weight == (("rye", 2.0),)


@pytest.mark.parametrize("text", ["rye", "=2", ""])
def test_text_that_is_none(text):
    with pytest.raises(InputError, match="Write balanced, or CLASS=WEIGHT,CLASS=WEIGHT"):
        parse_class_weight_text(text)
