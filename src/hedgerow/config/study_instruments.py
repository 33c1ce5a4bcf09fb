"""``[[instrument]]`` of a study file as frozen types. Every key is described in ``docs/study-file.md``."""

from typing import Literal, TypeAlias

import msgspec


class ExchangeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What instruments at an exchange have in common.

    Parameters
    ----------
    name : str
        The venue's name.
    account : str
        Where it is held.
    lot : float
        Smallest trade. [contracts]
    rules : str
        The venue whose tables hold: fees, and ticks, lots and price limits as far as they are on file; empty for none.
    fee_tier : str
        The venue's name of the tier; empty for that of a new account.
    taker_fee, maker_fee : float or None
        Of those who take, of those who wait; None takes the tables. [fraction of the notional]
    price_limit : float or None
        How far from the mark the venue takes orders; None takes the tables, or any. [fraction]
    max_slippage : float or None
        An order names a limit so much worse than the reference; None for any price. [fraction]
    funding : {"recorded", "rule"}
        What is paid: settlements of ``[data.funding]``, or what the venue's rule makes of the market and
        ``[data.index]``.
    funding_cap : float or None
        Cap of the rule's rate where the venue states it by contract. [fraction per period]
    """

    name: str
    account: str
    lot: float
    rules: str = ""
    fee_tier: str = ""
    taker_fee: float | None = None
    maker_fee: float | None = None
    price_limit: float | None = None
    max_slippage: float | None = None
    funding: Literal["recorded", "rule"] = "recorded"
    funding_cap: float | None = None


class QuotedLine(ExchangeLine, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="venue", tag="quoted"):
    """An ``[[instrument]]`` at a simulated exchange: takers pay a quote around the recorded price.

    Parameters
    ----------
    half_spread : float
        Distance of bid and ask from the recorded price, assumed. [fraction]
    displayed : float
        What one quote fills at most; zero for any size. [contracts]
    tick : float or None
        Smallest price step; None takes the tables, or any price. [as quoted]
    name, account, lot, rules, fee_tier, taker_fee, maker_fee, price_limit, max_slippage, funding, funding_cap
        As ``ExchangeLine``.
    """

    half_spread: float
    displayed: float = 0.0
    tick: float | None = None


class BookLine(ExchangeLine, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="venue", tag="book"):
    """An ``[[instrument]]`` on a recorded order book: takers walk its levels, makers wait in its queues.

    Parameters
    ----------
    depth : str
        The recording: Parquet, relative to the study file.
    tick : float
        Price step of the recording, and of orders. [as quoted]
    depth_unit : float
        How many contracts of ``name`` one of the recording is. [contracts]
    queue : {"conservative", "proportional"}
        Who cancels where the record does not say.
    self_trade : {"cancel_newest", "cancel_oldest", "cancel_both"}
        Which orders go where an account would trade with itself.
    post : bool
        Orders wait at the touch until they time out; what got nothing there is taken.
    name, account, lot, rules, fee_tier, taker_fee, maker_fee, price_limit, max_slippage, funding, funding_cap
        As ``ExchangeLine``.
    """

    depth: str
    tick: float
    depth_unit: float = 1.0
    queue: Literal["conservative", "proportional"] = "conservative"
    self_trade: Literal["cancel_newest", "cancel_oldest", "cancel_both"] = "cancel_newest"
    post: bool = False


class GasBid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[instrument.gas]``: what a swap bids for its place in a block.

    Parameters
    ----------
    priority_gwei : float
        For the builder, on top of the base fee. [gwei]
    max_fee_gwei : float
        The most for both. [gwei]
    revert_units : int
        What a swap uses that reverts. [gas]
    inclusion : tuple of (float, float)
        From which effective priority on (gwei) a block takes it with which probability, rising. [probability]
    """

    priority_gwei: float
    max_fee_gwei: float
    revert_units: int
    inclusion: tuple[tuple[float, float], ...] = ((0.0, 1.0),)


class PoolLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="venue", tag="pool"):
    """An ``[[instrument]]`` on a chain: coins swapped in the pool of ``[data.pool]``.

    Parameters
    ----------
    name : str
        The spot pair.
    account : str
        The wallet.
    lot : float
        Smallest trade. [coins]
    block_s : float
        Time between blocks. [seconds]
    gas_units : int
        What one swap uses. [gas]
    max_slippage : float
        A worse price than the reference by more than this reverts. [fraction]
    gas : GasBid or None
        What it bids for its place in a block; None pays the recorded price, and the next block takes it.
    """

    name: str
    account: str
    lot: float
    block_s: float
    gas_units: int
    max_slippage: float = 0.01
    gas: GasBid | None = None


InstrumentLine: TypeAlias = QuotedLine | BookLine | PoolLine
