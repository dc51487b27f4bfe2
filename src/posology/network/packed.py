"""The user's network as pure functions that the engine can train by the thousand."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any

import jax.numpy as jnp
import keras
import numpy as np

from posology.engine.member import Arrays
from posology.engine.randomness import derive
from posology.network.packed_dropout import PackedDropout
from posology.network.packed_optimizer import PackedOptimizer
from posology.network.sites import Site, dropout_sites, is_dropout, kernel_sites, leaves
from posology.network.surgery import copy_layer, inserted_name, rebuild
from posology.regularizers import REGULARIZERS


class PackedNetwork:
    """A Keras model with its sites' strengths turned into inputs; the engine's `Trainable`.

    Parameters
    ----------
    model : keras.Model
        The user's: Sequential or Functional, built, compiled, one input and one output number a row. Left untouched.
    regularizers : collection of str
        Those that will be given strengths; without `dropout`, its places pass activations through.

    Attributes
    ----------
    kernel_sites, dropout_sites : tuple of Site
    kernels : tuple of int
        Positions of the kernel sites' weights among the trainable arrays.
    """

    def __init__(self, model: Any, regularizers: Collection[str] = tuple(REGULARIZERS)) -> None:
        self._drops = "dropout" in regularizers
        self.kernel_sites: tuple[Site, ...] = kernel_sites(model)
        self.dropout_sites: tuple[Site, ...] = dropout_sites(model)
        self._origin = model
        self._model = self._pack(model)
        self._loss = _loss_of(model)
        self._row_loss = self._loss.call
        by_path = dict(leaves(self._model))
        trainable = self._model.trainable_variables
        self.kernels = tuple(_position(trainable, by_path[s.layer].kernel) for s in self.kernel_sites)
        state = self._model.non_trainable_variables
        packed = [layer for _, layer in leaves(self._model) if isinstance(layer, PackedDropout)]
        self._rates = [_position(state, layer.rate) for layer in packed]
        self._keys = [_position(state, layer.key) for layer in packed]
        self._owned = sorted({*range(len(state))} - {*self._rates, *self._keys})
        self._computed = [k for k, i in enumerate(self._owned) if not _is_seed(state[i])]
        self._optimizer = PackedOptimizer(model.optimizer, model.trainable_variables, trainable)
        self.optimizer_start: Arrays = self._optimizer.start

    def _pack(self, model: Any) -> Any:
        """Rebuild with packed dropouts, and take the sites' penalties off: the engine adds their gradients."""
        inserted = {} if any(s.present for s in self.dropout_sites) else self._inserted()
        packed = rebuild(model, self._packed_layer, inserted)
        by_path = dict(leaves(packed))
        for site in self.kernel_sites:
            by_path[site.layer].kernel.regularizer = None
        return packed

    def _inserted(self) -> dict[str, Callable[[], Any]]:
        if not self._drops:
            return {}
        return {s.layer: partial(PackedDropout, name=inserted_name(s.layer)) for s in self.dropout_sites}

    def _packed_layer(self, _path: str, layer: Any) -> Any:
        if not is_dropout(layer):
            return copy_layer(layer)
        if not self._drops:
            return keras.layers.Identity(name=layer.name)
        packed = PackedDropout(name=layer.name, dtype=layer.dtype_policy)
        packed.noise_shape = layer.noise_shape
        return packed

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

    def loss(
        self, weights: Arrays, state: Arrays, x: Any, y: Any, row_weight: Any, strengths: Mapping[str, Any], key: Any
    ) -> Any:
        """Give the training loss without the sites' penalties; see `Trainable.loss`."""
        rates = strengths.get("dropout", ())
        prediction, after, extra = self._model.stateless_call(
            list(weights), self._full_state(state, rates, key), x, training=True, return_losses=True
        )
        bare = self._loss(y, prediction, sample_weight=row_weight)
        return bare + sum(extra, jnp.float32(0)), (tuple(after[i] for i in self._owned), bare)

    def predict(self, weights: Arrays, state: Arrays, x: Any) -> Any:
        """Predict rows with dropout off; `(row, ...)`, as the network gives them."""
        zero = jnp.zeros(len(self._rates))
        full = self._full_state(state, zero, jnp.uint32(0))
        return self._model.stateless_call(list(weights), full, x, training=False)[0]

    def row_losses(self, y: Any, prediction: Any) -> Any:
        """Give the network's own loss of each row, `(row,)`."""
        return self._row_loss(y, prediction)

    def row_errors(self, y: Any, prediction: Any) -> Any:
        """Give the squared error of each row, `(row,)`, whatever the network's own loss."""
        return jnp.mean((y - prediction) ** 2, axis=-1)

    def update(self, weights: Arrays, gradient: Arrays, optimizer: Arrays, factor: Any) -> tuple[Arrays, Arrays]:
        """Take one step of the network's own optimizer, at `factor` times its learning rate."""
        return self._optimizer.step(weights, gradient, optimizer, factor)

    def learning_rate(self, optimizer: Arrays) -> Any:
        """Give the learning rate that the network's optimizer has at this state."""
        return self._optimizer.learning_rate(optimizer)

    def finalize(self, weights: Arrays, optimizer: Arrays) -> Arrays:
        """Give the moving averages of the weights where the optimizer keeps them (`use_ema`), else the weights."""
        return self._optimizer.finalize(weights, optimizer)


def _loss_of(model: Any) -> Any:
    """Give the network's loss as a `keras.losses.Loss`, whose call reduces rows as Keras' `fit` does."""
    loss = model.loss[0] if isinstance(model.loss, list | tuple) else model.loss
    loss = keras.losses.get(loss)
    return loss if isinstance(loss, keras.losses.Loss) else _OfFunction(loss)


class _OfFunction(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """A loss given as a function of (y, prediction): the mean over rows, as Keras takes it."""

    def __init__(self, function: Callable[[Any, Any], Any]) -> None:
        super().__init__(name=getattr(function, "__name__", "loss"))
        self.call = function


def _position(variables: Sequence[Any], wanted: Any) -> int:
    return next(i for i, v in enumerate(variables) if v is wanted)


def _is_seed(variable: Any) -> bool:
    return "seed_generator" in variable.path
