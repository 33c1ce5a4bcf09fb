"""Lines of a venue's tables: which contracts they are for, from when they are known, and who says so."""

import datetime as dt
from decimal import Decimal
from typing import Literal

import msgspec

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.instruments import Instrument, kind_of


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every line of a table states.

    Parameters
    ----------
    valid_from : date
        The first day on which the figures are known to have held; a later line for the same contracts replaces them.
        [UTC]
    source : str
        Who says so. [text]
    valid_until : date or None
        The first day on which they no longer held, where nothing known replaces them. [UTC]
    """

    valid_from: dt.date
    source: str
    valid_until: dt.date | None = None

    def holds(self, day: dt.date) -> bool:
        """Tell whether the line speaks of a day.

        Parameters
        ----------
        day : date
            The day. [UTC]

        Returns
        -------
        bool
            True from valid_from on, until it no longer held. [bool]
        """
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


class ContractLine(Line, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line for some contracts.

    Parameters
    ----------
    kinds : tuple of str
        As ``kind_of`` names them: inverse perpetual, linear option, spot. [text]
    bases, settles : tuple of str
        Coins and settlement currencies; empty for any.
    period : {"", "day", "week"}
        For how long a contract was listed, where its line is for those alone; empty for the others.
    """

    kinds: tuple[str, ...]
    bases: tuple[Currency, ...] = ()
    settles: tuple[Currency, ...] = ()
    period: Literal["", "day", "week"] = ""

    def covers(self, instrument: Instrument) -> bool:
        """Tell whether the line is for a contract, whatever its period.

        Parameters
        ----------
        instrument : Instrument
            The contract.

        Returns
        -------
        bool
            True if kind, coin and settlement agree. [bool]
        """
        return (
            kind_of(instrument) in self.kinds
            and (not self.bases or instrument.base in self.bases)
            and (not self.settles or instrument.settle in self.settles)
        )


