"""What a worker must know before it can train packs of a study; plain data, sent once."""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Int

from posology.network.source import NetworkSource
from posology.plan import ALL_ROWS, REFIT, Member, Pack
from posology.resampling import inner_split, outer_folds

ALL_ROWS_SPLITS = 5
"""Inner splits of the fit for the prescription: each row is watched once, so that its choice is steadier."""


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
    folds, repeats, inner_splits, batch_size, epochs, seed
        As in `plan.Design`.
    regularizers : tuple of str
        Those of the arms: the program has no others.
    scratch : str
        Folder that the study's workers share while it runs.
    """

    table: str
    source: NetworkSource
    rows: int
    folds: int
    repeats: int
    inner_splits: int
    batch_size: int
    epochs: int
    seed: int
    regularizers: tuple[str, ...]
    scratch: str

    def to_dict(self) -> dict[str, Any]:
        """Give the job as JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Job":
        """Read what `to_dict` gave."""
        return replace(cls(**data), source=NetworkSource(**data["source"]), regularizers=tuple(data["regularizers"]))

    def rows_of(self, pack: Pack) -> tuple[Int[np.ndarray, " fit"], Int[np.ndarray, " watched"]]:
        """Give the rows that a pack's members are trained on, and those on which they are watched or scored."""
        every = np.arange(self.rows)
        if pack.repeat == ALL_ROWS:
            if pack.split == REFIT:
                return every, every[:1]
            return inner_split(every, pack.split, ALL_ROWS_SPLITS, self.seed, ALL_ROWS, 0)
        fold = outer_folds(self.rows, self.folds, self.repeats, self.seed)[pack.repeat]
        outside, inside = every[fold == pack.fold], every[fold != pack.fold]
        if pack.split == REFIT:
            return inside, outside
        return inner_split(inside, pack.split, self.inner_splits, self.seed, pack.repeat, pack.fold)

    def watched_capacity(self) -> int:
        """Most rows that any pack watches: all packs share one compiled shape."""
        inner_parts = max(self.inner_splits, 4)
        inside = self.rows - self.rows // self.folds
        return max(-(-self.rows // self.folds), -(-inside // inner_parts), -(-self.rows // ALL_ROWS_SPLITS))

    def fewest_fit_rows(self) -> int:
        """Fewest rows that any member is trained on: no batch can be larger."""
        inside = self.rows - (-(-self.rows // self.folds))
        return inside - (-(-inside // max(self.inner_splits, 4)))

    def batch(self) -> int:
        """Rows a step: as asked, or all rows of the smallest fit where it has fewer."""
        return min(self.batch_size, self.fewest_fit_rows())


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
        )
        for m in data["members"]
    )
    return Pack(data["name"], data["repeat"], data["fold"], data["split"], members)
