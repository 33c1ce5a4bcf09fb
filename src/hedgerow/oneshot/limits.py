"""Accounts of the desk file as limits of the problem: margin, leverage, exposure to a venue."""

import numpy as np

from hedgerow.book import Balance, kernels, rows_of, scenario_grid, scenario_pnl_by_group
from hedgerow.config import AccountTerms, Margin
from hedgerow.config.hedge_terms import FUTURES_MARGIN
from hedgerow.core.arrays import Float64
from hedgerow.core.ids import Currency
from hedgerow.core.instants import years_between
from hedgerow.hedging import Limit
from hedgerow.instruments import EuropeanOption, Instrument, Spot, is_inverse
from hedgerow.oneshot.account_margins import rule_limits
from hedgerow.oneshot.costing import Costing, settle_rate
from hedgerow.oneshot.holdings import Holdings, home_of_tool, lines_of, others_of
from hedgerow.pricing import black76

MARGIN_SPOTS = tuple(1.0 + 0.04 * k for k in range(-4, 5))
MARGIN_VOLS = (-0.25, 0.0, 0.5)
"""The grid of scenario margin: nine spots to 16 % away, vols down by a quarter, as they are, and up by half of a vol of
1. It has the form of a portfolio margin, not the figures of any venue. [pure], [vol per square root of a year]"""


def account_limits(holdings: Holdings, costing: Costing | None = None) -> tuple[Limit, ...]:
    """Turn the accounts of a desk into limits.

    Parameters
    ----------
    holdings : Holdings
        Book and hedging instruments.
    costing : Costing or None
        Costs that leave what covers margin; None for trades that are free.

    Returns
    -------
    tuple of Limit
        Margin, leverage and exposure of each account. [numeraire]

    References
    ----------
    Deribit, "Standard margin" and "Portfolio margin" (deribit.com/kb), for the form of the rules.
    """
    found: list[Limit] = []
    homes = [home_of_tool(holdings.desk, tool.instrument.name) for tool in holdings.tools]
    for account in holdings.desk.account:
        mine = np.array([home == account.name for home in homes], dtype=bool)
        if account.rule is not None:
            found += rule_limits(holdings, account, mine, _paid(holdings, costing))
        elif account.collateral is not None or account.balances:
            rule = _standard if account.margin is Margin.STANDARD else _scenario
            found += rule(holdings, account, mine)
        found += _notional(holdings, account, mine)
    return tuple(found)


def _paid(holdings: Holdings, costing: Costing | None) -> Float64[np.ndarray, " n_instrument"]:
    """Return fee and half-spread of a contract of what may be traded. [numeraire per contract]"""
    if costing is None:
        return np.zeros(len(holdings.tools))
    most = np.array([tool.box for tool in holdings.tools], dtype=np.float64)
    return np.where(most > 0.0, costing.fee + costing.half_spread, 0.0)


def _margin_of(holdings: Holdings, account: AccountTerms, instrument: Instrument) -> tuple[float, float]:
    """Return the standard initial margin of one contract held long and short. [numeraire]"""
    if not isinstance(instrument, EuropeanOption):
        margin = (account.futures_margin or FUTURES_MARGIN) * holdings.notional(instrument)
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


def _standard(holdings: Holdings, account: AccountTerms, mine: np.ndarray) -> list[Limit]:
    """Standard margin: a sum over positions, and premiums come out of the collateral."""
    n = len(holdings.tools)
    long, short, premium, start = np.zeros(n), np.zeros(n), np.zeros(n), 0.0
    for i in np.flatnonzero(mine).tolist():
        tool = holdings.tools[i]
        long[i], short[i] = _margin_of(holdings, account, tool.instrument)
        if isinstance(tool.instrument, EuropeanOption):
            rate = settle_rate(holdings.marking, tool.instrument, holdings.numeraire)
            premium[i] = tool.quote.mid * tool.instrument.contract_size * rate
    for instrument, quantity in others_of(holdings, account):
        held_long, held_short = _margin_of(holdings, account, instrument)
        start += held_long * max(quantity, 0.0) + held_short * max(-quantity, 0.0)
    return [
        Limit(
            name=f"the initial margin of account {account.name}",
            upper=_equity(holdings, account),
            start=start,
            linear=premium,
            long=long,
            short=short,
        )
    ]


def _scenario(holdings: Holdings, account: AccountTerms, mine: np.ndarray) -> list[Limit]:
    """Scenario margin: in no cell of the grid may the account lose more than its collateral."""
    grid = scenario_grid(MARGIN_SPOTS, MARGIN_VOLS, vol_term_exponent=holdings.desk.risk.vol_term_exponent)
    by_position = scenario_pnl_by_group(holdings.book, grid, numeraire=holdings.numeraire)
    by_trade = scenario_pnl_by_group(holdings.trades, grid, numeraire=holdings.numeraire)
    lost = -by_position[:, [place for place, _ in lines_of(holdings, account)]].sum(axis=1)
    nothing = np.zeros(len(holdings.tools))
    return [
        Limit(
            name=f"the margin of account {account.name} at spot {grid.spot[s] - 1.0:+.0%}, vol {grid.vol[s]:+.2f}",
            upper=_equity(holdings, account),
            start=float(lost[s]),
            linear=np.where(mine, -by_trade[s], 0.0),
            long=nothing,
            short=nothing,
        )
        for s in range(grid.count)
    ]


def _notional(holdings: Holdings, account: AccountTerms, mine: np.ndarray) -> list[Limit]:
    """Leverage and exposure: sums of absolute notionals."""
    size = np.array([holdings.notional(tool.instrument) for tool in holdings.tools]) * mine
    start = sum(holdings.notional(one) * abs(quantity) for one, quantity in others_of(holdings, account))
    nothing, found = np.zeros(size.size), []
    equity = _equity(holdings, account)
    if account.max_leverage is not None:
        most = account.max_leverage * equity
        name = f"the leverage of account {account.name}"
        found.append(Limit(name=name, upper=most, start=start, linear=nothing, long=size, short=size))
    if account.max_notional is not None:
        name, most = f"the notional in account {account.name}", account.max_notional * holdings.stated
        found.append(Limit(name=name, upper=most, start=start, linear=nothing, long=size, short=size))
    if account.max_loan_to_value is not None:
        most = account.max_loan_to_value * equity
        name = f"the loan-to-value of account {account.name}"
        found.append(
            Limit(
                name=name,
                upper=most,
                start=sum(_loan(holdings, one, quantity) for one, quantity in others_of(holdings, account)),
                linear=nothing,
                long=nothing,
                short=np.array([_loan(holdings, tool.instrument, -1.0) for tool in holdings.tools]) * mine,
            )
        )
    return found


def _equity(holdings: Holdings, account: AccountTerms) -> float:
    """Return the stated collateral, or what the balances of the account are worth. [numeraire]"""
    if account.collateral is not None:
        return account.collateral * holdings.stated
    spot, coin = holdings.marking.snapshot.index_price, holdings.coin
    worth = 0.0
    for currency, amount in account.balances.items():
        rows = rows_of(Balance(currency=Currency(currency), amount=amount), holdings.marking, 0)
        worth += sum(row.quantity * (coin if row.kind == kernels.COIN else coin / spot) for row in rows)
    return worth


def _loan(holdings: Holdings, instrument: Instrument, quantity: float) -> float:
    """Return the worth of coins that are borrowed for a position: a spot pair held short. [numeraire]"""
    if not isinstance(instrument, Spot):
        return 0.0
    return holdings.notional(instrument) * max(-quantity, 0.0)
