"""All regularizers by name: posology's own, in the order of arms, then those of other distributions."""

from collections.abc import Iterable

from posology.regularizers._activity_l1 import ActivityL1
from posology.regularizers._activity_l2 import ActivityL2
from posology.regularizers._adversarial import Adversarial
from posology.regularizers._alpha_dropout import AlphaDropout
from posology.regularizers._base import Regularizer
from posology.regularizers._batch_norm import BatchNorm
from posology.regularizers._cutmix import CutMix
from posology.regularizers._cutout import Cutout
from posology.regularizers._dropconnect import DropConnect
from posology.regularizers._dropout import Dropout
from posology.regularizers._ema import EMA
from posology.regularizers._gaussian_dropout import GaussianDropout
from posology.regularizers._gaussian_noise import GaussianNoise
from posology.regularizers._gradient_clipping import GradientClipping
from posology.regularizers._group_lasso_inputs import GroupLassoInputs
from posology.regularizers._group_lasso_units import GroupLassoUnits
from posology.regularizers._input_dropout import InputDropout
from posology.regularizers._input_noise import InputNoise
from posology.regularizers._l1 import L1
from posology.regularizers._l2 import L2
from posology.regularizers._label_smoothing import LabelSmoothing
from posology.regularizers._layer_norm import LayerNorm
from posology.regularizers._learning_rate_decay import LearningRateDecay
from posology.regularizers._lookahead import Lookahead
from posology.regularizers._max_norm import MaxNorm
from posology.regularizers._mixup import Mixup
from posology.regularizers._orthogonal import Orthogonal
from posology.regularizers._proximal_l1 import ProximalL1
from posology.regularizers._shake_drop import ShakeDrop
from posology.regularizers._shake_shake import ShakeShake
from posology.regularizers._stochastic_depth import StochasticDepth
from posology.regularizers._swa import SWA
from posology.regularizers._target_noise import TargetNoise
from posology.regularizers._third_parties import third_parties
from posology.regularizers._weight_decay import WeightDecay
from posology.regularizers._weight_noise import WeightNoise

OWN: tuple[Regularizer, ...] = (
    L1(), L2(), Dropout(),
    WeightDecay(), ProximalL1(), GroupLassoInputs(), GroupLassoUnits(), MaxNorm(), Orthogonal(),
    GaussianDropout(), GaussianNoise(), AlphaDropout(), ActivityL1(), ActivityL2(), DropConnect(), WeightNoise(),
    StochasticDepth(), ShakeDrop(), ShakeShake(), BatchNorm(), LayerNorm(),
    InputDropout(), InputNoise(), Mixup(), CutMix(), Cutout(), Adversarial(),
    TargetNoise(), LabelSmoothing(),
    Lookahead(), EMA(), SWA(), GradientClipping(), LearningRateDecay(),
)  # fmt: skip
"""posology's own, in the order of arms."""

REGULARIZERS: dict[str, Regularizer] = {r.name: r for r in (*OWN, *third_parties({"weights", *(r.name for r in OWN)}))}
FACTORS: dict[str, tuple[str, ...]] = {"weights": ("l1", "l2"), **{name: (name,) for name in REGULARIZERS}}
PLAIN = ("l1", "l2", "dropout")
"""Those of the plain question."""


def normalizations(names: Iterable[str]) -> list[str]:
    """Give those that put a layer in: an arm has one at most, and trains another network with it.

    Examples
    --------
    >>> normalizations(["dropout", "layer_norm"])
    ['layer_norm']
    """
    return [name for name in names if REGULARIZERS[name].place.inserts]


def with_shared(names: Iterable[str], every: Iterable[str]) -> tuple[str, ...]:
    """Give the regularizers of a program that trains arms with `names`, in a study of `every`: these, and the cheap.

    Examples
    --------
    >>> with_shared(["mixup"], ["l1", "dropout", "mixup", "swa"])
    ('l1', 'dropout', 'mixup')
    """
    wanted = set(names)
    return tuple(name for name in every if name in wanted or REGULARIZERS[name].shared)
