"""How the layers of a network follow one another, models inside it flattened, read by public means only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import keras

from posology.network.copied_layer import copy_layer

INPUT = "input:"
"""Before the name of an input of the network, where a layer reads it directly."""


@dataclass(frozen=True)
class Node:
    """A layer or an operation, and what it reads.

    Parameters
    ----------
    path : str
        `block/dense` for the layer `dense` of the model `block` inside the network.
    layer : Any
        The user's own layer.
    reads : tuple of str
        Paths of what its calls read, and `input:NAME` for inputs of the network.
    shape : tuple of int or None
        Of the output of its first call, without rows; of the first one where it has several.
    single : bool
        Whether it has one output only.
    """

    path: str
    layer: Any
    reads: tuple[str, ...]
    shape: tuple[int | None, ...]
    single: bool = True

    @property
    def sides(self) -> tuple[int, ...]:
        """The shape, a side that is not known being 0."""
        return tuple(side or 0 for side in self.shape)


@dataclass(frozen=True)
class Graph:
    """The nodes in order of their first call, a layer that is called twice being one; and the ends.

    Parameters
    ----------
    nodes : dict
        From path to node.
    outputs : tuple of str
        Paths of what the outputs of the network are made by.
    """

    nodes: dict[str, Node]
    outputs: tuple[str, ...]

    def _read_by(self, path: str) -> list[Node]:
        return [self.nodes[p] for p in self.nodes[path].reads if p in self.nodes]

    def readers(self, path: str) -> list[Node]:
        """List what reads a layer's output."""
        return [node for node in self.nodes.values() if path in node.reads]

    def after(self, path: str, through: Callable[[Node], bool]) -> Iterator[Node]:
        """Walk down from a layer: each node that is met, going on behind those that `through` lets pass."""
        yield from self._walk(path, through, self.readers)

    def before(self, path: str, through: Callable[[Node], bool]) -> Iterator[Node]:
        """Walk up from a layer, likewise."""
        yield from self._walk(path, through, self._read_by)

    def _walk(self, path: str, through: Callable[[Node], bool], step: Callable[[str], list[Node]]) -> Iterator[Node]:
        seen, waiting = {path}, step(path)
        while waiting:
            node = waiting.pop(0)
            if node.path in seen:
                continue
            seen.add(node.path)
            yield node
            if through(node):
                waiting += step(node.path)

    def last(self, wanted: Callable[[Node], bool]) -> set[str]:
        """Give the nodes of a kind between which and an output there is no other of that kind."""
        return {path for path in self.ends(wanted) if wanted(self.nodes[path])}

    def ends(self, wanted: Callable[[Node], bool]) -> set[str]:
        """Give the last nodes of a kind, and all that is between them and an output."""
        found: set[str] = set()
        for node in (self.nodes[out] for out in self.outputs if out in self.nodes):
            found.add(node.path)
            if not wanted(node):
                found |= {n.path for n in self.before(node.path, lambda n: not wanted(n))}
        return found


@dataclass
class _Tracer:
    """Calls copies of the layers on symbolic tensors and keeps who made which tensor."""

    nodes: dict[str, Node] = field(default_factory=dict)
    made_by: dict[int, tuple[str, ...]] = field(default_factory=dict)
    alive: list[Any] = field(default_factory=list)
    """Tensors whose identity is a key above: an identity is used again once its tensor is gone."""

    def keep(self, tensor: Any, makers: tuple[str, ...]) -> None:
        self.made_by[id(tensor)] = makers
        self.alive.append(tensor)

    def makers(self, *parts: Any) -> tuple[str, ...]:
        tensors = [t for t in keras.tree.flatten(parts) if isinstance(t, keras.KerasTensor)]
        return tuple(dict.fromkeys(maker for t in tensors for maker in self.made_by.get(id(t), ())))

    def add(self, path: str, layer: Any, reads: tuple[str, ...], out: Any) -> None:
        before = self.nodes.get(path)
        if before is not None:
            self.nodes[path] = replace(before, reads=tuple(dict.fromkeys((*before.reads, *reads))))
        else:
            shape = tuple(keras.tree.flatten(out)[0].shape[1:])
            self.nodes[path] = Node(path, layer, reads, shape, isinstance(out, keras.KerasTensor))
        for tensor in keras.tree.flatten(out):
            self.keep(tensor, (path,))

    def model(self, model: Any, prefix: str, sources: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Walk a model whose inputs are made by `sources`; give the makers of its outputs."""
        inputs = [keras.Input(batch_shape=t.shape, dtype=t.dtype, name=t.name) for t in model.inputs]
        for tensor, makers in zip(inputs, sources, strict=True):
            self.keep(tensor, makers)
        if isinstance(model, keras.Sequential):
            out = inputs[0]
            for layer in model.layers:
                out = self.call(layer, _copy(layer), prefix, out)
            return [self.makers(out)]
        return self.functional(model, prefix, inputs)

    def functional(self, model: Any, prefix: str, inputs: list[Any]) -> list[tuple[str, ...]]:
        own = {operation.name: operation for operation in model.operations}
        bare = keras.Model(model.inputs, model.outputs)
        copy = keras.models.clone_model(
            bare,
            input_tensors=inputs,
            clone_function=_copy,
            call_function=lambda fresh, *args, **kwargs: self.call(own[fresh.name], fresh, prefix, *args, **kwargs),
        )
        return [self.makers(tensor) for tensor in copy.outputs]

    def call(self, layer: Any, fresh: Any, prefix: str, *args: Any, **kwargs: Any) -> Any:
        out = fresh(*args, **kwargs)
        path = f"{prefix}{layer.name}"
        if not isinstance(layer, keras.Model):
            self.add(path, layer, self.makers(args, kwargs), out)
            return out
        sources = [self.makers(t) for t in keras.tree.flatten(args) if isinstance(t, keras.KerasTensor)]
        for tensor, makers in zip(keras.tree.flatten(out), self.model(layer, f"{path}/", sources), strict=True):
            self.keep(tensor, makers)
        return out


def _copy(layer: Any) -> Any:
    if isinstance(layer, keras.Model):  # its own layers are walked through apart: here it makes an output only
        return layer
    return copy_layer(layer)


def graph_of(model: Any) -> Graph:
    """Read the graph of a Sequential or Functional model; the model is left untouched.

    Parameters
    ----------
    model : keras.Model
        Built.

    Examples
    --------
    >>> import keras
    >>> dense = keras.layers.Dense
    >>> net = keras.Sequential([keras.Input((3,)), dense(4, name="hidden"), dense(1, name="out")])
    >>> [(n.path, n.reads, n.shape) for n in graph_of(net).nodes.values()][1]
    ('out', ('hidden',), (1,))
    """
    tracer = _Tracer()
    makers = tracer.model(model, "", [(f"{INPUT}{tensor.name}",) for tensor in model.inputs])
    return Graph(tracer.nodes, tuple(dict.fromkeys(path for paths in makers for path in paths)))
