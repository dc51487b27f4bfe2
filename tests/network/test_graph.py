"""What reads what: models in models flattened, layers that are called twice, operations, several outputs."""

import keras
import pytest

from posology.network.graph import graph_of

from .building import Input, L, functional
from .zoo import ZOO


@pytest.fixture(autouse=True)
def _names_from_the_start():
    keras.backend.clear_session()


def reads(name):
    return {path: node.reads for path, node in graph_of(ZOO[name]()).nodes.items()}


def test_a_chain():
    assert reads("one dropout of three") == {
        "one": ("input:keras_tensor",),
        "two": ("one",),
        "dropout": ("two",),
        "three": ("dropout",),
        "dense": ("three",),
    }


def test_a_layer_that_is_called_twice_is_one_node_that_reads_itself():
    assert reads("shared layer")["twice"] == ("input:keras_tensor", "twice")


def test_branches_meet():
    assert reads("residual")["add"] == ("first", "second")


def test_models_inside_are_flattened():
    graph = reads("three deep")
    (read,) = graph["middle/inner/core"]
    assert read.startswith("input:")
    assert graph["middle/drop"] == ("middle/inner/core",)
    assert graph["dense"] == ("middle/drop",)


def test_the_outputs_of_a_model_inside_are_told_apart():
    graph = reads("nested functional")
    assert graph["block/dropout"] == ("block/inner",)
    assert graph["block/batch_normalization"] == ("block/inner",)
    assert graph["concatenate"][:2] == ("block/dropout", "block/batch_normalization")


def test_a_model_inside_that_is_called_twice_reads_both():
    assert reads("siamese")["tower/dense"] == ("input:left", "input:right")


def test_operations_are_nodes():
    assert reads("operations")["add"] == ("multiply", "log1p")


def test_inputs_by_name():
    graph = reads("dict of inputs")
    assert graph["kinds"] == ("input:kind",)
    assert graph["concatenate"][0] == "input:size"


def test_a_layer_with_states_is_known():
    graph = graph_of(ZOO["with states"]())
    assert not graph.nodes["gru"].single
    assert graph.nodes["lstm"].single
    assert graph.nodes["gru"].shape == (4, 3)


def test_what_lies_between_the_last_kernels_and_the_outputs():
    graph = graph_of(ZOO["activation after the output"]())

    def has_kernel(node):
        return hasattr(node.layer, "kernel")

    assert graph.last(has_kernel) == {"dense"}
    assert graph.ends(has_kernel) == {"dense", "activation", "rescaling"}


def test_each_output_has_its_last_kernel():
    graph = graph_of(ZOO["dict of outputs"]())
    assert graph.last(lambda node: hasattr(node.layer, "kernel")) == {"value", "aside"}


def test_call_arguments_survive():
    inputs = Input((4, 3))
    x = L.MultiHeadAttention(1, 2, name="attend")(query=inputs, value=inputs, key=2 * inputs)
    model = functional(inputs, L.Dense(1)(L.Flatten()(x)))
    assert graph_of(model).nodes["attend"].reads == ("multiply", "input:keras_tensor")


def test_a_graph_does_not_change_the_network():
    model = ZOO["nested functional"]()
    before = model.to_json()
    graph_of(model)
    assert model.to_json() == before
