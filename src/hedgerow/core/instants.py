"""Time: UTC epoch nanoseconds as integers, year fractions Act/365 fixed."""

import datetime as dt
from typing import Final

from hedgerow.core.errors import InputError

SECOND_NS: Final = 1_000_000_000
HOUR_NS: Final = 3600 * SECOND_NS
DAY_NS: Final = 24 * HOUR_NS
YEAR_NS: Final = 365 * DAY_NS
"""One Act/365 fixed year. [ns]"""

DAYS_PER_YEAR: Final = 365.0

_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def years_between(start_ns: int, end_ns: int) -> float:
    """Year fraction between two instants, Act/365 fixed.

    Parameters
    ----------
    start_ns, end_ns : int
        Instants. [UTC epoch ns]

    Returns
    -------
    float
        Signed year fraction. [years]

    Examples
    --------
    >>> years_between(0, 365 * 24 * 3600 * 1_000_000_000)
    1.0
    """
    return (end_ns - start_ns) / YEAR_NS


def from_datetime(moment: dt.datetime) -> int:
    """Convert an aware datetime to an instant, exactly.

    Parameters
    ----------
    moment : datetime.datetime
        Must carry a time zone. [any zone]

    Returns
    -------
    int
        The instant. [UTC epoch ns]

    Raises
    ------
    InputError
        If the datetime is naive.
    """
    if moment.tzinfo is None:
        raise InputError(f"the time {moment.isoformat()} has no time zone", "write it with Z or an offset")
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * SECOND_NS + since.microseconds * 1_000


def to_iso(instant_ns: int) -> str:
    """Write an instant as ISO 8601 UTC with milliseconds.

    Parameters
    ----------
    instant_ns : int
        The instant. [UTC epoch ns]

    Returns
    -------
    str
        For example ``2024-01-08T11:19:41.429Z``. [UTC]

    Examples
    --------
    >>> to_iso(1_704_712_781_429_000_000)
    '2024-01-08T11:19:41.429Z'
    """
    moment = _EPOCH + dt.timedelta(microseconds=instant_ns // 1_000)
    return f"{moment.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def describe_age(age_ns: int) -> str:
    """Write an age for people.

    Parameters
    ----------
    age_ns : int
        The age. [ns]

    Returns
    -------
    str
        For example ``19 min 41 s``. [text]

    Examples
    --------
    >>> describe_age(1_181_000_000_000)
    '19 min 41 s'
    """
    seconds = age_ns / SECOND_NS
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours / 24:.1f} days"


def seconds_ns(seconds: float) -> int:
    """Turn seconds of a file into whole nanoseconds.

    Parameters
    ----------
    seconds : float
        Finite. [seconds]

    Returns
    -------
    int
        Rounded. [ns]
    """
    return round(seconds * SECOND_NS)
