"""One member's programme: a whole training, from first weights to last prediction, as one compiled function.

An epoch is a `fori_loop` over steps, a training a `while_loop` over epochs that ends by itself (early stopping), so
a member that stops early costs nothing more. Members differ only in traced numbers: one compilation serves them all.

Three conventions:

* every batch is full: where the rows do not divide by the batch size, the last batch of an epoch is filled up from
  the epoch's first rows (Keras' `fit` makes it smaller). The number of steps is Keras', and batch statistics never
  see padding;
* the watched validation loss is the network's own loss without penalties and with dropout off, so that members with
  different strengths can be compared (Keras' `val_loss` includes the penalties);
* penalties enter as their gradients, added to the loss gradient at the kernels of the network's sites.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32, Int32, UInt32

from posology.engine.randomness import derive, shuffled
from posology.regularizers import L1, L2

Array = jax.Array | np.ndarray
Arrays = tuple[Any, ...]


@runtime_checkable
class Trainable(Protocol):
    """What the engine asks of a network: pure functions of its numbers, and nothing of its library."""

    kernels: tuple[int, ...]
    """Positions, among the trainable arrays, of the weights at which penalties act."""
    optimizer_start: Arrays
    """The optimizer's state before the first step."""

    def loss(
        self, weights: Arrays, state: Arrays, x: Any, y: Any, rates: Any, key: Any
    ) -> tuple[Any, tuple[Arrays, Any]]:
        """Give the training loss with everything but the sites' penalties, the new state and the bare loss."""

    def predict(self, weights: Arrays, state: Arrays, x: Any) -> Any:
        """Predict rows with dropout off: `(row, column)` to `(row,)`."""

    def row_losses(self, y: Any, prediction: Any) -> Any:
        """Give the bare loss of each row."""

    def update(self, weights: Arrays, gradient: Arrays, optimizer: Arrays) -> tuple[Arrays, Arrays]:
        """Take one optimizer step."""


class Data(NamedTuple):
    """The prepared rows that a pack's members share; row counts are traced, capacities are shapes."""

    x: Float32[Array, "rows column"]
    y: Float32[Array, " rows"]
    rows: Int32[Array, ""]
    watched_x: Float32[Array, "watched column"]
    watched_y: Float32[Array, " watched"]
    watched_rows: Int32[Array, ""]


class Member(NamedTuple):
    """One network to train. In a pack every field has the member axis first."""

    weights: Arrays
    state: Arrays
    l1: Float32[Array, "*member kernel"]
    l2: Float32[Array, "*member kernel"]
    rates: Float32[Array, "*member dropout"]
    key: UInt32[Array, "*member"]
    epochs: Int32[Array, "*member"]
    patience: Int32[Array, "*member"]


class Outcome(NamedTuple):
    """What a training leaves. In a pack every field has the member axis first."""

    best_epoch: Int32[Array, "*member"]
    best_loss: Float32[Array, "*member"]
    epochs: Int32[Array, "*member"]
    curve: Float32[Array, "*member epoch 2"]
    """Per epoch: mean bare loss while training (dropout on), loss on the watched rows; NaN where not reached."""
    last_loss: Float32[Array, "*member"]
    train_loss: Float32[Array, "*member"]
    """Bare loss on the training rows, dropout off, at the end."""
    train_error: Float32[Array, "*member"]
    """Mean squared error on the training rows, dropout off, at the end."""
    prediction: Float32[Array, "*member watched"]
    weights: Arrays
    state: Arrays


class _Running(NamedTuple):
    epoch: Any
    weights: Arrays
    state: Arrays
    optimizer: Arrays
    best_epoch: Any
    best_loss: Any
    watched_loss: Any
    curve: Any


def _mean(losses: Any, count: Any) -> Any:
    return jnp.sum(jnp.where(jnp.arange(losses.shape[0]) < count, losses, 0.0)) / count


def _batch_rows(order: Any, step: Any, batch_size: int, count: Any) -> Any:
    position = step * batch_size + jnp.arange(batch_size)
    return order[jnp.where(position >= count, position - count, position)]


def _penalized(network: Trainable, gradient: Arrays, member: Member, weights: Arrays) -> Arrays:
    """Add λ1·sign(w) + 2·λ2·w at the sites' kernels; both terms are exact zeros at strength zero."""
    out = list(gradient)
    for site, i in enumerate(network.kernels):
        out[i] = out[i] + L1().gradient(weights[i], member.l1[site]) + L2().gradient(weights[i], member.l2[site])
    return tuple(out)


