"""What a study found as JSON types: verdict.json, `--json` and `StudyResult.to_dict`; docs/json.md describes it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import posology
from posology.inference import Measure
from posology.inference.plain import plain
from posology.plan import Arm, arm_name

if TYPE_CHECKING:
    from posology.result import StudyResult

SCHEMA = 1
"""Of verdict.json."""


def verdict_json(result: "StudyResult", *, timing: bool) -> dict[str, Any]:
    """Give everything; without `timing`, equal studies give equal content."""
    analysis = result.analysis.to_dict()
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "posology": posology.__version__,
        "verdict": {
            **analysis.pop("verdict"),
            "estimand": result.settings.design.estimand,
            "sentences": list(result.verdict.sentences),
        },
        "arms": [
            {**row.to_dict(result.analysis.measure), **_bounds(analysis, row.arm, result.analysis.measure)}
            for row in result.arms
        ],
        "prescription": {**asdict(result.prescription), "arm": arm_name(result.prescription.arm)},
        "substitution": {f"{arm_name(a)}: {name}": asdict(c) for (a, name), c in result.substitutions.items()},
        "levers": result.levers.to_dict() if result.levers else None,
        "behaviour": result.behaviour.to_dict() if result.behaviour else None,
        "cocktail": result.cocktail.to_dict() if result.cocktail else None,
        "analysis": {k: v for k, v in analysis.items() if k != "arms"},
        "study": {**result.facts, "networks": result.networks},
        "settings": result.settings.to_dict(),
    }
    return plain({**out, "run": result.timing()} if timing else out)


def _bounds(analysis: dict[str, Any], arm: Arm, measure: Measure) -> dict[str, Any]:
    return {k: analysis["arms"][arm_name(arm)][k] for k in ("lower", "upper", f"shrunken_{measure.key}")}
