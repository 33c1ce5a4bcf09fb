"""Accounts under a venue's margin rule: rows for the optimizer, and what they have and need around the trades."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from hedgerow.book import assemble, trade_rows
from hedgerow.config import AccountTerms, Desk
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import HedgerowError
from hedgerow.core.instants import DAYS_PER_YEAR
from hedgerow.hedging import Limit
from hedgerow.margin import (
    AccountMargin,
    MarginRow,
    MarginRule,
    account_margin,
    covering_equity,
    jump_liquidation_probability,
    liquidation_probability,
)
from hedgerow.oneshot.account_books import account_book, account_holdings
from hedgerow.oneshot.account_rules import rule_error, rule_of
from hedgerow.oneshot.holdings import Holdings, holding_hours, home_of_tool, lines_of
from hedgerow.oneshot.leverage import futures_notional, leverage_advice
from hedgerow.oneshot.venue_terms import venue_of
from hedgerow.pricing.models import Merton
from hedgerow.report import AccountResult, AccountState


def rule_limits(
    holdings: Holdings, account: AccountTerms, mine: np.ndarray, paid: Float64[np.ndarray, " n_instrument"]
) -> Iterator[Limit]:
    """Turn a margin rule into limits: the initial margin after the trades stays covered.

    What covers margin changes with the trades as well: a premium leaves the balances, and an option counts in its place
    only where the rule says so. Fees and half-spreads are paid from it too. Without any trade no limit asks for more
    than the account needs; what they leave out of large trades, ``keep_margins`` adds.

    Parameters
    ----------
    holdings : Holdings
        Book and hedging instruments.
    account : AccountTerms
        One that names a rule.
    mine : ndarray of shape (n_instrument,)
        Which instruments are traded in it. [bool]
    paid : ndarray of shape (n_instrument,)
        Fee and half-spread of a contract; zero where nothing may be traded. [numeraire per contract]

    Yields
    ------
    Limit
        One for each row of the rule. [numeraire]

    Raises
    ------
    ConfigError
        If the rule does not cover a position or an instrument of the account.
    """
    rule = rule_of(holdings.desk, account, holdings.marking.snapshot.as_of_ns)
    try:
        cover, changes = _cover(holdings, account, rule, mine)
        rows = _rows(holdings, account, rule, mine)
    except HedgerowError as error:
        raise rule_error(holdings.desk, account, error) from None
    rate, spread = holdings.per_usd, np.flatnonzero(mine)
    # A limit counts positions, not trades: only where nothing is held are they the same, and the cost is exact.
    paid = np.where(holdings.held == 0.0, paid, 0.0)
    for row in rows:
        linear, long, short = (np.zeros(len(holdings.tools)) for _ in range(3))
        linear[spread] = (row.linear - changes.linear[spread]) * rate
        long[spread] = (row.long - changes.long[spread]) * rate + paid[spread]
        short[spread] = (row.short - changes.short[spread]) * rate + paid[spread]
        yield Limit(
            name=f"the margin of account {account.name}: {row.name}",
            upper=cover * rate,
            start=row.start * rate,
            linear=linear,
            long=long,
            short=short,
        )


class _Changes(NamedTuple):
    """What a contract changes of what covers margin: traded, and beside it held long or short afterwards. [USD]"""

    linear: Float64[np.ndarray, " n_instrument"]
    long: Float64[np.ndarray, " n_instrument"]
    short: Float64[np.ndarray, " n_instrument"]


def _cover(holdings: Holdings, account: AccountTerms, rule: MarginRule, mine: np.ndarray) -> tuple[float, _Changes]:
    """Return what covers margin now, and what a contract of each instrument changes of it. [USD]

    Where something is held, the slope is that of opening more: closing realises P&L, which meets a haircut until flat.
    """

    def covering(traded: Mapping[str, float]) -> float:
        held = account_holdings(holdings, account, traded, {})
        return covering_equity(account_book(holdings, held), rule, account.haircuts)

    now, changes = covering({}), _Changes(*(np.zeros(len(holdings.tools)) for _ in range(3)))
    for i in np.flatnonzero(mine).tolist():
        tool, held = holdings.tools[i], holdings.held[i]
        bought, sold = ((covering({str(tool.instrument.name): way * tool.lot}) - now) / tool.lot for way in (1.0, -1.0))
        if held == 0.0 and bought + sold < 0.0:
            changes.long[i], changes.short[i] = bought, sold
        else:
            changes.linear[i] = bought if held >= 0.0 else -sold
    return now, changes


def _rows(holdings: Holdings, account: AccountTerms, rule: MarginRule, mine: np.ndarray) -> tuple[MarginRow, ...]:
    """Return the rule's rows over the instruments of the account alone; the rest it may not cover."""
    places = np.flatnonzero(mine).tolist()
    snapshot = holdings.marking.snapshot
    bought = [
        row
        for group, i in enumerate(places)
        for row in trade_rows(holdings.tools[i].instrument, holdings.marking, group)
    ]
    trades = assemble(bought, base=snapshot.base, spot=snapshot.index_price, n_group=len(places))
    held = np.zeros(len(places))
    names = {str(holdings.tools[i].instrument.name): place for place, i in enumerate(places)}
    for _, line in lines_of(holdings, account):
        if line.instrument in names:
            held[names[line.instrument]] += line.quantity
    others = account_holdings(holdings, account, {}, {})
    for name in names:
        others.positions.pop(name, None)
    return rule.rows(account_book(holdings, others), trades, held)


