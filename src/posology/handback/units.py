"""A strength in the units of other libraries.

Keras adds λ1·Σ|w| + λ2·Σw² to the *mean* loss of a batch. What others minimize, and so what the same strength is there:

==============================  ==================================================  =================================
library                         objective                                           the same strength
==============================  ==================================================  =================================
torch SGD, Adam                 loss; `weight_decay`·w is added to its gradient     weight_decay = 2·λ2
torch AdamW                     w is scaled by 1 - lr·`weight_decay`, past Adam     none: no loss has that gradient
scikit-learn MLPRegressor       ½·mean r² + `alpha`/(2·n)·Σw², n rows of a batch    alpha = n·λ2
scikit-learn MLPClassifier      log loss + `alpha`/(2·n)·Σw², n rows of a batch     alpha = 2·n·λ2
scikit-learn Ridge              Σr² + `alpha`·Σw², n rows of the table              alpha = n·λ2
scikit-learn Lasso              Σr²/(2·n) + `alpha`·Σ|w|                            alpha = λ1/2
scikit-learn ElasticNet         Σr²/(2·n) + `alpha`·(ρ·Σ|w| + ½·(1 - ρ)·Σw²)        alpha = λ1/2 + λ2
==============================  ==================================================  =================================

for a mean squared error r², or a crossentropy where it says log loss, and for the kernels alone: torch's `weight_decay`
also acts on biases unless they are given in a parameter group of their own with weight_decay=0. MLPRegressor's whole
objective is half of Keras', which Adam does not see; plain SGD needs twice the learning rate. A dropout rate is the
same number everywhere: the share dropped.

A strength belongs to a scale of the target: those of a study of numbers are for the standardized one.

Of m targets that one network predicts, Keras' loss is the mean and scikit-learn's the sum: its alphas are m times those
above.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from posology.table.targets import classes_of, targets_of
from posology.wording import counted


def torch_weight_decay(l2: float) -> float:
    """Give `weight_decay` of torch's SGD and Adam for Keras' L2(λ): 2·λ.

    Their gradient gets weight_decay·w, that of λ·Σw² is 2·λ·w.

    Examples
    --------
    >>> torch_weight_decay(0.01)
    0.02
    """
    return 2 * l2


def mlp_alpha(l2: float, batch_size: int, targets: int = 1) -> float:
    """Give `alpha` of scikit-learn's MLPRegressor for Keras' L2(λ) beside a mean squared error: n·λ, n rows a batch.

    One alpha is for all kernels. Of m `targets` it is m·n·λ.

    Examples
    --------
    >>> mlp_alpha(0.01, batch_size=32)
    0.32
    """
    return targets * batch_size * l2


def mlp_classifier_alpha(l2: float, batch_size: int, targets: int = 1) -> float:
    """Give `alpha` of scikit-learn's MLPClassifier for Keras' L2(λ) beside a crossentropy: 2·n·λ, n rows a batch.

    Of m `targets`, which are labels then, it is 2·m·n·λ.

    Examples
    --------
    >>> mlp_classifier_alpha(0.01, batch_size=32)
    0.64
    """
    return 2 * targets * batch_size * l2


def ridge_alpha(l2: float, rows: int) -> float:
    """Give `alpha` of scikit-learn's Ridge for Keras' L2(λ) on a linear network: n·λ, n rows of the table.

    Examples
    --------
    >>> ridge_alpha(0.01, rows=1000)
    10.0
    """
    return rows * l2


def lasso_alpha(l1: float) -> float:
    """Give `alpha` of scikit-learn's Lasso for Keras' L1(λ) on a linear network: λ/2.

    Examples
    --------
    >>> lasso_alpha(0.01)
    0.005
    """
    return l1 / 2


def elastic_net(l1: float, l2: float) -> tuple[float, float]:
    """Give `alpha` and `l1_ratio` of scikit-learn's ElasticNet for Keras' L1L2(λ1, λ2) on a linear network.

    alpha = λ1/2 + λ2, and l1_ratio is the share of the first term; 0 where there is no penalty at all.

    Examples
    --------
    >>> elastic_net(0.02, 0.03)
    (0.04, 0.25)
    """
    alpha = l1 / 2 + l2
    return alpha, l1 / 2 / alpha if alpha else 0.0


def units_of(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List the prescription's strengths, a row a site, in Keras', torch's and scikit-learn's units.

    Parameters
    ----------
    verdict : mapping
        `StudyResult.to_dict()`, or verdict.json.

    Returns
    -------
    list of dict
        `site`, `keras_l1`, `keras_l2`, `torch_weight_decay` (SGD and Adam), `sklearn_alpha` (MLPRegressor, or
        MLPClassifier, at the study's batch size), `dropout` (everywhere the same); None where it has no meaning.
    """
    study, strengths = verdict["study"], verdict["prescription"]["strengths"]
    batch, alpha = batch_of(verdict), mlp_classifier_alpha if classes_of(study) else mlp_alpha
    kernels, drops = study["kernels"], study["dropouts"]
    l1, l2 = (strengths.get(name) or [0.0] * len(kernels) for name in ("l1", "l2"))
    rates = strengths.get("dropout") or [0.0] * len(drops)
    targets = len(targets_of(study)) or 1
    pairs = zip(kernels, l1, l2, strict=True)
    rows = [_kernel_row(_named(s), a, b, alpha(b, batch, targets)) for s, a, b in pairs]
    return rows + [{**_NOTHING, "site": s["layer"], "dropout": p} for s, p in zip(drops, rates, strict=True)]


