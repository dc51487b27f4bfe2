"""Steps of a network's own optimizer with penalties and without, to see whether a penalty steers them."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import jax
import numpy as np

from posology.engine.member import Arrays
from posology.network.packed import PackedNetwork
from posology.network.sites import Site
from posology.regularizers import REGULARIZERS

TWICE = 2.0
"""How strong the penalty is beside the loss: where it draws the other way, some weight goes its way."""
SMALL = 1e-4
"""Length of the step that is compared, beside that of the weights: small, so that second order is."""


class PenalizedSteps:
    """Takes steps of the optimizer.

    Parameters
    ----------
    network : PackedNetwork
    penalties : sequence of str
        Those of the network's regularizers that act on kernels.
    weights : sequence of arrays
        To begin with.
    collected : int
        Gradients that the optimizer collects before it moves.
    """

    def __init__(self, network: PackedNetwork, penalties: Sequence[str], weights: Arrays, collected: int) -> None:
        self._network, self._penalties = network, penalties
        self._step = jax.jit(_penalized_step(network))
        # an optimizer that collects gradients, or warms up from a rate of zero, moves in a later step
        rate = network.learning_rate(network.start_optimizer(weights))
        self._steps = collected if float(rate) else 2 * collected

    def steering(self, name: str, site: Site, places: Sequence[int], weights: Arrays, gradient: Arrays) -> float:
        """Give the share of an optimizer step that a penalty twice as strong as the loss changes."""
        own = _length([gradient[i] for i in places]) or 1.0
        unit = _length([_gradient(name, weights[i], 1.0) for i in places])
        sites = self._network.kernel_sites
        strength = np.array([TWICE * own / unit if unit and s is site else 0 for s in sites], "float32")
        strengths = {**self._off(), name: strength}
        before = [weights[i] for i in places]

        def stepped(factor: float, given: dict[str, np.ndarray]) -> list[Any]:
            after = self._stepped(weights, gradient, factor, given)
            return [after[i] for i in places]

        moved = _distance(stepped(1.0, strengths), before)
        if not moved or not np.isfinite(moved):
            return 0.0
        factor = min(1.0, SMALL * _length(before) / moved)
        one, other = stepped(factor, strengths), stepped(factor, self._off())
        return _distance(one, other) / (max(_distance(one, before), _distance(other, before)) or 1.0)

    def _off(self) -> dict[str, np.ndarray]:
        return {name: np.zeros(len(self._network.kernel_sites), "float32") for name in self._penalties}

    def _stepped(self, weights: Arrays, gradient: Arrays, factor: float, strengths: dict[str, np.ndarray]) -> Arrays:
        """Take as many steps as it needs until an optimizer that collects gradients, or warms up, moves."""
        state = self._network.start_optimizer(weights)
        for _ in range(self._steps):
            weights, state = self._step(weights, gradient, state, np.float32(factor), strengths)
        return weights


def _penalized_step(network: PackedNetwork) -> Callable[..., tuple[Arrays, Arrays]]:
    """Give the step of the engine: the penalties' gradients are added to the loss's, then the optimizer moves."""

    def step(weights: Arrays, gradient: Arrays, state: Arrays, factor: Any, strengths: dict[str, Any]) -> Any:
        total = list(gradient)
        for name, of_sites in strengths.items():
            for site, places in enumerate(network.kernels):
                for i in places:
                    total[i] = total[i] + _gradient(name, weights[i], of_sites[site])
        return network.update(weights, tuple(total), state, factor)

    return step


def _gradient(name: str, weight: Any, strength: Any) -> Any:
    penalty: Any = REGULARIZERS[name]
    return penalty.gradient(weight, strength)


def is_still_at_zero(name: str, weight: Any, gradient: Any) -> bool:
    """Tell whether a penalty of strength zero leaves a gradient as it is, bit for bit."""
    return np.array_equal(gradient + _gradient(name, weight, np.float32(0)), gradient)


def _length(arrays: Iterable[Any]) -> float:
    return float(np.sqrt(sum(np.square(np.asarray(a, float)).sum() for a in arrays)))


def _distance(one: Sequence[Any], other: Sequence[Any]) -> float:
    return _length(np.asarray(a, float) - np.asarray(b, float) for a, b in zip(one, other, strict=True))
