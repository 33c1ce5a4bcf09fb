"""Hedgerow's own runs on the full exchange, in a process of their own: ``python -m hedgerow.bench.ours_exchange``.

``loop QUOTES RUNS`` and ``skip QUOTES RUNS`` print one JSON object as the peer does; timed is the run alone, the tape
being in memory. ``alike QUOTES 1`` runs once with what the peer has: every order takes the median delay. ``round-trip``
sells a coin-settled option and buys it back.
"""

import gc
import json
import platform
import sys
import time
from decimal import Decimal
from typing import Any, Final

import numpy as np

from hedgerow import __version__
from hedgerow.backtesting import Session, run_loop, run_skip_ahead
from hedgerow.bench import exchange_task as task
from hedgerow.bench import quotes as engine_task
from hedgerow.book import Row, kernels
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.instants import SECOND_NS
from hedgerow.costs import Fee, deribit_fee
from hedgerow.engine import Deposit, Engine, EngineSettings, OpeningPosition
from hedgerow.events import PlaceOrder
from hedgerow.execution import DeskRules
from hedgerow.instruments import EuropeanOption, Perpetual, parse_deribit
from hedgerow.ledger import Ledger
from hedgerow.margin import margin_rule
from hedgerow.policy import DeltaTolerance
from hedgerow.venues import (
    Chunk,
    ConstantLatency,
    Delays,
    DeliveryTerms,
    Funding,
    Index,
    Listing,
    MarginTerms,
    QuotedMarket,
    SimulatedExchange,
    Source,
    Tape,
    TickSizes,
)

_AGE_NS: Final = 10 * SECOND_NS
_HEDGE, _OPTIONS = AccountName("hedge"), AccountName("options")
_BTC, _USDC = Currency("BTC"), Currency("USDC")
_LOT: Final = Decimal(engine_task.LOT)
_PERPETUAL: Final = Perpetual(
    name=InstrumentName(task.PERPETUAL), base=_BTC, quote=_USDC, settle=_USDC, contract_size=1.0
)
_CALL: Final = EuropeanOption(
    name=InstrumentName("BTC_USDC-16JAN24-60000-C"),
    base=_BTC,
    quote=_USDC,
    settle=_USDC,
    contract_size=1.0,
    strike=engine_task.STRIKE,
    is_call=True,
    expiry_ns=engine_task.EXPIRY_NS,
)
_FULL: Final = (
    "log-normal delays of orders, exponential ones of data; two accounts, one short of the call, one with the hedge; "
    "taker fees, hourly funding; initial margin asked for before a trade, maintenance watched after it, 24 scenarios "
    "for the option; liquidation; lots, ticks and price limits checked; exact ledger at the venue and at home"
)
_FEATURES: Final = {
    "loop": f"every quote as an event through engine.step; {_FULL}",
    "skip": "the same, woken by a compiled scan; identical decisions",
    "alike": "the same with one delay for all orders",
}


def settings() -> EngineSettings:
    """Return the engine of the task.

    Returns
    -------
    EngineSettings
        A short call in one account, a perpetual in another, a delta tolerance. [as its fields]
    """
    unit = Row(
        kernels.LINEAR_OPTION,
        0,
        "linear option",
        engine_task.EXPIRY_NS,
        1.0,
        strike=engine_task.STRIKE,
        vol=engine_task.VOL,
        sign=1.0,
    )
    held = OpeningPosition(account=_OPTIONS, instrument=_CALL, quantity=Decimal(-1), price=Decimal(2800), row=unit)
    return EngineSettings(
        base=_BTC,
        numeraire="USD",
        reference=_PERPETUAL.name,
        rows=(),
        usd_rates={_USDC: 1.0},
        instrument=_PERPETUAL,
        lot=_LOT,
        wanted_delta=0.0,
        policy=DeltaTolerance(tolerance=engine_task.TOLERANCE),
        desk=DeskRules(account=_HEDGE, instrument=_PERPETUAL.name, timeout_ns=5 * SECOND_NS, retry_ns=SECOND_NS),
        deposits=tuple(Deposit(account=name, currency=_USDC, amount=Decimal(task.CASH)) for name in (_HEDGE, _OPTIONS)),
        max_quote_age_ns=_AGE_NS,
        positions=(held,),
    )


def session_of(chunks: list[Chunk], quotes: int, *, alike: bool = False) -> tuple[Session, Tape]:
    """Make a fresh engine, exchange and tape.

    Parameters
    ----------
    chunks : list of Chunk
        The tape.
    quotes : int
        How many the whole task has. [count]
    alike : bool
        True if every order takes the median delay.

    Returns
    -------
    tuple of (Session, Tape)
        Ready to run. [as their fields]
    """
    engine = Engine(settings())
    tape = Tape((Source(kind="quote", name=_PERPETUAL.name),), chunks)
    funding = task.funding_of(quotes)
    market = QuotedMarket(
        tape=tape,
        source=0,
        instrument=_PERPETUAL,
        lot=_LOT,
        fee=Fee(rate=task.TAKER_FEE),
        displayed_lots=int(task.DISPLAYED / _LOT),
        max_age_ns=_AGE_NS,
    )
    perpetual = Listing(
        instrument=_PERPETUAL,
        lot=_LOT,
        market=market,
        funding=Funding(at_ns=funding.at_ns, rate=funding.rate),
        price_limit=0.05,
        ticks=TickSizes(tick=Decimal(str(engine_task.TICK))),
    )
    rules = {
        _HEDGE: margin_rule(
            "fraction",
            coin="BTC",
            at_ns=task.MARGIN_TABLE_NS,
            initial=task.INITIAL_MARGIN,
            maintenance=task.MAINTENANCE_MARGIN,
        ),
        _OPTIONS: margin_rule("paradex", coin="BTC", at_ns=task.MARGIN_TABLE_NS),
    }
    venue = SimulatedExchange(
        listings=(
            perpetual,
            Listing(instrument=_CALL, lot=_LOT, row=engine.settings.positions[0].row, delivery=DeliveryTerms()),
        ),
        books=engine.start().ledger,
        delays=Delays(
            orders_ns=0,
            reports_ns=0,
            orders=ConstantLatency(ns=engine_task.ORDER_LATENCY_NS) if alike else task.ORDER_LATENCY,
        ),
        seed=1,
        accounts={name: MarginTerms(rule=rule) for name, rule in rules.items()},
        index=Index(tape=tape, source=0, usd_rate=1.0),
        usd_rates={_USDC: 1.0},
    )
    return Session(engine, venue), tape


