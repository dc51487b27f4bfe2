"""What acts is seen to act, what does not is seen not to, and strength zero is the network without it."""

import time

import keras
import numpy as np
import pytest

from posology.network.choice import Choice
from posology.network.liveness import Proof
from posology.network.packed import PackedNetwork

from .building import compiled, rows_for
from .zoo import ZOO

L = keras.layers
X = np.random.default_rng(0).normal(size=(24, 6)).astype("float32")
Y = X[:, :1] - X[:, 1:2] + 0.1


def proof(model, rows=24, choice=None, regularizers=("l1", "l2", "dropout")):
    network = PackedNetwork(model, regularizers, choice or Choice())
    return Proof(model, network, network.first_weights(0), X[:rows], Y[:rows])


def dead(model, rows=24, **how):
    return {(f.site.layer, f.regularizer) for f in proof(model, rows, **how).liveness() if not f.live}


QUICK = ("question", "question bare", "residual", "shared dropout", "two branches", "digits convnet", "embedding")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] * (n not in QUICK)) for n in ZOO])
def test_every_site_of_the_zoo_is_live_and_still_at_zero(name):
    model = ZOO[name]()
    network, x = PackedNetwork(model), rows_for(model)
    y = np.random.default_rng(1).normal(size=(len(x), 1)).astype("float32")
    found = Proof(model, network, network.first_weights(0, model), x, y).liveness()
    assert len(found) == 2 * len(network.kernel_sites) + len(network.dropout_sites)
    assert [f for f in found if not f.live] == []
    assert all(f.still_at_zero for f in found)
    assert all(f.effect > 0.05 for f in found)


@pytest.mark.parametrize("rows", [1, 2])
def test_few_rows_are_enough(rows):
    assert dead(ZOO["residual"](), rows) == set()


def functional(ways, width=6):
    x = keras.Input((width,))
    return compiled(keras.Model(x, ways(x)))


def test_a_branch_times_zero():
    def ways(x):
        a = L.Dense(8, activation="relu", name="used")(x)
        b = L.Dropout(0.1, name="dead")(L.Dense(8, activation="relu", name="unused")(x))
        return L.Dense(1)(L.Dropout(0.1, name="alive")(a) + 0.0 * b)

    # L2 shrinks the unused kernel all the same: it acts, to no avail
    assert dead(functional(ways)) == {("dead", "dropout")}


def test_what_acts_on_branches_is_seen_to_act():
    def ways(x, factor):
        hidden = L.Dense(6, activation="relu", name="stem")(x)
        return L.Dense(1)(L.Add()([hidden, factor * L.Dense(6, name="back")(hidden)]))

    names = ("stochastic_depth", "shake_drop")
    found = proof(functional(lambda x: ways(x, 2.0)), regularizers=names).liveness()
    assert [(f.regularizer, f.live, f.still_at_zero) for f in found] == [(name, True, True) for name in names]
    assert {name for _, name in dead(functional(lambda x: ways(x, 0.0)), regularizers=names)} == set(names)


def test_an_operation_that_ignores_its_input():
    def ways(x):
        a = L.Dropout(0.1, name="alive")(L.Dense(8, activation="relu")(x))
        b = keras.ops.zeros_like(L.Dropout(0.1, name="dead")(L.Dense(8, activation="relu")(x)))
        return L.Dense(1)(L.Add()([a, b]))

    assert dead(functional(ways)) == {("dead", "dropout")}


def test_an_auxiliary_output_without_a_loss():
    x = keras.Input((6,))
    a = L.Dropout(0.1, name="alive")(L.Dense(8, activation="relu")(x))
    b = L.Dropout(0.1, name="dead")(L.Dense(8, activation="relu")(x))
    model = keras.Model(x, [L.Dense(1)(a), L.Dense(1)(b)])
    model.compile(optimizer="adam", loss=["mse", None])
    assert dead(model) == {("dead", "dropout")}


def test_a_last_layer_of_zeros_hides_nothing():
    model = compiled(
        keras.Sequential(
            [
                keras.Input((6,)),
                L.Dense(8, activation="relu", name="a"),
                L.Dropout(0.1),
                L.Dense(8, activation="relu", name="b"),
                L.Dense(1, kernel_initializer="zeros"),
            ]
        )
    )
    assert dead(model, choice=Choice(every=True)) == set()


def test_a_last_layer_of_zeros_hides_no_normalization():
    x = keras.Input((6,))
    hidden = L.Dense(8, activation="relu")(x)
    model = compiled(keras.Model(x, L.Dense(1, kernel_initializer="zeros")(hidden)))
    assert dead(model, regularizers=("batch_norm", "layer_norm")) == set()


def test_a_layer_that_starts_dead_is_not_called_so():
    start = keras.initializers.Constant(-0.5)
    model = compiled(
        keras.Sequential(
            [
                keras.Input((6,)),
                L.Dense(4, activation="relu", kernel_initializer="zeros", bias_initializer=start),
                L.Dropout(0.1),
                L.Dense(1),
            ]
        )
    )
    assert dead(model) == set()


