"""Accounts of the desk file as limits of the problem: margin, leverage, exposure to a venue."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hedgerow.book import (
    CompiledBook,
    Marking,
    scenario_grid,
    scenario_pnl_by_group,
)
from hedgerow.config import AccountTerms, Desk, Margin
from hedgerow.config.desk import PositionLine
from hedgerow.core.arrays import Float64
from hedgerow.core.instants import years_between
from hedgerow.hedging import Limit
from hedgerow.instruments import EuropeanOption, Instrument, Spot, is_inverse, parse_deribit
from hedgerow.oneshot.costing import settle_rate
from hedgerow.oneshot.resolve import HedgeInstrument
from hedgerow.pricing import black76

MARGIN_SPOTS = tuple(1.0 + 0.04 * k for k in range(-4, 5))
MARGIN_VOLS = (-0.25, 0.0, 0.5)
"""The grid of scenario margin: nine spots to 16 % away, vols down by a quarter, as they are, and up by half of a vol of
1. It has the form of a portfolio margin, not the figures of any venue. [pure], [vol per square root of a year]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """The book and the hedging instruments, as the limits see them.

    Parameters
    ----------
    desk : Desk
        The desk file.
    marking : Marking
        The market.
    book, trades : CompiledBook
        Positions by the order of the desk file; one purchase of each hedging instrument.
    tools : sequence of HedgeInstrument
        The hedging instruments.
    held : ndarray of shape (n_instrument,)
        What the desk holds of each. [contracts]
    numeraire : str
        ``USD`` or the coin.
    """

    desk: Desk
    marking: Marking
    book: CompiledBook
    trades: CompiledBook
    tools: Sequence[HedgeInstrument]
    held: Float64[np.ndarray, " n_instrument"]
    numeraire: str

    @property
    def coin(self) -> float:
        """What one coin is worth. [numeraire]"""
        return 1.0 if self.numeraire == self.desk.base else self.marking.snapshot.index_price

    @property
    def stated(self) -> float:
        """What one unit of the desk file's numeraire is worth. [numeraire]"""
        if self.numeraire == self.desk.numeraire:
            return 1.0
        spot = self.marking.snapshot.index_price
        return spot if self.numeraire == "USD" else 1.0 / spot


def positions_held(desk: Desk, tools: Sequence[HedgeInstrument]) -> Float64[np.ndarray, " n_instrument"]:
    """Add up what the desk holds of each hedging instrument.

    Coins among the balances are what can be sold without borrowing: the first spot pair holds them.

    Parameters
    ----------
    desk : Desk
        The desk file.
    tools : sequence of HedgeInstrument
        The hedging instruments.

    Returns
    -------
    ndarray of shape (n_instrument,)
        Positions before any trade. [contracts]
    """
    place = {str(tool.instrument.name): i for i, tool in enumerate(tools)}
    held = np.zeros(len(tools))
    for line in desk.position:
        if line.instrument in place:
            held[place[line.instrument]] += line.quantity
    pair = next((i for i, tool in enumerate(tools) if isinstance(tool.instrument, Spot)), None)
    if pair is not None:
        held[pair] += desk.balances.get(desk.base, 0.0) / tools[pair].instrument.contract_size
    return held


def account_limits(holdings: Holdings) -> tuple[Limit, ...]:
    """Turn the accounts of a desk into limits.

    Parameters
    ----------
    holdings : Holdings
        Book and hedging instruments.

    Returns
    -------
    tuple of Limit
        Margin, leverage and exposure of each account. [numeraire]

    References
    ----------
    Deribit, "Standard margin" and "Portfolio margin" (deribit.com/kb), for the form of the rules.
    """
    found: list[Limit] = []
    homes = [_home_of_tool(holdings.desk, tool.instrument.name) for tool in holdings.tools]
    for account in holdings.desk.account:
        mine = np.array([home == account.name for home in homes], dtype=bool)
        if account.collateral is not None:
            rule = _standard if account.margin is Margin.STANDARD else _scenario
            found += rule(holdings, account, mine)
        found += _notional(holdings, account, mine)
    return tuple(found)


