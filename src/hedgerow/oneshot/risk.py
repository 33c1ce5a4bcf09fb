"""The risk of a desk: its book revalued on a grid, in named moves of the past, and in simulated ones."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from hedgerow.book import (
    LEAST_VOL_SHARE,
    CompiledBook,
    check_numeraire,
    exposure_of,
    factor_model,
    kernels,
    scenario_grid,
    scenario_pnl,
    scenario_pnl_by_group,
    simulate_scenarios,
    stress_scenarios,
    stresses_of,
)
from hedgerow.book.factors import vol_scale
from hedgerow.config import Desk
from hedgerow.core.instants import DAYS_PER_YEAR, HOUR_NS
from hedgerow.market import Snapshot
from hedgerow.oneshot.compile_desk import compile_desk
from hedgerow.report.risk import PnlGrid, RiskReport, SimulatedPnl, WorstCell

SPOTS: Final = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.2, 1.3, 1.5)
VOLS: Final = (-0.2, -0.1, 0.0, 0.1, 0.2, 0.4)
"""The grid unless another is asked for. [pure], [vol per square root of a year]"""
SCENARIOS: Final = 20_000
SEED: Final = 1
_SMOOTH: Final = 161
_HOURS_PER_YEAR: Final = 24.0 * DAYS_PER_YEAR


def risk(
    desk: Desk,
    market: Snapshot,
    *,
    numeraire: str | None = None,
    spots: Sequence[float] = SPOTS,
    vols: Sequence[float] = VOLS,
    leave_out: bool = False,
) -> RiskReport:
    """Revalue the book of a desk in many markets.

    Parameters
    ----------
    desk : Desk
        What is held; its ``[risk]`` table says over which horizon, and how vols of expiries move together.
    market : Snapshot
        The market at one instant.
    numeraire : str or None
        ``USD`` or the coin; None takes what the desk file states.
    spots : sequence of float
        Spots of the grid over the spot now. [pure]
    vols : sequence of float
        Moves of the 30-day vol of the grid. [vol per square root of a year]
    leave_out : bool
        True to leave out positions that the market cannot value, by name and reason; by default they are refused.

    Returns
    -------
    RiskReport
        P&L on the grid at once and after the horizon, in named moves, and in simulated ones. [numeraire]

    Raises
    ------
    ConfigError
        If the desk names something that does not exist or cannot be valued.
    InputError
        If a move of the grid breaks a rule.
    NumeraireError
        If the numeraire is neither USD nor the coin.

    References
    ----------
    As ``scenario_pnl`` and ``simulate_scenarios``.

    Examples
    --------
    >>> import hedgerow as hr
    >>> folder = hr.example("eth-2024-01-08")
    >>> report = hr.risk(hr.load_desk(folder / "desk.toml"), hr.load_snapshot(folder), numeraire="USD")
    >>> report.worst.spot, report.worst.pnl < 0.0
    (0.5, True)
    """
    currency = desk.numeraire if numeraire is None else numeraire
    check_numeraire(currency, desk.base)
    ready = compile_desk(desk, market, leave_out=leave_out)
    book, as_of_ns = ready.book, ready.marking.snapshot.as_of_ns
    hours = (0.0, desk.risk.horizon_hours)
    grid = _grid(desk, book, currency, spots, vols, hours)
    dense = np.linspace(min(grid.spots), max(grid.spots), _SMOOTH).tolist()
    stresses = stresses_of(book.base)
    return RiskReport(
        desk=desk.name,
        source=market.source,
        as_of_ns=as_of_ns,
        exposure=exposure_of(book, numeraire=currency),
        horizon_hours=desk.risk.horizon_hours,
        grid=grid,
        profile=_grid(desk, book, currency, dense, sorted({grid.vols[0], 0.0, grid.vols[-1]}), hours),
        worst=_worst(desk, book, currency, grid),
        stresses=stresses,
        stress_pnl=_stressed(desk, book, currency) if stresses else (),
        simulated=_simulated(desk, book, currency, as_of_ns),
        rejected=ready.rejected,
        notes=_notes(desk, book, as_of_ns, grid),
    )


def _grid(
    desk: Desk,
    book: CompiledBook,
    numeraire: str,
    spots: Sequence[float],
    vols: Sequence[float],
    hours: Sequence[float],
) -> PnlGrid:
    spots, vols = sorted(set(spots)), sorted(set(vols))
    years = [time / _HOURS_PER_YEAR for time in hours]
    moves = scenario_grid(spots, vols, years, vol_term_exponent=desk.risk.vol_term_exponent)
    pnl = scenario_pnl(book, moves, numeraire=numeraire).reshape(len(spots), len(vols), len(hours))
    return PnlGrid(spots=tuple(spots), vols=tuple(vols), hours=tuple(hours), pnl=pnl)


def _worst(desk: Desk, book: CompiledBook, numeraire: str, grid: PnlGrid) -> WorstCell:
    """Find the worst cell, and value it once more, by kind and expiry."""
    i, j, k = (int(place) for place in np.unravel_index(np.argmin(grid.pnl), grid.pnl.shape))
    years = grid.hours[k] / _HOURS_PER_YEAR
    move = scenario_grid([grid.spots[i]], [grid.vols[j]], [years], vol_term_exponent=desk.risk.vol_term_exponent)
    by_bucket = replace(book, group=book.bucket, n_group=len(book.buckets))
    parts = scenario_pnl_by_group(by_bucket, move, numeraire=numeraire)[0]
    buckets = tuple((kind, expiry, float(pnl)) for (kind, expiry), pnl in zip(book.buckets, parts, strict=True))
    return WorstCell(
        spot=grid.spots[i], vol=grid.vols[j], hours=grid.hours[k], pnl=float(grid.pnl[i, j, k]), buckets=buckets
    )


def _stressed(desk: Desk, book: CompiledBook, numeraire: str) -> tuple[float, ...]:
    _, moves = stress_scenarios(book.base, vol_term_exponent=desk.risk.vol_term_exponent)
    return tuple(scenario_pnl(book, moves, numeraire=numeraire).tolist())


def _simulated(desk: Desk, book: CompiledBook, numeraire: str, as_of_ns: int) -> SimulatedPnl:
    expiries = book.option_expiries_ns
    moves = simulate_scenarios(desk.risk, expiries, as_of_ns, count=SCENARIOS, seed=SEED, moment_matched=True)
    model = factor_model(desk.risk, expiries, as_of_ns)
    return SimulatedPnl(
        pnl=scenario_pnl(book, moves, numeraire=numeraire),
        seed=SEED,
        model_deviation=model.deviation(model.loadings(book, numeraire=numeraire).sum(axis=1)),
    )


def _notes(desk: Desk, book: CompiledBook, as_of_ns: int, grid: PnlGrid) -> tuple[str, ...]:
    said = [
        f"a move of the 30-day vol is scaled by (30 d/T)^{desk.risk.vol_term_exponent:g} for other expiries; no vol "
        f"ends below {LEAST_VOL_SHARE:.0%} of itself; every strike keeps its vol otherwise",
        "spot and all forwards move in proportion; pools are valued at the spot; no fees, funding or margin calls",
    ]
    floored, expired = _floored(desk, book, grid.vols[0]), _expired(desk, book, as_of_ns)
    if floored:
        said.append(f"{floored} option positions are at that floor where the 30-day vol moves by {grid.vols[0]:+.0%}")
    if expired:
        said.append(f"{expired} option positions expire within the horizon and are settled at the spot there")
    if not stresses_of(book.base):
        said.append(f"no named moves of {book.base} are on file")
    return tuple(said)


def _floored(desk: Desk, book: CompiledBook, vol: float) -> int:
    table = book.table[book.option_expiry_ns > 0]
    moved = vol * vol_scale(np.ascontiguousarray(table[:, kernels.EXPIRY]), desk.risk.vol_term_exponent)
    return int(np.count_nonzero(table[:, kernels.VOL] + moved < LEAST_VOL_SHARE * table[:, kernels.VOL]))


def _expired(desk: Desk, book: CompiledBook, as_of_ns: int) -> int:
    end_ns = as_of_ns + round(desk.risk.horizon_hours * HOUR_NS)
    return int(np.count_nonzero((book.option_expiry_ns > 0) & (book.option_expiry_ns <= end_ns)))
