"""A member in a pack is Keras' own `train_on_batch` loop with the same first weights and batch order.

The accuracy asked for is 1e-5 of an array's largest weight after 50 steps. A single weight near zero is a difference
of updates as large as those of its neighbours and carries their rounding, so that it has no relative accuracy of its
own; an array has.
"""

import jax
import keras
import numpy as np
import pytest

from posology.engine.packing import PackProgram, same_steps
from posology.engine.program import advance, start
from posology.engine.randomness import derive, random_bits
from posology.errors import InputError
from posology.network.checks import check_model
from posology.network.export import export_model, set_weights
from posology.network.packed import PackedNetwork
from tests.engine.packs import BATCH, COLUMNS, ROWS, batches, doses, members, pick, recipe, table

layers, losses, ops, optimizers = keras.layers, keras.losses, keras.ops, keras.optimizers
SAME = 1e-5
EPOCHS = 10  # of 5 steps
STRENGTHS = [(0.0, 0.0, 0.0), (1e-3, 1e-2, 0.0)]


def distance(ours, theirs, least=0.0):
    """Largest difference of two arrays, as a share of their largest number, or of `least` if that is larger."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape
    scale = max(np.abs(theirs).max(), least)
    return np.abs(ours - theirs).max() / scale if scale else np.abs(ours).max()


def assert_same(ours, theirs, within=SAME):
    # steps that cancel leave a bias near zero, with the rounding of numbers of the others' size
    least = 1e-2 * max(np.abs(np.asarray(a)).max() for a in theirs)
    far = [distance(a, b, least) for a, b in zip(ours, theirs, strict=True)]
    assert far
    assert max(far) <= within, far


def penalty(strengths):
    return keras.regularizers.L1L2(*strengths[:2])


def mlp(strengths, optimizer=None, loss="mse", outputs=1, last=None):
    """The plain network; `strengths`: (l1, l2, ...) on its hidden kernel."""
    model = keras.Sequential(
        [
            keras.Input((COLUMNS,)),
            layers.Dense(6, activation="tanh", kernel_regularizer=penalty(strengths)),
            layers.Dense(outputs, activation=last),
        ]
    )
    model.compile(optimizer=optimizer or optimizers.Adam(0.01), loss=loss)
    return model


def trainer(network, epochs=EPOCHS, **more):
    """What `PackProgram` compiles, as one function (data, pack) -> (weights, state)."""
    how = recipe(epochs, **more)

    def whole(data, member):
        run = advance(network, how, data, member, start(network, how, member), epochs)
        return network.finalize(run.weights, run.optimizer), run.state

    # the same operations, without the passes of LLVM that take a third of the compilation
    options = {"xla_backend_optimization_level": 0}
    return jax.jit(lambda data, pack: jax.lax.map(lambda m: whole(data, m), pack), compiler_options=options)


def in_a_pack(network, data, pack, epochs=EPOCHS, **more):
    """Train a pack; the weights and the state with which it ends."""
    return numbers(trainer(network, epochs, **more)(data, pack))


def numbers(tree):
    return jax.tree.map(np.asarray, tree)


def in_keras(stock, network, data, pack, i, epochs=EPOCHS, before=None, after=None):
    """Train a stock model as the pack's member `i`; `before(epoch, step)`, and `after(epoch)`, which may end it."""
    member = pick(pack, i)
    set_weights(stock, member.weights, network.computed(member.state))
    x, y = data.x[member.fit], data.y[member.fit]
    weight = None if data.weight is None else data.weight[member.fit]
    rows = int(data.rows[member.fit])
    for epoch in range(epochs):
        for step, batch in enumerate(batches(member.key, epoch, rows, x.shape[0])):
            if before:
                before(epoch, step)
            stock.train_on_batch(x[batch], y[batch], None if weight is None else weight[batch])
        if after and after(epoch):
            break
    return [np.asarray(v) for v in stock.trainable_variables], computed(stock)


def computed(model):
    return [np.asarray(v) for v in model.non_trainable_variables if "seed_generator" not in v.path]


