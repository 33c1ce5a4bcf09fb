"""Leverage with its price: capital that margin binds, and the risk of being liquidated.

Where the desk file says what a liquidation loses, futures in accounts under a margin rule are charged what they cost at
the leverage that costs least; the ticket names that leverage for what an account holds after the trades.
"""

from collections.abc import Sequence
from dataclasses import replace

from hedgerow.book import ContractPosition, assemble, rows_of
from hedgerow.config import AccountTerms, Desk
from hedgerow.core.errors import HedgerowError
from hedgerow.core.instants import DAYS_PER_YEAR
from hedgerow.costs import HoldingCost
from hedgerow.instruments import EuropeanOption, Future, Perpetual, is_inverse
from hedgerow.margin import BestLeverage, MarginRule, best_leverage
from hedgerow.oneshot.account_books import Position
from hedgerow.oneshot.account_rules import rule_error, rule_of
from hedgerow.oneshot.costing import Costing
from hedgerow.oneshot.holdings import Holdings, home_of_tool
from hedgerow.report import LeverageAdvice


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
    holdings: Holdings, account: AccountTerms, rule: MarginRule, positions: Sequence[Position]
) -> LeverageAdvice | None:
    """Return the leverage at which the futures of an account cost least.

    Parameters
    ----------
    holdings : Holdings
        The desk in its market.
    account : AccountTerms
        The account.
    rule : MarginRule
        Its margin rule.
    positions : sequence of Position
        What it holds; options are left out.

    Returns
    -------
    LeverageAdvice or None
        None where no future is held, or the desk file states no ``liquidation_cost``. [numeraire]

    Raises
    ------
    InputError
        If the rule does not cover a future.
    """
    futures = [one for one in positions if isinstance(one.instrument, Perpetual | Future) and one.quantity]
    if holdings.desk.hedge.liquidation_cost is None or not futures:
        return None
    largest = max(futures, key=lambda one: abs(one.quantity) * holdings.notional(one.instrument))
    net = sum(one.quantity * holdings.notional(one.instrument) for one in futures)
    if net * largest.quantity <= 0.0:
        return None
    best = _best(holdings, account, rule, largest)
    return LeverageAdvice(
        leverage=best.leverage,
        collateral=abs(net) / best.leverage,
        cost=abs(net) * best.cost,
        probability=best.probability,
        options=_options_need(holdings, rule, positions),
    )


def _options_need(holdings: Holdings, rule: MarginRule, positions: Sequence[Position]) -> float:
    """Return the initial margin of options by themselves. [numeraire]"""
    options = [one for one in positions if isinstance(one.instrument, EuropeanOption) and one.quantity]
    if not options:
        return 0.0
    held = [ContractPosition(instrument=one.instrument, quantity=one.quantity) for one in options]
    rows = [row for group, one in enumerate(held) for row in rows_of(one, holdings.marking, group)]
    snapshot = holdings.marking.snapshot
    book = assemble(rows, base=snapshot.base, spot=snapshot.index_price, n_group=len(held))
    return rule.requirement(book).initial / _usd(holdings)


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
    """Return the best leverage of one position in futures alone, at the margin that the rule asks for it."""
    desk, snapshot = holdings.desk, holdings.marking.snapshot
    mark = snapshot.quote(position.instrument.name).mark
    held = ContractPosition(instrument=position.instrument, quantity=position.quantity, entry_price=mark)
    book = assemble(rows_of(held, holdings.marking, 0), base=snapshot.base, spot=snapshot.index_price, n_group=1)
    needed = rule.requirement(book)
    notional = abs(position.quantity) * holdings.notional(position.instrument) * _usd(holdings)
    hours = desk.risk.horizon_hours if desk.hedge.holding_hours is None else desk.hedge.holding_hours
    highest = min(notional / needed.initial, account.max_leverage or float("inf"))
    return best_leverage(
        vol=desk.risk.spot_vol,
        years=hours / (24.0 * DAYS_PER_YEAR),
        maintenance=needed.maintenance / notional,
        capital_rate=desk.hedge.cost_of_capital,
        liquidation_loss=desk.hedge.liquidation_cost or 0.0,
        short=position.quantity < 0.0,
        inverse=is_inverse(position.instrument),
        lowest=min(0.5, highest),
        highest=highest,
    )


def _usd(holdings: Holdings) -> float:
    """Return what the numeraire is worth. [USD]"""
    return holdings.marking.snapshot.index_price if holdings.numeraire == holdings.desk.base else 1.0


def _note(desk: Desk, name: str, ends: Sequence[BestLeverage]) -> str:
    hours = desk.risk.horizon_hours if desk.hedge.holding_hours is None else desk.hedge.holding_hours
    words = " and ".join(
        f"{best.cost:.2g} of the notional {way} at a leverage of {best.leverage:.3g}"
        for way, best in zip(("long", "short"), ends, strict=True)
    )
    return f"charged for capital and the risk of liquidation of {name} over {hours:g} h: {words}"
