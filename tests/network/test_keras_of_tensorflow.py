"""Network files that import Keras by way of TensorFlow, where that is not installed."""

import importlib.util
import sys

import keras
import numpy as np
import pytest

from posology.errors import InputError
from posology.network.keras_of_tensorflow import keras_of_tensorflow
from posology.network.source import open_source, parse_source

pytestmark = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is not None, reason="TensorFlow is installed")

ROWS = np.zeros((9, 4), "float32")
BODY = """
def model_build(x_train):
    model = Sequential([Dense(5, activation="relu", input_shape=(x_train.shape[1],)), Dropout(0.2), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
"""
NAMES = "\nSequential, Dense, Dropout = {0}.Sequential, {0}.layers.Dense, {0}.layers.Dropout\n"


@pytest.fixture
def opened(tmp_path):
    """Write a network file, and build its network."""

    def run(text):
        (tmp_path / "net.py").write_text(text)
        return open_source(parse_source(f"{tmp_path / 'net.py'}:model_build"))(ROWS)

    yield run
    sys.modules.pop("posology_user_net", None)
    sys.path[:] = [place for place in sys.path if place != str(tmp_path)]


def refused(opened, text):
    with pytest.raises(InputError) as caught:
        opened(text)
    return str(caught.value)


@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`")
@pytest.mark.parametrize(
    "head",
    [
        f"import tensorflow as tf{NAMES.format('tf.keras')}",
        f"import tensorflow{NAMES.format('tensorflow.keras')}",
        f"from tensorflow import keras{NAMES.format('keras')}",
        f"import tensorflow.keras as K{NAMES.format('K')}",
        "from tensorflow.keras.models import Sequential\nfrom tensorflow.keras.layers import *",
        "from tensorflow.python.keras.models import Sequential\nfrom tensorflow.python.keras.layers import *",
        f"import tensorflow.keras.layers as L{NAMES.format('L')}".replace(
            "L.Sequential", "__import__('keras').Sequential"
        ).replace("L.layers", "L"),
        f"import tensorflow as tf{NAMES.format('tf.keras')}tf.random.set_seed(42)\nprint(tf.__version__)\n",
        f"import tensorflow as tf{NAMES.format('tf.keras')}def f(x: tf.Tensor) -> tf.data.Dataset: return tf.f(x)\n",
        f"from tensorflow.python.client import device_lib\nfrom tensorflow import keras{NAMES.format('keras')}",
        f"from tensorflow import data, keras{NAMES.format('keras')}",
    ],
)
def test_keras_is_what_it_is_in_tensorflow(opened, head):
    model = opened(head + BODY)
    assert type(model) is keras.Sequential
    assert type(model.layers[0]) is keras.layers.Dense
    assert "tensorflow" not in sys.modules


@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`")
def test_it_is_there_while_the_network_is_built_too_and_in_helpers(opened, tmp_path):
    (tmp_path / "posology_test_parts.py").write_text("from tensorflow.keras.layers import Dense, Dropout\n")
    late = BODY.replace("    model =", "    from tensorflow.keras import Sequential\n    model =", 1)
    assert isinstance(opened(f"from posology_test_parts import Dense, Dropout\n{late}"), keras.Sequential)


@pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`")
def test_functions_of_tensorflow_that_keras_has_too(opened):
    text = f"import tensorflow as tf{NAMES.format('tf.keras')}{BODY}".replace('"relu"', "tf.nn.relu")
    text = text.replace('"mse"', "tf.losses.Huber()").replace('"adam"', "tf.optimizers.Adam(0.1)")
    model = opened(text)
    assert model.layers[0].activation is keras.activations.relu
    assert (type(model.loss), type(model.optimizer)) == (keras.losses.Huber, keras.optimizers.Adam)


def test_no_other_file_sees_it(tmp_path):
    with keras_of_tensorflow(tmp_path), pytest.raises(ModuleNotFoundError):
        import tensorflow  # noqa: F401
    with keras_of_tensorflow(tmp_path), pytest.raises(ModuleNotFoundError):
        exec("import tensorflow", {"__file__": str(tmp_path / "venv/lib/site-packages/x.py")})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "import tensorflow as tf; tf.config.list_physical_devices('GPU')",
            "tensorflow.config.list_physical_devices is",
        ),
        ("import tensorflow as tf; tf.reduce_mean([1.0])", "which is not installed here (line 1: import tensorflow as"),
        ("import tensorflow as tf; tf.reduce_mean([1.0])", "Write keras.ops, such as keras.ops.mean, in place of its"),
        (
            "import tensorflow as tf; type('A', (), {})\nclass B(tf.Module): pass",
            "tensorflow.Module is of TensorFlow, whi",
        ),
        ("from tensorflow.data import Dataset; Dataset.range(3)", "tensorflow.data.Dataset.range is of TensorFlow, wh"),
        (
            "from tensorflow.keras.wrappers.scikit_learn import KerasRegressor",
            "is not needed for posology: take it out",
        ),
        ("from tensorflow.python.keras.layers.core import Dense", "Write the import from the public module"),
        ("import tensorflow_addons as tfa", "are mostly in Keras 3 itself, such as keras.optimizers.AdamW."),
        (
            "import tensorflow.keras.backend as K\nK.sqrt(keras.ops.ones(3))",
            "Write keras.ops instead of keras.backend, such as keras.ops.mean: 'from keras import ops as K'",
        ),
        ("from tensorflow.keras.layers.experimental import x", "Write 'from keras import layers as preprocessing'"),
    ],
)
def test_what_is_of_tensorflow_alone_is_said(opened, line, message):
    head = "import keras\n" if "keras.ops" in line else ""
    assert message in refused(opened, f"{head}{line}\n{BODY}")
