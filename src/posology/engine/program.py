"""One member's programme: a whole training, from first weights to last prediction, of traced numbers only.

An epoch is a `fori_loop` over steps, a training a `while_loop` over epochs that ends by itself (early stopping), so
a member that stops early costs nothing more. `advance` may end at any epoch and go on later, to the same bits.

Three conventions:

* every batch is full: where the rows do not divide by the batch size, the last batch of an epoch is filled up from
  the epoch's first rows (Keras' `fit` makes it smaller). The number of steps is Keras', and batch statistics never
  see padding;
* the watched validation loss is the network's own loss without penalties and with dropout off, so that members with
  different strengths can be compared (Keras' `val_loss` includes the penalties); rows with weights count by them;
* penalties enter as their gradients, added to the loss gradient at the kernels of the network's sites; `treatment` has
  what all other regularizers do.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from posology.engine.curve import curve_epochs
from posology.engine.member import Arrays, Data, Member, Outcome, Running, Trainable
from posology.engine.randomness import derive, shuffled
from posology.engine.recipe import Recipe
from posology.engine.schedule import factor, strengths_at
from posology.engine.stopping import first_watch, look
from posology.engine.treatment import Treatment, first_memories, predicting
from posology.regularizers import Clock

BLOCK = 2048
"""Most rows predicted at once: activations stay in the cache, and memory does not grow with the table."""


def _take(tree: Any, *where: Any) -> Any:
    return jax.tree.map(lambda a: a[where], tree)


def _weighted_mean(losses: Any, count: Any, weight: Any) -> Any:
    within = jnp.arange(losses.shape[0]) < count
    weight = within.astype(jnp.float32) if weight is None else jnp.where(within, weight, 0.0)
    return jnp.sum(jnp.where(within, losses, 0.0) * weight) / jnp.sum(weight)


def _batch_rows(order: Any, step: Any, batch_size: int, count: Any) -> Any:
    position = step * batch_size + jnp.arange(batch_size)
    return order[jnp.where(position >= count, position - count, position)]


def start(network: Trainable, recipe: Recipe, member: Member) -> Running:
    """Give the state of a member before its first epoch."""
    kept = (member.weights, member.state) if recipe.restore else ((), ())
    return Running(
        epoch=jnp.int32(0),
        weights=member.weights,
        state=member.state,
        optimizer=tuple(jnp.asarray(a) for a in network.start_optimizer(member.weights)),
        memories=first_memories(recipe, member.weights),
        watch=first_watch(),
        last_loss=jnp.float32(jnp.inf),
        stopped=jnp.bool_(False),
        failed=jnp.bool_(False),
        best_weights=kept[0],
        best_state=kept[1],
        curve=jnp.full((len(curve_epochs(recipe.max_epochs)), 2), jnp.nan, jnp.float32),
        watched=jnp.full(recipe.max_epochs, jnp.nan, jnp.float32),
    )


def advance(network: Trainable, recipe: Recipe, data: Data, member: Member, run: Running, until: Any) -> Running:
    """Train one member on, to epoch `until`, the end of its epochs, or the end of its patience.

    Parameters
    ----------
    network : Trainable
        The pure functions of the network.
    recipe : Recipe
        What is compiled in.
    data : Data
        Rows to train on and rows to watch, of several fits.
    member : Member
        The numbers of this member, without a member axis.
    run : Running
        From `start`, or from an `advance` before.
    until : int scalar
        Epoch, counted from the start of the training.

    Returns
    -------
    Running
        A loss that is not finite stops the training and marks it as failed.
    """
    last = jnp.minimum(member.epochs, until)
    with jax.default_matmul_precision("highest"):
        return jax.lax.while_loop(
            lambda run: (run.epoch < last) & ~run.stopped,
            lambda run: _epoch(network, recipe, data, member, run),
            run,
        )


def _epoch(network: Trainable, recipe: Recipe, data: Data, member: Member, run: Running) -> Running:
    weights, state, optimizer, memories, total = _steps(network, recipe, data, member, run)
    trained, weights = weights, predicting(recipe, member, memories, weights)
    points = curve_epochs(recipe.max_epochs)
    point = jnp.searchsorted(jnp.asarray(points), run.epoch + 1)
    shows = jnp.asarray(points)[jnp.minimum(point, len(points) - 1)] == run.epoch + 1
    loss = jax.lax.cond(
        member.watches | shows,
        lambda: watched_loss(network, data, member, weights, state)[0],
        lambda: jnp.float32(jnp.nan),
    )
    sample = jax.lax.cond(
        shows, lambda: _sample_loss(network, data, member, weights, state), lambda: jnp.float32(jnp.nan)
    )
    failed = ~jnp.isfinite(total) | (member.watches & ~jnp.isfinite(loss))
    seen, better, stops = look(member, run.watch, run.epoch, loss)
    watch = jax.tree.map(lambda new, old: jnp.where(member.watches, new, old), seen, run.watch)
    best = (weights, state) if recipe.restore else ((), ())
    best_weights, best_state = jax.tree.map(
        lambda new, old: jnp.where(better & member.watches, new, old), best, (run.best_weights, run.best_state)
    )
    shown = jnp.asarray(run.curve).at[jnp.where(shows, point, len(points))].set(jnp.stack([sample, loss]), mode="drop")
    # a refit may train beyond, and watches nothing
    watched = jnp.asarray(run.watched).at[run.epoch].set(jnp.where(member.watches, loss, jnp.nan), mode="drop")
    return Running(
        run.epoch + 1,
        trained,
        state,
        optimizer,
        memories,
        watch,
        loss,
        failed | (stops & member.watches),
        failed,
        best_weights,
        best_state,
        shown,
        watched,
    )


def _steps(
    network: Trainable, recipe: Recipe, data: Data, member: Member, run: Running
) -> tuple[Arrays, Arrays, Arrays, dict[str, Arrays], Any]:
    """Take the steps of one epoch; the last result is the sum of the bare losses of its batches."""
    rows, batch_size = data.rows[member.fit], recipe.batch_size
    capacity = jax.tree.leaves(data.y)[0].shape[1]
    epoch_key = derive(member.key, run.epoch)
    order = shuffled(epoch_key, rows, capacity)
    now = member._replace(strengths=strengths_at(member, run.epoch.astype(jnp.float32)))
    treatment = Treatment(network, recipe, now)
    constant = member.learning_rate * run.watch.reduced

    def step(s: Any, carry: tuple[Arrays, Arrays, Arrays, dict[str, Arrays], Any]) -> Any:
        weights, state, optimizer, memories, total = carry
        batch = _batch_rows(order, s, batch_size, rows)
        x, y, weight = (_take(part, member.fit, batch) for part in (data.x, data.y, data.weight))
        key = derive(epoch_key, s)
        gradient, (state, bare) = treatment.gradient(weights, state, x, y, weight, key)
        progress = run.epoch.astype(jnp.float32) + s.astype(jnp.float32) / data.steps
        speed = constant * factor(member.schedule, progress) if recipe.scheduled else constant
        speed = treatment.speed(speed, progress)
        rate = speed * network.learning_rate(optimizer)
        weights = treatment.before_update(weights, rate)
        weights, optimizer = network.update(weights, gradient, optimizer, speed)
        weights = treatment.after_update(weights, rate)
        clock = Clock(run.epoch * data.steps + s, run.epoch, s == data.steps - 1)
        memories, weights = treatment.remembered(memories, weights, clock)
        return weights, state, optimizer, memories, total + bare

    first = (run.weights, run.state, run.optimizer, run.memories, jnp.float32(0))
    return jax.lax.fori_loop(0, data.steps, step, first)


def _in_blocks(predict: Callable[[Any], Any], rows: int) -> Any:
    """Predict rows block by block; `predict` takes row numbers."""
    if rows <= BLOCK:
        return predict(jnp.arange(rows))
    shape = jax.eval_shape(predict, jnp.arange(BLOCK))
    out = jax.tree.map(lambda s: jnp.zeros((rows, *s.shape[1:]), s.dtype), shape)

    def block(i: Any, out: Any) -> Any:
        # the last block begins early enough to be full
        begin = jnp.minimum(i * BLOCK, rows - BLOCK)
        part = predict(begin + jnp.arange(BLOCK))
        return jax.tree.map(lambda o, p: jax.lax.dynamic_update_slice_in_dim(o, p, begin, 0), out, part)

    return jax.lax.fori_loop(0, -(-rows // BLOCK), block, out)


def watched_loss(network: Trainable, data: Data, member: Member, weights: Arrays, state: Arrays) -> tuple[Any, Any]:
    """Give the mean bare loss on a member's watched rows, and the prediction of each."""
    capacity = jax.tree.leaves(data.watched_y)[0].shape[1]
    predict = _predictor(network, data.watched_x, member, weights, state)
    prediction = _in_blocks(predict, capacity)
    losses = network.row_losses(_take(data.watched_y, member.fit), prediction)
    weight = None if data.watched_weight is None else data.watched_weight[member.fit]
    return _weighted_mean(losses, data.watched_rows[member.fit], weight), prediction


