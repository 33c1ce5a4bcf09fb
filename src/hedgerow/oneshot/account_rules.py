"""Margin rules of the accounts of a desk."""

from hedgerow.config import AccountTerms, Desk
from hedgerow.config.hedge_terms import FUTURES_MARGIN
from hedgerow.core.errors import ConfigError, HedgerowError, InputError
from hedgerow.core.instants import from_datetime
from hedgerow.margin import MarginRule, margin_rule
from hedgerow.venue_rules import NotOnFile


def rule_of(desk: Desk, account: AccountTerms, at_ns: int) -> MarginRule:
    """Return the margin rule of an account, as it stood on the day of the market or on the one that it states.

    Parameters
    ----------
    desk : Desk
        The desk file.
    account : AccountTerms
        One of its accounts, which names a rule.
    at_ns : int
        Instant of the market. [UTC epoch ns]

    Returns
    -------
    MarginRule
        The rule. [USD]

    Raises
    ------
    ConfigError
        If there is no table of it for the coin on that day.
    """
    assert account.rule is not None
    stated: dict[str, float] = {}
    if account.rule == "fraction":
        stated = {"initial": account.futures_margin or FUTURES_MARGIN}
    elif account.rule == "paradex":
        stated = {"funding_8h": _funding(desk, account)}
    if account.rules_at is not None:
        at_ns = from_datetime(account.rules_at)
    try:
        return margin_rule(account.rule, coin=desk.base, at_ns=at_ns, **stated)
    except HedgerowError as error:
        since = error.since if isinstance(error, NotOnFile) else None
        if since is None:
            raise rule_error(desk, account, error) from None
        advice = f"{error.advice}; or let its own first tables hold: rules_at = {since}T00:00:00Z in this [[account]]"
        raise rule_error(desk, account, InputError(error.problem, advice)) from None


def _funding(desk: Desk, account: AccountTerms) -> float:
    """Return the funding that the desk expects of the account's perpetuals. [fraction per 8 hours]"""
    mine = {*account.instruments, *(line.instrument for line in desk.position if line.account == account.name)}
    rates = {line.funding_rate for line in desk.contract if line.instrument in mine and line.funding_rate is not None}
    if len(rates) > 1:
        several = " and ".join(f"{rate:g}" for rate in sorted(rates))
        found = f"sets one funding rate aside, its perpetuals state {several}"
        where = f"account[{desk.account.index(account)}].rule"
        raise desk.error(where, found, "state one funding_rate, or give each perpetual an account of its own")
    return rates.pop() if rates else 0.0


def rule_error(desk: Desk, account: AccountTerms, error: HedgerowError) -> ConfigError:
    """Point an error into the file, at the rule of an account.

    Parameters
    ----------
    desk : Desk
        The desk file.
    account : AccountTerms
        One of its accounts.
    error : HedgerowError
        What went wrong.

    Returns
    -------
    ConfigError
        The same, with file and line; one that points there already stays as it is. [error]
    """
    if isinstance(error, ConfigError):
        return error
    return desk.error(f"account[{desk.account.index(account)}].rule", error.problem, error.advice)
