"""Marginal cost of trading one way: linear in pieces, as a walk through an order book is."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from hedgerow.core.arrays import Float64, Vector, frozen, vector
from hedgerow.core.errors import InputError

ROUNDING: Final = 1e-12
"""By how much of the largest cost a marginal cost may fall from piece to piece: sums round. [fraction]"""

_BEYOND: Final = 1e-9
"""A quantity that exceeds the limit by no more than this counts as the limit: optimizers round. [fraction]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSide:
    """Marginal cost of trading one way: pieces in order of size.

    Parameters
    ----------
    size : ndarray of shape (n_piece,)
        Length of each piece, positive; only the last may be inf. [contracts]
    price : ndarray of shape (n_piece,)
        Marginal cost at the start of each piece. [numeraire per contract]
    slope : ndarray of shape (n_piece,)
        Rise of the marginal cost within each piece, not negative. [numeraire per contract²]
    starts : ndarray of shape (n_piece,)
        Quantity at which each piece begins, derived. [contracts]
    most : float
        Sum of all sizes, derived: more than that cannot be traded. [contracts]

    Raises
    ------
    InputError
        If there is no piece, a number breaks its rule, or the marginal cost falls: then the cost is not convex.
    """

    size: Float64[np.ndarray, " n_piece"]
    price: Float64[np.ndarray, " n_piece"]
    slope: Float64[np.ndarray, " n_piece"]
    starts: Float64[np.ndarray, " n_piece"] = field(init=False, repr=False)
    most: float = field(init=False)
    _before: Float64[np.ndarray, " n_piece"] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("size", "price", "slope"):
            object.__setattr__(self, name, vector(getattr(self, name)))
        size, price, slope = self.size, self.price, self.slope
        if not len(size) == len(price) == len(slope) or len(size) == 0:
            raise InputError(f"{len(size)} sizes, {len(price)} prices, {len(slope)} slopes", "give one of each a piece")
        if not (np.all(size > 0.0) and np.all(np.isfinite(size[:-1]))):
            raise InputError(f"pieces of sizes {size.tolist()}", "sizes are positive; only the last may be inf")
        if not np.all(np.isfinite(price)):
            raise InputError(f"marginal costs {price.tolist()}", "give finite prices")
        if not (np.all(np.isfinite(slope)) and np.all(slope >= 0.0)):
            raise InputError(f"slopes {slope.tolist()}", "a marginal cost never falls: give 0 or more")
        rise = slope[:-1] * size[:-1]
        room = ROUNDING * (np.abs(price).max() + rise)
        falls = np.flatnonzero(price[:-1] + rise - price[1:] > room)
        if len(falls):
            raise InputError(
                f"the marginal cost falls from {price[falls[0]] + rise[falls[0]]:g} to {price[falls[0] + 1]:g} "
                f"after piece {falls[0]}",
                "order the pieces from cheap to dear",
            )
        sized = size[:-1]
        object.__setattr__(self, "starts", _running(sized))
        object.__setattr__(self, "_before", _running((price[:-1] + 0.5 * slope[:-1] * sized) * sized))
        object.__setattr__(self, "most", float(size.sum()))

    def cost(self, quantity: Vector) -> Vector:
        """Add up the marginal cost from nothing to a quantity.

        Parameters
        ----------
        quantity : ndarray of shape (n,)
            Quantities, not negative. [contracts]

        Returns
        -------
        ndarray of shape (n,)
            Cost without impact and fixed charge; inf beyond ``most``. [numeraire]
        """
        piece = np.searchsorted(self.starts, quantity, side="right") - 1
        inside = quantity - self.starts[piece]
        total = self._before[piece] + (self.price[piece] + 0.5 * self.slope[piece] * inside) * inside
        return np.where(quantity <= self.most * (1.0 + _BEYOND), total, np.inf)

    def next_contract(self, quantity: Vector) -> Vector:
        """Return the marginal cost just above a quantity.

        Parameters
        ----------
        quantity : ndarray of shape (n,)
            Quantities, not negative. [contracts]

        Returns
        -------
        ndarray of shape (n,)
            Cost of one more contract; inf from ``most`` on. [numeraire per contract]
        """
        piece = np.searchsorted(self.starts, quantity, side="right") - 1
        rate = self.price[piece] + self.slope[piece] * (quantity - self.starts[piece])
        return np.where(quantity < self.most, rate, np.inf)

    def last_contract(self, quantity: Vector) -> Vector:
        """Return the marginal cost just below a quantity.

        Parameters
        ----------
        quantity : ndarray of shape (n,)
            Quantities, positive. [contracts]

        Returns
        -------
        ndarray of shape (n,)
            What the last contract cost; inf beyond ``most``. [numeraire per contract]
        """
        piece = np.maximum(np.searchsorted(self.starts, quantity, side="left") - 1, 0)
        rate = self.price[piece] + self.slope[piece] * (quantity - self.starts[piece])
        return np.where(quantity <= self.most * (1.0 + _BEYOND), rate, np.inf)

    def scaled(self, rate: float) -> "CostSide":
        """Express the same in another currency.

        Parameters
        ----------
        rate : float
            Worth of one unit of the old currency. [new numeraire per numeraire]

        Returns
        -------
        CostSide
            Prices and slopes times the rate. [new numeraire]
        """
        return CostSide(size=self.size, price=self.price * rate, slope=self.slope * rate)


def _running(values: np.ndarray) -> np.ndarray:
    """Return the sum of what stands before each piece."""
    return frozen(np.concatenate([[0.0], np.cumsum(values)]))