def assert_moved(weights, pack, i):
    """The training did something to every array, so that agreement means something."""
    for last, first in zip(weights, pack.weights, strict=True):
        assert np.abs(last - first[i]).max() > 1e-3 * np.abs(last).max()


def check(build, strengths, data=None, epochs=EPOCHS, within=SAME):
    """`build(strengths)` gives the compiled network; a pack of its members equals Keras' loops."""
    data = data or table()
    network = PackedNetwork(build(STRENGTHS[0]))
    seeds = range(len(strengths))
    pack = members(network, strengths, epochs=epochs, seeds=list(seeds), keys=[42 + s for s in seeds])
    weights, state = in_a_pack(network, data, pack, epochs)
    for i, own in enumerate(strengths):
        theirs, their_state = in_keras(build(own), network, data, pack, i, epochs)
        assert_moved(theirs, pack, i)
        assert_same([a[i] for a in weights], theirs, within)
        if their_state:
            assert_same(network.computed([a[i] for a in state]), their_state, within)


def fourth_power(y, prediction):
    return ops.mean((y - prediction) ** 4, axis=-1)


class Asymmetric(keras.losses.Loss):
    def call(self, y, prediction):
        return ops.mean(ops.where(y > prediction, 2.0, 1.0) * (y - prediction) ** 2, axis=-1)


# every optimizer, and every loss of one number: neither sees which the other is, so that a compilation does for both
PAIRS = {
    "sgd, mae": (lambda: optimizers.SGD(0.05), "mae"),
    "sgd, sum": (lambda: optimizers.SGD(0.003, momentum=0.5), losses.MeanSquaredError(reduction="sum")),
    "sgd with momentum, function": (lambda: optimizers.SGD(0.01, momentum=0.9, nesterov=True), fourth_power),
    "adam, huber": (lambda: optimizers.Adam(0.01), losses.Huber(0.3)),
    "amsgrad, class": (lambda: optimizers.Adam(0.01, amsgrad=True), Asymmetric()),
    "adamw, log_cosh": (lambda: optimizers.AdamW(0.01, weight_decay=0.05), "log_cosh"),
    "nadam, mse": (lambda: optimizers.Nadam(0.01), "mse"),
    "adamax, mape": (lambda: optimizers.Adamax(0.01), "mape"),
    "adagrad, msle": (lambda: optimizers.Adagrad(0.05), "msle"),
    "adadelta, poisson": (lambda: optimizers.Adadelta(1.0), losses.Poisson()),
    "rmsprop, weighted mean": (
        lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
        losses.MeanSquaredError(reduction="mean_with_sample_weight"),
    ),
    "lion, mse": (lambda: optimizers.Lion(0.003), "mse"),
    "lamb, mse": (lambda: optimizers.Lamb(0.01), "mean_squared_error"),
    # its least step is a share of 0.1, not 0.001, so that the last bias leaves 0 and its rounding behind
    "adafactor, mse": (lambda: optimizers.Adafactor(0.05, epsilon_2=0.1), "mse"),
    # without its own L1: that puts weights at exactly 0, where the sign of the other L1 hangs on the last bit
    "ftrl, mse": (lambda: optimizers.Ftrl(0.5, initial_accumulator_value=1.0, l2_regularization_strength=0.01), "mse"),
    "muon, mse": (lambda: optimizers.Muon(0.01), "mse"),
    "schedule-free adamw, mse": (lambda: optimizers.ScheduleFreeAdamW(0.01), "mse"),
}
POSITIVE = ("mape", "msle", "poisson")


@pytest.mark.parametrize("pair", PAIRS)
def test_every_optimizer_and_loss_of_one_number(pair):
    optimizer, loss = PAIRS[pair]
    data, last = table(), None
    if pair.endswith(POSITIVE):
        data, last = data._replace(y=data.y + 2, watched_y=data.watched_y + 2), "softplus"
    check(lambda strengths: mlp(strengths, optimizer(), loss, last=last), STRENGTHS[1:], data)


