"""How numbers and dates are spelled in text, and what to say of a column that is almost one of them."""

import datetime as dt
import re
from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool

from posology.wording import quoted

NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
CODE = re.compile(r"\s*[+-]?0\d+\s*", re.ASCII)  # 007, 01234: a name made of digits
THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}(,\d{3})+(\.\d+)?\s*", re.ASCII)
MARKED = re.compile(  # $1,200.50, 12 €, 15%, 1 000, \u22125
    r"\s*[+\-\u2212]?\s*[$€£¥₹]?\s*\d[\d.,'\u00a0\u202f ]*[$€£¥₹%]?\s*"
)
ISO_DATE = re.compile(
    r"\s*(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[T ](?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?"
    r"\s*(?:Z|[+-]\d{2}:?\d{2})?\s*",
    re.ASCII,
)
OTHER_DATE = re.compile(r"\s*(\d{1,2}([-/.])\d{1,2}\2(\d{4}|\d{2})|\d{4}([/.])\d{1,2}\4\d{1,2})([T ].*)?\s*", re.ASCII)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)\b"
)
SPELLED_DATE = re.compile(  # Feb 1 2000, 12-Mar-04, June 2010, Tuesday, 4 May 1999 12:30
    rf"\s*(?:[a-z]{{3,9}},?\s+)?(?:(?:\d{{1,2}}[ .-]+)?{_MONTH}|{_MONTH}[ .-]+\d{{1,2}})[ .,-]+\d{{2,4}}(?: \d.*)?\s*",
    re.ASCII | re.IGNORECASE,
)
UNIT = re.compile(r"\s*[+-]?\d[\d.,]*\s*([^\W\d_]{1,12}[²³]?)\s*")  # 1.5 kg, 12k, 70m²
LAST_MONTH = 12
MOSTLY = 0.9
"""Share of cells that say what a column is meant to be."""


def note_on_texts(name: str, texts: Sequence[str], numeric: Bool[np.ndarray, " text"], share: float) -> str:
    """Say what texts that become categories may be meant as; nothing where they look like names.

    Parameters
    ----------
    name
        Of the column.
    texts
        Its distinct cells.
    numeric
        Which of them are numbers.
    share
        Of its cells that are numbers.

    Examples
    --------
    >>> note_on_texts("mass", ["1.5 kg", "2 kg", "0.7 kg"], np.zeros(3, bool), 0.0)[:62]
    "Column 'mass' has numbers with a unit, such as '1.5 kg', taken"
    >>> note_on_texts("town", ["Ulm", "Bonn"], np.zeros(2, bool), 0.0)
    ''
    """
    if numeric.all():
        code = next(text for text in texts if CODE.fullmatch(text))
        return (
            f"Column '{name}' has codes such as '{code}'; they are taken as categories, not as numbers. "
            "If they are numbers, write them without leading zeros."
        )
    stray = [text for text, is_number in zip(texts, numeric, strict=True) if not is_number]
    if all(OTHER_DATE.fullmatch(text) for text in texts) or all(SPELLED_DATE.fullmatch(text) for text in texts):
        return _note_on_dates(name, texts)
    if all(THOUSANDS.fullmatch(text) for text in stray):
        return (
            f"Column '{name}' has text such as '{stray[0]}', taken as categories. If these are numbers, "
            "write them without a thousands separator and with a decimal point."
        )
    if all(MARKED.fullmatch(text) for text in stray):
        return (
            f"Column '{name}' has text such as '{stray[0]}', taken as categories. If these are numbers, write them "
            "without marks, such as 1234.5."
        )
    if len(stray) > 2 and len({_unit(text) for text in stray} - {None}) == 1 and all(map(_unit, stray)):
        return (
            f"Column '{name}' has numbers with a unit, such as '{stray[0]}', taken as categories. If these are "
            "numbers, leave the unit out."
        )
    if odd := _no_dates(texts):
        return (
            f"Column '{name}' has dates, but also text such as {quoted(odd, 2)}; it is taken as categories. Write all "
            "dates as 2018-12-31, and leave the other cells empty."
        )
    if share > MOSTLY:
        return (
            f"Column '{name}' has numbers in {share:.1%} of its cells but also text, {quoted(stray, 3)}; it "
            "is taken as categories. If it should be numbers, mend these cells or leave them empty."
        )
    return ""


def _note_on_dates(name: str, texts: Sequence[str]) -> str:
    """Say of dates that are no ISO dates which order all of them allow; none of them is read in it unasked."""
    how = "write them year first, as 2018-12-31 (pandas.to_datetime with "
    for order, other in (("day", "month"), ("month", "day")):
        shown = next((text for text in texts if _leads(text, order)), "")
        if shown and not any(_leads(text, other) for text in texts):
            return (
                f"Column '{name}' has dates with the {order} first, as '{shown}' shows, taken as categories. To have "
                f"them as dates, {how}dayfirst={order == 'day'})."
            )
    numbers = OTHER_DATE.fullmatch(texts[0])
    seen = " which number is the month cannot be seen." if numbers and numbers[2] else ""
    return (
        f"Column '{name}' has text such as '{texts[0]}', taken as categories. If these are dates, {how}a format)"
        f"{':' if seen else '.'}{seen}"
    )


def _leads(text: str, what: str) -> bool:
    """Tell whether a date that ends with its year can only begin with the day, or only with the month."""
    numbers = OTHER_DATE.fullmatch(text)
    mark = numbers and numbers[2]
    if not mark:  # it begins with its year, or its month is spelled
        return False
    first, second = (int(number) for number in text.split(mark)[:2])
    return first > LAST_MONTH >= second if what == "day" else second > LAST_MONTH >= first


def mostly_dates(texts: Sequence[str]) -> bool:
    """Tell whether texts are dates of any spelling, but for a few.

    Examples
    --------
    >>> mostly_dates(["31.08.2023", "01.09.2023"]), mostly_dates(["Feb 1 2000", "Mar 1 2000"]), mostly_dates(["A-1"])
    (True, True, False)
    """
    spellings = (ISO_DATE, OTHER_DATE, SPELLED_DATE)
    return bool(np.mean([any(spelling.fullmatch(text) for spelling in spellings) for text in texts]) > MOSTLY)


def _unit(text: str) -> str | None:
    found = UNIT.fullmatch(text)
    return found[1] if found else None


def _no_dates(texts: Sequence[str]) -> list[str]:
    """Give the texts that are no ISO dates, where most are dates of any spelling; none where most are not."""
    return [text for text in texts if not _is_date(text)] if mostly_dates(texts) else []


def _is_date(text: str) -> bool:
    if not (found := ISO_DATE.fullmatch(text)):
        return False
    try:
        return bool(dt.date.fromisoformat(found["day"]))
    except ValueError:  # 2023-02-29
        return False
