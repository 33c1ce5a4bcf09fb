"""Money that knows its currency, pairs and prices.

Amounts are decimals, so that a ledger adds up exactly: of 80 digits, where Python has 28 unless told otherwise. An
amount of any token fits, 256 bits being 78 digits. Inside a room, numbers are plain float arrays; money is for the
doors.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Final

from hedgerow.core.errors import InputError, NumeraireError
from hedgerow.core.ids import Currency

WIDE: Final = Context(prec=80)
"""How decimals of money are added, multiplied and divided. [digits]"""


def wide() -> AbstractContextManager[Context]:
    """Open a block in which decimals are computed with the digits of money.

    Returns
    -------
    context manager
        Within it, operators of decimals keep 80 digits. [digits]

    Examples
    --------
    >>> with wide():
    ...     Decimal(10) ** 18 + Decimal("1e-18") == Decimal(10) ** 18
    False
    """
    return localcontext(WIDE)


def exact(amount: Decimal | float | str) -> Decimal:
    """Read an amount as the decimal that a person would write.

    Parameters
    ----------
    amount : Decimal, float, int or str
        A finite number. [any]

    Returns
    -------
    Decimal
        The shortest decimal that reads back to the same float. [as given]

    Raises
    ------
    InputError
        If the amount is not a finite number.

    Examples
    --------
    >>> exact(0.1)
    Decimal('0.1')
    """
    try:
        value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    except ArithmeticError:
        raise InputError(f"{amount!r} is not a number", "give a finite amount") from None
    if not value.is_finite():
        raise InputError(f"an amount of {amount!r} is not finite", "give a finite amount")
    return value


def is_positive(value: Decimal) -> bool:
    """Tell whether a decimal is a positive, finite number.

    Parameters
    ----------
    value : Decimal
        Any decimal, NaN and infinity included. [any]

    Returns
    -------
    bool
        False for NaN too, where a plain comparison would raise. [bool]
    """
    return value.is_finite() and value > 0


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency.

    Parameters
    ----------
    amount : Decimal
        How much; finite. [currency]
    currency : str
        Of what. There is no default.

    Raises
    ------
    InputError
        If the amount is not finite.

    Examples
    --------
    >>> Money.of(0.05, "BTC") - Money.of(0.04, "BTC")
    Money(0.01 BTC)
    >>> Money.of(1, "BTC") + Money.of(1, "USD")
    Traceback (most recent call last):
        ...
    hedgerow.core.errors.NumeraireError: BTC and USD do not add; convert one of them with a Price first
    """

    amount: Decimal
    currency: Currency

    def __post_init__(self) -> None:
        if not self.amount.is_finite():
            raise InputError(f"an amount of {self.amount} {self.currency} is not finite", "give a finite amount")

    @classmethod
    def of(cls, amount: Decimal | float | str, currency: str) -> "Money":
        """Make money from any kind of number.

        Parameters
        ----------
        amount : Decimal, float, int or str
            A finite number. [currency]
        currency : str
            Ticker of the currency.

        Returns
        -------
        Money
            The amount, exactly as written. [currency]
        """
        return cls(exact(amount), Currency(currency))

    def _same(self, other: "Money") -> Decimal:
        if self.currency != other.currency:
            raise NumeraireError(
                f"{self.currency} and {other.currency} do not add", "convert one of them with a Price first"
            )
        return other.amount

    def __add__(self, other: "Money") -> "Money":
        return Money(WIDE.add(self.amount, self._same(other)), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(WIDE.subtract(self.amount, self._same(other)), self.currency)

    def __neg__(self) -> "Money":
        return Money(WIDE.minus(self.amount), self.currency)

    def __mul__(self, factor: Decimal | int) -> "Money":
        return Money(WIDE.multiply(self.amount, factor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __repr__(self) -> str:
        return f"Money({self})"

    def __str__(self) -> str:
        return f"{self.amount.normalize() + 0:f} {self.currency}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A currency pair: the price of one base in quote.

    Parameters
    ----------
    base, quote : str
        Tickers; they must differ.
    """

    base: Currency
    quote: Currency

    def __post_init__(self) -> None:
        if self.base == self.quote:
            raise InputError(f"a pair of {self.base} with itself", "give two different currencies")

    def __str__(self) -> str:
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True, slots=True)
class Price:
    """How many units of the quote currency one unit of the base costs.

    Parameters
    ----------
    value : Decimal
        Must be positive. [quote per base]
    pair : Pair
        Which currencies.

    Examples
    --------
    >>> price = Price(exact("2000"), Pair(Currency("ETH"), Currency("USD")))
    >>> price.convert(Money.of(3, "ETH")), price.convert(Money.of(500, "USD"))
    (Money(6000 USD), Money(0.25 ETH))
    """

    value: Decimal
    pair: Pair

    def __post_init__(self) -> None:
        if not is_positive(self.value):
            raise InputError(f"a price of {self.value} {self.pair}", "prices are positive and finite")

    def convert(self, money: Money) -> Money:
        """Convert money from one side of the pair to the other.

        Parameters
        ----------
        money : Money
            In the base or the quote currency. [base or quote]

        Returns
        -------
        Money
            In the other currency. [quote or base]

        Raises
        ------
        NumeraireError
            If the money is in neither currency of the pair.
        """
        if money.currency == self.pair.base:
            return Money(WIDE.multiply(money.amount, self.value), self.pair.quote)
        if money.currency == self.pair.quote:
            return Money(WIDE.divide(money.amount, self.value), self.pair.base)
        raise NumeraireError(f"{money.currency} is not in {self.pair}", "use a price of its own pair")