def _home_of_line(desk: Desk, line: PositionLine) -> str | None:
    """Return the account that carries a position: the one that trades its instrument, else the one that it names."""
    traded = (account.name for account in desk.account if line.instrument in account.instruments)
    return next(traded, line.account)


def _home_of_tool(desk: Desk, name: str) -> str | None:
    """Return the account in which an instrument is traded.

    One that no account lists, asked for by the caller or tried as an addition, stays with the account that holds all of
    it: its position then counts once, whether it may be traded or not. Elsewhere it is outside any account.
    """
    for account in desk.account:
        if name in account.instruments:
            return account.name
    homes = {line.account for line in desk.position if line.instrument == name}
    return homes.pop() if len(homes) == 1 else None


def _lines(holdings: Holdings, account: AccountTerms) -> list[tuple[int, PositionLine]]:
    """Return the positions of an account with their place in the book; what was left out of the book is left out."""
    first, valued = len(holdings.desk.balances), set(holdings.book.group.tolist())
    return [
        (first + i, line)
        for i, line in enumerate(holdings.desk.position)
        if first + i in valued and _home_of_line(holdings.desk, line) == account.name
    ]


def _others(holdings: Holdings, account: AccountTerms) -> list[tuple[Instrument, float]]:
    """Return positions of an account that are not traded in it."""
    homes = {str(tool.instrument.name): _home_of_tool(holdings.desk, tool.instrument.name) for tool in holdings.tools}
    return [
        (parse_deribit(line.instrument), line.quantity)
        for _, line in _lines(holdings, account)
        if homes.get(line.instrument) != account.name
    ]


def _margin_of(holdings: Holdings, account: AccountTerms, instrument: Instrument) -> tuple[float, float]:
    """Return the standard initial margin of one contract held long and short. [numeraire]"""
    if not isinstance(instrument, EuropeanOption):
        margin = account.futures_margin * _notional_of(holdings, instrument)
        # Coins of a spot pair that are held are paid for.
        return (0.0 if isinstance(instrument, Spot) else margin), margin
    strike, (forward, price) = instrument.strike, _option_mark(holdings, instrument)
    mark = price * settle_rate(holdings.marking, instrument, holdings.numeraire) / holdings.coin
    away = max(strike - forward, 0.0) if instrument.is_call else max(forward - strike, 0.0)
    short = max(0.15 - away / forward, 0.10) + mark
    if not instrument.is_call:
        short = max(short, max(0.075, 0.075 * mark) + mark)
    return 0.0, short * instrument.contract_size * holdings.coin


def _option_mark(holdings: Holdings, option: EuropeanOption) -> tuple[float, float]:
    """Return forward and mark of an option; the surface's where the book is valued with them. [quote, settle]"""
    found = holdings.marking.interpolated.get(option.name)
    if found is None:
        quote = holdings.marking.snapshot.quotes.quote(option.name)
        return quote.forward, quote.mark
    years = years_between(holdings.marking.snapshot.as_of_ns, option.expiry_ns)
    inverse = is_inverse(option)
    priced = black76([found.forward], [option.strike], [years], [found.vol], [option.is_call], inverse=inverse)
    return found.forward, float(priced.price[0])


def _notional_of(holdings: Holdings, instrument: Instrument) -> float:
    """Return the notional of one contract. [numeraire]"""
    if is_inverse(instrument) and not isinstance(instrument, EuropeanOption):
        return instrument.contract_size * holdings.coin / holdings.marking.snapshot.index_price
    return instrument.contract_size * holdings.coin


