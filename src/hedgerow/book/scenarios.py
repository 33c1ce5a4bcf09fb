"""Full revaluation of a book in many scenarios: every row is priced anew in each, nothing is expanded in a series.

A scenario multiplies the spot, moves the vols and the basis, and lets time pass. What it means for each kind of row
stands in ``docs/scenarios.md``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from hedgerow.book import kernels, scenario_kernels
from hedgerow.book.compiled import CompiledBook, check_numeraire
from hedgerow.book.factors import SHORTEST_YEARS, vol_scale
from hedgerow.core.arrays import Float64, Int64, vector
from hedgerow.core.errors import InputError
from hedgerow.core.instants import to_iso

LEAST_VOL_SHARE: Final = 0.05
"""No vol ends below this share of itself, however far a scenario moves it down. [fraction]"""

_LANES: Final = 8
_MOVES = ("spot", "vol", "skew", "basis", "years_passed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """Moves of one coin's market; what stands in one row happens together.

    Parameters
    ----------
    spot : ndarray of shape (n_scenario,)
        Spot after over spot now, positive; forwards move in proportion. [pure]
    vol : ndarray of shape (n_scenario,)
        Added to the vols of a 30-day expiry; those of expiry T move by this times (30 days/T)^vol_term_exponent, T at
        least a day and before any time passes. [vol per square root of a year]
    skew : ndarray of shape (n_scenario,)
        Added to the vol of an option per unit of ln(K/F)/sqrt(T), as it is before the move, T at least a day. [vol]
    basis : ndarray of shape (n_scenario,)
        Added to ln(F/S)/T of dated futures and of options' forwards, T the time that is then left. [per year]
    years_passed : ndarray of shape (n_scenario,)
        Time that passes, not negative; what expires in it is settled at the scenario's spot. [years]
    vol_term_exponent : float
        As in ``RiskSettings``; zero moves all vols alike. [pure]
    by_expiry : ndarray of shape (n_scenario, n_expiry) or None
        Added to all vols of each expiry, on top of ``vol``. [vol per square root of a year]
    expiries_ns : tuple of int
        The expiries of ``by_expiry``; every option of a book to be valued has to expire at one of them. Empty
        without. [UTC epoch ns]

    Raises
    ------
    InputError
        If lengths differ, a number is not finite, a spot not positive, or time runs backwards.
    """

    spot: Float64[np.ndarray, " n_scenario"]
    vol: Float64[np.ndarray, " n_scenario"]
    skew: Float64[np.ndarray, " n_scenario"]
    basis: Float64[np.ndarray, " n_scenario"]
    years_passed: Float64[np.ndarray, " n_scenario"]
    vol_term_exponent: float
    by_expiry: Float64[np.ndarray, "n_scenario n_expiry"] | None = None
    expiries_ns: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in _MOVES:
            self._check(name, getattr(self, name))
        if not np.all(self.spot > 0.0):
            raise InputError(
                "a scenario's spot is not positive", "give spot after over spot now: 0.9 for a fall of 10 %"
            )
        if not np.all(self.years_passed >= 0.0):
            raise InputError("a scenario's years_passed is negative", "time only passes; give years, zero for at once")
        if not 0.0 <= self.vol_term_exponent <= 2.0:
            raise InputError(f"vol_term_exponent = {self.vol_term_exponent:g}", "give a number from 0 to 2")
        self._check_expiries()

    @property
    def count(self) -> int:
        """How many scenarios there are. [count]"""
        return int(self.spot.size)

    def _check(self, name: str, values: np.ndarray) -> None:
        if values.shape[:1] != self.spot.shape or not self.spot.size:
            shape = f"{name} is of shape {values.shape}, spot of {self.spot.shape}"
            raise InputError(f"scenarios: {shape}", "give one number for each scenario, and one scenario at least")
        if not np.all(np.isfinite(values)):
            raise InputError(f"scenarios: {name} holds numbers that are not finite", "moves are finite; zero for none")

    def _check_expiries(self) -> None:
        width = 0
        if self.by_expiry is not None:
            self._check("by_expiry", self.by_expiry)
            width = self.by_expiry.shape[1]
        if width != len(self.expiries_ns) or len(set(self.expiries_ns)) != width:
            raise InputError(
                f"scenarios: vols of {width} expiries move, expiries_ns names {len(set(self.expiries_ns))}",
                "name the expiry of each column of by_expiry once",
            )


def make_scenarios(
    *,
    spot: ArrayLike,
    vol: ArrayLike = 0.0,
    skew: ArrayLike = 0.0,
    basis: ArrayLike = 0.0,
    years_passed: ArrayLike = 0.0,
    vol_term_exponent: float,
) -> Scenarios:
    """Make scenarios from numbers and arrays; a single number holds in all of them.

    Parameters
    ----------
    spot, vol, skew, basis, years_passed : array_like of shape (n_scenario,) or float
        As in ``Scenarios``. [as there]
    vol_term_exponent : float
        As in ``Scenarios``. [pure]

    Returns
    -------
    Scenarios
        The moves. [as its fields]

    Raises
    ------
    InputError
        If shapes do not fit together, or a move breaks a rule of ``Scenarios``.

    Examples
    --------
    >>> make_scenarios(spot=[0.9, 1.0, 1.1], vol=0.05, vol_term_exponent=0.0).vol
    array([0.05, 0.05, 0.05])
    """
    given = [np.asarray(values, dtype=np.float64) for values in (spot, vol, skew, basis, years_passed)]
    try:
        columns = np.broadcast_arrays(*given)
    except ValueError:
        shapes = ", ".join(f"{name} {values.shape}" for name, values in zip(_MOVES, given, strict=True))
        raise InputError(f"scenarios of shapes {shapes}", "give one number, or one for each scenario") from None
    if columns[0].ndim > 1:
        raise InputError(f"scenarios of shape {columns[0].shape}", "give vectors; scenario_grid makes grids")
    spots, vols, skews, bases, passed = (vector(column) for column in columns)
    return Scenarios(
        spot=spots,
        vol=vols,
        skew=skews,
        basis=bases,
        years_passed=passed,
        vol_term_exponent=vol_term_exponent,
    )


def scenario_grid(
    spots: Sequence[float], vols: Sequence[float], years: Sequence[float] = (0.0,), *, vol_term_exponent: float
) -> Scenarios:
    """Make every combination of moves of spot, of vol, and of times that pass.

    Parameters
    ----------
    spots : sequence of float
        Spots after over spot now. [pure]
    vols : sequence of float
        Added to the vol of a 30-day expiry. [vol per square root of a year]
    years : sequence of float
        Times that pass. [years]
    vol_term_exponent : float
        As in ``Scenarios``. [pure]

    Returns
    -------
    Scenarios
        Spot-major: scenario (i·n_vol + j)·n_years + k holds spots[i], vols[j], years[k], so that P&L reshaped to
        (n_spot, n_vol, n_years) is the grid. [as its fields]

    Raises
    ------
    InputError
        If an axis is empty, or a move breaks a rule of ``Scenarios``.

    Examples
    --------
    >>> grid = scenario_grid([0.9, 1.1], [-0.1, 0.0, 0.1], vol_term_exponent=0.0)
    >>> grid.spot.reshape(2, 3, 1)[1, :, 0], grid.vol.reshape(2, 3, 1)[0, :, 0]
    (array([1.1, 1.1, 1.1]), array([-0.1,  0. ,  0.1]))
    """
    for name, axis in (("spots", spots), ("vols", vols), ("years", years)):
        if not len(axis):
            raise InputError(f"a grid without {name}", "give at least one")
    spot, vol, passed = (part.ravel() for part in np.meshgrid(spots, vols, years, indexing="ij"))
    return make_scenarios(spot=spot, vol=vol, years_passed=passed, vol_term_exponent=vol_term_exponent)


def scenario_pnl(book: CompiledBook, scenarios: Scenarios, *, numeraire: str) -> Float64[np.ndarray, " n_scenario"]:
    """Return the P&L of a whole book in each scenario: its value after the move less its value now.

    Parameters
    ----------
    book : CompiledBook
        The book.
    scenarios : Scenarios
        The moves.
    numeraire : str
        ``USD`` or the base coin; there is no default. In coin, values are in coin at each scenario's own spot.

    Returns
    -------
    ndarray of shape (n_scenario,)
        Profit and loss. [numeraire]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.
    InputError
        If an expiry of the book is not among those of ``by_expiry``, or a scenario moves something out of range.

    References
    ----------
    Black (1976), eq. 16; Alexander, Chen, Imeraj (2023), section 2, doi 10.1111/mafi.12410; Adams et al. (2021),
    eqs. 6.29 and 6.30. Full revaluation: Jorion (2007), "Value at Risk", section 10.2.
    """
    # Several sums side by side: one alone would wait for itself at every option.
    lanes = np.arange(book.kinds.size, dtype=np.int64) % _LANES
    total: np.ndarray = _pnl(book, scenarios, lanes, _LANES, numeraire).sum(axis=1)
    return total


def scenario_pnl_by_group(
    book: CompiledBook, scenarios: Scenarios, *, numeraire: str
) -> Float64[np.ndarray, "n_scenario n_group"]:
    """Return the P&L of each position of a book, or of each hedging instrument of a set of trades, in each scenario.

    Parameters
    ----------
    book : CompiledBook
        The book or the trades.
    scenarios : Scenarios
        The moves.
    numeraire : str
        ``USD`` or the base coin; there is no default.

    Returns
    -------
    ndarray of shape (n_scenario, n_group)
        Profit and loss; a row adds up to what ``scenario_pnl`` gives. [numeraire]

    Raises
    ------
    NumeraireError
        If the numeraire is neither USD nor the base coin.
    InputError
        As ``scenario_pnl``.

    References
    ----------
    As ``scenario_pnl``.
    """
    return _pnl(book, scenarios, book.group, book.n_group, numeraire)


def scenario_values_by_group(
    book: CompiledBook, parts: Sequence[tuple[Scenarios, Float64[np.ndarray, " n_row"] | None]]
) -> list[Float64[np.ndarray, "n_scenario n_group"]]:
    """Return what each position of a book is worth in sets of scenarios, each with vols of its own.

    The book is laid out once for all of them.

    Parameters
    ----------
    book : CompiledBook
        The book or the trades.
    parts : sequence of (Scenarios, ndarray of shape (n_row,) or None)
        Moves, and the vols from which they move; None for the book's own. [vol per square root of a year]

    Returns
    -------
    list of ndarray of shape (n_scenario, n_group)
        Values after the moves, one array for each set. [USD]

    Raises
    ------
    InputError
        If an expiry of the book is not among those of ``by_expiry``.

    References
    ----------
    As ``scenario_pnl``.
    """
    packed = _pack(book, book.group)
    found = []
    for scenarios, vols in parts:
        packed.columns[scenario_kernels.VOL] = (book.table[:, kernels.VOL] if vols is None else vols)[packed.rows]
        found.append(_values(book, scenarios, book.group, book.n_group, packed))
    return found


def _pnl(
    book: CompiledBook, scenarios: Scenarios, group: Int64[np.ndarray, " n_row"], n_group: int, numeraire: str
) -> Float64[np.ndarray, "n_scenario n_group"]:
    in_coin = check_numeraire(numeraire, book.base)
    now = make_scenarios(spot=[1.0], vol_term_exponent=scenarios.vol_term_exponent)
    # Both by the same arithmetic, so that what does not move gives zero.
    after, before = _values(book, scenarios, group, n_group), _values(book, now, group, n_group)
    if in_coin:
        after /= (book.spot * scenarios.spot)[:, None]
        before /= book.spot
    after -= before
    if not np.all(np.isfinite(after)):
        k = int(np.flatnonzero(~np.isfinite(after).all(axis=1))[0])
        told = f"scenario {k} (spot times {scenarios.spot[k]:g}, vol {scenarios.vol[k]:+g})"
        raise InputError(f"{told} has no value", "check strikes, vols and times, and how far it moves them")
    return after


class _Packed(NamedTuple):
    """Options of a book by expiry, as the kernel takes them."""

    rows: np.ndarray
    columns: np.ndarray
    group: np.ndarray
    first: np.ndarray
    years: np.ndarray
    expiries: list[int]


def _pack(book: CompiledBook, group: Int64[np.ndarray, " n_row"]) -> _Packed:
    rows = np.flatnonzero(book.option_expiry_ns)
    rows = rows[np.argsort(book.option_expiry_ns[rows], kind="stable")]
    expiries, first = np.unique(book.option_expiry_ns[rows], return_index=True)
    years = np.ascontiguousarray(book.table[rows[first], kernels.EXPIRY])
    bounds = np.append(first, rows.size)
    return _Packed(rows, _option_columns(book, rows), group[rows], bounds, years, expiries.tolist())


def _values(
    book: CompiledBook,
    scenarios: Scenarios,
    group: Int64[np.ndarray, " n_row"],
    n_group: int,
    packed: _Packed | None = None,
) -> Float64[np.ndarray, "n_scenario n_group"]:
    """Return the value of each group in each scenario, in USD."""
    out = np.zeros((scenarios.count, n_group))
    moves = np.array([getattr(scenarios, name) for name in _MOVES])
    others = np.flatnonzero(book.option_expiry_ns == 0)
    table = book.table[others]
    kinds, row = book.kinds[others], np.empty(kernels.N_COLUMNS)
    scenario_kernels.add_others(kinds, table, _dated_years(book)[others], group[others], moves, book.spot, out, row)
    if others.size < book.kinds.size:
        options = _pack(book, group) if packed is None else packed
        scenario_kernels.add_options(
            options.columns,
            options.group,
            options.first,
            options.years,
            vol_scale(options.years, scenarios.vol_term_exponent),
            _by_expiry(scenarios, options.expiries),
            moves,
            book.spot,
            LEAST_VOL_SHARE,
            out,
            np.zeros(scenario_kernels.SCRATCH),
        )
    return out


def _option_columns(book: CompiledBook, rows: Int64[np.ndarray, " n_option"]) -> Float64[np.ndarray, "7 n_option"]:
    table = book.table[rows]
    ratio, strike, years = table[:, kernels.RATIO], table[:, kernels.STRIKE], table[:, kernels.EXPIRY]
    forward = ratio * book.spot
    columns = np.empty((scenario_kernels.N_INPUTS, rows.size))
    columns[scenario_kernels.SIZE] = table[:, kernels.QUANTITY]
    columns[scenario_kernels.FORWARD], columns[scenario_kernels.STRIKE] = forward, strike
    columns[scenario_kernels.VOL], columns[scenario_kernels.SIGN] = table[:, kernels.VOL], table[:, kernels.SIGN]
    columns[scenario_kernels.SLOPE] = np.log(strike / forward) / np.sqrt(np.maximum(years, SHORTEST_YEARS))
    columns[scenario_kernels.INVERSE] = np.where(book.kinds[rows] == kernels.INVERSE_OPTION, 1.0 / ratio, 0.0)
    return columns


def _by_expiry(scenarios: Scenarios, expiries_ns: list[int]) -> Float64[np.ndarray, "n_scenario n_expiry"]:
    """Return the own move of each expiry of a book."""
    if scenarios.by_expiry is None:
        return np.zeros((scenarios.count, len(expiries_ns)))
    unknown = [expiry for expiry in expiries_ns if expiry not in scenarios.expiries_ns]
    if unknown:
        raise InputError(
            f"the scenarios move no vol of the expiry {to_iso(unknown[0])}, at which options of the book expire",
            "make them for all expiries of the book: option_expiries_ns",
        )
    return np.ascontiguousarray(scenarios.by_expiry[:, [scenarios.expiries_ns.index(e) for e in expiries_ns]])


def _dated_years(book: CompiledBook) -> Float64[np.ndarray, " n_row"]:
    """Return the time to expiry of dated futures, infinite for all else that is no option."""
    expires = np.array([expiry is not None for _, expiry in book.buckets], dtype=np.bool_)
    is_future = np.isin(book.kinds, (kernels.LINEAR_FUTURE, kernels.INVERSE_FUTURE))
    return np.where(is_future & expires[book.bucket], book.table[:, kernels.EXPIRY], math.inf)
