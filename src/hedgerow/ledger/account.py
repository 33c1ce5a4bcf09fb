"""Cash and positions of one account, exactly: what every trade leaves in its settlement currency.

Amounts are decimals. Options and spot are paid for at once; futures and perpetuals settle their P&L when they are
reduced. An inverse contract's P&L is in coin: a position of N in quote currency, entered at P0 and valued at P, has
made N·(1/P0 - 1/P) coins. The basis of a position is kept as a sum, so that nothing is lost to averaging. Beside it
stand the lots, and what each of them gained when it was closed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.money import WIDE, Money, is_positive, wide
from hedgerow.instruments import EuropeanOption, Instrument, Spot
from hedgerow.ledger.holdings import Holding, PoolHolding, after_trade, unsettled_worth
from hedgerow.ledger.lots import Closing, GainLog, exact_size, unit_worth
from hedgerow.ledger.open_lots import Lot, LotMethod
from hedgerow.ledger.settling import Delivery, closing_price

_ZERO: Final = Decimal(0)
_FLAT: Final = Holding()

Cause: TypeAlias = Literal[
    "deposit", "trade", "fee", "funding", "gas", "transfer", "settlement", "liquidation", "pool", "pool_fees"
]
"""Why cash changes. Premiums and realised P&L of trades are ``trade``, forced ones among them; ``liquidation`` is what
a venue charges for them. ``settlement`` is what dated contracts pay at their end. ``pool`` is what goes into pool
positions and comes back, ``pool_fees`` what they earned."""


_Flow: TypeAlias = tuple[Currency, Cause, Decimal]


class _Trade(NamedTuple):
    """What a position is moved by."""

    instrument: Instrument
    quantity: Decimal
    price: Decimal
    fee: Money
    at_ns: int
    cause: Closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Cash by currency and cause, positions by instrument; every change makes a new account.

    Parameters
    ----------
    flows : mapping of (str, Cause) to Decimal
        Sum of every change of cash, by currency and cause. The balance is their sum, so money without a cause
        cannot exist. [currency]
    holdings : mapping of str to Holding
        Open positions.
    pools : mapping of str to PoolHolding
        Pool positions by the user's names, with what they owe.
    gains : GainLog
        What every closed lot gained, in the order of closing.
    lot_method : LotMethod or None
        Which lot is closed first. Cash does not depend on it. None keeps neither lots nor gains, so that the account
        does not grow with its trades.
    may_borrow : bool
        Whether cash may be spent that is not there. What venues report is booked either way.
    """

    flows: Mapping[tuple[Currency, Cause], Decimal] = field(default_factory=lambda: MappingProxyType({}))
    holdings: Mapping[InstrumentName, Holding] = field(default_factory=lambda: MappingProxyType({}))
    pools: Mapping[str, PoolHolding] = field(default_factory=lambda: MappingProxyType({}))
    gains: GainLog = field(default_factory=GainLog)
    lot_method: LotMethod | None = "FIFO"
    may_borrow: bool = False

    @property
    def currencies(self) -> tuple[Currency, ...]:
        """Currencies in which money has moved, in order of their names. [tickers]"""
        return tuple(sorted({currency for currency, _ in self.flows}))

    def flow(self, currency: str, cause: Cause) -> Money:
        """Return what one cause has brought or taken.

        Parameters
        ----------
        currency : str
            Ticker.
        cause : Cause
            For example ``funding``.

        Returns
        -------
        Money
            Signed, received > 0. [currency]
        """
        return Money(self.flows.get((Currency(currency), cause), _ZERO), Currency(currency))

    def balance(self, currency: str) -> Money:
        """Return the cash in one currency.

        Parameters
        ----------
        currency : str
            Ticker.

        Returns
        -------
        Money
            The balance, zero if there never was any. [currency]
        """
        with wide():
            held = sum((amount for (held_in, _), amount in self.flows.items() if held_in == currency), _ZERO)
        return Money(held, Currency(currency))

    def holding(self, instrument: Instrument) -> Holding:
        """Return the position in one contract.

        Parameters
        ----------
        instrument : Instrument
            The contract.

        Returns
        -------
        Holding
            The position, flat if there is none. [contracts]
        """
        return self.holdings.get(instrument.name, _FLAT)

    def move(self, money: Money, cause: Cause) -> "Account":
        """Add cash, or take it away, for a stated cause.

        Parameters
        ----------
        money : Money
            Signed amount, received > 0. [currency]
        cause : Cause
            Why.

        Returns
        -------
        Account
            The account after it. [currency]
        """
        if not money.amount:
            return self
        key = (money.currency, cause)
        flows = {**self.flows, key: WIDE.add(self.flows.get(key, _ZERO), money.amount)}
        return replace(self, flows=MappingProxyType(flows))

    def spend(self, money: Money, cause: Cause) -> "Account":
        """Take cash away that must be there, unless the account may borrow.

        Parameters
        ----------
        money : Money
            Positive. [currency]
        cause : Cause
            What for.

        Returns
        -------
        Account
            The account after it. [currency]

        Raises
        ------
        InputError
            If the amount is not positive, or more than the balance of an account that may not borrow.
        """
        if not is_positive(money.amount):
            raise InputError(f"{money} to be spent", "give a positive, finite amount")
        balance = self.balance(money.currency)
        if balance < money and not self.may_borrow:
            problem = f"{money} to be spent of a balance of {balance}, in an account that may not borrow"
            raise InputError(problem, "bring money in first, spend less, or let the account borrow")
        return self.move(-money, cause)

    def deposit(self, money: Money) -> "Account":
        """Bring cash in, or take it out.

        Parameters
        ----------
        money : Money
            Signed amount. [currency]

        Returns
        -------
        Account
            The account after it. [currency]
        """
        return self.move(money, "deposit")

    def book_trade(
        self,
        instrument: Instrument,
        quantity: Decimal,
        price: Decimal,
        fee: Money,
        *,
        at_ns: int = 0,
        forced: bool = False,
    ) -> "Account":
        """Book one filled trade.

        Parameters
        ----------
        instrument : Instrument
            What was traded.
        quantity : Decimal
            Signed, bought > 0. [contracts]
        price : Decimal
            Positive. [settle per contract for options, quote per base otherwise]
        fee : Money
            What the venue charged, positive. [any currency]
        at_ns : int
            When; only lots look at it. [UTC epoch ns]
        forced : bool
            True for a liquidation: its fee is booked under ``liquidation``.

        Returns
        -------
        Account
            The account after it: premium or realised P&L paid, fee charged, position and lots moved. [settle]

        Raises
        ------
        InputError
            If the price is not positive or the quantity is zero.

        Examples
        --------
        >>> from decimal import Decimal as D
        >>> from hedgerow.instruments import parse_deribit
        >>> option, nothing = parse_deribit("BTC-26JAN24-45000-C"), Money.of(0, "BTC")
        >>> sold = Account().book_trade(option, D(-1), D("0.05"), nothing)
        >>> sold.book_trade(option, D(1), D("0.04"), nothing).balance("BTC")
        Money(0.01 BTC)
        """
        _check_trade(instrument, quantity, price)
        fee_cause: Cause = "liquidation" if forced else "fee"
        trade = _Trade(instrument, quantity, price, fee, at_ns, "liquidation" if forced else "trade")
        with wide():
            holdings, gains, paid = self._moved(trade)
            flows: list[_Flow] = [(instrument.settle, "trade", paid), (fee.currency, fee_cause, -fee.amount)]
            if isinstance(instrument, Spot):
                flows.append((instrument.base, "trade", quantity * exact_size(instrument.contract_size)))
            return self._after(holdings, gains, flows)

    def open_position(self, instrument: Instrument, quantity: Decimal, price: Decimal, at_ns: int) -> "Account":
        """Take in a position that was there before the ledger began: no cash moves.

        Of spot it says at what price deposited coins were bought; the coins themselves are a deposit.

        Parameters
        ----------
        instrument : Instrument
            What is held.
        quantity : Decimal
            Signed, long > 0. [contracts]
        price : Decimal
            At which it was opened, positive; zero is allowed for options. [settle per contract for options, quote per
            base otherwise]
        at_ns : int
            When it was opened. [UTC epoch ns]

        Returns
        -------
        Account
            The account with it. [contracts]

        Raises
        ------
        InputError
            If the price is not positive, the quantity is zero, or a position of the other sign is open.
        """
        _check_trade(instrument, quantity, price, may_be_free=isinstance(instrument, EuropeanOption))
        if self.holding(instrument).quantity * quantity < 0:
            raise InputError(
                f"{instrument.name}: a position of {quantity} is taken in against one of the other sign",
                "state the net position",
            )
        with wide():
            free = Money(_ZERO, instrument.settle)
            holdings, gains, _ = self._moved(_Trade(instrument, quantity, price, free, at_ns, "trade"))
            return self._after(holdings, gains, ())

    def settle(
        self,
        instrument: Instrument,
        delivery_price: Decimal,
        fee: Money,
        at_ns: int,
        *,
        quantity: Decimal | None = None,
    ) -> tuple["Account", Delivery]:
        """End a position in a dated contract: options pay what they are worth, futures their P&L.

        Parameters
        ----------
        instrument : Instrument
            A future or an option.
        delivery_price : Decimal
            Of the underlying, positive. [quote per base]
        fee : Money
            What the venue charges for the delivery, positive; nothing is charged where nothing is held. [any currency]
        at_ns : int
            When, at the expiry or later. [UTC epoch ns]
        quantity : Decimal, optional
            What the venue says was held, where it knows better; None for what is held here. [contracts]

        Returns
        -------
        tuple of (Account, Delivery)
            The account after it, and what was moved. [settle]

        Raises
        ------
        InputError
            If the contract has no expiry or has not come to it, or the price is not positive.

        Examples
        --------
        >>> from decimal import Decimal as D
        >>> from hedgerow.instruments import parse_deribit
        >>> option, free = parse_deribit("BTC-26JAN24-40000-C"), Money.of(0, "BTC")
        >>> short = Account().open_position(option, D(-2), D("0.05"), 0)
        >>> short.settle(option, D(50_000), free, option.expiry_ns)[1].amount
        Money(-0.4 BTC)
        """
        price = closing_price(instrument, delivery_price, at_ns)
        held = self.holding(instrument).quantity if quantity is None else quantity
        if not held:
            nothing = Money(_ZERO, instrument.settle)
            return self, Delivery(quantity=held, amount=nothing, fee=nothing)
        with wide():
            holdings, gains, paid = self._moved(_Trade(instrument, -held, price, fee, at_ns, "settlement"))
            flows: list[_Flow] = [(instrument.settle, "settlement", paid), (fee.currency, "fee", -fee.amount)]
            after = self._after(holdings, gains, flows)
        return after, Delivery(quantity=held, amount=Money(paid, instrument.settle), fee=fee)

    def without_lots(self) -> "Account":
        """Return the same account without lots and gains, for those who only decide: it does not grow with its trades.

        Returns
        -------
        Account
            Cash, positions and their basis as they were. [currency]
        """
        holdings = {name: Holding(quantity=held.quantity, basis=held.basis) for name, held in self.holdings.items()}
        return replace(self, holdings=MappingProxyType(holdings), gains=GainLog(), lot_method=None)

    def _moved(self, trade: _Trade) -> tuple[Mapping[InstrumentName, Holding], GainLog, Decimal]:
        """Return positions and gains after a trade, and what is paid for it, which is not booked yet."""
        instrument, fee = trade.instrument, trade.fee
        own_fee = fee.amount if fee.currency == instrument.settle else _ZERO
        after, paid, gains = after_trade(
            instrument,
            self.holding(instrument),
            Lot(quantity=trade.quantity, price=trade.price, fee=own_fee, at_ns=trade.at_ns),
            method=self.lot_method,
            cause=trade.cause,
        )
        holdings = dict(self.holdings)
        if after.quantity:
            holdings[instrument.name] = after
        else:
            holdings.pop(instrument.name, None)
        return MappingProxyType(holdings), self.gains.add(gains), paid

    def _after(self, holdings: Mapping[InstrumentName, Holding], gains: GainLog, changes: Sequence[_Flow]) -> "Account":
        """Return the account with other positions and gains, and changes of cash in the digits of the caller."""
        flows = dict(self.flows)
        for currency, cause, amount in changes:
            if amount:
                flows[currency, cause] = flows.get((currency, cause), _ZERO) + amount
        return Account(
            flows=MappingProxyType(flows),
            holdings=holdings,
            pools=self.pools,
            gains=gains,
            lot_method=self.lot_method,
            may_borrow=self.may_borrow,
        )

    def unsettled(self, instrument: Instrument, price: Decimal) -> Money:
        """Return the P&L of an open future or perpetual that is not yet cash, or an option's worth.

        Parameters
        ----------
        instrument : Instrument
            The contract.
        price : Decimal
            Where it is valued, positive. [settle per contract for options, quote per base otherwise]

        Returns
        -------
        Money
            In the settlement currency. [settle]

        Raises
        ------
        InputError
            If the price is not positive.

        References
        ----------
        Inverse P&L: Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2.
        """
        _check_mark(instrument, price)
        with wide():
            return Money(unsettled_worth(instrument, self.holding(instrument), price), instrument.settle)

    def unrealised(self, instrument: Instrument, price: Decimal) -> Money:
        """Return what the open lots would gain if they were closed at a price for no fee.

        Parameters
        ----------
        instrument : Instrument
            The contract.
        price : Decimal
            Where they are valued, positive. [settle per contract for options, quote per base otherwise]

        Returns
        -------
        Money
            After the fees of their opening. [settle]

        Raises
        ------
        InputError
            If the price is not positive, or the account keeps no lots.
        """
        _check_mark(instrument, price)
        if self.lot_method is None:
            raise InputError(f"{instrument.name}: an account without lots", "ask for what is unsettled, or keep lots")
        with wide():
            closing = unit_worth(instrument, price)
            gains = (
                lot.quantity * (closing - unit_worth(instrument, lot.price)) - lot.fee
                for lot in self.holding(instrument).lots
            )
            return Money(sum(gains, _ZERO), instrument.settle)


def _check_trade(instrument: Instrument, quantity: Decimal, price: Decimal, *, may_be_free: bool = False) -> None:
    is_price = is_positive(price) or (may_be_free and price.is_zero())
    if not (is_price and quantity.is_finite() and quantity != 0):
        raise InputError(
            f"{instrument.name}: {quantity} at {price}", "prices are positive, quantities not zero, both finite"
        )


def _check_mark(instrument: Instrument, price: Decimal) -> None:
    if not is_positive(price):
        raise InputError(f"{instrument.name}: a price of {price}", "prices are positive and finite")
