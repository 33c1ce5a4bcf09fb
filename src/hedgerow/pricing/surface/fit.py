"""From quotes to a surface: a pure function.

eSSVI is fitted globally and cannot hold arbitrage. SVI is fitted slice by slice inside its exact domain, then jointly
with a growing charge on calendar arbitrage, and at last moved, as little as the quotes feel, to where none is left.
"""

import itertools
import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.pricing.surface import essvi_kernels, slice_kernels
from hedgerow.pricing.surface.checks import check_surface
from hedgerow.pricing.surface.parameters import SmileQuotes, SurfaceParameters

_Path: TypeAlias = tuple[tuple[float, float], ...]

_LEAST_HALF = 2.5e-4
"""Half of the narrowest spread that is believed: 0.05 vol points, the rounding of a price. [vol]"""
_FULL = 5
"""A slice with fewer quotes is held to the shape that its neighbours give it. [count]"""
_SPAN = 0.25
_INSIDE = 0.95
_PULL = 4e-4
_SQUARES = 1e6
_LADDER = (1.0, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.09, 0.06, 0.05)
"""Scales of Cauchy's loss, from lenient to strict, in half-spreads. The strict loss has many minima where slices
compete for quotes; small steps lead to one that hardly depends on the last digits of the quotes."""
_TOGETHER: _Path = (
    (1.0, 1e-3),
    (1.0, 1e-1),
    *((scale, 1e1) for scale in _LADDER[:-1]),
    (_LADDER[-1], 1e2),
)
"""Stages of Cauchy scale and calendar charge."""
_POOR = 4e-3
"""A slice that misses points by more, root mean square, is fitted from another start as well. [vol]"""
_FROM_FREE: _Path = ((0.3, 1e2), (0.05, 1e2))
_AGAIN: _Path = ((0.1, 1.0), (0.1, 1e2))
_STRICT = 0.05
_STEEP_RHO, _STEEP_WING = 0.97, 1.9
_FELL_BACK = "no SVI slices without arbitrage were found: these are the slices of eSSVI"
_SETTLE = (1e4, 1e6, 1e8)
_ROUNDS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    """Quotes as the kernels read them."""

    quotes: Float64[np.ndarray, "3 n_quote"]
    first: Int64[np.ndarray, " n_first"]
    years: Float64[np.ndarray, " n_expiry"]
    unit: Float64[np.ndarray, " n_expiry"]
    prior: Float64[np.ndarray, " n_expiry"]
    points: bool

    def part(self, p: int) -> "_Task":
        """Return the task of one slice."""
        here = slice(p, p + 1)
        return replace(
            self, first=self.first[p : p + 2], years=self.years[here], unit=self.unit[here], prior=self.prior[here]
        )

    def rule(self, scale: float, charge: float) -> Float64[np.ndarray, " 4"]:
        """Return inner share, Cauchy scale, pull to the middle and calendar charge; quotes without width: squares."""
        if self.points:
            return np.array([0.0, _SQUARES, 0.0, charge])
        return np.array([_INSIDE, scale, _PULL, charge])


def fit_surface(
    quotes: SmileQuotes, *, kind: Literal["svi", "essvi"], previous: SurfaceParameters | None = None
) -> SurfaceParameters:
    """Fit a surface without butterfly or calendar arbitrage.

    Parameters
    ----------
    quotes : SmileQuotes
        Intervals of implied vol; at least one quote in all. [fraction per square root of a year]
    kind : {"svi", "essvi"}
        Five free numbers per expiry, or three.
    previous : SurfaceParameters or None
        A fit of the same kind and number of expiries to start from, for speed.

    Returns
    -------
    SurfaceParameters
        The surface; its notes name expiries with too few quotes for a slice of their own. [total variance]

    Raises
    ------
    InputError
        If there is no quote, or ``previous`` is of another kind or number of expiries.

    References
    ----------
    Martini, Mingone (2022), SIAM J. Financial Math. 13:227, section 4, doi 10.1137/20M1351060; Mingone (2022), Quant.
    Finance 22:2205, section 4, doi 10.1080/14697688.2022.2108365.
    """
    if kind not in ("svi", "essvi"):
        raise InputError(f"a surface of kind {kind!r}", "ask for svi or essvi")
    if not quotes.expiry.size:
        raise InputError("no quote to fit a surface to", "give at least one two-sided quote")
    n = quotes.expiry_years.size
    if previous is not None and (previous.kind != kind or len(previous.slices) != n):
        raise InputError(
            f"a previous {previous.kind} surface of {len(previous.slices)} expiries for {kind} of {n}",
            "start from a surface of the same kind and expiries",
        )
    task, notes = _task(quotes), _thin(quotes)
    if kind == "essvi":
        raw = _fit_essvi(task, quotes, previous)
    else:
        raw, more = _fit_svi(task, quotes, previous)
        kind, notes = ("essvi", (*notes, more)) if more else (kind, notes)
    if kind == "svi" and _is_extreme(raw) and not check_surface(_parameters(kind, quotes, raw, ())).arbitrage_free:
        raw, kind, notes = _fit_essvi(task, quotes, None), "essvi", (*notes, _FELL_BACK)
    return _parameters(kind, quotes, raw, notes)


