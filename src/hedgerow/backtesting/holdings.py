"""What a study holds and does not trade: outside of accounts as rows of the book, in accounts as their positions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from hedgerow.backtesting.load import Recorded
from hedgerow.book import LiquidityPosition, Marking, Row, assemble, rows_of, value_book
from hedgerow.book.positions import ContractPosition, Position
from hedgerow.config import Study
from hedgerow.config.study import contract_of, need_rate
from hedgerow.config.study_accounts import OptionLine
from hedgerow.core.arrays import Float64, Int64, frozen, vector
from hedgerow.core.errors import InputError, MarketDataError
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.instants import to_iso
from hedgerow.core.money import exact
from hedgerow.engine import OpeningPosition
from hedgerow.instruments import EuropeanOption, is_inverse
from hedgerow.ledger import settlement_price
from hedgerow.market import QuoteTable, Snapshot

_LEAST_PRICE: Final = Decimal("1e-8")
"""An option that is worth less was bought for this. [settle per contract]"""

_FARTHEST: Final = 2.0
"""A stated price of a settlement and the recorded one are nearer than this factor, or one of them is wrong. [pure]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBook:
    """Everything that a study holds beside cash.

    Parameters
    ----------
    rows : tuple of Row
        Outside of accounts. [USD terms]
    positions : tuple of OpeningPosition
        Options in accounts.
    delivery : mapping of str to Decimal
        At what price they are settled when they expire. [quote per base]
    """

    rows: tuple[Row, ...]
    positions: tuple[OpeningPosition, ...]
    delivery: Mapping[InstrumentName, Decimal]


def held_book(study: Study, recorded: Recorded) -> HeldBook:
    """Compile what is held beside cash.

    Parameters
    ----------
    study : Study
        Positions.
    recorded : Recorded
        The pool's terms and the prices.

    Returns
    -------
    HeldBook
        Rows and positions. [as its fields]

    Raises
    ------
    ConfigError
        If a position contradicts the pool or the days.
    """
    return HeldBook(
        rows=held_rows(study, recorded),
        positions=opening_positions(study, recorded),
        delivery=delivery_prices(study, recorded),
    )


def held_rows(study: Study, recorded: Recorded) -> tuple[Row, ...]:
    """Compile what is held outside of any account.

    Parameters
    ----------
    study : Study
        Positions.
    recorded : Recorded
        The pool's terms and the first price.

    Returns
    -------
    tuple of Row
        Rows of group 0. [USD terms]

    Raises
    ------
    ConfigError
        If a position contradicts the pool or the days.
    """
    marking = _marking(study, recorded)
    rows: list[Row] = []
    for field, position in _positions(study):
        try:
            rows += rows_of(position, marking, 0)
        except InputError as error:
            raise study.error(field, error.problem, error.advice) from None
    return tuple(rows)


def _positions(study: Study) -> list[tuple[str, Position]]:
    found: list[tuple[str, Position]] = []
    for i, line in enumerate(study.liquidity):
        where = f"liquidity[{i}]"
        if study.data.pool is None or line.pool != study.data.pool.name:
            raise study.error(f"{where}.pool", f"no pool is called {line.pool!r}", "name [data.pool]")
        try:
            held = line.held()
        except InputError as error:
            raise study.error(where, error.problem, error.advice) from None
        position = LiquidityPosition(position=held, fees_base=line.fees_base, fees_quote=line.fees_quote)
        found.append((where, position))
    for i, option in enumerate(study.option):
        if not option.account:
            where = f"option[{i}].instrument"
            contract = _option_of(study, where, option)
            if not study.end_ns < contract.expiry_ns:
                advice = "end the study before its expiry, or name the account that holds it"
                raise study.error(where, f"{option.instrument} expires before the end", advice)
            found.append((where, ContractPosition(instrument=contract, quantity=option.quantity)))
    return found


def _option_of(study: Study, where: str, option: OptionLine) -> EuropeanOption:
    contract = contract_of(study, where, option.instrument)
    if not isinstance(contract, EuropeanOption):
        raise study.error(where, f"{option.instrument} is no option", "coins belong into an account's balances")
    return contract


def opening_positions(study: Study, recorded: Recorded) -> tuple[OpeningPosition, ...]:
    """Compile the options that accounts hold.

    Parameters
    ----------
    study : Study
        Its options.
    recorded : Recorded
        The first price, at which an option is valued that names no entry.

    Returns
    -------
    tuple of OpeningPosition
        In the order of the study. [as their fields]

    Raises
    ------
    ConfigError
        If an option has expired at the start.
    """
    marking = _marking(study, recorded)
    positions = []
    for i, option in enumerate(study.option):
        if not (option.account and option.quantity):
            continue
        where = f"option[{i}].instrument"
        contract = _option_of(study, where, option)
        if not recorded.price_at_ns[0] < contract.expiry_ns:
            raise study.error(where, f"{option.instrument} has expired at the start", "begin the study before it")
        row = rows_of(ContractPosition(instrument=contract, quantity=1.0), marking, 0)[0]
        paid = option.entry_price
        price = _worth_of_one(study, contract, row, marking) if paid is None else exact(paid)
        positions.append(
            OpeningPosition(
                account=AccountName(option.account),
                instrument=contract,
                quantity=exact(option.quantity),
                price=price,
                row=row,
            )
        )
    return tuple(positions)


