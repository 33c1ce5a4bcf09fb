"""Hedgerow's own runs of the task, in a process of their own: ``python -m hedgerow.bench.ours``.

``loop QUOTES RUNS`` or ``skip QUOTES RUNS`` prints one JSON object as the peers do: best price fills with latency and
fees, ledger, decisions hashed. Timed is the run alone, the tape being in memory, as for the peers. ``growth DRIVER N``
streams N generated quotes and prints seconds and peak memory.
"""

import gc
import json
import platform
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal

import numpy as np

from hedgerow import __version__
from hedgerow.backtesting import Session, run_loop, run_skip_ahead
from hedgerow.bench import quotes as task
from hedgerow.book import Row, kernels
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.instants import SECOND_NS
from hedgerow.costs import Fee
from hedgerow.engine import Deposit, Engine, EngineSettings
from hedgerow.execution import DeskRules
from hedgerow.instruments import Perpetual
from hedgerow.policy import DeltaTolerance
from hedgerow.venues import Chunk, Delays, Listing, QuotedMarket, SimulatedExchange, Source, Tape

_BLOCK = 65_536
_AGE_NS = 10 * SECOND_NS
_ACCOUNT = AccountName("bench")
_USDC = Currency("USDC")
_PERPETUAL = Perpetual(
    name=InstrumentName("BTC_USDC-PERPETUAL"), base=Currency("BTC"), quote=_USDC, settle=_USDC, contract_size=1.0
)
_FEATURES = {
    "loop": "every quote as an event through engine.step; policy in Python; data and order latency, fees, exact ledger",
    "skip": "the same, woken by a compiled scan; identical decisions",
}


def settings() -> EngineSettings:
    """Return the engine of the task.

    Returns
    -------
    EngineSettings
        One short call, a delta tolerance, one perpetual. [as its fields]
    """
    call = Row(
        kernels.LINEAR_OPTION, 0, "linear option", task.EXPIRY_NS, -1.0, strike=task.STRIKE, vol=task.VOL, sign=1.0
    )
    return EngineSettings(
        base=_PERPETUAL.base,
        numeraire="USD",
        reference=_PERPETUAL.name,
        rows=(call,),
        usd_rates={_USDC: 1.0},
        instrument=_PERPETUAL,
        lot=Decimal(task.LOT),
        wanted_delta=0.0,
        policy=DeltaTolerance(tolerance=task.TOLERANCE),
        desk=DeskRules(account=_ACCOUNT, instrument=_PERPETUAL.name, timeout_ns=5 * SECOND_NS, retry_ns=SECOND_NS),
        deposits=(Deposit(account=_ACCOUNT, currency=_USDC, amount=Decimal(1_000_000)),),
        max_quote_age_ns=_AGE_NS,
    )


def _session(chunks: Iterable[Chunk]) -> tuple[Session, Tape]:
    """Make a fresh engine, venue and tape."""
    engine = Engine(settings())
    tape = Tape((Source(kind="quote", name=_PERPETUAL.name),), chunks)
    market = QuotedMarket(
        tape=tape,
        source=0,
        instrument=_PERPETUAL,
        lot=engine.settings.lot,
        fee=Fee(rate=Decimal(task.FEE_RATE)),
        displayed_lots=0,
        max_age_ns=_AGE_NS,
    )
    venue = SimulatedExchange(
        listings=(Listing(instrument=_PERPETUAL, lot=engine.settings.lot, market=market),),
        books=engine.start().ledger,
        delays=Delays(orders_ns=task.ORDER_LATENCY_NS, reports_ns=0),
        seed=0,
    )
    return Session(engine, venue), tape


def _chunk(quotes: task.QuoteBlock) -> Chunk:
    zeros = np.zeros(quotes.at_ns.size, dtype=np.int64)
    known = quotes.at_ns + task.DATA_LATENCY_NS
    return Chunk(known_ns=known, at_ns=quotes.at_ns, source=zeros, a=quotes.bid, b=quotes.ask, block=zeros)


def _from_file(path: str) -> list[Chunk]:
    with np.load(path) as file:
        at, bid, ask = file["at_ns"], file["bid"], file["ask"]
    starts = range(0, at.size, _BLOCK)
    cut = [slice(start, start + _BLOCK) for start in starts]
    return [_chunk(task.QuoteBlock(at_ns=at[part], bid=bid[part], ask=ask[part])) for part in cut]


def _timed(driver: str, path: str, runs: int) -> dict[str, object]:
    """Time runs over the same quotes, after one that compiles."""
    run = run_loop if driver == "loop" else run_skip_ahead
    seconds = []
    warm, tape = _session(_from_file(path)[:1])
    run(warm, tape)
    for _ in range(runs):
        chunks = _from_file(path)
        session, tape = _session(chunks)
        gc.collect()
        start = time.perf_counter()
        run(session, tape)
        seconds.append(time.perf_counter() - start)
    held = session.state.ledger.account(_ACCOUNT).holding(_PERPETUAL)
    return {
        "framework": f"hedgerow, {'event loop' if driver == 'loop' else 'skip-ahead'}",
        "version": __version__,
        "python": platform.python_version(),
        "features": _FEATURES[driver],
        "events": sum(chunk.known_ns.size for chunk in chunks),
        "seconds": seconds,
        "trades": len(session.venue.executions),
        "final_position": float(held.quantity),
        "fees": -float(session.state.ledger.account(_ACCOUNT).flow("USDC", "fee").amount),
        "decisions_hash": session.decisions_hash,
    }


def _grown(driver: str, n: int) -> dict[str, object]:
    """Stream generated quotes through a driver once; making them is counted too, and none is kept."""
    run = run_loop if driver == "loop" else run_skip_ahead

    def stream() -> Iterator[Chunk]:
        for block in task.quote_blocks(n, _BLOCK):
            yield _chunk(block)

    warm, tape = _session([_chunk(next(task.quote_blocks(1_000, 1_000)))])
    run(warm, tape)
    session, tape = _session(stream())
    start = time.perf_counter()
    run(session, tape)
    seconds = time.perf_counter() - start
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"driver": driver, "events": n, "seconds": seconds, "peak_mib": peak_kib / 1024.0}


def main(words: list[str]) -> None:
    """Run what the words say, and print one JSON object.

    Parameters
    ----------
    words : list of str
        ``loop|skip QUOTES RUNS`` or ``growth loop|skip N``.
    """
    kind, *rest = words
    print(json.dumps(_grown(rest[0], int(rest[1])) if kind == "growth" else _timed(kind, rest[0], int(rest[1]))))


if __name__ == "__main__":
    main(sys.argv[1:])
