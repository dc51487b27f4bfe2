"""What a study advises to use."""

from dataclasses import dataclass

from posology.plan import Arm


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
    """

    arm: Arm
    strengths: dict[str, list[float]]
    epochs: int
    lines: tuple[str, ...]