def train(network: Trainable, batch_size: int, max_epochs: int, data: Data, member: Member) -> Outcome:
    """Train one member from its first weights to the end of its epochs or its patience.

    Parameters
    ----------
    network : Trainable
        The pure functions of the network.
    batch_size : int
        Rows a step; at most `data.rows`.
    max_epochs : int
        Length kept for the learning curve; `member.epochs` may not exceed it.
    data : Data
        Rows to train on and rows to watch.
    member : Member
        Strengths, key, epochs and patience of this member, without a member axis.

    Returns
    -------
    Outcome
        Without a member axis. A loss that is not finite ends the training; `best_loss` is then that of the epochs
        before, or infinite.
    """
    steps = (data.rows + batch_size - 1) // batch_size

    def step(
        epoch_key: Any, order: Any, s: Any, carry: tuple[Arrays, Arrays, Arrays, Any]
    ) -> tuple[Arrays, Arrays, Arrays, Any]:
        weights, state, optimizer, total = carry
        rows = _batch_rows(order, s, batch_size, data.rows)
        x, y = data.x[rows], data.y[rows]
        key = derive(epoch_key, s)
        gradient_of = jax.grad(network.loss, has_aux=True)
        gradient, (state, bare) = gradient_of(weights, state, x, y, member.rates, key)
        gradient = _penalized(network, gradient, member, weights)
        weights, optimizer = network.update(weights, gradient, optimizer)
        return weights, state, optimizer, total + bare

    def epoch(run: _Running) -> _Running:
        epoch_key = derive(member.key, run.epoch)
        order = shuffled(epoch_key, data.rows, data.x.shape[0])
        carry = (run.weights, run.state, run.optimizer, jnp.float32(0))
        weights, state, optimizer, total = jax.lax.fori_loop(0, steps, lambda s, c: step(epoch_key, order, s, c), carry)
        prediction = network.predict(weights, state, data.watched_x)
        loss = _mean(network.row_losses(data.watched_y, prediction), data.watched_rows)
        better = loss < run.best_loss
        return _Running(
            run.epoch + 1,
            weights,
            state,
            optimizer,
            jnp.where(better, run.epoch + 1, run.best_epoch),
            jnp.where(better, loss, run.best_loss),
            loss,
            run.curve.at[run.epoch].set(jnp.stack([total / steps, loss])),
        )

    def goes_on(run: _Running) -> Any:
        waited = run.epoch - run.best_epoch
        return (run.epoch < member.epochs) & (waited < member.patience) & jnp.isfinite(run.watched_loss)

    start = _Running(
        jnp.int32(0),
        member.weights,
        member.state,
        network.optimizer_start,
        jnp.int32(0),
        jnp.float32(jnp.inf),
        jnp.float32(0),
        jnp.full((max_epochs, 2), jnp.nan, jnp.float32),
    )
    end = jax.lax.while_loop(goes_on, epoch, start)
    return _outcome(network, data, end)


def _outcome(network: Trainable, data: Data, end: _Running) -> Outcome:
    fitted = network.predict(end.weights, end.state, data.x)
    return Outcome(
        best_epoch=end.best_epoch,
        best_loss=end.best_loss,
        epochs=end.epoch,
        curve=end.curve,
        last_loss=jnp.where(jnp.isfinite(end.watched_loss), end.watched_loss, jnp.inf),
        train_loss=_mean(network.row_losses(data.y, fitted), data.rows),
        train_error=_mean((data.y - fitted) ** 2, data.rows),
        prediction=network.predict(end.weights, end.state, data.watched_x),
        weights=end.weights,
        state=end.state,
    )


def compile_pack(
    network: Trainable, batch_size: int, max_epochs: int, data: Data, members: Member
) -> Callable[[Data, Member], Outcome]:
    """Compile the training of a pack: members one after another, each from start to end (`lax.map`).

    On a CPU one member's weights, moments and gradient stay in its core's cache for its whole training; `vmap`
    would stream all members' through memory at every step (docs/performance.md).

    Parameters
    ----------
    data, members
        Arrays, or `jax.ShapeDtypeStruct`s, of the shapes that all packs of the study share.

    Returns
    -------
    callable
        From (Data, Member), both with those shapes, to Outcome.
    """

    def pack(data: Data, members: Member) -> Outcome:
        return jax.lax.map(lambda member: train(network, batch_size, max_epochs, data, member), members)

    return jax.jit(pack).lower(data, members).compile()
