"""Small network files in the styles in which people write them, and the lines that must stand in them afterwards."""

from pathlib import Path

QUESTION = (Path(__file__).parents[2] / "examples" / "question.py").read_text(encoding="utf-8")

COMPILE = '    model.compile(loss="mse", optimizer="adam")\n    return model\n'


def body(imports, lines, end=COMPILE):
    """Write a file: imports, and a builder of these lines."""
    return f"{imports}\n\n\ndef model_build(x_train):\n{lines}{end}"


CLASSES = "from keras import Input, Model, Sequential\nfrom keras.layers import Add, Dense, Dropout, ReLU\n"
BARE = "from keras import Input, Model, Sequential\nfrom keras.layers import Add, Dense\n"

EACH = {
    "question": (QUESTION, ["l1(0.00123457)))\n    model.add(Dropout(0.15))", "L2(0.00246914)))\n"]),
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
    "commented elements": (
        body(
            CLASSES,
            "    model = Sequential([\n        Input((3,)),\n        Dense(4, 'relu'),  # wide\n"
            "        # Dropout(0.3, seed=1),  # once\n        Dense(5, 'relu'),\n        # Dropout(0.3)\n"
            "        # a number\n        Dense(1)\n    ])\n",
        ),
        ["  # wide\n        Dropout(0.15, seed=1),  # once\n", "        Dropout(0.25),\n        # a number\n"],
    ),
    "commented functional": (
        body(
            BARE,
            "    a = x = Input((3,))\n    x = Dense(4, 'relu')(x)\n    # not this one: y = Dropout(0.5)(y)\n"
            "    # x = Dropout(rate=0.5)(x)\n    model = Model(a, Dense(1)(x))\n",
        ),
        ["(y)\n    x = Dropout(rate=0.15)(x)\n    model", "from keras.layers import Dropout\n"],
    ),
    "import keras": (
        body(
            "import keras\n",
            "    model = keras.Sequential()\n    model.add(keras.Input((3,)))\n"
            "    model.add(keras.layers.Dense(4, activation='relu'))\n    model.add(keras.layers.Dense(1))\n",
        ),
        ["'relu', kernel_regularizer=keras.regularizers.L1(0.00123457)))\n    model.add(keras.layers.Dropout(0.15))\n"],
    ),
    "from keras import layers": (
        body(
            "from keras import Input, Sequential, layers, regularizers\n",
            "    model = Sequential([Input((3,)), layers.Dense(4, 'relu'), layers.Dense(1)])\n",
        ),
        [
            "[Input((3,)), layers.Dense(4, 'relu', kernel_regularizer=regularizers.L1(0.00123457)), "
            "layers.Dropout(0.15), layers.Dense(1)]"
        ],
    ),
    "regularizers as reg": (
        body(
            f"{CLASSES}from keras import regularizers as reg\n",
            "    model = Sequential([Input((3,)), Dense(4, 'relu', kernel_regularizer=reg.l2(0.1)),\n"
            "      Dense(4, 'relu', kernel_regularizer=reg.L1L2(l1=.1)), Dense(1, kernel_regularizer='l2')])\n",
        ),
        [
            "reg.L1(0.00123457)), Dropout(0.15),\n      Dense",
            "=reg.L2(0.00246914)), Dropout(0.25), Dense(1, kernel_regularizer=reg.L1L2(l1=0.0037037, l2=0.001))",
        ],
    ),
    "functional": (
        body(
            CLASSES,
            "    a = Input((3,))\n    x = Dense(4)(a)  # linear\n    x = ReLU()(x)  # here\n"
            "    y = Add()([x, Dense(4, 'relu')(x)])\n    model = Model(a, Dense(1)(y))\n",
        ),
        [
            "# here\n    x = Dropout(0.15)(x)\n",
            "[x, Dropout(0.25)(Dense(4, 'relu', kernel_regularizer=L2(0.00246914))(x))]",
        ],
    ),
    "calls over many lines": (
        body(
            CLASSES,
            "    model = Sequential()\n    model.add(Input((3,)))\n    model.add(\n        Dense(\n            4,\n"
            "            activation='relu',  # hidden\n        )\n    )\n    model.add(\n        Dense(\n            5,\n"
            "            activation='relu'  # hidden\n        )  # end\n    )\n    model.add(Dense(1))\n",
        ),
        [
            "# hidden\n            kernel_regularizer=L1(0.00123457),\n        )\n    )\n    model.add(Dropout(0.15))\n",
            "'relu',  # hidden\n            kernel_regularizer=L2(0.00246914)\n        )  # end\n    )\n    model.add(Dropout",
        ],
    ),
    "trailing commas": (
        body(
            CLASSES,
            "    model = Sequential(\n        [\n            Input((3,)),\n            Dense(4, 'relu',),\n"
            "            Dense((5), 'relu'), # five\n            Dense(1),\n        ],\n    )\n",
        ),
        [
            "'relu', kernel_regularizer=L1(0.00123457)),\n            Dropout(0.15),\n",
            "# five\n            Dropout(0.25),",
        ],
    ),
    "the last element of a list": (
        body(
            CLASSES,
            "    hidden = [\n        Dense(4, 'relu'),\n        Dense(4, 'relu')  # last\n    ]\n    more = [\n"
            "        Dense(4, 'relu')]\n    model = Sequential([Input((3,)), *hidden, *more, Dense(1)])\n",
        ),
        ["),  # last\n        Dropout(0.25)\n    ]\n", "L1L2(l1=0.0037037, l2=0.001)),\n        Dropout(0.35)]\n"],
    ),
    "statements on one line": (
        body(
            CLASSES,
            "    model = Sequential([Input((3,))]); model.add(Dense(4, 'relu')); model.add(Dense(4, 'relu')) # two\n"
            "    if True: model.add(Dense(4, 'relu'))\n    model.add(Dense(1))\n",
        ),
        [
            "; model.add(Dropout(0.15)); model.add(Dense",
            "; model.add(Dropout(0.25)) # two\n",
            "; model.add(Dropout(0.35))\n",
        ],
    ),
    "layers with names": (
        body(
            CLASSES,
            "    first = Dense(4, 'relu')\n    second = Dense(4, 'relu')\n    a = Input((3,))\n    h = first(a)\n"
            "    model = Sequential([a, first])\n    model = Model(a, Dense(1)(second(h)))\n".replace(
                "    model = Sequential([a, first])\n", ""
            ),
        ),
        ["h = first(a)\n    h = Dropout(0.15)(h)\n", "Dropout(0.25)(second(h))"],
    ),
    "a helper": (
        body(
            f"{CLASSES}\n\ndef hidden(x):\n    return Dense(4, activation='relu')(x)\n",
            "    a = Input((3,))\n    model = Model(a, Dense(1)(hidden(a)))\n",
        ),
        ["return Dropout(0.15)(Dense(4, activation='relu', kernel_regularizer=L1(0.00123457))(x))\n"],
    ),
    "windows": (
        body(CLASSES, "    model = Sequential([Input((3,)), Dense(4, 'relu')])\n    model.add(Dense(1))\n").replace(
            "\n", "\r\n"
        ),
        ["import L1\r\n", "Dropout(0.15)])\r\n"],
    ),
    "tabs, no end of the last line": (
        body(
            CLASSES, "    model = Sequential([Input((3,))])\n    model.add(Dense(4, 'relu'))\n    model.add(Dense(1))\n"
        )
        .replace("    ", "\t")
        .rstrip(),
        ["\tmodel.add(Dropout(0.15))\n\tmodel.add(Dense(1))\n"],
    ),
    "not ASCII": (
        '"""Сеть — 网络."""\n'
        + body(
            CLASSES,
            "    é = Sequential([Input((3,))]); é.add(Dense(4, name='größe' and None, activation='relu'))  # ваш 😀\n"
            "    model = é\n    model.add(Dense(1))\n",
        ),
        ["activation='relu', kernel_regularizer=L1(0.00123457))); é.add(Dropout(0.15))  # ваш 😀\n"],
    ),
    "nested": (
        body(
            CLASSES,
            "    inner = Sequential([Input((3,)), Dense(4, 'relu')], name='inner')\n"
            "    model = Sequential([Input((3,)), inner, Dense(5, 'relu'), Dense(1)])\n",
        ),
        [
            "L1(0.00123457)), Dropout(0.15)], name='inner')",
            "inner, Dense(5, 'relu', kernel_regularizer=L2(0.00246914)), D",
        ],
    ),
    "imports inside": (
        '"""A network."""\n\n\ndef model_build():\n    from keras import Input, Sequential\n'
        "    from keras.layers import Dense, SpatialDropout1D\n\n"
        "    model = Sequential([Input((6, 2)), Dense(4, 'relu'), SpatialDropout1D(rate=.5), Dense(1)])\n" + COMPILE,
        ['"""A network."""\n\nfrom keras.regularizers import L1\n', "SpatialDropout1D(rate=0.15)"],
    ),
    "no imports at all": (
        "def model_build(x):\n    keras = __import__('keras'); Dense = keras.layers.Dense\n"
        "    model = keras.Sequential([keras.Input((3,)), Dense(4, 'relu'), Dense(1)])\n" + COMPILE,
        [
            "[keras.Input((3,)), Dense(4, 'relu', kernel_regularizer=keras.regularizers.L1(0.00123457)), keras.layers.Dro"
        ],
    ),
    "other weights": (
        body(
            "import keras\nfrom keras import layers\n",
            "    a = keras.Input((8,))\n    x = layers.Reshape((8, 1))(a)\n"
            "    x = layers.SeparableConv1D(3, 2, depthwise_regularizer='l1', pointwise_regularizer='l2')(x)\n"
            "    x = layers.GRU(3, recurrent_regularizer=keras.regularizers.L2(1e-3))(x)\n"
            "    e = layers.Embedding(5, 2, embeddings_regularizer='l2')(a)\n"
            "    x = layers.Concatenate()([x, layers.Flatten()(e)])\n    model = keras.Model(a, layers.Dense(1)(x))\n",
        ),
        ["embeddings_regularizer=keras.regularizers.L", "recurrent_regularizer=keras.regularizers.L"],
    ),
    "a class of one's own and a partial": (
        body(
            f"{CLASSES}from functools import partial\n\nimport keras\n\n\n@keras.saving.register_keras_serializable('t')\n"
            "class Mine(Dense):\n    def __init__(self, units, **kwargs):\n        super().__init__(units, **kwargs)\n\n\n"
            "dense = partial(Dense, activation='relu', kernel_regularizer='l1')\n",
            "    model = Sequential([Input((3,)), Mine(4, activation='relu', kernel_regularizer='l2'), dense(4), Dense(1)])\n",
        ),
        [
            "kernel_regularizer=keras.regularizers.L1(0.00123457)), D",
            "dense(4, kernel_regularizer=keras.regularizers.L2(0",
        ],
    ),
}
"""Each site with a strength of its own."""

