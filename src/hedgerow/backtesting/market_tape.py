"""Recorded data as the tape of one instrument's market."""

from typing import Final

import numpy as np

from hedgerow.backtesting.load import Recorded
from hedgerow.backtesting.order_books import stream_of
from hedgerow.config import InstrumentLine, QuotedLine, Study
from hedgerow.config.study_latency import ConstantDelay, Delay, ExponentialDelay, LogNormalDelay, QuantileDelay
from hedgerow.core.ids import InstrumentName
from hedgerow.venues import (
    Chunk,
    ConstantLatency,
    ExponentialLatency,
    Latency,
    LogNormalLatency,
    QuantileLatency,
    Source,
    Stream,
    merge,
)

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
    depth = recorded.depths.get(InstrumentName(line.name))
    half = line.half_spread if isinstance(line, QuotedLine) else 0.0
    price = recorded.price
    if depth is None:
        source = Source(kind="quote", name=line.name)
        own = Stream(source=source, at_ns=recorded.price_at_ns, a=price * (1.0 - half), b=price * (1.0 + half))
    else:
        own = stream_of(study, depth, line.name)
    streams = [own]
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
        latency=None if late.data is None else latency_of(late.data),
    )
    return tuple(stream.source for stream in streams), chunks


def latency_of(delay: Delay) -> Latency:
    """Bring a distribution of a delay into nanoseconds.

    Parameters
    ----------
    delay : Delay
        As the study states it. [milliseconds]

    Returns
    -------
    Latency
        The same. [ns]
    """
    match delay:
        case ConstantDelay():
            return ConstantLatency(ns=_ns(delay.ms))
        case ExponentialDelay():
            return ExponentialLatency(least_ns=_ns(delay.least_ms), mean_ns=_ns(delay.extra_ms))
        case LogNormalDelay():
            return LogNormalLatency(median_ns=_ns(delay.median_ms), sigma=delay.sigma, least_ns=_ns(delay.least_ms))
        case QuantileDelay():
            spread = tuple(_ns(ms) for ms in delay.quantiles_ms)
            return QuantileLatency(probabilities=delay.probabilities, ns=spread)


def _ns(ms: float) -> int:
    return round(ms * _MS_NS)