def _is_extreme(raw: Float64[np.ndarray, "n_expiry 5"]) -> bool:
    """Tell whether a slice lies where its domain is known to rounding only: such surfaces are checked on strikes."""
    return bool(np.any((np.abs(raw[:, 2]) > _STEEP_RHO) | (raw[:, 1] * (1.0 + np.abs(raw[:, 2])) > _STEEP_WING)))


def _parameters(
    kind: Literal["svi", "essvi"], quotes: SmileQuotes, raw: Float64[np.ndarray, "n_expiry 5"], notes: tuple[str, ...]
) -> SurfaceParameters:
    slices = tuple((float(a), float(b), float(rho), float(m), float(s)) for a, b, rho, m, s in raw)
    return SurfaceParameters(
        kind=kind, expiry_years=tuple(float(t) for t in quotes.expiry_years), slices=slices, notes=notes
    )


def _task(quotes: SmileQuotes) -> _Task:
    mid, width = 0.5 * (quotes.vol_bid + quotes.vol_ask), quotes.vol_ask - quotes.vol_bid
    half = np.maximum(0.5 * width, _LEAST_HALF)
    counts, years = quotes.counts(), quotes.expiry_years
    first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    typical = np.array([np.median(half[i:j]) if j > i else np.median(half) for i, j in itertools.pairwise(first)])
    return _Task(
        quotes=np.ascontiguousarray(np.array([quotes.log_moneyness, mid, half])),
        first=first,
        years=np.array(years),
        unit=1.0 / (2.0 * _levels(quotes) * years * typical),
        prior=np.where(counts >= _FULL, 1e-6, 0.05),
        points=bool(np.median(width) == 0.0),
    )


def _thin(quotes: SmileQuotes) -> tuple[str, ...]:
    """Name the expiries whose shape is not theirs."""
    return tuple(
        f"the expiry in {years * 365.0:.4g} days has {count} usable quote{'s' if count != 1 else ''}: "
        "its shape is held to that of its neighbours"
        for years, count in zip(quotes.expiry_years, quotes.counts(), strict=True)
        if count < _FULL
    )


def _levels(quotes: SmileQuotes) -> Float64[np.ndarray, " n_expiry"]:
    """Return a vol at the money per expiry: between the quotes nearest to it; of the nearest expiry where none."""
    level = np.full(quotes.expiry_years.size, np.nan)
    mid = 0.5 * (quotes.vol_bid + quotes.vol_ask)
    for p in np.unique(quotes.expiry):
        mine = np.flatnonzero(quotes.expiry == p)
        order = mine[np.argsort(quotes.log_moneyness[mine], kind="stable")]
        level[p] = np.interp(0.0, quotes.log_moneyness[order], mid[order])
    known = np.flatnonzero(np.isfinite(level))
    return np.asarray(np.interp(quotes.expiry_years, quotes.expiry_years[known], level[known]))


def _fit_essvi(
    task: _Task, quotes: SmileQuotes, previous: SurfaceParameters | None
) -> Float64[np.ndarray, "n_expiry 5"]:
    n = task.years.size
    raw, x = np.empty((n, 5)), np.empty((n, 3))
    if previous is None:
        theta = np.maximum.accumulate(_levels(quotes) ** 2 * task.years)
        x[:, 0], x[:, 2], x[0, 2] = -0.1, 0.0, -1.0
        x[:, 1] = [math.log(step) for step in np.maximum(np.diff(theta, prepend=0.0), 1e-3 * theta).tolist()]
    else:
        x[:, :] = _essvi_coordinates(previous.array())
    for scale in (3.0, 0.3, 0.1, 0.05) if previous is None else _LADDER[-1:]:
        essvi_kernels.fit_essvi(x, raw, task.quotes, task.first, task.years, task.prior, task.rule(scale, 0.0), 100)
        if task.points:
            break
    return raw


