"""Durations as people write them: 90s, 10min, 1h30m; and back into words."""

import math
import re
from decimal import Decimal

from posology.errors import InputError

_UNITS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(sec|s|min|m|h)")


def parse_duration(text: str) -> float:
    """Read a duration in seconds.

    Raises
    ------
    InputError
        Not a positive duration with a unit.

    Examples
    --------
    >>> parse_duration("10min"), parse_duration("1h30m"), parse_duration("45 s")
    (600.0, 5400.0, 45.0)
    """
    compact = text.strip().lower()
    parts = _PART.findall(compact)
    seconds = float(sum(float(number) * _UNITS[unit] for number, unit in parts))
    if not parts or _PART.sub("", compact).strip() or seconds <= 0:
        raise InputError(f"--budget got '{text}'. Write a time with its unit, such as 90s, 10min or 1h30m.")
    return seconds


def seconds_of(budget: float | str | None) -> float | None:
    """Give a budget in seconds, from seconds or from a duration in words.

    Raises
    ------
    InputError
        Not a positive time.

    Examples
    --------
    >>> seconds_of("10min"), seconds_of(90), seconds_of(None)
    (600.0, 90.0, None)
    """
    if isinstance(budget, str):
        return parse_duration(budget)
    if budget is not None and not 0 < budget < math.inf:
        raise InputError(f"budget is {budget}. Give seconds above zero, or a time with its unit such as '10min'.")
    return None if budget is None else float(budget)


def compact(seconds: float) -> str:
    """Write a duration as `parse_duration` reads it, to the same number.

    Examples
    --------
    >>> compact(5400.0), compact(240.0), compact(95.0), compact(0.5)
    ('1h30m', '4m', '1m35s', '0.5s')
    """
    if seconds != round(seconds):
        return f"{Decimal(repr(seconds)):f}s"
    minutes, rest = divmod(round(seconds), 60)
    parts = zip(("h", "m", "s"), (minutes // 60, minutes % 60, rest), strict=True)
    return "".join(f"{number}{unit}" for unit, number in parts if number)


def in_words(seconds: float) -> str:
    """Write a duration.

    Examples
    --------
    >>> in_words(108), in_words(0.4), in_words(3725)
    ('1 min 48 s', '0 s', '1 h 2 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(seconds: float) -> str:
    """Write a duration that is only roughly known: to two digits or so.

    Examples
    --------
    >>> about(3.2), about(43), about(200), about(4000), about(40_000)
    ('about 5 s', 'about 45 s', 'about 3 min', 'about 1 h 5 min', 'about 11 h')
    """
    if seconds < 57.5:
        return f"about {max(5, 5 * round(seconds / 5))} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"about {minutes} min"
    if minutes < 600:
        hours, rest = divmod(5 * round(minutes / 5), 60)
        return f"about {hours} h{f' {rest} min' if rest else ''}"
    return f"about {round(minutes / 60)} h"
