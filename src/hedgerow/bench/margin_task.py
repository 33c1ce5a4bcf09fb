"""The task of the margin bench: one account of 10,000 options and perpetuals, and its margin by the plain formulas."""

import math
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.exchange_task import MARGIN_TABLE_NS
from hedgerow.core.instants import DAY_NS, YEAR_NS
from hedgerow.margin import margin_rule
from hedgerow.margin.paradex import ParadexPortfolio

POSITIONS: Final = 10_000
SPOT: Final = 60_000.0
_PERPETUALS: Final = 1_000
_SEED: Final = 20_260_101
_EXPIRIES: Final = (1, 2, 7, 14, 28, 56, 91, 182, 273, 364)
_SQRT_2: Final = math.sqrt(2.0)

Columns = dict[str, NDArray[Any]]


def paradex_rule() -> ParadexPortfolio:
    """Return the rule of the task.

    Returns
    -------
    ParadexPortfolio
        With Paradex's 24 scenarios. [USD]
    """
    rule = margin_rule("paradex", coin="BTC", at_ns=MARGIN_TABLE_NS)
    assert isinstance(rule, ParadexPortfolio)
    return rule


def margin_columns(positions: int = POSITIONS) -> Columns:
    """Make an account: nine options for each perpetual position, long and short, and the venue's figures.

    Parameters
    ----------
    positions : int
        How many. [count]

    Returns
    -------
    dict of str to ndarray
        Positions by column, options first; figures of the rule. [coins, USD per coin, years, fraction]
    """
    rng = np.random.default_rng(_SEED)
    options = positions - positions * _PERPETUALS // POSITIONS
    days = np.array(_EXPIRIES)[rng.integers(len(_EXPIRIES), size=options)]
    width = 0.65 * np.sqrt(days / 365.0)
    table = paradex_rule().table
    return {
        "spot": np.array(SPOT),
        "quantity": rng.normal(size=positions),
        "expiry_ns": MARGIN_TABLE_NS + days * DAY_NS,
        "years": days * DAY_NS / YEAR_NS,
        "strike": np.round(SPOT * np.exp(width * rng.uniform(-2.0, 2.0, options)), -2),
        "vol": rng.uniform(0.45, 0.85, options),
        "sign": np.where(rng.random(options) < 0.5, 1.0, -1.0),
        "move": np.array([scenario.spot for scenario in table.scenarios]),
        "shock": np.array([scenario.vol for scenario in table.scenarios]),
        "weight": np.array([scenario.weight for scenario in table.scenarios]),
        **{
            name: np.array(getattr(table, name))
            for name in ("net_delta", "hedged_delta", "maintenance", "fee", "fee_cap")
        },
        **{name: np.array(getattr(table.vols, name)) for name in ("short_power", "long_power", "day_floor")},
    }


def write_margin(path: Path, positions: int = POSITIONS) -> None:
    """Write the task for frameworks that know nothing of Hedgerow.

    Parameters
    ----------
    path : Path
        A new ``.npz`` file.
    positions : int
        How many. [count]
    """
    np.savez(path, **margin_columns(positions))  # type: ignore[arg-type]


def plain_margin(given: Columns) -> NDArray[np.float64]:
    """Return what the account needs, by a loop over its positions and Paradex's formulas, with nothing else of ours.

    Parameters
    ----------
    given : dict of str to ndarray
        As ``margin_columns`` makes them. [as there]

    Returns
    -------
    ndarray of shape (4,)
        Initial and maintenance margin, and the two that the initial one is the larger of: scan and floor. [USD]

    References
    ----------
    Paradex, "Portfolio Margin" (docs.paradex.trade/risk/portfolio-margin); Black (1976), eq. 16.
    """
    spot, fee, cap = (float(given[name]) for name in ("spot", "fee", "fee_cap"))
    pnl = [0.0] * given["move"].size
    net = gross = fees = 0.0
    for i, quantity in enumerate(given["quantity"].tolist()):
        if i < given["strike"].size:
            terms = tuple(float(given[name][i]) for name in ("strike", "years", "vol", "sign"))
            worth, delta, fee_each = *_black(spot, *terms), 0.0
            fee_each = min(fee * spot, cap * worth)
            after = [_black(spot * (1.0 + m), *_shocked(terms, s, given))[0] for m, s in _shocks(given)]
        else:
            worth, delta, fee_each = spot, 1.0, fee * spot
            after = [spot * (1.0 + m) for m, _ in _shocks(given)]
        pnl = [total + quantity * (value - worth) for total, value in zip(pnl, after, strict=True)]
        net, gross, fees = net + quantity * delta, gross + abs(quantity * delta), fees + abs(quantity) * fee_each
    scan = max(0.0, *(-w * x for w, x in zip(given["weight"].tolist(), pnl, strict=True)))
    hedged = 0.5 * (gross - abs(net))
    floor = (float(given["net_delta"]) * abs(net) + float(given["hedged_delta"]) * hedged) * spot
    worst = max(scan, floor)
    return np.array([worst + fees, float(given["maintenance"]) * worst + fees, scan, floor])


def margin_off(given: Columns, found: NDArray[np.float64]) -> float:
    """Return how far a framework's margin is from the plain one.

    Parameters
    ----------
    given : dict of str to ndarray
        As ``margin_columns`` makes them. [as there]
    found : ndarray of shape (4,)
        What it has, as ``plain_margin``. [USD]

    Returns
    -------
    float
        The largest difference. [relative]
    """
    return float(np.abs(found / plain_margin(given) - 1.0).max())


def _shocks(given: Columns) -> list[tuple[float, float]]:
    return list(zip(given["move"].tolist(), given["shock"].tolist(), strict=True))


def _shocked(terms: tuple[float, ...], shock: float, given: Columns) -> tuple[float, ...]:
    """Scale a vol by a shock that is stated for 30 days."""
    strike, years, vol, sign = terms
    days = 365.0 * years
    power = float(given["short_power"] if days < 30.0 else given["long_power"])
    return strike, years, vol * (1.0 + shock * (30.0 / max(days, float(given["day_floor"]))) ** power), sign


def _black(spot: float, strike: float, years: float, vol: float, sign: float) -> tuple[float, float]:
    """Return worth and delta of an option on one coin whose forward is the spot."""
    width = vol * math.sqrt(years)
    d1 = math.log(spot / strike) / width + 0.5 * width
    first, second = (0.5 * math.erfc(-sign * d / _SQRT_2) for d in (d1, d1 - width))
    return sign * (spot * first - strike * second), sign * first
