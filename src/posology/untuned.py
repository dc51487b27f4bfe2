"""The network with a default dropout, trained without a study: where there are too few rows to compare anything."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from posology.execution import Job, Pool
from posology.execution.staff import Staff
from posology.plan import ALL_ROWS, REFIT, Member, Pack, arm_name
from posology.prescription import Prescription
from posology.scratch import scratch_folder
from posology.settings import Settings
from posology.table import Table

RATE = 0.2
"""Of every Dropout that is used unseen: what fully connected networks are most often given."""


@dataclass(frozen=True)
class UntunedVerdict:
    """The verdict where nothing was compared; it has the words of `result.VerdictText`.

    Parameters
    ----------
    arm : str
        What is used.
    sentences : tuple of str
    """

    arm: str
    sentences: tuple[str, ...]
    kind: str = "not enough evidence"

    def __str__(self) -> str:
        """Say it."""
        return " ".join(self.sentences)

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON types."""
        return {"kind": self.kind, "arm": self.arm, "sentences": list(self.sentences)}


def train_untuned(
    table: Table, settings: Settings, folder: Path, staff: Staff, reason: str
) -> tuple[Prescription, UntunedVerdict]:
    """Train the network on all rows, every Dropout at `RATE`, for all epochs, and keep it, or the average, in a folder.

    Parameters
    ----------
    table : Table
    settings : Settings
    folder : Path
        Gets `model.keras` and the preparation, as a study's.
    staff : Staff
    reason : str
        Why nothing is compared: a clause that can follow "Not enough evidence:".

    Raises
    ------
    InputError
        The network cannot be trained on such a table.
    """
    design = settings.design
    folder.mkdir(parents=True, exist_ok=True)
    with scratch_folder() as scratch:
        table.save(scratch / "table.feather")
        job = Job(
            str(scratch / "table.feather"),
            settings.source,
            table.n_rows,
            design,
            tuple(settings.strengths()),
            str(scratch),
            uneven=(1, table.n_rows),
            score=settings.score,
        )
        with Pool(job, 1, scratch, staff=staff, proves=False) as pool:
            sites = len(pool.describe()["dropouts"])
            arm = ("dropout",) if sites and ("dropout",) in design.arms else ()
            setting = dict.fromkeys(arm, (RATE,) * sites)
            first = Member(arm, 0, 0, setting, design.epochs, design.epochs + 1)
            members = tuple(replace(first, seed=seed) for seed in range(design.ensemble))
            out = pool.finish(Pack("untuned", ALL_ROWS, 0, REFIT, members), folder)
    prescription = Prescription.kept(arm, setting, design.epochs, out["lines"], folder)
    used = f"dropout {RATE}" if arm else "no regularizer"
    said = (f"Not enough evidence: {reason}.", f"Used {used} as default, untuned.")
    return prescription, UntunedVerdict(arm_name(arm), said)
