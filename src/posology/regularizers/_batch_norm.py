"""Batch normalization: hidden layers are normalized by the batch."""

from posology.regularizers._base import KerasForm
from posology.regularizers._norm import Norm

MOMENTUM = 0.9


class BatchNorm(Norm):
    """Batch normalization: f(gamma·(z - mean)/sqrt(variance + 0.001) + beta) for f(z), z = Wx + b of a hidden Dense.

    While training, mean and variance of a unit are those of the batch, which is where its noise comes from: a row is
    seen with other rows each time. When predicting they are moving averages, which a batch moves by 1 - momentum = 0.1.
    Keras' own default of 0.99 remembers the last hundred batches, on a small table many epochs, and early epochs would
    be judged by numbers that belong to others; torch has what is used here. Behind every hidden Dense, before its
    activation, where no normalization comes before the next kernel. It is on or off: no strength is searched.

    Helps: deep networks, large learning rates. Penalties on a kernel before it do not make the function smaller, for
    its scale is cancelled; they raise the effective learning rate. Beside swa, the averaged weights predict with the
    moving statistics of the last iterates; Izmailov et al. compute them anew for the average.

    The range is on: the layer is there, or it is not, and then the network is the one without it, bit for bit.

    Source: Ioffe & Szegedy 2015, "Batch Normalization", ICML, arXiv:1502.03167.
    """

    name = "batch_norm"
    title = "batch normalization"
    excludes = ("layer_norm",)
    keras = KerasForm("layer", "BatchNormalization", "momentum", lambda _: MOMENTUM)