def classes(data):
    """Three classes of the rows."""
    return np.digitize(data.y[..., 0], [-0.3, 0.3]), np.digitize(data.watched_y[..., 0], [-0.3, 0.3])


def one_hot(data):
    return tuple(np.eye(3, dtype="float32")[label] for label in classes(data))


def column(data):
    return tuple(label[..., None].astype("int32") for label in classes(data))


LABELS = {
    "categorical on softmax": ("categorical_crossentropy", "softmax", one_hot),
    "sparse on softmax": ("sparse_categorical_crossentropy", "softmax", column),
    "sparse on logits": (losses.SparseCategoricalCrossentropy(from_logits=True), None, column),
    "binary on logits": (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), None, one_hot),
}


@pytest.mark.parametrize("case", LABELS)
def test_losses_of_several_outputs(case):
    loss, last, label = LABELS[case]
    y, watched_y = label(table())
    data = table()._replace(y=y, watched_y=watched_y)
    check(lambda strengths: mlp(strengths, loss=loss, outputs=3, last=last), STRENGTHS[1:], data)


def sequential(*inside):
    return keras.Sequential([keras.Input((COLUMNS,)), *inside, layers.Dense(1)])


def normalized_by_batch(p):
    norm = layers.BatchNormalization
    return sequential(
        norm(momentum=0.8),
        layers.Dense(6, activation="relu", use_bias=False, kernel_regularizer=p),
        norm(),
        layers.Dense(4, activation="relu", kernel_regularizer=p),
    )


def normalized_by_layer(p):
    return sequential(
        layers.Dense(6, kernel_regularizer=p), layers.LayerNormalization(), layers.Activation("swish"), layers.Dense(4)
    )


def activations(p):
    dense = layers.Dense
    return sequential(
        dense(6, activation="swish", kernel_regularizer=p),
        dense(5, activation="selu", kernel_regularizer=p, kernel_initializer="lecun_normal"),
        dense(4, kernel_regularizer=p),
        layers.PReLU(),
    )


def residual(p):
    x = keras.Input((COLUMNS,))
    wide = layers.Dense(6, kernel_regularizer=p)(x)
    inner = layers.Dense(6, activation="tanh", kernel_regularizer=p)(wide)
    inner = layers.Dense(6, kernel_regularizer=p)(inner)
    return keras.Model(x, layers.Dense(1)(layers.Add()([wide, inner])))


def nested(p):
    z = keras.Input((6,))
    inner = layers.BatchNormalization()(layers.Dense(6, activation="tanh", kernel_regularizer=p)(z))
    block = keras.Model(z, layers.Add()([z, inner]), name="block")
    x = keras.Input((COLUMNS,))
    return keras.Model(x, layers.Dense(1)(block(layers.Dense(6, activation="tanh", kernel_regularizer=p)(x))))


def shared(p):
    x = keras.Input((COLUMNS,))
    twice = layers.Dense(COLUMNS, activation="tanh", kernel_regularizer=p)
    return keras.Model(x, layers.Dense(1)(twice(twice(x))))


def convolution(p):
    return sequential(
        layers.Reshape((COLUMNS, 1)), layers.Conv1D(4, 3, activation="relu", kernel_regularizer=p), layers.Flatten()
    )


def constrained(p):
    limit = keras.constraints.MaxNorm(0.6)
    return sequential(layers.Dense(6, activation="relu", kernel_regularizer=p, kernel_constraint=limit))


def other_penalties(p):
    return sequential(
        layers.Dense(6, activation="tanh", kernel_regularizer=p, bias_regularizer="l2"),
        layers.Dense(4, activation="tanh", kernel_regularizer=p, activity_regularizer=keras.regularizers.L1(0.01)),
    )


def frozen(p):
    return sequential(
        layers.BatchNormalization(trainable=False),
        layers.Dense(6, activation="tanh", trainable=False),
        layers.Dense(4, activation="tanh", kernel_regularizer=p),
    )