def _predictor(network: Trainable, x: Any, member: Member, weights: Arrays, state: Arrays) -> Callable[[Any], Any]:
    return lambda rows: network.predict(weights, state, _take(x, member.fit, rows))


def _sample_loss(network: Trainable, data: Data, member: Member, weights: Arrays, state: Arrays) -> Any:
    """Give the bare loss on as many training rows as are watched, spread evenly over them."""
    rows = data.rows[member.fit]
    size = min(jax.tree.leaves(data.watched_y)[0].shape[1], jax.tree.leaves(data.y)[0].shape[1])
    chosen = (jnp.arange(size, dtype=jnp.float32) * (rows / size)).astype(jnp.int32)
    predict = _predictor(network, data.x, member, weights, state)
    prediction = _in_blocks(lambda i: predict(chosen[i]), size)
    losses = network.row_losses(_take(data.y, member.fit, chosen), prediction)
    weight = None if data.weight is None else data.weight[member.fit, chosen]
    return _weighted_mean(losses, size, weight)


def final_weights(network: Trainable, recipe: Recipe, member: Member, run: Running) -> Arrays:
    """Give the weights that predict where a training stands."""
    return predicting(recipe, member, run.memories, network.finalize(run.weights, run.optimizer))


def predict(network: Trainable, recipe: Recipe, data: Data, member: Member, run: Running) -> Any:
    """Predict a member's watched rows where its training stands, `(watched, ...)`, dropout off."""
    with jax.default_matmul_precision("highest"):
        weights = final_weights(network, recipe, member, run)
        return watched_loss(network, data, member, weights, run.state)[1]


