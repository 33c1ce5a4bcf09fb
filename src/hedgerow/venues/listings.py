"""What is listed at a simulated venue, and on what terms accounts trade it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from hedgerow.book import Row
from hedgerow.core.errors import InputError
from hedgerow.costs import Fee
from hedgerow.instruments import Instrument
from hedgerow.margin import MarginRule
from hedgerow.venue_rules.tables import LiquidationSteps
from hedgerow.venues.funding import AnyFunding
from hedgerow.venues.markets import SimulatedMarket
from hedgerow.venues.terms import Funding

HOUR_NS: Final = 3_600_000_000_000

WHOLE: Final = LiquidationSteps(
    valid_from=dt.date(1970, 1, 1), source="stated", coins=(), settlement="inverse", whole=True
)
"""A venue that closes everything at once and charges nothing for it."""

FREE: Final = Fee(rate=Decimal(0), source="nothing is charged")

SelfTrade: TypeAlias = Literal["cancel_newest", "cancel_oldest", "cancel_both"]
"""Which of two orders of one account goes when they would trade with each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickSizes:
    """Price steps of a listing.

    Parameters
    ----------
    tick : Decimal
        The smallest step, at low prices. [as quoted]
    steps : tuple of (Decimal, Decimal)
        From which price on which larger step holds, rising. [as quoted]
    """

    tick: Decimal
    steps: tuple[tuple[Decimal, Decimal], ...] = ()

    def at(self, price: Decimal) -> Decimal:
        """Return the step that holds at a price.

        Parameters
        ----------
        price : Decimal
            Where. [as quoted]

        Returns
        -------
        Decimal
            The step. [as quoted]
        """
        return next((step for above, step in reversed(self.steps) if price > above), self.tick)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryTerms:
    """How a dated contract ends.

    Parameters
    ----------
    fee : Fee
        Charged for the delivery, an option's capped by a share of what it pays.
    price : Decimal or None
        The delivery price where it is known; None for the average of the venue's index. [quote per base]
    window_ns, max_gap_ns : int
        Over how long the index is averaged, and for how long one price may stand in that time. [ns]
    """

    fee: Fee = FREE
    price: Decimal | None = None
    window_ns: int = HOUR_NS // 2
    max_gap_ns: int = HOUR_NS // 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One instrument at a venue.

    Parameters
    ----------
    instrument : Instrument
        What is listed.
    lot : Decimal
        Smallest trade. [contracts]
    market : SimulatedMarket or None
        Where orders meet their price; None for what is held and cannot be traded.
    funding : Funding, RuledFunding or None
        When it is paid.
    row : Row or None
        One contract of an option as a row of the book: what its mark comes from. [USD terms]
    delivery : DeliveryTerms or None
        How a dated contract ends; None for one that the venue never delivers.
    price_limit : float or None
        How far from its mark a limit may lie. [fraction]
    ticks : TickSizes or None
        Which prices orders may name; None for any.
    min_lots : int
        The smallest order. [lots]
    self_trade : {"cancel_newest", "cancel_oldest", "cancel_both"}
        Which orders go where an account would trade with itself.
    """

    instrument: Instrument
    lot: Decimal
    market: SimulatedMarket | None = None
    funding: AnyFunding | None = field(default_factory=Funding)
    row: Row | None = None
    delivery: DeliveryTerms | None = None
    price_limit: float | None = None
    ticks: TickSizes | None = None
    min_lots: int = 1
    self_trade: SelfTrade = "cancel_newest"

    def __post_init__(self) -> None:
        if not self.lot > 0:
            raise InputError(f"{self.instrument.name}: a lot of {self.lot}", "lots are positive")
        if self.market is None and self.row is None:
            raise InputError(
                f"{self.instrument.name} has neither a market nor a row",
                "give it a market to trade at, or the row that its mark comes from",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTerms:
    """What a venue demands of one account.

    Parameters
    ----------
    rule : MarginRule
        Its margin rule.
    haircuts : mapping of str to float
        Of collateral, by currency. [fraction]
    steps : LiquidationSteps
        How it liquidates, and what it charges for that on top of the taker's fee.
    liquidation_fee : Decimal or None
        That charge where it is stated; None for the one of the steps. [fraction of the notional]
    every_ns : int
        It looks at least this often. [ns]
    """

    rule: MarginRule
    haircuts: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    steps: LiquidationSteps = WHOLE
    liquidation_fee: Decimal | None = None
    every_ns: int = HOUR_NS
