"""The last step of a study: the advised arm tuned on all rows, and its network trained there and kept."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from posology.execution import ALL_ROWS_SPLITS
from posology.execution.job import pack_from_dict, pack_to_dict
from posology.handback.bundle import FILES
from posology.outcome_files import NETWORK, has_network
from posology.plan import ALL_ROWS, REFIT, Arm, Design, Pack, arm_name, refit_members, tune
from posology.prescription import Prescription
from posology.seals import file_seals, sealed, unsealed
from posology.training import Training

Stage = Callable[[str], None]
"""Told what is being done."""


def prescribe(training: Training, study: Design, arm: Arm, stage: Stage, *, classes: bool) -> Prescription:
    """Tune an arm on all rows by inner cross-validation, and train its network there.

    Parameters
    ----------
    training : Training
        Of the study's packs.
    study : Design
    arm : Arm
        The advised one.
    stage : callable
        Told what is being done.
    classes : bool
        Whether the target is classes: their names belong to the network.
    """
    stage(f"tuning {arm_name(arm)} on all rows")
    design, parts = replace(study, inner_splits=ALL_ROWS_SPLITS), _parts(study, arm)
    procedure = tune(design, training.space, ALL_ROWS, 0, training.pack_size, parts)
    training.tally.expect(prescription_networks(study, arm))
    # the budget is for the evidence; what it bought is not thrown away for want of a last step
    ((_, tuned),) = training.driven(iter([("all", procedure)]), unhurried=True)
    members = tuple(refit_members(design, tuned[arm])[: design.ensemble])
    out = _finished(training, Pack("all-refit", ALL_ROWS, 0, REFIT, members), stage, classes=classes)
    member = members[0]
    return Prescription.kept(arm, member.setting, member.epochs, out["lines"], training.record.folder)


def prescription_networks(study: Design, arm: Arm | None = None) -> int:
    """Give how many networks the prescription of an arm takes; where no arm is known yet, at most."""
    arms = study.arms if arm is None else _parts(study, arm)
    return sum(map(replace(study, inner_splits=ALL_ROWS_SPLITS).trainings, arms))


def _parts(study: Design, arm: Arm) -> list[Arm]:
    return [a for a in study.arms if set(a) <= set(arm) and (a or not arm)]


def _finished(training: Training, pack: Pack, stage: Stage, *, classes: bool) -> dict[str, Any]:
    """Train the tuned network, unless an earlier run left the same one."""
    record = training.record
    kept, study = record.read_json(NETWORK), record.held.get("id")
    if _is_of(kept, pack, study) and has_network(record.folder, kept, classes=classes):
        return dict(kept)
    stage("training the tuned network on all rows")
    out = {**training.pool.finish(pack, record.folder), "pack": pack_to_dict(pack), "study": study}
    record.write_json(NETWORK, sealed({**out, "files": file_seals(record.folder, FILES)}))
    return out


def _is_of(kept: Any, pack: Pack, study: str | None) -> bool:
    """Tell whether packs/all-refit.json tells of this network of this study."""
    try:
        return unsealed(kept) is not None and kept.get("study") == study and pack_from_dict(kept["pack"]) == pack
    except (KeyError, TypeError, AttributeError):
        return False
