"""Why there is no plan: the smallest set found of bands, limits and trade limits that cannot hold together.

Least squares in equilibrated units finds the trade that comes nearest to all rows; it always has an answer. What it
misses by is a price vector that proves the conflict (Farkas' lemma) and names the rows that take part. One after the
other is then left out; what can be left out without ending the conflict is no part of it (deletion filter: Chinneck,
Dravnieks 1991, ORSA J. Computing 3:157).
"""

from typing import Final, NamedTuple

import numpy as np

from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import SolveError, SolveFault
from hedgerow.hedging.problem import HedgeProblem
from hedgerow.hedging.program import Scaled
from hedgerow.hedging.split import INFINITE, Split, split_of

_CONFLICT: Final = 1e-7
_SHARE: Final = 1e-3
_NAMED: Final = 4
_TOLERANCE: Final = 1e-12
_ADVICE: Final = "widen a band, raise a limit or add an instrument"


class _Kept(NamedTuple):
    """What a relaxed problem still asks for: some of the rows, and the trade limits of some instruments."""

    rows: frozenset[int]
    instruments: frozenset[int]


def check_reach(problem: HedgeProblem) -> None:
    """Refuse a band that lies beyond what the trade limits allow, by name and with what can be reached.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.

    Raises
    ------
    SolveError
        If a band cannot be reached.
    """
    for j, band in enumerate(problem.bands):
        row = problem.unit_greeks[j]
        used = row != 0.0
        low, high = row[used] * problem.trade_lower[used], row[used] * problem.trade_upper[used]
        down, up = float(np.sum(np.minimum(low, high))), float(np.sum(np.maximum(low, high)))
        book = float(problem.book_greeks[j])
        reach = max(abs(down), abs(up))
        slack = 1e-12 * (abs(book) + reach if np.isfinite(reach) else 0.0)
        if book + down > band.upper + slack or book + up < band.lower - slack:
            raise SolveError(
                SolveFault.INFEASIBLE,
                f"{band.name} is {book:.6g}; these instruments and limits move it only to between "
                f"{book + down:.6g} and {book + up:.6g}, outside [{band.lower:g}, {band.upper:g}]"
                f"{_limiting(problem, np.flatnonzero(used))}",
                "widen the band, raise a limit or add an instrument",
            )


def _limiting(problem: HedgeProblem, used: Int64[np.ndarray, " n_used"]) -> str:
    """Name the limits that keep a band out of reach: any of them, raised far enough, would reach it."""
    words = [_limit_words(problem, int(i)) for i in used]
    if not words:
        return ": no instrument moves it"
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return f": what contradicts it is {', '.join(words[:_NAMED])}{more}"


def explain_conflict(problem: HedgeProblem, scaled: Scaled) -> SolveError | None:
    """Name rows and trade limits that contradict each other.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    scaled : Scaled
        Its arrays.

    Returns
    -------
    SolveError or None
        The conflict in the user's words; None if all rows can hold together. [error]

    References
    ----------
    Chinneck, Dravnieks (1991), ORSA J. Computing 3:157, doi 10.1287/ijoc.3.2.157.
    """
    split = split_of(scaled.program, None, whole=True)
    n, m = len(problem.names), scaled.program.base.size
    everything = _Kept(frozenset(range(m)), frozenset(range(n)))
    gaps, at_end = _nearest(split, everything)
    if np.max(np.abs(gaps), initial=0.0) <= _CONFLICT:
        return None
    suspects = _Kept(
        frozenset(np.flatnonzero(np.abs(gaps) > _SHARE * np.max(np.abs(gaps))).tolist()), frozenset(at_end)
    )
    kept = _deleted(split, suspects if _contradicts(split, suspects) else everything)
    gaps, _ = _nearest(split, kept)
    if not _proves(split, kept, gaps):
        return None
    words = [_row_words(problem, r, float(gaps[r] * scaled.row_norm[r] * split.size)) for r in sorted(kept.rows)]
    words += [_limit_words(problem, i) for i in sorted(kept.instruments)]
    named = " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
    return SolveError(SolveFault.INFEASIBLE, f"no trade meets these together: {named}", _ADVICE)


def _row_words(problem: HedgeProblem, r: int, gap: float) -> str:
    if r < len(problem.bands):
        band = problem.bands[r]
        return f"the {band.name} band [{band.lower:g}, {band.upper:g}] (missed by {abs(gap):.3g})"
    limit = problem.limits[r - len(problem.bands)]
    return f"{limit.name} of at most {limit.upper:,.6g} (missed by {abs(gap):.3g})"