def finish(network: Trainable, recipe: Recipe, data: Data, member: Member, run: Running) -> Outcome:
    """Score a training where it stands: after its last epoch, or with the weights of its best one."""
    with jax.default_matmul_precision("highest"):
        weights, state = final_weights(network, recipe, member, run), run.state
        if recipe.restore:
            # where no epoch was judged, none is the best
            best, last = (run.best_weights, run.best_state), (weights, state)
            judged = run.watch.best_epoch > 0
            weights, state = jax.tree.map(lambda one, other: jnp.where(judged, one, other), best, last)
        capacity = jax.tree.leaves(data.y)[0].shape[1]
        y, rows = _take(data.y, member.fit), data.rows[member.fit]
        weight = None if data.weight is None else data.weight[member.fit]
        fitted = _in_blocks(_predictor(network, data.x, member, weights, state), capacity)
        loss, prediction = watched_loss(network, data, member, weights, state)
        train_loss = _weighted_mean(network.row_losses(y, fitted), rows, weight)
    failed = run.failed | ~jnp.isfinite(loss) | ~jnp.isfinite(train_loss)
    return Outcome(
        best_epoch=run.watch.best_epoch,
        best_loss=run.watch.best_loss,
        watched=run.watched,
        epochs=run.epoch,
        last_loss=jnp.where(failed, jnp.inf, loss),
        train_loss=train_loss,
        train_error=_weighted_mean(network.row_errors(y, fitted), rows, weight),
        failed=failed,
        curve=run.curve,
        prediction=prediction,
        reductions=run.watch.reductions,
        weights=weights,
        state=state,
    )
