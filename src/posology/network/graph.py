"""How the layers of a network follow one another, models inside it flattened, read by public means only."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras

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
        Of the output of its first call, without rows.
    """

    path: str
    layer: Any
    reads: tuple[str, ...]
    shape: tuple[int | None, ...]


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

    def readers(self, path: str) -> list[Node]:
        """List what reads a layer's output."""
        return [node for node in self.nodes.values() if path in node.reads]

    def after(self, path: str, through: Callable[[Node], bool]) -> Iterator[Node]:
        """Walk down from a layer: each node that is met, going on behind those that `through` lets pass."""
        yield from self._walk(path, through, lambda node: self.readers(node))

    def before(self, path: str, through: Callable[[Node], bool]) -> Iterator[Node]:
        """Walk up from a layer, likewise."""
        yield from self._walk(path, through, lambda node: [self.nodes[p] for p in self.nodes[node].reads if p in self.nodes])

    def _walk(self, path: str, through: Callable[[Node], bool], step: Callable[[str], list[Node]]) -> Iterator[Node]:
        seen, todo = {path}, step(path)
        while todo:
            node = todo.pop(0)
            if node.path in seen:
                continue
            seen.add(node.path)
            yield node
            if through(node):
                todo += step(node.path)

    def last(self, wanted: Callable[[Node], bool]) -> set[str]:
        """Give the nodes of a kind between which and an output there is no other of that kind."""
        found: set[str] = set()
        for out in self.outputs:
            node = self.nodes.get(out)
            if node is None:
                continue
            if wanted(node):
                found.add(out)
            else:
                found |= {n.path for n in self.before(out, lambda n: not wanted(n)) if wanted(n)}
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
            self.nodes[path] = Node(path, layer, tuple(dict.fromkeys((*before.reads, *reads))), before.shape)
        else:
            shape = tuple(keras.tree.flatten(out)[0].shape[1:])
            self.nodes[path] = Node(path, layer, reads, shape)
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
    return layer.__class__.from_config(layer.get_config())


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
