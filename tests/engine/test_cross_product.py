"""Optimizers times losses times architectures, each against Keras' own loop; the last result is in docs/engine.md."""

import pytest

from tests.engine.test_versus_keras import (
    NETWORKS,
    STRENGTHS,
    Asymmetric,
    check,
    keras,
    losses,
    optimizers,
    penalty,
)

pytestmark = pytest.mark.slow

OPTIMIZERS = {
    "sgd": lambda: optimizers.SGD(0.02, momentum=0.9, nesterov=True),
    "adam": lambda: optimizers.Adam(0.01),
    "adamw": lambda: optimizers.AdamW(0.01, weight_decay=0.05, clipnorm=0.5),
    "rmsprop": lambda: optimizers.RMSprop(keras.optimizers.schedules.CosineDecay(0.01, 40)),
    "adagrad": lambda: optimizers.Adagrad(0.05),
}
LOSSES = {"mse": "mse", "huber": losses.Huber(0.3), "log_cosh": "log_cosh", "class": Asymmetric()}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_a_member_equals_keras_own_loop(network, loss, optimizer):
    def build(strengths):
        model = network(penalty(strengths))
        model.compile(optimizer=OPTIMIZERS[optimizer](), loss=LOSSES[loss])
        return model

    # adaptive steps are as large for a small gradient as for a large one, and carry its rounding: 2.3e-5 was seen
    check(build, STRENGTHS[1:], within=1e-5 if optimizer == "sgd" else 3e-5)