def _limit_words(problem: HedgeProblem, i: int) -> str:
    return f"the limit on {problem.names[i]} ({problem.trade_lower[i]:g} to {problem.trade_upper[i]:g} contracts)"


def _contradicts(split: Split, kept: _Kept) -> bool:
    gaps, _ = _nearest(split, kept)
    return bool(np.max(np.abs(gaps), initial=0.0) > _CONFLICT)


def _deleted(split: Split, kept: _Kept) -> _Kept:
    """Leave out one item after the other, as long as the rest contradicts itself."""
    for i in sorted(kept.instruments, reverse=True):
        less = kept._replace(instruments=kept.instruments - {i})
        kept = less if _contradicts(split, less) else kept
    for r in sorted(kept.rows, reverse=True):
        less = kept._replace(rows=kept.rows - {r})
        kept = less if _contradicts(split, less) else kept
    return kept


def _proves(split: Split, kept: _Kept, gaps: Float64[np.ndarray, " n_row"]) -> bool:
    """Tell whether misses prove a conflict, so that no solver is believed: as prices of the rows they ask for more than
    all that may be traded can give.
    """
    if not np.all(np.isfinite(gaps)):
        return False
    rows, low, high = _columns(split, kept)
    pull = rows.T @ gaps
    pull[np.abs(pull) <= 1e-6 * (np.abs(rows).T @ np.abs(gaps))] = 0.0
    n = split.linear.size
    with np.errstate(invalid="ignore"):
        can = np.where(pull == 0.0, 0.0, np.maximum(pull * low, pull * high)).sum()
        need = np.where(gaps == 0.0, 0.0, np.where(gaps > 0.0, gaps * split.lower[n:], gaps * split.upper[n:])).sum()
    return bool(need - can > 0.5 * float(gaps @ gaps))


def _columns(split: Split, kept: _Kept) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what each variable adds to the rows, and its ends: pieces, then whoever must trade but need not here."""
    n = split.linear.size
    ends = np.where(split.upper[:n] >= INFINITE, np.inf, split.upper[:n])
    last = _last_pieces(split)
    for piece in np.flatnonzero(last):
        if int(split.owner[piece]) not in kept.instruments:
            ends[piece] = np.inf
    forced = _forced(split)
    free = np.array([np.inf if i not in kept.instruments else 0.0 for i in forced])
    return np.hstack([split.rows, split.base_rows[:, forced]]), np.append(split.lower[:n], -free), np.append(ends, free)


def _forced(split: Split) -> list[int]:
    """Return the instruments that may not stay untraded."""
    return [int(i) for i in np.flatnonzero(split.base)]


def _nearest(split: Split, kept: _Kept) -> tuple[Float64[np.ndarray, " n_row"], list[int]]:
    """Return by how much each row is missed at the trade nearest to all, and instruments that stop at their limit.

    A least-squares problem that always has a solution: misses prove that the rows contradict each other or the limits.
    """
    import piqp

    pieces, m = split.linear.size, split.rows.shape[0]
    rows = sorted(kept.rows)
    upper = np.where(split.upper >= INFINITE, np.inf, split.upper)[pieces:]
    lower = np.where(split.lower <= -INFINITE, -np.inf, split.lower)[pieces:]
    columns, starts, ends = _columns(split, kept)
    n, count = columns.shape[1], len(rows)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = _TOLERANCE
    solver.setup(
        np.diag(np.concatenate([np.full(n, 1e-14), np.ones(count)])),
        np.zeros(n + count),
        None,
        None,
        np.hstack([columns[rows], np.eye(count)]),
        lower[rows],
        upper[rows],
        np.concatenate([starts, np.full(count, -np.inf)]),
        np.concatenate([ends, np.full(count, np.inf)]),
    )
    solver.solve()
    answer = np.asarray(solver.result.x)
    gaps = np.zeros(m)
    if not np.all(np.isfinite(answer)):
        return gaps, []  # no answer proves nothing
    gaps[rows] = answer[n:]
    pull = np.abs(columns.T @ gaps)
    most = np.where(np.isfinite(ends), ends, 0.0)
    close = np.isfinite(ends) & (most - answer[:n] <= 1e-6 * np.maximum(most, 1.0)) & (pull > 1e-9)
    stopped = {int(i) for i in split.owner[close[:pieces] & _last_pieces(split)]}
    return gaps, sorted(stopped | {i for i, there in zip(_forced(split), close[pieces:], strict=True) if there})


def _last_pieces(split: Split) -> np.ndarray:
    """Tell which pieces end where an instrument's trade limit is: the last ones above and below its base."""
    found = {(int(i), float(s)): v for v, (i, s) in enumerate(zip(split.owner, split.sign, strict=True))}
    last = np.zeros(split.owner.size, dtype=bool)
    last[list(found.values())] = True
    return last


