"""Markets of generated option quotes: the vols of a known model, a spread around them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import ndtr

from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market import Snapshot
from hedgerow.market.quotes import Quote

YEAR_NS = 365 * 86_400 * 10**9
EXPIRIES = ("26JAN24", "29MAR24", "28JUN24", "27DEC24")
STRIKES = (1200, 1500, 1700, 1900, 2000, 2100, 2200, 2300, 2400, 2600, 2800, 3200, 3800)
FORWARD = 2250.0

Vols = Callable[[np.ndarray, float], np.ndarray]
"""From ln(strike/forward) and years to vols."""


def coin_price(k: float, vol: float, years: float, *, is_call: bool) -> float:
    """Return Black's price of a coin-settled option, by scipy's normal distribution."""
    root, sign = vol * math.sqrt(years), 1.0 if is_call else -1.0
    d1 = -k / root + 0.5 * root
    return float(sign * (ndtr(sign * d1) - math.exp(k) * ndtr(sign * (d1 - root))))


def quoted_market(
    market: Snapshot,
    vols: Vols,
    *,
    half_spread: float = 0.005,
    expiries: Sequence[str] = EXPIRIES,
    strikes: Sequence[int] = STRIKES,
) -> Snapshot:
    """Return the market with other quotes: options out of the money, half a spread of vol to either side."""
    rows = []
    for expiry in expiries:
        for strike in strikes:
            name = f"ETH-{expiry}-{strike}-{'C' if strike >= FORWARD else 'P'}"
            option = parse_deribit(name)
            assert isinstance(option, EuropeanOption)
            years, k = (option.expiry_ns - market.as_of_ns) / YEAR_NS, math.log(strike / FORWARD)
            vol = float(vols(np.array([k]), years)[0])
            bid, mark, ask = (
                coin_price(k, vol + shift, years, is_call=option.is_call) for shift in (-half_spread, 0.0, half_spread)
            )
            rows.append(
                Quote(name=name, bid=bid, ask=ask, mark=mark, forward=FORWARD, at_ns=market.as_of_ns, assumed=False)
            )
    none = market.quotes.take([])
    return replace(market, quotes=none.with_quotes(rows), rejected=())
