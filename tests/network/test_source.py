"""Where a network comes from: every way to write a network file, and what is said where it cannot be used."""
# ruff: noqa: ARG005  builders are told apart by their arguments

import functools
import json
import sys
import warnings
from pathlib import Path

import jax
import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.network.handed import source_of
from posology.network.source import NetworkSource, build_by, open_source, parse_source
from posology.optimizers import AdaBound

ROWS = np.arange(12, dtype="float32").reshape(4, 3)
HEAD = "import keras\nfrom keras.layers import Dense, Dropout, Input\n"
BODY = """
    model = keras.Sequential([Input((3,)), Dense(4, activation="relu"), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
"""
HAS_TENSORFLOW = "tensorflow" in sys.modules


@pytest.fixture
def opened(tmp_path):
    """Write a network file, and open it."""

    def run(text, function="model_build"):
        (tmp_path / "net.py").write_text(text)
        return open_source(parse_source(f"{tmp_path / 'net.py'}:{function}"))

    yield run
    sys.modules.pop("posology_user_net", None)
    if str(tmp_path) in sys.path:
        sys.path.remove(str(tmp_path))


def refused(function, *arguments):
    with pytest.raises(InputError) as caught:
        function(*arguments)
    return str(caught.value)


@pytest.mark.parametrize(
    "signature",
    [
        "x_train",
        "",
        "x_train=None",
        "rows, units=3",
        "units=3",
        "*args",
        "x, *, units=3",
        "*, x_train",
        "*, x_train=None",
    ],
)
def test_a_builder_may_take_the_rows_or_not(opened, signature):
    assert opened(f"{HEAD}\ndef model_build({signature}):{BODY}")(ROWS).compiled


def test_the_rows_reach_the_builder(opened):
    text = f"{HEAD}\ndef model_build(x):\n    assert x.shape == (4, 3) and x.sum() == 66{BODY}"
    assert opened(text)(ROWS).compiled


def test_what_a_file_sets_for_the_whole_process_is_set_back(opened):
    head = "import jax, numpy, warnings\nwarnings.simplefilter('error')\njax.config.update('jax_enable_x64', True)\n"
    body = BODY.replace("model = ", "numpy.seterr(all='raise'); jax.config.update('jax_debug_nans', True); model = ", 1)
    before = (list(warnings.filters), np.geterr(), jax.config.jax_enable_x64, jax.config.jax_debug_nans)
    opened(f"{HEAD}{head}def model_build():{body}")(ROWS)
    assert (list(warnings.filters), np.geterr(), jax.config.jax_enable_x64, jax.config.jax_debug_nans) == before


def test_a_helper_beside_the_file_is_found(opened, tmp_path):
    (tmp_path / "posology_test_helper.py").write_text("UNITS = 5\n")
    head = f"{HEAD}from posology_test_helper import UNITS\n"
    model = opened(f"{head}def model_build():{BODY.replace('4', 'UNITS')}")(ROWS)
    assert model.layers[0].units == 5


def test_adabound_of_the_question(opened):
    text = f"{HEAD}from posology.optimizers import AdaBound\ndef model_build(x_train):{BODY}"
    model = opened(text.replace('"adam"', "AdaBound(learning_rate=1e-3)"))(ROWS)
    assert isinstance(model.optimizer, AdaBound)


