"""Inside a worker: does a pack train as Keras does here, and how fast? The question's network on a real table."""

import time
from collections.abc import Sequence
from typing import Any

import jax
import numpy as np

from posology.data import concrete
from posology.engine.member import Data, Member, Outcome, Plateau, Stopping
from posology.engine.packing import PackProgram, same_steps
from posology.engine.randomness import derive, shuffled
from posology.engine.recipe import Recipe
from posology.engine.schedule import CONSTANT
from posology.engine.stopping import NEVER
from posology.network.doses import doses_of
from posology.network.export import export_model, set_weights
from posology.network.packed import PackedNetwork
from posology.network.question import model_build

BATCH, EPOCHS, MEMBERS = 32, 10, 8
COMPARED = 1
"""Epochs after which a member is compared with Keras' own: rounding grows with every step."""
L2 = np.geomspace(1e-6, 1e-2, MEMBERS)
"""Strengths of the members; L1 and dropout are off, so that no sign and no draw hangs on the last bit."""


def examine() -> dict[str, Any]:
    """Train a pack, time it, and train two of its members by Keras' own loop.

    Returns
    -------
    dict
        `device`; `rows_per_second`, rows times epochs of training a second; `difference` from Keras, the largest of
        an array of weights as a share of its largest weight; JSON types.
    """
    data = _data()
    model = model_build(np.asarray(data.x[0]))
    network = PackedNetwork(model)
    pack = _members(network)
    program = PackProgram(network, Recipe(BATCH, EPOCHS), data, pack)
    begun = program.train(data, pack._replace(epochs=np.full(MEMBERS, COMPARED, "int32")))
    compared = [_difference(model, network, data, pack, begun, i) for i in (0, MEMBERS - 1)]
    device = jax.devices()[0]
    return {
        "device": f"{device.platform} ({device.device_kind})",
        "rows_per_second": _speed(program, data, pack),
        "difference": max(compared),
    }


def _speed(program: PackProgram, data: Data, pack: Member) -> float:
    began = time.perf_counter()
    np.asarray(program.train(data, pack).last_loss)  # waits for the end
    return float(MEMBERS * EPOCHS * data.rows[0] / (time.perf_counter() - began))


def _data() -> Data:
    table = concrete().to_numpy("float32")
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    x, y = table[None, :, :-1], table[None, :, -1:]
    rows = np.array([len(table)], "int32")
    return Data(x, y, rows, same_steps(rows, BATCH), x[:, :1], y[:, :1], np.ones(1, "int32"))


def _members(network: PackedNetwork) -> Member:
    weights, state = network.first_weights(1)
    strengths: dict[str, Any] = {
        name: np.zeros((MEMBERS, network.sites(name)), "float32") for name in network.regularizers
    }
    strengths["l2"] += L2[:, None]

    def each(value: Any, kind: str = "float32") -> np.ndarray:
        return np.full(MEMBERS, value, kind)

    return Member(
        weights=tuple(np.stack([w] * MEMBERS) for w in weights),
        state=tuple(np.stack([s] * MEMBERS) for s in state),
        strengths=strengths,
        key=np.arange(MEMBERS, dtype="uint32"),
        fit=each(0, "int32"),
        epochs=each(EPOCHS, "int32"),
        watches=each(False, "bool"),
        learning_rate=each(1),
        schedule=jax.tree.map(each, CONSTANT),
        stopping=Stopping(each(NEVER, "int32"), each(0), each(0, "int32")),
        plateau=Plateau(each(1), each(NEVER, "int32"), each(0), each(0, "int32"), each(0)),
    )


def _difference(model: Any, network: PackedNetwork, data: Data, pack: Member, outcome: Outcome, i: int) -> float:
    """Train a member by Keras' own loop, from the same first weights and in the same order of rows."""
    setting = {name: tuple(map(float, numbers[i])) for name, numbers in pack.strengths.items()}
    stock = export_model(model, doses_of(network.places, setting))
    set_weights(stock, [a[i] for a in pack.weights], network.computed([a[i] for a in pack.state]), model)
    x, y, rows = np.asarray(data.x[0]), np.asarray(data.y[0]), int(data.rows[0])
    for epoch in range(COMPARED):
        order = np.asarray(shuffled(derive(pack.key[i], epoch), rows, len(x)))[:rows]
        filled = np.concatenate([order, order])
        for step in range(-(-rows // BATCH)):
            batch = filled[step * BATCH : (step + 1) * BATCH]
            stock.train_on_batch(x[batch], y[batch])
    return _largest([a[i] for a in outcome.weights], [np.asarray(v) for v in stock.trainable_variables])


def _largest(ours: Sequence[Any], theirs: Sequence[np.ndarray]) -> float:
    pairs = zip(map(np.asarray, ours), theirs, strict=True)
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)
