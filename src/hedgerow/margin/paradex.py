"""Paradex's portfolio margin: the worst of weighted scenarios, a floor on delta, provisions for funding and fees."""

from dataclasses import dataclass

import numpy as np

from hedgerow.book import CompiledBook
from hedgerow.core.arrays import Float64
from hedgerow.core.errors import InputError
from hedgerow.margin.legs import check_kinds, futures_of, is_collateral, options_of, part_of
from hedgerow.margin.requirement import MarginRow, Requirement
from hedgerow.margin.shocks import as_one, shocked_values
from hedgerow.venue_rules.tables import ScanMargin


@dataclass(frozen=True, slots=True, kw_only=True)
class _Positions:
    """What the rule needs of each position: P&L by scenario, delta, fee and funding. [USD], [coins]"""

    pnl: Float64[np.ndarray, "n_scenario n_lane"]
    delta: Float64[np.ndarray, " n_group"]
    fee: Float64[np.ndarray, " n_group"]
    funding: Float64[np.ndarray, " n_group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParadexPortfolio:
    """Margin over weighted scenarios.

    Initial is max(scan, floor) + funding + fees, maintenance is half of the maximum and the provisions in full. The
    floor is (2 % of the absolute net delta + 1 % of the hedged delta) times the spot, the hedged delta half of what the
    sum of absolute deltas exceeds the absolute net delta by. In the last half hour before an expiry the venue scales
    P&L down with the part of the settlement average that is known; this rule does not, and asks for more.

    Parameters
    ----------
    name : str
        For people.
    coin : str
        Of its contracts.
    table : ScanMargin
        The venue's figures.
    funding_8h : float
        What longs of perpetuals are expected to pay over 8 hours. [fraction]

    References
    ----------
    Paradex, "Portfolio Margin" (docs.paradex.trade/risk/portfolio-margin).
    """

    name: str
    coin: str
    table: ScanMargin
    funding_8h: float = 0.0

    @property
    def counts_options(self) -> bool:
        """True: the scan is of losses from marks, so marks count in the equity. [bool]"""
        return True

    def requirement(self, book: CompiledBook) -> Requirement:
        """As the port says. Its parts are ``scan``, ``delta floor``, ``funding`` and ``fees``."""
        held = self._positions(book, apart=False)
        weights = np.array([scenario.weight for scenario in self.table.scenarios])
        scan = max(float((-weights * held.pnl.sum(axis=1)).max()), 0.0)
        net, gross = abs(float(held.delta.sum())), float(np.abs(held.delta).sum())
        floor = (self.table.net_delta * net + self.table.hedged_delta * 0.5 * (gross - net)) * book.spot
        funding, fees = max(float(held.funding.sum()), 0.0), float(held.fee.sum())
        worst = max(scan, floor)
        return Requirement(
            initial=worst + funding + fees,
            maintenance=self.table.maintenance * worst + funding + fees,
            parts=(("scan", scan), ("delta floor", floor), ("funding", funding), ("fees", fees)),
        )

    def rows(
        self, book: CompiledBook, trades: CompiledBook, held: Float64[np.ndarray, " n_instrument"]
    ) -> tuple[MarginRow, ...]:
        """As the port says: the margin after trades as rows, of which the largest is exact.

        A row for each scenario, one without loss, two of the floor; twice as many where funding is set aside.
        """
        own, unit = self._positions(book, apart=False), self._positions(trades, apart=True)
        fee_start, found = float(own.fee.sum()), []
        for label, lost, lost_units, kink in self._pieces(book.spot, own, unit):
            for funded in (False, True) if self.funding_8h else (False,):
                start, linear = lost + fee_start, lost_units.copy()
                if funded:
                    start, linear = start + float(own.funding.sum()), linear + unit.funding
                found.append(
                    MarginRow(
                        name=f"{self.name}, {label}",
                        start=start + float(linear @ held),
                        linear=linear,
                        long=kink + unit.fee,
                        short=kink + unit.fee,
                    )
                )
        return tuple(found)

    def _pieces(
        self, spot: float, own: _Positions, unit: _Positions
    ) -> list[tuple[str, float, np.ndarray, np.ndarray]]:
        """Return the linear pieces of the larger of scan and floor: name, start, slope, and slope of the size."""
        flat = np.zeros(unit.delta.size)
        found = [("no scenario loses", 0.0, flat, flat)]
        for k, scenario in enumerate(self.table.scenarios):
            label = f"spot {scenario.spot:+.0%}, vol {scenario.vol:+.0%}"
            found.append((label, -scenario.weight * float(own.pnl[k].sum()), -scenario.weight * unit.pnl[k], flat))
        hedged = 0.5 * self.table.hedged_delta * spot
        net = self.table.net_delta * spot - hedged
        gross = hedged * float(np.abs(own.delta).sum())
        for sign in (1.0, -1.0):
            start = sign * net * float(own.delta.sum()) + gross
            label = "net delta long" if sign > 0.0 else "net delta short"
            found.append((label, start, sign * net * unit.delta, hedged * np.abs(unit.delta)))
        return found

    def _positions(self, book: CompiledBook, *, apart: bool) -> _Positions:
        """Value every position in every scenario."""
        check_kinds(book, self.name)
        if book.base != self.coin:
            raise InputError(f"{self.name} is of {self.coin}, the book of {book.base}", "take the rule of that coin")
        futures, options = futures_of(book), options_of(book)
        if np.any(futures.inverse) or np.any(options.inverse):
            raise InputError(
                f"the table of {self.name} does not cover inverse contracts, only linear ones",
                "take another rule, or keep the position elsewhere",
            )
        positions = part_of(book, ~is_collateral(book))
        after, now = shocked_values(
            positions if apart else as_one(positions),
            [scenario.spot for scenario in self.table.scenarios],
            [scenario.vol for scenario in self.table.scenarios],
            self.table.vols,
        )
        delta, fee, funding = np.zeros(book.n_group), np.zeros(book.n_group), np.zeros(book.n_group)
        np.add.at(delta, futures.group, futures.coins * futures.mark / book.spot)
        np.add.at(delta, options.group, options.quantity * options.delta)
        np.add.at(fee, futures.group, self.table.fee * np.abs(futures.coins) * futures.mark)
        option_fee = np.minimum(self.table.fee * book.spot, self.table.fee_cap * options.mark)
        np.add.at(fee, options.group, np.abs(options.quantity) * option_fee)
        perpetual = futures.expiry_ns == 0
        owed = self.funding_8h * futures.coins[perpetual] * book.spot
        np.add.at(funding, futures.group[perpetual], owed)
        return _Positions(pnl=after - now, delta=delta, fee=fee, funding=funding)
