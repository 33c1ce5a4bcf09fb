"""What the accounts of a finished run held, needed and lost, by the venue's own books and looks."""

import math
from decimal import Decimal

import numpy as np

from hedgerow.backtesting.samples import Samples
from hedgerow.backtesting.session import Session
from hedgerow.backtesting.starts import Start
from hedgerow.config.study_accounts import AccountLine
from hedgerow.core.arrays import Float64
from hedgerow.core.money import exact
from hedgerow.engine import EngineSettings
from hedgerow.instruments import EuropeanOption, Spot
from hedgerow.ledger import Account
from hedgerow.report.backtest_accounts import AccountResult, AccountsReport, ForcedTrade, MarginUse
from hedgerow.venues import MarginSample


def accounts_report(session: Session, samples: Samples, start: Start) -> AccountsReport:
    """Report the accounts of one policy.

    Parameters
    ----------
    session : Session
        Its finished run.
    samples : Samples
        The last price, and what options were worth there.
    start : Start
        What the accounts started with.

    Returns
    -------
    AccountsReport
        Margin, liquidations and every account. [USD and the currencies of the accounts]
    """
    venue = session.venue
    forced = tuple(
        ForcedTrade(
            at_ns=trade.at_ns,
            account=trade.account,
            instrument=trade.instrument,
            quantity=float(trade.quantity),
            price=float(trade.price),
            fee=float(trade.fee),
        )
        for trade in venue.liquidations
    )
    accounts = tuple(_account(session, samples, line) for line in start.study.account)
    used = [item.margin for item in accounts if item.margin is not None]
    return AccountsReport(
        leverage=start.leverage,
        levered=start.levered,
        chosen=start.chosen,
        liquidation_probability=start.liquidation_probability,
        margin=_together(used) if used else None,
        forced=forced,
        shortfall=0.0 - sum(item.equity for item in venue.bankruptcies),
        usage=_usage([*venue.margins, *venue.look_back(int(samples.at_ns[-1]))], samples),
        accounts=accounts,
    )


def _account(session: Session, samples: Samples, line: AccountLine) -> AccountResult:
    settings = session.engine.settings
    before = session.engine.start().ledger.account(line.name)
    held = session.venue.books.account(line.name)
    looks = [look for look in session.venue.margins if look.account == line.name]
    flows: dict[str, dict[str, float]] = {}
    for (currency, cause), amount in sorted(held.flows.items()):
        flows.setdefault(cause, {})[currency] = float(amount)
    since = [look for look in session.venue.look_back(int(samples.at_ns[-1])) if look.account == line.name]
    return AccountResult(
        name=line.name,
        rule=line.rule,
        start=_cash(before),
        balances=_cash(held),
        in_transit=_sent(session, line.name),
        positions={name: float(item.quantity) for name, item in sorted(held.holdings.items()) if item.quantity},
        equity=_equity(settings, held, samples),
        flows=flows,
        initial=looks[-1].initial if looks else math.nan,
        maintenance=looks[-1].maintenance if looks else math.nan,
        margin=_use(session, line, [*looks, *since]) if line.rule else None,
    )


def _sent(session: Session, name: str) -> dict[str, float]:
    """What has left an account and has not arrived by the end, by currency."""
    sent: dict[str, float] = {}
    for transit in session.venue.books.in_transit:
        if transit.source == name:
            currency = str(transit.money.currency)
            sent[currency] = sent.get(currency, 0.0) + float(transit.money.amount)
    return sent


def _cash(account: Account) -> dict[str, float]:
    return {currency: float(account.balance(currency).amount) for currency in account.currencies}


def _equity(settings: EngineSettings, account: Account, samples: Samples) -> float:
    """Value cash and what is open at the last price. [USD]"""
    spot, quoted = float(samples.spot[-1]), exact(float(samples.quoted[-1]))
    cash = {currency: account.balance(currency).amount for currency in account.currencies}
    worth = 0.0
    for item in settings.positions:
        worth += float(account.holding(item.instrument).quantity) * float(samples.contracts[item.instrument.name][-1])
    hedge = settings.instrument
    if account.holding(hedge).quantity and not isinstance(hedge, Spot | EuropeanOption):
        open_pnl = account.unsettled(hedge, quoted)
        cash[open_pnl.currency] = cash.get(open_pnl.currency, Decimal(0)) + open_pnl.amount
    for currency, amount in cash.items():
        worth += float(amount) * (spot if currency == settings.base else settings.usd_rate(currency))
    return worth


def _use(session: Session, line: AccountLine, looks: list[MarginSample]) -> MarginUse:
    moves = [abs(move) for look in looks for move in (look.down, look.up) if move is not None]
    return MarginUse(
        max_initial=max((look.initial for look in looks), default=0.0),
        max_initial_share=max((_over(look.initial, look.covering) for look in looks), default=0.0),
        min_distance=min(moves, default=math.nan),
        opening_share=_over(looks[0].initial, looks[0].covering) if looks else 0.0,
        liquidations=sum(trade.account == line.name for trade in session.venue.liquidations),
        bankrupt=any(item.account == line.name for item in session.venue.bankruptcies),
    )


def _usage(looks: list[MarginSample], samples: Samples) -> Float64[np.ndarray, " n_sample"]:
    """Take the largest of all looks since the sample before."""
    worst = np.full(samples.at_ns.size, np.nan)
    place = np.minimum(samples.at_ns.searchsorted([look.at_ns for look in looks]), samples.at_ns.size - 1)
    for i, look in zip(place.tolist(), looks, strict=True):
        worst[i] = np.fmax(worst[i], _over(look.maintenance, look.covering))
    return worst


def _over(needed: float, covering: float) -> float:
    """Margin over what covers it."""
    if covering > 0.0:
        return needed / covering
    return math.inf if needed > 0.0 or covering < 0.0 else 0.0


def _together(used: list[MarginUse]) -> MarginUse:
    """The worst of several accounts."""
    distances = [item.min_distance for item in used if not math.isnan(item.min_distance)]
    return MarginUse(
        max_initial=max(item.max_initial for item in used),
        max_initial_share=max(item.max_initial_share for item in used),
        min_distance=min(distances, default=math.nan),
        opening_share=max(item.opening_share for item in used),
        liquidations=sum(item.liquidations for item in used),
        bankrupt=any(item.bankrupt for item in used),
    )
