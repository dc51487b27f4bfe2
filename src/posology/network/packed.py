"""The user's network as pure functions that the engine can train by the thousand."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import keras
import numpy as np

from posology.engine.program import Arrays
from posology.engine.randomness import derive
from posology.network.packed_dropout import PackedDropout
from posology.network.sites import Site, dropout_sites, is_dropout, kernel_sites, leaves
from posology.network.surgery import copy_layer, inserted_name, rebuild


class PackedNetwork:
    """A Keras model with its sites' strengths turned into inputs; the engine's `Trainable`.

    Parameters
    ----------
    model : keras.Model
        The user's: Sequential or Functional, built, compiled, one input and one output number a row. Left untouched.

    Attributes
    ----------
    kernel_sites, dropout_sites : tuple of Site
    kernels : tuple of int
        Positions of the kernel sites' weights among the trainable arrays.
    """

    def __init__(self, model: Any) -> None:
        self.kernel_sites: tuple[Site, ...] = kernel_sites(model)
        self.dropout_sites: tuple[Site, ...] = dropout_sites(model)
        self._origin = model
        self._model = self._pack(model)
        self._row_loss = _row_loss_of(model)
        by_path = dict(leaves(self._model))
        trainable = self._model.trainable_variables
        self.kernels = tuple(_position(trainable, by_path[s.layer].kernel) for s in self.kernel_sites)
        state = self._model.non_trainable_variables
        packed = [layer for _, layer in leaves(self._model) if isinstance(layer, PackedDropout)]
        self._rates = [_position(state, layer.rate) for layer in packed]
        self._keys = [_position(state, layer.key) for layer in packed]
        self._owned = sorted({*range(len(state))} - {*self._rates, *self._keys})
        self._computed = [k for k, i in enumerate(self._owned) if not _is_seed(state[i])]
        self._optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
        self._optimizer.build(trainable)
        self.optimizer_start: Arrays = tuple(v.value for v in self._optimizer.variables)

    def _pack(self, model: Any) -> Any:
        """Rebuild with packed dropouts, and take the sites' penalties off: the engine adds their gradients."""
        inserted = {} if any(s.present for s in self.dropout_sites) else self._inserted()
        packed = rebuild(model, _packed_layer, inserted)
        by_path = dict(leaves(packed))
        for site in self.kernel_sites:
            by_path[site.layer].kernel.regularizer = None
        return packed

    def _inserted(self) -> dict[str, Callable[[], Any]]:
        return {s.layer: partial(PackedDropout, name=inserted_name(s.layer)) for s in self.dropout_sites}

    def first_weights(self, seed: int, like: Any = None) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Draw initial weights by the network's own initializers.

        Parameters
        ----------
        seed : int
            Seeds Python's, NumPy's and Keras' generators: call this in a worker only.
        like : keras.Model, optional
            A build of the network on these training rows, from which state that was computed from data
            (`Normalization.adapt`) is taken; the model given at the start when absent.

        Returns
        -------
        weights, state : lists of arrays
        """
        keras.utils.set_random_seed(seed)
        fresh = self._pack(self._origin)
        weights = [np.asarray(v.value) for v in fresh.trainable_variables]
        state = [np.asarray(fresh.non_trainable_variables[i].value) for i in self._owned]
        given = [v for v in (like or self._origin).non_trainable_variables if not _is_seed(v)]
        for k, v in zip(self._computed, given, strict=True):
            state[k] = np.asarray(v.value)
        return weights, state

    def computed(self, state: Sequence[Any]) -> list[Any]:
        """Pick the state that a network computes, such as moving averages, and leave out its random seeds."""
        return [state[k] for k in self._computed]

    def _full_state(self, state: Sequence[Any], rates: Any, key: Any) -> list[Any]:
        full: list[Any] = [None] * (len(self._owned) + 2 * len(self._rates))
        for i, value in zip(self._owned, state, strict=True):
            full[i] = value
        for site, (rate, own_key) in enumerate(zip(self._rates, self._keys, strict=True)):
            full[rate] = rates[site]
            full[own_key] = derive(key, site)
        return full

    def loss(self, weights: Arrays, state: Arrays, x: Any, y: Any, rates: Any, key: Any) -> Any:
        """Give the training loss without the sites' penalties; see `Trainable.loss`."""
        prediction, after, extra = self._model.stateless_call(
            list(weights), self._full_state(state, rates, key), x, training=True, return_losses=True
        )
        bare = jnp.mean(self.row_losses(y, prediction.reshape(-1)))
        return bare + sum(extra, jnp.float32(0)), (tuple(after[i] for i in self._owned), bare)

    def predict(self, weights: Arrays, state: Arrays, x: Any) -> Any:
        """Predict rows with dropout off; `(row, column)` to `(row,)`."""
        zero = jnp.zeros(len(self._rates))
        prediction, _ = self._model.stateless_call(
            list(weights), self._full_state(state, zero, jnp.uint32(0)), x, training=False
        )
        return prediction.reshape(-1)

    def row_losses(self, y: Any, prediction: Any) -> Any:
        """Give the network's own loss of each row, `(row,)`."""
        return self._row_loss(y[:, None], prediction[:, None])

    def update(self, weights: Arrays, gradient: Arrays, optimizer: Arrays) -> tuple[Arrays, Arrays]:
        """Take one step of the network's own optimizer."""
        weights, optimizer = self._optimizer.stateless_apply(list(optimizer), list(gradient), list(weights))
        return tuple(weights), tuple(optimizer)


def _packed_layer(_path: str, layer: Any) -> Any:
    if not is_dropout(layer):
        return copy_layer(layer)
    packed = PackedDropout(name=layer.name, dtype=layer.dtype_policy)
    packed.noise_shape = layer.noise_shape
    return packed


def _row_loss_of(model: Any) -> Callable[[Any, Any], Any]:
    loss = model.loss[0] if isinstance(model.loss, list | tuple) else model.loss
    loss = keras.losses.get(loss)
    return loss.call if isinstance(loss, keras.losses.Loss) else loss


def _position(variables: Sequence[Any], wanted: Any) -> int:
    return next(i for i, v in enumerate(variables) if v is wanted)


def _is_seed(variable: Any) -> bool:
    return "seed_generator" in variable.path
