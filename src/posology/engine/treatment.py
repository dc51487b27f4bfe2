"""What the regularizers of a recipe do to one member, place by place, in the order in which a step meets them.

Rows of the batch, targets, weights in the forward pass, activations (inside the network), penalties on the gradient,
its clipping, the learning rate, weights before and after the update, what is remembered of the trajectory. Each draws
its randomness under its own name, so that it draws the same whichever others are there.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from posology.engine.member import Arrays, Member, Trainable
from posology.engine.randomness import derive, named, random_bits
from posology.engine.recipe import Recipe
from posology.regularizers import Batch, Clock, Place, Regularizer


class Treatment:
    """The regularizers of one member.

    Parameters
    ----------
    network : Trainable
    recipe : Recipe
        Has them.
    member : Member
        Has their strengths; without a member axis.
    """

    def __init__(self, network: Trainable, recipe: Recipe, member: Member) -> None:
        self._network, self._recipe, self._strengths = network, recipe, member.strengths
        self._softens = any(r.softens for r in recipe.regularizers.values())

    def gradient(
        self, weights: Arrays, state: Arrays, x: Any, y: Any, row_weight: Any, key: Any
    ) -> tuple[Arrays, tuple[Arrays, Any]]:
        """Give the gradient of a batch with all that is added to it, then the new state and the bare loss."""
        if self._softens:
            y = self._network.as_shares(y)

        def loss(weights: Arrays, x: Any, y: Any) -> Any:
            seen = self._perturbed(weights, key)
            return self._network.loss(seen, state, x, y, row_weight, self._strengths, key)

        x, y = self._rows(x, y, key, lambda x, y: jax.grad(loss, argnums=1, has_aux=True)(weights, x, y)[0])
        gradient, after = jax.grad(loss, has_aux=True)(weights, x, y)
        gradient = self._penalized(gradient, weights)
        for regularizer in self._recipe.at(Place.GRADIENT):
            gradient = regularizer.clipped(gradient, self._one(regularizer))
        return gradient, after

    def speed(self, speed: Any, epochs: Any) -> Any:
        """Give the factor of the learning rate after so many epochs."""
        for regularizer in self._recipe.at(Place.RATE):
            speed = speed * regularizer.factor(epochs, self._one(regularizer))
        return speed

    def before_update(self, weights: Arrays, rate: Any) -> Arrays:
        """Change the weights before the optimizer's step, at the learning rate that it will have."""
        return self._at_kernels(Place.WEIGHTS_BEFORE, weights, lambda r, _, w, s: r.before_update(w, s, rate))

    def after_update(self, weights: Arrays, rate: Any) -> Arrays:
        """Change the weights after the optimizer's step."""
        return self._at_kernels(Place.WEIGHTS_AFTER, weights, lambda r, _, w, s: r.after_update(w, s, rate))

    def remembered(
        self, memories: dict[str, Arrays], weights: Arrays, clock: Clock
    ) -> tuple[dict[str, Arrays], Arrays]:
        """Give what is remembered after a step, and the weights to go on with."""
        memories = dict(memories)
        for regularizer in self._recipe.at(Place.MEMORY):

            def remembered(pair: tuple[Arrays, Arrays], r: Any = regularizer) -> tuple[Arrays, Arrays]:
                new = [r.remember(m, w, self._one(r), clock) for m, w in zip(*pair, strict=True)]
                return tuple(m for m, _ in new), tuple(w for _, w in new)

            pair = self._where_on(regularizer, remembered, (memories[regularizer.name], weights))
            memories[regularizer.name], weights = pair
        return memories, weights

    def _where_on(self, regularizer: Regularizer, act: Callable[[Any], Any], value: Any) -> Any:
        """Let a regularizer act; a gated program passes it by where it is off."""
        if not self._recipe.gated or regularizer.shared:
            return act(value)
        return jax.lax.cond(jnp.any(self._strengths[regularizer.name] > 0), act, lambda same: same, value)

    def _one(self, regularizer: Regularizer) -> Any:
        """Give the strength of a regularizer that has one site."""
        return self._strengths[regularizer.name][0]

    def _rows(self, x: Any, y: Any, key: Any, slope: Callable[[Any, Any], Any]) -> tuple[Any, Any]:
        for regularizer in self._recipe.at(Place.INPUTS):

            def rows(pair: tuple[Any, Any], r: Any = regularizer) -> tuple[Any, Any]:
                return r.rows(*pair, self._one(r), self._about(r, pair[0], key, slope))

            x, y = self._where_on(regularizer, rows, (x, y))
        for regularizer in self._recipe.at(Place.TARGETS):

            def targets(y: Any, r: Any = regularizer) -> Any:
                return r.targets(y, self._one(r), self._about(r, x, key, slope))

            y = self._where_on(regularizer, targets, y)
        return x, y

    def _about(self, regularizer: Regularizer, x: Any, key: Any, slope: Callable[[Any, Any], Any]) -> Batch:
        own = named(key, regularizer.name)
        return Batch(
            lambda shape, stream=0: random_bits(derive(own, stream), shape),
            self._network.measured(jax.tree.leaves(x)[0].shape[-1]),
            slope,
        )

    def _perturbed(self, weights: Arrays, key: Any) -> Arrays:
        def perturbed(regularizer: Any, i: int, weight: Any, strength: Any) -> Any:
            bits = random_bits(derive(named(key, regularizer.name), i), weight.shape)
            return regularizer.perturbed(weight, strength, bits)

        return self._at_kernels(Place.WEIGHTS_FORWARD, weights, perturbed)

    def _penalized(self, gradient: Arrays, weights: Arrays) -> Arrays:
        """Add the penalties' gradients at the sites' kernels; exact zeros at strength zero."""

        def added(regularizer: Any, i: int, total: Any, strength: Any) -> Any:
            return total + regularizer.gradient(weights[i], strength)

        return self._at_kernels(Place.WEIGHTS_LOSS, gradient, added)

    def _at_kernels(self, place: Place, arrays: Arrays, change: Callable[[Any, int, Any, Any], Any]) -> Arrays:
        """Change the arrays at the kernels' sites, each with the strength of its site."""
        for regularizer in self._recipe.at(place):

            def changed(arrays: Arrays, r: Any = regularizer) -> Arrays:
                out = list(arrays)
                for site, places in enumerate(self._network.kernels):
                    for i in places:
                        out[i] = change(r, i, out[i], self._strengths[r.name][site])
                return tuple(out)

            arrays = self._where_on(regularizer, changed, arrays)
        return arrays


def first_memories(recipe: Recipe, weights: Arrays) -> dict[str, Arrays]:
    """Give what the regularizers of the trajectory remember before the first step: the weights."""
    return {regularizer.name: weights for regularizer in recipe.at(Place.MEMORY)}


def predicting(recipe: Recipe, member: Member, memories: dict[str, Arrays], weights: Arrays) -> Arrays:
    """Give the weights that predict: what is remembered, where a regularizer that is on says so."""
    for name in (r.name for r in recipe.at(Place.MEMORY) if r.remembers):
        on = member.strengths[name][0] > 0
        weights = tuple(jnp.where(on, m, w) for m, w in zip(memories[name], weights, strict=True))
    return weights