class TradeFee(ContractLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a trade costs in one tier, or only what it costs at most.

    Parameters
    ----------
    tier : str
        The venue's name of the tier; ``base`` is the one of a new account.
    maker, taker : Decimal or None
        Of the notional of the underlying; negative for a rebate. None where the line states the cap alone, and only the
        venue's own instrument list the rates. [fraction]
    premium_cap : Decimal or None
        An option's fee is at most this share of its premium. [fraction]
    volume : Decimal or None
        From which volume over ``volume_days`` the tier holds; None where the venue asks for more than volume. [USD]
    volume_days : int
        Over how many days volume counts. [days]
    """

    maker: Decimal | None = None
    taker: Decimal | None = None
    tier: str = "base"
    premium_cap: Decimal | None = None
    volume: Decimal | None = None
    volume_days: int = 30

    def __post_init__(self) -> None:
        if (self.maker is None) != (self.taker is None) or (self.taker is None and self.premium_cap is None):
            raise InputError("a fee without its rates", "state maker and taker, or premium_cap alone")


class KnownFee(TradeFee, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fee whose rates are known: what ``VenueRules.fee`` answers.

    Parameters
    ----------
    maker, taker : Decimal
        Of the notional of the underlying; negative for a rebate. [fraction]
    """

    maker: Decimal
    taker: Decimal


class DeliveryFee(ContractLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an expiry costs.

    Parameters
    ----------
    rate : Decimal
        Of the notional at the delivery price. [fraction]
    value_cap : Decimal or None
        At most this share of what the option pays. [fraction]
    """

    rate: Decimal
    value_cap: Decimal | None = None


class PriceStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Above a price, orders are multiples of a tick.

    Parameters
    ----------
    above : Decimal
        The price, itself not included. [as quoted]
    tick : Decimal
        The step. [as quoted]
    """

    above: Decimal
    tick: Decimal


class TradedSizes(ContractLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Price steps and quantities.

    Parameters
    ----------
    tick : Decimal
        Smallest price step. [as quoted]
    steps : tuple of PriceStep
        Where it is larger.
    contract_size : Decimal
        Size of one contract. [quote when inverse and no option, else base]
    lot : Decimal
        Smallest quantity, of which all others are multiples. [contracts]
    """

    tick: Decimal
    contract_size: Decimal
    lot: Decimal
    steps: tuple[PriceStep, ...] = ()

    def tick_at(self, price: Decimal) -> Decimal:
        """Return the price step at a price.

        Parameters
        ----------
        price : Decimal
            Positive. [as quoted]

        Returns
        -------
        Decimal
            The step. [as quoted]

        Raises
        ------
        InputError
            If the price is not positive.
        """
        if not price > 0:
            raise InputError(f"a price of {price}", "prices are positive")
        return max((step.tick for step in self.steps if price > step.above), default=self.tick)


class PriceLimit(ContractLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far from the mark an order may trade.

    Parameters
    ----------
    width : Decimal
        To both sides of the mark price. [fraction]
    """

    width: Decimal


class FundingRule(ContractLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a perpetual pays funding. Longs pay when the rate is positive.

    Parameters
    ----------
    formula : {"damped", "interest_clamped", "interest_added"}
        ``damped``: clamp(max(damper, P) + min(-damper, P), cap) of the premium P. ``interest_clamped``:
        P + clamp(interest - P, damper). ``interest_added``: P + interest·period_hours.
    period_hours : Decimal
        The rate is for so long. [hours]
    interval_hours : Decimal
        Paid at its end, in proportion; 0 for continuously. [hours]
    damper : Decimal
        As the formula says. [fraction per period]
    interest : Decimal or None
        As the formula says, in the unit in which venues state it; None where they do so by market. [fraction per period
        if ``interest_clamped``, fraction per hour if ``interest_added``]
    cap : Decimal or None
        Largest absolute rate of a period; None where there is none or, if damped, where the venue states it by
        contract. [fraction per period]
    interval_cap : Decimal or None
        Largest absolute payment of an interval. [fraction]
    on : {"index", "mark", "oracle"}
        The price that turns the position into money.
    """

    formula: Literal["damped", "interest_clamped", "interest_added"]
    period_hours: Decimal
    interval_hours: Decimal
    damper: Decimal = Decimal(0)
    interest: Decimal | None = None
    cap: Decimal | None = None
    interval_cap: Decimal | None = None
    on: Literal["index", "mark", "oracle"] = "index"

    def rate(self, premium: Decimal) -> Decimal:
        """Return the funding rate of a period.

        Parameters
        ----------
        premium : Decimal
            Of the mark over the index. [fraction]

        Returns
        -------
        Decimal
            What longs pay. [fraction per period]

        Raises
        ------
        InputError
            If the rule needs a cap or an interest that the venue states by contract.
        """
        if self.formula == "damped":
            if self.cap is None:
                raise InputError("the cap of the funding rate is not on file", "state it: replace(rule, cap=...)")
            return _clamp(max(self.damper, premium) + min(-self.damper, premium), self.cap)
        if self.interest is None:
            unit = "per hour" if self.formula == "interest_added" else f"per {self.period_hours} hours"
            raise InputError(
                "the interest in the funding rate is not on file",
                f"state it as a fraction {unit}: replace(rule, interest=...)",
            )
        if self.formula == "interest_clamped":
            added = _clamp(self.interest - premium, self.damper)
        else:
            added = self.interest * self.period_hours
        return premium + added if self.cap is None else _clamp(premium + added, self.cap)

    def paid(self, premium: Decimal, hours: Decimal) -> Decimal:
        """Return what longs pay over some time at one premium.

        Parameters
        ----------
        premium : Decimal
            Of the mark over the index. [fraction]
        hours : Decimal
            For how long. [hours]

        Returns
        -------
        Decimal
            Of the position's worth. [fraction]

        Raises
        ------
        InputError
            As ``rate``.
        """
        share = self.rate(premium) * hours / self.period_hours
        if self.interval_cap is None or not self.interval_hours:
            return share
        return _clamp(share, self.interval_cap * hours / self.interval_hours)


def _clamp(value: Decimal, most: Decimal) -> Decimal:
    return max(-most, min(value, most))


class SettlementRule(ContractLine, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When and at what price a contract expires.

    Parameters
    ----------
    hour_utc : int
        Of the day of expiry. [hours]
    window_minutes : int
        The delivery price is the average of the index over so long before. [minutes]
    """

    hour_utc: int
    window_minutes: int


class CurrencyUnit(Line, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The smallest unit of a currency in the venue's books.

    Parameters
    ----------
    currency : str
        Its ticker.
    decimals : int
        Digits behind the point. [count]
    """

    currency: Currency
    decimals: int

    @property
    def unit(self) -> Decimal:
        """Smallest amount. [currency]"""
        return Decimal(1).scaleb(-self.decimals)
