"""Layer normalization: hidden layers are normalized row by row."""

from posology.regularizers._base import KerasForm
from posology.regularizers._norm import Norm


class LayerNorm(Norm):
    """Layer normalization: f(gamma·(z - mean)/sqrt(variance + 0.001) + beta) for f(z), z = Wx + b of a hidden Dense.

    Mean and variance are those of a row over the units of the layer, while training and when predicting alike: nothing
    is remembered and nothing is drawn. Behind every hidden Dense, before its activation, where no normalization comes
    before the next kernel. It is on or off: no strength is searched.

    Helps: deep networks, small batches. It takes the size of a row's activations from the network, which is harm where
    the size tells something.

    The range is on: the layer is there, or it is not, and then the network is the one without it, bit for bit.

    Source: Ba, Kiros & Hinton 2016, "Layer Normalization", arXiv:1607.06450.
    """

    name = "layer_norm"
    title = "layer normalization"
    excludes = ("batch_norm",)
    keras = KerasForm("layer", "LayerNormalization", "epsilon", lambda _: 0.001)
