"""Keras-2 spellings that stop a network file, and what to write today."""

import re
import traceback
from pathlib import Path

from posology.network.raised import text_of

# (pattern in the error's text, what to write)
_SPELLINGS: tuple[tuple[str, str], ...] = (
    (r"not recognized: .*'lr'", "Write learning_rate= instead of lr=."),
    (
        r"not recognized: .*'decay'",
        "Write learning_rate=schedules.InverseTimeDecay(...) of keras.optimizers instead of decay=.",
    ),
    (r"unexpected keyword argument 'lr'", "Write learning_rate= instead of lr=."),
    (
        r"No module named 'tensorflow_addons",
        "Its AdamW, losses and layers are mostly in Keras 3 itself, such as keras.optimizers.AdamW.",
    ),
    (
        r"No module named 'keras[._]?tuner",
        "Take the line out, and write numbers in place of hp.Int(...) and its like; or install keras-tuner.",
    ),
    (
        r"No module named 'tensorflow\.(python\.)?keras\.wrappers|No module named 'keras\.wrappers",
        (
            "Keras 3 has no keras.wrappers.scikit_learn; this import is not needed for posology: take it out, and what "
            "uses it."
        ),
    ),
    (
        r"No module named '(tensorflow\.(python\.)?)?keras\.layers\.experimental",
        "Write 'from keras import layers as preprocessing': Normalization and its like are layers now.",
    ),
    (r"No module named 'keras\.api", "Leave out .api: 'from keras.layers import Dense'."),
    (
        r"No module named 'tensorflow\.(python\.)?keras\.",
        "Write the import from the public module, such as 'from tensorflow.keras.layers import Dense'.",
    ),
    (
        r"No module named 'tensorflow\b|is of TensorFlow, which is not installed here",
        (
            "Of TensorFlow only its keras is here, which is Keras 3. Write keras.ops, such as keras.ops.mean, in place "
            "of its functions, and take out lines that set TensorFlow or read data with it."
        ),
    ),
    (
        r"No module named '(torch|tf_keras|pytorch_lightning|lightning)",
        "posology studies networks of Keras 3: write the network with 'import keras'.",
    ),
    (r"No module named 'keras[._]adabound'", "Write 'from posology.optimizers import AdaBound'."),
    (
        r"No module named 'keras\.(layers|optimizers|models|regularizers|callbacks)\.",
        "Write the import from the public module, such as 'from keras.layers import Dense'.",
    ),
    (r"No module named 'keras\.engine", "Write the import from keras.layers or keras.models."),
    (
        r"No module named 'keras\.utils\.np_utils'|cannot import name 'np_utils'",
        "Write 'from keras.utils import to_categorical'.",
    ),
    (
        r"cannot import name '\w+_v2' from 'keras\.optimizers'",
        "Write the optimizer's own name, such as 'from keras.optimizers import Adam'.",
    ),
    (
        r"module 'keras\.backend' has no attribute",
        "Write keras.ops instead of keras.backend, such as keras.ops.mean: 'from keras import ops as K'.",
    ),
    (
        r"No module named '(?!keras\b)",
        (
            "Modules are found beside the network file, in the folders of PYTHONPATH and where posology is installed. "
            "Take the line out where the network does not need it."
        ),
    ),
    (
        r"'numpy.ndarray' object has no attribute '(items|keys)'|only integers, slices",
        "x_train is one array; named inputs make it a dictionary: --input NAME=COLUMN, in Python inputs={...}.",
    ),
    (
        r"'numpy.ndarray' object has no attribute '(columns|iloc|loc|values|dtypes|to_numpy)'",
        "x_train is a NumPy array of the prepared columns: their number is x_train.shape[1].",
    ),
    (r"W_regularizer", "Write kernel_regularizer= instead of W_regularizer=."),
    (r"b_regularizer", "Write bias_regularizer= instead of b_regularizer=."),
    (r"Dense.*missing .*'units'", "Write units= instead of output_dim=."),
    (r"passed to \w+: .*'init'", "Write kernel_initializer= instead of init=."),
    (r"Dropout.*missing .*'rate'", "Write rate= instead of p=."),
    (r"keras\.optimizers\.legacy", "Write the optimizer without legacy, such as keras.optimizers.Adam."),
    (
        r"expected a positive integer\. Received: \w+=[1-9]\d*$",
        "The number is of NumPy's own type: write int(...) around it.",
    ),
    (
        r"`learning_rate` should be float.*Received instead: learning_rate=[\d.]",
        "The number is of NumPy's own type, or text: write float(...) around it.",
    ),
    (
        r"'numpy.ndarray' object has no attribute '(Int|Float|Choice|Boolean|Fixed)'",
        "posology gives no hp of KerasTuner: name the argument hp to see what to write beside it.",
    ),
    (r"(array|destination) is read-only", "Leave x_train as it is: work on x_train.copy()."),
    (
        r"attempted relative import",
        (
            "A network file is run by itself, as part of no package: leave the dot out, and give the module's name. "
            "What lies beside the file is found; other folders are if PYTHONPATH names them."
        ),
    ),
    (
        r"JAX RNG|only use seeded random",
        (
            "Give the layer a generator of its own: self.seed = keras.random.SeedGenerator() in __init__, and "
            "seed=self.seed where it draws."
        ),
    ),
    (r"null bytes|codec can't decode|Non-UTF-8 code", "Save the file as text in UTF-8."),
)


_OTHER_LIBRARY = (
    "posology runs networks on JAX: write keras.ops, such as keras.ops.mean, in place of functions of TensorFlow, "
    "torch or NumPy."
)


_CHOICE = "Numbers are traced there: choose by keras.ops.where(condition, this, that) in place of if, while, and, or."


def hint(error: BaseException) -> str:
    """Give the sentence that says what to write instead, with a space before it; empty when nothing is known.

    Examples
    --------
    >>> hint(ValueError("Argument(s) not recognized: {'lr': 0.01}"))
    ' Write learning_rate= instead of lr=.'
    """
    text = text_of(error)
    for pattern, advice in _SPELLINGS:
        if re.search(pattern, text):
            return f" {advice}"
    if isinstance(error, SyntaxError) and (error.text or "").lstrip().startswith(("%", "!", ">>>", "In [")):
        return " That is a line of a notebook or of a prompt, not of a Python file: take it out."
    if isinstance(error, FileNotFoundError) and error.filename and not Path(error.filename).is_absolute():
        return (
            f" Relative paths begin at the folder in which posology was started, '{Path.cwd()}': start it elsewhere, "
            f"or write Path(__file__).parent / '{error.filename}'."
        )
    if type(error).__name__ == "TracerBoolConversionError":
        return f" {_CHOICE}"
    return f" {_OTHER_LIBRARY}" if _is_of_another_library(error) else ""


def _is_of_another_library(error: BaseException) -> bool:
    """Tell a function of TensorFlow or torch, or one of NumPy that met a number that JAX traces."""
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    # what NumPy and JAX say of a tensor that has no numbers yet
    if re.search(r"no attribute '_error_repr'|__jax_array__", text_of(error)):
        return True
    inside = any(re.search(r"[/\\](tensorflow|torch)[/\\]", file) for file in files)
    return inside or "Tracer" in type(error).__name__ or "A KerasTensor " in text_of(error)
