"""Small tables and packs for the engine's tests."""

import jax
import numpy as np

from posology.engine.member import Data, Member, Plateau, Schedule, Stopping
from posology.engine.packing import PackProgram, same_steps
from posology.engine.randomness import derive, shuffled
from posology.engine.recipe import Recipe
from posology.network.sites import Dose
from posology.regularizers import PLAIN, REGULARIZERS

ROWS, COLUMNS, WATCHED, BATCH = 70, 5, 20, 16


def table(seed=0, fits=1):
    """`fits` independent tables of a smooth target."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(fits, ROWS, COLUMNS)).astype("float32")
    watched = rng.normal(size=(fits, WATCHED, COLUMNS)).astype("float32")
    count = np.full(fits, ROWS, "int32")
    steps = same_steps(count, BATCH)
    return Data(x, _target(x), count, steps, watched, _target(watched), np.full(fits, WATCHED, "int32"))


def _target(x):
    return np.tanh(x[..., :1] + x[..., 1:2] * x[..., 2:3]).astype("float32")


def batches(key, epoch, rows=ROWS, capacity=ROWS):
    """Give the rows of each batch of an epoch, as a member with this key draws them; the last one is filled up."""
    order = np.asarray(shuffled(derive(key, epoch), rows, capacity))[:rows]
    return np.resize(order, (-(-rows // BATCH), BATCH))


OF_THE_QUESTION = {name: REGULARIZERS[name] for name in PLAIN}


def recipe(max_epochs=5, regularizers=OF_THE_QUESTION, batch_size=BATCH, **more):
    return Recipe(batch_size, max_epochs, regularizers, **more)


def members(network, strengths, epochs=5, seeds=None, keys=None, **changes):
    """Pack members; `strengths`: (l1, l2, rate) a member, `changes`: other fields, one number or one a member."""
    n = len(strengths)
    first = [network.first_weights(s) for s in (seeds or [0] * n)]
    kernels, drops = len(network.kernel_sites), len(network.dropout_sites)
    l1, l2, rate = np.array(strengths, "float32").reshape(n, 3).T
    wide = {"l1": np.repeat(l1[:, None], kernels, 1), "l2": np.repeat(l2[:, None], kernels, 1)}
    fresh = Member(
        weights=tuple(np.stack(a) for a in zip(*(w for w, _ in first), strict=True)),
        state=tuple(np.stack(a) for a in zip(*(s for _, s in first), strict=True)),
        strengths={**wide, "dropout": np.repeat(rate[:, None], drops, 1)},
        key=np.array(keys or [42] * n, "uint32"),
        fit=np.zeros(n, "int32"),
        epochs=_each(epochs, n, "int32"),
        watches=np.ones(n, bool),
        learning_rate=np.ones(n, "float32"),
        schedule=schedule(n),
        stopping=stopping(n),
        plateau=plateau(n),
    )
    return fresh._replace(**changes)


def _each(value, n, dtype):
    return np.array(np.broadcast_to(np.asarray(value, dtype), n))


def schedule(n, horizon=5, warmup=0, flat=1):
    return Schedule(*(_each(v, n, "float32") for v in (horizon, warmup, flat)))


def stopping(n, patience=99, min_delta=0, start_from_epoch=0):
    return Stopping(_each(patience, n, "int32"), _each(min_delta, n, "float32"), _each(start_from_epoch, n, "int32"))


def plateau(n, factor=1, patience=99, min_delta=0, cooldown=0, least=0):
    return Plateau(
        _each(factor, n, "float32"),
        _each(patience, n, "int32"),
        _each(min_delta, n, "float32"),
        _each(cooldown, n, "int32"),
        _each(least, n, "float32"),
    )


def doses(network, l1, l2, rates):
    """Strengths at the sites of a packed network, in their order."""
    kernels = zip(network.kernel_sites, map(float, l1), map(float, l2), strict=True)
    drops = zip(network.dropout_sites, map(float, rates), strict=True)
    return [*(Dose(s, {"l1": a, "l2": b}) for s, a, b in kernels), *(Dose(s, {"rate": r}) for s, r in drops)]


def run(network, data, pack, max_epochs=5, how="map", **more):
    program = PackProgram(network, recipe(max_epochs, **more), data, pack, how)
    return jax.tree.map(np.asarray, program.train(data, pack))


def pick(pack, order):
    """Take members of a pack."""
    return jax.tree.map(lambda a: a[np.asarray(order)], pack)
