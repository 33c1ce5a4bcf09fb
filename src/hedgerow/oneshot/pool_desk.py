"""A position alone as a desk, hedged with quoted instruments at their costs."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

from hedgerow.book import RiskSettings
from hedgerow.config import Desk
from hedgerow.config.desk import HedgeSettings, LiquidityLine
from hedgerow.core.errors import InputError
from hedgerow.instruments import PoolPosition, RangePosition
from hedgerow.market import PoolStorage, Snapshot
from hedgerow.oneshot.hedge import hedge
from hedgerow.report import Ticket


def hedge_position(
    pool: PoolStorage,
    position: PoolPosition,
    market: Snapshot,
    *,
    instruments: Sequence[str],
    numeraire: str,
    vol: float,
    risk_aversion: float,
    rates: Mapping[str, float],
    fees: Mapping[str, float],
    horizon_hours: float = 24.0,
    progress: Callable[[int, int], None] | None = None,
) -> Ticket:
    """Hedge one position with instruments of a market, delta neutral.

    Parameters
    ----------
    pool : PoolStorage
        The pool.
    position : PoolPosition
        The position.
    market : Snapshot
        Quotes and index; pools in it are left aside.
    instruments : sequence of str
        What may be traded.
    numeraire : str
        USD or the coin.
    vol : float
        Vol of the coin. [per root of a year]
    risk_aversion : float
        Weight of half the variance of P&L against cost. [1/numeraire]
    rates : mapping of str to float
        What a unit of each cash token is worth. [USD per unit]
    fees : mapping of str to float
        Uncollected fees by token; empty where there are none. [tokens]
    horizon_hours : float
        Over which P&L is looked at. [hours]
    progress : callable or None
        As ``hedge`` takes it. [count]

    Returns
    -------
    Ticket
        The ordinary ticket. [desk units outside, raw inside]

    Raises
    ------
    InputError
        If the numeraire is neither USD nor the coin.
    ConfigError
        If an instrument is not quoted.

    Notes
    -----
    The vol of vol is taken as the vol, uncorrelated with the spot: a desk file states them one by one.
    """
    if numeraire not in ("USD", market.base):
        raise InputError(f"--numeraire {numeraire} with --hedge-with", f"count in USD or {market.base}")
    risk = RiskSettings(horizon_hours=horizon_hours, spot_vol=vol, vol_of_vol=vol, spot_vol_correlation=0.0)
    settings = HedgeSettings(instruments=tuple(instruments), risk_aversion=risk_aversion, neutral={"delta": 0.0})
    desk = Desk(
        name=position.name,
        base=market.base,
        numeraire=numeraire,
        hedge=settings,
        risk=risk,
        rates={name: rate for name, rate in rates.items() if name != market.base},
        # what is owed is held like any other coin and cash
        balances={
            market.base: sum(fee for name, fee in fees.items() if name not in rates),
            **{name: fee for name, fee in fees.items() if name in rates and name != market.base},
        },
        liquidity=(_line(pool, position),),
    )
    return hedge(desk, dataclasses.replace(market, pools={}, storage={pool.name: pool}), progress=progress)


def _line(pool: PoolStorage, position: PoolPosition) -> LiquidityLine:
    if isinstance(position, RangePosition):
        return LiquidityLine(
            name=position.name,
            pool=pool.name,
            liquidity=position.liquidity,
            tick_lower=position.tick_lower,
            tick_upper=position.tick_upper,
        )
    return LiquidityLine(name=position.name, pool=pool.name, shares=position.shares)