@pytest.mark.parametrize("dropout", [True, False])
def test_the_questions_file_with_its_dropout_lines_on_or_off(opened, dropout):
    text = (Path(__file__).parents[2] / "examples" / "question.py").read_text()
    off = text.replace("    model.add(Dropout(", "    # model.add(Dropout(")
    assert off.count("# model.add(Dropout(") == 2
    model = opened(text if dropout else off)(ROWS)
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in model.layers) == 2 * dropout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "def model_build(:\n",
            "The network file 'net.py' does not import: SyntaxError: invalid syntax (line 1: def model_build(:).",
        ),
        ("import kears\n", "does not import: ModuleNotFoundError: No module named 'kears' (line 1: import kears)."),
        (
            "import kears\n",
            "Modules are found beside the network file, in the folders of PYTHONPATH and where posology",
        ),
        ("from .helper import x\n", "A network file is run by itself, as part of no package: leave the dot out"),
        (
            "import keras\n%matplotlib inline\n",
            "SyntaxError: invalid syntax (line 2: %matplotlib inline). That is a line",
        ),
        ("open('no.csv')\n", "Relative paths begin at the folder in which posology was started, '"),
        ("open('no.csv')\n", "or write Path(__file__).parent / 'no.csv'."),
        ("x = 1\0\n", "SyntaxError: source code string cannot contain null bytes. Save the file as text in UTF-8."),
        (
            "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute\n",
            "The network file 'net.py' does not import: Mute (line 3: raise Mute).",
        ),
        ("x = 1 / 0\n", "does not import: ZeroDivisionError: division by zero (line 1: x = 1 / 0)."),
        ("import sys\nsys.exit(1)\n", "ends the program when imported (sys.exit). Put its running part under"),
        ("def model_built(x):\n    pass\n", "has no function 'model_build'. Did you mean 'model_built'?"),
        ("def network(x):\n    pass\n", "has no function 'model_build'. Its functions: network."),
        ("".join(f"def net{i}(): pass\n" for i in range(40)), "Its functions: net0, net1, net2,"),
        ("".join(f"def net{i}(): pass\n" for i in range(40)), "net11 and 28 more."),
        (
            "class A:\n    def model_build(self): pass\n",
            "It is a method of the class A: write def model_build(x_train): r",
        ),
        ("model_build = 3\n", "has no function 'model_build'. Its functions: none."),
        (
            f"{HEAD}model_build = keras.Sequential([Dense(1)])\n",
            "'model_build' of 'net.py' is not a function but a Sequential. Put what builds it into a function",
        ),
    ],
)
def test_a_file_that_cannot_be_used(opened, text, message):
    assert message in refused(opened, text)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("return keras.optimizers.Adam(lr=0.01)", "{'lr': 0.01} (line 4: return keras.optimizers.Adam(lr=0.01))."),
        ("return keras.optimizers.Adam(lr=0.01)", "Write learning_rate= instead of lr=."),
        ("return Dense(output_dim=3)", "Write units= instead of output_dim=."),
        ("return Dense(3, init='uniform')", "Write kernel_initializer= instead of init=."),
        ("return Dense(3, W_regularizer='l2')", "Write kernel_regularizer= instead of W_regularizer=."),
        ("return Dense(3, b_regularizer='l2')", "Write bias_regularizer= instead of b_regularizer=."),
        ("return Dropout(p=0.5)", "Write rate= instead of p=."),
        ("import keras.backend as K; K.mean([1.0])", "Write keras.ops instead of keras.backend"),
        ("from keras.layers.core import Dense", "Write the import from the public module, such as 'from keras.layers"),
        ("from keras.layers.normalization import BatchNormalization", "Write the import from the public module"),
        ("from keras.utils import np_utils", "Write 'from keras.utils import to_categorical'."),
        ("from keras.utils.np_utils import to_categorical", "Write 'from keras.utils import to_categorical'."),
        ("from keras.wrappers.scikit_learn import KerasRegressor", "not needed for posology: take it out"),
        ("from keras.optimizers import adam_v2", "Write the optimizer's own name"),
        ("from keras.engine.topology import Layer", "Write the import from keras.layers or keras.models."),
        ("from keras_adabound import AdaBound", "Write 'from posology.optimizers import AdaBound'."),
        ("import keras_tuner", "write numbers in place of hp.Int(...) and its like; or install keras-tuner."),
        ("from keras.api.layers import Dense", "Leave out .api: 'from keras.layers import Dense'."),
        (
            "import tensorflow as tf; tf.constant(1)",
            "Write keras.ops, such as keras.ops.mean, in place of its functions",
        ),
        ("import tf_keras", "posology studies networks of Keras 3: write the network with 'import keras'."),
        ("import numpy; return Dense(numpy.int64(3))", "The number is of NumPy's own type: write int(...) around it."),
        (
            "import numpy; keras.optimizers.Adam(numpy.float32(0.1))",
            "NumPy's own type, or text: write float(...) around",
        ),
        ("import jax.numpy; jax.numpy.tanh(Input((3,)))", "posology runs networks on JAX: write keras.ops, such as"),
        ("return keras.optimizers.legacy.Adam()", "Write the optimizer without legacy, such as keras.optimizers.Adam."),
        (
            "return Dense(x_train.Int('units', 8, 64))",
            "posology gives no hp of KerasTuner: name the argument hp to see",
        ),
        ("x_train.setflags(write=False); x_train -= 1", "Leave x_train as it is: work on x_train.copy()."),
        ("x_train.columns", "x_train is a NumPy array of the prepared columns: their number is x_train.shape[1]."),
        ("return keras.regularizers.l1(-0.1)", "expected a non-negative float"),
        ("return Dropout(-0.1)", "Expected a float value between 0 and 1. Received: rate=-0.1"),
        (
            "Twice = type('Twice', (keras.Layer,), {'call': lambda self, x: x.twice()}); Twice()(Input((3,)))",
            "Exception encountered when calling Twice.call(). Could not automatically infer the output shape",
        ),
        ("import numpy; numpy.square(Input((3,)))", "posology runs networks on JAX: write keras.ops, such as"),
        ("raise ValueError", "model_build of 'net.py' fails: ValueError (line 4: raise ValueError)."),
        ("import sys; sys.exit(2)", "model_build of 'net.py' fails: SystemExit: 2 (line 4:"),
        ("input('go on? ')", "model_build of 'net.py' fails: "),
    ],
)
def test_a_builder_that_fails(opened, lines, message):
    if "ensorflow" in message and HAS_TENSORFLOW:
        pytest.skip("TensorFlow is installed")
    assert message in refused(opened(f"{HEAD}\ndef model_build(x_train):\n    {lines}\n".replace("\n\n", "\n")), ROWS)


