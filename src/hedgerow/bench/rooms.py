"""The rooms between a market update and a certified plan: a book of 10,000 options, twenty hedging instruments.

The whole first, then each room alone on what the rooms before it left.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hedgerow.bench.timing import Columns, Job
from hedgerow.book import (
    CompiledBook,
    ContractPosition,
    FactorModel,
    Marking,
    RiskSettings,
    assemble,
    exposure_of,
    factor_model,
    rows_of,
    sensitivities_by_group,
    trade_rows,
)
from hedgerow.costs import proportional
from hedgerow.examples import example
from hedgerow.hedging import GreekBand, HedgeProblem, plan_hedge, round_to_lots, solve
from hedgerow.instruments import parse_deribit
from hedgerow.market import Snapshot, load_snapshot
from hedgerow.pricing import mark_vols

POSITIONS: Final = 10_000
_TOOLS: Final = 20
_SEED: Final = 20_240_110
_RISK: Final = RiskSettings(horizon_hours=24.0, spot_vol=0.6, vol_of_vol=0.9, spot_vol_correlation=-0.4)

_BANDS: Final = {"delta": 0.1, "gamma": 2e-3, "vega": 200.0}
"""Half widths. [coins, coins per USD, USD per 1.00 vol]"""

ROOMS: Final = (
    "market to plan",
    "vols of the market",
    "rows of the book",
    "Greeks of the book",
    "loadings on factors",
    "instruments",
    "problem",
    "certified plan",
    "whole lots",
)
"""The whole, then its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What does not change with the market.

    Parameters
    ----------
    market : Snapshot
        The market.
    positions : tuple of ContractPosition
        Options of its chain, again and again.
    tools : tuple
        Options to hedge with, spread over the chain.
    """

    market: Snapshot
    positions: tuple[ContractPosition, ...]
    tools: tuple[Any, ...]


def desk(positions: int = POSITIONS) -> Desk:
    """Make a seeded book of the example's options.

    Parameters
    ----------
    positions : int
        How many it holds. [count]

    Returns
    -------
    Desk
        Book and instruments. [contracts]
    """
    market = load_snapshot(example("eth-2024-01-08"))
    names = sorted(mark_vols(market).as_dict())
    quantity = np.random.default_rng(_SEED).normal(size=positions)
    table = market.quotes
    quoted = np.isfinite(table.bid) & np.isfinite(table.ask) & np.isfinite(table.mark)
    tradable = [name for name, has in zip(table.names, quoted, strict=True) if has and name in set(names)]
    spread = [tradable[i] for i in np.linspace(0, len(tradable) - 1, _TOOLS).astype(int)]
    return Desk(
        market=market,
        positions=tuple(
            ContractPosition(instrument=parse_deribit(names[i % len(names)]), quantity=float(quantity[i]))
            for i in range(positions)
        ),
        tools=tuple(parse_deribit(name) for name in spread),
    )


def marking_of(given: Desk) -> Marking:
    """Value the chain: a vol for every option that the market marks.

    Parameters
    ----------
    given : Desk
        Book and market.

    Returns
    -------
    Marking
        The market with its vols. [fraction]
    """
    return Marking(snapshot=given.market, vols=mark_vols(given.market).as_dict())


def compiled(given: Desk, marking: Marking) -> CompiledBook:
    """Lay the book out against a market.

    Parameters
    ----------
    given : Desk
        The book.
    marking : Marking
        The market.

    Returns
    -------
    CompiledBook
        The book, compiled. [USD terms]
    """
    rows = [row for i, position in enumerate(given.positions) for row in rows_of(position, marking, i)]
    return _assembled(given, rows, len(given.positions))


def _assembled(given: Desk, rows: list[Any], count: int) -> CompiledBook:
    return assemble(rows, base=given.market.base, spot=given.market.index_price, n_group=count)


def _instruments(given: Desk, marking: Marking) -> CompiledBook:
    rows = [row for i, tool in enumerate(given.tools) for row in trade_rows(tool, marking, i)]
    return _assembled(given, rows, len(given.tools))


def _problem(
    given: Desk, model: FactorModel, book_greeks: NDArray[np.float64], loads: NDArray[np.float64], tools: CompiledBook
) -> HedgeProblem:
    """Hold delta, gamma and vega in narrow bands; the rest is risk against cost."""
    units = sensitivities_by_group(tools, numeraire="USD")[1:4]
    n, per_spot = len(given.tools), given.market.index_price
    return HedgeProblem(
        names=tuple(tool.name for tool in given.tools),
        book_loads=loads,
        unit_loads=model.loadings(tools, numeraire="USD"),
        covariance=model.covariance,
        risk_aversion=1e-3,
        curves=tuple(proportional(5e-4 * per_spot) for _ in range(n)),
        bands=tuple(GreekBand(name=name, lower=-width, upper=width) for name, width in _BANDS.items()),
        book_greeks=book_greeks,
        unit_greeks=units,
        trade_lower=np.full(n, -1e4),
        trade_upper=np.full(n, 1e4),
        lot=np.ones(n),
    )


def room_job(room: str, positions: int = POSITIONS) -> Job:
    """Prepare one room: what the rooms before it leave is made here, untimed.

    Parameters
    ----------
    room : str
        One of ``ROOMS``. [name]
    positions : int
        Options held. [count]

    Returns
    -------
    Job
        What is timed. [job]
    """
    given = desk(positions)
    marking = marking_of(given)
    book, tools = compiled(given, marking), _instruments(given, marking)

    def greeks(held: CompiledBook) -> NDArray[np.float64]:
        total = exposure_of(held, numeraire="USD").total
        return np.array([total.delta, total.gamma, total.vega])

    def loads(held: CompiledBook, others: CompiledBook) -> tuple[FactorModel, NDArray[np.float64]]:
        expiries = (*held.option_expiries_ns, *others.option_expiries_ns)
        model = factor_model(_RISK, expiries, given.market.as_of_ns)
        return model, model.loadings(held, numeraire="USD").sum(axis=1)

    def whole() -> Any:
        now = marking_of(given)
        held, others = compiled(given, now), _instruments(given, now)
        model, pull = loads(held, others)
        return plan_hedge(_problem(given, model, greeks(held), pull, others)).quantity

    model, pull = loads(book, tools)
    problem = _problem(given, model, greeks(book), pull, tools)
    solution = solve(problem)
    calls = (
        whole,
        lambda: marking_of(given),
        lambda: compiled(given, marking),
        lambda: greeks(book),
        lambda: loads(book, tools),
        lambda: _instruments(given, marking),
        lambda: _problem(given, model, problem.book_greeks, pull, tools),
        lambda: solve(problem),
        lambda: round_to_lots(problem, solution.x),
    )
    what = f"{positions:,} options, {len(given.tools)} instruments"
    return Job(calls[ROOMS.index(room)], lambda _: np.zeros(0), what)


def room_jobs() -> dict[str, Any]:
    """Return every room as a job of the bench; the columns do not matter to it.

    Returns
    -------
    dict of str to callable
        By room. [jobs]
    """

    def prepared(room: str) -> Any:
        def prepare(_: Columns) -> Job:
            return room_job(room)

        return prepare

    return {room: prepared(room) for room in ROOMS}
