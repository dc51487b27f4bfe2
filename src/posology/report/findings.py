"""What a report is made of: a study's verdict.json, evidence.json and run.json, read or handed over."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posology.inference import R2, Measure, measure_named, training_measure
from posology.outcome_files import read_of_its_end, read_run
from posology.regularizers import REGULARIZERS
from posology.study_json import read_settings
from posology.table.targets import classes_of, targets_of

if TYPE_CHECKING:
    from posology.result import StudyResult


@dataclass(frozen=True)
class Findings:
    """The numbers of one study, as JSON types.

    Parameters
    ----------
    verdict : mapping
        As verdict.json; docs/json.md.
    evidence : mapping
        As evidence.json.
    run : mapping
        As run.json: `seconds`, `sessions`, `complete`, `folder`.
    held : mapping
        As study.json: `table`, `target`, `task`, `groups`, `drop`, `versions`.
    """

    verdict: Mapping[str, Any]
    evidence: Mapping[str, Any]
    run: Mapping[str, Any]
    held: Mapping[str, Any]

    @classmethod
    def of(cls, result: "StudyResult") -> "Findings":
        """Take them from a result."""
        parts = result.to_dict(timing=False), result.evidence, result.timing()
        # as read back from the folder, so that both ways give the same report
        verdict, evidence, run = (json.loads(json.dumps(part, sort_keys=True)) for part in parts)
        return cls(verdict, evidence, run, read_settings(result.folder))

    @classmethod
    def read(cls, folder: Path) -> "Findings":
        """Read them from a study's folder.

        Raises
        ------
        InputError
            No study there, one that is not finished, or a damaged file.
        """
        held = read_settings(folder)
        verdict, evidence = (read_of_its_end(folder, name) for name in ("verdict.json", "evidence.json"))
        return cls(verdict, evidence, read_run(folder), held)

    @property
    def arms(self) -> list[str]:
        """Names of the arms, best first."""
        return [row["arm"] for row in self.verdict["arms"]]

    @property
    def regularizers(self) -> list[str]:
        """Names of the regularizers that were searched, in the package's order."""
        return in_order(self.evidence["ranges"])

    @property
    def advised(self) -> str:
        """Name of the advised arm."""
        return str(self.verdict["prescription"]["arm"])

    @property
    def margin(self) -> float:
        """Differences below it do not matter."""
        return float(self.verdict["verdict"]["margin"])

    @property
    def classes(self) -> list[str]:
        """Names of the classes of the target; empty where it is a number. Those of each label are "0" and "1"."""
        return list(classes_of(self.verdict["study"]))

    @property
    def targets(self) -> list[str]:
        """Names of the targets where there are several; empty where there is one."""
        return list(targets_of(self.verdict["study"]))

    @property
    def measure(self) -> Measure:
        """What the verdict is about."""
        asked = self.verdict["settings"]["score"]
        return self.measure_of(asked or ("log_loss" if self.classes else R2.name))

    def measure_of(self, name: str) -> Measure:
        """Give the measure of a name, of numbers or of classes."""
        return measure_named(name, len(self.classes), several=bool(self.targets))

    @property
    def gap_unit(self) -> str:
        """The score of training rows, of gaps and of what networks withstand."""
        return training_measure(len(self.classes), several=bool(self.targets)).words

    def row(self, arm: str) -> dict[str, Any]:
        """Give the line of an arm."""
        return next(row for row in self.verdict["arms"] if row["arm"] == arm)

    def score(self, arm: str) -> float:
        """Give the score of an arm."""
        return float(self.row(arm)[self.measure.key])

    @property
    def factors(self) -> list[str]:
        """What arms are made of, in the order of the arms' own names."""
        found = sorted((parts_of(arm) for arm in self.arms), key=len, reverse=True)
        return list(dict.fromkeys(name for parts in found for name in parts))

    def leading(self, most: int) -> list[str]:
        """Give at most so many arms for charts of lines: none and the advised one, then the best; best first."""
        wanted = [arm for arm in ("none", self.advised) if arm in self.arms]
        chosen = list(dict.fromkeys([*wanted, *self.arms]))[:most]
        return [arm for arm in self.arms if arm in chosen]


def in_order(names: Iterable[str]) -> list[str]:
    """Put regularizers into the package's order; JSON has sorted them.

    Examples
    --------
    >>> in_order(["dropout", "l1", "l2"])
    ['l1', 'l2', 'dropout']
    """
    known = list(REGULARIZERS)
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def parts_of(arm: str) -> tuple[str, ...]:
    """Give the factors of an arm's name.

    Examples
    --------
    >>> parts_of("none"), parts_of("l1+dropout")
    ((), ('l1', 'dropout'))
    """
    return () if arm == "none" else tuple(arm.split("+"))
