"""Small network files in the styles in which people write them, and what must stand in them afterwards."""

from pathlib import Path

QUESTION = (Path(__file__).parents[2] / "examples" / "question.py").read_text(encoding="utf-8")

EACH = {
    "question": (
        QUESTION,
        ["l1(0.00123457)))\n    model.add(Dropout(0.15))", "L2(0.00246914)))\n"],
    ),
    "question as posted": (
        QUESTION.replace("    model.add(Dropout", "    # model.add(Dropout"),
        ["l1(0.00123457)))\n    model.add(Dropout(0.15))\n", "L2(0.00246914)))\n    model.add(Dropout(0.25))\n"],
    ),
    "question, comments in the first column, Dropout not imported": (
        QUESTION.replace("    model.add(Dropout", "#    model.add(Dropout").replace(" Dropout,", ""),
        [
            "l1\nfrom keras.layers import Dropout\n",
            "l1(0.00123457)))\n    model.add(Dropout(0.15))\n    model.add(Dense",
        ],
    ),
    "without an input": (
        """\
from keras import Sequential
from keras.layers import BatchNormalization, Dense, Dropout


def model_build(x_train):
    model = Sequential()
    model.add(Dense(4, "relu", kernel_regularizer="l2"))
    model.add(BatchNormalization())
    model.add(Dropout(0.4))
    model.add(Dense(3, activation="relu", kernel_regularizer="l2"))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["L1(0.00123457)))\n    model.add(Batch", "    model.add(Dropout(0.15))\n"],
    ),
    "commented elements": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential([
        Input((3,)),
        Dense(4, 'relu'),  # wide
        # Dropout(0.3, seed=1),  # once
        Dense(5, 'relu'),
        # Dropout(0.3)
        # a number
        Dense(1)
    ])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["  # wide\n        Dropout(0.15, seed=1),  # once\n", "        Dropout(0.25),\n        # a number\n"],
    ),
    "commented functional": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense


def model_build(x_train):
    a = x = Input((3,))
    x = Dense(4, 'relu')(x)
    # not this one: y = Dropout(0.5)(y)
    # x = Dropout(rate=0.5)(x)
    model = Model(a, Dense(1)(x))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["(y)\n    x = Dropout(rate=0.15)(x)\n    model", "from keras.layers import Dropout\n"],
    ),
    "import keras": (
        """\
import keras


def model_build(x_train):
    model = keras.Sequential()
    model.add(keras.Input((3,)))
    model.add(keras.layers.Dense(4, activation='relu'))
    model.add(keras.layers.Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            (
                "'relu', kernel_regularizer=keras.regularizers.L1(0.00123457)))\n"
                "    model.add(keras.layers.Dropout(0.15))\n"
            )
        ],
    ),
    "from keras import layers": (
        """\
from keras import Input, Sequential, layers, regularizers


def model_build(x_train):
    model = Sequential([Input((3,)), layers.Dense(4, 'relu'), layers.Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            (
                "[Input((3,)), layers.Dense(4, 'relu', kernel_regularizer=regularizers.L1(0.00123457)), "
                "layers.Dropout(0.15), layers.Dense(1)]"
            )
        ],
    ),
    "regularizers as reg": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU
from keras import regularizers as reg


def model_build(x_train):
    model = Sequential([Input((3,)), Dense(4, 'relu', kernel_regularizer=reg.l2(0.1)),
      Dense(4, 'relu', kernel_regularizer=reg.L1L2(l1=.1)), Dense(1, kernel_regularizer='l2')])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "reg.L1(0.00123457)), Dropout(0.15),\n      Dense",
            ("=reg.L2(0.00246914)), Dropout(0.25), Dense(1, kernel_regularizer=reg.L1L2(l1=0.0037037, l2=0.001))"),
        ],
    ),
    "functional": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    a = Input((3,))
    x = Dense(4)(a)  # linear
    x = ReLU()(x)  # here
    y = Add()([x, Dense(4, 'relu')(x)])
    model = Model(a, Dense(1)(y))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "# here\n    x = Dropout(0.15)(x)\n",
            "[x, Dropout(0.25)(Dense(4, 'relu', kernel_regularizer=L2(0.00246914))(x))]",
        ],
    ),
    "calls over many lines": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential()
    model.add(Input((3,)))
    model.add(
        Dense(
            4,
            activation='relu',  # hidden
        )
    )
    model.add(
        Dense(
            5,
            activation='relu'  # hidden
        )  # end
    )
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            (
                "# hidden\n            kernel_regularizer=L1(0.00123457),\n        )\n    )\n"
                "    model.add(Dropout(0.15))\n"
            ),
            (
                "'relu',  # hidden\n            kernel_regularizer=L2(0.00246914)\n        )  # end\n    )\n"
                "    model.add(Dropout"
            ),
        ],
    ),
    "trailing commas": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential(
        [
            Input((3,)),
            Dense(4, 'relu',),
            Dense((5), 'relu'), # five
            Dense(1),
        ],
    )
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "'relu', kernel_regularizer=L1(0.00123457)),\n            Dropout(0.15),\n",
            "# five\n            Dropout(0.25),",
        ],
    ),
    "the last element of a list": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    hidden = [
        Dense(4, 'relu'),
        Dense(4, 'relu')  # last
    ]
    more = [
        Dense(4, 'relu')]
    model = Sequential([Input((3,)), *hidden, *more, Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["),  # last\n        Dropout(0.25)\n    ]\n", "L1L2(l1=0.0037037, l2=0.001)),\n        Dropout(0.35)]\n"],
    ),
    "statements on one line": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential([Input((3,))]); model.add(Dense(4, 'relu')); model.add(Dense(4, 'relu')) # two
    if True: model.add(Dense(4, 'relu'))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "; model.add(Dropout(0.15)); model.add(Dense",
            "; model.add(Dropout(0.25)) # two\n",
            "; model.add(Dropout(0.35))\n",
        ],
    ),
    "layers with names": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    first = Dense(4, 'relu')
    second = Dense(4, 'relu')
    a = Input((3,))
    h = first(a)
    model = Model(a, Dense(1)(second(h)))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["h = first(a)\n    h = Dropout(0.15)(h)\n", "Dropout(0.25)(second(h))"],
    ),
    "a helper": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def hidden(x):
    return Dense(4, activation='relu')(x)


def model_build(x_train):
    a = Input((3,))
    model = Model(a, Dense(1)(hidden(a)))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["return Dropout(0.15)(Dense(4, activation='relu', kernel_regularizer=L1(0.00123457))(x))\n"],
    ),
    "windows": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential([Input((3,)), Dense(4, 'relu')])
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""".replace("\n", "\r\n"),
        ["import L1\r\n", "Dropout(0.15)])\r\n"],
    ),
    "tabs, no end of the last line": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential([Input((3,))])
    model.add(Dense(4, 'relu'))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""".replace("    ", "\t").rstrip(),
        ["\tmodel.add(Dropout(0.15))\n\tmodel.add(Dense(1))\n"],
    ),
    "not ASCII": (
        '''"""Сеть — 网络."""
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    é = Sequential([Input((3,))]); é.add(Dense(4, name='größe' and None, activation='relu'))  # ваш 😀
    model = é
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
''',
        ["activation='relu', kernel_regularizer=L1(0.00123457))); é.add(Dropout(0.15))  # ваш 😀\n"],
    ),
    "nested": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    inner = Sequential([Input((3,)), Dense(4, 'relu')], name='inner')
    model = Sequential([Input((3,)), inner, Dense(5, 'relu'), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "L1(0.00123457)), Dropout(0.15)], name='inner')",
            "inner, Dense(5, 'relu', kernel_regularizer=L2(0.00246914)), D",
        ],
    ),
    "imports inside": (
        '''"""A network."""


def model_build():
    from keras import Input, Sequential
    from keras.layers import Dense, SpatialDropout1D

    model = Sequential([Input((6, 2)), Dense(4, 'relu'), SpatialDropout1D(rate=.5), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
''',
        ['"""A network."""\n\nfrom keras.regularizers import L1\n', "SpatialDropout1D(rate=0.15)"],
    ),
    "no imports at all": (
        """\
def model_build(x):
    keras = __import__('keras'); Dense = keras.layers.Dense
    model = keras.Sequential([keras.Input((3,)), Dense(4, 'relu'), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            (
                "[keras.Input((3,)), Dense(4, 'relu', kernel_regularizer=keras.regularizers.L1(0.00123457)), "
                "keras.layers.Dro"
            )
        ],
    ),
    "other weights": (
        """\
import keras
from keras import layers


def model_build(x_train):
    a = keras.Input((8,))
    x = layers.Reshape((8, 1))(a)
    x = layers.SeparableConv1D(3, 2, depthwise_regularizer='l1', pointwise_regularizer='l2')(x)
    e = layers.Embedding(5, 2, embeddings_regularizer='l2')(a)
    x = layers.Concatenate()([layers.Flatten()(x), layers.Flatten()(e)])
    model = keras.Model(a, layers.Dense(1)(x))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "depthwise_regularizer=keras.regularizers.L1(0.00123457), pointwise_regularizer=keras.regularizers.L2(0",
            "embeddings_regularizer=keras.regularizers.L1L2(l1=0.0037037, l2=0.001)",
        ],
    ),
    "a class of one's own and a partial": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU
from functools import partial

import keras


@keras.saving.register_keras_serializable('t')
class Mine(Dense):
    def __init__(self, units, **kwargs):
        super().__init__(units, **kwargs)


dense = partial(Dense, activation='relu', kernel_regularizer='l1')


def model_build(x_train):
    model = Sequential([Input((3,)), Mine(4, activation='relu', kernel_regularizer='l2'), dense(4), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "kernel_regularizer=keras.regularizers.L1(0.00123457)), D",
            "dense(4, kernel_regularizer=keras.regularizers.L2(0",
        ],
    ),
    "layers as arguments": (
        """\
from __future__ import annotations

import keras
from keras.layers import Dense


def sequential(shape, *layers):
    return keras.Sequential([keras.Input(shape), *layers])


def model_build(x_train):
    frozen = Dense(4, "relu", trainable=False)
    model = sequential(
        (3,),
        frozen,
        Dense(5, "relu")
    )
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "        frozen,\n        keras.layers.Dropout(0.15),\n",
            "L1(0.00123457)),\n        keras.layers.Dropout(0.25)\n    )\n",
        ],
    ),
}
"""Each site with a strength of its own."""

