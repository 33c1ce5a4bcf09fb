"""Lots and fees on file: the dated tables of venues, and their own instrument lists."""

from pathlib import Path

from hedgerow.config import RULES, AccountTerms, Desk
from hedgerow.core.errors import InputError
from hedgerow.costs import Fee, deribit_fee, published_fee
from hedgerow.instruments import Instrument
from hedgerow.venue_rules import VenueRules, rules_of, with_listing


def published_terms(desk: Desk, instrument: Instrument, at_ns: int) -> tuple[float | None, Fee | None]:
    """Return lot and fee on file: those of the venue of the account that trades the instrument, else Deribit's.

    An account that names no venue is at the one whose margin rule it names.

    Parameters
    ----------
    desk : Desk
        The desk file.
    instrument : Instrument
        What may be traded.
    at_ns : int
        Instant of the market. [UTC epoch ns]

    Returns
    -------
    tuple of (float or None, Fee or None)
        None for what is not on file. [contracts], [fraction]

    Raises
    ------
    ConfigError
        If an account names a fee tier or an instrument list that cannot be had.
    """
    for i, account in enumerate(desk.account):
        venue = venue_of(account)
        if venue is None or instrument.name not in account.instruments:
            continue
        try:
            rules = account_venue(desk, i, at_ns)
            fee = published_fee(rules, instrument, account.fee_tier)
        except InputError as error:
            key = "venue" if account.fee_tier is None else "fee_tier"
            raise desk.error(f"account[{i}].{key}", error.problem, error.advice) from None
        own = rules.listing.get(instrument.name)
        if own is None and account.instrument_list is not None:
            found = f"{account.instrument_list} does not list {instrument.name}"
            raise desk.error(
                f"account[{i}].instrument_list", found, "take the venue's list of the day, or do not trade the contract"
            )
        lot = float(own.lot) if own is not None else instrument.lot if venue == "deribit" else None
        return lot, fee
    return instrument.lot, deribit_fee(instrument, at_ns)


def venue_of(account: AccountTerms) -> str | None:
    """Return where an account is: the venue that it names, else the one whose margin rule it names.

    Parameters
    ----------
    account : AccountTerms
        Of the desk file.

    Returns
    -------
    str or None
        One of ``VENUES``; None where neither says so. [text]
    """
    return account.venue or RULES.get(account.rule or "")


def account_venue(desk: Desk, i: int, at_ns: int) -> VenueRules:
    """Return the tables of the venue of an account, its own instrument list before them.

    Parameters
    ----------
    desk : Desk
        The desk file.
    i : int
        Which account; it names a venue, or the rule of one. [0-based]
    at_ns : int
        Instant of the market. [UTC epoch ns]

    Returns
    -------
    VenueRules
        The tables of that day. [as each line]

    Raises
    ------
    ConfigError
        If the instrument list cannot be read.
    InputError
        If the venue's list is not understood.
    """
    account = desk.account[i]
    venue = venue_of(account)
    assert venue is not None
    rules = rules_of(venue, at_ns)
    if account.instrument_list is None:
        return rules
    path = Path(account.instrument_list)
    if desk.file and not path.is_absolute():
        path = Path(desk.file).parent / path
    try:
        return with_listing(rules, path.read_bytes())
    except OSError as error:
        raise desk.error(
            f"account[{i}].instrument_list", f"{path} cannot be read: {error.strerror}", "check the path"
        ) from None
    except InputError as error:
        raise desk.error(f"account[{i}].instrument_list", error.problem, error.advice) from None
