"""What a worker must know before it can train packs of a study; plain data, sent once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Int

from posology.errors import InputError
from posology.network.choice import ALL, Choice
from posology.network.source import NetworkSource
from posology.plan import ALL_ROWS, REFIT, Design, Member, Pack
from posology.resampling import inner_split, outer_fold

ALL_ROWS_SPLITS = 5
"""Inner splits of the fit for the prescription: each row is watched once, so that its choice is steadier."""
FITS_KEPT = 6
"""Fits on disk at a time: packs come fit by fit, a few fits at once. One that is missed is prepared again."""


@dataclass(frozen=True)
class Job:
    """The constants of a study that training needs.

    Parameters
    ----------
    table : str
        Path of the Feather file of the table.
    source : NetworkSource
        What builds the network.
    rows : int
        Rows of the table.
    design : Design
    regularizers : tuple of str
        Those of the arms: the program has no others.
    inputs : dict
        Columns of the network's inputs, as far as the user names them.
    choice : Choice
        Which sites are studied.
    uneven : tuple of int, optional
        Where groups make splits uneven, the most rows that a pack watches and the fewest that it fits on.
    scratch : str
        Folder that the study's workers share while it runs.
    fingerprint : str
        Of what builds the network; a worker that finds another one refuses. Empty where nobody minds.
    score : str or None
        What the study is about, which posology's own networks learn.
    """

    table: str
    source: NetworkSource
    rows: int
    design: Design
    regularizers: tuple[str, ...]
    scratch: str
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choice: Choice = ALL
    uneven: tuple[int, int] | None = None
    fingerprint: str = ""
    score: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the job as JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Job":
        """Read what `to_dict` gave."""
        parts = {
            "source": NetworkSource(**data["source"]),
            "design": Design.from_dict(data["design"]),
            "regularizers": tuple(data["regularizers"]),
            "inputs": {name: tuple(columns) for name, columns in data["inputs"].items()},
            "choice": Choice.from_dict(data["choice"]),
            "uneven": data["uneven"] and tuple(data["uneven"]),
        }
        return cls(**{**data, **parts})

    def rows_of(
        self,
        pack: Pack,
        strata: Int[np.ndarray, "row *label"] | None = None,
        groups: Int[np.ndarray, " row"] | None = None,
    ) -> tuple[Int[np.ndarray, " fit"], Int[np.ndarray, " watched"]]:
        """Give the rows that a pack's members are trained on, and those on which they are watched or scored.

        Parameters
        ----------
        pack : Pack
        strata : int array (row,) or (row, label), optional
            Class of each row of the table, or the labels that it has, in which the splits then agree.
        groups : int array (row,), optional
            Group of each row of the table, whose rows share a part of every split.
        """
        every, design = np.arange(self.rows), self.design
        if pack.repeat == ALL_ROWS:
            if pack.split == REFIT:
                return every, every[:1]
            return inner_split(
                every, pack.split, ALL_ROWS_SPLITS, design.seed, ALL_ROWS, 0, strata=strata, groups=groups
            )
        fold = outer_fold(self.rows, design.folds, pack.repeat, design.seed, strata, groups)
        outside, inside = every[fold == pack.fold], every[fold != pack.fold]
        if pack.split == REFIT:
            return inside, outside
        where = (design.seed, pack.repeat, pack.fold)
        inner = {"strata": strata, "groups": groups}
        of_these = {name: None if values is None else values[inside] for name, values in inner.items()}
        return inner_split(inside, pack.split, design.inner_parts, *where, **of_these)

    def measured(self, groups: Int[np.ndarray, " row"]) -> "Job":
        """Give the job with the sizes of its splits, which groups make uneven.

        Raises
        ------
        InputError
            A split has nothing to fit on or to watch: few groups have nearly all rows.
        """
        design = self.design
        fits = [
            (r, f, s) for r in range(design.repeats) for f in range(design.folds) for s in range(design.inner_splits)
        ]
        fits += [(ALL_ROWS, 0, split) for split in range(ALL_ROWS_SPLITS)]
        fits += [(r, f, REFIT) for r in range(design.repeats) for f in range(design.folds)]
        sizes = [tuple(map(len, self.rows_of(Pack("", *where, ()), groups=groups))) for where in fits]
        if min(map(min, sizes)) < 2:
            raise InputError(
                "A split of whole groups leaves fewer than two rows to fit on or to watch: few groups have nearly all "
                "rows. Use fewer --folds or --inner-splits, or smaller groups."
            )
        return replace(self, uneven=(max(watched for _, watched in sizes), min(fit for fit, _ in sizes)))

    def watched_capacity(self) -> int:
        """Most rows that any pack watches: all packs share one compiled shape."""
        if self.uneven:
            return self.uneven[0]
        folds, inside = self.design.folds, self.rows - self.rows // self.design.folds
        return max(-(-self.rows // folds), -(-inside // self.design.inner_parts), -(-self.rows // ALL_ROWS_SPLITS))

    def scratch_bytes(self, width: int) -> int:
        """Bound what prepared rows of so many columns take in `scratch` while the study runs, as float32."""
        fits = self.design.resamples * (self.design.inner_splits + 1)
        return 4 * (width + 2) * self.rows * min(fits, FITS_KEPT)

    def fewest_fit_rows(self) -> int:
        """Fewest rows that any member is trained on: no batch can be larger."""
        if self.uneven:
            return self.uneven[1]
        inside = self.rows - (-(-self.rows // self.design.folds))
        return inside - (-(-inside // self.design.inner_parts))

    def batch(self) -> int:
        """Rows a step: as asked, or all rows of the smallest fit where it has fewer."""
        return min(self.design.batch_size, self.fewest_fit_rows())


def pack_to_dict(pack: Pack) -> dict[str, Any]:
    """Give a pack as JSON types."""
    return asdict(pack)


def pack_from_dict(data: dict[str, Any]) -> Pack:
    """Read what `pack_to_dict` gave, after a journey through JSON."""
    members = tuple(
        Member(
            tuple(m["arm"]),
            m["trial"],
            m["seed"],
            {k: tuple(v) for k, v in m["setting"].items()},
            m["epochs"],
            m["patience"],
            m["until"],
            m["begins"],
            tuple(m["reductions"]),
            tuple(m["scored_at"]),
        )
        for m in data["members"]
    )
    return Pack(data["name"], data["repeat"], data["fold"], data["split"], members)