NETWORKS = (
    normalized_by_batch,
    normalized_by_layer,
    activations,
    residual,
    nested,
    shared,
    convolution,
    constrained,
    other_penalties,
    frozen,
)


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.__name__)
def test_every_kind_of_network(network):
    def build(strengths):
        model = network(penalty(strengths))
        model.compile(optimizer=optimizers.SGD(0.05, momentum=0.5), loss="mse")
        return model

    check(build, STRENGTHS[1:])


def test_weights_of_rows_are_keras_sample_weights():
    weight = np.random.default_rng(3).uniform(0, 3, (1, ROWS)).astype("float32")
    weight[0, ::7] = 0
    data = table()._replace(weight=weight)
    check(mlp, STRENGTHS, data)


class Masked(layers.Layer):
    """Stands where a Dropout does; multiplies by a mask given before each step."""

    def build(self, shape):
        self.mask = self.add_weight(shape=(BATCH, *shape[1:]), initializer="ones", trainable=False)

    def call(self, x, training=False):
        return x * self.mask if training else x


def masked(drop):
    """Two hidden layers with what `drop` gives after each: a Dropout, a mask, or None."""
    inside = []
    for units in (6, 5):
        inside.append(layers.Dense(units, activation="tanh", kernel_regularizer=penalty(STRENGTHS[1])))
        after = drop()
        inside += [after] if after else []
    model = sequential(*inside)
    model.compile(optimizer=optimizers.SGD(0.05, momentum=0.5), loss="mse")
    return model


@pytest.mark.parametrize("drop", [lambda: layers.Dropout(0.2), lambda: None], ids=["own places", "inserted"])
def test_dropout_is_keras_loop_with_the_same_masks(drop):
    rates = [0.1, 0.5]
    network, data = PackedNetwork(masked(drop)), table()
    assert len(network.dropout_sites) == 2
    pack = members(network, [(*STRENGTHS[1][:2], r) for r in rates], epochs=EPOCHS, seeds=[0, 1], keys=[7, 8])
    weights, _ = in_a_pack(network, data, pack)
    for i, rate in enumerate(rates):
        stock = masked(Masked)
        places = [layer for layer in stock.layers if isinstance(layer, Masked)]
        kept = []

        def draw(epoch, step, key=pack.key[i], rate=rate, places=places, kept=kept):
            step_key = derive(derive(key, epoch), step)
            for site, layer in enumerate(places):
                bits = np.asarray(random_bits(derive(step_key, site), layer.mask.shape)) >> 8
                keep = bits >= int(np.float32(rate) * np.float32(2**24))
                layer.mask.assign(np.where(keep, 1 / (1 - rate), 0).astype("float32"))
                kept.append(keep)

        theirs = masked_loop(stock, data, pack, i, draw)
        assert_same([a[i] for a in weights], theirs)
        assert 1 - np.mean(np.concatenate(kept, axis=1)) == pytest.approx(rate, abs=0.02)


def masked_loop(stock, data, pack, i, draw):
    places = [layer.mask for layer in stock.layers if isinstance(layer, Masked)]

    class NoState:
        def computed(self, _state):
            return [np.asarray(mask) for mask in places]

    theirs, _ = in_keras(stock, NoState(), data, pack, i, before=draw)
    return theirs


@pytest.fixture(scope="module")
def four():
    """A network of every regularizer, its table, four unlike members and their compiled program."""
    model = sequential(
        layers.BatchNormalization(), layers.Dense(6, activation="tanh"), layers.Dense(4, activation="relu")
    )
    model.compile(optimizer=optimizers.Adam(0.01), loss="mse")
    network, data = PackedNetwork(model), table()
    strengths = [(0.0, 0.0, 0.0), (1e-3, 0.0, 0.3), (0.0, 1e-2, 0.1), (1e-2, 1e-3, 0.5)]
    pack = members(network, strengths, EPOCHS, [1, 2, 3, 4], [5, 6, 7, 8], learning_rate=np.float32([1, 2, 0.5, 1]))
    program = PackProgram(network, recipe(EPOCHS), data, pack)
    return network, data, pack, program, numbers(program.train(data, pack))


