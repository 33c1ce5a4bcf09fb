"""Deribit's portfolio margin of one settlement currency: a grid of prices and vols, extended moves, shocks of delta.

What is public: the parameters, as ``private/pme/simulate`` returns them, and two responses, which this rule reproduces
to the last digit in their risk vectors, worst case, roll shock and margins. What is not: how roll shocks grow with the
time to expiry where they exceed their minimum (taken as exp(rate·years) - 1), and the delta shock above its threshold,
below which both responses lie (taken as |delta|·min((|delta| - threshold)·slope, largest) of futures and short options,
which long options may reduce but not increase). Cross-collateral accounts, correlation and P&L offsets are left out.
"""

import itertools
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from hedgerow.book import CompiledBook, kernels
from hedgerow.core.arrays import Float64, Int64
from hedgerow.core.errors import InputError
from hedgerow.margin.legs import check_kinds, futures_of, is_collateral, options_of, part_of
from hedgerow.margin.requirement import MarginRow, Requirement
from hedgerow.margin.shocks import as_one, shocked_values
from hedgerow.venue_rules.tables import GridMargin

_SIGNED: Final = 3
"""Expiries whose roll shock rows follow through a change of sign; of more, none does. [count]"""


class _Piece(NamedTuple):
    """A linear piece in trades: start and slopes as in ``MarginRow``."""

    label: str
    start: float
    linear: np.ndarray
    size: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Deltas:
    """Deltas of positions: by expiry, of futures and short options, of long options. [coins]"""

    group: Int64[np.ndarray, " n"]
    expiry_ns: Int64[np.ndarray, " n"]
    years: Float64[np.ndarray, " n"]
    delta: Float64[np.ndarray, " n"]
    long_option: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class GridPortfolio:
    """Margin over a grid of prices and vols.

    Losses of coin-settled positions are counted in the coin at each scenario's own price and turned into USD at the
    index, as the venue does it; positions of each settlement are margined for themselves.

    Parameters
    ----------
    name : str
        For people.
    coin : str
        Of its contracts.
    tables : tuple of GridMargin
        At most one for each settlement.

    References
    ----------
    Deribit, "Portfolio Margin" (support.deribit.com, article 25944756247837); API reference, private/pme/simulate.
    """

    name: str
    coin: str
    tables: tuple[GridMargin, ...]

    @property
    def counts_options(self) -> bool:
        """True: losses are from marks, so marks count in the equity. [bool]"""
        return True

    def requirement(self, book: CompiledBook) -> Requirement:
        """As the port says. Its parts are ``worst case``, ``roll shock`` and ``delta shock``."""
        parts, maintenance = np.zeros(3), 0.0
        for table, positions in self._split(book):
            losses = self.losses(table, as_one(positions)).sum(axis=1)
            deltas = _deltas(positions)
            mine = np.array(
                [
                    max(float(_dampened(table, losses).max()), 0.0),
                    _roll_shock(table, deltas) * book.spot,
                    delta_shock(table, deltas.delta, deltas.long_option, book.spot),
                ]
            )
            parts += mine
            maintenance += table.maintenance * float(mine.sum())
        names = ("worst case", "roll shock", "delta shock")
        return Requirement(
            initial=float(parts.sum()), maintenance=maintenance, parts=tuple(zip(names, parts.tolist(), strict=True))
        )

    def losses(self, table: GridMargin, positions: CompiledBook) -> Float64[np.ndarray, "n_scenario n_group"]:
        """Return what each position loses in each scenario, extended ones scaled but not yet dampened.

        Parameters
        ----------
        table : GridMargin
            The venue's figures.
        positions : CompiledBook
            Of one settlement, without collateral. [USD terms]

        Returns
        -------
        ndarray of shape (n_scenario, n_group)
            The grid price by price and, within each, vol down, as it is, up; then the extended moves. [USD]

        References
        ----------
        As the class: ``initial_risk_vectors`` of private/pme/simulate.
        """
        spots, vols = _scenarios(table)
        after, now = shocked_values(positions, spots.tolist(), vols.tolist(), table.vols)
        if table.settlement == "inverse":
            after /= 1.0 + spots[:, None]
        lost: np.ndarray = now - after
        grid = 3 * (2 * table.buckets + 1)
        lost[grid:] *= _extended_scale(table, spots[grid:])[:, None]
        return lost

    def rows(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[MarginRow, ...]:
        """As the port says: rows below the margin after trades.

        The largest is the margin, but for the delta shock, which is left out, and for roll shocks of more than three
        expiries with hedging instruments, whose deltas keep the sign that they have: who plans by rows measures the
        plan by ``requirement``.

        There is one for each combination of a scenario and the signs of deltas.
        """
        own = {table.settlement: part for table, part in self._split(book)}
        sums: list[list[_Piece]] = []
        for table, unit in self._split(trades):
            mine = own[table.settlement]
            sums.append(self._worst_pieces(table, mine, unit))
            sums.append(_roll_pieces(table, _deltas(mine), _deltas(unit), held, book.spot))
        found = []
        for pieces in itertools.product(*sums):
            linear: np.ndarray = sum((piece.linear for piece in pieces), np.zeros(held.size))
            size: np.ndarray = sum((piece.size for piece in pieces), np.zeros(held.size))
            start = sum(piece.start for piece in pieces) + float(linear @ held)
            label = ", ".join(piece.label for piece in pieces if piece.label)
            found.append(MarginRow(name=f"{self.name}, {label}", start=start, linear=linear, long=size, short=size))
        return tuple(found)

    def _worst_pieces(self, table: GridMargin, own: CompiledBook, unit: CompiledBook) -> list[_Piece]:
        nothing = np.zeros(unit.n_group)
        if not own.kinds.size and not unit.kinds.size:
            return [_Piece("", 0.0, nothing, nothing)]
        start, slopes = self.losses(table, as_one(own)).sum(axis=1), self.losses(table, unit)
        start = start - _relief(table)
        spots, vols = _scenarios(table)
        return [
            _Piece("no scenario loses", 0.0, nothing, nothing),
            *(
                _Piece(f"spot {spots[k]:+.0%}, vol {vols[k]:+.0%}", float(start[k]), slopes[k], nothing)
                for k in range(spots.size)
            ),
        ]

    def _split(self, book: CompiledBook) -> list[tuple[GridMargin, CompiledBook]]:
        """Return the positions of each settlement with its table."""
        check_kinds(book, self.name)
        if book.base != self.coin:
            raise InputError(f"{self.name} is of {self.coin}, the book of {book.base}", "take the rule of that coin")
        inverse = np.isin(book.kinds, (kernels.INVERSE_FUTURE, kernels.INVERSE_OPTION))
        found, covered = [], is_collateral(book)
        for table in self.tables:
            mine = ~is_collateral(book) & (inverse == (table.settlement == "inverse"))
            found.append((table, part_of(book, mine)))
            covered = covered | mine
        if not np.all(covered):
            label = book.buckets[book.bucket[int(np.flatnonzero(~covered)[0])]][0]
            raise InputError(
                f"the tables of {self.name} do not cover a position of kind {label!r}",
                "take another rule, or keep the position elsewhere",
            )
        return found


def delta_shock(table: GridMargin, delta: Float64[np.ndarray, " n"], long_option: np.ndarray, spot: float) -> float:
    """Return the shock on a large delta.

    Parameters
    ----------
    table : GridMargin
        The venue's figures.
    delta : ndarray of shape (n,)
        Of each position. [coins]
    long_option : ndarray of shape (n,)
        Which are long options: they may reduce the delta of the others, not increase it. [bool]
    spot : float
        Index. [USD per coin]

    Returns
    -------
    float
        The shock. [USD]

    References
    ----------
    Deribit, "Portfolio Margin"; parameters ``m_inc``, ``max_delta_shock`` and ``delta_total_liq_shock_threshold`` of
    private/pme/simulate. Their aggregation is not published in full.
    """
    others, bought = float(delta[~long_option].sum()), float(delta[long_option].sum())
    sign = -1.0 if others < 0.0 else 1.0
    charged = max(min(sign * (others + bought), sign * others), 0.0)
    rate = min(max(charged - table.delta_threshold / spot, 0.0) * table.delta_per_coin, table.largest_delta_shock)
    return charged * rate * spot


def _scenarios(table: GridMargin) -> tuple[np.ndarray, np.ndarray]:
    """Return moves of spot and shocks of vol: the grid price by price, then the extended moves."""
    steps = np.arange(-table.buckets, table.buckets + 1) * (table.price_range / table.buckets)
    spots = np.append(np.repeat(steps, 3), table.extended)
    vols = np.append(
        np.tile([-table.vol_down, 0.0, table.vol_up], steps.size), np.full(len(table.extended), table.vol_up)
    )
    return spots, vols


def _extended_scale(table: GridMargin, moves: np.ndarray) -> np.ndarray:
    """Return what multiplies the results of extended moves, which are stated at the edge of the grid."""
    scale: np.ndarray = table.extended_factor * table.price_range / np.abs(moves)
    if table.settlement == "inverse":
        scale = scale * (1.0 + moves) / (1.0 + np.sign(moves) * table.price_range)
    return scale


def _relief(table: GridMargin) -> np.ndarray:
    """Return by how much the dampener reduces the loss of each scenario. [USD]"""
    moves = np.array(table.extended)
    relief = table.dampener * np.maximum(np.abs(moves) / table.price_range - 1.0, 0.0)
    if table.settlement == "inverse":
        relief = relief / (1.0 + np.sign(moves) * table.price_range)
    return np.append(np.zeros(3 * (2 * table.buckets + 1)), relief)


def _dampened(table: GridMargin, losses: np.ndarray) -> np.ndarray:
    """Reduce losses of extended moves, down to zero."""
    return np.asarray(np.sign(losses) * np.maximum(np.abs(losses) - _relief(table), 0.0))


def _deltas(positions: CompiledBook) -> _Deltas:
    futures, options = futures_of(positions), options_of(positions)
    delta = options.quantity * options.delta
    return _Deltas(
        group=np.append(futures.group, options.group),
        expiry_ns=np.append(futures.expiry_ns, options.expiry_ns),
        years=np.append(futures.years, options.years),
        delta=np.append(futures.coins, delta),
        long_option=np.append(np.zeros(futures.coins.size, dtype=np.bool_), options.quantity > 0.0),
    )


def _roll_rates(table: GridMargin, years: np.ndarray) -> np.ndarray:
    return np.maximum(np.expm1(table.roll_rate * years), table.least_roll)


def _roll_shock(table: GridMargin, deltas: _Deltas) -> float:
    """Return the roll shock of all expiries. [coins]"""
    total = 0.0
    for expiry in np.unique(deltas.expiry_ns):
        mine = deltas.expiry_ns == expiry
        total += abs(float(deltas.delta[mine].sum())) * float(_roll_rates(table, deltas.years[mine])[0])
    return total


def _roll_pieces(
    table: GridMargin, own: _Deltas, unit: _Deltas, held: Float64[np.ndarray, " n_instrument"], spot: float
) -> list[_Piece]:
    """Return the roll shock after trades as pieces: a kink where an expiry holds one instrument alone, else by sign."""
    start, kink, nothing = 0.0, np.zeros(held.size), np.zeros(held.size)
    signed: list[tuple[float, np.ndarray]] = []
    for expiry in np.unique(np.append(own.expiry_ns, unit.expiry_ns)):
        mine, traded = own.expiry_ns == expiry, unit.expiry_ns == expiry
        years = np.append(own.years[mine], unit.years[traded])[:1]
        rate = float(_roll_rates(table, years)[0]) * spot
        base, slope = rate * float(own.delta[mine].sum()), np.zeros(held.size)
        np.add.at(slope, unit.group[traded], rate * unit.delta[traded])
        if base == 0.0 and np.count_nonzero(slope) == 1:
            kink = kink + np.abs(slope)
        elif np.any(slope):
            signed.append((base, slope))
        else:
            start += abs(base)
    if len(signed) > _SIGNED:
        signs = [tuple(1.0 if base + float(slope @ held) >= 0.0 else -1.0 for base, slope in signed)]
    else:
        signs = list(itertools.product((1.0, -1.0), repeat=len(signed)))
    pieces = []
    for choice in signs:
        linear: np.ndarray = sum((sign * slope for sign, (_, slope) in zip(choice, signed, strict=True)), nothing)
        first = start + sum(sign * base for sign, (base, _) in zip(choice, signed, strict=True))
        words = " ".join("long" if sign > 0.0 else "short" for sign in choice)
        pieces.append(_Piece(f"deltas {words}" if words else "", first, linear, kink))
    return pieces