def batch_of(verdict: Mapping[str, Any]) -> int:
    """Give the rows of a batch: as asked, or all rows of the table where it has fewer."""
    return min(verdict["settings"]["design"]["batch_size"], verdict["study"]["rows"])


_NOTHING = dict.fromkeys(("site", "keras_l1", "keras_l2", "torch_weight_decay", "sklearn_alpha", "dropout"))


def _kernel_row(site: str, l1: float, l2: float, alpha: float) -> dict[str, Any]:
    converted = {"torch_weight_decay": torch_weight_decay(l2), "sklearn_alpha": alpha}
    return {**_NOTHING, "site": site, "keras_l1": l1, "keras_l2": l2, **converted}


def _named(site: Mapping[str, Any]) -> str:
    """Name the layer, and its argument where that is not the plain kernel's."""
    plain = site["argument"] == "kernel_regularizer"
    return site["layer"] if plain else f"{site['layer']}.{site['argument'].removesuffix('_regularizer')}"


def comments(verdict: Mapping[str, Any]) -> list[str]:
    """Write the L2 strengths in other libraries' units, as comments of Python; none where no L2 is prescribed."""
    rows = [row for row in units_of(verdict) if row["keras_l2"]]
    if not rows:
        return []
    batch, classes = counted(batch_of(verdict), "row"), bool(classes_of(verdict["study"]))
    loss = "crossentropy" if classes else "target standardized, mean squared error"
    return [
        f"# The same L2 elsewhere, on kernels alone ({loss}):",
        *(_comment(row) for row in rows),
        *_several_alphas(rows),
        f"# sklearn: {'MLPClassifier' if classes else 'MLPRegressor'}(alpha=), in batches of {batch}.",
        "# torch: weight_decay of SGD and Adam; that of AdamW is no L2 penalty.",
    ]


def _comment(row: Mapping[str, Any]) -> str:
    return (
        f"#   {row['site']}: Keras L2({row['keras_l2']:.3g}) = torch weight_decay={row['torch_weight_decay']:.3g} = "
        f"sklearn alpha={row['sklearn_alpha']:.3g}"
    )


def _several_alphas(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    several = len({row["sklearn_alpha"] for row in rows}) > 1
    return ["# scikit-learn has one alpha for all kernels: these strengths cannot be written there."] if several else []
