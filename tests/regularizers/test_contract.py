"""Every regularizer keeps the contract, and the check of it finds what does not."""

import keras
import numpy as np
import pytest

from posology.keras_reference import disagreement
from posology.regularizers import (
    EMA,
    L1,
    L2,
    OWN,
    REGULARIZERS,
    ActivityL1,
    BatchNorm,
    Dropout,
    GaussianDropout,
    KerasForm,
    LayerNorm,
    MaxNorm,
    Mixup,
    Place,
    Strength,
)
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


class Wide(BatchNorm):
    def layer(self, name):
        return keras.layers.Dense(5, name=name)


class Slower(BatchNorm):
    def layer(self, name):
        return keras.layers.BatchNormalization(momentum=0.99, name=name)


class OfTheBatch(keras.layers.Layer):
    """Centres by the rows that it is given, also when predicting."""

    def call(self, x):
        return x - keras.ops.mean(x, axis=0)


class Beside(LayerNorm):
    def layer(self, name):
        return OfTheBatch(name=name)


class Kept(LayerNorm):
    made = keras.layers.LayerNormalization(name="kept")

    def layer(self, name):  # noqa: ARG002
        return self.made


class Meddling(BatchNorm):
    """Meddling: it makes Keras compute in 16 bits, and all networks after it.

    The range: none.

    Helps: nobody.

    Source: none.
    """

    def layer(self, name):
        keras.config.set_dtype_policy("mixed_bfloat16")
        return super().layer(name)


@pytest.fixture
def policy():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


class Graded(LayerNorm):
    strength = Strength(0.1, 1.0, "log", "how much of it")


class Unnamed(LayerNorm):
    keras = None
    by_hand = "put a LayerNormalization in"

    def layer(self, name):
        return keras.layers.LayerNormalization(name=name)


def named(base, *form, **more):
    """A class that is right but for what it names in Keras."""
    return type("Named", (base,), {"__doc__": base.__doc__, "keras": KerasForm(*form, **more)})


@pytest.mark.parametrize(
    ("regularizer", "said"),
    [
        (named(L2, "penalty", "L2", "l2", lambda s: s / 2), "gradient gives something else than keras.regularizers.L2"),
        (
            named(MaxNorm, "constraint", "MaxNorm", "max_value"),
            "after_update gives something else than keras.constraints",
        ),
        (
            named(Dropout, "layer", "Dropout", "rate", lambda s: 1 - s),
            "apply gives something else than keras.layers.Drop",
        ),
        (
            named(GaussianDropout, "layer", "GaussianNoise", "stddev"),
            "apply gives something else than keras.layers.Gauss",
        ),
        (
            named(ActivityL1, "layer", "ActivityRegularization", "l2"),
            "penalty gives something else than keras.layers.Ac",
        ),
        (named(L2, "penalty", "L3", "l3"), "Keras does not make keras.regularizers.L3 of its form: AttributeError"),
        (named(EMA, "optimizer", "", "momentun"), "Keras does not make keras.optimizers.Adam of its form: ValueError"),
        (named(L2, "penalties", "L2", "l2"), "its form in Keras is 'penalties'; it must be one of penalty, constraint"),
    ],
)
def test_the_check_finds_what_is_not_what_keras_does(regularizer, said):
    assert said in disagreement(regularizer())


@pytest.mark.parametrize(
    ("regularizer", "said"),
    [
        (named(L2, "penalty", "L2", "l2", lambda s: s / 2), "gradient gives something else than keras.regularizers.L2"),
        (Wide, "layer makes of rows of 6 numbers rows of 5"),
        (Wide, "layer makes Dense(trainable=True, units=5, activation=linear"),
        (Slower, "momentum=0.99"),
        (Slower, "code would have another layer"),
        (Beside, "layer makes OfTheBatch of tests.regularizers.test_contract("),
        (Beside, "when predicting, layer gives a row something else beside other rows than alone"),
        (Kept, "layer does not make a new layer of the name that it is given"),
        (Graded, "the scale of its strength must be 'switch'"),
        (Unnamed, "and keras names none()"),
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


@pytest.mark.slow
@pytest.mark.usefixtures("policy")
def test_a_layer_that_changes_networks_without_it_is_found():
    with pytest.raises(AssertionError) as caught:
        check_regularizer(Meddling)
    assert str(caught.value) == (
        "Meddling: a few steps of training at strength zero end at other weights than without it"
    )


def test_the_check_leaves_the_list_and_its_order():
    before = list(REGULARIZERS.items())
    check_regularizer(OWN[0])
    assert list(REGULARIZERS.items()) == before
