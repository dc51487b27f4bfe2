"""The verdict as an object that prints as sentences, and what it stands on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from posology.inference import sentences
from posology.inference.stopping import Ending
from posology.levers import beyond_the_scale
from posology.plan import arm_name
from posology.scoring import in_words
from posology.working_time import WorkingTime

if TYPE_CHECKING:
    import pandas as pd

    from posology.result import StudyResult


@dataclass(frozen=True)
class VerdictText:
    """The verdict in words.

    Parameters
    ----------
    kind : str
        "combine", "use alone", "equivalent" or "not enough evidence".
    arm : str
        The arm to use.
    sentences : tuple of str
    result : StudyResult
        Where it comes from.
    """

    kind: str
    arm: str
    sentences: tuple[str, ...]
    result: "StudyResult" = field(repr=False)

    @classmethod
    def of(cls, result: "StudyResult") -> "VerdictText":
        """Say what a result is: the verdict, what trees, the network as written and a cocktail add to it."""
        analysis = result.analysis
        strengths = {row.arm: in_words(row.strengths) for row in result.arms}
        strengths[result.prescription.arm] = in_words(result.prescription.strengths)
        groups = (result.facts["groups"] or {}).get("count")
        said = sentences(analysis, strengths, rows=result.facts["rows"], groups=groups)
        if result.levers:
            unit = analysis.measure.words
            if trees := result.levers.sentence(analysis.verdict.margin, unit):
                said.insert(1, trees)
            # the sentences between are about arms, and "better" and "it" in them too
            scale = beyond_the_scale(result.facts, result.prescription.target_scale)
            if own := result.levers.as_written(unit, scale):
                said.append(own)
        if result.cocktail and result.cocktail.factorial:
            said.append(result.cocktail.factorial.sentence)
        return cls(analysis.verdict.kind.value, arm_name(result.prescription.arm), tuple(said), result)

    def __str__(self) -> str:
        """Say it, a sentence a line: it is printed where lines are not broken."""
        return "\n".join([*self.sentences, evidence(self.result)])

    def to_dict(self) -> dict[str, Any]:
        """Give the verdict as JSON types."""
        return self.result.to_dict(timing=False)["verdict"]

    def to_frame(self) -> "pd.DataFrame":
        """Give the table of arms, best first."""
        return self.result.to_frame()


def evidence(result: "StudyResult") -> str:
    """Say what the verdict stands on, in one line: see `stands_on`."""
    design = result.settings.design
    return stands_on(result.facts, result.networks, result.worked, design.estimand, stops=design.patience is not None)


def stands_on(study: Mapping[str, Any], networks: int, worked: WorkingTime, estimand: str, *, stops: bool) -> str:
    """Say the number of resamples, of networks, the time, and what kind of network is judged."""
    stopping = "early stopping in every arm" if stops else "no early stopping"
    looks = study["stopping"]
    early = f" ({looks['sentence']})" if looks["ended"] != Ending.ALL_REPEATS else ""
    return (
        f"{study['resamples']} resamples{early}, {networks:,} networks trained, {worked.words()}; "
        f"about {estimand}, {stopping}."
    )
