"""The minimum-variance delta of Hull and White, fitted to how option prices moved with the forward.

    dU - delta_BS·dF = (U_sigma/sqrt(T))·(dF/F)·(a + b·delta + c·delta²) + error,

by least squares; the gain is one minus the ratio of the sums of squared errors with and without the quadratic. It is
judged on data that the fit has not seen: time is cut into blocks, and each is judged by a fit to those before it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.pricing.black76 import black76

_LEAST: Final = 30
"""Fewest moves a quadratic may be fitted to. [count]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionMoves:
    """Options before and after a move of the forward.

    Parameters
    ----------
    at_ns, after_ns : ndarray of shape (n_move,)
        When a move begins and ends; a judgement uses only moves that had ended. [UTC epoch ns]
    forward, forward_after : ndarray of shape (n_move,)
        Forward before and after. [quote per coin]
    strike : ndarray of shape (n_move,)
        Strikes. [quote per coin]
    expiry_years : ndarray of shape (n_move,)
        Time to expiry before the move. [years, Act/365]
    vol : ndarray of shape (n_move,)
        Vol before the move. [fraction per square root of a year]
    is_call : ndarray of shape (n_move,)
        True for calls. [bool]
    price_after : ndarray of shape (n_move,)
        Undiscounted price after the move. [quote per coin]
    """

    at_ns: Int64[np.ndarray, " n_move"]
    after_ns: Int64[np.ndarray, " n_move"]
    forward: Float64[np.ndarray, " n_move"]
    forward_after: Float64[np.ndarray, " n_move"]
    strike: Float64[np.ndarray, " n_move"]
    expiry_years: Float64[np.ndarray, " n_move"]
    vol: Float64[np.ndarray, " n_move"]
    is_call: np.ndarray
    price_after: Float64[np.ndarray, " n_move"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadraticFit:
    """A fitted response of vols to the forward.

    Parameters
    ----------
    a, b, c : float
        d sigma_K/d ln F = (a + b·delta + c·delta²)/sqrt(T), delta that of the call at the strike. [vol·sqrt(years)]
    moves : int
        What it was fitted to. [count]
    gain_in_sample : float
        Share of squared hedging errors that it takes away where it was fitted. [fraction]
    gain_out_of_sample : float
        The same where it was not; NaN if too little was left to judge. [fraction]
    """

    a: float
    b: float
    c: float
    moves: int = 0
    gain_in_sample: float = float("nan")
    gain_out_of_sample: float = float("nan")

    def move(
        self, call_delta: Float64[np.ndarray, " n_option"], expiry_years: Float64[np.ndarray, " n_option"]
    ) -> Float64[np.ndarray, " n_option"]:
        """Return d sigma_K / d ln F.

        Parameters
        ----------
        call_delta : ndarray of shape (n_option,)
            N(d1). [pure]
        expiry_years : ndarray of shape (n_option,)
            Time to expiry. [years, Act/365]

        Returns
        -------
        ndarray of shape (n_option,)
            The response. [vol per unit of ln F]

        References
        ----------
        Hull, White (2017), eq. 6, doi 10.1016/j.jbankfin.2017.05.006.
        """
        return np.asarray((self.a + self.b * call_delta + self.c * call_delta**2) / np.sqrt(expiry_years))


def fit_minimum_variance(moves: OptionMoves, *, blocks: int = 5, terms: int = 3) -> QuadraticFit:
    """Fit the quadratic to all moves, and judge it on blocks of time that it has not seen.

    Parameters
    ----------
    moves : OptionMoves
        Options before and after moves of the forward.
    blocks : int
        Blocks of equal numbers of distinct times; each but the first is judged by a fit to what had ended before it.
        [count]
    terms : int
        3 for the quadratic; 1 or 2 where the options' deltas are too alike for it. [count]

    Returns
    -------
    QuadraticFit
        Coefficients and gains. [vol·sqrt(years)], [fraction]

    Raises
    ------
    InputError
        If a move cannot be priced, there are too few moves or times, or the deltas are too alike for the terms.

    References
    ----------
    Hull, White (2017), "Optimal delta hedging for options", J. Banking & Finance 82:180, eqs. 6 and 7,
    doi 10.1016/j.jbankfin.2017.05.006.
    """
    times = np.unique(moves.at_ns)
    if terms not in (1, 2, 3):
        raise InputError(f"{terms} terms", "ask for 1, 2 or 3")
    if moves.at_ns.size < _LEAST or blocks < 2 or times.size < blocks:
        raise InputError(
            f"{moves.at_ns.size} moves at {times.size} times in {blocks} blocks",
            f"give at least {_LEAST} moves, two blocks and one time per block",
        )
    error, design = _regression(moves, terms)
    scale = np.linalg.norm(design, axis=0)
    if not np.all(scale > 0.0):
        raise InputError("moves in which no forward moves", "give moves of the forward")
    if np.linalg.matrix_rank(design / scale, tol=1e-4) < terms:
        raise InputError(f"deltas too alike for {terms} terms", "give options of other strikes, or ask for fewer terms")
    fitted = _least_squares(error, design)
    left = before = 0.0
    block = np.searchsorted(times, moves.at_ns) * blocks // times.size
    for judged in range(1, blocks):
        now = block == judged
        past = moves.after_ns <= moves.at_ns[now].min()
        if past.sum() < _LEAST:
            continue
        unseen = error[now] - design[now] @ _least_squares(error[past], design[past])
        left, before = left + float(unseen @ unseen), before + float(error[now] @ error[now])
    a, b, c = (float(number) for number in np.pad(fitted, (0, 3 - terms)))
    rest = error - design @ fitted
    return QuadraticFit(
        a=a,
        b=b,
        c=c,
        moves=int(moves.at_ns.size),
        gain_in_sample=_gain(float(rest @ rest), float(error @ error)),
        gain_out_of_sample=_gain(left, before),
    )


def _gain(left: float, before: float) -> float:
    """Return the share of squared errors that is gone; NaN where there was none."""
    return 1.0 - left / before if before > 0.0 else float("nan")


def _regression(
    moves: OptionMoves, terms: int
) -> tuple[Float64[np.ndarray, " n_move"], Float64[np.ndarray, "n_move n_term"]]:
    """Return the hedging errors of delta_BS, and what each coefficient adds to the price."""
    market = (moves.forward, moves.strike, moves.expiry_years, moves.vol)
    own, call = black76(*market, moves.is_call, inverse=False), black76(*market, True, inverse=False)
    step = moves.forward_after - moves.forward
    error = moves.price_after - own.price - own.delta * step
    if not np.all(np.isfinite(error)):
        i = int(np.flatnonzero(~np.isfinite(error))[0])
        raise InputError(f"move {i} has no price before or after", "leave such moves out")
    scale = own.vega / np.sqrt(moves.expiry_years) * step / moves.forward
    return error, scale[:, None] * call.delta[:, None] ** np.arange(terms)


def _least_squares(
    error: Float64[np.ndarray, " n_move"], design: Float64[np.ndarray, "n_move n_term"]
) -> Float64[np.ndarray, " n_term"]:
    return np.asarray(np.linalg.lstsq(design, error, rcond=None)[0])