def _essvi_coordinates(raw: Float64[np.ndarray, "n_expiry 5"]) -> Float64[np.ndarray, "n_expiry 3"]:
    """Invert the global parametrization, a little inside its edges."""
    rho, psi = raw[:, 2], 2.0 * raw[:, 1]
    theta = 2.0 * raw[:, 0] / (1.0 - rho**2)
    grow = np.concatenate([[0.0], np.maximum((1 + rho[:-1]) / (1 + rho[1:]), (1 - rho[:-1]) / (1 - rho[1:]))])
    before = np.concatenate([[0.0], theta[:-1]])
    cap = np.minimum(4.0 / (1.0 + np.abs(rho)), 2.0 * np.sqrt(theta / (1.0 + np.abs(rho))))
    for i in range(rho.size - 2, -1, -1):
        cap[i] = min(cap[i], cap[i + 1] / grow[i + 1])
    floor = grow * np.concatenate([[0.0], psi[:-1]])
    room = cap.copy()
    room[1:] = np.minimum(room[1:], psi[:-1] * theta[1:] / theta[:-1])
    share = np.clip((psi - floor) / np.maximum(room - floor, 1e-300), 1e-3, 1.0 - 1e-3)
    step = np.log(np.maximum(theta - grow * before, 1e-6 * theta))
    return np.column_stack([np.arctanh(rho), step, np.log(share / (1.0 - share))])


def _fit_svi(
    task: _Task, quotes: SmileQuotes, previous: SurfaceParameters | None
) -> tuple[Float64[np.ndarray, "n_expiry 5"], str]:
    """Fit SVI slices; where no arbitrage-free ones are found, return those of eSSVI and say so."""
    guard = np.zeros(task.years.size, dtype=np.bool_)
    if previous is not None:
        alone = previous.array()
        _alone(task, alone, guard, _LADDER[-2:])
        raw = alone if _is_free(alone) else _together(task, previous.array(), np.zeros_like(guard), _AGAIN)
        return (raw, "") if raw is not None else _fit_svi(task, quotes, None)
    start, thin, safe = _starts(task, quotes), quotes.counts() < _FULL, None
    if thin.any():
        safe = _fit_essvi(task, quotes, None)
        start[thin] = safe[thin]
    _alone(task, start, guard, _LADDER[:1])
    alone, own = start.copy(), guard.copy()
    _alone(task, alone, own, _LADDER[1:])
    poor = _poor(task, alone)
    if poor.any():
        safe = _fit_essvi(task, quotes, None) if safe is None else safe
        _alone(task, alone, own, _LADDER, other=safe, only=poor)
    if _is_free(alone):
        return alone, ""
    safe = _fit_essvi(task, quotes, None) if safe is None else safe
    tried = [_together(task, alone if task.points else start, own if task.points else guard, _TOGETHER)]
    if task.points or tried[0] is None or _misfit(task, tried[0]) > 0.5 * _misfit(task, safe):
        tried.append(_together(task, safe, np.ones_like(guard), _FROM_FREE))
    found = [raw for raw in tried if raw is not None]
    if found:
        return min(found, key=lambda raw: _misfit(task, raw)), ""
    return safe, _FELL_BACK


def _poor(task: _Task, raw: Float64[np.ndarray, "n_expiry 5"]) -> np.ndarray:
    """Tell which slices leave quotes unmet, so that another start is worth its time."""
    poor = np.zeros(task.years.size, dtype=np.bool_)
    for p in range(task.years.size):
        one = task.part(p)
        count = int(one.first[1] - one.first[0])
        half = float(np.median(task.quotes[2, one.first[0] : one.first[1]])) if count else 1.0
        most = 0.5 * count * (_POOR / half) ** 2 if task.points else 0.5 * _STRICT**2
        poor[p] = _misfit(one, raw[p : p + 1]) > most
    return poor


def _misfit(task: _Task, raw: Float64[np.ndarray, "n_expiry 5"]) -> float:
    """Return the strict loss of the quotes alone."""
    return float(slice_kernels.quote_loss(raw, task.quotes, task.first, task.years, task.rule(_STRICT, 0.0)))


def _starts(task: _Task, quotes: SmileQuotes) -> Float64[np.ndarray, "n_expiry 5"]:
    """Return a hyperbola per expiry: half of the variance at the money in its floor, half in its curve."""
    half_variance = 0.5 * _levels(quotes) ** 2 * task.years
    raw = np.empty((task.years.size, 5))
    for p in range(task.years.size):
        k = task.quotes[0, task.first[p] : task.first[p + 1]]
        sigma = max(_SPAN * float(np.ptp(k)) if k.size else 0.0, 0.25 * np.sqrt(half_variance[p]))
        raw[p] = half_variance[p], half_variance[p] / sigma, -0.05, 0.0, sigma
    return raw