def assert_outcomes(ours, theirs, within):
    assert_same(jax.tree.leaves(ours.weights), jax.tree.leaves(theirs.weights), within)
    assert_same(jax.tree.leaves(ours.state), jax.tree.leaves(theirs.state), within)
    assert_same([ours.prediction, ours.train_loss, ours.curve], [theirs.prediction, theirs.train_loss, theirs.curve])


def assert_bits(ours, theirs):
    ours, theirs = jax.tree.leaves(ours), jax.tree.leaves(theirs)
    assert len(ours) == len(theirs) > 10
    assert all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in zip(ours, theirs, strict=True))


def test_side_by_side_equals_one_after_another(four):
    network, data, pack, _, outcome = four
    beside = numbers(PackProgram(network, recipe(EPOCHS), data, pack, "vmap").train(data, pack))
    assert_outcomes(beside, outcome, SAME)


def test_two_runs_are_equal_byte_for_byte(four):
    network, data, pack, program, outcome = four
    assert_bits(program.train(data, pack), outcome)
    assert_bits(PackProgram(network, recipe(EPOCHS), data, pack).train(data, pack), outcome)
    other = program.train(data, pack._replace(key=pack.key + 1))
    assert (np.asarray(other.prediction) != outcome.prediction).any(axis=(1, 2)).all()


def test_a_training_in_parts_gives_the_same_bits(four):
    _, data, pack, program, outcome = four
    run = program.start(pack)
    for until in ([1, 1, 1, 1], [1, 4, 2, 9], [3, 4, 10, 9], [10, 10, 10, 10]):
        run = program.advance(data, pack, run, np.array(until))
        assert np.asarray(run.epoch).tolist() == until
    assert_bits(program.finish(data, pack, run), outcome)


def test_splitting_a_pack_changes_nothing(four):
    network, data, pack, _, outcome = four
    halves = [pick(pack, [0, 1]), pick(pack, [2, 3])]
    program = PackProgram(network, recipe(EPOCHS), data, halves[0])
    parts = [numbers(program.train(data, half)) for half in halves]
    together = jax.tree.map(lambda *a: np.concatenate(a), *parts)
    assert_outcomes(together, outcome, 1e-6)


def test_members_of_two_fits_equal_each_alone_and_keras():
    data = table(fits=2)
    rows = np.array([ROWS, ROWS - 4], "int32")  # as many steps
    data = data._replace(rows=rows, steps=same_steps(rows, BATCH))
    network = PackedNetwork(mlp(STRENGTHS[0]))
    order = [1, 0, 1, 0]
    strengths = [STRENGTHS[s] for s in (0, 0, 1, 1)]
    pack = members(network, strengths, EPOCHS, [1, 2, 3, 4], [5, 6, 7, 8])._replace(fit=np.array(order, "int32"))
    train = trainer(network)
    weights, _ = numbers(train(data, pack))
    for fit in (0, 1):
        its = [i for i in range(4) if order[i] == fit]
        one = jax.tree.map(lambda a, fit=fit: a if a.ndim == 0 else a[fit : fit + 1], data)
        apart, _ = numbers(train(one, pick(pack, its)._replace(fit=np.zeros(2, "int32"))))
        assert_same([a[its] for a in weights], apart, 1e-6)
    theirs, _ = in_keras(mlp(strengths[0]), network, data, pack, 0)  # the fit of fewer rows
    assert_same([a[0] for a in weights], theirs)


def two_branches():
    x = keras.Input((COLUMNS,))
    calm = layers.Dense(3, activation="relu", name="a")(x)
    for i in range(3):
        calm = layers.Dense(4, name=f"linear{i}")(calm)
    steep = x
    for i in range(3):
        steep = layers.Dense(4, activation="relu", name=f"b{i}")(steep)
    model = keras.Model(x, layers.Dense(1)(layers.Add()([calm, steep])))
    model.compile("sgd", "mse")
    return model


