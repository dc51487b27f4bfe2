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
    labels : bool
        Whether they are labels, of which a row has any or none: each has an output, and a sigmoid of its own.
    """

    names: tuple[str, ...]
    logits: bool
    labels: bool = False

    def save(self, folder: Path) -> None:
        """Write `classes.json` into a folder."""
        about = {name: value for name, value in asdict(self).items() if name != "labels" or value}
        (folder / FILE).write_text(json.dumps({"format": "posology classes 1", **about}, indent=1))

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
            return cls(tuple(data["names"]), data["logits"], bool(data.get("labels", False)))
        except (TypeError, KeyError, AttributeError) as error:
            raise InputError(f"'{path}' is damaged ({type(error).__name__}). {AGAIN}") from error


def columns_of_labels(names: Sequence[str]) -> list[str]:
    """Name the columns of predictions of labels: whether a row has each, then the probabilities.

    Examples
    --------
    >>> columns_of_labels(["rain", "wind"])
    ['predicted_rain', 'predicted_wind', 'probability_rain', 'probability_wind']
    """
    return [f"{what}_{name}" for what in ("predicted", "probability") for name in names]


def columns_of(target: str, names: Sequence[str]) -> list[str]:
    """Name the columns of predictions of classes: the class, then a probability for each.

    Examples
    --------
    >>> columns_of("sort", ["oat", "rye"])
    ['predicted_sort', 'probability_oat', 'probability_rye']
    """
    return [f"predicted_{target}", *(f"probability_{name}" for name in names)]
