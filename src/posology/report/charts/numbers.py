"""Numbers as charts print them."""

from collections.abc import Mapping
from typing import Any


def signed(value: float | None, places: int = 4) -> str:
    """Write a difference; what rounds to zero has no minus, and what is unknown is a dash.

    Examples
    --------
    >>> signed(0.00123), signed(-0.00001), signed(None)
    ('+0.0012', '+0.0000', '\u2013')
    """
    return "\N{EN DASH}" if value is None else f"{value:+z.{places}f}"


def with_interval(found: Mapping[str, Any]) -> str:
    """Write an estimate with its interval.

    Examples
    --------
    >>> with_interval({"value": 0.002, "lower": -0.0038, "upper": 0.0078})
    '+0.0020 [-0.0038, +0.0078]'
    """
    return f"{signed(found['value'])} [{signed(found['lower'])}, {signed(found['upper'])}]"


def strength(value: float) -> str:
    """Write a strength short, without a leading zero in its exponent.

    Examples
    --------
    >>> strength(1e-05), strength(0.057), strength(0.0)
    ('1e-5', '0.057', '0')
    """
    mantissa, _, power = f"{value:.2g}".partition("e")
    return f"{mantissa}e{int(power)}" if power else mantissa
