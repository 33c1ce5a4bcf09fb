"""From the words of a desk file to contracts, quotes, fees and positions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hedgerow.book import Balance, ContractPosition, LiquidityPosition, Marking, Position, Row, rows_of
from hedgerow.config import ContractTerms, Desk
from hedgerow.core.errors import HedgerowError, InputError, MarketDataError
from hedgerow.core.ids import Currency
from hedgerow.core.money import exact
from hedgerow.costs import Fee
from hedgerow.instruments import EuropeanOption, Instrument, parse_deribit
from hedgerow.market import Quote, Rejection, Snapshot
from hedgerow.oneshot.venue_terms import published_terms, venue_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a hedging instrument was named, so that an error can point there.

    Parameters
    ----------
    desk : Desk
        The desk.
    field : str
        Dotted path in the desk file.
    name : str
        The instrument's name.
    in_file : bool
        False if the caller gave the name instead of the desk file.
    """

    desk: Desk
    field: str
    name: str
    in_file: bool

    def error(self, problem: str, advice: str) -> HedgerowError:
        """Make an error about this instrument.

        Parameters
        ----------
        problem, advice : str
            What is wrong and what to do. [text]

        Returns
        -------
        HedgerowError
            A ``ConfigError`` if the name stands in the desk file, else an ``InputError``. [error]
        """
        text = problem if self.name in problem else f"{self.name}: {problem}"
        return self.desk.error(self.field, text, advice) if self.in_file else InputError(f"instrument {text}", advice)


@dataclass(frozen=True, slots=True, kw_only=True)
class HedgeInstrument:
    """A contract that may be traded.

    Parameters
    ----------
    instrument : Instrument
        The contract, with its lot.
    lot : float
        Smallest trade. [contracts]
    fee : Fee
        How its venue charges.
    quote : Quote
        Best bid and ask.
    box : float
        Largest absolute trade, inf for none. [contracts]
    assumed : tuple of str
        What the user stated: quote, lot, fee.
    place : Place
        Where it was named.
    """

    instrument: Instrument
    lot: float
    fee: Fee
    quote: Quote
    box: float
    assumed: tuple[str, ...]
    place: Place


def with_assumed_quotes(desk: Desk, market: Snapshot) -> Snapshot:
    """Put the quotes that the user states into the market, labelled as assumed.

    Parameters
    ----------
    desk : Desk
        The desk file.
    market : Snapshot
        The recorded market.

    Returns
    -------
    Snapshot
        The market with those quotes. [as its fields]

    Raises
    ------
    ConfigError
        If a stated contract is not an instrument.
    """
    quotes = []
    for i, terms in enumerate(desk.contract):
        instrument = _parse(desk, f"contract[{i}].instrument", terms.instrument)
        if terms.touch is None:
            if terms.mark is not None:
                raise desk.error(f"contract[{i}].mark", "stands without bid and ask", "state all three")
            continue
        bid, ask = terms.touch
        mark = terms.mark if terms.mark is not None else 0.5 * (bid + ask)
        forward = mark
        if isinstance(instrument, EuropeanOption):
            forward = _forward_of(desk, i, market, instrument)
        elif not 0.5 < mark * desk.rates.get(instrument.quote, 1.0) / market.index_price < 2.0:
            raise desk.error(
                f"contract[{i}].{'bids' if terms.bids else 'bid'}",
                f"{instrument.name} is stated at {mark:.6g}, the index is {market.index_price:.6g}",
                "correct the quote",
            )
        quotes.append(
            Quote(
                name=instrument.name,
                bid=bid,
                ask=ask,
                mark=mark,
                forward=forward,
                at_ns=market.as_of_ns,
                assumed=True,
            )
        )
    return replace(market, quotes=market.quotes.with_quotes(quotes))


def _forward_of(desk: Desk, i: int, market: Snapshot, option: EuropeanOption) -> float:
    """An assumed option quote takes the forward of a quoted option of the same expiry."""
    prefix = option.name.rsplit("-", 2)[0]
    for name in market.quotes.names:
        if name.startswith(prefix + "-"):
            return market.quotes.quote(name).forward
    raise desk.error(
        f"contract[{i}].instrument",
        f"no quoted option shares the expiry of {option.name}, so its forward is unknown",
        "add its row to the snapshot instead",
    )


def hedge_instruments(desk: Desk, market: Snapshot, names: Sequence[str], *, from_file: bool) -> list[HedgeInstrument]:
    """Resolve the names of hedging instruments.

    Parameters
    ----------
    desk : Desk
        The desk file.
    market : Snapshot
        The market, assumed quotes included.
    names : sequence of str
        What may be traded.
    from_file : bool
        True if the names stand in the desk file, False if the caller gave them.

    Returns
    -------
    list of HedgeInstrument
        In the order given. [as its fields]

    Raises
    ------
    ConfigError
        If a name of the desk file is wrong, not quoted, or lacks a lot or a fee.
    InputError
        If a name of the caller is.
    """
    terms = {line.instrument: line for line in desk.contract}
    found = []
    for i, name in enumerate(names):
        place = Place(desk=desk, field=f"hedge.instruments[{i}]", name=name, in_file=from_file)
        if name in names[:i]:
            raise place.error("stands twice", "keep one of them")
        found.append(_hedge_instrument(place, market, terms.get(name)))
    return found


