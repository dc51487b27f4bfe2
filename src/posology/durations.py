"""Durations as people write them: 90s, 10min, 1h30m; and back into words."""

import re

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
