"""The classes of a study's target beside its network: their names, and how its outputs become probabilities."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from posology.errors import InputError
from posology.files import parsed_json, read_small

FILE = "classes.json"
MOST_BYTES = 2**28
AGAIN = "Copy the folder from the study again."


@dataclass(frozen=True)
class Classes:
    """What a network's outputs say.

    Parameters
    ----------
    names : tuple of str
        Of the classes, in the order of the probabilities.
    logits : bool
        Whether outputs become probabilities by a sigmoid (one output) or a softmax (one a class).
    """

    names: tuple[str, ...]
    logits: bool

    def save(self, folder: Path) -> None:
        """Write `classes.json` into a folder."""
        (folder / FILE).write_text(json.dumps({"format": "posology classes 1", **asdict(self)}, indent=1))

    @classmethod
    def load(cls, folder: Path) -> "Classes | None":
        """Read what `save` wrote; None where the target is a number, so that there is nothing to read.

        Raises
        ------
        InputError
            The file is damaged.
        """
        path = folder / FILE
        if not path.is_file():
            return None
        data = parsed_json(read_small(path, MOST_BYTES, AGAIN), path, AGAIN)
        try:
            return cls(tuple(data["names"]), data["logits"])
        except (TypeError, KeyError) as error:
            raise InputError(f"'{path}' is damaged ({type(error).__name__}). {AGAIN}") from error


def columns_of(target: str, names: Sequence[str]) -> list[str]:
    """Name the columns of predictions of classes: the class, then a probability for each.

    Examples
    --------
    >>> columns_of("sort", ["oat", "rye"])
    ['predicted_sort', 'probability_oat', 'probability_rye']
    """
    return [f"predicted_{target}", *(f"probability_{name}" for name in names)]
