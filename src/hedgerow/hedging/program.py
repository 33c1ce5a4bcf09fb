"""From a hedge problem to its arrays, in original units and in equilibrated ones."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hedgerow.core.arrays import Float64
from hedgerow.costs.curves import CostCurve, HoldingCost
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.program_kernels import Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A problem in units in which its numbers are near one: instruments of unit risk, rows of unit length.

    Parameters
    ----------
    program : Program
        The arrays.
    unit : ndarray of shape (n_instrument,)
        A trade of one here. [contracts]
    row_norm : ndarray of shape (n_row,)
        A row of one here. [unit of the row]
    plain : int
        Rows before it are bands, which do not count positions. [count]
    has_power : bool
        Whether a cost grows with the 3/2 power.
    """

    program: Program
    unit: Float64[np.ndarray, " n_instrument"]
    row_norm: Float64[np.ndarray, " n_row"]
    plain: int
    has_power: bool


def program_of(problem: HedgeProblem) -> Program:
    """Lay a problem out as arrays, in original units.

    Parameters
    ----------
    problem : HedgeProblem
        The problem; its fixed charges, lots and scenarios stay outside.

    Returns
    -------
    Program
        Bands first, then limits. [numeraire, contracts]

    References
    ----------
    The display in ``problem.py``; ``program_kernels.py`` says what the arrays mean.
    """
    n, limits = len(problem.names), problem.limits
    kinked = [
        bool(cost.long + cost.short != 0.0 or any(limit.long[i] + limit.short[i] != 0.0 for limit in limits))
        for i, cost in enumerate(problem.holding)
    ]
    lines = [
        _pieces(problem.curves[i], problem.holding[i], float(problem.held[i]), kinked[i],
                float(problem.trade_lower[i]), float(problem.trade_upper[i]))
        for i in range(n)
    ]  # fmt: skip
    most = max([1, *(len(line.slope) for line in lines)])
    shape = (n, most)
    kink, count = np.zeros((n, most + 1)), np.zeros(n, dtype=np.int64)
    anchor, level, slope, curve, side = (np.zeros(shape) for _ in range(5))
    for i, line in enumerate(lines):
        pieces = len(line.slope)
        count[i] = pieces
        kink[i, : len(line.kink)] = line.kink
        kink[i, len(line.kink) :] = line.kink[-1]
        for array, values in (
            (anchor, line.anchor),
            (level, line.level),
            (slope, line.slope),
            (curve, line.curve),
            (side, line.side),
        ):
            array[i, : len(values)] = values
        if not pieces:
            level[i, 0] = line.only
    no_gross = np.zeros_like(problem.unit_greeks)
    return Program(
        hessian=problem.hessian,
        gradient=problem.gradient_at_zero,
        kink=kink,
        count=count,
        anchor=anchor,
        level=level,
        slope=slope,
        curve=curve,
        side=side,
        power=np.array([cost.impact for cost in problem.curves], dtype=np.float64).reshape(n),
        held=problem.held,
        linear=np.vstack([problem.unit_greeks, *(limit.linear for limit in limits)]),
        long=np.vstack([no_gross, *(limit.long for limit in limits)]),
        short=np.vstack([no_gross, *(limit.short for limit in limits)]),
        base=np.concatenate([problem.book_greeks, [limit.start for limit in limits]]),
        lower=np.concatenate([problem.lower, np.full(len(limits), -np.inf)]),
        upper=np.concatenate([problem.upper, [limit.upper for limit in limits]]),
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """The pieces of one instrument."""

    kink: list[float]
    anchor: list[float]
    level: list[float]
    slope: list[float]
    curve: list[float]
    side: list[float]
    only: float


def _pieces(curve: CostCurve, holding: HoldingCost, held: float, kinked: bool, low: float, high: float) -> _Line:
    """Cut the trades of one instrument where its cost or its place in the limits has a kink."""
    ends = {low, high}
    ends.update(x for x in (0.0, -held if kinked else 0.0) if low < x < high)
    for side, sign in ((curve.buy, 1.0), (curve.sell, -1.0)):
        ends.update(float(x) for x in sign * np.cumsum(side.size[:-1]) if low < x < high)
    kink = sorted(ends)
    line = _Line(kink, [], [], [], [], [], _own_cost(curve, holding, held, low) if low == high else 0.0)
    if low == high:
        return line
    for start, end in pairwise(kink):
        # The end nearest to no trade is finite, and where the levels of the book are counted from.
        anchor = start if start >= 0.0 else end
        sign = 1.0 if start >= 0.0 else -1.0
        side = curve.buy if start >= 0.0 else curve.sell
        before = np.concatenate([[0.0], np.cumsum(side.size[:-1])])
        j = int(np.searchsorted(before, abs(anchor) * (1.0 + 1e-15), side="right")) - 1
        # A level that ends just here is over.
        is_long = held + (0.5 * (start + end) if np.isfinite(start) and np.isfinite(end) else anchor + sign) > 0.0
        carry = holding.long if is_long else -holding.short
        price = float(side.price[j] + side.slope[j] * (abs(anchor) - before[j]))
        line.anchor.append(anchor)
        line.level.append(_own_cost(curve, holding, held, anchor))
        line.slope.append(sign * price + carry)
        line.curve.append(float(side.slope[j]))
        line.side.append(1.0 if is_long else -1.0)
    return line


def _own_cost(curve: CostCurve, holding: HoldingCost, held: float, x: float) -> float:
    """Return cost of trading and holding without fixed charge and 3/2 power."""
    after = held + x
    own = curve.at(x) - curve.impact * abs(x) ** 1.5 - curve.fixed if x else 0.0
    return float(own + holding.long * max(after, 0.0) + holding.short * max(-after, 0.0))


def equilibrate(problem: HedgeProblem, program: Program) -> Scaled:
    """Bring a problem to units in which its numbers are near one.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    program : Program
        Its arrays in original units.

    Returns
    -------
    Scaled
        The same in other units. [pure]

    References
    ----------
    Van der Sluis (1969), Numerische Mathematik 14:14: unit diagonals are nearly the best diagonal scaling.
    """
    diagonal = np.diag(program.hessian) + program.curve.max(axis=1, initial=0.0)
    span = np.minimum(np.abs(problem.trade_lower), np.abs(problem.trade_upper))
    fallback = np.where(np.isfinite(span) & (span > 0.0), span, problem.lot)
    if problem.tail is not None:
        # Without variance, a contract is measured by how far its own P&L scatters.
        diagonal = np.where(diagonal > 0.0, diagonal, problem.tail.scatter() ** 2)
    known = diagonal > 0.0
    unit = np.where(known, 1.0 / np.sqrt(np.where(known, diagonal, 1.0)), fallback)
    weights = np.abs(program.linear) + np.maximum(np.abs(program.long), np.abs(program.short))
    norm = np.linalg.norm(weights * unit, axis=1)
    norm[norm == 0.0] = 1.0
    return Scaled(
        program=rescale(program, unit, norm),
        unit=unit,
        row_norm=norm,
        plain=len(problem.bands),
        has_power=bool(np.any(program.power)),
    )


def rescale(program: Program, unit: Float64[np.ndarray, " n"], norm: Float64[np.ndarray, " m"]) -> Program:
    """Express arrays in other units of trades and rows.

    Parameters
    ----------
    program : Program
        In some units.
    unit : ndarray of shape (n,)
        The new unit of each trade. [old unit]
    norm : ndarray of shape (m,)
        The new unit of each row. [old unit]

    Returns
    -------
    Program
        The same problem. [new units]

    References
    ----------
    A change of variables.
    """
    column, row = unit[:, None], norm[:, None]
    return Program(
        hessian=np.ascontiguousarray(program.hessian * np.outer(unit, unit)),
        gradient=program.gradient * unit,
        kink=program.kink / column,
        count=program.count,
        anchor=program.anchor / column,
        level=program.level,
        slope=program.slope * column,
        curve=program.curve * column**2,
        side=program.side,
        power=program.power * unit**1.5,
        held=program.held / unit,
        linear=np.ascontiguousarray(program.linear * unit / row),
        long=np.ascontiguousarray(program.long * unit / row),
        short=np.ascontiguousarray(program.short * unit / row),
        base=program.base / norm,
        lower=program.lower / norm,
        upper=program.upper / norm,
    )
