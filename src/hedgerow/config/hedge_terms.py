"""What the desk file states for the optimizer: scenarios, accounts and their margin, what is left open."""

import datetime as dt
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec

from hedgerow.config.contract_terms import Fault
from hedgerow.venue_rules import VENUES

RULES: dict[str, str | None] = {
    "deribit_standard": "deribit",
    "deribit_portfolio": "deribit",
    "paradex": "paradex",
    "okx": "okx",
    "derive": "derive",
    "derive_portfolio": "derive",
    "fraction": None,
}
"""Margin rules by name, and whose they are."""

FUTURES_MARGIN: Final = 0.02
"""Initial margin of perpetuals and futures where an account under a plain rule states none. [fraction of notional]"""

OPEN_GREEKS = ("delta", "gamma", "vega")
"""Greeks whose risk a desk may keep on purpose."""


class Measure(StrEnum):
    """Risk over scenarios: the mean of the worst (cvar), the certainty equivalent (entropic), the worst cell."""

    CVAR = "cvar"
    ENTROPIC = "entropic"
    WORST = "worst"


class ScenarioTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The ``[hedge.scenarios]`` table: risk by full revaluation, beside the variance of the factor model.

    Parameters
    ----------
    measure : Measure
        ``cvar`` and ``entropic`` over simulated scenarios, ``worst`` over the grid of spot, vol and time that
        ``hedgerow risk`` prints.
    weight : float
        What a unit of the measure counts against a unit of cost. [pure]
    level : float or None
        Of cvar, the share of scenarios that do not count; of entropic, its risk aversion. [fraction, or per unit of the
        desk file's numeraire]
    count, seed : int
        Simulated scenarios and their seed. [count]
    """

    measure: Measure
    weight: float = 1.0
    level: float | None = None
    count: int = 10_000
    seed: int = 1


class Margin(StrEnum):
    """How an account is margined: a sum over positions, or the worst of a grid of scenarios."""

    STANDARD = "standard"
    SCENARIO = "scenario"


class Mode(StrEnum):
    """Whether all positions of an account share its margin, or its one position stands alone."""

    CROSS = "cross"
    ISOLATED = "isolated"


class AccountTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An ``[[account]]`` table: collateral of its own, and the positions that it carries.

    Parameters
    ----------
    name : str
        The user's name for it; ``[[position]]`` tables name it.
    instruments : tuple of str
        Hedging instruments that are traded in it.
    collateral : float or None
        Equity that covers margin; None for no margin row. [the desk file's numeraire]
    margin : Margin
        Which plain rule, where no venue's rule is named.
    venue : str or None
        Whose dated tables hold: fees, lots. One of ``venue_rules.VENUES``.
    fee_tier : str or None
        The venue's fee tier; None for that of a new account.
    instrument_list : str or None
        File with the venue's own instrument list, beside the desk file or by its whole path; it overrides the tables.
    rule : str or None
        The venue's margin rule: one of ``RULES``.
    rules_at : datetime or None
        Of which day the rule's tables hold; None for the day of the market. [UTC]
    mode : Mode
        Isolated accounts carry one contract.
    balances : dict of str to float
        Coins and cash in the account: they belong to the book and cover margin, in place of ``collateral``. [currency]
    haircuts : dict of str to float
        Share of each currency's worth that does not cover margin. [fraction]
    futures_margin : float or None
        Initial margin of perpetuals and futures by the plain rules; None for ``FUTURES_MARGIN``. [fraction of the
        notional]
    max_leverage : float or None
        Largest sum of absolute notionals over collateral. [pure]
    max_loan_to_value : float or None
        Largest worth of coins borrowed to be sold short, over collateral. [fraction]
    max_notional : float or None
        Largest sum of absolute notionals: exposure to the venue. [the desk file's numeraire]
    """

    name: str
    instruments: tuple[str, ...]
    collateral: float | None = None
    margin: Margin = Margin.STANDARD
    venue: str | None = None
    fee_tier: str | None = None
    instrument_list: str | None = None
    rule: str | None = None
    rules_at: dt.datetime | None = None
    mode: Mode = Mode.CROSS
    balances: dict[str, float] = {}
    haircuts: dict[str, float] = {}
    futures_margin: float | None = None
    max_leverage: float | None = None
    max_loan_to_value: float | None = None
    max_notional: float | None = None


def scenario_faults(terms: ScenarioTerms) -> Iterator[Fault]:
    """Look for what breaks a rule in a ``[hedge.scenarios]`` table.

    Parameters
    ----------
    terms : ScenarioTerms
        The table.

    Yields
    ------
    tuple of (str, str, str)
        Field, what is wrong, what to do. [text]
    """
    if not 0.0 < terms.weight <= 1e9:
        yield ".weight", f"is {terms.weight:g}", "a weight is positive: 1 counts a unit of the measure like one of cost"
    if not 100 <= terms.count <= 200_000:
        yield ".count", f"is {terms.count}", "give 100 to 200,000 scenarios"
    if terms.seed < 0:
        yield ".seed", f"is {terms.seed}", "a seed is a whole number, not negative"
    if terms.measure is Measure.WORST:
        if terms.level is not None:
            yield ".level", f"is {terms.level:g}", "the worst cell has no level: remove it"
    elif terms.level is None:
        yield "", f"states no level for {terms.measure.value}", "add level = 0.95, or a risk aversion for entropic"
    elif terms.measure is Measure.CVAR and not 0.0 <= terms.level < 1.0:
        yield ".level", f"is {terms.level:g}", "give the share of scenarios that do not count: 0.95"
    elif terms.measure is Measure.ENTROPIC and not 1e-15 <= terms.level <= 1e9:
        yield ".level", f"is {terms.level:g}", "give a risk aversion: positive, per unit of the numeraire"


def account_faults(terms: AccountTerms) -> Iterator[Fault]:
    """Look for what breaks a rule in an ``[[account]]`` table.

    Parameters
    ----------
    terms : AccountTerms
        The table.

    Yields
    ------
    tuple of (str, str, str)
        Field, what is wrong, what to do. [text]
    """
    if not terms.name or not terms.name.isprintable():
        yield ".name", f"is {terms.name!r}", "give it a printable name"
    if terms.collateral is not None and not terms.collateral > 0.0:
        yield ".collateral", f"is {terms.collateral:g}", "collateral is positive"
    yield from _venue_faults(terms)
    yield from _rule_faults(terms)
    yield from _balance_faults(terms)
    if terms.futures_margin is not None and not 0.0 < terms.futures_margin <= 1.0:
        yield ".futures_margin", f"is {terms.futures_margin:g}", "a margin is a fraction: write 0.02 for 2 %"
    for name, most in (("max_leverage", 1000.0), ("max_loan_to_value", 1.0)):
        value = getattr(terms, name)
        if value is not None and terms.collateral is None and not terms.balances:
            yield f".{name}", "stands without collateral", "state collateral or balances as well"
        elif value is not None and not 0.0 < value <= most:
            yield f".{name}", f"is {value:g}", f"give a number from above 0 to {most:g}"
    if terms.max_notional is not None and not terms.max_notional > 0.0:
        yield ".max_notional", f"is {terms.max_notional:g}", "a notional is positive"


def _venue_faults(terms: AccountTerms) -> Iterator[Fault]:
    """Look at whose tables hold."""
    if terms.venue is not None and terms.venue not in VENUES:
        yield ".venue", f"is {terms.venue!r}, of which no tables are on file", f"use {', '.join(VENUES)}"
    for key in ("fee_tier", "instrument_list"):
        if getattr(terms, key) is not None and terms.venue is None:
            yield f".{key}", "stands without a venue", "state venue as well"


def _rule_faults(terms: AccountTerms) -> Iterator[Fault]:
    """Look at the margin rule and what covers it."""
    if terms.rule is None:
        stated = {"haircuts": terms.haircuts, "mode": terms.mode is Mode.ISOLATED, "rules_at": terms.rules_at}
        for key, given in stated.items():
            if given:
                yield f".{key}", "stands without a rule", "state rule as well"
        return
    if terms.rule not in RULES:
        yield ".rule", f"is {terms.rule!r}", f"use {', '.join(RULES)}"
        return
    yield from _fraction_faults(terms)
    if terms.rules_at is not None and terms.rules_at.tzinfo is None:
        yield ".rules_at", "has no time zone", "write it with Z, as 2024-06-17T00:00:00Z"
    if terms.margin is not Margin.STANDARD:
        yield ".margin", f"is {terms.margin.value!r} beside rule = {terms.rule!r}", "remove one of the two"
    owner = RULES[terms.rule]
    if owner is not None and terms.venue not in (None, owner):
        yield ".rule", f"is {terms.rule!r}, a rule of {owner}, the venue is {terms.venue}", "name one venue"
    if terms.collateral is None and not terms.balances:
        yield ".rule", "stands without anything that covers margin", "state balances or collateral"


def _fraction_faults(terms: AccountTerms) -> Iterator[Fault]:
    """Look at the margin that the rule ``fraction`` needs, and no other."""
    if terms.futures_margin is not None and terms.rule != "fraction":
        yield ".futures_margin", f"is without effect beside rule = {terms.rule!r}", "remove it, or use fraction"
    if terms.futures_margin is None and terms.rule == "fraction":
        yield ".futures_margin", 'is missing beside rule = "fraction"', "state it: 0.1 for 10 %"


def _balance_faults(terms: AccountTerms) -> Iterator[Fault]:
    if terms.balances and terms.collateral is not None:
        yield ".collateral", "stands beside balances", "keep one: balances belong to the book, collateral does not"
    for currency, amount in terms.balances.items():
        if not amount >= 0.0:
            yield f".balances.{currency}", f"is {amount:g}", "a balance is not negative"
    for currency, share in terms.haircuts.items():
        if not 0.0 <= share <= 1.0:
            yield f".haircuts.{currency}", f"is {share:g}", "a haircut is a fraction: write 0.05 for 5 %"