SHARED = {
    "a loop": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential([Input((3,))])
    for units in (4, 5):
        model.add(Dense(units, 'relu'))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["kernel_regularizer=L1(0.02)))\n        model.add(Dropout(0.3))\n    model.add(Dense(1))"],
    ),
    "a helper called twice": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def hidden(x, rate):
    x = Dense(4, 'relu', kernel_regularizer='l1')(x)
    return Dropout(rate)(x)


def model_build(x_train):
    a = Input((3,))
    model = Model(a, Dense(1)(hidden(hidden(a, 0.1), 0.2)))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        ["kernel_regularizer=L1(0.02))(x)", "return Dropout(0.3)(x)"],
    ),
}
"""All sites alike."""

NONE = {
    "keywords and commas": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU
from keras.regularizers import l1


def model_build(x_train):
    model = Sequential([Input((3,)), Dense(4, kernel_regularizer=l1(0.1), activation='relu'), Dropout(.5)])
    model.add(Dense(4, activation='relu', kernel_regularizer=l1(0.00),))
    model.add(Dense(
        4,
        kernel_regularizer=l1(0.1),
        activation='relu',
    ))
    model.add(Dense(4,
        kernel_regularizer=l1(0.1)))
    model.add(Dense(4,  # four
        kernel_regularizer=l1(0.1)))
    model.add(Dense(
        kernel_regularizer=l1(0.1), units=4))
    model.add(Dense(4, 'relu', True, 'ones', 'zeros', l1(0.1)))
    model.add(Dense(1))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        [
            "Dense(4, activation='relu'), Dropout(0.0)]",
            "Dense(4, activation='relu',))",
            "        4,\n        activation='relu',\n    ))\n    model.add(Dense(4))\n",
            "# four\n        kernel_regularizer=None))\n    model.add(Dense(\n        units=4))\n",
            "'zeros', None))",
        ],
    ),
}
"""No penalty and no Dropout anywhere."""

