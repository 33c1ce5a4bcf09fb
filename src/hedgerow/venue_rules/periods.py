"""For how long a contract was listed, from the day on which it expires."""

import datetime as dt
from typing import Final, Literal

from hedgerow.core.instants import SECOND_NS
from hedgerow.instruments import EuropeanOption, Future, Instrument

_FRIDAY: Final = 4


def listed_period(instrument: Instrument) -> Literal["", "day", "week"]:
    """Return for how long a contract was listed, by Deribit's calendar.

    Contracts that expire on the last Friday of a month are listed for a month or longer, those of other Fridays for
    weeks, those of other days for days.

    Parameters
    ----------
    instrument : Instrument
        The contract.

    Returns
    -------
    {"", "day", "week"}
        Empty for a month and longer, and where it does not expire. [text]

    References
    ----------
    Deribit, public/get_instruments, ``settlement_period``: that of all 998 dated contracts of its recorded lists of
    2021-07-22 and of spring 2022 is this.

    Examples
    --------
    >>> from hedgerow.instruments import parse_deribit
    >>> [listed_period(parse_deribit(f"BTC-{day}-40000-C")) for day in ("30JUL21", "23JUL21", "22JUL21")]
    ['', 'week', 'day']
    """
    if not isinstance(instrument, EuropeanOption | Future):
        return ""
    day = dt.datetime.fromtimestamp(instrument.expiry_ns // SECOND_NS, dt.UTC).date()
    if day.weekday() != _FRIDAY:
        return "day"
    return "" if (day + dt.timedelta(days=7)).month != day.month else "week"
