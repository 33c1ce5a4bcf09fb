"""Listings of one and the same exposure, merged into one composite curve.

Trading x where each share is cheapest costs the infimal convolution of the listings' costs. Its marginal cost is the
horizontal sum of theirs: at each price, add what every listing offers up to that price. Pieces that are linear stay
so, and each piece of the composite knows which listings it is made of.

A fixed charge for every listing would make the composite non-convex. So listings that have one are not merged: they
stay instruments of their own, and the optimizer decides whether the charge is worth it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Vector, frozen, vector
from hedgerow.core.errors import InputError
from hedgerow.costs.curves import CostCurve, CostSide
from hedgerow.costs.sides import ROUNDING
from hedgerow.costs.straight_impact import straighten

_FLAT: Final = 1e-9
"""A piece whose marginal cost rises by less than this share of itself is merged as a flat one. [fraction]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One place where an exposure is traded.

    Parameters
    ----------
    name : str
        Its name, for tickets.
    curve : CostCurve
        What trading there costs, measured from a reference that all listings share. [numeraire]
    """

    name: str
    curve: CostCurve


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """Listings of one exposure as one instrument, made by ``merge``.

    Parameters
    ----------
    curve : CostCurve
        What trading the exposure costs where it is cheapest. [numeraire]
    listings : tuple of Listing
        What it is made of, in the order in which ties are filled.
    buy_shares, sell_shares : ndarray of shape (n_piece, n_listing)
        Which listings each piece of the curve is made of; rows add up to 1. [fraction]
    """

    curve: CostCurve
    listings: tuple[Listing, ...]
    buy_shares: Float64[np.ndarray, "n_buy n_listing"]
    sell_shares: Float64[np.ndarray, "n_sell n_listing"]

    def split(self, x: float) -> Vector:
        """Divide a trade among the listings: equal marginal cost everywhere, ties in the order of the listings.

        Parameters
        ----------
        x : float
            Signed quantity. [contracts]

        Returns
        -------
        ndarray of shape (n_listing,)
            Signed quantity of each listing; they add up to x. [contracts]

        Raises
        ------
        InputError
            If the listings together cannot take so much.

        References
        ----------
        R. T. Rockafellar, *Convex Analysis*, 1970, theorem 16.4 and corollary 31.4.
        """
        side, shares = (self.curve.buy, self.buy_shares) if x >= 0.0 else (self.curve.sell, self.sell_shares)
        if not abs(x) <= side.most * (1.0 + _FLAT):
            raise InputError(
                f"a trade of {x:g} where {side.most:g} can be taken", "trade less, or add depth or another listing"
            )
        taken = np.clip(abs(x) - side.starts, 0.0, side.size)
        wanted = taken @ shares
        sides = [listing.curve.buy if x >= 0.0 else listing.curve.sell for listing in self.listings]
        return frozen(math.copysign(1.0, x) * _within(wanted, abs(x), np.array([each.most for each in sides])))

    def split_lots(self, lots: int, lot: float) -> Vector:
        """Divide a trade into whole lots at the least cost.

        Parameters
        ----------
        lots : int
            Signed number of lots. [lots]
        lot : float
            Smallest trade of every listing. [contracts]

        Returns
        -------
        ndarray of shape (n_listing,)
            Signed quantity of each listing, whole lots that add up. [contracts]

        Raises
        ------
        InputError
            If the listings together cannot take so much in whole lots.

        References
        ----------
        D. S. Hochbaum, J. G. Shanthikumar, *Convex Separable Optimization Is Not Much Harder than Linear
        Optimization*, J. ACM 37 (1990) 843, doi 10.1145/96559.96597: whole lots lie within one lot for each listing
        of the continuous division; the rest goes lot by lot to where it is cheapest.
        """
        ideal = np.abs(self.split(lots * lot)) / lot
        sign = -1.0 if lots < 0 else 1.0
        filled = np.maximum(np.floor(ideal) - len(self.listings), 0.0)
        curves = [listing.curve for listing in self.listings]
        dearer = [_next_lot(curve, sign * lot, n) for curve, n in zip(curves, filled, strict=True)]
        for _ in range(abs(lots) - round(float(filled.sum()))):
            cheapest = int(np.argmin(dearer))
            if math.isinf(dearer[cheapest]):
                raise InputError(f"{lots} lots of {lot:g} do not fit into the listings", "trade less, or add depth")
            filled[cheapest] += 1.0
            dearer[cheapest] = _next_lot(curves[cheapest], sign * lot, float(filled[cheapest]))
        return frozen(sign * lot * filled)


def merge(
    listings: Sequence[Listing], *, smallest: float | None = None, largest: float | None = None, error: float = 0.01
) -> Composite:
    """Merge listings of the same exposure into one composite curve.

    Parameters
    ----------
    listings : sequence of Listing
        At least one, none with a fixed charge.
    smallest, largest : float or None
        Between these quantities, impacts of power 3/2 are replaced by pieces; needed only where there are such.
        [contracts]
    error : float
        By how much less the pieces may cost than the impact, at most. [fraction of the impact]

    Returns
    -------
    Composite
        The curve, and how to divide trades. [numeraire]

    Raises
    ------
    InputError
        If there is no listing, one has a fixed charge, or buying on one and selling on another earns.

    References
    ----------
    R. T. Rockafellar, *Convex Analysis*, 1970, theorem 16.4: conjugates of infimal convolutions add, so inverses of
    marginal costs do. G. Angeris et al., *Optimal Routing for Constant Function Market Makers*, arXiv:2204.05238, for
    the same in pools.

    Examples
    --------
    >>> from hedgerow.costs import proportional
    >>> near, far = proportional(1.0, quadratic=0.1), proportional(2.0, quadratic=0.2)
    >>> both = merge([Listing(name="near", curve=near), Listing(name="far", curve=far)])
    >>> both.split(10.0), both.split(25.0)
    (array([10.,  0.]), array([20.,  5.]))
    >>> near.at(25.0), both.curve.at(25.0)
    (56.25, 52.5)
    """
    if not listings:
        raise InputError("no listing to merge", "give at least one")
    curves = []
    for listing in listings:
        if listing.curve.fixed > 0.0:
            raise InputError(
                f"{listing.name} charges {listing.curve.fixed:g} once a trade, so its cost is not convex in a merge",
                "keep it as an instrument of its own",
            )
        curves.append(_without_impact(listing, smallest, largest, error))
    buy, buy_shares = _merged([curve.buy for curve in curves])
    sell, sell_shares = _merged([curve.sell for curve in curves])
    if buy.price[0] + sell.price[0] < -ROUNDING * (abs(buy.price[0]) + abs(sell.price[0])):
        names = [listings[int(np.argmax(shares[0]))].name for shares in (buy_shares, sell_shares)]
        raise InputError(
            f"buying on {names[0]} and selling on {names[1]} earns {-buy.price[0] - sell.price[0]:g} a contract",
            "correct the quote that is old, or leave one of them out",
        )
    return Composite(
        curve=CostCurve(buy=buy, sell=sell),
        listings=tuple(replace(listing, curve=curve) for listing, curve in zip(listings, curves, strict=True)),
        buy_shares=buy_shares,
        sell_shares=sell_shares,
    )


def _without_impact(listing: Listing, smallest: float | None, largest: float | None, error: float) -> CostCurve:
    if listing.curve.impact == 0.0:
        return listing.curve
    if smallest is None or largest is None:
        raise InputError(
            f"{listing.name} has an impact of power 3/2", "state smallest and largest: the range in which it counts"
        )
    return straighten(listing.curve, smallest=smallest, largest=largest, error=error)


def _merged(sides: Sequence[CostSide]) -> tuple[CostSide, Float64[np.ndarray, "n_piece n_listing"]]:
    """Add marginal costs horizontally: walk up through the prices at which a piece begins or ends."""
    owner = np.concatenate([np.full(len(side.size), i) for i, side in enumerate(sides)])
    size = np.concatenate([side.size for side in sides])
    price = np.concatenate([side.price for side in sides])
    slope = np.concatenate([side.slope for side in sides])
    rise = slope * np.where(slope > 0.0, size, 0.0)
    flat = rise <= _FLAT * np.abs(price)
    end = np.where(flat, price, price + rise)
    edges = np.unique(np.concatenate([price, end]))
    whose = np.eye(len(sides))[owner]
    offered = _offered(edges, price[~flat], end[~flat], size[~flat], slope[~flat]) @ whose[~flat]
    pieces: list[tuple[float, float, float, Vector]] = []
    for k, low in enumerate(edges[np.isfinite(edges)]):
        for j in np.flatnonzero(flat & (price == low)):
            pieces.append((float(size[j]), float(low), 0.0, whose[j]))
            if np.isinf(size[j]):
                return _laid(pieces)
        high = edges[k + 1] if k + 1 < len(edges) else low
        total = float(offered[k].sum()) if high > low else 0.0
        if total > 0.0 and np.isfinite(high):
            pieces.append((total, float(low), float(high - low) / total, offered[k] / total))
        elif total > 0.0:
            pieces.append((np.inf, float(low), 1.0 / total, offered[k] / total))
    return _laid(pieces)


def _offered(
    edges: Float64[np.ndarray, " n_edge"],
    price: Float64[np.ndarray, " n_piece"],
    end: Float64[np.ndarray, " n_piece"],
    size: Float64[np.ndarray, " n_piece"],
    slope: Float64[np.ndarray, " n_piece"],
) -> Float64[np.ndarray, "n_edge n_piece"]:
    """Return what each rising piece offers between neighbouring prices. [contracts]

    Behind the last price, where only pieces without end go on, it is the quantity per unit of price.
    """
    low, high = edges[:-1, None], edges[1:, None]
    width = np.where(np.isfinite(high), high - low, 1.0)
    amount = np.where((price <= low) & (end >= high), width / slope, 0.0)
    # Prices round, and a quantity is a small difference of them: what a piece offers in all is known better.
    ended = np.isfinite(size)
    amount[:, ended] *= size[ended] / amount[:, ended].sum(axis=0)
    return np.vstack([amount, np.zeros(len(price))])


def _laid(
    pieces: list[tuple[float, float, float, Vector]],
) -> tuple[CostSide, Float64[np.ndarray, "n_piece n_listing"]]:
    sizes, prices, slopes, shares = zip(*pieces, strict=True)
    side = CostSide(size=vector(sizes), price=vector(prices), slope=vector(slopes))
    return side, frozen(np.stack(shares))


def _within(wanted: Vector, total: float, most: Vector) -> Vector:
    """Hold every share inside its listing and their sum to the total: sums of pieces round."""
    held: Vector = np.minimum(wanted, most)
    for i, room in enumerate(most - held):
        held[i] += min(max(total - float(held.sum()), 0.0), room)
    return held


def _next_lot(curve: CostCurve, lot: float, filled: float) -> float:
    """Return what one more lot costs; inf if it does not fit."""
    after = curve.at((filled + 1.0) * lot)
    return after - curve.at(filled * lot) if math.isfinite(after) else math.inf
