"""The user's network as pure functions that the engine can train by the thousand."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax.numpy as jnp
import keras
import numpy as np

from posology.engine.member import Arrays
from posology.engine.randomness import derive, named
from posology.network.alike import check_alike
from posology.network.choice import ALL, Choice
from posology.network.copied_layer import copy_layer
from posology.network.inputs import columns_measured, split_columns
from posology.network.packed_dropout import PackedDropout
from posology.network.packed_normalization import PackedNormalization, is_adapted
from posology.network.packed_optimizer import PackedOptimizer
from posology.network.packed_outputs import PackedOutputs
from posology.network.places import places_of
from posology.network.sites import Site, leaves, noise_shape_of, weights_at
from posology.network.surgery import Inserted, in_order, inserted_name, inserted_path, is_seed, rebuild
from posology.regularizers import PLACES, PLAIN, REGULARIZERS


class PackedNetwork:
    """A Keras model with its sites' strengths turned into inputs; the engine's `Trainable`.

    Parameters
    ----------
    model : keras.Model
        The user's: Sequential or Functional, built and compiled; left untouched. Where it has several inputs, `x` holds
        their columns side by side; where it has several outputs, each is trained on the target and one is scored.
    regularizers : collection of str
        Those that will be given strengths; without one of activations, the network's Dropout layers pass them through.
    choice : Choice
        Which sites are studied.
    classes : int
        Of the target; 0 where it is a number.
    targets : int
        That it predicts; with classes they are labels.
    places : sequence of Site, optional
        The sites, in the order in which they are numbered; those of `choice`, in the network's order, when absent.

    Attributes
    ----------
    regularizers : tuple of str
    choice : Choice
    classes, targets : int
    head : Head
        What the scored output is to the target.
    places : tuple of Site
        All sites.
    kernel_sites, dropout_sites, branch_sites, pair_sites, norm_sites : tuple of Site
        A normalization is not put in here: `network.norms` gives the network that has it.
    kernels : tuple of tuple of int
        For every kernel site, the positions of its weights among the trainable arrays.
    """

    dropout_layer: type[PackedDropout] = PackedDropout
    """What stands at the dropout sites."""

    def __init__(
        self,
        model: Any,
        regularizers: Collection[str] = PLAIN,
        choice: Choice = ALL,
        classes: int = 0,
        targets: int = 1,
        places: Sequence[Site] | None = None,
    ) -> None:
        self.regularizers, self.choice, self.classes, self.targets = tuple(regularizers), choice, classes, targets
        self._acting = {kind: self._of_kind(kind) for kind in ("dropout", "branch", "pair")}
        self.places = places_of(model, choice) if places is None else tuple(places)
        self.kernel_sites = self._sites("kernel")
        self.dropout_sites = self._sites("dropout")
        self.branch_sites = self._sites("branch")
        self.pair_sites = self._sites("pair")
        self.norm_sites = self._sites("norm")
        layers = dict(leaves(model))
        self._noise_shapes = {s.layer: noise_shape_of(layers[s.layer]) for s in self.dropout_sites if s.present}
        self._after = self._inserted()  # once: while weights are drawn, nothing else may draw
        self._origin = model
        self._model = self._pack(model)
        self._outputs = PackedOutputs(model, classes, targets)
        self.head = self._outputs.head
        self._trainable, self._others = in_order(model, self._model)
        by_path = dict(leaves(self._model))
        weights = [weights_at(by_path[s.layer], s.argument) for s in self.kernel_sites]
        self.kernels = tuple(tuple(_position(self._trainable, v) for v in group) for group in weights)
        self._points = self._packed_layers()
        packed = [by_path[point.path] for point in self._points]
        self._strengths = [strength for layer in packed for strength in layer.strengths]
        self._keys = [layer.key for layer in packed]
        state = self._model.non_trainable_variables
        self._seeds = [v for v in state if not any(v is w for w in [*self._others, *self._strengths, *self._keys])]
        given = [*self._others, *self._seeds, *self._strengths, *self._keys]
        # Keras takes the packed model's own orders, which a Dropout put in can change
        self._to_weights = [_position(self._trainable, v) for v in self._model.trainable_variables]
        self._to_state = [_position(given, v) for v in state]
        self._from_state = [_position(state, v) for v in [*self._others, *self._seeds]]
        self._optimizer = PackedOptimizer(model.optimizer, model.trainable_variables, self._trainable)

    def _pack(self, model: Any) -> Any:
        """Rebuild with packed dropouts, and take the sites' penalties off: the engine adds their gradients."""
        packed = rebuild(model, self._packed_layer, self._after)
        by_path = dict(leaves(packed))
        for site in self.kernel_sites:
            for variable in weights_at(by_path[site.layer], site.argument):
                variable.regularizer = None
        return packed

    def _sites(self, kind: str) -> tuple[Site, ...]:
        return tuple(site for site in self.places if site.kind == kind)

    def _of_kind(self, kind: str) -> tuple[str, ...]:
        return tuple(name for name in self.regularizers if REGULARIZERS[name].place.kind == kind)

    def _packed_layers(self) -> list["_Point"]:
        """List the packed layers that stand at the dropout sites and at the ends of branches."""
        places = {"dropout": self.dropout_sites, "branch": self.branch_sites, "pair": self.pair_sites}
        return [
            _Point(path if site.present else inserted_path(path, kind), kind, i, names)
            for kind, names in self._acting.items()
            if names
            for i, site in enumerate(places[kind])
            for path in _ends(site)
        ]

    def _inserted(self) -> Inserted:
        out: dict[str, list[Callable[[], Any]]] = {}
        # what leaves out a branch stands behind a Dropout that is inserted there too
        for site in (*self.dropout_sites, *self.branch_sites, *self.pair_sites):
            if self._acting[site.kind] and not site.present:
                for path in _ends(site):
                    name, turned = inserted_name(path, site.kind), path != site.layer
                    out.setdefault(path, []).append(partial(self._stand_in, site.kind, turned=turned, name=name))
        return out

    def _stand_in(self, kind: str, *, turned: bool = False, **settings: Any) -> PackedDropout:
        layer = (self.dropout_layer if kind == "dropout" else PackedDropout)(**settings)
        layer.acting, layer.turned = self._acting[kind], turned
        return layer

    def _packed_layer(self, path: str, layer: Any) -> Any:
        if is_adapted(layer):
            return PackedNormalization.from_config(layer.get_config())
        if path not in self._noise_shapes:
            return copy_layer(layer)
        if not self._acting["dropout"]:
            return keras.layers.Identity(name=layer.name)
        packed = self._stand_in("dropout", name=layer.name, dtype=layer.dtype_policy)
        packed.noise_shape = self._noise_shapes[path]
        return packed

    def sites_of(self, name: str) -> tuple[Site, ...]:
        """List the sites of a regularizer: those of inputs, targets and the training as a whole are one each."""
        kind = REGULARIZERS[name].place.kind
        alone = (Site(kind, "", (), {}),)
        return self._sites(kind) if kind in PLACES else alone

    def sites(self, name: str) -> int:
        """Count the sites of a regularizer."""
        return len(self.sites_of(name))

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

        Raises
        ------
        InputError
            That build is another network than the model given at the start.
        """
        if like is not None:
            check_alike(self._origin, like)
        keras.utils.set_random_seed(seed)
        fresh = self._pack(self._origin)
        weights, _ = in_order(self._origin, fresh)
        computed = [v for v in (like or self._origin).non_trainable_variables if not is_seed(v)]
        seeds = [v for v in fresh.non_trainable_variables if is_seed(v)]
        return [np.asarray(v.value) for v in weights], [np.asarray(v.value) for v in [*computed, *seeds]]

    def computed(self, state: Sequence[Any]) -> list[Any]:
        """Pick the state that a network computes, such as moving averages, and leave out its random seeds."""
        return list(state[: len(self._others)])

    def _call(self, weights: Arrays, state: Arrays, strengths: Mapping[str, Any], key: Any, x: Any, **how: Any) -> Any:
        """Run the packed model; strengths of activations that are absent are 0."""
        doses = [strengths[n][p.site] if n in strengths else 0.0 for p in self._points for n in p.acting]
        keys = [derive(key if p.kind == "dropout" else named(key, p.kind), p.site) for p in self._points]
        given = [*state, *(jnp.asarray(dose, jnp.float32) for dose in doses), *keys]
        own_weights, own_state = [weights[i] for i in self._to_weights], [given[i] for i in self._to_state]
        return self._model.stateless_call(own_weights, own_state, split_columns(self._model, x), **how)

    def start_optimizer(self, weights: Arrays) -> Arrays:
        """Give the state of the network's optimizer before its first step from these weights."""
        return self._optimizer.start(weights)

    def loss(
        self, weights: Arrays, state: Arrays, x: Any, y: Any, row_weight: Any, strengths: Mapping[str, Any], key: Any
    ) -> Any:
        """Give the training loss without the sites' penalties; see `Trainable.loss`.

        `y` may have a share of each class in place of a class (`as_shares`).
        """
        outputs, after, extra = self._call(weights, state, strengths, key, x, training=True, return_losses=True)
        bare = self._outputs.loss(y, outputs, row_weight)
        return bare + sum(extra, jnp.float32(0)), (tuple(after[i] for i in self._from_state), bare)

    def predict(self, weights: Arrays, state: Arrays, x: Any) -> Any:
        """Predict rows with dropout off; outputs side by side, the scored one first, `(row, column)`."""
        return self._predicted(weights, state, {}, jnp.uint32(0), x)

    def _predicted(self, weights: Arrays, state: Arrays, strengths: Mapping[str, Any], key: Any, x: Any) -> Any:
        return self._outputs.side_by_side(self._call(weights, state, strengths, key, x, training=False)[0])

    def measured(self, columns: int) -> np.ndarray:
        """Tell measurements from numbers of categories: bool `(column,)`."""
        return columns_measured(self._origin, columns)

    def as_shares(self, y: Any) -> Any:
        """Give targets `(row, 1)` as shares of the classes, `(row, class)`; numbers as they are."""
        return self.head.shares(y)

    def row_losses(self, y: Any, prediction: Any) -> Any:
        """Give the network's own loss of each row, `(row,)`, from what `predict` gives."""
        return self._outputs.row_losses(y, prediction)

    def row_errors(self, y: Any, prediction: Any) -> Any:
        """Give the squared error of each row, `(row,)`, or its log loss; see `PackedOutputs`."""
        return self._outputs.row_errors(y, prediction)

    def answers(self, prediction: Any) -> np.ndarray:
        """Give what is scored of `predict`: numbers, or probabilities; see `PackedOutputs`."""
        return self._outputs.answers(prediction)

    @property
    def constant_rate(self) -> float | None:
        """The optimizer's learning rate; None where it is a schedule."""
        return self._optimizer.constant_rate

    def update(self, weights: Arrays, gradient: Arrays, optimizer: Arrays, factor: Any) -> tuple[Arrays, Arrays]:
        """Take one step of the network's own optimizer, at `factor` times its learning rate."""
        return self._optimizer.step(weights, gradient, optimizer, factor)

    def learning_rate(self, optimizer: Arrays) -> Any:
        """Give the learning rate that the network's optimizer has at this state."""
        return self._optimizer.learning_rate(optimizer)

    def constrained(self, weights: Arrays) -> Arrays:
        """Bring weights to where their constraints want them, as every step of the optimizer ends."""
        rules = [v.constraint for v in self._trainable]
        return tuple(w if rule is None else rule(w) for rule, w in zip(rules, weights, strict=True))

    def finalize(self, weights: Arrays, optimizer: Arrays) -> Arrays:
        """Give the moving averages of the weights where the optimizer keeps them (`use_ema`), else the weights."""
        return self._optimizer.finalize(weights, optimizer)


class _Point(NamedTuple):
    """A packed layer: where it stands, which of the sites of its kind that is, and what acts there."""

    path: str
    kind: str
    site: int
    acting: tuple[str, ...]


def _ends(site: Site) -> tuple[str, ...]:
    """Give the layers behind which something stands: one, or those at the ends of a pair of branches."""
    return (site.layer, site.argument) if site.kind == "pair" else (site.layer,)


def _position(variables: Sequence[Any], wanted: Any) -> int:
    return next(i for i, v in enumerate(variables) if v is wanted)