def _hedge_instrument(place: Place, market: Snapshot, terms: ContractTerms | None) -> HedgeInstrument:
    try:
        instrument = parse_deribit(place.name)
        if instrument.base != place.desk.base:
            raise InputError(f"is on {instrument.base}, the desk on {place.desk.base}", "keep one desk per coin")
        quote = market.quote(place.name)
    except MarketDataError as error:
        raise place.error(error.problem, f"{error.advice}; or state its bid and ask under [[contract]]") from None
    except InputError as error:
        raise place.error(error.problem, error.advice) from None
    lot, fee = published_terms(place.desk, instrument, market.as_of_ns)
    assumed = ["quote"] if quote.assumed else []
    if terms is not None and terms.lot is not None:
        lot = terms.lot
        assumed.append("lot")
    if terms is not None and terms.taker_fee is not None:
        fee = _stated_fee(terms, fee)
        assumed.append("fee")
    if lot is None:
        raise place.error(f"its lot{_at(place)} is not on file", "state lot under [[contract]]")
    if fee is None:
        raise place.error(f"its fee{_at(place)} is not on file", "state taker_fee under [[contract]]")
    box = place.desk.hedge.limits.get(place.name, float("inf"))
    return HedgeInstrument(
        instrument=instrument, lot=lot, fee=fee, quote=quote, box=box, assumed=tuple(assumed), place=place
    )


def _at(place: Place) -> str:
    """Say at which venue an instrument is traded, where an account says so."""
    named = (venue_of(account) for account in place.desk.account if place.name in account.instruments)
    venue = next(named, None)
    return "" if venue is None else f" at {venue}"


def _stated_fee(terms: ContractTerms, published: Fee | None) -> Fee:
    """Return the fee that the desk file states; the published cap on an option's fee holds unless another is stated."""
    cap = published.premium_cap if published else None
    if terms.fee_premium_cap is not None:
        cap = exact(terms.fee_premium_cap)
    return Fee(rate=exact(terms.taker_fee or 0.0), premium_cap=cap, source="desk file")


def compile_positions(desk: Desk, marking: Marking, *, leave_out: bool) -> tuple[list[Row], int, list[Rejection]]:
    """Compile every position of a desk.

    Parameters
    ----------
    desk : Desk
        The desk file.
    marking : Marking
        The market.
    leave_out : bool
        True to leave out positions that cannot be valued, by name and reason; False to refuse them.

    Returns
    -------
    tuple of (list of Row, int, list of Rejection)
        Rows, the number of positions, and what was left out. [USD terms]

    Raises
    ------
    ConfigError
        If a position cannot be valued and must not be left out.
    """
    rows: list[Row] = []
    rejected: list[Rejection] = []
    lines = list(_positions(desk))
    for group, (field, name, position) in enumerate(lines):
        key = {ContractPosition: ".instrument", LiquidityPosition: ".pool"}.get(type(position), "")
        try:
            rows += rows_of(position, marking, group)
        except MarketDataError as error:
            if not leave_out:
                advice = f"{error.advice}, or pass --leave-out to hedge the rest without it"
                raise desk.error(field + key, error.problem, advice) from None
            rejected.append(
                Rejection(name=name, kind="position", reason=error.problem.removeprefix(f"{name}: "), use="the book")
            )
        except HedgerowError as error:
            raise desk.error(field, error.problem, error.advice) from None
    return rows, len(lines), rejected


def _positions(desk: Desk) -> list[tuple[str, str, Position]]:
    """Return every position with its place in the file and its name."""
    found: list[tuple[str, str, Position]] = [
        (f"balances.{currency}", currency, Balance(currency=Currency(currency), amount=amount))
        for currency, amount in desk.balances.items()
    ]
    for i, line in enumerate(desk.position):
        instrument = _parse(desk, f"position[{i}].instrument", line.instrument)
        held = ContractPosition(instrument=instrument, quantity=line.quantity, entry_price=line.entry_price)
        found.append((f"position[{i}]", line.instrument, held))
    for i, stake in enumerate(desk.liquidity):
        try:
            position = stake.held()
        except InputError as error:
            raise desk.error(f"liquidity[{i}]", error.problem, error.advice) from None
        fees = LiquidityPosition(position=position, fees_base=stake.fees_base, fees_quote=stake.fees_quote)
        found.append((f"liquidity[{i}]", stake.name, fees))
    for i, account in enumerate(desk.account):
        for currency, amount in account.balances.items():
            balance = Balance(currency=Currency(currency), amount=amount)
            found.append((f"account[{i}].balances.{currency}", f"{currency} in {account.name}", balance))
    return found


def _parse(desk: Desk, field: str, name: str) -> Instrument:
    try:
        instrument = parse_deribit(name)
    except InputError as error:
        raise desk.error(field, error.problem, error.advice) from None
    if instrument.base != desk.base:
        raise desk.error(field, f"{name} is on {instrument.base}, the desk on {desk.base}", "keep one desk per coin")
    return instrument
