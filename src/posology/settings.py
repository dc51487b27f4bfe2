"""What a study is asked, checked and resolved to plain data: the same from the command, from Python and on resume."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from posology.errors import InputError
from posology.network.choice import ALL, Choice
from posology.network.source import NetworkSource
from posology.plan import PLAIN_QUESTION, Design, default_ranges, parse_arms
from posology.plan.schedules import depths_of
from posology.regularizers import REGULARIZERS, Strength
from posology.wording import did_you_mean, separated

LIMITS = {
    "repeats": (1, 10_000),
    "folds": (2, 10_000),
    "trials": (1, 100_000),
    "inner_splits": (1, 10_000),
    "refits": (1, 10_000),
    "ensemble": (1, 10_000),
    "epochs": (1, 10_000_000),
    "batch_size": (1, 2**31 - 1),
    "patience": (1, 10_000_000),
    "halving": (2, 100_000),
    "seed": (0, 2**63 - 1),
}
"""Of a design's numbers: below the first there is no study, and beyond the second none that ends."""


@dataclass(frozen=True)
class Settings:
    """A study's settings.

    Parameters
    ----------
    design : Design
        Arms, resamples, trials, epochs, batch size, seed.
    source : NetworkSource
        What builds the network.
    margin : float
        Differences of the score smaller than this do not matter to the user; fixed before the run.
    per_layer : bool
        Search a strength of its own for every layer, instead of one for all.
    ranges : mapping
        From regularizer to (low, high), where the searched range is not the default.
    inputs : mapping
        From inputs of the network to the columns that they read, as far as the user says so.
    choice : Choice
        Which sites are studied.
    score : str or None
        What the verdict is about, one of `judging.SCORES`; by default R2, or log-loss skill for classes.
    all_repeats : bool
        Train all repeats, whether or not the verdict is settled before.
    levers : bool
        Whether trees, a ridge, an average of networks and arms without early stopping are scored beside the arms.
    """

    design: Design = field(default_factory=lambda: Design(PLAIN_QUESTION))
    source: NetworkSource = field(default_factory=NetworkSource)
    margin: float = 0.01
    per_layer: bool = False
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choice: Choice = ALL
    score: str | None = None
    all_repeats: bool = False
    levers: bool = True

    def __post_init__(self) -> None:
        design = self.design
        for name, (least, most) in LIMITS.items():
            if (value := getattr(design, name)) is not None:
                _check_within(name, value, least, most)
        for what, given in (("halving", design.halving is not None), ("per_layer", self.per_layer)):
            if design.cabinet and given:
                raise InputError(
                    f"{what} is given with a cocktail, whose mixes race over the inner splits, each with one strength "
                    "for all layers. Leave it out, or name the arms."
                )
        if self.per_layer and any(map(depths_of, design.arms)):
            raise InputError(
                "per_layer is given with arms whose strengths have a shape over depth: it searches every layer's own. "
                "Leave out one of the two."
            )
        if idle := sorted(set(self.ranges) - set(default_ranges((*design.arms, design.cabinet)))):
            raise InputError(
                f"A range is given for {', '.join(idle)}, which no arm has. Leave it out, or name an arm with it."
            )
        if not 0 < self.margin < 1:
            raise InputError(
                f"margin is {self.margin}; it is a difference of R2, or of the score of classes, between 0 and 1, such "
                "as 0.01."
            )

    def strengths(self) -> dict[str, Strength]:
        """Give the searched range of each regularizer in the arms."""
        found = default_ranges((*self.design.arms, self.design.cabinet))
        return {
            name: replace(s, low=self.ranges[name][0], high=self.ranges[name][1]) if name in self.ranges else s
            for name, s in found.items()
        }

    def grown(self, repeats: int | None, arms: str | None) -> "Settings":
        """Give the settings with another number of repeats, and with more arms behind those that there are.

        Raises
        ------
        InputError
            See `posology.plan.parse_arms`; a cocktail has the arms that it has.
        """
        if arms is not None and self.design.cabinet:
            raise InputError("A cocktail mixes its own arms: --arms cannot add to it. It grows by --repeats.")
        design, asked = self.design, parse_arms(arms) if arms is not None else ()
        more = tuple(arm for arm in asked if arm not in design.arms)
        wider = replace(design, arms=(*design.arms, *more), repeats=design.repeats if repeats is None else repeats)
        return replace(self, design=wider)

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as JSON types."""
        return {**asdict(self), "ranges": {k: list(v) for k, v in self.ranges.items()}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Settings":
        """Read what `to_dict` gave, after a journey through JSON.

        Raises
        ------
        InputError
            Not settings of this version.
        """
        try:
            return cls(
                Design.from_dict(data["design"]),
                NetworkSource(**data["source"]),
                data["margin"],
                data["per_layer"],
                {k: (v[0], v[1]) for k, v in data["ranges"].items()},
                {name: tuple(columns) for name, columns in data["inputs"].items()},
                Choice.from_dict(data["choice"]),
                data["score"],
                data["all_repeats"],
                data["levers"],
            )
        except (KeyError, TypeError) as error:
            raise InputError(
                f"The study's settings are damaged or of another version of posology ({type(error).__name__}: {error})."
                " Use the version that wrote them, or start the study again in another folder."
            ) from error


def _check_within(name: str, value: int, least: int, most: int) -> None:
    if value < least:
        raise InputError(f"{name} is {value}; it must be at least {least}.")
    if value > most:
        raise InputError(f"{name} is {value}; it must be at most {most:,}.")


def parse_ranges(texts: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Read searched ranges, `NAME=LOW:HIGH`.

    Raises
    ------
    InputError
        An unknown regularizer, not two numbers, a negative strength, or one beyond its limit.

    Examples
    --------
    >>> parse_ranges(["dropout=0:0.5", "l1=1e-5:0.1"])
    {'dropout': (0.0, 0.5), 'l1': (1e-05, 0.1)}
    """
    return dict(_parse_range(text) for text in texts)


