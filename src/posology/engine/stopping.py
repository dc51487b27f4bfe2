"""`EarlyStopping` and `ReduceLROnPlateau` as Keras has them, for one member, as pure functions of traced numbers.

Beside them the steady loss, by which trials are compared: the least mean over five neighbouring epochs. All watch the
validation loss without penalties (`program`). Source: Keras 3, `keras.callbacks`.
"""

from typing import Any

import jax.numpy as jnp

from posology.engine.member import Member, Plateau, Stopping, Watch

NEVER = 2**30
"""A patience that no training reaches."""

MOST_REDUCTIONS = 16
"""Reductions of a learning rate that are remembered; a factor of 0.5 has made it 65,536 times smaller by then."""

STEADY = 5
"""Epochs whose watched losses are averaged for the steady loss."""


def first_watch() -> Watch:
    """Remember nothing yet."""
    never, none = jnp.float32(jnp.inf), jnp.int32(0)
    reductions, recent = jnp.zeros(MOST_REDUCTIONS, jnp.int32), jnp.full(STEADY, jnp.inf, jnp.float32)
    return Watch(none, never, none, never, none, none, jnp.float32(1), reductions, recent, never, none)


def look(member: Member, watch: Watch, epoch: Any, loss: Any) -> tuple[Watch, Any, Any]:
    """Take the watched loss of an epoch, counted from 0.

    Returns
    -------
    watch : Watch
    better : bool
        The best loss so far, by more than `min_delta`.
    stops : bool
        Patience is at its end.
    """
    best_epoch, best_loss, wait, better, stops = _stopping(member.stopping, watch, epoch, loss)
    plateau_best, plateau_wait, cooldown, reduced = _plateau(member.plateau, watch, loss)
    so_far = (watch.reductions > 0).sum()
    place = jnp.where(reduced < watch.reduced, so_far, MOST_REDUCTIONS)
    reductions = jnp.asarray(watch.reductions).at[place].set(epoch + 1, mode="drop")
    steady = _steady(member.stopping, watch, epoch, loss)
    seen = Watch(best_epoch, best_loss, wait, plateau_best, plateau_wait, cooldown, reduced, reductions, *steady)
    return seen, better, stops


def _stopping(rule: Stopping, watch: Watch, epoch: Any, loss: Any) -> tuple[Any, Any, Any, Any, Any]:
    counts = epoch >= rule.start_from_epoch
    better = counts & (loss + rule.min_delta < watch.best_loss)
    wait = jnp.where(better, 0, watch.wait + counts)
    stops = counts & ~better & (wait >= rule.patience) & (epoch > 0)
    best_epoch = jnp.where(better, epoch + 1, watch.best_epoch)
    return best_epoch, jnp.where(better, loss, watch.best_loss), wait, better, stops


def _steady(rule: Stopping, watch: Watch, epoch: Any, loss: Any) -> tuple[Any, Any, Any]:
    """Average the losses of the last epochs, of fewer at the start, and note the least mean."""
    recent = jnp.concatenate([jnp.asarray(watch.recent)[1:], jnp.reshape(loss, 1)])
    count = jnp.minimum(epoch + 1, STEADY)
    taken = jnp.arange(STEADY) >= STEADY - count
    mean = jnp.sum(jnp.where(taken, recent, 0.0)) / count
    better = (epoch >= rule.start_from_epoch) & (mean < watch.steady_loss)
    middle = epoch + 1 - (count - 1) // 2
    return recent, jnp.where(better, mean, watch.steady_loss), jnp.where(better, middle, watch.steady_epoch)


def _plateau(rule: Plateau, watch: Watch, loss: Any) -> tuple[Any, Any, Any, Any]:
    cooldown = jnp.maximum(watch.cooldown - 1, 0)
    wait = jnp.where(watch.cooldown > 0, 0, watch.plateau_wait)
    better = loss + rule.min_delta < watch.plateau_best
    wait = jnp.where(better, 0, jnp.where(cooldown > 0, wait, wait + 1))
    # rounding of a product of factors is no reduction
    above = watch.reduced > rule.least * (1 + 1e-6)
    reduces = ~better & (cooldown == 0) & (wait >= rule.patience) & above
    reduced = jnp.where(reduces, jnp.maximum(watch.reduced * rule.factor, rule.least), watch.reduced)
    best = jnp.where(better, loss, watch.plateau_best)
    return best, jnp.where(reduces, 0, wait), jnp.where(reduces, rule.cooldown, cooldown), reduced
