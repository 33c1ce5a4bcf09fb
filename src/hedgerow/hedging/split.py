"""The convex problem as a quadratic program for solvers: one variable for each piece of each instrument.

An instrument's trade is base + (what is taken of the pieces above) - (what is taken of those below). Marginal costs
rise from piece to piece, so at an optimum no piece is begun before the one nearer to the base is full. Far from no
trade a deep order book has many pieces; then only those near a centre are laid out, and the centre moves until the
answer lies inside. A 3/2 power is replaced by its second-order expansion at the centre (sequential quadratic
programming; Nocedal, Wright 2006, "Numerical Optimization", chapter 18), which the certificate then judges.
"""

from dataclasses import dataclass

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.hedging import program_kernels
from hedgerow.hedging.program_kernels import Program

_MOST_PIECES = 4
"""Instruments with more pieces than that are laid out around a centre. [count]"""

_ROOT = 1e-2
"""Below this root of a trade the curvature of the 3/2 power is cut off. [units of the answer]"""

INFINITE = 1e30  # DAQP's infinity


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A quadratic program min ½z'Hz + f'z, lower <= [z; Az] <= upper, in units in which the answer is near one.

    Parameters
    ----------
    hessian, linear, rows : ndarrays of shape (n_piece, n_piece), (n_piece,) and (n_row, n_piece)
        H, f and A.
    lower, upper : ndarray of shape (n_piece + n_row,)
        Ends of the variables, then of the rows; 1e30 for none.
    owner : ndarray of shape (n_piece,)
        Which instrument a piece belongs to.
    sign : ndarray of shape (n_piece,)
        +1 above the base, -1 below it.
    base : ndarray of shape (n_instrument,)
        Trade that takes nothing of any piece. [equilibrated]
    reach_low, reach_high : ndarray of shape (n_instrument,)
        Trades that are laid out. [equilibrated]
    size : float
        By which trades, costs and rows are divided. [equilibrated]
    base_rows : ndarray of shape (n_row, n_instrument)
        What a contract next to the base adds to the rows. [equilibrated]
    """

    hessian: Float64[np.ndarray, "n_piece n_piece"]
    linear: Float64[np.ndarray, " n_piece"]
    rows: Float64[np.ndarray, "n_row n_piece"]
    lower: Float64[np.ndarray, " n_variable"]
    upper: Float64[np.ndarray, " n_variable"]
    owner: Int64[np.ndarray, " n_piece"]
    sign: Float64[np.ndarray, " n_piece"]
    base: Float64[np.ndarray, " n_instrument"]
    reach_low: Float64[np.ndarray, " n_instrument"]
    reach_high: Float64[np.ndarray, " n_instrument"]
    size: float
    base_rows: Float64[np.ndarray, "n_row n_instrument"]

    def trade(self, z: Float64[np.ndarray, " n_piece"]) -> Float64[np.ndarray, " n_instrument"]:
        """Return the trade that takes z of the pieces.

        Parameters
        ----------
        z : ndarray of shape (n_piece,)
            What is taken of each piece. [units of the answer]

        Returns
        -------
        ndarray of shape (n_instrument,)
            Trade. [equilibrated]

        References
        ----------
        This module's docstring.
        """
        taken = np.bincount(self.owner, weights=self.sign * z, minlength=self.base.size)
        return np.asarray(self.base + taken * self.size)

    def starts(self) -> Float64[np.ndarray, " n_piece"]:
        """Return how much its instrument trades where a piece starts.

        Returns
        -------
        ndarray of shape (n_piece,)
            Sizes of trades. [units of the answer]

        References
        ----------
        This module's docstring.
        """
        out = np.empty(self.owner.size)
        reached: dict[tuple[int, float], float] = {}
        for v, key in enumerate(zip(self.owner.tolist(), self.sign.tolist(), strict=True)):
            out[v] = reached.get(key, abs(self.base[key[0]]) / self.size)
            reached[key] = out[v] + self.upper[v]
        return out


def expanded(
    power: Float64[np.ndarray, " n_piece"],
    start: Float64[np.ndarray, " n_piece"],
    z: Float64[np.ndarray, " n_piece"],
) -> tuple[Float64[np.ndarray, " n_piece"], Float64[np.ndarray, " n_piece"]]:
    """Expand costs with the 3/2 power at a point.

    Parameters
    ----------
    power, start : ndarray of shape (n_piece,)
        Coefficient, and how much is traded where a piece starts. [units of the answer]
    z : ndarray of shape (n_piece,)
        The point. [units of the answer]

    Returns
    -------
    tuple of two ndarrays of shape (n_piece,)
        Slope at nothing taken and curvature of the parabola that touches at the point; the curvature is cut off near
        no trade. [units of the objective]

    References
    ----------
    Nocedal, Wright (2006), "Numerical Optimization", chapter 18.
    """
    root = np.sqrt(start + np.maximum(z, 0.0))
    bend = 0.75 * power / np.maximum(root, _ROOT)
    return 1.5 * power * root - bend * np.maximum(z, 0.0), bend


def split_of(
    program: Program,
    centre: Float64[np.ndarray, " n_instrument"] | None,
    size: float | None = None,
    *,
    whole: bool = False,
) -> Split:
    """Lay a problem out around a centre.

    Parameters
    ----------
    program : Program
        The problem in equilibrated units.
    centre : ndarray of shape (n_instrument,) or None
        Where the 3/2 power is expanded and what is laid out of many pieces; None for no trade, without the
        power. [equilibrated]
    size : float or None
        By which to divide trades, costs and rows; None for the size of the answer. [equilibrated]
    whole : bool
        Whether to lay out all pieces, however many: for whoever does not move the centre. [bool]

    Returns
    -------
    Split
        The quadratic program. [pure]

    References
    ----------
    This module's docstring.
    """
    n = program.gradient.size
    middle = np.zeros(n) if centre is None else centre
    windows = [_window(program, i, float(middle[i]), whole=whole) for i in range(n)]
    pieces = [(i, j, 1.0) for i, (low, base, high) in enumerate(windows) for j in range(base, high)]
    pieces += [(i, j, -1.0) for i, (low, base, high) in enumerate(windows) for j in range(base - 1, low - 1, -1)]
    owner = np.array([i for i, _, _ in pieces], dtype=np.int64)
    piece = np.array([j for _, j, _ in pieces], dtype=np.int64)
    sign = np.array([s for _, _, s in pieces], dtype=np.float64)
    every = np.arange(n)
    base = program.kink[every, [base for _, base, _ in windows]]
    start = np.where(sign > 0.0, program.kink[owner, piece], program.kink[owner, piece + 1])
    length = program.kink[owner, piece + 1] - program.kink[owner, piece]
    slope = program.slope[owner, piece] + program.curve[owner, piece] * (start - program.anchor[owner, piece])
    curve = program.curve[owner, piece].copy()
    if centre is not None:
        way = np.where(program.kink[owner, piece] >= 0.0, 1.0, -1.0)
        extra, bend = _power(program, owner, middle, np.abs(start), way)
        slope, curve = slope + extra, curve + bend
    side = program.side[owner, piece]
    weight = program.linear[:, owner] + np.where(side > 0.0, program.long[:, owner], -program.short[:, owner])
    linear = sign * (program.gradient + program.hessian @ base)[owner] + sign * slope
    values = program_kernels.rows_at(program, base)
    lower, upper = program.lower - values, program.upper - values
    # The size of the answer: how far the gradient pulls, or how far the rows push. Dividing by it keeps absolute
    # tolerances meaningful; z and the linear term shrink alike, so the quadratic term stays as it is.
    if size is None:
        size = max(float(np.max(-linear, initial=0.0)), float(np.max(np.maximum(lower, -upper), initial=0.0)))
        size = size if size > 0.0 else 1.0
    hessian = program.hessian[np.ix_(owner, owner)] * np.outer(sign, sign)
    hessian[np.diag_indices_from(hessian)] += curve
    with np.errstate(over="ignore"):
        ends = np.concatenate([length, upper]) / size
        starts = np.concatenate([np.zeros(len(pieces)), lower]) / size
    return Split(
        hessian=hessian,
        linear=linear / size,
        rows=np.ascontiguousarray(weight * sign),
        lower=np.maximum(starts, -INFINITE),
        upper=np.minimum(ends, INFINITE),
        owner=owner,
        sign=sign,
        base=base,
        reach_low=program.kink[every, [low for low, _, _ in windows]],
        reach_high=program.kink[every, [high for _, _, high in windows]],
        size=size,
        base_rows=program.linear + np.where(program.held + base > 0.0, program.long, -program.short),
    )


def _window(program: Program, i: int, centre: float, *, whole: bool) -> tuple[int, int, int]:
    """Return the kinks between which an instrument is laid out, and the one that is its base."""
    count, kink = int(program.count[i]), program.kink[i]
    if whole or count <= _MOST_PIECES:
        base = int(np.argmin(np.abs(kink[: count + 1])))
        return 0, base, count
    j = int(np.clip(np.searchsorted(kink[: count + 1], centre, side="right") - 1, 0, count - 1))
    low, high = max(j - 1, 0), min(j + 2, count)
    return low, j if np.isfinite(kink[j]) else j + 1, high


def _power(
    program: Program,
    owner: Int64[np.ndarray, " n_piece"],
    centre: Float64[np.ndarray, " n_instrument"],
    start: Float64[np.ndarray, " n_piece"],
    way: Float64[np.ndarray, " n_piece"],
) -> tuple[Float64[np.ndarray, " n_piece"], Float64[np.ndarray, " n_piece"]]:
    """Expand power·|x|^1.5 at the centre: its derivative at the start of each piece, and its second derivative."""
    size = np.maximum(np.abs(centre), 1e-8 * (1.0 + np.max(np.abs(centre), initial=0.0)))
    bend = 0.75 * program.power / np.sqrt(size)
    slope = 1.5 * program.power * np.sqrt(size)
    return way * (slope[owner] + bend[owner] * (start - size[owner])), bend[owner]
