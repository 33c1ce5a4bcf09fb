"""An account of the ledger as a book: its positions at their marks, its cash as collateral."""

from collections.abc import Mapping
from dataclasses import dataclass

from hedgerow.book import CompiledBook, Row, assemble, kernels
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency, InstrumentName
from hedgerow.core.instants import to_iso, years_between
from hedgerow.instruments import EuropeanOption, Future, Instrument, Perpetual, Spot, expiry_of, is_inverse, kind_of
from hedgerow.ledger import Account, Holding
from hedgerow.pricing import implied_vol


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A contract and its price.

    Parameters
    ----------
    instrument : Instrument
        The contract.
    mark : float
        Mark price. [settle per contract for options, quote per base otherwise]
    forward : float or None
        Of an option's expiry; None for the spot. [quote per base]
    vol : float or None
        Of an option; None for the one that its mark implies. [fraction per square root of a year]
    """

    instrument: Instrument
    mark: float
    forward: float | None = None
    vol: float | None = None


def held_names(account: Account, marks: Mapping[InstrumentName, Marked]) -> tuple[InstrumentName, ...]:
    """Return the positions of an account in the order of the groups of its book.

    Parameters
    ----------
    account : Account
        Of the ledger.
    marks : mapping of str to Marked
        By name; what is not marked is not a position of this book.

    Returns
    -------
    tuple of str
        Names of groups 0, 1, ...; the groups after them are cash. [text]
    """
    return tuple(
        sorted(
            name
            for name, holding in account.holdings.items()
            if holding.quantity and not (name in marks and isinstance(marks[name].instrument, Spot))
        )
    )


def account_book(
    account: Account,
    marks: Mapping[InstrumentName, Marked],
    *,
    base: str,
    spot: float,
    now_ns: int,
    usd_rates: Mapping[str, float],
) -> CompiledBook:
    """Compile an account of the ledger.

    Positions are the groups 0, 1, ... in the order of ``held_names``; each currency is a group after them, labelled
    with its ticker.

    Parameters
    ----------
    account : Account
        Cash and positions.
    marks : mapping of str to Marked
        Every position at its mark.
    base : str
        Ticker of the coin.
    spot : float
        Index. [USD per coin]
    now_ns : int
        The time. [UTC epoch ns]
    usd_rates : mapping of str to float
        What one unit of each currency is worth beside the coin and USD. [USD per unit]

    Returns
    -------
    CompiledBook
        The account. [USD terms]

    Raises
    ------
    InputError
        If a position is not marked or has expired, a currency has no rate, or a mark has no vol.

    References
    ----------
    Entries from the ledger's basis: Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2.
    """
    rows: list[Row] = []
    names = held_names(account, marks)
    rates = {"USD": 1.0, **usd_rates}
    for group, name in enumerate(names):
        if name not in marks:
            raise InputError(f"{name} is held and not marked", "give the mark of every position")
        marked = marks[name]
        if marked.instrument.base != base:
            raise InputError(f"{name} is on {marked.instrument.base}, the book on {base}", "keep one book per coin")
        rows.append(_row(account.holdings[name], marked, group, spot, now_ns, rates))
    for currency in account.currencies:
        amount = float(account.balance(currency).amount)
        if amount and currency == base:
            rows.append(Row(kernels.COIN, len(rows), "spot", None, amount))
        elif amount:
            rows.append(Row(kernels.CASH, len(rows), str(currency), None, amount * _rate(rates, currency)))
    return assemble(rows, base=Currency(base), spot=spot, n_group=len(rows))


def _rate(rates: Mapping[str, float], currency: str) -> float:
    if currency not in rates:
        raise InputError(f"{currency} has no USD rate", "state one among usd_rates")
    return rates[currency]


def _row(holding: Holding, marked: Marked, group: int, spot: float, now_ns: int, rates: Mapping[str, float]) -> Row:
    instrument, expiry = marked.instrument, expiry_of(marked.instrument)
    if expiry is not None and expiry <= now_ns:
        raise InputError(f"{instrument.name} expired at {to_iso(expiry)}", "settle it in the ledger first")
    rate = 1.0 if is_inverse(instrument) else _rate(rates, instrument.quote)
    years = 1.0 if expiry is None else years_between(now_ns, expiry)
    if isinstance(instrument, EuropeanOption):
        return _option_row(holding, marked, instrument, group, spot, years, rate)
    assert isinstance(instrument, Perpetual | Future)
    if not marked.mark > 0.0:
        raise InputError(f"{instrument.name}: a mark of {marked.mark:g}", "prices are positive")
    size = float(holding.quantity) * instrument.contract_size
    entry = size / float(holding.basis) if is_inverse(instrument) else float(holding.basis) / size
    return Row(
        kernels.INVERSE_FUTURE if is_inverse(instrument) else kernels.LINEAR_FUTURE,
        group,
        kind_of(instrument),
        expiry,
        size,
        ratio=marked.mark * rate / spot,
        entry=entry * rate,
        expiry_years=years,
    )


def _option_row(
    holding: Holding, marked: Marked, option: EuropeanOption, group: int, spot: float, years: float, rate: float
) -> Row:
    forward = spot / rate if marked.forward is None else marked.forward
    return Row(
        kernels.INVERSE_OPTION if is_inverse(option) else kernels.LINEAR_OPTION,
        group,
        kind_of(option),
        option.expiry_ns,
        float(holding.quantity) * option.contract_size,
        ratio=forward * rate / spot,
        strike=option.strike * rate,
        expiry_years=years,
        vol=_vol(marked, option, forward, years),
        sign=1.0 if option.is_call else -1.0,
    )


def _vol(marked: Marked, option: EuropeanOption, forward: float, years: float) -> float:
    """Return the stated vol, or the one that the mark implies."""
    if marked.vol is not None:
        return marked.vol
    vols, _ = implied_vol(
        [marked.mark], [forward], [option.strike], [years], [option.is_call], inverse=is_inverse(option)
    )
    if not vols[0] > 0.0:
        raise InputError(f"{option.name}: a mark of {marked.mark:g} implies no vol", "state its vol")
    return float(vols[0])
