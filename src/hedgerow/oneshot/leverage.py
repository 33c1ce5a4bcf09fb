"""Leverage with its price: capital that margin binds, and the risk of being liquidated.

Where the desk file says what a liquidation loses, futures in accounts under a margin rule are charged what they cost at
the leverage that costs least; the ticket names that leverage for what an account holds after the trades.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from hedgerow.book import CompiledBook, ContractPosition, assemble, rows_of, value_book
from hedgerow.config import AccountTerms, Desk
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import HedgerowError
from hedgerow.core.instants import DAYS_PER_YEAR
from hedgerow.costs import HoldingCost
from hedgerow.instruments import Future, Perpetual, Spot, is_inverse
from hedgerow.margin import (
    AccountMargin,
    BestLeverage,
    MarginRule,
    account_margin,
    best_leverage,
    covering_equity,
    liquidation_probability,
)
from hedgerow.oneshot.account_books import AccountHoldings, Position, account_book, account_holdings
from hedgerow.oneshot.account_rules import rule_error, rule_of
from hedgerow.oneshot.costing import Costing
from hedgerow.oneshot.holdings import Holdings, holding_hours, home_of_tool
from hedgerow.report import LeverageAdvice

_ENDS: Final = (0.001, 10.0)
_MOVES: Final = 61
"""Spots over the spot now between which liquidation is looked for, and at how many of them. [pure], [count]"""
_GRID: Final = 121
_LOWEST: Final = 0.5
"""Lowest leverage that is looked for. [pure]"""
_SMALLEST: Final = 1e-6
_ROUNDING: Final = 1e-9


def with_leverage_costs(holdings: Holdings, costing: Costing) -> Costing:
    """Add what futures cost at the best leverage to what holding them costs.

    Parameters
    ----------
    holdings : Holdings
        The desk in its market.
    costing : Costing
        Costs without it.

    Returns
    -------
    Costing
        With it, and a note for each contract; as given where the desk file states no ``liquidation_cost``. [numeraire]

    Raises
    ------
    ConfigError
        If a contract states an initial margin as well, whose capital would be charged twice.
    """
    desk = holdings.desk
    if desk.hedge.liquidation_cost is None:
        return costing
    holding, notes = list(costing.holding), []
    for i, tool in enumerate(holdings.tools):
        account = _account_of(desk, tool.instrument.name)
        if account is None or not isinstance(tool.instrument, Perpetual | Future):
            continue
        _refuse_twice(desk, tool.instrument.name)
        rule = rule_of(desk, account, holdings.marking.snapshot.as_of_ns)
        try:
            ends = [_best(holdings, account, rule, Position(tool.instrument, way * tool.lot)) for way in (1.0, -1.0)]
        except HedgerowError as error:
            raise rule_error(desk, account, error) from None
        notional = holdings.notional(tool.instrument)
        holding[i] += HoldingCost(long=ends[0].cost * notional, short=ends[1].cost * notional)
        notes.append(_note(desk, tool.instrument.name, ends))
    return replace(costing, holding=tuple(holding), notes=(*costing.notes, *notes))


def leverage_advice(
    holdings: Holdings, account: AccountTerms, rule: MarginRule, held: AccountHoldings
) -> LeverageAdvice | str | None:
    """Return how much collateral costs an account least, options, haircuts and currencies counted.

    What it holds is taken in the same proportion, more or less of it, and the account revalued in full with each
    amount. The margin does not depend on the amount, and what covers it grows in proportion; so each move of the spot
    says how much is needed there, and the nearest moves at which that is more than is held are where it is liquidated.

    Parameters
    ----------
    holdings : Holdings
        The desk in its market.
    account : AccountTerms
        The account.
    rule : MarginRule
        Its margin rule.
    held : AccountHoldings
        What is in it.

    Returns
    -------
    LeverageAdvice, str or None
        None where no future is held, or the desk file states no ``liquidation_cost``; a text says why there is no
        advice. [numeraire]

    Raises
    ------
    InputError
        If the rule does not cover a position.

    References
    ----------
    Alexander, Deng, Zou (2023), EJOR 306:478, section 3, doi 10.1016/j.ejor.2022.07.037: capital against the risk of
    liquidation; here of a whole account.
    """
    notional = futures_notional(holdings, held)
    if holdings.desk.hedge.liquidation_cost is None or not notional:
        return None
    stake = _Stake(
        holdings=holdings,
        account=account,
        rule=rule,
        held=held,
        notional=notional / holdings.per_usd,
        worth=_worth(holdings, held),
    )
    if not stake.at(1.0)[2] > 0.0:
        return "nothing in it covers margin, so that no amount of it is enough"
    needs, least = stake.needs(), stake.least()
    sizes = np.geomspace(least, max(stake.most(), 2.0 * least, 1.0), _GRID)
    for _ in range(2):
        costs = [stake.cost(size, stake.chance(*needs.moves(size))) for size in sizes.tolist()]
        place = int(np.argmin(costs))
        sizes = np.geomspace(sizes[max(place - 1, 0)], sizes[min(place + 1, _GRID - 1)], _GRID)
    found, as_is = stake.advice(float(sizes[_GRID // 2])), stake.advice(1.0)
    if found.margin.free < -_ROUNDING * found.margin.initial:
        return "no amount of what is in it was found that covers its initial margin"
    best = as_is if as_is.cost < found.cost and as_is.margin.free >= 0.0 else found
    rate = holdings.per_usd
    return LeverageAdvice(
        leverage=stake.notional / best.margin.covering,
        collateral=best.size * stake.worth * rate,
        held=stake.worth * rate,
        cost=best.cost * rate,
        cost_as_is=as_is.cost * rate,
        probability=best.probability,
    )


class _Priced(NamedTuple):
    """An account with so much of what it holds, and what that costs."""

    size: float
    margin: AccountMargin
    probability: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    """How much of what is held each move of the spot needs, from the spot outwards, down and up."""

    down: Float64[np.ndarray, "2 n_move"]
    up: Float64[np.ndarray, "2 n_move"]

    def moves(self, size: float) -> tuple[float | None, float | None]:
        """Return the nearest moves that need more than so much; None for none. [fraction]"""
        return self._nearest(self.down, size), self._nearest(self.up, size)

    @staticmethod
    def _nearest(side: Float64[np.ndarray, "2 n_move"], size: float) -> float | None:
        spots, most = side  # the need so far never falls
        place = int(np.searchsorted(most, size, side="right"))
        if place == most.size:
            return None
        inside, outside = float(most[max(place - 1, 0)]), float(most[place])
        share = (size - inside) / (outside - inside) if place and math.isfinite(outside - inside) else 1.0
        before = float(spots[max(place - 1, 0)])
        return before + share * (float(spots[place]) - before) - 1.0


@dataclass(frozen=True, kw_only=True)
class _Stake:
    """An account whose collateral is to be chosen: a size of 1 is what it holds."""

    holdings: Holdings
    account: AccountTerms
    rule: MarginRule
    held: AccountHoldings
    notional: float
    worth: float

    @cached_property
    def ends(self) -> tuple[CompiledBook, CompiledBook]:
        """The account without what it holds, and with it. [USD terms]"""
        return self.book(0.0), self.book(1.0)

    def book(self, size: float) -> CompiledBook:
        """Return the account with so much of what it holds; what it owes stays."""
        balances = {name: size * amount if amount > 0.0 else amount for name, amount in self.held.balances.items()}
        return account_book(self.holdings, AccountHoldings(positions=self.held.positions, balances=balances))

    def at(self, spot: float) -> tuple[float, float, float]:
        """Return margin less what covers it beside the collateral, initial and maintained, and what that covers. [USD]

        The spot is over the spot now.
        """
        without, with_it = (replace(book, spot=spot * book.spot) for book in self.ends)
        cover, more = (covering_equity(book, self.rule, self.account.haircuts) for book in (without, with_it))
        needed = self.rule.requirement(with_it)
        return needed.initial - cover, needed.maintenance - cover, more - cover

    def needs(self) -> _Needs:
        """Return how much each move of the spot needs. [pure]"""
        sides = []
        for end in _ENDS:
            spots = np.geomspace(1.0, end, _MOVES)
            sides.append(np.array([spots, np.maximum.accumulate([_over(*self.at(x)[1:]) for x in spots.tolist()])]))
        return _Needs(down=sides[0], up=sides[1])

    def least(self) -> float:
        """Return the size from which on the initial margin and the largest leverage are kept. [pure]"""
        initial, _, unit = self.at(1.0)
        least = max(_over(initial, unit), _SMALLEST)
        if self.account.max_leverage is None:
            return least
        everything = sum(
            abs(one.quantity) * self.holdings.notional(one.instrument)
            for one in self.held.positions.values()
            if not isinstance(one.instrument, Spot)
        )
        return max(least, everything / (self.account.max_leverage * self.worth * self.holdings.per_usd))

    def most(self) -> float:
        """Return the size at which the leverage is as low as it is looked for. [pure]"""
        initial, _, unit = self.at(1.0)
        beside = self.rule.requirement(self.ends[1]).initial - initial
        return _over(self.notional / _LOWEST - beside, unit)

    def chance(self, down: float | None, up: float | None) -> float:
        """Return the probability of a liquidation while the hedge is held."""
        years = holding_hours(self.holdings.desk) / (24.0 * DAYS_PER_YEAR)
        return liquidation_probability(down, up, vol=self.holdings.desk.risk.spot_vol, years=years)

    def cost(self, size: float, probability: float) -> float:
        """Return capital and the expected loss of a liquidation over the holding period. [USD]"""
        hedge = self.holdings.desk.hedge
        years = holding_hours(self.holdings.desk) / (24.0 * DAYS_PER_YEAR)
        capital = hedge.cost_of_capital * years * size * self.worth
        return capital + (hedge.liquidation_cost or 0.0) * self.notional * probability

    def advice(self, size: float) -> _Priced:
        """Revalue the account in full with so much of what it holds."""
        margin = account_margin(self.book(size), self.rule, haircuts=self.account.haircuts)
        probability = self.chance(margin.liquidation_down, margin.liquidation_up)
        return _Priced(size, margin, probability, self.cost(size, probability))


def _over(gap: float, unit: float) -> float:
    """Return how much of a unit fills a gap; endless where a unit covers nothing, as at a spot of nearly nothing."""
    if unit > 0.0:
        return gap / unit
    return math.inf if gap > 0.0 else -math.inf


def _worth(holdings: Holdings, held: AccountHoldings) -> float:
    """Return what the balances of an account are worth that are not owed. [USD]"""
    owned = {name: amount for name, amount in held.balances.items() if amount > 0.0}
    return float(value_book(account_book(holdings, AccountHoldings(balances=owned)), numeraire="USD")[0].sum())


def futures_notional(holdings: Holdings, held: AccountHoldings) -> float:
    """Return the sum of absolute notionals of an account's futures.

    Parameters
    ----------
    holdings : Holdings
        The desk in its market.
    held : AccountHoldings
        What is in the account.

    Returns
    -------
    float
        At the index. [numeraire]
    """
    return sum(
        abs(position.quantity) * holdings.notional(position.instrument)
        for position in held.positions.values()
        if isinstance(position.instrument, Perpetual | Future)
    )


def _account_of(desk: Desk, name: str) -> AccountTerms | None:
    """Return the account under a margin rule in which an instrument is traded."""
    home = home_of_tool(desk, name)
    return next((one for one in desk.account if one.name == home and one.rule is not None), None)


def _refuse_twice(desk: Desk, name: str) -> None:
    for i, line in enumerate(desk.contract):
        if line.instrument == name and line.initial_margin is not None:
            found = "stands beside hedge.liquidation_cost, which charges the capital of the best leverage"
            raise desk.error(f"contract[{i}].initial_margin", found, "remove one of the two")


def _best(holdings: Holdings, account: AccountTerms, rule: MarginRule, position: Position) -> BestLeverage:
    """Return the best leverage of one position in futures alone, at the margin that the rule asks for it.

    Its margin lies in what the account holds before the trades: in the same currencies, with their haircuts.
    """
    desk, snapshot = holdings.desk, holdings.marking.snapshot
    mark = snapshot.quote(position.instrument.name).mark
    held = ContractPosition(instrument=position.instrument, quantity=position.quantity, entry_price=mark)
    book = assemble(rows_of(held, holdings.marking, 0), base=snapshot.base, spot=snapshot.index_price, n_group=1)
    needed = rule.requirement(book)
    notional = abs(position.quantity) * holdings.notional(position.instrument) / holdings.per_usd
    coin, haircut = _collateral(holdings, account, rule)
    most = float("inf") if account.max_leverage is None else account.max_leverage / (1.0 - haircut)
    highest = min(notional / needed.initial, most)
    return best_leverage(
        vol=desk.risk.spot_vol,
        years=holding_hours(desk) / (24.0 * DAYS_PER_YEAR),
        maintenance=needed.maintenance / notional,
        capital_rate=desk.hedge.cost_of_capital,
        liquidation_loss=desk.hedge.liquidation_cost or 0.0,
        short=position.quantity < 0.0,
        inverse=is_inverse(position.instrument),
        lowest=min(0.5, highest),
        highest=highest,
        coin=coin,
        haircut=haircut,
    )


def _collateral(holdings: Holdings, account: AccountTerms, rule: MarginRule) -> tuple[float | None, float]:
    """Return which share of what covers margin is coins, and which share of the collateral covers nothing.

    Where nothing is held that covers, it is as the contract settles, without a haircut: no plan may trade there.
    """
    held = AccountHoldings(balances=account_holdings(holdings, account, {}, {}).balances)
    book = account_book(holdings, held)
    now, doubled = (covering_equity(one, rule, account.haircuts) for one in (book, replace(book, spot=2.0 * book.spot)))
    worth = _worth(holdings, held)
    if not (now > 0.0 and worth > 0.0):
        return None, 0.0
    return min(max((doubled - now) / now, 0.0), 1.0), max(1.0 - now / worth, 0.0)


def _note(desk: Desk, name: str, ends: Sequence[BestLeverage]) -> str:
    words = " and ".join(
        f"{best.cost:.2g} of the notional {way} at a leverage of {best.leverage:.3g}"
        for way, best in zip(("long", "short"), ends, strict=True)
    )
    charged = f"charged for capital and the risk of liquidation of {name} over {holding_hours(desk):g} h"
    return f"{charged}, at the leverage that costs least, whatever its account has: {words}"
