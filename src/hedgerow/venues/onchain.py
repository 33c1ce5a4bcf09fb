"""A market on a chain: blocks, an auction for gas, transactions that wait, that come too late, that revert.

Nobody trades against our transactions: MEV is off. The record is not moved by our swaps either.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol, runtime_checkable

import msgspec
import numpy as np

from hedgerow.core.errors import InputError
from hedgerow.core.money import exact
from hedgerow.market import LARGEST_PRICE
from hedgerow.market.pool_states import PoolStorage
from hedgerow.pools.exact import preview_swap
from hedgerow.venues.agenda import NEVER_NS
from hedgerow.venues.markets import Execution, Refusal
from hedgerow.venues.tape import Tape

_MOST_BLOCKS: Final = 10_000
_LARGEST: Final = 2**112
_COINS_PER_GWEI: Final = Decimal("1e-9")


@runtime_checkable
class Swaps(Protocol):
    """The port of what is swapped on: a curve and its price."""

    def swap(self, lots: int, at_ns: int) -> Execution | Refusal:
        """Swap exact coins, at any price and for no gas.

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
        """
        ...

    def mid(self, at_ns: int) -> float | None:
        """Return the price of the curve.

        Parameters
        ----------
        at_ns : int
            The instant. [UTC epoch ns]

        Returns
        -------
        float or None
            None before the first state. [quote per base]
        """
        ...


class GasAuction(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What our transactions bid, and how blocks answer.

    Parameters
    ----------
    priority_gwei : float
        Paid to the builder on top of the base fee. [1e-9 coin per gas]
    max_fee_gwei : float
        The most that is paid for both; a block whose base fee is higher does not take the transaction.
        [1e-9 coin per gas]
    inclusion : tuple of (float, float)
        From which effective priority on (1e-9 coin per gas) a block takes a transaction with which probability,
        rising. [probability]
    gas_units : int
        What one swap uses. [gas]
    revert_units : int
        What one uses that reverts. [gas]

    References
    ----------
    EIP-1559, https://eips.ethereum.org/EIPS/eip-1559: the effective priority fee is
    min(max_priority_fee, max_fee - base_fee), and a transaction with max_fee below the base fee is not valid.
    """

    priority_gwei: float
    max_fee_gwei: float
    gas_units: int
    revert_units: int
    inclusion: tuple[tuple[float, float], ...] = ((0.0, 1.0),)

    def __post_init__(self) -> None:
        floors, chances = zip(*self.inclusion, strict=True)
        if (
            list(floors) != sorted(floors)
            or list(chances) != sorted(chances)
            or not 0.0 <= chances[0] <= chances[-1] <= 1.0
        ):
            raise InputError("an inclusion that falls with the priority", "state rising pairs of gwei and probability")
        if not (self.priority_gwei >= 0.0 and self.max_fee_gwei > 0.0 and 0 < self.revert_units <= self.gas_units):
            raise InputError("a bid for gas that cannot be", "give positive fees, and revert_units up to gas_units")

    def priority(self, base_fee: float) -> float:
        """Return what a builder gets.

        Parameters
        ----------
        base_fee : float
            Of the block. [1e-9 coin per gas]

        Returns
        -------
        float
            Negative where the block cannot take the transaction. [1e-9 coin per gas]
        """
        return min(self.priority_gwei, self.max_fee_gwei - base_fee)

    def chance(self, base_fee: float) -> float:
        """Return how likely a block takes the transaction.

        Parameters
        ----------
        base_fee : float
            Of the block. [1e-9 coin per gas]

        Returns
        -------
        float
            Zero below the base fee. [probability]
        """
        priority = self.priority(base_fee)
        return (
            next((chance for floor, chance in reversed(self.inclusion) if priority >= floor), 0.0)
            if priority >= 0.0
            else 0.0
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPool:
    """Recorded states of a pool of any kind, and swaps in whole numbers as its contract makes them.

    Parameters
    ----------
    states : sequence of (int, PoolStorage)
        Since when, and what the pool holds; rising. [UTC epoch ns]
    base, quote : int
        Which tokens are traded. [0-based]
    lot : Decimal
        Smallest trade. [base]
    """

    states: Sequence[tuple[int, PoolStorage]]
    base: int
    quote: int
    lot: Decimal

    def swap(self, lots: int, at_ns: int) -> Execution | Refusal:
        """As the port says: a sale of exact coins, or the least payment that buys them."""
        pool = self._pool(at_ns)
        if pool is None:
            return Refusal(reason="no pool state")
        coins = abs(lots) * self.lot
        wanted = int(coins.scaleb(pool.tokens[self.base].decimals))
        try:
            paid = (
                self._payment(pool, wanted)
                if lots > 0
                else preview_swap(pool, self.base, self.quote, wanted).amount_out
            )
        except InputError as error:
            return Refusal(reason=f"reverted: {error.problem}", gas=Decimal(1))
        cash = Decimal(paid).scaleb(-pool.tokens[self.quote].decimals)
        mid = self.mid(at_ns)
        price = cash / coins
        if not price > 0:
            return Refusal(reason="reverted: the swap gives nothing", gas=Decimal(1))
        return Execution(
            lots=lots, price=price, fee=Decimal(0), gas=Decimal(0), mid=float(price) if mid is None else mid
        )

    def mid(self, at_ns: int) -> float | None:
        """As the port says: between a sale and a purchase of one lot."""
        pool = self._pool(at_ns)
        if pool is None:
            return None
        unit = int(self.lot.scaleb(pool.tokens[self.base].decimals))
        digits = pool.tokens[self.quote].decimals
        sold = preview_swap(pool, self.base, self.quote, unit).amount_out
        return 0.5 * float(Decimal(sold + self._payment(pool, unit)).scaleb(-digits) / self.lot)

    def _pool(self, at_ns: int) -> PoolStorage | None:
        place = bisect.bisect_right(self.states, at_ns, key=lambda state: state[0]) - 1
        return None if place < 0 else self.states[place][1]

    def _payment(self, pool: PoolStorage, wanted: int) -> int:
        """Return the least input that gives at least some output: doubled until it does, then halved."""

        def gives(amount: int) -> bool:
            return preview_swap(pool, self.quote, self.base, amount).amount_out >= wanted

        high = 1
        while not gives(high):
            high *= 2
            if high > _LARGEST:
                raise InputError("the pool does not hold that much", "buy less")
        low = high // 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if gives(middle) else (middle, high)
        return high


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainMarket:
    """Swaps in blocks, for gas that is bid for.

    Parameters
    ----------
    pool : Swaps
        What is swapped on.
    tape : Tape
        Holds the base fee of blocks.
    gas_source : int
        Number of its gas prices. [0-based]
    lot : Decimal
        Smallest trade. [base]
    block_ns : int
        Time between blocks. [ns]
    auction : GasAuction
        What is bid.
    seed : int
        Of which block takes which transaction.
    """

    pool: Swaps
    tape: Tape
    gas_source: int
    lot: Decimal
    block_ns: int
    auction: GasAuction
    seed: int

    def dealt_with_ns(self, arrival_ns: int) -> int:
        """As the port says: in the first block after it that takes the transaction, late or not."""
        block = arrival_ns // self.block_ns + 1
        random = np.random.default_rng([self.seed, arrival_ns])
        number = block
        while number < block + _MOST_BLOCKS:
            base_fee = self._base_fee(number * self.block_ns)
            if base_fee is None:
                return number * self.block_ns  # no price of gas: it is refused there
            chance = self.auction.chance(base_fee)
            if random.random() < chance:
                return number * self.block_ns
            number += 1
            if not chance:  # nothing changes before the next price of gas
                following = self.tape.following(self.gas_source, (number - 1) * self.block_ns)
                if following is None:
                    return NEVER_NS
                number = max(number, -(-following // self.block_ns))
        return NEVER_NS

    def trade(self, lots: int, at_ns: int, limit: float | None) -> Execution | Refusal:
        """As the port says: exact coins, all or nothing; a revert costs its gas."""
        base_fee = self._base_fee(at_ns)
        if base_fee is None:
            return Refusal(reason="no gas price")
        got = self.pool.swap(lots, at_ns)
        if isinstance(got, Refusal):
            return Refusal(
                reason=got.reason, gas=self._gas(base_fee, self.auction.revert_units) if got.gas else Decimal(0)
            )
        each = got.fee / (abs(lots) * self.lot)
        average = got.price + each if lots > 0 else got.price - each
        if limit is not None and (average > exact(limit) if lots > 0 else average < exact(limit)):
            gas = self._gas(base_fee, self.auction.revert_units)
            return Refusal(reason="reverted: the price is beyond the limit", gas=gas)
        gas = self._gas(base_fee, self.auction.gas_units)
        return Execution(lots=got.lots, price=got.price, fee=got.fee, gas=gas, mid=got.mid)

    def too_late(self, at_ns: int) -> Refusal:
        """As the port says: it is in a block after its deadline, and reverts."""
        base_fee = self._base_fee(at_ns)
        gas = Decimal(0) if base_fee is None else self._gas(base_fee, self.auction.revert_units)
        return Refusal(reason="reverted: its deadline has passed", gas=gas)

    def mid(self, at_ns: int) -> float | None:
        """As the port says."""
        return self.pool.mid(at_ns)

    def next_ns(self, at_ns: int) -> int | None:
        """As the port says: the next block."""
        return (at_ns // self.block_ns + 1) * self.block_ns

    def _base_fee(self, at_ns: int) -> float | None:
        row = self.tape.prevailing(self.gas_source, at_ns)
        return None if row is None or not 0.0 <= row.a < LARGEST_PRICE else row.a

    def _gas(self, base_fee: float, units: int) -> Decimal:
        return (exact(base_fee) + exact(max(self.auction.priority(base_fee), 0.0))) * units * _COINS_PER_GWEI