def constrained(constraint, optimizer="sgd"):
    model = keras.Sequential(
        [keras.Input((6,)), L.Dense(8, activation="relu", name="held", kernel_constraint=constraint), L.Dense(1)]
    )
    model.compile(optimizer=optimizer, loss="mse")
    return model


@pytest.mark.parametrize("rate", [0.001, 0.01, 1.0])
def test_l2_on_a_kernel_of_unit_norm_only_pulls_where_the_constraint_pulls_back(rate):
    sgd = keras.optimizers.SGD(rate)
    assert dead(constrained(keras.constraints.UnitNorm(), sgd)) == {("held", "l2")}
    # Adam's step is not along its gradient, and L1 does not pull along the weights
    assert dead(constrained(keras.constraints.UnitNorm(), "adam")) == set()


@pytest.mark.parametrize("constraint", [keras.constraints.MaxNorm(0.1), keras.constraints.NonNeg()])
def test_a_constraint_that_leaves_room(constraint):
    assert dead(constrained(constraint)) == set()


@keras.saving.register_keras_serializable(package="tests")
class Still(keras.constraints.Constraint):
    def __call__(self, w):
        return w * 0 + 0.5


def test_a_constraint_that_undoes_every_step():
    assert dead(constrained(Still())) == {("held", "l1"), ("held", "l2")}


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        keras.optimizers.AdamW(1e-3, weight_decay=0.1),
        keras.optimizers.RMSprop(1e-4),
        keras.optimizers.Lion(1e-4),
        keras.optimizers.Ftrl(0.1),  # divides by its learning rate: a step of rate zero is no number
        keras.optimizers.Adam(1e-3, gradient_accumulation_steps=4),
        keras.optimizers.SGD(0.1, clipnorm=1e-3),
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=5)),
    ],
)
def test_optimizers(optimizer):
    model = ZOO["question"]()
    model.compile(optimizer=optimizer, loss="mse")
    assert dead(model) == set()


@pytest.mark.parametrize(("width", "seed"), [(1, 1), (2, 2), (4, 2)])
def test_a_few_weights_under_an_optimizer_that_takes_signs(width, seed):
    """Penalties as strong as the loss can change no sign of these: Adam's first step is the same, and they live."""
    model = keras.Sequential([keras.Input((width,)), L.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    network = PackedNetwork(model, ("l1", "l2"))
    found = Proof(model, network, network.first_weights(seed), X[:, :width], Y, seed=seed).liveness()
    assert [f.regularizer for f in found if f.live] == ["l1", "l2"]


def test_an_optimizer_that_does_not_move():
    model = ZOO["linear"]()
    model.compile(optimizer=keras.optimizers.SGD(0.0), loss="mse")
    assert {name for _, name in dead(model)} == {"l1", "l2"}


def test_convolutions_and_spatial_dropout():
    model = compiled(
        keras.Sequential(
            [
                keras.Input((6,)),
                L.Reshape((6, 1)),
                L.Conv1D(4, 3, activation="relu"),
                L.SpatialDropout1D(0.1),
                L.BatchNormalization(),
                L.Flatten(),
                L.Dense(1),
            ]
        )
    )
    found = proof(model).liveness()
    assert [(f.live, f.still_at_zero) for f in found] == [(True, True)] * 3


def test_without_dropout_only_penalties_are_proved():
    found = proof(ZOO["question"](), regularizers=("l1",)).liveness()
    assert [f.regularizer for f in found] == ["l1", "l1"]


def test_the_networks_own_strengths_are_measured():
    def with_penalty(penalty):
        model = keras.Sequential([keras.Input((6,)), L.Dense(8, "relu", kernel_regularizer=penalty), L.Dense(1)])
        return [w.code for w in proof(compiled(model)).strength_warnings()]

    assert with_penalty(keras.regularizers.L2(1e9)) == ["penalty-dominates"]  # keras #9296
    assert with_penalty(keras.regularizers.L2(1e-12)) == ["penalty-lost"]
    assert with_penalty(keras.regularizers.L2(1e-4)) == []


def test_the_model_is_left_alone_and_it_is_quick():
    model = ZOO["question"]()
    before = [w.copy() for w in model.get_weights()]
    began = time.perf_counter()
    proof(model).liveness()
    assert time.perf_counter() - began < 12  # about 2 s on a quiet machine
    for ours, theirs in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_same_seed_finds_the_same():
    model = ZOO["linear"]()
    assert proof(model).liveness() == proof(model).liveness()


def test_json():
    found = proof(ZOO["linear"]()).liveness()[0].to_dict()
    assert sorted(found) == ["effect", "kind", "layer", "live", "regularizer", "still_at_zero"]
