"""How long a study has worked: the sum over the sessions that carried it out, which its folder remembers."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from posology.durations import in_words
from posology.files import json_at


@dataclass(frozen=True)
class WorkingTime:
    """The time that sessions worked on one study, what lay between them left out.

    Parameters
    ----------
    seconds : float
        Of all sessions together.
    sessions : int
        How many they were; a study that nothing stopped has one.
    complete : bool
        False where an earlier posology, which kept only its last session, began the study: then it was longer.

    Examples
    --------
    >>> WorkingTime(40.0, 1).words(), WorkingTime(65.0, 2).words(), WorkingTime(65.0, 2, False).words()
    ('40 s', '1 min 5 s in 2 sessions', 'at least 1 min 5 s')
    """

    seconds: float = 0.0
    sessions: int = 0
    complete: bool = True

    @classmethod
    def of(cls, run: Mapping[str, Any]) -> "WorkingTime":
        """Take it from run.json or progress.json, also of an earlier posology."""
        if "sessions" not in run:
            return cls(float(run.get("seconds", 0.0)), 1)
        return cls(float(run["seconds"]), int(run["sessions"]), bool(run["complete"]))

    @classmethod
    def before(cls, folder: Path) -> "WorkingTime":
        """Give what earlier sessions worked on the study of a folder: nothing where none trained anything."""
        kept = [content for name in ("run.json", "progress.json") if (content := _read(folder / name))]
        known = [cls.of(content) for content in kept if "sessions" in content]
        if known:
            return max(known, key=lambda worked: worked.seconds)
        if not kept and not any((folder / "packs").glob("*.npz")):
            return cls()
        return cls(max((float(content.get("seconds", 0.0)) for content in kept), default=0.0), 1, complete=False)

    def and_one_of(self, seconds: float) -> "WorkingTime":
        """Add a session of so many seconds."""
        return WorkingTime(self.seconds + seconds, self.sessions + 1, self.complete)

    def words(self) -> str:
        """Say it."""
        if not self.complete:
            return f"at least {in_words(self.seconds)}"
        return in_words(self.seconds) + (f" in {self.sessions} sessions" if self.sessions > 1 else "")

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON types."""
        return {**asdict(self), "seconds": round(self.seconds, 1)}


def tells_time(content: Any) -> bool:
    """Tell whether JSON is what `WorkingTime.of` reads.

    Examples
    --------
    >>> tells_time({"seconds": 40.0}), tells_time({"seconds": -1}), tells_time({"sessions": 2}), tells_time([40.0])
    (True, False, False, False)
    """
    if not isinstance(content, Mapping) or ("sessions" in content and not {*_NUMBERS} <= {*content}):
        return False
    numbers = [content.get(name, 0) for name in _NUMBERS]
    return all(isinstance(number, int | float) and 0 <= number < math.inf for number in numbers)


def _read(path: Path) -> dict[str, Any]:
    """Read what is there and whole: a study goes on without it too."""
    content = json_at(path)
    return dict(content) if tells_time(content) else {}


_NUMBERS = ("seconds", "sessions", "complete")
