"""Every regularizer keeps the contract, and the check of it finds what does not."""

import numpy as np
import pytest

from posology.regularizers import L1, L2, OWN, REGULARIZERS, KerasForm, Mixup, Place, Strength
from posology.testing import check_regularizer


@pytest.mark.parametrize("regularizer", OWN, ids=lambda r: r.name)
def test_every_regularizer_keeps_the_contract(regularizer):
    check_regularizer(regularizer)


class Shifted(L2):
    """Shifted: a gradient of 2λ·w + 1e-6.

    The range: none.

    Helps: nobody.

    Source: none.
    """

    def gradient(self, weight, strength):
        return 2 * strength * weight + 1e-3


class Turned(L2):
    """Turned: a field that turns, which is the gradient of nothing.

    The range: none.

    Helps: nobody.

    Source: none.
    """

    def gradient(self, weight, strength):
        turned = weight[..., ::-1]
        return strength * turned * np.arange(1, weight.shape[-1] + 1, dtype="float32")


class Bounded(L1):
    """Bounded: a range that falls.

    The range: none.

    Helps: nobody.

    Source: none.
    """

    strength = Strength(1.0, 0.1, "log", "")


class Noisy(Mixup):
    """No formula here."""

    keras: KerasForm | None = None
    by_hand = ""
    excludes = ("mixupp",)


@pytest.mark.parametrize(
    ("regularizer", "said"),
    [
        (Shifted, "at strength zero gradient is not the identity bit for bit"),
        (Turned, "its gradient is that of nothing"),
        (Bounded, "its range is 1 to 0.1; it must rise"),
        (Bounded, "its strength has no unit"),
        (Noisy, "its docstring has no paragraph that begins with 'Source:'"),
        (Noisy, "the first paragraph of its docstring is not 'Name: formula'"),
        (Noisy, "it excludes 'mixupp', which there is not"),
        (Noisy, "does not say what to do by hand"),
        (type("Odd", (L1,), {"place": "weights"}), "its attribute 'place' is not of type Place"),
        (type("Bad", (L1,), {"name": "none"}), "must be letters, digits and _, and neither 'none' nor 'weights'"),
        (type("Lost", (L1,), {"place": Place.MEMORY}), "it acts on trajectory and has no method 'remember'"),
        (int, "it is of type int, and no posology.regularizers.Regularizer"),
    ],
)
def test_the_check_finds_what_is_wrong(regularizer, said):
    with pytest.raises(AssertionError) as caught:
        check_regularizer(regularizer)
    assert said in str(caught.value)


def test_the_check_leaves_the_list_and_its_order():
    before = list(REGULARIZERS.items())
    check_regularizer(OWN[0])
    assert list(REGULARIZERS.items()) == before
