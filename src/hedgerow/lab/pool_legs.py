"""Positions of real pools as lines of liquidity, which is all that paths need to know of them."""

import math
from typing import Final, TypeAlias

import numpy as np

from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_tables import CallLine, FullRangeLine, PoolLine, PutLine, RangeLine
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.market import PoolStorage, load_pool
from hedgerow.pools.ladder import range_ladder
from hedgerow.pools.position_curve import position_curve

PricedLine: TypeAlias = CallLine | PutLine | FullRangeLine | RangeLine
"""What paths know how to value."""

_FAR: Final = 2e3
"""Beyond the ladder: coins and money that do not move are liquidity from here on. [spot over and times this]"""


def pool_lines(study: SimulationStudy, where: str, line: PoolLine) -> list[RangeLine]:
    """Write a position in a pool as liquidity between prices.

    Parameters
    ----------
    study : SimulationStudy
        The study; its spot is where the lines are finest.
    where : str
        Where the position stands in the file, for errors. [text]
    line : PoolLine
        The position.

    Returns
    -------
    list of RangeLine
        Ranges whose sum is the position, within the reach of the ladder. [as their fields]

    Raises
    ------
    ConfigError
        If the file holds no pool, a token has no worth, or the position is not one of the pool.
    """
    pool = load_pool(study.path(line.file))
    coins = np.array([line.coins.get(token.symbol, 0.0) for token in pool.tokens])
    money = np.array([line.money.get(token.symbol, 0.0) for token in pool.tokens])
    _check_worths(study, where, line, pool)
    spot = study.market.spot
    try:
        curve = position_curve(pool, line.held(pool.name))
        ladder = range_ladder(curve, spot=spot, coins_per_token=coins, money_per_token=money)
    except InputError as error:
        raise study.error(where, error.problem, error.advice) from None
    rungs = list(zip(ladder.lower, ladder.upper, ladder.liquidity, strict=True))
    high, low = spot * _FAR, spot / _FAR
    for held, lower, upper, unit in (
        (ladder.coins, high, 2.0 * high, 1.0 / math.sqrt(high) - 1.0 / math.sqrt(2.0 * high)),
        (ladder.money, 0.5 * low, low, math.sqrt(low) - math.sqrt(0.5 * low)),
    ):
        if held:
            rungs.append((np.float64(lower), np.float64(upper), np.float64(held / unit)))
    return [
        RangeLine(liquidity=float(size), lower=float(lower), upper=float(upper), settlement=line.settlement)
        for lower, upper, size in rungs
    ]


def _check_worths(study: SimulationStudy, where: str, line: PoolLine, pool: PoolStorage) -> None:
    """Every token is worth coins or money, one of the two."""
    symbols = {token.symbol for token in pool.tokens}
    for key, stated in (("coins", line.coins), ("money", line.money)):
        for name, worth in stated.items():
            if name not in symbols:
                raise _fault(study, f"{where}.{key}.{name}", f"is no token of {pool.name}", sorted(symbols))
            if not 0.0 < worth < 1e12:
                raise study.error(f"{where}.{key}.{name}", f"is {worth:g}", "give what one token is worth")
    for name in sorted(symbols):
        if (name in line.coins) == (name in line.money):
            told = f"{name} stands in both" if name in line.coins else f"{name} stands in neither"
            raise study.error(f"{where}.coins", f"{told} of coins and money", "say what one token is worth, once")


def _fault(study: SimulationStudy, field: str, problem: str, symbols: list[str]) -> ConfigError:
    return study.error(field, problem, f"it has {', '.join(symbols)}")
