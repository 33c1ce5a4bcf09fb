"""What happened in a concentrated pool, one event after the other, as its contract logged it."""

from typing import TypeAlias

import msgspec


class SwapEvent(msgspec.Struct, frozen=True, kw_only=True, tag="swap", forbid_unknown_fields=True):
    """A swap, with the pool after it.

    Parameters
    ----------
    amount0, amount1 : int
        What the pool received (positive) or paid (negative), as v3 logs it; v4 logs the opposite sign. [smallest units]
    sqrt_price_x96 : int
        Square root of the price after. [2^96]
    liquidity : int
        In range after. [raw liquidity units]
    tick : int
        After. [ticks]
    fee_pips : int or None
        Fee as v4 logs it, the protocol's part included; None for the pool's own. [millionths of the input]
    at_ns : int
        When. [UTC epoch ns]
    """

    amount0: int
    amount1: int
    sqrt_price_x96: int
    liquidity: int
    tick: int
    fee_pips: int | None = None
    at_ns: int = 0


class LiquidityEvent(msgspec.Struct, frozen=True, kw_only=True, tag="liquidity", forbid_unknown_fields=True):
    """A mint or a burn.

    Parameters
    ----------
    tick_lower, tick_upper : int
        Edges of the range. [ticks]
    delta : int
        Added (positive) or taken out (negative). [raw liquidity units]
    amounts : tuple of int or None
        Of token0 and token1, as v3 logs them; None where they are not known. [smallest units]
    at_ns : int
        When. [UTC epoch ns]
    """

    tick_lower: int
    tick_upper: int
    delta: int
    amounts: tuple[int, int] | None = None
    at_ns: int = 0


class GiftEvent(msgspec.Struct, frozen=True, kw_only=True, tag="gift", forbid_unknown_fields=True):
    """Fees for the liquidity in range without a swap: a flash loan in v3, a donation in v4.

    Parameters
    ----------
    amount0, amount1 : int
        Paid, in v3 with the protocol's part. [smallest units]
    at_ns : int
        When. [UTC epoch ns]
    """

    amount0: int
    amount1: int
    at_ns: int = 0


class ProtocolFeeEvent(msgspec.Struct, frozen=True, kw_only=True, tag="protocol-fee", forbid_unknown_fields=True):
    """The protocol changed its fee.

    Parameters
    ----------
    protocol_fee : int
        As the pool keeps it: ``fee_protocol`` of a v3 pool, ``protocol_fee`` of a v4 pool. [packed]
    at_ns : int
        When. [UTC epoch ns]
    """

    protocol_fee: int
    at_ns: int = 0


class CollectProtocolEvent(
    msgspec.Struct, frozen=True, kw_only=True, tag="collect-protocol", forbid_unknown_fields=True
):
    """The protocol took fees that were its own; in v4 they are kept outside of the pool, and nothing changes.

    Parameters
    ----------
    amount0, amount1 : int
        Taken. [smallest units]
    at_ns : int
        When. [UTC epoch ns]
    """

    amount0: int
    amount1: int
    at_ns: int = 0


PoolEvent: TypeAlias = SwapEvent | LiquidityEvent | GiftEvent | ProtocolFeeEvent | CollectProtocolEvent
"""What changes a concentrated pool."""
