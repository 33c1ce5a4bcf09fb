"""Margin rules by name, made from the tables of the day."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

from hedgerow.core.errors import InputError
from hedgerow.core.instants import from_datetime, to_iso
from hedgerow.margin.deribit import GridPortfolio
from hedgerow.margin.derive import DeriveMargin
from hedgerow.margin.derive_portfolio import DerivePortfolio
from hedgerow.margin.fraction import FractionMargin
from hedgerow.margin.paradex import ParadexPortfolio
from hedgerow.margin.requirement import MarginRule
from hedgerow.margin.standard import StandardMargin
from hedgerow.venue_rules import NotOnFile, rules_of, tables_of
from hedgerow.venue_rules.tables import (
    ContingencyMargin,
    FutureMargin,
    GridMargin,
    LiquidationSteps,
    MarginLine,
    OptionMargin,
    ScanMargin,
)

RULES: Final = ("deribit_standard", "deribit_portfolio", "okx", "derive", "derive_portfolio", "paradex", "fraction")
"""Names of all margin rules. [text]"""

_VENUES: Final[Mapping[str, str]] = {
    "deribit_standard": "deribit",
    "deribit_portfolio": "deribit",
    "okx": "okx",
    "derive": "derive",
    "derive_portfolio": "derive",
    "paradex": "paradex",
}

_Line = TypeVar("_Line", bound=MarginLine)


def margin_rule(
    name: str,
    *,
    coin: str,
    at_ns: int,
    initial: float | None = None,
    maintenance: float | None = None,
    funding_8h: float = 0.0,
) -> MarginRule:
    """Return a venue's margin rule as it stood at an instant.

    Parameters
    ----------
    name : str
        One of ``RULES``.
    coin : str
        Ticker of the coin of the contracts.
    at_ns : int
        The instant. [UTC epoch ns]
    initial, maintenance : float or None
        Of the rule ``fraction``: shares of the notional; without ``maintenance``, half of ``initial``. [fraction]
    funding_8h : float
        What longs of perpetuals are expected to pay over 8 hours, which ``paradex`` sets aside. [fraction]

    Returns
    -------
    MarginRule
        A frozen value. [USD]

    Raises
    ------
    InputError
        If there is no such rule, or the fraction is not stated.
    NotOnFile
        If there is no table of it for the coin at that time; it has the first day on which there is.

    References
    ----------
    Each table names its own source: ``hedgerow venue show``.

    Examples
    --------
    >>> margin_rule("deribit_standard", coin="BTC", at_ns=1_704_712_781_429_000_000).name
    'Deribit standard margin of BTC, 2022-01-11'
    """
    if name not in RULES:
        raise InputError(f"no margin rule {name!r}", f"use {', '.join(RULES)}")
    if name == "fraction":
        if initial is None:
            raise InputError(
                "the margin rule 'fraction' without its fraction", "state the initial margin: 0.1 for 10 %"
            )
        return FractionMargin(initial=initial, maintenance=0.5 * initial if maintenance is None else maintenance)
    tables = rules_of(_VENUES[name], at_ns).margin
    build = _BUILDERS[name]
    try:
        return build(coin, tables, funding_8h)
    except LookupError:
        raise _not_on_file(name, coin, at_ns) from None


def rule_since(name: str, *, coin: str) -> dt.date | None:
    """Return the first day on which the tables of a margin rule are on file for a coin.

    Parameters
    ----------
    name : str
        One of ``RULES``.
    coin : str
        Ticker of the coin of the contracts.

    Returns
    -------
    date or None
        None where they are on file for no day, and for ``fraction``, which has no tables. [UTC day]

    References
    ----------
    Each table names its own source: ``hedgerow venue show``.

    Examples
    --------
    >>> rule_since("deribit_portfolio", coin="BTC"), rule_since("okx", coin="DOGE")
    (datetime.date(2024, 6, 17), None)
    """
    if name not in _VENUES:
        return None
    venue = _VENUES[name]
    for day in sorted({line.valid_from for line in tables_of(venue).margin}):
        try:
            _BUILDERS[name](coin, rules_of(venue, _begin_of(day)).margin, 0.0)
        except LookupError:
            continue
        return day
    return None


def _begin_of(day: dt.date) -> int:
    return from_datetime(dt.datetime.combine(day, dt.time(), dt.UTC))


def _not_on_file(name: str, coin: str, at_ns: int) -> NotOnFile:
    """Say since when the tables of a rule are on file, and what else is on that day."""
    since, day = rule_since(name, coin=coin), to_iso(at_ns)[:10]
    if since is None:
        problem = f"no table of {name!r} for {coin} is on file"
    else:
        problem = f"no table of {name!r} for {coin} on {day}: the first on file holds from {since}"
    begun = [(other, rule_since(other, coin=coin)) for other in _VENUES]
    there = ", ".join(other for other, first in begun if first is not None and _begin_of(first) <= at_ns)
    advice = f"for that day there is {there}" if there else f"no rule has a table for {coin} on that day"
    is_later = since is not None and _begin_of(since) > at_ns
    return NotOnFile(problem, advice, since if is_later else None)


def liquidation_steps(name: str, *, coin: str, at_ns: int, settlement: str = "inverse") -> LiquidationSteps:
    """Return how the venue of a margin rule reduces an account.

    Parameters
    ----------
    name : str
        One of ``RULES``.
    coin : str
        Ticker of the coin of the contracts.
    at_ns : int
        The instant. [UTC epoch ns]
    settlement : {"inverse", "linear"}
        Of the positions to be reduced.

    Returns
    -------
    LiquidationSteps
        The steps. [as its fields]

    Raises
    ------
    InputError
        If they are not on file.

    References
    ----------
    Each table names its own source.
    """
    if name in _VENUES:
        mine = _pick(rules_of(_VENUES[name], at_ns).margin, LiquidationSteps, coin)
        for steps in mine:
            if steps.settlement == settlement:
                return steps
    raise InputError(
        f"how {name!r} liquidates {settlement} positions on {coin} is not on file on {to_iso(at_ns)[:10]}",
        "state the steps: LiquidationSteps",
    )


def _pick(tables: Iterable[MarginLine], kind: type[_Line], coin: str) -> tuple[_Line, ...]:
    """Return the latest line of a kind for the coin, one for each settlement."""
    mine = [table for table in tables if isinstance(table, kind) and coin in table.coins]
    latest = {table.settlement: table for table in sorted(mine, key=lambda table: table.valid_from)}
    return tuple(latest.values())


def _dated(venue: str, coin: str, lines: Iterable[MarginLine]) -> str:
    """Return the name of a rule: venue, coin, and the day from which its newest line holds."""
    return f"{venue} of {coin}, {max(line.valid_from for line in lines)}"


def _deribit_standard(coin: str, tables: tuple[MarginLine, ...], _: float) -> MarginRule:
    futures, options = _pick(tables, FutureMargin, coin), _pick(tables, OptionMargin, coin)
    inverse = [line for line in futures if line.settlement == "inverse"] or futures
    if not futures and not options:
        raise LookupError
    name = _dated("Deribit standard margin", coin, inverse or options)
    return StandardMargin(name=name, coin=coin, futures=futures, options=options)


def _deribit_portfolio(coin: str, tables: tuple[MarginLine, ...], _: float) -> MarginRule:
    grids = _pick(tables, GridMargin, coin)
    if not grids:
        raise LookupError
    return GridPortfolio(name=_dated("Deribit portfolio margin", coin, grids), coin=coin, tables=grids)


def _okx(coin: str, tables: tuple[MarginLine, ...], _: float) -> MarginRule:
    options = _pick(tables, OptionMargin, coin)
    if not options:
        raise LookupError
    return StandardMargin(name=_dated("OKX option margin", coin, options), coin=coin, options=options)


def _derive(coin: str, tables: tuple[MarginLine, ...], _: float) -> MarginRule:
    futures, options = _pick(tables, FutureMargin, coin), _pick(tables, OptionMargin, coin)
    if not futures and not options:
        raise LookupError
    name = _dated("Derive standard margin", coin, (*futures, *options))
    return DeriveMargin(standard=StandardMargin(name=name, coin=coin, futures=futures, options=options))


def _derive_portfolio(coin: str, tables: tuple[MarginLine, ...], _: float) -> MarginRule:
    found = _pick(tables, ContingencyMargin, coin)
    if not found:
        raise LookupError
    return DerivePortfolio(name=_dated("Derive portfolio margin", coin, found), coin=coin, table=found[0])


def _paradex(coin: str, tables: tuple[MarginLine, ...], funding_8h: float) -> MarginRule:
    scans = _pick(tables, ScanMargin, coin)
    if not scans:
        raise LookupError
    name = _dated("Paradex portfolio margin", coin, scans)
    return ParadexPortfolio(name=name, coin=coin, table=scans[0], funding_8h=funding_8h)


_BUILDERS: Final[Mapping[str, Callable[[str, tuple[MarginLine, ...], float], MarginRule]]] = {
    "deribit_standard": _deribit_standard,
    "deribit_portfolio": _deribit_portfolio,
    "okx": _okx,
    "derive": _derive,
    "derive_portfolio": _derive_portfolio,
    "paradex": _paradex,
}
