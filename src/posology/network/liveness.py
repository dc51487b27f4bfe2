"""The proof, before a study, that every regularizer acts at every site, and does nothing at strength zero.

Regularizers that silently do nothing are a common trap (keras #8413, #9296). Nothing is read here: the network that
will be trained is run on rows, with the strength and without.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from posology.engine.member import Arrays
from posology.network.norms import normalized, with_own
from posology.network.own_penalties import strength_warnings
from posology.network.packed import PackedNetwork
from posology.network.penalized_steps import PenalizedSteps, is_still_at_zero
from posology.network.rehearsal import Rehearsal, changed
from posology.network.sites import Site
from posology.network.structure import StructureWarning
from posology.regularizers import PLAIN, REGULARIZERS, normalizations

RATE = 0.5
"""Of dropout; others are tried at the strongest that is searched."""
DRAWS = 4
"""Random masks, weights and rows on which a site may show that it lives."""
CHANGED = 1e-6
"""Relative change of a loss or of a gradient that is more than rounding."""
STEERED = 0.01
"""Share of a step that a penalty must change; one that a constraint undoes changes 1e-4 of it, in second order."""

# each program runs a few times only, so that compiling is what it costs
_QUICK = {"xla_backend_optimization_level": 0}
# fused kernels of two programs round differently: without fusing, what is equal is equal bit for bit
_UNFUSED = {**_QUICK, "xla_disable_hlo_passes": "fusion,cpu-instruction-fusion"}


Start = tuple[Sequence[np.ndarray], Sequence[np.ndarray]]


@dataclass(frozen=True)
class Liveness:
    """What a regularizer was seen to do at a site.

    Parameters
    ----------
    site : Site
    regularizer : str
    live : bool
        Whether it acts at a positive strength.
    still_at_zero : bool
        Whether strength zero gives what the network without it gives, bit for bit; of a normalization always, for where
        it is off the network is that one.
    effect : float
        Dropout at rate 0.5, and what acts on residual branches at the largest strength that is searched: relative
        change of the loss or of a weight's gradient. Normalizations: of the loss. Penalties whose gradient is twice the
        loss's: change of an optimizer step, as a share of it. Others at the largest strength that is searched: relative
        change of the weights after a few steps.
    """

    site: Site
    regularizer: str
    live: bool
    still_at_zero: bool
    effect: float

    def to_dict(self) -> dict[str, Any]:
        """Give the finding as JSON types."""
        return {
            "kind": self.site.kind,
            "layer": self.site.layer,
            "regularizer": self.regularizer,
            "live": self.live,
            "still_at_zero": self.still_at_zero,
            "effect": self.effect,
        }


def is_drawn(name: str) -> bool:
    """Tell what changes activations at random, and so the loss: dropout, and what acts on residual branches.

    Examples
    --------
    >>> is_drawn("dropout"), is_drawn("shake_drop"), is_drawn("l2")
    (True, True, False)
    """
    return name == "dropout" or REGULARIZERS[name].place.kind in ("branch", "pair")


def tried_at(name: str) -> float:
    """Give the strength at which a regularizer must act."""
    return RATE if name == "dropout" else REGULARIZERS[name].strength.high


class Proof:
    """Runs a network on rows and watches its regularizers.

    Parameters
    ----------
    model : keras.Model
        The user's, built and compiled; left untouched.
    network : PackedNetwork
        Made of it, with the regularizers and sites of the study.
    start : pair of sequences of arrays
        Initial weights and state, as `PackedNetwork.first_weights` gives them.
    x : array (row, column)
        Prepared rows; the more, the surer. Few are enough: a batch.
    y : array (row, 1)
        Their targets, standardised; or the places of their classes.
    seed : int
        Of the perturbations of the weights.
    """

    def __init__(
        self, model: Any, network: PackedNetwork, start: Start, x: np.ndarray, y: np.ndarray, seed: int = 0
    ) -> None:
        self._network = network
        self._drawn = [name for name in network.regularizers if is_drawn(name) and network.sites(name)]
        others = [name for name in network.regularizers if not is_drawn(name)]
        self._bare = PackedNetwork(model, others, network.choice, network.classes, network.targets)
        weights, state = start
        self._first = tuple(map(np.asarray, weights))
        # one seed for all layers that draw for themselves: their order can differ between the two networks
        computed = len(network.computed(state))
        self._state = tuple(a if i < computed else np.zeros_like(a) for i, a in enumerate(state))
        self._random = np.random.default_rng(seed)
        self._x, self._y = x, y
        self._graded = jax.jit(jax.value_and_grad(network.loss, has_aux=True), compiler_options=_QUICK)
        self._penalties = [name for name in network.regularizers if name in PLAIN and name != "dropout"]
        collected = getattr(model.optimizer, "gradient_accumulation_steps", None) or 1
        self._steps = PenalizedSteps(network, self._penalties, self._first, collected)
        self._model, self._key = model, seed

    def liveness(self) -> tuple[Liveness, ...]:
        """Say what each regularizer does at each of its sites, in the order of the sites."""
        starts = self._starts() if self._penalties and self._network.kernel_sites else []
        found = [finding for name in self._penalties for finding in self._of_penalty(name, starts)]
        if self._drawn:
            draws = self._draws()
            still = self._is_still_without(draws)
            found += [finding for name in self._drawn for finding in self._of_drawn(name, draws, still=still)]
        return (*found, *self._rehearsed(), *self._normalized())

    def _normalized(self) -> list[Liveness]:
        """Say whether a normalization changes the loss; where it is off, the network is the one without it."""
        network, found = self._network, []
        names = normalizations(network.regularizers)
        if not names:
            return []
        first, state = self._bare.first_weights(self._key % 2**32)
        own = self._near(first)  # nothing acts before an output layer that begins at zero
        before = self._loss_of(self._bare, own, state)
        for name in names:
            for site in network.norm_sites:
                model = normalized(self._model, name, [site])
                having = PackedNetwork(model, (), classes=network.classes, targets=network.targets)
                fresh, state = having.first_weights(self._key % 2**32)
                after = self._loss_of(having, with_own(self._model, model, own, fresh), state)
                effect = changed([before], [after])
                found.append(Liveness(site, name, effect > CHANGED, True, effect))
        return found

    def _loss_of(self, network: PackedNetwork, weights: Sequence[Any], state: Sequence[Any]) -> Any:
        """Give the loss of the rows at these weights, all strengths off."""
        return network.loss(tuple(weights), tuple(state), self._x, self._y, None, {}, np.uint32(0))[1][1]

    def _rehearsed(self) -> list[Liveness]:
        """Say what the regularizers beyond the plain question's do: a few steps are trained with each."""
        network = self._network
        others = (*PLAIN, *self._drawn)
        names = [n for n in network.regularizers if n not in others and not REGULARIZERS[n].place.inserts]
        if not names:
            return []
        bare = PackedNetwork(
            self._model,
            [name for name in network.regularizers if name in others],
            network.choice,
            network.classes,
            network.targets,
        )
        weights = self._perturbed()
        with_all, without = (Rehearsal(n, weights, self._state, self._x, self._y, self._key) for n in (network, bare))
        before = with_all.weights()
        still = all(np.array_equal(a, b, equal_nan=True) for a, b in zip(before, without.weights(), strict=True))
        found = []
        for name in names:
            for i, site in enumerate(network.sites_of(name)):
                effect = changed(before, with_all.weights(name, i, REGULARIZERS[name].strength.high))
                found.append(Liveness(site, name, effect > CHANGED, still, effect))
        return found

    def strength_warnings(self) -> tuple[StructureWarning, ...]:
        """Compare the network's own penalties with its loss on the rows."""
        loss, gradient = self._loss(self._first, self._off(), 0)
        kernels = self._network.kernels
        weights = [[self._first[i] for i in places] for places in kernels]
        gradients = [[gradient[i] for i in places] for places in kernels]
        scale = "" if self._network.classes else " on the standardised target"
        return strength_warnings(self._network.kernel_sites, weights, gradients, float(loss), scale)

    def _off(self) -> dict[str, np.ndarray]:
        return {name: np.zeros(self._network.sites(name), "float32") for name in self._drawn}

    def _loss(self, weights: Arrays, strengths: dict[str, np.ndarray], key: int) -> tuple[Any, Arrays]:
        with jax.default_matmul_precision("highest"):
            number = np.uint32(key)
            (loss, _), gradient = self._graded(weights, self._state, self._x, self._y, None, strengths, number)
        return loss, gradient

    def _draws(self) -> list[tuple[int, Arrays]]:
        """Give masks' keys with weights: the first ones, then perturbed ones, where no layer is zero by its start."""
        return [(key, self._first if key == 0 else self._perturbed()) for key in range(DRAWS)]

    def _perturbed(self, scale: float = 1.0) -> Arrays:
        return self._near(self._first, scale)

    def _near(self, weights: Sequence[Any], scale: float = 1.0) -> Arrays:
        def near(a: Any) -> Any:
            noise = self._random.normal(size=a.shape) * max(0.1, float(np.std(a)))
            return (scale * (a + noise)).astype(a.dtype)

        return tuple(near(a) for a in weights)

    def _of_drawn(self, name: str, draws: Sequence[tuple[int, Arrays]], *, still: bool) -> list[Liveness]:
        without = [(key, weights, self._loss(weights, self._off(), key)) for key, weights in draws]
        found = []
        for i, site in enumerate(self._network.sites_of(name)):
            strengths = self._off()
            strengths[name][i] = tried_at(name)
            changes = (_change(before, self._loss(weights, strengths, key)) for key, weights, before in without)
            effect = _first_above(CHANGED, changes)
            found.append(Liveness(site, name, effect > CHANGED, still, effect))
        return found

    def _is_still_without(self, draws: Sequence[tuple[int, Arrays]]) -> bool:
        """Compare, bit for bit, strengths of zero with the network that has nothing at the sites."""
        one = self._bare_losses(self._network, self._off(), draws)
        other = self._bare_losses(self._bare, {}, draws)
        return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(one, other, strict=True))

    def _bare_losses(self, network: PackedNetwork, strengths: Any, draws: Sequence[tuple[int, Arrays]]) -> list[Any]:
        loss = jax.jit(lambda *given: network.loss(*given)[0], compiler_options=_UNFUSED)
        with jax.default_matmul_precision("highest"):
            return [loss(w, self._state, self._x, self._y, None, strengths, np.uint32(key)) for key, w in draws]

    def _of_penalty(self, name: str, starts: Sequence[tuple[Arrays, Arrays]]) -> list[Liveness]:
        found = []
        for site, places in zip(self._network.kernel_sites, self._network.kernels, strict=True):
            effect = _first_above(STEERED, (self._steps.steering(name, site, places, *start) for start in starts))
            weights, gradient = starts[0]
            still = all(is_still_at_zero(name, weights[i], gradient[i]) for i in places)
            found.append(Liveness(site, name, effect > STEERED, still, effect))
        return found

    def _starts(self) -> list[tuple[Arrays, Arrays]]:
        """Give weights, brought to where their constraints want them, with the gradient of the loss."""
        found = []
        # small weights as well: a limit on their size, such as MaxNorm, is not met there
        for scale in (1.0, 0.1):
            weights = self._network.constrained(self._perturbed(scale))
            gradient = self._loss(weights, self._off(), 0)[1]
            # a loss that is not finite at weights like these says nothing of the penalties
            finite = tuple(np.asarray(g if np.isfinite(g).all() else np.zeros_like(g)) for g in gradient)
            # against the loss as well: an optimizer that takes signs, as Adam's first step does, may move few weights
            # the same way with a penalty of twice the loss, but not both with its gradient and against it
            found += [(weights, finite), (weights, tuple(-g for g in finite))]
        return found


def _first_above(least: float, effects: Iterable[float]) -> float:
    """Give the first effect above a threshold, and no more are computed; where none is, the largest."""
    largest = 0.0
    for effect in effects:
        largest = max(largest, effect)
        if largest > least:
            break
    return largest


def _change(before: tuple[Any, Arrays], after: tuple[Any, Arrays]) -> float:
    """Give the largest relative change of the loss or of a weight's gradient."""
    return changed((before[0], *before[1]), (after[0], *after[1]))
