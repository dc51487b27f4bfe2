"""Which sites are studied, by name; plain data, so that a command can make it without Keras."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(frozen=True)
class Choice:
    """Which sites are studied; the others stay as the network has them, in every arm.

    Parameters
    ----------
    every : bool
        Also the places where the network has nothing, beside its own.
    include, exclude : tuples of str
        Patterns of layer paths, such as "dense_1", "block/*" (`fnmatch`); all are included when none is given.

    Examples
    --------
    >>> Choice(include=("block/*",), exclude=("*/last",)).takes("block/first")
    True
    """

    every: bool = False
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Choice":
        """Read what `dataclasses.asdict` gave, after a journey through JSON."""
        return cls(data["every"], tuple(data["include"]), tuple(data["exclude"]))

    def takes(self, path: str) -> bool:
        """Tell whether a layer's sites are studied."""
        wanted = not self.include or any(fnmatchcase(path, p) for p in self.include)
        return wanted and not any(fnmatchcase(path, p) for p in self.exclude)


ALL = Choice()