def rows_in_accounts(positions: Iterable[OpeningPosition]) -> list[Row]:
    """Return what accounts hold as rows of the book.

    Parameters
    ----------
    positions : iterable of OpeningPosition
        Each with a row of one contract.

    Returns
    -------
    list of Row
        One for each position, of its whole size. [USD terms]
    """
    return [item.row._replace(quantity=item.row.quantity * float(item.quantity)) for item in positions]


def _worth_of_one(study: Study, contract: EuropeanOption, row: Row, marking: Marking) -> Decimal:
    """Value one contract in its settlement currency, at the first price."""
    spot = marking.snapshot.index_price
    book = assemble([row], base=Currency(study.base), spot=spot, n_group=1)
    usd = float(value_book(book, numeraire="USD")[0].sum()) / contract.contract_size
    price = usd / (spot if is_inverse(contract) else marking.usd_rate(contract.quote))
    return max(exact(round(price, 8)), _LEAST_PRICE)


def delivery_prices(study: Study, recorded: Recorded) -> Mapping[InstrumentName, Decimal]:
    """Return at what price the options of accounts are settled when they expire.

    Of one that lives longer than the study this is the last recorded price: it counts only if something is still in
    flight at the end, and lands after the option has expired.

    Parameters
    ----------
    study : Study
        Its options, some with the price.
    recorded : Recorded
        The recorded price stands for the venue's index.

    Returns
    -------
    mapping of str to Decimal
        By the option's name. [quote per base]

    Raises
    ------
    ConfigError
        If the price is not stated and the recorded ones do not cover the window of the average, or it is stated and
        far from the recorded one.

    References
    ----------
    Deribit, Settlement: the average of the index over the last 30 minutes.
    https://support.deribit.com/hc/en-us/articles/25944756405405-Settlement
    """
    prices = {}
    for i, option in enumerate(study.option):
        contract = _option_of(study, f"option[{i}].instrument", option)
        if option.account and option.quantity:
            rate = 1.0 if contract.quote == "USD" else study.rates[contract.quote]
            index = recorded.price * (price_rate(study) / rate)
            place = f"option[{i}].delivery_price"
            prices[contract.name] = _delivery_price(study, place, option, contract, recorded.price_at_ns, index)
    return prices


def _delivery_price(
    study: Study,
    place: str,
    option: OptionLine,
    contract: EuropeanOption,
    at_ns: Int64[np.ndarray, " n_row"],
    index: Float64[np.ndarray, " n_row"],
) -> Decimal:
    """Return the price that is stated, if it is near to the recorded one, else the average of what is recorded."""
    known = int(at_ns.searchsorted(contract.expiry_ns, side="right"))
    last = float(index[max(known - 1, 0)])
    if contract.expiry_ns > study.end_ns:
        return exact(last)
    if option.delivery_price is None:
        try:
            return settlement_price(at_ns, index, contract.expiry_ns)
        except MarketDataError as error:
            raise study.error(place, f"is missing: {error.problem}", "state it") from None
    if not 1.0 / _FARTHEST < option.delivery_price / last < _FARTHEST:
        problem = f"is {option.delivery_price:,.6g}, and the price recorded until then {last:,.6g}"
        advice = f"give the price of the coin at {to_iso(contract.expiry_ns)[:16]}Z, at which it was settled"
        raise study.error(place, problem, advice)
    return exact(option.delivery_price)


def _marking(study: Study, recorded: Recorded) -> Marking:
    """Value everything at the first price: forwards at the spot, options at their stated vols."""
    rates = {Currency(name): rate for name, rate in study.rates.items()}
    names = tuple(line.instrument for line in study.option)
    for i, line in enumerate(study.option):
        first = names.index(line.instrument)
        if first != i:
            same = line.account == study.option[first].account
            advice = "add their quantities" if same else "an option lies in one account: add their quantities there"
            problem = f"{line.instrument} stands in option[{first}] already"
            raise study.error(f"option[{i}].instrument", problem, advice)
    pool = recorded.pool_state
    if pool is not None:
        need_rate(study, "data.pool", pool.token1 if pool.base_is_token0 else pool.token0)
    spot = float(recorded.price[0])
    prices = vector([spot] * len(names))
    snapshot = Snapshot(
        source=study.file,
        as_of_ns=int(recorded.price_at_ns[0]),
        base=Currency(study.base),
        index_price=spot * price_rate(study),
        index_at_ns=int(recorded.price_at_ns[0]),
        quotes=QuoteTable(
            names=names,
            bid=prices,
            ask=prices,
            mark=prices,
            forward=prices,
            at_ns=frozen(np.full(len(names), recorded.price_at_ns[0], dtype=np.int64)),
            assumed=frozenset(names),
        ),
        pools={} if pool is None else {pool.name: pool},
    )
    return Marking(snapshot=snapshot, vols={line.instrument: line.vol for line in study.option}, usd_rates=rates)


def price_rate(study: Study) -> float:
    """Return what one unit of the currency is worth in which the recorded price counts.

    Parameters
    ----------
    study : Study
        Its first instrument is quoted in that currency.

    Returns
    -------
    float
        The rate. [USD per unit]
    """
    contract = contract_of(study, "instrument[0].name", study.instrument[0].name)
    return 1.0 if contract.quote == "USD" else study.rates[contract.quote]