def account_results(
    holdings: Holdings, quantity: Float64[np.ndarray, " n_instrument"], cost: Mapping[str, float]
) -> tuple[AccountResult, ...]:
    """Say of every account under a rule what it has and needs, before the trades and after them.

    Parameters
    ----------
    holdings : Holdings
        Book and hedging instruments.
    quantity : ndarray of shape (n_instrument,)
        Trades in whole lots. [contracts]
    cost : mapping of str to float
        What each of them costs, by instrument. [numeraire]

    Returns
    -------
    tuple of AccountResult
        In the order of the desk file. [numeraire]

    Raises
    ------
    ConfigError
        If a rule does not cover what its account holds.
    """
    traded = {str(tool.instrument.name): float(x) for tool, x in zip(holdings.tools, quantity, strict=True) if x}
    found = []
    for account in holdings.desk.account:
        if account.rule is None:
            continue
        rule = rule_of(holdings.desk, account, holdings.marking.snapshot.as_of_ns)
        here = {name: x for name, x in traded.items() if home_of_tool(holdings.desk, name) == account.name}
        try:
            before, after = (_state(holdings, account, rule, trades, cost) for trades in ({}, here))
            advice = leverage_advice(holdings, account, rule, account_holdings(holdings, account, here, cost))
        except HedgerowError as error:
            raise rule_error(holdings.desk, account, error) from None
        found.append(
            AccountResult(
                name=account.name,
                venue=venue_of(account) or "",
                rule=rule.name,
                mode=account.mode.value,
                horizon_hours=holding_hours(holdings.desk),
                before=before,
                after=after,
                best=None if isinstance(advice, str) else advice,
                no_best=advice if isinstance(advice, str) else "",
            )
        )
    return tuple(found)


def _state(
    holdings: Holdings, account: AccountTerms, rule: MarginRule, traded: Mapping[str, float], cost: Mapping[str, float]
) -> AccountState:
    held = account_holdings(holdings, account, traded, cost)
    margin = account_margin(account_book(holdings, held), rule, haircuts=account.haircuts)
    rate = holdings.per_usd
    return AccountState(
        equity=margin.equity * rate,
        covering=margin.covering * rate,
        initial=margin.initial * rate,
        maintenance=margin.maintenance * rate,
        notional=futures_notional(holdings, held),
        liquidation_down=margin.liquidation_down,
        liquidation_up=margin.liquidation_up,
        probability=_probability(holdings.desk, margin),
        parts=tuple((name, amount * rate) for name, amount in margin.parts),
        jump_probability=_jump_probability(holdings.desk, margin),
    )


def _probability(desk: Desk, margin: AccountMargin) -> float:
    """Return the probability that the spot touches either move while the hedge is held."""
    return liquidation_probability(
        margin.liquidation_down,
        margin.liquidation_up,
        vol=desk.risk.spot_vol,
        years=holding_hours(desk) / (24.0 * DAYS_PER_YEAR),
    )


def _jump_probability(desk: Desk, margin: AccountMargin) -> float | None:
    """Return the same by the desk's Merton model; None where it states another model, or none."""
    model = desk.hedge.model
    if not isinstance(model, Merton):
        return None
    years = holding_hours(desk) / (24.0 * DAYS_PER_YEAR)
    return jump_liquidation_probability(
        margin.liquidation_down, margin.liquidation_up, model=model, years=years
    ).probability
