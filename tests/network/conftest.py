import keras
import pytest

from posology.network.sites import Dose, dropout_sites, kernel_sites

L = keras.layers


def doses_of(model, l1=(), l2=(), rates=()):
    """Strengths at the sites of a model, in their order."""
    kernels = zip(kernel_sites(model), l1, l2, strict=True)
    drops = zip(dropout_sites(model), rates, strict=True)
    return [*(Dose(s, {"l1": a, "l2": b}) for s, a, b in kernels), *(Dose(s, {"rate": r}) for s, r in drops)]


def compiled(model):
    model.compile(optimizer="adam", loss="mse")
    return model


def question(width=6, dropout=True, penalty=True):
    l1 = keras.regularizers.l1
    model = keras.Sequential([keras.Input((width,)), L.BatchNormalization()])
    model.add(L.Dense(128, activation="relu", kernel_regularizer=l1(0.01) if penalty else None))
    if dropout:
        model.add(L.Dropout(0.08))
    model.add(L.Dense(128, activation="relu", kernel_regularizer=l1(0.00) if penalty else None))
    if dropout:
        model.add(L.Dropout(0.05))
    model.add(L.Dense(1))
    return compiled(model)


def separate_activations(width=6):
    return compiled(
        keras.Sequential(
            [
                keras.Input((width,)),
                L.Dense(16),
                L.BatchNormalization(),
                L.ReLU(),
                L.Dense(8),
                L.Activation("tanh"),
                L.Dense(1),
            ]
        )
    )


def residual(width=6):
    inputs = keras.Input((width,))
    x = L.Dense(16, activation="relu", name="first")(inputs)
    y = L.Dense(16, activation="relu", name="second")(x)
    x = L.Add()([x, y])
    return compiled(keras.Model(inputs, L.Dense(1)(L.LayerNormalization()(x))))


def shared(width=6):
    inputs = keras.Input((width,))
    layer = L.Dense(width, activation="relu", name="twice")
    x = L.Dropout(0.2)(layer(layer(inputs)))
    return compiled(keras.Model(inputs, L.Dense(1)(x)))


def nested(width=6):
    block = keras.Sequential([keras.Input((width,)), L.Dense(12, activation="relu", name="inner")], name="block")
    return compiled(keras.Sequential([keras.Input((width,)), block, L.Dense(8, activation="relu"), L.Dense(1)]))


def noisy(width=6):
    model = keras.Sequential([keras.Input((width,)), L.GaussianNoise(0.1), L.Dense(8, activation="relu"), L.Dense(1)])
    return compiled(model)


def linear(width=6):
    return compiled(keras.Sequential([keras.Input((width,)), L.Dense(1)]))


def gated(width=6):
    inputs = keras.Input((width,))
    gate = L.Dense(8, activation="sigmoid", kernel_regularizer="l2")(inputs)
    x = L.Multiply()([gate, L.Dense(8, bias_regularizer="l2")(inputs)])
    return compiled(keras.Model(inputs, L.Dense(1)(x)))


ZOO = {
    "question": question,
    "question without dropout": lambda width=6: question(width, dropout=False),
    "question without penalty": lambda width=6: question(width, penalty=False),
    "question bare": lambda width=6: question(width, dropout=False, penalty=False),
    "separate activations": separate_activations,
    "residual": residual,
    "shared layer": shared,
    "nested": nested,
    "noisy": noisy,
    "gated": gated,
    "linear": linear,
}


@pytest.fixture(params=ZOO)
def model(request):
    return ZOO[request.param]()
