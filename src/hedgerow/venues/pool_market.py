"""A market of swaps on the curve of a recorded pool's liquidity in range."""

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from hedgerow.core.money import exact
from hedgerow.market import LARGEST_PRICE
from hedgerow.venues.markets import Execution, Refusal
from hedgerow.venues.tape import Row, Tape

_FARTHEST_SWAP: Final = 0.02
"""A swap that moves the price further would leave the liquidity that is known. [fraction]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolMarket:
    """Swaps in a block, on the curve of the liquidity in range, for gas.

    Parameters
    ----------
    tape : Tape
        The recorded pool.
    source, gas_source : int
        Numbers of its states and of gas prices. [0-based]
    pool_fee : float
        Of the input. [fraction]
    lot : Decimal
        Smallest trade. [base]
    block_ns : int
        Time between blocks. [ns]
    gas_units : int
        What one swap uses. [gas]
    max_age_ns : int
        Older states fill nothing. [ns]
    """

    tape: Tape
    source: int
    gas_source: int
    pool_fee: float
    lot: Decimal
    block_ns: int
    gas_units: int
    max_age_ns: int

    def dealt_with_ns(self, arrival_ns: int) -> int:
        """As the port says: in the first block after it."""
        return (arrival_ns // self.block_ns + 1) * self.block_ns

    def trade(self, lots: int, at_ns: int, limit: float | None) -> Execution | Refusal:
        """As the port says: exact coins, all or nothing; a revert costs its gas.

        References
        ----------
        Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.13 to 6.16.
        """
        pool, gas = self._pool(at_ns), self._gas(at_ns)
        if pool is None or gas is None:
            return Refusal(reason="no pool state or gas price")
        got = self.swap(lots, at_ns)
        if isinstance(got, Refusal):
            return got
        coins = abs(lots) * float(self.lot)
        cash = float(got.price) * (coins if lots > 0 else coins * (1.0 - self.pool_fee))
        average = (cash + float(got.fee)) / coins if lots > 0 else cash / coins
        if limit is not None and (average > limit if lots > 0 else average < limit):
            return Refusal(reason="reverted: the price is beyond the limit", gas=gas)
        return replace(got, gas=gas)

    def swap(self, lots: int, at_ns: int) -> Execution | Refusal:
        """Swap exact coins on the curve of the liquidity in range, at any price and for no gas.

        Parameters
        ----------
        lots : int
            Signed. [lots]
        at_ns : int
            The instant. [UTC epoch ns]

        Returns
        -------
        Execution or Refusal
            What the curve gives. [as their fields]

        References
        ----------
        Adams et al. (2021), Uniswap v3 core whitepaper, eqs. 6.13 to 6.16.
        """
        pool = self._pool(at_ns)
        if pool is None:
            return Refusal(reason="no pool state")
        coins = abs(lots) * float(self.lot)
        kept = 1.0 - self.pool_fee
        root = math.sqrt(pool.a)
        # Bought coins leave the pool; of sold ones the fee does not enter its curve.
        inverse = 1.0 / root + (-coins if lots > 0 else coins * kept) / pool.b if pool.b > 0.0 else 0.0
        if not inverse > 0.0 or abs(2.0 * math.log(1.0 / (inverse * root))) > _FARTHEST_SWAP:
            return Refusal(reason="more than the liquidity in range can take")
        price = root / inverse  # the geometric mean of the prices before and after, without cancellation
        fee = price * (coins if lots > 0 else coins * kept) * self.pool_fee / kept
        return Execution(lots=lots, price=exact(price), fee=exact(fee), gas=Decimal(0), mid=pool.a)

    def mid(self, at_ns: int) -> float | None:
        """As the port says."""
        pool = self.tape.prevailing(self.source, at_ns)
        return pool.a if pool is not None and 0.0 < pool.a < LARGEST_PRICE else None

    def next_ns(self, at_ns: int) -> int | None:
        """As the port says: the next block."""
        return self.dealt_with_ns(at_ns)

    def _pool(self, at_ns: int) -> Row | None:
        pool = self.tape.prevailing(self.source, at_ns)
        if pool is None or at_ns - pool.at_ns > self.max_age_ns or not 0.0 < pool.a < LARGEST_PRICE:
            return None
        return pool

    def _gas(self, at_ns: int) -> Decimal | None:
        row = self.tape.prevailing(self.gas_source, at_ns)
        if row is None or not 0.0 <= row.a < LARGEST_PRICE:
            return None
        return exact(row.a) * self.gas_units * Decimal("1e-9")
