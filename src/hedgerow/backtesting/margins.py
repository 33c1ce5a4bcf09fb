"""What a study's venues ask of accounts, and how options that accounts hold come to their end."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from hedgerow.config import Study
from hedgerow.config.hedge_terms import RULES
from hedgerow.config.study_accounts import AccountLine
from hedgerow.config.study_instruments import ExchangeLine
from hedgerow.core.errors import InputError
from hedgerow.core.ids import AccountName, InstrumentName
from hedgerow.core.instants import from_datetime
from hedgerow.core.money import exact
from hedgerow.costs import Fee
from hedgerow.engine import OpeningPosition
from hedgerow.instruments import is_inverse, parse_deribit
from hedgerow.margin import MarginRule, liquidation_steps, margin_rule, rule_since
from hedgerow.venue_rules import rules_of
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
        return margin_rule(
            account.rule,
            coin=study.base,
            at_ns=rules_at_ns(study),
            initial=account.initial,
            maintenance=account.maintenance,
            funding_8h=account.funding_8h or 0.0,
        )
    except InputError as error:
        since = rule_since(account.rule, coin=study.base)
        if since is None or from_datetime(dt.datetime.combine(since, dt.time(), dt.UTC)) <= rules_at_ns(study):
            raise study.error(where, error.problem, error.advice) from None
        advice = f"{error.advice}; or let its own first tables hold: in [margin], rules_at = {since}T00:00:00Z"
        raise study.error(where, error.problem, advice) from None


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
    names = [line.name for line in study.instrument if isinstance(line, ExchangeLine) and line.account == account.name]
    names += [option.instrument for option in study.option if option.account == account.name]
    settlements = {"inverse" if is_inverse(parse_deribit(name)) else "linear" for name in names}
    at_ns, found = rules_at_ns(study), []
    for settlement in sorted(settlements):
        try:
            found.append(liquidation_steps(account.rule, coin=study.base, at_ns=at_ns, settlement=settlement))
        except InputError:
            return None
    return found[0] if len(found) == 1 else None


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
        At what price those are settled that expire in the study. [quote per base]

    Returns
    -------
    tuple of Listing
        One for each contract. [as their fields]

    Raises
    ------
    ConfigError
        If the fee of a delivery is not on file.
    """
    listings = []
    for item in positions:
        name, terms = item.instrument.name, None
        if name in delivery:
            terms = DeliveryTerms(fee=_delivery_fee(study, item), price=delivery[name])
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
    account = next(line for line in study.account if line.name == name)
    return RULES.get(account.rule) or "deribit"
