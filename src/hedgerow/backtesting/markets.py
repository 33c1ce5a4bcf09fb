"""The market in which one instrument of a study is traded, and the terms on which it is listed."""

from decimal import Decimal
from typing import Final

from hedgerow.backtesting.holdings import price_rate
from hedgerow.backtesting.load import Recorded
from hedgerow.backtesting.trading_terms import TradingTerms, trading_terms
from hedgerow.config import BookLine, ExchangeLine, InstrumentLine, PoolLine, Study
from hedgerow.core.ids import InstrumentName
from hedgerow.core.instants import seconds_ns
from hedgerow.core.money import exact
from hedgerow.engine import EngineSettings
from hedgerow.instruments import Perpetual
from hedgerow.venue_rules import FundingRule
from hedgerow.venues import (
    BookMarket,
    ChainMarket,
    Funding,
    GasAuction,
    Index,
    Listing,
    PoolMarket,
    QuotedMarket,
    RuledFunding,
    SimulatedMarket,
    Source,
    Stream,
    Tape,
    merge,
)

_QUOTES: Final = 0
"""The source of the traded instrument's quotes. [0-based]"""


def hedge_listing(
    study: Study, recorded: Recorded, line: InstrumentLine, settings: EngineSettings, tape: Tape
) -> Listing:
    """List what a policy trades.

    Parameters
    ----------
    study : Study
        Seed and tables.
    recorded : Recorded
        Order books, funding, index.
    line : InstrumentLine
        What is traded, and how.
    settings : EngineSettings
        Contract and lot.
    tape : Tape
        The recorded market.

    Returns
    -------
    Listing
        With a fresh market. [as its fields]

    Raises
    ------
    ConfigError
        If a figure is neither stated nor on file.
    """
    recorded_funding = recorded.funding if isinstance(settings.instrument, Perpetual) else None
    if isinstance(line, PoolLine):
        market = _pool_market(study, line, settings, tape)
        return Listing(instrument=settings.instrument, lot=settings.lot, market=market, funding=recorded_funding)
    terms = trading_terms(study, line, settings.instrument)
    funding = recorded_funding if terms.funding is None else _ruled(study, recorded, terms.funding, tape)
    return Listing(
        instrument=settings.instrument,
        lot=settings.lot,
        market=_exchange_market(recorded, line, settings, tape, terms),
        funding=funding,
        price_limit=terms.price_limit,
        ticks=terms.ticks,
        self_trade=line.self_trade if isinstance(line, BookLine) else "cancel_newest",
    )


def _exchange_market(
    recorded: Recorded, line: ExchangeLine, settings: EngineSettings, tape: Tape, terms: TradingTerms
) -> SimulatedMarket:
    if isinstance(line, BookLine):
        return BookMarket(
            depth=recorded.depths[InstrumentName(line.name)],
            instrument=settings.instrument,
            maker_fee=terms.maker,
            taker_fee=terms.taker,
            queue=line.queue,
            max_age_ns=settings.max_quote_age_ns,
        )
    displayed = getattr(line, "displayed", 0.0)
    return QuotedMarket(
        tape=tape,
        source=_QUOTES,
        instrument=settings.instrument,
        lot=settings.lot,
        fee=terms.taker,
        displayed_lots=int(exact(displayed) // settings.lot) if displayed else 0,
        max_age_ns=settings.max_quote_age_ns,
    )


def _ruled(study: Study, recorded: Recorded, rule: FundingRule, tape: Tape) -> Funding | RuledFunding:
    """Pay by the venue's rule: the premium is that of the market over the index, which has a tape of its own.

    The index is the venue's and no market data: it reaches no policy, so the driver does not walk it.
    """
    rate, price = price_rate(study), recorded.index
    stream = Stream(source=Source(kind="quote", name="index"), at_ns=recorded.index_at_ns, a=price, b=price)
    chunks = merge([stream], latency_ns=0, jitter_ns=0, seed=study.seed)
    index = Index(tape=Tape([stream.source], chunks), source=0, usd_rate=rate)
    return RuledFunding(rule=rule, mark=Index(tape=tape, source=_QUOTES, usd_rate=rate), index=index)


def _pool_market(study: Study, line: PoolLine, settings: EngineSettings, tape: Tape) -> SimulatedMarket:
    pool, kinds = study.data.pool, [source.kind for source in tape.sources]
    if pool is None:
        raise study.error("data.pool", "is missing", "name the pool to swap in")
    market = PoolMarket(
        tape=tape,
        source=kinds.index("pool"),
        gas_source=kinds.index("gas"),
        pool_fee=pool.fee,
        lot=settings.lot,
        block_ns=seconds_ns(line.block_s),
        gas_units=line.gas_units,
        max_age_ns=settings.max_quote_age_ns,
    )
    if line.gas is None:
        return market
    bid = line.gas
    auction = GasAuction(
        priority_gwei=bid.priority_gwei,
        max_fee_gwei=bid.max_fee_gwei,
        gas_units=line.gas_units,
        revert_units=bid.revert_units,
        inclusion=bid.inclusion,
    )
    return ChainMarket(
        pool=market,
        tape=tape,
        gas_source=market.gas_source,
        lot=market.lot,
        block_ns=market.block_ns,
        auction=auction,
        seed=study.seed,
    )


def desk_ticks(terms: TradingTerms) -> tuple[tuple[Decimal, Decimal], ...]:
    """Return the price steps on which limits of orders lie.

    Parameters
    ----------
    terms : TradingTerms
        Of the instrument.

    Returns
    -------
    tuple of (Decimal, Decimal)
        Above which price which step; empty for any price. [as quoted]
    """
    return () if terms.ticks is None else ((Decimal(0), terms.ticks.tick), *terms.ticks.steps)