def test_keras_2_imports_at_the_head_of_a_file(opened):
    text = "from keras.layers.core import Dense\ndef model_build(x):\n    pass\n"
    assert "does not import: ModuleNotFoundError" in refused(opened, text)
    assert "Write the import from the public module" in refused(opened, text)


@pytest.mark.parametrize(("signature", "wanted"), [("x, y", "x, y"), ("x, *, units", "x, units")])
def test_a_builder_that_wants_more(opened, signature, wanted):
    text = refused(opened(f"def model_build({signature}):\n    pass\n"), ROWS)
    assert f"model_build of 'net.py' needs ({wanted})." in text
    assert "give the other arguments defaults (units=...)" in text or "posology trains the network itself" in text


def test_an_argument_by_another_name_is_said_to_be_the_rows(opened):
    text = refused(opened("def model_build(table):\n    return range(table)\n"), ROWS)
    assert "Its argument 'table' is given the prepared training rows, a NumPy array: the number of columns is" in text
    assert "If it is something else, give it a default: table=..." in text
    text = refused(opened("def model_build(x_train):\n    return range(x_train)\n"), ROWS)
    assert "Its argument" not in text


def test_a_decorator_that_hides_the_arguments_is_named(opened):
    head = "def timed(f):\n    def run(*args):\n        return f(*args)\n    return run\n@timed\n"
    text = refused(opened(f"{head}def model_build(x_train):\n    pass\n"), ROWS)
    assert "It was called with nothing, because its arguments are hidden behind *args." in text
    assert "write @functools.wraps(function)" in text


def test_a_mistake_in_a_helper_is_told_with_its_file(opened, tmp_path):
    (tmp_path / "posology_test_broken.py").write_text("def (\n")
    text = refused(opened, "import posology_test_broken\n")
    assert "SyntaxError: invalid syntax (line 1 of 'posology_test_broken.py': def ()." in text


def test_a_partial_that_fails_is_told(opened):
    head = "import functools\ndef make(x, units):\n    raise ValueError('no')\n"
    text = refused(opened(f"{head}model_build = functools.partial(make, units=3)"), ROWS)
    assert "model_build of 'net.py' fails: ValueError: no (line 3: raise ValueError('no'))." in text


def test_a_network_file_that_is_gone_cannot_be_fingerprinted(tmp_path):
    source = NetworkSource("file", str(tmp_path / "net.py"), "model_build")
    assert "net.py' cannot be read: No such file or directory. Put it back." in refused(source.fingerprint)


def test_fingerprints_tell_networks_apart(tmp_path):
    (tmp_path / "net.py").write_text("a = 1")
    source = parse_source(f"{tmp_path / 'net.py'}:a")
    first = source.fingerprint()
    (tmp_path / "net.py").write_text("a = 2")
    assert len({first, source.fingerprint(), NetworkSource().fingerprint()}) == 3


# handed over in Python


def compiled(*layers):
    model = keras.Sequential([keras.Input((3,)), *layers, keras.layers.Dense(1)])
    model.compile(loss="mse", optimizer=keras.optimizers.Adam(0.003))
    return model


