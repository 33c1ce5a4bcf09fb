"""What a book can hold."""

from dataclasses import dataclass
from typing import TypeAlias

from hedgerow.core.ids import Currency
from hedgerow.instruments import Instrument, PoolPosition


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Coins or cash: wallet, collateral, stablecoins.

    Parameters
    ----------
    currency : str
        Ticker.
    amount : float
        Signed: borrowed amounts are negative. [currency]
    """

    currency: Currency
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractPosition:
    """A quantity of one contract.

    Parameters
    ----------
    instrument : Instrument
        The contract.
    quantity : float
        Signed, long > 0. [contracts]
    entry_price : float or None
        Average entry of a future or perpetual, from which its unsettled P&L counts; None for others.
        [quote per base]
    """

    instrument: Instrument
    quantity: float
    entry_price: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LiquidityPosition:
    """A liquidity position with the fees that its owner knows of.

    Parameters
    ----------
    position : RangePosition or PoolShare
        A range of ticks, or a share of the pool.
    fees_base, fees_quote : float
        Uncollected fees. [base], [quote token]
    """

    position: PoolPosition
    fees_base: float = 0.0
    fees_quote: float = 0.0


Position: TypeAlias = Balance | ContractPosition | LiquidityPosition