def _standard(holdings: Holdings, account: AccountTerms, mine: np.ndarray) -> list[Limit]:
    """Standard margin: a sum over positions, and premiums come out of the collateral."""
    assert account.collateral is not None
    n = len(holdings.tools)
    long, short, premium, start = np.zeros(n), np.zeros(n), np.zeros(n), 0.0
    for i in np.flatnonzero(mine).tolist():
        tool = holdings.tools[i]
        long[i], short[i] = _margin_of(holdings, account, tool.instrument)
        if isinstance(tool.instrument, EuropeanOption):
            rate = settle_rate(holdings.marking, tool.instrument, holdings.numeraire)
            premium[i] = tool.quote.mid * tool.instrument.contract_size * rate
    for instrument, quantity in _others(holdings, account):
        held_long, held_short = _margin_of(holdings, account, instrument)
        start += held_long * max(quantity, 0.0) + held_short * max(-quantity, 0.0)
    return [
        Limit(
            name=f"the initial margin of account {account.name}",
            upper=account.collateral * holdings.stated,
            start=start,
            linear=premium,
            long=long,
            short=short,
        )
    ]


def _scenario(holdings: Holdings, account: AccountTerms, mine: np.ndarray) -> list[Limit]:
    """Scenario margin: in no cell of the grid may the account lose more than its collateral."""
    assert account.collateral is not None
    grid = scenario_grid(MARGIN_SPOTS, MARGIN_VOLS, vol_term_exponent=holdings.desk.risk.vol_term_exponent)
    by_position = scenario_pnl_by_group(holdings.book, grid, numeraire=holdings.numeraire)
    by_trade = scenario_pnl_by_group(holdings.trades, grid, numeraire=holdings.numeraire)
    lost = -by_position[:, [place for place, _ in _lines(holdings, account)]].sum(axis=1)
    nothing = np.zeros(len(holdings.tools))
    return [
        Limit(
            name=f"the margin of account {account.name} at spot {grid.spot[s] - 1.0:+.0%}, vol {grid.vol[s]:+.2f}",
            upper=account.collateral * holdings.stated,
            start=float(lost[s]),
            linear=np.where(mine, -by_trade[s], 0.0),
            long=nothing,
            short=nothing,
        )
        for s in range(grid.count)
    ]


def _notional(holdings: Holdings, account: AccountTerms, mine: np.ndarray) -> list[Limit]:
    """Leverage and exposure: sums of absolute notionals."""
    size = np.array([_notional_of(holdings, tool.instrument) for tool in holdings.tools]) * mine
    start = sum(_notional_of(holdings, one) * abs(quantity) for one, quantity in _others(holdings, account))
    nothing, found = np.zeros(size.size), []
    if account.max_leverage is not None and account.collateral is not None:
        most = account.max_leverage * account.collateral * holdings.stated
        name = f"the leverage of account {account.name}"
        found.append(Limit(name=name, upper=most, start=start, linear=nothing, long=size, short=size))
    if account.max_notional is not None:
        name, most = f"the notional in account {account.name}", account.max_notional * holdings.stated
        found.append(Limit(name=name, upper=most, start=start, linear=nothing, long=size, short=size))
    if account.max_loan_to_value is not None and account.collateral is not None:
        most = account.max_loan_to_value * account.collateral * holdings.stated
        name = f"the loan-to-value of account {account.name}"
        found.append(
            Limit(
                name=name,
                upper=most,
                start=sum(_loan(holdings, one, quantity) for one, quantity in _others(holdings, account)),
                linear=nothing,
                long=nothing,
                short=np.array([_loan(holdings, tool.instrument, -1.0) for tool in holdings.tools]) * mine,
            )
        )
    return found


def _loan(holdings: Holdings, instrument: Instrument, quantity: float) -> float:
    """Return the worth of coins that are borrowed for a position: a spot pair held short. [numeraire]"""
    if not isinstance(instrument, Spot):
        return 0.0
    return _notional_of(holdings, instrument) * max(-quantity, 0.0)