def _grid(task: _Task, raw: Float64[np.ndarray, "n_expiry 5"]) -> Float64[np.ndarray, "n_expiry n_grid"]:
    """Return the points where each slice is compared with the one before: where either is quoted, and around it."""
    k, first = task.quotes[0], task.first
    grid = np.zeros((task.years.size, 41 + 4 + _ROUNDS))
    for p in range(1, task.years.size):
        near = k[first[p - 1] : first[p + 1]]
        low = min(float(near.min(initial=np.inf)), raw[p, 3] - raw[p, 4])
        high = max(float(near.max(initial=-np.inf)), raw[p, 3] + raw[p, 4])
        span = high - low
        far = [low - span, high + span, low - 4.0 * span, high + 4.0 * span]
        grid[p] = np.concatenate([np.linspace(low - 0.2 * span, high + 0.2 * span, 41), far, np.full(_ROUNDS, low)])
    return grid


def _run(
    task: _Task,
    raw: Float64[np.ndarray, "n_expiry 5"],
    guard: np.ndarray,
    grid: Float64[np.ndarray, "n_expiry n_grid"],
    rule: Float64[np.ndarray, " 4"],
) -> None:
    """Fit, and fit again with the butterfly guard on for slices that have left the domain."""
    inside = np.empty(guard.size, dtype=np.bool_)
    for _ in range(2):
        slice_kernels.fit_slices(
            raw, guard, task.quotes, task.first, task.years, grid, task.unit, task.prior, rule, 100
        )
        slice_kernels.slices_in_domain(raw, inside)
        if np.all(inside | guard):
            return
        guard |= ~inside


def _alone(
    task: _Task,
    raw: Float64[np.ndarray, "n_expiry 5"],
    guard: np.ndarray,
    scales: tuple[float, ...],
    *,
    other: Float64[np.ndarray, "n_expiry 5"] | None = None,
    only: np.ndarray | None = None,
) -> None:
    """Fit each slice for itself, in place; points need one scale, as theirs is no loss of Cauchy's.

    Where ``other`` is given its slices are the starts, and those of ``raw`` stay where they are the better ones.
    """
    grid = np.zeros((1, 1))
    for p in range(task.years.size):
        if only is not None and not only[p]:
            continue
        one, part = task.part(p), slice(p, p + 1)
        trial, guarded = (raw if other is None else other)[part].copy(), guard[part].copy()
        for scale in scales[:1] if task.points else scales:
            _run(one, trial, guarded, grid, task.rule(scale, 0.0))
        if other is None or _misfit(one, trial) < _misfit(one, raw[part]):
            raw[part], guard[part] = trial, guarded


def _together(
    task: _Task,
    alone: Float64[np.ndarray, "n_expiry 5"],
    guard: np.ndarray,
    stages: _Path,
) -> Float64[np.ndarray, "n_expiry 5"] | None:
    """Fit all slices with a growing charge on calendar arbitrage; None if they still cross at the end."""
    raw, guard = alone.copy(), guard.copy()
    grid = _grid(task, raw)
    for scale, charge in stages:
        _run(task, raw, guard, grid, task.rule(scale, charge))
    return raw if _is_free(raw) or _settle(task, raw, guard) else None


def _is_free(raw: Float64[np.ndarray, "n_expiry 5"]) -> bool:
    """Tell whether no slice crosses the one before it and all are in their domain."""
    n = len(raw)
    gap, where, inside = np.full(n, np.inf), np.zeros(n), np.empty(n, dtype=np.bool_)
    slice_kernels.calendar_gaps(raw, gap, where)
    slice_kernels.slices_in_domain(raw, inside)
    right, left = raw[:, 1] * (1.0 + raw[:, 2]), raw[:, 1] * (1.0 - raw[:, 2])
    return bool(inside.all() and gap.min() >= 0.0 and np.all(np.diff(right) >= 0.0) and np.all(np.diff(left) >= 0.0))


def _settle(task: _Task, raw: Float64[np.ndarray, "n_expiry 5"], guard: np.ndarray) -> bool:
    """Move the slices, as little as the quotes feel, until none crosses another; False if they still do.

    What is fitted now are the vols of the slices themselves. The worst crossing of each round joins the grid.
    """
    rows = np.empty((3, task.quotes.shape[1]))
    for p in range(task.years.size):
        part = slice(int(task.first[p]), int(task.first[p + 1]))
        slice_kernels.vol_row(raw[p], task.quotes[0, part], task.years[p], rows[1, part])
    rows[0], rows[2] = task.quotes[0], task.quotes[2]
    still = replace(task, quotes=rows, points=True)
    grid, gap, where = _grid(task, raw), np.full(guard.size, np.inf), np.zeros(guard.size)
    for turn in range(_ROUNDS):
        slice_kernels.calendar_gaps(raw, gap, where)
        grid[1:, -1 - turn] = where[1:]
        _run(still, raw, guard, grid, still.rule(0.0, _SETTLE[min(turn, len(_SETTLE) - 1)]))
        if _is_free(raw):
            return True
    return False
