"""From a study to engines and venues."""

from collections.abc import Mapping
from decimal import Decimal

from hedgerow.backtesting.holdings import price_rate, rows_in_accounts
from hedgerow.backtesting.load import Recorded
from hedgerow.backtesting.margins import held_listings, margin_terms
from hedgerow.backtesting.market_tape import latency_of
from hedgerow.backtesting.markets import desk_ticks, hedge_listing
from hedgerow.backtesting.programme import Tell, exact_policy
from hedgerow.backtesting.samples import NO_DELIVERY
from hedgerow.backtesting.trading_terms import trading_terms
from hedgerow.book import Row
from hedgerow.config import BookLine, ExchangeLine, InstrumentLine, PolicyLine, PoolLine, QuotedLine, Study
from hedgerow.config.policy_lines import ExactLine
from hedgerow.config.study import contract_of
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.instants import from_datetime, seconds_ns
from hedgerow.core.money import exact
from hedgerow.engine import Deposit, Engine, EngineSettings, OpeningPosition, opening_ledger
from hedgerow.events import MoveCollateral
from hedgerow.execution import DeskRules
from hedgerow.instruments import EuropeanOption, Future, Instrument, Spot
from hedgerow.policy import AnyPolicy, with_costs
from hedgerow.venues import Chunk, Delays, Faults, Index, SimulatedExchange, Source, Tape

_MS_NS = 1_000_000
_COINS_PER_GWEI = 1e-9


def engine_settings(
    study: Study,
    policy: PolicyLine,
    rows: tuple[Row, ...],
    recorded: Recorded,
    tell: Tell | None = None,
    positions: tuple[OpeningPosition, ...] = (),
) -> EngineSettings:
    """Make the settings of one policy's engine.

    Parameters
    ----------
    study : Study
        Accounts, instruments, rules.
    policy : PolicyLine
        Which policy.
    rows : tuple of Row
        What is held outside of accounts. [USD terms]
    recorded : Recorded
        Its first prices say what a policy's trades cost, where it does not.
    tell : callable, optional
        Told the progress of a program that has to be solved.
    positions : tuple of OpeningPosition
        What accounts hold beside cash.

    Returns
    -------
    EngineSettings
        Everything that the engine needs. [as its fields]

    Raises
    ------
    ConfigError
        If the instrument cannot hedge here, or a policy's program cannot be solved.
    """
    line = study.traded_by(policy)
    contract = _hedge_contract(study, line)
    deposits = [
        Deposit(account=AccountName(account.name), currency=Currency(currency), amount=exact(amount))
        for account in study.account
        for currency, amount in account.balances.items()
    ]
    return EngineSettings(
        base=Currency(study.base),
        numeraire=study.numeraire,
        reference=InstrumentName(line.name),
        rows=rows,
        usd_rates={Currency(name): rate for name, rate in study.rates.items()},
        instrument=contract,
        lot=exact(line.lot),
        wanted_delta=study.hedge.delta,
        policy=_policy(study, policy, (*rows, *rows_in_accounts(positions)), recorded, tell),
        desk=DeskRules(
            account=AccountName(line.account),
            instrument=contract.name,
            timeout_ns=seconds_ns(study.hedge.order_timeout_s),
            retry_ns=seconds_ns(study.hedge.retry_s),
            max_slippage=line.max_slippage,
            ticks=() if isinstance(line, PoolLine) else desk_ticks(trading_terms(study, line, contract)),
            post=isinstance(line, BookLine) and line.post,
        ),
        deposits=tuple(deposits),
        max_quote_age_ns=seconds_ns(study.hedge.max_quote_age_s),
        refit_every_ns=seconds_ns(study.refit.every_s),
        positions=positions,
        lot_methods={AccountName(line.name): line.lot_method for line in study.account if line.lot_method != "FIFO"},
    )


def _hedge_contract(study: Study, line: InstrumentLine) -> Instrument:
    """Return the contract that an instrument trades, if it can hedge here."""
    where = f"instrument[{study.instrument.index(line)}].name"
    contract = contract_of(study, where, line.name)
    if isinstance(contract, EuropeanOption | Future) or isinstance(line, PoolLine) != isinstance(contract, Spot):
        problem = f"{line.name} cannot be traded at a {'pool' if isinstance(line, PoolLine) else 'quoted'} venue"
        raise study.error(where, problem, "quoted venues trade perpetuals, pools trade the spot pair")
    rate = 1.0 if contract.quote == "USD" else study.rates[contract.quote]
    if rate != price_rate(study):
        problem = f"{line.name} is quoted in {contract.quote}, the recorded price is not"
        raise study.error(where, problem, "trade instruments of one quote currency in one study")
    return contract


