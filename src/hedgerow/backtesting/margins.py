"""What a study's venues ask of accounts, and how options that accounts hold come to their end."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from hedgerow.book import Row, assemble, kernels
from hedgerow.config import Study
from hedgerow.config.hedge_terms import RULES
from hedgerow.config.study import contract_of
from hedgerow.config.study_accounts import AccountLine, OptionLine
from hedgerow.config.study_instruments import ExchangeLine
from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName, Currency, InstrumentName
from hedgerow.core.instants import YEAR_NS, from_datetime
from hedgerow.core.money import exact
from hedgerow.costs import Fee
from hedgerow.engine import OpeningPosition
from hedgerow.instruments import EuropeanOption, Future, Instrument, Perpetual, expiry_of, is_inverse, kind_of
from hedgerow.margin import MarginRule, liquidation_steps, margin_rule
from hedgerow.venue_rules import NotOnFile, rules_of
from hedgerow.venue_rules.tables import LiquidationSteps
from hedgerow.venues import DeliveryTerms, Listing, MarginTerms
from hedgerow.venues.listings import WHOLE

_DELIVERY_CAP: Final = Decimal("0.125")
"""At Deribit a delivery costs at most this share of what the option pays. [fraction]"""


def rules_at_ns(study: Study) -> int:
    """Return of which day the venues' tables hold.

    Parameters
    ----------
    study : Study
        States it, or begins on it.

    Returns
    -------
    int
        The instant. [UTC epoch ns]
    """
    stated = study.margin.rules_at
    return study.start_ns if stated is None else from_datetime(stated)


def rule_of(study: Study, account: AccountLine) -> MarginRule:
    """Return the margin rule of an account.

    Parameters
    ----------
    study : Study
        Its coin and date.
    account : AccountLine
        Names the rule.

    Returns
    -------
    MarginRule
        The rule. [as its fields]

    Raises
    ------
    ConfigError
        If the tables do not hold on that date, or not for that coin.
    """
    where = f"account[{study.account.index(account)}].rule"
    try:
        return _rule_at(study, account, rules_at_ns(study))
    except InputError as error:
        since = error.since if isinstance(error, NotOnFile) else None
        if since is None:
            raise study.error(where, error.problem, error.advice) from None
        first_ns = from_datetime(dt.datetime.combine(since, dt.time(), dt.UTC))
        uncovered = _uncovered(study, account, _rule_at(study, account, first_ns))
        if uncovered:
            raise study.error(where, f"{error.problem}, and {uncovered}", error.advice) from None
        advice = f"{error.advice}; or let its own first tables hold: in [margin], rules_at = {since}T00:00:00Z"
        raise study.error(where, error.problem, advice) from None


def _rule_at(study: Study, account: AccountLine, at_ns: int) -> MarginRule:
    return margin_rule(
        account.rule,
        coin=study.base,
        at_ns=at_ns,
        initial=account.initial,
        maintenance=account.maintenance,
        funding_8h=account.funding_8h or 0.0,
    )


def _uncovered(study: Study, account: AccountLine, rule: MarginRule) -> str:
    """Say of what in an account a rule has no figures, empty if of nothing; no price is known yet, so any will do."""
    rows = [
        (future_row(contract, 1.0, 1.0), 1.0)
        for contract in _traded_in(study, account)
        if isinstance(contract, Perpetual | Future)
    ]
    rows += [
        (_option_row(study, contract, line), contract.strike)
        for contract, line in _held_in(study, account)
        if isinstance(contract, EuropeanOption)
    ]
    try:
        for row, spot in rows:
            rule.requirement(assemble([row], base=Currency(study.base), spot=spot, n_group=1))
    except InputError as error:
        return error.problem
    return ""


def future_row(contract: Instrument, coins: float, spot: float) -> Row:
    """Return a perpetual or future that is opened at the spot as a row of the book.

    Parameters
    ----------
    contract : Instrument
        The perpetual or future.
    coins : float
        Bought > 0. [coins]
    spot : float
        The price of the coin. [USD per coin]

    Returns
    -------
    Row
        Of group 0. [USD terms]
    """
    inverse = is_inverse(contract)
    kind, size = (kernels.INVERSE_FUTURE, coins * spot) if inverse else (kernels.LINEAR_FUTURE, coins)
    return Row(kind, 0, kind_of(contract), None, size, entry=spot)


def _option_row(study: Study, contract: EuropeanOption, line: OptionLine) -> Row:
    """Return an option of an account as a row, with the spot at its strike."""
    return Row(
        kernels.INVERSE_OPTION if is_inverse(contract) else kernels.LINEAR_OPTION,
        0,
        kind_of(contract),
        contract.expiry_ns,
        line.quantity * contract.contract_size,
        strike=contract.strike,
        expiry_years=max(contract.expiry_ns - study.start_ns, 0) / YEAR_NS,
        vol=line.vol,
        sign=1.0 if contract.is_call else -1.0,
    )


def check_rules(study: Study) -> None:
    """Refuse margin rules that are not on file, before any data is read.

    Parameters
    ----------
    study : Study
        Accounts with a rule.

    Raises
    ------
    ConfigError
        If the tables do not hold on the study's date, or not for its coin.
    """
    for account in study.account:
        if account.rule:
            rule_of(study, account)


def margin_terms(study: Study) -> dict[AccountName, MarginTerms]:
    """Return whose margin is watched, and how.

    Parameters
    ----------
    study : Study
        Accounts with a rule.

    Returns
    -------
    dict of str to MarginTerms
        By account. [as their fields]

    Raises
    ------
    ConfigError
        If the tables do not hold on the study's date.
    """
    fee = study.margin.liquidation_fee
    return {
        AccountName(account.name): MarginTerms(
            rule=rule_of(study, account),
            haircuts=account.haircuts,
            steps=steps_of(study, account) or WHOLE,
            liquidation_fee=None if fee is None else exact(fee),
        )
        for account in study.account
        if account.rule
    }


def steps_of(study: Study, account: AccountLine) -> LiquidationSteps | None:
    """Return how the venue of an account liquidates what the study lets it hold.

    Parameters
    ----------
    study : Study
        Its instruments, options and date.
    account : AccountLine
        Names the rule.

    Returns
    -------
    LiquidationSteps or None
        None where the steps are not on file for the settlement of one of its contracts: everything is then assumed to
        be closed at once. [as its fields]
    """
    contracts = [*_traded_in(study, account), *(contract for contract, _ in _held_in(study, account))]
    settlements = {"inverse" if is_inverse(contract) else "linear" for contract in contracts}
    at_ns, found = rules_at_ns(study), []
    for settlement in sorted(settlements):
        try:
            found.append(liquidation_steps(account.rule, coin=study.base, at_ns=at_ns, settlement=settlement))
        except InputError:
            return None
    return found[0] if len(found) == 1 else None


def _traded_in(study: Study, account: AccountLine) -> list[Instrument]:
    """Return what is traded at venues with the margin of an account."""
    return [
        contract_of(study, f"instrument[{i}].name", line.name)
        for i, line in enumerate(study.instrument)
        if isinstance(line, ExchangeLine) and line.account == account.name
    ]


def _held_in(study: Study, account: AccountLine) -> list[tuple[Instrument, OptionLine]]:
    """Return the options that an account holds."""
    return [
        (contract_of(study, f"option[{i}].instrument", line.instrument), line)
        for i, line in enumerate(study.option)
        if line.account == account.name
    ]


def held_listings(
    study: Study, positions: tuple[OpeningPosition, ...], delivery: Mapping[InstrumentName, Decimal]
) -> tuple[Listing, ...]:
    """List the options that accounts hold, so that the venue marks, delivers and liquidates them.

    Parameters
    ----------
    study : Study
        Its date.
    positions : tuple of OpeningPosition
        What accounts hold.
    delivery : mapping of str to Decimal
        At what price they are settled when they expire. [quote per base]

    Returns
    -------
    tuple of Listing
        One for each contract. [as their fields]

    Raises
    ------
    ConfigError
        If the fee of a delivery in the study is not on file.
    """
    listings = []
    for item in positions:
        name, terms = item.instrument.name, None
        if name in delivery:
            terms = DeliveryTerms(price=delivery[name])
            if (expiry_of(item.instrument) or 0) <= study.end_ns:
                terms = replace(terms, fee=_delivery_fee(study, item))
        listings.append(Listing(instrument=item.instrument, lot=Decimal("1e-8"), row=item.row, delivery=terms))
    return tuple(listings)


def _delivery_fee(study: Study, item: OpeningPosition) -> Fee:
    place = next(i for i, option in enumerate(study.option) if option.instrument == item.instrument.name)
    stated, venue = study.option[place].delivery_fee, _venue_of(study, study.option[place].account)
    if stated is not None:
        return Fee(rate=exact(stated), premium_cap=_DELIVERY_CAP if venue == "deribit" else None, source="study")
    try:
        found = rules_of(venue, rules_at_ns(study)).delivery_fee(item.instrument)
    except InputError as error:
        raise study.error(f"option[{place}].delivery_fee", f"is missing: {error.problem}", "state it") from None
    return Fee(rate=found.rate, premium_cap=found.value_cap, source=found.source)


def _venue_of(study: Study, name: str) -> str:
    """Return whose tables say what a delivery in an account costs: its rule's, else Deribit's, whose names are used."""
    return RULES.get(study.account_named(name).rule) or "deribit"
