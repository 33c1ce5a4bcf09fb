"""From a study to engines and venues."""

from hedgerow.backtesting.holdings import contract_of, price_rate
from hedgerow.backtesting.load import Recorded
from hedgerow.backtesting.programme import Tell, exact_policy
from hedgerow.book import Row
from hedgerow.config import InstrumentLine, PolicyLine, PoolLine, QuotedLine, Study
from hedgerow.config.policy_lines import ExactLine
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.instants import seconds_ns
from hedgerow.core.money import exact
from hedgerow.costs import Fee
from hedgerow.engine import Deposit, Engine, EngineSettings
from hedgerow.execution import DeskRules
from hedgerow.instruments import (
    EuropeanOption,
    Future,
    Perpetual,
    Spot,
)
from hedgerow.policy import AnyPolicy, with_costs
from hedgerow.venues import (
    Chunk,
    Delays,
    Faults,
    PoolMarket,
    QuotedMarket,
    SimulatedMarket,
    SimulatedVenue,
    Source,
    Tape,
)

_MS_NS = 1_000_000
_COINS_PER_GWEI = 1e-9


def policy_instrument(study: Study, policy: PolicyLine) -> InstrumentLine:
    """Return what a policy trades.

    Parameters
    ----------
    study : Study
        Holds the instruments.
    policy : PolicyLine
        Names one, or none.

    Returns
    -------
    QuotedLine or PoolLine
        The named one, else the first. [as its fields]
    """
    return next((line for line in study.instrument if line.name == policy.instrument), study.instrument[0])


def engine_settings(
    study: Study, policy: PolicyLine, rows: tuple[Row, ...], recorded: Recorded, tell: Tell | None = None
) -> EngineSettings:
    """Make the settings of one policy's engine.

    Parameters
    ----------
    study : Study
        Accounts, instruments, rules.
    policy : PolicyLine
        Which policy.
    rows : tuple of Row
        What is held and not traded. [USD terms]
    recorded : Recorded
        Its first prices say what a policy's trades cost, where it does not.
    tell : callable, optional
        Told the progress of a program that has to be solved.

    Returns
    -------
    EngineSettings
        Everything that the engine needs. [as its fields]

    Raises
    ------
    ConfigError
        If the instrument cannot hedge here, or a policy's program cannot be solved.
    """
    line = policy_instrument(study, policy)
    where = f"instrument[{study.instrument.index(line)}]"
    contract = contract_of(study, f"{where}.name", line.name)
    if isinstance(contract, EuropeanOption | Future) or isinstance(line, PoolLine) != isinstance(contract, Spot):
        problem = f"{line.name} cannot be traded at a {'pool' if isinstance(line, PoolLine) else 'quoted'} venue"
        raise study.error(f"{where}.name", problem, "quoted venues trade perpetuals, pools trade the spot pair")
    rate = 1.0 if contract.quote == "USD" else study.rates[contract.quote]
    if rate != price_rate(study):
        problem = f"{line.name} is quoted in {contract.quote}, the recorded price is not"
        raise study.error(f"{where}.name", problem, "trade instruments of one quote currency in one study")
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
        policy=_policy(study, policy, rows, recorded, tell),
        desk=DeskRules(
            account=AccountName(line.account),
            instrument=contract.name,
            timeout_ns=seconds_ns(study.hedge.order_timeout_s),
            retry_ns=seconds_ns(study.hedge.retry_s),
            max_slippage=line.max_slippage if isinstance(line, PoolLine) else None,
        ),
        deposits=tuple(deposits),
        max_quote_age_ns=seconds_ns(study.hedge.max_quote_age_s),
        refit_every_ns=seconds_ns(study.refit.every_s),
    )


def _policy(study: Study, line: PolicyLine, rows: tuple[Row, ...], recorded: Recorded, tell: Tell | None) -> AnyPolicy:
    """Make the policy of a table, with the costs of its instrument where it states none."""
    proportional, fixed = _market_costs(study, recorded, policy_instrument(study, line))
    if not isinstance(line, ExactLine):
        return with_costs(line.rule(), proportional_cost=proportional, fixed_cost=fixed)
    spot = float(recorded.price[0]) * price_rate(study)
    costs = {"proportional_cost": proportional or 0.0, "fixed_cost": fixed or 0.0}
    return exact_policy(study, line, rows, spot, **costs, tell=tell)


def _market_costs(study: Study, recorded: Recorded, line: InstrumentLine) -> tuple[float | None, float | None]:
    """Return proportional and fixed cost; gas counts at the first prices, which look ahead at nothing."""
    if isinstance(line, QuotedLine):
        return line.half_spread + line.taker_fee, 0.0
    fee = None if study.data.pool is None else study.data.pool.fee
    if not recorded.gas_gwei.size:
        return fee, None
    coins = line.gas_units * float(recorded.gas_gwei[0]) * _COINS_PER_GWEI
    price = 1.0 if study.numeraire == study.base else float(recorded.price[0]) * price_rate(study)
    return fee, coins * price


def make_venue(
    study: Study,
    recorded: Recorded,
    line: InstrumentLine,
    engine: Engine,
    market: tuple[tuple[Source, ...], list[Chunk]],
) -> tuple[SimulatedVenue, Tape]:
    """Make the simulated venue of one instrument, and the tape that it shares with the driver.

    Parameters
    ----------
    study : Study
        Latency, faults, seed.
    recorded : Recorded
        Funding.
    line : QuotedLine or PoolLine
        What is traded, and how.
    engine : Engine
        Whose accounts the venue keeps.
    market : tuple of (tuple of Source, list of Chunk)
        The recorded market.

    Returns
    -------
    tuple of (SimulatedVenue, Tape)
        Fresh ones. [as their fields]
    """
    sources, chunks = market
    tape, settings, late = Tape(sources, chunks), engine.settings, study.latency
    faults = study.faults
    venue = SimulatedVenue(
        market=_market(study, line, settings, tape),
        instrument=settings.instrument,
        lot=settings.lot,
        books=engine.start().ledger,
        account=AccountName(line.account),
        delays=Delays(
            orders_ns=round(late.orders_ms * _MS_NS),
            reports_ns=round(late.reports_ms * _MS_NS),
            jitter_ns=round(late.jitter_ms * _MS_NS),
        ),
        seed=study.seed,
        funding=recorded.funding if isinstance(settings.instrument, Perpetual) else None,
        faults=Faults(
            lose_orders=faults.lose_orders,
            lose_reports=faults.lose_reports,
            double_reports=faults.double_reports,
            late=faults.late,
        ),
    )
    return venue, tape


def _market(study: Study, line: InstrumentLine, settings: EngineSettings, tape: Tape) -> SimulatedMarket:
    max_age = settings.max_quote_age_ns
    kinds = [source.kind for source in tape.sources]
    if isinstance(line, QuotedLine):
        return QuotedMarket(
            tape=tape,
            source=0,
            instrument=settings.instrument,
            lot=settings.lot,
            fee=Fee(rate=exact(line.taker_fee), source="study"),
            displayed_lots=int(exact(line.displayed) // settings.lot) if line.displayed else 0,
            max_age_ns=max_age,
        )
    pool = study.data.pool
    if pool is None:
        raise study.error("data.pool", "is missing", "name the pool to swap in")
    return PoolMarket(
        tape=tape,
        source=kinds.index("pool"),
        gas_source=kinds.index("gas"),
        pool_fee=pool.fee,
        lot=settings.lot,
        block_ns=seconds_ns(line.block_s),
        gas_units=line.gas_units,
        max_age_ns=max_age,
    )
