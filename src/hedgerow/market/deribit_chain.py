"""Loader for a recorded option chain: Deribit's ``get_book_summary_by_currency``, one instant.

The record has no implied vols, no sizes and no perpetual; prices are in coin per contract. Four expiries carry two
underlying prices a cent apart, so each row keeps its own. The loader checks what can be checked without a model;
put-call parity is checked in the tests, with the exceptions named.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hedgerow.core.errors import ConfigError, InputError
from hedgerow.instruments import EuropeanOption, parse_deribit
from hedgerow.market.parquet import Columns, read_columns
from hedgerow.market.quotes import QuoteTable
from hedgerow.market.screening import screen
from hedgerow.market.snapshot import Rejection

_NUMBERS = (
    "bid_price",
    "ask_price",
    "mark_price",
    "underlying_price",
    "estimated_delivery_price",
    "strike_price",
)
_TEXTS = ("instrument_name", "currency", "expire_date", "option_type")
_NO_SIZES = "size unknown: the recorded chain holds best prices without sizes, ticks or lots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """Quotes of one source, before they become a snapshot.

    Parameters
    ----------
    quotes : QuoteTable
        All rows that name a real contract.
    as_of_ns : int
        Time of the newest row. [UTC epoch ns]
    index_price : float or None
        Spot index, if the source holds it. [USD per coin]
    index_at_ns : int
        When the index was stamped. [UTC epoch ns]
    rejected : tuple of Rejection
        Rows that cannot be used for something, by name and reason.
    notes : tuple of str
        What the source does not hold. [text]
    """

    quotes: QuoteTable
    as_of_ns: int
    index_price: float | None
    index_at_ns: int
    rejected: tuple[Rejection, ...] = ()
    notes: tuple[str, ...] = ()


def read_deribit_chain(path: Path, *, base: str) -> Chain:
    """Read a recorded Deribit option chain.

    Parameters
    ----------
    path : Path
        Parquet file with the columns of ``get_book_summary_by_currency``.
    base : str
        The coin that the snapshot is about.

    Returns
    -------
    Chain
        Quotes in coin per contract, with each row's own underlying price. [coin], [USD per coin]

    Raises
    ------
    ConfigError
        If the file is malformed, empty, or of another coin.
    """
    columns = read_columns(path, numbers=_NUMBERS, texts=_TEXTS, time="ts")
    if columns.time_ns.size == 0:
        raise ConfigError(str(path), "", "holds no quotes", "record the chain again")
    names = columns.texts["instrument_name"]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ConfigError(str(path), twice, "stands twice", "keep one row per instrument")
    of_base = np.array([currency == base for currency in columns.texts["currency"]], dtype=bool)
    index = _one_index(path, columns.numbers["estimated_delivery_price"][of_base])
    table = QuoteTable(
        names=tuple(names),
        bid=columns.numbers["bid_price"],
        ask=columns.numbers["ask_price"],
        mark=columns.numbers["mark_price"],
        forward=columns.numbers["underlying_price"],
        at_ns=columns.time_ns,
    )
    consistent, contradictions = _check_names(columns, base)
    keep, rejected = screen([table.row(i) for i in consistent], base)
    if not keep:
        raise ConfigError(str(path), "instrument_name", f"no row is a usable {base} option", "check `base`")
    newest = int(columns.time_ns.max())
    return Chain(
        quotes=table.take([consistent[i] for i in keep]),
        as_of_ns=newest,
        index_price=index,
        index_at_ns=newest,
        rejected=(*contradictions, *rejected),
        notes=(_NO_SIZES,),
    )


def _check_names(columns: Columns, base: str) -> tuple[list[int], list[Rejection]]:
    """Hold each name against the row's own columns; a row that contradicts its name is refused."""
    consistent: list[int] = []
    rejected: list[Rejection] = []
    for i, name in enumerate(columns.texts["instrument_name"]):
        stated = (
            float(columns.numbers["strike_price"][i]),
            columns.texts["option_type"][i],
            columns.texts["currency"][i],
            columns.texts["expire_date"][i],
        )
        reason = _contradiction(name, stated, base)
        if reason is None:
            consistent.append(i)
        else:
            rejected.append(Rejection(name=name, kind="quote", reason=reason, use="anything"))
    return consistent, rejected


def _contradiction(name: str, stated: tuple[float, str, str, str], base: str) -> str | None:
    try:
        option = parse_deribit(name)
    except InputError as error:
        return error.problem
    if not isinstance(option, EuropeanOption) or option.base != base:
        return f"not an option on {base}"
    named = (option.strike, "C" if option.is_call else "P", base, name.split("-")[1])
    return None if stated == named else f"the row says {stated}, its name {named}"


def _one_index(path: Path, values: np.ndarray) -> float | None:
    """Return the index, which must be the same in every row of one instant."""
    if values.size and not (np.all(values == values[0]) and 0.0 < values[0] < np.inf):
        raise ConfigError(str(path), "estimated_delivery_price", "is not one positive index", "record one instant only")
    return float(values[0]) if values.size else None
