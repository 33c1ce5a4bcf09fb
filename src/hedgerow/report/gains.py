"""Realised gains lot by lot as a table for a tax form: rounded to the currency's smallest unit, nothing lost."""

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Context, Decimal
from typing import Final

from hedgerow.core.instants import to_iso
from hedgerow.core.money import WIDE
from hedgerow.core.rounding import left_by_rounding, rounded
from hedgerow.ledger import RealisedGain
from hedgerow.report.backtest import BacktestReport
from hedgerow.venue_rules import smallest_unit

GAIN_COLUMNS: Final = (
    "policy",
    "account",
    "instrument",
    "closed_by",
    "opened",
    "closed",
    "quantity",
    "opened_price",
    "closed_price",
    "currency",
    "proceeds",
    "cost",
    "fees",
    "gain",
    "usd_price",
    "gain_usd",
)
"""The columns of the table, in order."""

_AMOUNTS: Final = ("proceeds", "cost", "fees", "gain")
_CENT: Final = Decimal("0.01")
_DIGITS: Final = Context(prec=15)


def gain_rows(policy: str, gains: Sequence[RealisedGain]) -> Iterator[dict[str, str]]:
    """Return the lines of one policy.

    Parameters
    ----------
    policy : str
        Its name.
    gains : sequence of RealisedGain
        What it has realised, in order.

    Yields
    ------
    dict of str to str
        By column: a line for each lot, then for each currency a line ``rounding`` where rounding left something.
        [as the column says]

    Raises
    ------
    InputError
        If the smallest unit of a currency is not on file.

    References
    ----------
    Smallest units: each line of ``venue_rules/data/currencies.toml`` names its own.
    """
    for gain in gains:
        yield _line(policy, gain, smallest_unit(gain.currency))
    for currency in sorted({gain.currency for gain in gains}):
        own = [gain for gain in gains if gain.currency == currency]
        unit = smallest_unit(currency)
        left = {name: left_by_rounding([getattr(gain, name) for gain in own], unit) for name in _AMOUNTS}
        left["gain_usd"] = left_by_rounding([gain.gain_usd for gain in own if gain.gain_usd is not None], _CENT)
        if any(left.values()):
            blank = dict.fromkeys(GAIN_COLUMNS, "")
            amounts = {name: _plain(amount) for name, amount in left.items()}
            yield {**blank, "policy": policy, "closed_by": "rounding", "currency": currency, **amounts}


def _line(policy: str, gain: RealisedGain, unit: Decimal) -> dict[str, str]:
    amounts = {name: _plain(rounded(getattr(gain, name), unit)) for name in _AMOUNTS}
    in_usd = gain.gain_usd
    return {
        "policy": policy,
        "account": gain.account,
        "instrument": gain.instrument,
        "closed_by": gain.cause,
        "opened": to_iso(gain.opened_ns) if gain.opened_ns else "",
        "closed": to_iso(gain.closed_ns),
        "quantity": _plain(WIDE.normalize(gain.quantity)),
        "opened_price": _price(gain.opened_price),
        "closed_price": _price(gain.closed_price),
        "currency": gain.currency,
        **amounts,
        "usd_price": "" if gain.usd_price is None else _price(gain.usd_price),
        "gain_usd": "" if in_usd is None else _plain(rounded(in_usd, _CENT)),
    }


def _plain(amount: Decimal) -> str:
    return f"{amount:f}"


def _price(price: Decimal) -> str:
    """A price to 15 digits: of a float the digits behind them are noise, and the average of a delivery has no end."""
    return _plain(WIDE.normalize(_DIGITS.plus(price)))


def gains_csv(report: BacktestReport) -> str:
    """Return the realised gains of every policy of a backtest as one table.

    Parameters
    ----------
    report : BacktestReport
        A finished backtest.

    Returns
    -------
    str
        Comma-separated values with a header, lines in the order of closing. [as docs/accounts.md says]

    Raises
    ------
    InputError
        If the smallest unit of a currency is not on file.

    References
    ----------
    RFC 4180 for the format; smallest units as in ``venue_rules/data/currencies.toml``.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, GAIN_COLUMNS, lineterminator="\n")
    writer.writeheader()
    for policy in report.policies:
        writer.writerows(gain_rows(policy.name, policy.gains))
    return out.getvalue()