def _chunks(path: str) -> list[Chunk]:
    """Read the quotes back, cut into chunks as they were made."""
    with np.load(path) as file:
        quotes = int(file["at_ns"].size)
    return task.chunks_of(quotes)


def timed(driver: str, path: str, runs: int) -> dict[str, Any]:
    """Time runs over the same quotes, after one that compiles.

    Parameters
    ----------
    driver : str
        ``loop``, ``skip``, or ``alike`` to skip ahead with one delay for all orders. [name]
    path : str
        The task.
    runs : int
        How many are timed. [count]

    Returns
    -------
    dict
        What the peer prints too: events, trades, seconds, fees. [as its keys]
    """
    run = run_loop if driver == "loop" else run_skip_ahead
    chunks = _chunks(path)
    quotes = sum(chunk.known_ns.size for chunk in chunks)
    warm, tape = session_of(chunks[:1], quotes, alike=driver == "alike")
    run(warm, tape)
    seconds = []
    for _ in range(runs):
        chunks = _chunks(path)
        session, tape = session_of(chunks, quotes, alike=driver == "alike")
        gc.collect()
        start = time.perf_counter()
        run(session, tape)
        seconds.append(time.perf_counter() - start)
    return {
        "framework": f"hedgerow, {'event loop' if driver == 'loop' else 'skip-ahead'}",
        "version": __version__,
        "python": platform.python_version(),
        "features": _FEATURES[driver],
        "events": quotes,
        "seconds": seconds,
        **told(session),
    }


def told(session: Session) -> dict[str, Any]:
    """Return what a run has traded, paid and looked at.

    Parameters
    ----------
    session : Session
        A run that is over.

    Returns
    -------
    dict
        Trades as pairs of contracts and price, sums, counts of looks at margin and of liquidations. [as its keys]
    """
    venue = session.venue
    account = venue.books.account(_HEDGE)
    fills = [(float(got.lots * _LOT), float(got.price)) for _, _, got in venue.executions]
    return {
        "trades": len(fills),
        "fills": fills,
        "final_position": float(account.holding(_PERPETUAL).quantity),
        "fees": -float(account.flow("USDC", "fee").amount),
        "funding": float(account.flow("USDC", "funding").amount),
        "margin_looks": len(venue.margins),
        "liquidations": len(venue.liquidations),
        "decisions_hash": session.decisions_hash,
    }


def round_trip() -> dict[str, Any]:
    """Sell a coin-settled option at 0.05 and buy it back at 0.04, on the exchange.

    Returns
    -------
    dict
        What the account has gained, and the fees of both trades. [BTC]
    """
    option = parse_deribit("BTC-26JAN24-45000-C")
    fee = deribit_fee(option)
    if fee is None:
        raise RuntimeError("Deribit's fee of an option is not on file")
    start, later = engine_task.START_NS, engine_task.START_NS + SECOND_NS
    times = np.array([start, later])
    chunk = Chunk(
        known_ns=times,
        at_ns=times,
        source=np.zeros(2, dtype=np.int64),
        a=np.array([0.05, 0.039]),
        b=np.array([0.051, 0.04]),
        block=np.zeros(2, dtype=np.int64),
        complete_ns=int(times[-1]),
    )
    tape = Tape((Source(kind="quote", name=option.name),), [chunk])
    one = Decimal(1)
    market = QuotedMarket(
        tape=tape, source=0, instrument=option, lot=one, fee=fee, displayed_lots=0, max_age_ns=_AGE_NS
    )
    venue = SimulatedExchange(
        listings=(Listing(instrument=option, lot=one, market=market),),
        books=Ledger(),
        delays=Delays(orders_ns=0, reports_ns=0),
        seed=0,
    )
    for number, (lots, at) in enumerate(((-1, start), (1, later))):
        venue.take(PlaceOrder(number, _OPTIONS, option.name, lots, later, None), at)
        venue.advance(at)
    account = venue.books.account(_OPTIONS)
    fees = -account.flow("BTC", "fee").amount
    return {
        "framework": "hedgerow",
        "version": __version__,
        "seconds": [],
        "what": "coin-settled, as Deribit lists it",
        "gain_coin": str(account.balance("BTC").amount + fees),
        "fees": f"{fees} BTC",
    }


def main(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``loop|skip|alike QUOTES RUNS`` or ``round-trip``.
    """
    kind, *rest = words
    print(json.dumps(round_trip() if kind == "round-trip" else timed(kind, rest[0], int(rest[1]))))


if __name__ == "__main__":
    main(sys.argv[1:])
