from types import SimpleNamespace

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

from posology.network.packed import PackedNetwork
from posology.network.sites import Dose, dropout_sites, kernel_sites

from .building import rows_for
from .zoo import SLOW, ZOO


def doses_of(model, l1=(), l2=(), rates=()):
    """Strengths at the sites of a model, in their order."""
    kernels = zip(kernel_sites(model), l1, l2, strict=True)
    drops = zip(dropout_sites(model), rates, strict=True)
    return [*(Dose(s, {"l1": a, "l2": b}) for s, a, b in kernels), *(Dose(s, {"rate": r}) for s, r in drops)]


def random_like(weights):
    return jnp.asarray(np.random.default_rng(2).normal(0, 0.1, weights.shape), weights.dtype)


def studied(model, **settings):
    """A model, packed, with first weights, rows, a target and the compiled gradient of its training loss."""
    before = model.to_json(), [w.copy() for w in model.get_weights()]
    network = PackedNetwork(model, **settings)
    weights, state = (tuple(map(jnp.asarray, part)) for part in network.first_weights(3))
    weights = tuple(w if w.ndim < 2 or w.any() else random_like(w) for w in weights)  # zeros hide what is before them
    x = rows_for(model)
    y = np.random.default_rng(1).normal(size=(len(x), 1)).astype("float32")
    graded = jax.jit(jax.value_and_grad(network.loss, has_aux=True))

    def gradient(rates=None, key=0):
        rates = np.zeros(len(network.dropout_sites), "float32") if rates is None else np.asarray(rates, "float32")
        (total, _), slope = graded(weights, state, x, y, None, {"dropout": rates}, jnp.uint32(key))
        return float(total), slope

    return SimpleNamespace(
        model=model, before=before, network=network, weights=weights, state=state, x=x, y=y, gradient=gradient
    )


@pytest.fixture(params=[pytest.param(n, marks=[pytest.mark.slow] * (n in SLOW)) for n in ZOO], scope="module")
def case(request):
    keras.backend.clear_session()
    out = studied(ZOO[request.param]())
    out.name = request.param
    return out