def rows():
    return ROWS


def test_a_model_is_handed_over_by_its_configuration():
    source = source_of(compiled(keras.layers.Dense(7, activation="relu")), rows)
    again = open_source(NetworkSource(**json.loads(json.dumps(source.to_dict()))))(ROWS)
    assert again.compiled
    assert again.layers[0].units == 7
    assert float(again.optimizer.learning_rate) == pytest.approx(0.003)
    assert str(source) == "your Keras model"


def test_a_trained_model_is_known_as_one():
    model = compiled(keras.layers.Dense(2))
    assert not source_of(model, rows).trained
    model.fit(ROWS, ROWS[:, :1], verbose=0)
    assert source_of(model, rows).trained


def test_frozen_weights_are_not_lost_in_silence():
    frozen = keras.layers.Dense(2, name="kept")
    frozen.trainable = False
    block = keras.Sequential([keras.Input((3,)), frozen])
    assert "Layer 'kept' is frozen, and a model's configuration" in refused(source_of, compiled(block), rows)
    frozen.trainable = True
    assert source_of(compiled(block), rows).kind == "config"


def test_functions_are_called_here():
    assert source_of(lambda x_train: compiled(keras.layers.Dense(x_train.shape[1])), rows).kind == "config"
    assert source_of(lambda: compiled(), rows).kind == "config"
    assert source_of(functools.partial(compiled), rows).kind == "config"


def test_rows_are_prepared_only_for_a_function_that_takes_them():
    def never():
        raise AssertionError

    assert source_of(compiled(), never).kind == "config"
    assert source_of(lambda: compiled(), never).kind == "config"
    assert source_of(None, never) == source_of("strong", never) == NetworkSource()


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (3, "network is of type int. Pass a compiled Keras model, a function that returns one, 'FILE.py:FUNCTION'"),
        (lambda: None, "network is of type NoneType. Pass a compiled Keras model"),
        (lambda x, y: None, "needs (x, y)."),
        (lambda x: 1 / 0, "your function <lambda> fails: ZeroDivisionError: division by zero"),
        (lambda x: keras.optimizers.Adam(lr=0.1), "Write learning_rate= instead of lr=."),
        ("net.py", "which names no function"),
        (
            "a/m.keras",
            "a saved model. Write a function into a Python file that loads it, such as def model_build(): return",
        ),
        (
            lambda x: compiled(keras.layers.Rescaling(float(x[-1, 0]))),
            "Your function builds another network from other training rows: other settings of layer",
        ),
        (keras.Sequential, "network is the class Sequential itself. Pass a model that is made of it and compiled, or"),
    ],
)
def test_what_cannot_be_handed_over(network, message):
    assert message in refused(source_of, network, rows)


def adapted():
    layer = keras.layers.Normalization()
    layer.adapt(ROWS)
    return layer


def test_an_adapted_layer_works_from_a_file_and_is_refused_from_python(opened):
    lines = "    norm = keras.layers.Normalization()\n    norm.adapt(x_train)"
    text = f"{HEAD}\ndef model_build(x_train):\n{lines}{BODY.replace('Dense(4', 'norm, Dense(4')}"
    model = opened(text)(ROWS)
    np.testing.assert_allclose(np.asarray(model.layers[0].mean).ravel(), ROWS.mean(axis=0))
    for network in (lambda x_train: compiled(adapted()), compiled(keras.Sequential([keras.Input((3,)), adapted()]))):
        got = refused(source_of, network, rows)
        assert "(Normalization) is adapted to rows of the table, held-out rows included. Put the function" in got
        assert "then called with the rows of each training fold. Or use BatchNormalization." in got


def test_a_normalization_of_given_numbers_is_no_adaptation():
    fixed = keras.layers.Normalization(mean=[0.0, 1.0, 2.0], variance=[1.0, 1.0, 1.0])
    assert source_of(compiled(fixed), rows).kind == "config"


def test_a_layer_of_ones_own_cannot_travel():
    class Own(keras.layers.Layer):
        def call(self, x):
            return x

    source = source_of(compiled(Own()), rows)
    text = refused(open_source, source)
    assert "The model cannot be rebuilt from its own configuration" in text
    assert "put the function that builds the model in a file and pass 'net.py:model_build' instead" in text


def test_build_by_names_the_builder():
    assert "your builder fails: KeyError: 'a'" in refused(build_by, lambda: {}["a"], "your builder", rows)
