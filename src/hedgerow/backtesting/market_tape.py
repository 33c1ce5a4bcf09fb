"""Recorded data as the tape of one instrument's market."""

from typing import Final

import numpy as np

from hedgerow.backtesting.load import Recorded
from hedgerow.config import InstrumentLine, QuotedLine, Study
from hedgerow.venues import Chunk, Source, Stream, merge

_MS_NS: Final = 1_000_000


def make_tape(study: Study, recorded: Recorded, line: InstrumentLine) -> tuple[tuple[Source, ...], list[Chunk]]:
    """Lay the market of one instrument out in the order in which it is known.

    Parameters
    ----------
    study : Study
        Latency and seed.
    recorded : Recorded
        Content of the files.
    line : InstrumentLine
        What is quoted around the recorded price.

    Returns
    -------
    tuple of (tuple of Source, list of Chunk)
        Sources 0 (the quotes), then pool and gas where there are any. [as their fields]
    """
    half = line.half_spread if isinstance(line, QuotedLine) else 0.0
    price = recorded.price
    streams = [
        Stream(
            source=Source(kind="quote", name=line.name),
            at_ns=recorded.price_at_ns,
            a=price * (1.0 - half),
            b=price * (1.0 + half),
        )
    ]
    if recorded.pool is not None and study.data.pool is not None:
        source, bars = Source(kind="pool", name=study.data.pool.name), recorded.pool
        streams.append(Stream(source=source, at_ns=bars.at_ns, a=bars.price, b=bars.liquidity))
    if recorded.gas_at_ns.size:
        gas = np.zeros(recorded.gas_at_ns.size)
        streams.append(
            Stream(source=Source(kind="gas", name="gas"), at_ns=recorded.gas_at_ns, a=recorded.gas_gwei, b=gas)
        )
    late = study.latency
    chunks = merge(
        streams,
        latency_ns=round(late.data_ms * _MS_NS),
        jitter_ns=round(late.jitter_ms * _MS_NS),
        seed=study.seed,
    )
    return tuple(stream.source for stream in streams), chunks
