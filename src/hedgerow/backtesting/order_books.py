"""Recorded order books of a study, and the prices that follow from them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hedgerow.backtesting.labels import Input
from hedgerow.config import BookLine, Study
from hedgerow.core.arrays import Float64, Int64, frozen
from hedgerow.core.errors import InputError
from hedgerow.core.ids import InstrumentName
from hedgerow.core.instants import to_iso
from hedgerow.core.money import exact
from hedgerow.venues import Depth, Source, Stream, read_depth


def load_depths(study: Study, inputs: list[Input]) -> Mapping[InstrumentName, Depth]:
    """Read the order books of a study's instruments.

    Parameters
    ----------
    study : Study
        Names them.
    inputs : list of Input
        Gets a label for each.

    Returns
    -------
    mapping of str to Depth
        By instrument, up to the end of the study. [as their fields]

    Raises
    ------
    ConfigError
        If a recording cannot be read, holds rows that cannot be, or does not reach into the study's days.
    """
    depths = {}
    for i, line in enumerate(study.instrument):
        if isinstance(line, BookLine):
            depth = _read(study, f"instrument[{i}]", line)
            depths[InstrumentName(line.name)] = depth
            rows = depth.at_ns.size
            detail = f"{Path(line.depth).name}, changes of levels and trades"
            inputs.append(Input(name=f"order book of {line.name}", label="recorded", detail=detail, rows=rows))
    return depths


def _read(study: Study, where: str, line: BookLine) -> Depth:
    lot, unit = exact(line.lot), exact(line.depth_unit)
    try:
        found = read_depth(study.path(line.depth), tick=exact(line.tick), lot=lot / unit)
    except InputError as error:
        raise study.error(f"{where}.depth", error.problem, error.advice) from None
    stop = int(found.at_ns.searchsorted(study.end_ns, side="right"))
    at_ns, kind, ticks, lots = (
        frozen(column[:stop].copy()) for column in (found.at_ns, found.kind, found.ticks, found.lots)
    )
    depth = Depth(tick=found.tick, lot=lot, at_ns=at_ns, kind=kind, ticks=ticks, lots=lots)
    if not quotes_of(study, depth)[0].size:
        covers = "holds no row" if not found.at_ns.size else f"covers from {to_iso(int(found.at_ns[0]))}"
        raise study.error(f"{where}.depth", f"shows no bid and ask in these days; it {covers}", "choose start and end")
    return depth


def quotes_of(
    study: Study, depth: Depth
) -> tuple[Int64[np.ndarray, " n"], Float64[np.ndarray, " n"], Float64[np.ndarray, " n"]]:
    """Return the best bid and ask of a book in the study's days.

    Parameters
    ----------
    study : Study
        Its days.
    depth : Depth
        The book.

    Returns
    -------
    tuple of (ndarray of shape (n,), ndarray of shape (n,), ndarray of shape (n,))
        When, bid and ask. [UTC epoch ns], [as quoted]
    """
    at, bid, ask = depth.quotes
    inside = (at > study.start_ns) & (at <= study.end_ns)
    return at[inside], bid[inside], ask[inside]


def stream_of(study: Study, depth: Depth, name: str) -> Stream:
    """Return the quotes of a book for the tape.

    Parameters
    ----------
    study : Study
        Its days.
    depth : Depth
        The book.
    name : str
        The instrument's.

    Returns
    -------
    Stream
        Best bid and ask whenever they change. [as quoted]
    """
    at, bid, ask = quotes_of(study, depth)
    return Stream(source=Source(kind="quote", name=name), at_ns=at, a=bid, b=ask)
