"""On what terms a study's instruments are traded: as it states them, else as the venue's tables do."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal, TypeVar

import msgspec

from hedgerow.backtesting.labels import Input
from hedgerow.backtesting.margins import rules_at_ns
from hedgerow.config import BookLine, ExchangeLine, Study
from hedgerow.config.study import contract_of
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.money import exact
from hedgerow.costs import Fee
from hedgerow.instruments import Instrument
from hedgerow.venue_rules import FundingRule, NotOnFile, VenueRules, rules_of
from hedgerow.venues import TickSizes

_Found = TypeVar("_Found")
_RECORDED: Final = "use recorded settlements: [data.funding]"


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingTerms:
    """What a venue charges and which orders it takes.

    Parameters
    ----------
    taker, maker : Fee
        Of those who take, and of those who wait. [fraction]
    ticks : TickSizes or None
        Price steps; None for any price. [as quoted]
    price_limit : float or None
        How far from the mark it takes orders; None for any. [fraction]
    funding : FundingRule or None
        How it pays; None for the recorded settlements.
    missing : tuple of str
        What its tables do not hold of that day, and the study does not state. [text]
    """

    taker: Fee
    maker: Fee
    ticks: TickSizes | None
    price_limit: float | None
    funding: FundingRule | None
    missing: tuple[str, ...]


def trading_terms(study: Study, line: ExchangeLine, contract: Instrument) -> TradingTerms:
    """Find the terms on which an instrument is traded.

    Parameters
    ----------
    study : Study
        Its date.
    line : ExchangeLine
        What it states, and whose tables hold for the rest.
    contract : Instrument
        The contract.

    Returns
    -------
    TradingTerms
        What the study states, else what is on file. [as their fields]

    Raises
    ------
    ConfigError
        If a fee is neither stated nor on file, the tier unknown, the lot not the venue's, or orders would go beyond
        the venue's price limit.
    """
    where = f"instrument[{study.instrument.index(line)}]"
    rules = rules_of(line.rules, rules_at_ns(study)) if line.rules else None
    taker, maker = _fees(study, where, line, contract, rules)
    missing: list[str] = []
    ticks = _ticks(study, where, line, contract, rules, missing)
    limit = line.price_limit
    if limit is None and rules is not None:
        found = _or_missing(lambda: rules.price_limit(contract), "price limit", missing)
        limit = None if found is None else float(found.width)
    if limit is not None and line.max_slippage is not None and line.max_slippage > limit:
        problem = f"is {line.max_slippage:g}, beyond the venue's price limit of {limit:g}"
        raise study.error(f"{where}.max_slippage", problem, "every order would be refused: give less")
    return TradingTerms(
        taker=taker,
        maker=maker,
        ticks=ticks,
        price_limit=limit,
        funding=_funding(study, where, line, contract, rules),
        missing=tuple(missing),
    )


def _fees(
    study: Study, where: str, line: ExchangeLine, contract: Instrument, rules: VenueRules | None
) -> tuple[Fee, Fee]:
    """Return the fees of takers and makers; a maker's that nobody needs is the taker's."""
    waits = isinstance(line, BookLine) and line.post
    taker = _fee(study, where, "taker", line, contract, rules)
    if line.maker_fee is None and not (waits and rules is not None):
        return taker, taker
    return taker, _fee(study, where, "maker", line, contract, rules)


def _fee(
    study: Study,
    where: str,
    key: Literal["taker", "maker"],
    line: ExchangeLine,
    contract: Instrument,
    rules: VenueRules | None,
) -> Fee:
    """Return a fee that the study states, else the venue's."""
    stated = line.taker_fee if key == "taker" else line.maker_fee
    if stated is not None:
        return Fee(rate=exact(stated), source="study")
    if rules is None:
        raise study.error(f"{where}.{key}_fee", "is missing", 'state it, or name the venue: rules = "deribit"')
    try:
        found = rules.fee(contract, line.fee_tier or "base")
    except InputError as error:
        unknown_tier = line.fee_tier and not isinstance(error, NotOnFile)
        field = "fee_tier" if unknown_tier else f"{key}_fee"
        raise _not_on_file(study, f"{where}.{field}", error, "state it") from None
    rate = found.taker if key == "taker" else found.maker
    return Fee(rate=rate, premium_cap=found.premium_cap, source=found.source)


def _ticks(
    study: Study,
    where: str,
    line: ExchangeLine,
    contract: Instrument,
    rules: VenueRules | None,
    missing: list[str],
) -> TickSizes | None:
    stated: float | None = getattr(line, "tick", None)
    what = "lots" if stated is not None else "price steps and lots"
    sizes = None if rules is None else _or_missing(lambda: rules.sizes(contract), what, missing)
    if sizes is not None and exact(line.lot) % sizes.lot:
        problem = f"is {line.lot:g}, and the venue's lot {sizes.lot.normalize():f}"
        raise study.error(f"{where}.lot", problem, "give a multiple of it")
    if stated is not None:
        return TickSizes(tick=exact(stated))
    if sizes is None:
        return None
    return TickSizes(tick=sizes.tick, steps=tuple((step.above, step.tick) for step in sizes.steps))


def _funding(
    study: Study, where: str, line: ExchangeLine, contract: Instrument, rules: VenueRules | None
) -> FundingRule | None:
    """Return the venue's rule, with the cap that the study states, once it is known to give a rate."""
    if line.funding != "rule" or rules is None:
        return None
    try:
        rule = rules.funding(contract)
    except InputError as error:
        raise _not_on_file(study, f"{where}.funding", error, _RECORDED) from None
    if line.funding_cap is not None:
        rule = msgspec.structs.replace(rule, cap=exact(line.funding_cap))
    try:
        rule.rate(Decimal(0))
    except InputError as error:
        if rule.formula == "damped":
            raise study.error(f"{where}.funding_cap", f"is missing: {error.problem}", "state it: 0.005") from None
        raise study.error(f"{where}.funding", error.problem, _RECORDED) from None
    return rule


def _or_missing(find: Callable[[], _Found], what: str, missing: list[str]) -> _Found | None:
    try:
        return find()
    except InputError:
        missing.append(what)
        return None


def _not_on_file(study: Study, field: str, error: InputError, instead: str) -> ConfigError:
    """Point into the study, and name the first tables that have it; an unknown tier comes with those there are."""
    if not isinstance(error, NotOnFile):
        return study.error(field, error.problem, error.advice)
    first = f", or let the first tables that have it hold: in [margin], rules_at = {error.since}T00:00:00Z"
    return study.error(field, error.problem, f"{instead}{'' if error.since is None else first}")


def unknown_terms(study: Study) -> list[Input]:
    """Label what the venues' tables do not hold, so that a simulated venue does not ask for it.

    Parameters
    ----------
    study : Study
        Its instruments.

    Returns
    -------
    list of Input
        One for each instrument of which something is not on file. [as their fields]

    Raises
    ------
    ConfigError
        As ``trading_terms``.
    """
    said = []
    for i, line in enumerate(study.instrument):
        if isinstance(line, ExchangeLine):
            terms = trading_terms(study, line, contract_of(study, f"instrument[{i}].name", line.name))
            if terms.missing:
                detail = f"not on file at {line.rules}: {', '.join(terms.missing)}; nothing is asked for"
                said.append(Input(name=f"rules of {line.name}", label="assumed", detail=detail))
    return said
