"""Derive's standard margin: each expiry needs the lesser of the sum of its short options and its largest loss."""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from hedgerow.book import CompiledBook
from hedgerow.core.arrays import Float64
from hedgerow.margin.legs import Options, check_kinds, futures_of, is_option, options_of, part_of
from hedgerow.margin.requirement import MarginRow, Requirement
from hedgerow.margin.standard import StandardMargin
from hedgerow.venue_rules.tables import OptionMargin

_MOST_ROWS: Final = 256
"""Combinations of prices at which expiries settle that rows follow. [count]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeriveMargin:
    """Standard margin with spreads recognised within an expiry.

    The largest loss is of the options of one expiry when they settle, over their strikes and zero, plus a share of the
    forward for each short call that no long one covers. The venue's extra margin for prices that its oracle is not sure
    of is not in it.

    Parameters
    ----------
    standard : StandardMargin
        Futures, and options one by one.

    References
    ----------
    Derive, "Standard Margin Parameters" (docs.derive.xyz/standard-margin-parameters); v2-core,
    StandardManager, basic margin of a single expiry.
    """

    standard: StandardMargin

    @property
    def name(self) -> str:
        """For people. [text]"""
        return self.standard.name

    @property
    def counts_options(self) -> bool:
        """False: what a short option is worth is in its margin, and long ones cover nothing else. [bool]"""
        return False

    def requirement(self, book: CompiledBook) -> Requirement:
        """As the port says. Its parts are ``futures`` and ``options``."""
        alone = self.standard.requirement(book)
        options = options_of(book)
        margins = self.standard.option_margins(options, book.spot)
        futures = self.standard.future_margins(futures_of(book))
        needed = [0.0, 0.0]
        for expiry in np.unique(options.expiry_ns):
            mine = options.expiry_ns == expiry
            for which, kind in enumerate(("initial", "maintenance")):
                loss = _largest_loss(options, mine, self.standard.options, kind)
                needed[which] += min(float(margins[which][mine].sum()), loss)
        return Requirement(
            initial=float(futures[0].sum()) + needed[0],
            maintenance=float(futures[1].sum()) + needed[1],
            parts=(alone.parts[0], ("options", needed[0])),
        )

    def rows(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[MarginRow, ...]:
        """As the port says: rows that are the margin before any trade, and not below it after them.

        The lesser of two sums is not convex, so an expiry that trades keeps the one that is lesser as it stands: the
        sum of its short options, or its largest loss, price by price at which it may settle. Left out are prices beyond
        all strikes that are held, where a short call that no long one covers would lose more by them alone; and of
        expiries that make too many rows together all prices but the worst as it stands.

        Those of futures are as those of ``StandardMargin``.
        """
        check_kinds(book, self.name)
        check_kinds(trades, self.name)
        own, unit = options_of(book), options_of(trades)
        start, losses = 0.0, [_Piece("", 0.0, np.zeros(held.size))]
        apart, apart_trades = is_option(book), np.zeros(trades.kinds.size, dtype=np.bool_)
        for expiry in np.unique(np.append(own.expiry_ns, unit.expiry_ns)).tolist():
            mine, traded = own.expiry_ns == expiry, unit.expiry_ns == expiry
            summed = self._summed(own, mine, book.spot) + self._summed(_held(unit, held), traded, trades.spot)
            pieces = self._loss_pieces(own, mine, unit, traded, held)
            loss = max((one.start + float(one.slopes @ held) for one in pieces), default=np.inf)
            if not np.any(traded):
                start += min(summed, loss)
            elif loss < summed:
                pieces = pieces if len(losses) * len(pieces) <= _MOST_ROWS else [_worst(pieces, held)]
                losses = [_added(one, more) for one in losses for more in pieces]
                apart_trades |= is_option(trades) & (trades.option_expiry_ns == expiry)
            else:
                apart &= ~(is_option(book) & (book.option_expiry_ns == expiry))
        rows = self.standard.rows(part_of(book, ~apart), part_of(trades, ~apart_trades), held)
        return tuple(
            MarginRow(
                name=f"{row.name}{piece.label}",
                start=row.start + start + piece.start + float(piece.slopes @ held),
                linear=row.linear + piece.slopes,
                long=row.long,
                short=row.short,
            )
            for row in rows
            for piece in losses
        )

    def _summed(self, options: Options, mine: np.ndarray, spot: float) -> float:
        """Return the initial margin of options one by one. [USD]"""
        return float(self.standard.option_margins(options, spot)[0][mine].sum())

    def _loss_pieces(
        self, own: Options, mine: np.ndarray, unit: Options, traded: np.ndarray, held: Float64[np.ndarray, " n"]
    ) -> "list[_Piece]":
        """Return the largest loss of one expiry as pieces in positions; none where the tables do not count it."""
        shares = _shares(self.standard.options, "initial")
        if shares is None:
            return []
        holds = np.concatenate([own.strike[mine], unit.strike[traded & (held[unit.group] != 0.0)]])
        prices = np.unique(np.concatenate([[0.0], own.strike[mine], unit.strike[traded]]))
        starts = -_payoffs(own, mine, prices) @ own.quantity[mine]
        slopes, calls = np.zeros((prices.size, held.size)), np.zeros(held.size)
        np.add.at(slopes.T, unit.group[traded], -(_payoffs(unit, traded, prices) * unit.quantity[traded]).T)
        lost = starts + slopes @ held
        known = (prices == 0.0) | np.isin(prices, holds)
        kept = known | (lost <= max(float(lost[known].max()), 0.0))
        np.add.at(calls, unit.group[traded & unit.is_call], unit.quantity[traded & unit.is_call])
        forward = float(np.concatenate([own.forward[mine], unit.forward[traded]])[0])
        uncovered = -shares * forward * float(own.quantity[mine & own.is_call].sum())
        worst = [_Piece(", no loss", 0.0, np.zeros(held.size))]
        worst += [_Piece(f", settled at {prices[k]:g}", float(starts[k]), slopes[k]) for k in np.flatnonzero(kept)]
        unpaired = [_Piece("", 0.0, np.zeros(held.size)), _Piece(", calls short", uncovered, -shares * forward * calls)]
        return [_added(one, more) for one in worst for more in unpaired]


class _Piece(NamedTuple):
    """A linear piece in positions: what it is without any, and by contract. [USD]"""

    label: str
    start: float
    slopes: np.ndarray


def _added(one: _Piece, other: _Piece) -> _Piece:
    return _Piece(one.label + other.label, one.start + other.start, one.slopes + other.slopes)


def _worst(pieces: list[_Piece], held: Float64[np.ndarray, " n"]) -> _Piece:
    return max(pieces, key=lambda one: one.start + float(one.slopes @ held))


def _held(unit: Options, held: Float64[np.ndarray, " n"]) -> Options:
    """Return what is held of options of which one contract each is given."""
    return replace(unit, quantity=unit.quantity * held[unit.group])


def _payoffs(options: Options, mine: np.ndarray, prices: np.ndarray) -> np.ndarray:
    """Return what one option on one coin each pays where the expiry settles at prices. [USD]"""
    strike, at = options.strike[mine], prices[:, None]
    paid: np.ndarray = np.where(options.is_call[mine], np.maximum(at - strike, 0.0), np.maximum(strike - at, 0.0))
    return paid


def _shares(tables: tuple[OptionMargin, ...], kind: str) -> float | None:
    """Return the share of the forward that an unpaired call counts; None where largest losses do not count."""
    shares = [getattr(table, f"unpaired_{kind}") for table in tables]
    return None if None in shares or not shares else max(shares)


def _largest_loss(options: Options, mine: np.ndarray, tables: tuple[OptionMargin, ...], kind: str) -> float:
    """Return what the options of one expiry can lose when they settle, unpaired calls at their share of the forward."""
    share = _shares(tables, kind)
    if share is None:
        return float("inf")
    quantity, is_call = options.quantity[mine], options.is_call[mine]
    paid = _payoffs(options, mine, np.append(options.strike[mine], 0.0)) @ quantity
    unpaired = max(-float(quantity[is_call].sum()), 0.0)
    loss: float = max(-float(paid.min()), 0.0) + share * unpaired * float(options.forward[mine][0])
    return loss
