"""A position alone as a desk, hedged with quoted instruments at their costs."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from hedgerow.book import RiskSettings
from hedgerow.config import Desk
from hedgerow.config.desk import HedgeSettings, LiquidityLine
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.ids import Currency
from hedgerow.instruments import PoolPosition, RangePosition
from hedgerow.market import PoolStorage, Snapshot
from hedgerow.oneshot.hedge import hedge
from hedgerow.oneshot.pool_terms import PoolTerms
from hedgerow.pools.aliases import WRAPPED, Alias, standing_for
from hedgerow.report import Ticket

_NEAREST: Final = 1e-3
"""The coin's price may be so far from the index whatever the fee. [fraction]"""

_COINS: Final = frozenset(one.asset for one in WRAPPED.values())


def hedge_position(
    pool: PoolStorage,
    position: PoolPosition,
    market: Snapshot,
    *,
    instruments: Sequence[str],
    numeraire: str,
    vol: float,
    risk_aversion: float,
    prices: Mapping[str, float],
    fee: float,
    aliases: Mapping[str, Alias],
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
        USD or the coin, or a token that is stated to be one of them.
    vol : float
        Vol of the coin. [per root of a year]
    risk_aversion : float
        Weight of half the variance of P&L against cost. [1/numeraire]
    prices : mapping of str to float
        Prices of all tokens of the pool. [numeraire per token]
    fee : float
        Of a swap: the coin's price may be as far from the market's index. [fraction]
    aliases : mapping of str to Alias
        What tokens stand for; forms of the coin are coins at their rates. [asset per token]
    fees : mapping of str to float
        Uncollected fees by token; empty where there are none. [tokens]
    horizon_hours : float
        Over which P&L is looked at. [hours]
    progress : callable or None
        As ``hedge`` takes it. [count]

    Returns
    -------
    Ticket
        The ordinary ticket, in USD or the coin. [desk units outside, raw inside]

    Raises
    ------
    InputError
        If the numeraire is neither USD nor the coin, nor stated to be one of them; if a price of the coin is not the
        market's; if an instrument is not quoted.

    Notes
    -----
    The vol of vol is taken as the vol, uncorrelated with the spot: a desk file states them one by one.
    """
    known = {name: standing_for(name, {**WRAPPED, **aliases}) for name in (*WRAPPED, *aliases)}
    unit = ticket_unit(numeraire, known, market.base)
    scale = market.index_price if unit == market.base else 1.0
    forms = market.coins_per_unit | {Currency(n): one.rate for n, one in known.items() if one.asset == market.base}
    _check_quoted(instruments, market)
    for name, rate in {Currency(market.base): 1.0, **forms}.items():
        if name in prices:
            _check_index(name, prices[name] / rate * scale, fee, market)
    desk = Desk(
        name=position.name,
        base=market.base,
        numeraire=unit,
        hedge=HedgeSettings(instruments=tuple(instruments), risk_aversion=risk_aversion, neutral={"delta": 0.0}),
        risk=RiskSettings(horizon_hours=horizon_hours, spot_vol=vol, vol_of_vol=vol, spot_vol_correlation=0.0),
        rates={name: price * scale for name, price in prices.items() if name not in {market.base, *forms}},
        balances=_owed(fees, forms, market.base),
        liquidity=(_line(pool, position),),
    )
    given = dataclasses.replace(market, pools={}, storage={pool.name: pool}, coins_per_unit=forms)
    try:
        ticket = hedge(desk, given, progress=progress)
    except ConfigError as error:  # it points into a desk file that nobody wrote
        raise InputError(f"the ticket of {position.name}: {error.problem}", _without_file(error.advice)) from None
    notes = [note.removesuffix(" (desk file)") for note in ticket.notes]
    taken = (
        f"delta is held at zero over {horizon_hours:g} hours, at a vol of {vol:g}; assumed, not data: a vol of vol of "
        f"{vol:g}, no correlation with the spot"
    )
    stated = () if unit == numeraire else (f"one {numeraire} counts as one {unit}, as stated",)
    return dataclasses.replace(ticket, notes=(*stated, taken, *notes))


def _without_file(advice: str) -> str:
    """Advice without what only a desk file has."""
    parts = [part for part in advice.split("; ") if "[[" not in part and "leave" not in part.lower()]
    return "; ".join(parts) or "name other instruments, or write a desk file, which can state more"


def _check_quoted(instruments: Sequence[str], market: Snapshot) -> None:
    missing = [name for name in instruments if name not in market.quotes]
    if missing:
        raise InputError(
            f"{', '.join(missing)}: not quoted in this market",
            "name instruments that it quotes; a desk file can state the quote of a contract that it does not",
        )


def _check_index(name: str, price: float, fee: float, market: Snapshot) -> None:
    """One coin, one price: two tables that contradict each other help nobody."""
    index = market.index_price
    if abs(price / index - 1.0) > max(fee, _NEAREST):
        raise InputError(
            f"one {market.base} is {price:,.6g} USD by the price of {name}, and {index:,.6g} at this market's index",
            f"they may be {max(fee, _NEAREST):.3%} apart: state the price of {name} as the index has it",
        )


def coin_vol(symbols: Sequence[str], terms: PoolTerms, base: str) -> float:
    """Find the vol of a market's coin among those that are stated of a pool's tokens.

    Parameters
    ----------
    symbols : sequence of str
        Tokens of the pool.
    terms : PoolTerms
        Vols and aliases.
    base : str
        The market's coin.

    Returns
    -------
    float
        Of the token that stands for it, or the one of the pair where the other token is money. [per root of a year]

    Raises
    ------
    InputError
        If no token stands for the coin, or its vol is not stated.

    References
    ----------
    None: the relative vol of a pair is that of the coin where the other token does not move.
    """
    mine = [one for one in symbols if terms.standing(one).asset == base]
    if not mine:
        raise InputError(f"no token of {', '.join(symbols)} stands for {base}", "hedge it in a market of its own coin")
    for one in mine:
        if one in terms.vols:
            return terms.vols[one]
    others = [one for one in symbols if one not in mine]
    is_pair = len(symbols) == 2 and len(others) == 1 and terms.standing(others[0]).asset not in _COINS
    if "" in terms.vols and is_pair:
        return terms.vols[""]
    raise InputError(f"no vol of {mine[0]} for a ticket in {base}", f"state it by its token: {mine[0]}=0.6")


def ticket_unit(numeraire: str, known: Mapping[str, Alias], base: str) -> str:
    """Say in what a ticket counts: USD or the coin, or which of them a token is stated to be.

    Parameters
    ----------
    numeraire : str
        As asked for.
    known : mapping of str to Alias
        What tokens stand for. [asset per token]
    base : str
        The market's coin.

    Returns
    -------
    str
        USD or the coin. [currency]

    Raises
    ------
    InputError
        If it is neither, nor one for one one of them.

    References
    ----------
    None: a token at any other rate would need its own risk.
    """
    if numeraire in ("USD", base):
        return numeraire
    alias = known.get(numeraire)
    if alias is not None and alias.asset in ("USD", base) and alias.rate == 1.0:
        return str(alias.asset)
    raise InputError(
        f"{numeraire} as numeraire of a ticket of quoted instruments",
        f"state that one {numeraire} is one USD (--alias {numeraire}=USD:1), or count in USD "
        f"(--numeraire USD --alias {numeraire}=USD:1) or in {base}",
    )


def _owed(fees: Mapping[str, float], forms: Mapping[Currency, float], base: str) -> dict[str, float]:
    """What is owed is held like any other coin and cash."""
    rates: dict[str, float] = {base: 1.0} | {str(name): rate for name, rate in forms.items()}
    coins = sum(fee * rates[name] for name, fee in fees.items() if name in rates)
    owed = {name: fee for name, fee in fees.items() if name not in rates}
    return owed | {base: coins} if coins else owed


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
