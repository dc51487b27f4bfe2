"""What a study advises to use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from posology.plan import Arm
from posology.table import Classes


@dataclass(frozen=True)
class Prescription:
    """What to use.

    Parameters
    ----------
    arm : tuple of str
        The advised arm.
    strengths : dict
        From regularizer to its strengths, one a site; Keras' conventions and units.
    epochs : int
        Epochs of training on all rows.
    lines : tuple of str
        What to write in Keras, one line a site.
    target_scale : tuple of (float, float)
        Mean and standard deviation of each target over all rows, in its unit: the strengths are for (y - mean) / sd.
        Empty where the target is classes.
    """

    arm: Arm
    strengths: dict[str, list[float]]
    epochs: int
    lines: tuple[str, ...]
    target_scale: tuple[tuple[float, float], ...] = ()

    @classmethod
    def kept(
        cls, arm: Arm, strengths: Mapping[str, Sequence[float]], epochs: int, lines: Sequence[str], folder: Path
    ) -> "Prescription":
        """Give that of a network which was trained and kept in a folder with its preparation."""
        setting = {name: list(values) for name, values in strengths.items()}
        return cls(arm, setting, epochs, tuple(lines), _target_scale(folder))


def _target_scale(folder: Path) -> tuple[tuple[float, float], ...]:
    if Classes.load(folder) is not None:
        return ()
    about = json.loads((folder / "preparation.json").read_bytes())
    means, sds = about["target_mean"], about["target_sd"]
    return tuple(zip(means, sds, strict=True)) if isinstance(means, list) else ((means, sds),)