def parse_inputs(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read the columns of inputs, `NAME=COLUMN,COLUMN`.

    Raises
    ------
    InputError
        No name, no columns, or an input given twice.

    Examples
    --------
    >>> parse_inputs(["left=age,bmi", "right=city"])
    {'left': ('age', 'bmi'), 'right': ('city',)}
    >>> parse_inputs(['left=age,"town, street"'])
    {'left': ('age', 'town, street')}
    """
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, _, listed = text.partition("=")
        columns = tuple(separated(listed))
        if not name.strip() or not columns or name.strip() in found:
            raise InputError(f"--input got '{text}'. Write NAME=COLUMN,COLUMN, once for each input of the network.")
        found[name.strip()] = columns
    return found


def _parse_range(text: str) -> tuple[str, tuple[float, float]]:
    name, _, numbers = text.partition("=")
    name = name.strip()
    _check_known("--range has", name)
    low, _, high = numbers.partition(":")
    try:
        ends = (float(low), float(high))
    except ValueError:
        raise InputError(f"--range got '{text}'. Write NAME=LOW:HIGH, such as dropout=0:0.5 or l1=1e-6:1e-2.") from None
    return name, check_range(name, *ends)


def _check_known(where: str, name: str) -> None:
    if name not in REGULARIZERS:
        meant = did_you_mean(name, REGULARIZERS)
        raise InputError(f"{where} an unknown regularizer '{name}'.{meant} Known: {', '.join(REGULARIZERS)}.")


def check_range(name: str, low: float, high: float) -> tuple[float, float]:
    """Check a searched range against what the regularizer's strengths can be."""
    _check_known("The range of", name)
    most = REGULARIZERS[name].strength.most
    if REGULARIZERS[name].strength.is_switch:
        raise InputError(f"A range is given for {name}, which is on or off: there is nothing to search. Leave it out.")
    if low < 0 or high < 0:
        raise InputError(f"The range of {name} is {low:g} to {high:g}: a strength cannot be negative. 0 means off.")
    if not 0 <= low < high <= most or high == float("inf"):
        raise InputError(f"The range of {name} is {low:g} to {high:g}; it must rise, within 0 to {most:g}.")
    if REGULARIZERS[name].strength.scale == "log" and low == 0:
        raise InputError(
            f"The range of {name} starts at 0, but it is searched on a logarithmic scale. Start at 1e-7, say."
        )
    return low, high
