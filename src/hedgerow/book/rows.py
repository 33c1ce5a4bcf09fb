"""From positions to rows of numbers: done once per book and market, before any valuation.

Also here: the rows of a *trade*. A trade pays for itself, so buying an option adds the option and takes away its
premium in the settlement currency. That is why the delta of a bought coin-settled option is delta_BS - V (the net
transaction delta) whatever the numeraire: the coins paid for it are gone.
"""

from hedgerow.book import kernels
from hedgerow.book.marking import Marking, Row
from hedgerow.book.pool_rows import pool_rows
from hedgerow.book.positions import Balance, ContractPosition, LiquidityPosition, Position
from hedgerow.core.errors import DataFault, InputError, MarketDataError
from hedgerow.core.ids import Currency
from hedgerow.core.instants import to_iso, years_between
from hedgerow.instruments import (
    EuropeanOption,
    Future,
    Instrument,
    Perpetual,
    Spot,
    expiry_of,
    is_inverse,
    kind_of,
)
from hedgerow.market import Quote

_SANE_ENTRY = (1e-3, 1e3)
"""Ratio of entry and mark beyond which one of them is in another unit. [pure]"""


def rows_of(position: Position, marking: Marking, group: int) -> list[Row]:
    """Compile one position.

    Parameters
    ----------
    position : Position
        Balance, contract or liquidity position.
    marking : Marking
        The market.
    group : int
        Number of the position in its book. [0-based]

    Returns
    -------
    list of Row
        One or more rows. [USD terms]

    Raises
    ------
    MarketDataError
        If the market cannot value the position.
    InputError
        If the position contradicts itself.
    """
    match position:
        case Balance():
            return [_balance_row(position.currency, position.amount, marking, group)]
        case LiquidityPosition():
            return pool_rows(position, marking, group)
        case ContractPosition():
            return [_contract_row(position, marking, group)]


def trade_rows(instrument: Instrument, marking: Marking, group: int) -> list[Row]:
    """Compile a purchase of one contract at its mid, paid for in its settlement currency.

    What is bought is valued at its mark like the rest of the book, so the rows are together worth mark less mid.
    Half the spread and the fee are not in here: cost enters once, in the ``costs`` room.

    Parameters
    ----------
    instrument : Instrument
        What is bought.
    marking : Marking
        The market.
    group : int
        Number of the instrument among the hedging instruments. [0-based]

    Returns
    -------
    list of Row
        What is bought and what is paid. [USD terms]

    Raises
    ------
    MarketDataError
        If the market cannot value the instrument.

    References
    ----------
    Alexander, Chen, Imeraj (2023), Mathematical Finance 33:1005, section 2, doi 10.1111/mafi.12410.
    """
    mid = marking.snapshot.quote(instrument.name).mid
    if isinstance(instrument, Perpetual | Future):
        bought = ContractPosition(instrument=instrument, quantity=1.0, entry_price=mid)
        return [_contract_row(bought, marking, group)]
    held = _contract_row(ContractPosition(instrument=instrument, quantity=1.0), marking, group)
    return [held, _balance_row(instrument.settle, -mid * instrument.contract_size, marking, group)]


def _balance_row(currency: str, amount: float, marking: Marking, group: int) -> Row:
    forms = {marking.snapshot.base: 1.0} | marking.snapshot.coins_per_unit
    if currency in forms:
        return Row(kernels.COIN, group, "spot", None, amount * forms[Currency(currency)])
    return Row(kernels.CASH, group, "cash", None, amount * marking.usd_rate(currency))


def _contract_row(position: ContractPosition, marking: Marking, group: int) -> Row:
    instrument, snapshot = position.instrument, marking.snapshot
    if instrument.base != snapshot.base:
        raise InputError(
            f"{instrument.name} is on {instrument.base}, the market on {snapshot.base}",
            "keep one book per coin",
        )
    expiry = expiry_of(instrument)
    if expiry is not None and expiry <= snapshot.as_of_ns:
        raise MarketDataError(
            instrument.name, DataFault.EXPIRED, f"expired at {to_iso(expiry)}", "settle it, then take it out"
        )
    if position.entry_price is not None and not isinstance(instrument, Perpetual | Future):
        raise InputError(
            f"{instrument.name}: entry_price {position.entry_price:g}",
            "what was paid has left the balances already; entry_price belongs to futures and perpetuals",
        )
    if isinstance(instrument, Spot):
        return Row(kernels.COIN, group, "spot", None, position.quantity)
    if isinstance(instrument, EuropeanOption):
        return _option_row(position, instrument, marking, group)
    return _future_row(position, instrument, snapshot.quote(instrument.name), marking, group)


def _future_row(
    position: ContractPosition, instrument: Perpetual | Future, quote: Quote, marking: Marking, group: int
) -> Row:
    rate = 1.0 if is_inverse(instrument) else marking.usd_rate(instrument.quote)
    if not quote.mark > 0.0:
        raise MarketDataError(quote.name, DataFault.NOT_FINITE, f"its mark is {quote.mark:g}", "state a mark")
    if position.entry_price is None or not position.entry_price > 0.0:
        raise InputError(
            f"{instrument.name}: no positive entry_price", "state the average entry of futures and perpetuals"
        )
    if not _SANE_ENTRY[0] < position.entry_price / quote.mark < _SANE_ENTRY[1]:
        raise InputError(
            f"{instrument.name}: an entry_price of {position.entry_price:.6g} against a mark of {quote.mark:.6g}",
            "state the average entry in the quote currency per coin",
        )
    inverse, expiry = is_inverse(instrument), expiry_of(instrument)
    return Row(
        kernels.INVERSE_FUTURE if inverse else kernels.LINEAR_FUTURE,
        group,
        kind_of(instrument),
        expiry,
        position.quantity * instrument.contract_size,
        ratio=quote.mark * rate / marking.snapshot.index_price,
        entry=position.entry_price * rate,
        expiry_years=1.0 if expiry is None else years_between(marking.snapshot.as_of_ns, expiry),
    )


def _option_row(position: ContractPosition, instrument: EuropeanOption, marking: Marking, group: int) -> Row:
    found = marking.interpolated.get(instrument.name)
    if found is None:
        forward, vol = marking.snapshot.quote(instrument.name).forward, marking.vols.get(instrument.name)
    else:
        forward, vol = found.forward, found.vol
    if vol is None:
        raise MarketDataError(
            instrument.name,
            DataFault.ARBITRAGE,
            "its mark implies no vol",
            "price it elsewhere or leave it out",
        )
    rate = 1.0 if is_inverse(instrument) else marking.usd_rate(instrument.quote)
    return Row(
        kernels.INVERSE_OPTION if is_inverse(instrument) else kernels.LINEAR_OPTION,
        group,
        kind_of(instrument),
        instrument.expiry_ns,
        position.quantity * instrument.contract_size,
        ratio=forward * rate / marking.snapshot.index_price,
        strike=instrument.strike * rate,
        expiry_years=years_between(marking.snapshot.as_of_ns, instrument.expiry_ns),
        vol=vol,
        sign=1.0 if instrument.is_call else -1.0,
    )
