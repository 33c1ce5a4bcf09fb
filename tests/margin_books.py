"""Books of one account for tests of margin: positions and collateral in a few words."""

import datetime as dt
import math

from hedgerow.book import CompiledBook, Row, assemble, kernels
from hedgerow.core.ids import Currency

DAY_NS = 86_400 * 10**9


def ns(when: str) -> int:
    """Return an instant from its ISO words."""
    return int(dt.datetime.fromisoformat(when).replace(tzinfo=dt.UTC).timestamp()) * 10**9


AT_NS = ns("2026-05-28T08:00")
"""An instant at which every table of the package is on file."""


def perpetual(
    coins: float, spot: float, *, inverse: bool, mark: float | None = None, entry: float | None = None
) -> Row:
    """Return a perpetual of so many coins at the mark."""
    price = spot if mark is None else mark
    return Row(
        kernels.INVERSE_FUTURE if inverse else kernels.LINEAR_FUTURE,
        0,
        "inverse perpetual" if inverse else "linear perpetual",
        None,
        coins * price if inverse else coins,
        ratio=price / spot,
        entry=price if entry is None else entry,
    )


def future(coins: float, spot: float, days: float, *, inverse: bool, mark: float | None = None) -> Row:
    """Return a dated future of so many coins at the mark."""
    row = perpetual(coins, spot, inverse=inverse, mark=mark)
    label = "inverse future" if inverse else "linear future"
    return row._replace(label=label, expiry_ns=AT_NS + int(days * DAY_NS), expiry_years=days / 365.0)


def option(
    coins: float,
    spot: float,
    strike: float,
    days: float,
    vol: float,
    *,
    call: bool,
    inverse: bool,
    forward: float | None = None,
) -> Row:
    """Return options on so many coins."""
    return Row(
        kernels.INVERSE_OPTION if inverse else kernels.LINEAR_OPTION,
        0,
        "inverse option" if inverse else "linear option",
        AT_NS + int(days * DAY_NS),
        coins,
        ratio=(spot if forward is None else forward) / spot,
        strike=strike,
        expiry_years=days / 365.0,
        vol=vol,
        sign=1.0 if call else -1.0,
    )


def coin(amount: float) -> Row:
    """Return coins."""
    return Row(kernels.COIN, 0, "spot", None, amount)


def cash(amount: float, currency: str = "cash") -> Row:
    """Return dollars, labelled with their currency."""
    return Row(kernels.CASH, 0, currency, None, amount)


def book_of(*rows: Row, spot: float, base: str = "BTC") -> CompiledBook:
    """Return a book in which each row is a position of its own."""
    return assemble(
        [row._replace(group=i) for i, row in enumerate(rows)], base=Currency(base), spot=spot, n_group=len(rows)
    )


def black(forward: float, strike: float, years: float, vol: float, *, call: bool) -> float:
    """Return Black's price of one option without discounting, from the error function alone."""
    if years <= 0.0 or vol <= 0.0:
        return max(forward - strike, 0.0) if call else max(strike - forward, 0.0)
    spread = vol * math.sqrt(years)
    near = math.log(forward / strike) / spread + 0.5 * spread
    far = near - spread
    sign = 1.0 if call else -1.0
    return sign * (forward * _phi(sign * near) - strike * _phi(sign * far))


def black_delta(forward: float, strike: float, years: float, vol: float, *, call: bool) -> float:
    """Return Black's delta with respect to the forward."""
    near = math.log(forward / strike) / (vol * math.sqrt(years)) + 0.5 * vol * math.sqrt(years)
    return _phi(near) if call else _phi(near) - 1.0


def _phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))