def _policy(study: Study, line: PolicyLine, rows: tuple[Row, ...], recorded: Recorded, tell: Tell | None) -> AnyPolicy:
    """Make the policy of a table, with the costs of its instrument where it states none."""
    proportional, fixed = _market_costs(study, recorded, study.traded_by(line))
    if not isinstance(line, ExactLine):
        return with_costs(line.rule(), proportional_cost=proportional, fixed_cost=fixed)
    where = f"policy[{next(i for i, other in enumerate(study.policy) if other is line)}].kind"
    for row in rows:
        if row.expiry_ns is not None and row.expiry_ns <= study.end_ns:
            raise study.error(where, "exact does not know what expires before the end", "end the study before it")
    spot = float(recorded.price[0]) * price_rate(study)
    costs = {"proportional_cost": proportional or 0.0, "fixed_cost": fixed or 0.0}
    return exact_policy(study, line, rows, spot, **costs, tell=tell)


def _market_costs(study: Study, recorded: Recorded, line: InstrumentLine) -> tuple[float | None, float | None]:
    """Return proportional and fixed cost; gas counts at the first prices, which look ahead at nothing."""
    if not isinstance(line, PoolLine):
        taker = trading_terms(study, line, contract_of(study, "instrument", line.name)).taker
        return _half_spread(recorded, line) + float(taker.rate), 0.0
    fee = None if study.data.pool is None else study.data.pool.fee
    if not recorded.gas_gwei.size:
        return fee, None
    gwei = float(recorded.gas_gwei[0])
    if line.gas is not None:
        gwei += max(0.0, min(line.gas.priority_gwei, line.gas.max_fee_gwei - gwei))
    coins = line.gas_units * gwei * _COINS_PER_GWEI
    price = 1.0 if study.numeraire == study.base else float(recorded.price[0]) * price_rate(study)
    return fee, coins * price


def _half_spread(recorded: Recorded, line: ExchangeLine) -> float:
    """Return the distance of bid and ask from their middle: as assumed, or as the order book shows at first."""
    if isinstance(line, QuotedLine):
        return line.half_spread
    _, bid, ask = recorded.depths[InstrumentName(line.name)].quotes
    return float((ask[0] - bid[0]) / (ask[0] + bid[0]))


def make_venue(
    study: Study,
    recorded: Recorded,
    line: InstrumentLine,
    engine: Engine,
    market: tuple[tuple[Source, ...], list[Chunk]],
    delivery: Mapping[InstrumentName, Decimal] = NO_DELIVERY,
) -> tuple[SimulatedExchange, Tape]:
    """Make the simulated venue of one policy, and the tape that it shares with the driver.

    Parameters
    ----------
    study : Study
        Latency, faults, seed, margin rules.
    recorded : Recorded
        Funding.
    line : QuotedLine or PoolLine
        What is traded, and how.
    engine : Engine
        Whose accounts the venue keeps.
    market : tuple of (tuple of Source, list of Chunk)
        The recorded market.
    delivery : mapping of str to Decimal
        At what price options of accounts are settled. [quote per base]

    Returns
    -------
    tuple of (SimulatedExchange, Tape)
        Fresh ones. [as their fields]

    Raises
    ------
    ConfigError
        If the venue's tables lack a margin rule or a fee on their date.
    """
    sources, chunks = market
    tape, settings, late = Tape(sources, chunks), engine.settings, study.latency
    faults = study.faults
    listing = hedge_listing(study, recorded, line, settings, tape)
    terms = margin_terms(study)
    venue = SimulatedExchange(
        listings=(listing, *held_listings(study, settings.positions, delivery)),
        books=opening_ledger(settings),
        delays=Delays(
            orders_ns=round(late.orders_ms * _MS_NS),
            reports_ns=round(late.reports_ms * _MS_NS),
            jitter_ns=round(late.jitter_ms * _MS_NS),
            transfer_ns=seconds_ns(late.transfer_s),
            orders=None if late.orders is None else latency_of(late.orders),
            reports=None if late.reports is None else latency_of(late.reports),
        ),
        seed=study.seed,
        faults=Faults(
            lose_orders=faults.lose_orders,
            lose_reports=faults.lose_reports,
            double_reports=faults.double_reports,
            late=faults.late,
        ),
        accounts=terms,
        index=Index(tape=tape, source=0, usd_rate=price_rate(study)) if terms or settings.positions else None,
        usd_rates=settings.usd_rates,
        transfer_fees={Currency(name): exact(fee) for name, fee in study.transfer_fees.items()},
    )
    return venue, tape


def operator_moves(study: Study) -> tuple[MoveCollateral, ...]:
    """Return what the operator moves between accounts.

    Parameters
    ----------
    study : Study
        Its transfers.

    Returns
    -------
    tuple of MoveCollateral
        In order of time. [as their fields]
    """
    moves = [
        MoveCollateral(
            from_datetime(line.at),
            from_datetime(line.at),
            AccountName(line.source),
            AccountName(line.target),
            Currency(line.currency),
            exact(line.amount),
        )
        for line in study.transfer
    ]
    return tuple(sorted(moves, key=lambda move: move.at_ns))
