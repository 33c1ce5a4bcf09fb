"""What a study holds and does not trade, as rows of the book."""

import numpy as np

from hedgerow.backtesting.load import Recorded
from hedgerow.book import LiquidityPosition, Marking, Row, rows_of
from hedgerow.book.positions import ContractPosition, Position
from hedgerow.config import Study
from hedgerow.core.arrays import frozen, vector
from hedgerow.core.errors import InputError
from hedgerow.core.ids import Currency
from hedgerow.instruments import EuropeanOption, Instrument, is_inverse, parse_deribit
from hedgerow.market import QuoteTable, Snapshot


def held_rows(study: Study, recorded: Recorded) -> tuple[Row, ...]:
    """Compile what is held and not traded.

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
        where = f"option[{i}].instrument"
        contract = contract_of(study, where, option.instrument)
        if not isinstance(contract, EuropeanOption):
            raise study.error(where, f"{option.instrument} is no option", "coins belong into an account's balances")
        if not study.end_ns < contract.expiry_ns:
            raise study.error(where, f"{option.instrument} expires before the end", "end the study before its expiry")
        found.append((where, ContractPosition(instrument=contract, quantity=option.quantity)))
    return found


def contract_of(study: Study, field: str, name: str) -> Instrument:
    """Read a contract's name.

    Parameters
    ----------
    study : Study
        Its coin and rates.
    field : str
        Where the name stands in the file.
    name : str
        The venue's name.

    Returns
    -------
    Instrument
        The contract. [as its fields]

    Raises
    ------
    ConfigError
        If there is no such contract, it is on another coin, or its quote currency has no rate.
    """
    try:
        contract = parse_deribit(name)
    except InputError as error:
        raise study.error(field, error.problem, error.advice) from None
    if contract.base != study.base:
        raise study.error(field, f"{name} is on {contract.base}, the study on {study.base}", "keep one study per coin")
    if not is_inverse(contract):
        need_rate(study, field, contract.quote)
    return contract


def need_rate(study: Study, field: str, currency: str) -> None:
    """Refuse a currency without a rate.

    Parameters
    ----------
    study : Study
        Its rates.
    field : str
        Where the currency is needed.
    currency : str
        Ticker.

    Raises
    ------
    ConfigError
        If its rate is not stated.
    """
    if currency not in ("USD", study.base, *study.rates):
        raise study.error(field, f"{currency} has no USD rate", f"state it: [rates] {currency} = 1.0")


def _marking(study: Study, recorded: Recorded) -> Marking:
    """Value everything at the first price: forwards at the spot, options at their stated vols."""
    rates = {Currency(name): rate for name, rate in study.rates.items()}
    names = tuple(line.instrument for line in study.option)
    if len(set(names)) != len(names):
        raise study.error("option", "names an option twice", "add their quantities")
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