def explain_unbounded(problem: HedgeProblem, scaled: Scaled) -> SolveError | None:
    """Name instruments of which more and more would pay for ever.

    Parameters
    ----------
    problem : HedgeProblem
        The problem.
    scaled : Scaled
        Its arrays.

    Returns
    -------
    SolveError or None
        The instruments; None if no such direction was found. [error]

    References
    ----------
    Boyd, Vandenberghe (2004), "Convex Optimization", section 5.2.4: a direction of recession along which the objective
    falls.
    """
    import piqp

    program = scaled.program
    split = split_of(program, None, whole=True)
    n = split.linear.size
    bends = (program.curve[split.owner].max(axis=1) > 0.0) | (program.power[split.owner] > 0.0)
    endless = (split.upper[:n] >= INFINITE) & ~bends
    spread = np.zeros((program.gradient.size, n))
    spread[split.owner, np.arange(n)] = split.sign
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-10
    solver.setup(
        1e-10 * np.eye(n),
        split.linear,
        program.hessian @ spread,
        np.zeros(program.gradient.size),
        split.rows,
        np.where(split.lower[n:] <= -INFINITE, -np.inf, 0.0),
        np.where(split.upper[n:] >= INFINITE, np.inf, 0.0),
        np.zeros(n),
        np.where(endless, 1.0, 0.0),
    )
    solver.solve()
    way = np.asarray(solver.result.x)
    if not (np.all(np.isfinite(way)) and split.linear @ way < -1e-7):
        return None
    allowed = np.all(way >= -1e-7) and np.all(way <= np.where(endless, 1.0, 0.0) + 1e-7)
    if not (allowed and np.max(np.abs(program.hessian @ spread @ way), initial=0.0) <= 1e-6):
        return None  # not such a direction, whatever the solver says
    names = ", ".join(problem.names[i] for i in sorted({int(i) for i in split.owner[way > 1e-6]}))
    return SolveError(
        SolveFault.UNBOUNDED,
        f"more and more of {names} adds no risk and earns more than it costs",
        "state limits for them, or correct their carry or costs",
    )


def is_contradiction(
    split: Split, lower: Float64[np.ndarray, " n_variable"], upper: Float64[np.ndarray, " n_variable"]
) -> bool:
    """Tell whether rows are proven to contradict the ends of the pieces.

    Parameters
    ----------
    split : Split
        The program.
    lower, upper : ndarray of shape (n_piece + n_row,)
        Ends of pieces and rows, in place of its own. [units of the answer]

    Returns
    -------
    bool
        True if prices were found under which no pieces within their ends meet the rows. [bool]

    References
    ----------
    Boyd, Vandenberghe (2004), "Convex Optimization", section 5.8.3 (Farkas).
    """
    import piqp

    n, m = split.linear.size, split.rows.shape[0]
    low = np.where(lower <= -INFINITE, -np.inf, lower)
    high = np.where(upper >= INFINITE, np.inf, upper)
    solver = piqp.DenseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = _TOLERANCE
    solver.setup(
        np.diag(np.concatenate([np.full(n, 1e-14), np.ones(m)])),
        np.zeros(n + m),
        None,
        None,
        np.hstack([split.rows, np.eye(m)]),
        low[n:],
        high[n:],
        np.concatenate([low[:n], np.full(m, -np.inf)]),
        np.concatenate([high[:n], np.full(m, np.inf)]),
    )
    solver.solve()
    prices = np.asarray(solver.result.x)[n:]
    if not np.all(np.isfinite(prices)):
        return False
    prices = np.where(np.abs(prices) > _CONFLICT * np.max(np.abs(prices), initial=0.0), prices, 0.0)
    pull = prices @ split.rows
    pull = np.where(np.abs(pull) > _TOLERANCE * np.max(np.abs(prices), initial=0.0), pull, 0.0)
    moved = pull != 0.0
    most = float(np.sum(np.maximum(pull[moved] * low[:n][moved], pull[moved] * high[:n][moved])))
    priced = prices != 0.0
    ends = np.where(prices[priced] > 0.0, low[n:][priced], high[n:][priced])
    asked = float(prices[priced] @ ends)
    return bool(np.any(priced) and asked - most > _CONFLICT * float(prices @ prices) and np.isfinite(asked))