def test_inserted_dropouts_leave_the_order_of_the_weights():
    model = two_branches()
    network = PackedNetwork(model)
    weights, state = network.first_weights(3)
    off = [0.0] * len(network.kernel_sites)
    stock = export_model(model, doses(network, off, off, [0.1] * 4))
    assert [w.shape for w in weights] == [tuple(v.shape) for v in model.trainable_variables]
    assert [w.shape for w in weights] != [tuple(v.shape) for v in stock.trainable_variables], "Keras' order is another"
    set_weights(stock, weights, network.computed(state), model)
    x = table().x[0]
    assert_same([network.predict(tuple(weights), tuple(state), x)], [stock.predict(x, verbose=0)], 1e-6)


def test_a_strength_acts_at_the_place_it_is_named_for():
    network = PackedNetwork(two_branches())
    first = network.dropout_sites[0].layer
    weights, state = network.first_weights(3)
    assert first == "a"
    # the branch of 'a' is cut off behind it, so that dropping there changes nothing
    behind = next(i for i, w in enumerate(weights) if w.shape == (3, 4))
    weights[behind] = np.zeros((3, 4), "float32")
    data = table()

    def loss(rate):
        strengths = {"dropout": np.array([rate, 0, 0, 0], "float32")}
        return network.loss(tuple(weights), tuple(state), data.x[0], data.y[0], None, strengths, np.uint32(3))[0]

    assert float(loss(0.5)) == float(loss(0.0))


def against_keras(model):
    """The training loss on the table, ours and Keras', and our mean loss and squared error of rows."""
    network, data = PackedNetwork(model), table()
    x, y = data.x[0], data.y[0]
    weights, state = (tuple(part) for part in network.first_weights(1))
    set_weights(model, weights, network.computed(state))
    ours, _ = network.loss(weights, state, x, y, None, {"dropout": np.zeros(1, "float32")}, np.uint32(1))
    prediction = network.predict(weights, state, x)
    rows = float(np.mean(network.row_losses(y, prediction))), float(np.mean(network.row_errors(y, prediction)))
    return float(ours), model.test_on_batch(x, y), *rows


def test_an_output_without_an_axis_is_refused():
    model = keras.Sequential([keras.Input((COLUMNS,)), layers.Dense(1), layers.Reshape(())])
    model.compile("sgd", "mse")
    with pytest.raises(InputError, match=r"outputs of shape \(\)"):
        check_model(model, "build", [COLUMNS])


@pytest.mark.parametrize("named", ["mse", ["mse"], {"out": "mse"}, {"out": fourth_power}])
@pytest.mark.parametrize("weights", [None, 0.1, [0.1], {"out": 0.1}])
def test_losses_and_their_weights_are_followed_however_they_are_given(named, weights):
    # Keras takes dictionaries in Functional models only
    x = keras.Input((COLUMNS,))
    model = keras.Model(x, layers.Dense(1, name="out")(layers.Dense(4, activation="tanh")(x)))
    model.compile("sgd", named, loss_weights=weights)
    ours, theirs, *_ = against_keras(model)
    assert ours == pytest.approx(theirs, rel=1e-5)


@pytest.mark.parametrize(
    ("classes", "outputs", "last", "loss"),
    [
        (2, 1, "sigmoid", losses.BinaryCrossentropy(label_smoothing=0.1)),
        (3, 3, None, losses.SparseCategoricalCrossentropy(from_logits=True)),
    ],
)
def test_classes_are_trained_as_keras_trains_them(classes, outputs, last, loss):
    smooth = table()
    cuts = np.quantile(smooth.y, np.arange(1, classes) / classes)
    data = smooth._replace(y=np.digitize(smooth.y, cuts).astype("float32"))
    build = lambda strengths: mlp(strengths, loss=loss, outputs=outputs, last=last)  # noqa: E731
    network = PackedNetwork(build(STRENGTHS[0]), classes=classes)
    pack = members(network, STRENGTHS, epochs=EPOCHS, seeds=[0, 1], keys=[42, 43])
    weights, _ = in_a_pack(network, data, pack)
    for i, own in enumerate(STRENGTHS):
        theirs, _ = in_keras(build(own), network, data, pack, i)
        assert_moved(theirs, pack, i)
        assert_same([a[i] for a in weights], theirs)
