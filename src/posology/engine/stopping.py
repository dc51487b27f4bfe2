"""`EarlyStopping` and `ReduceLROnPlateau` as Keras has them, for one member, as pure functions of traced numbers.

Both watch the validation loss without penalties (`program`). Source: Keras 3, `keras.callbacks`.
"""

from typing import Any

import jax.numpy as jnp

from posology.engine.member import Member, Plateau, Stopping, Watch

NEVER = 2**30
"""A patience that no training reaches."""

MOST_REDUCTIONS = 16
"""Reductions of a learning rate that are remembered; a factor of 0.5 has made it 65,536 times smaller by then."""


def first_watch() -> Watch:
    """Remember nothing yet."""
    never, none = jnp.float32(jnp.inf), jnp.int32(0)
    return Watch(none, never, none, never, none, none, jnp.float32(1), jnp.zeros(MOST_REDUCTIONS, jnp.int32))


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
    seen = Watch(best_epoch, best_loss, wait, plateau_best, plateau_wait, cooldown, reduced, reductions)
    return seen, better, stops


def _stopping(rule: Stopping, watch: Watch, epoch: Any, loss: Any) -> tuple[Any, Any, Any, Any, Any]:
    counts = epoch >= rule.start_from_epoch
    better = counts & (loss + rule.min_delta < watch.best_loss)
    wait = jnp.where(better, 0, watch.wait + counts)
    stops = counts & ~better & (wait >= rule.patience) & (epoch > 0)
    best_epoch = jnp.where(better, epoch + 1, watch.best_epoch)
    return best_epoch, jnp.where(better, loss, watch.best_loss), wait, better, stops


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