SHARED = {
    "a loop": (
        body(
            CLASSES,
            "    model = Sequential([Input((3,))])\n    for units in (4, 5):\n        model.add(Dense(units, 'relu'))\n"
            "    model.add(Dense(1))\n",
        ),
        ["kernel_regularizer=L1(0.02)))\n        model.add(Dropout(0.3))\n    model.add(Dense(1))"],
    ),
    "a helper called twice": (
        body(
            f"{CLASSES}\n\ndef hidden(x, rate):\n    x = Dense(4, 'relu', kernel_regularizer='l1')(x)\n"
            "    return Dropout(rate)(x)\n",
            "    a = Input((3,))\n    model = Model(a, Dense(1)(hidden(hidden(a, 0.1), 0.2)))\n",
        ),
        ["kernel_regularizer=L1(0.02))(x)", "return Dropout(0.3)(x)"],
    ),
}
"""All sites alike."""

NONE = {
    "keywords and commas": (
        body(
            f"{CLASSES}from keras.regularizers import l1\n",
            "    model = Sequential([Input((3,)), Dense(4, kernel_regularizer=l1(0.1), activation='relu'), Dropout(.5)])\n"
            "    model.add(Dense(4, activation='relu', kernel_regularizer=l1(0.00),))\n    model.add(Dense(\n        4,\n"
            "        kernel_regularizer=l1(0.1),\n        activation='relu',\n    ))\n    model.add(Dense(4,\n"
            "        kernel_regularizer=l1(0.1)))\n    model.add(Dense(4,  # four\n        kernel_regularizer=l1(0.1)))\n"
            "    model.add(Dense(\n        kernel_regularizer=l1(0.1), units=4))\n"
            "    model.add(Dense(4, 'relu', True, 'ones', 'zeros', l1(0.1)))\n    model.add(Dense(1))\n",
        ),
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
    "differs": (SHARED["a loop"][0], "Line 9 makes dense, dense_1, whose strengths differ: write a line for each."),
    "unpacked": (
        body(
            CLASSES,
            "    options = {'activation': 'relu'}\n"
            "    model = Sequential([Input((3,)), Dense(4, **options), Dense(1)])\n",
        ),
        "Line 8: 'options', which is unpacked there, may hold kernel_regularizer.",
    ),
    "elsewhere": (
        body(
            CLASSES,
            "    first = Sequential([Input((3,)), Dense(4, 'relu'), Dense(1)])\n"
            "    model = __import__('keras').models.clone_model(first)\n",
        ),
        "Line 8 leads to the layer 'dense', which is made elsewhere.",
    ),
    "a list comprehension": (
        body(CLASSES, "    model = Sequential([Input((3,)), *[Dense(n, 'relu') for n in (4,)], Dense(1)])\n"),
        "Line 7: where a Dropout could follow this layer is not plain.",
    ),
    "another file": (
        "from keras import Sequential\nfrom beside import layers\n\n\ndef model_build(x):\n"
        "    model = Sequential(layers())\n" + COMPILE,
        "Line 6 leads to the layer 'dense', which is made elsewhere.",
    ),
    "depends on its own text": (
        body(
            CLASSES,
            "    n = 5 if 'L1' in globals() else 4\n"
            "    model = Sequential([Input((3,)), Dense(n, 'relu'), Dense(1)])\n",
        ),
        "the changed file would build another network",
    ),
}
"""Files that are not changed, and why."""
