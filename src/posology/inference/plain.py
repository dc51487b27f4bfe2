"""Parts of an analysis as JSON types."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from posology.inference.covariance import Losses
from posology.inference.rivalry import Rivalry
from posology.inference.verdict import Arm, Verdict


def canonical_order(arms: Sequence[Arm]) -> list[int]:
    """Order arms by size, then name: one order for every permutation of the same family.

    Examples
    --------
    >>> canonical_order([("l1", "dropout"), ("l1",), ()])
    [2, 1, 0]
    """
    return sorted(range(len(arms)), key=lambda i: (len(arms[i]), sorted(arms[i])))


def in_canonical_order(losses: Losses, arms: Sequence[Arm]) -> tuple[list[int], Losses, list[Arm]]:
    """Give the canonical order of arms, and losses and arms in it: draws depend on the order of arms.

    So every permutation of the same study gets the same numbers.
    """
    order = canonical_order(arms)
    return order, np.ascontiguousarray(losses[order], dtype=float), [tuple(arms[i]) for i in order]


def name_of(arm: Arm) -> str:
    """Name an arm in a key."""
    return "+".join(arm) or "none"


def verdict_dict(verdict: Verdict) -> dict[str, Any]:
    """Give a verdict with named arms."""
    return {
        "kind": verdict.kind.value,
        "rule": verdict.rule,
        "arm": name_of(verdict.arm),
        "open_combination": verdict.open_combination,
        "could_be_best": [name_of(a) for a in verdict.could_be_best],
        "margin": verdict.margin,
        "distance_from_line": verdict.distance,
        "nearest_arm": name_of(verdict.nearest),
    }


def rivalry_dict(rivalry: Rivalry | None) -> dict[str, Any] | None:
    """Give a rivalry with named arms."""
    if rivalry is None:
        return None
    return {**asdict(rivalry), "combination": name_of(rivalry.combination), "single": name_of(rivalry.single)}


def plain(value: Any) -> Any:
    """Turn NumPy numbers into Python's and not-finite ones into None, at any depth."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return value