REFUSED = {
    "differs": (
        SHARED["a loop"][0],
        "Line 8 makes dense, dense_1, whose strengths differ: write a line for each.",
    ),
    "an activation as an operation": (
        """\
import keras
from keras.layers import Dense


def model_build(x_train):
    x = keras.Input((3,))
    model = keras.Model(x, Dense(1)(keras.activations.relu(Dense(4)(x))))
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        "'re_lu' is an operation, not a layer: write the Dropout after it.",
    ),
    "unpacked": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    options = {'activation': 'relu'}
    model = Sequential([Input((3,)), Dense(4, **options), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        "Line 7: 'options', which is unpacked there, may hold kernel_regularizer.",
    ),
    "elsewhere": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    first = Sequential([Input((3,)), Dense(4, 'relu'), Dense(1)])
    model = __import__('keras').models.clone_model(first)
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        "Line 7 leads to the layer 'dense', which is made elsewhere.",
    ),
    "a list comprehension": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    model = Sequential([Input((3,)), *[Dense(n, 'relu') for n in (4,)], Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        "Line 6: where a Dropout could follow this layer is not plain.",
    ),
    "another file": (
        """\
from keras import Sequential
from beside import layers


def model_build(x):
    model = Sequential(layers())
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        "Line 6 leads to the layer 'dense', which is made elsewhere.",
    ),
    "depends on its own text": (
        """\
from keras import Input, Model, Sequential
from keras.layers import Add, Dense, Dropout, ReLU


def model_build(x_train):
    n = 5 if 'L1' in globals() else 4
    model = Sequential([Input((3,)), Dense(n, 'relu'), Dense(1)])
    model.compile(loss="mse", optimizer="adam")
    return model
""",
        "the changed file would build another network",
    ),
}
"""Files that are not changed, and why."""

TWO_INPUTS = """\
import keras
from keras import layers


def model_build(x_train):
    '''Two branches.'''
    a = keras.Input((x_train["a"].shape[1],), name="a")
    b = keras.Input((x_train["b"].shape[1],), name="b")
    merged = layers.Concatenate()([layers.Dense(4, "relu")(a), layers.Dense(5, "tanh")(b)])
    model = keras.Model({"a": a, "b": b}, layers.Dense(1)(merged))
    model.compile(loss="mse", optimizer="adam")
    return model
"""
