"""What the desk file states for the optimizer: scenarios, accounts and their margin, what is left open."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from hedgerow.config.contract_terms import Fault

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
        Which rule.
    futures_margin : float
        Standard initial margin of perpetuals and futures. [fraction of the notional]
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
    futures_margin: float = 0.02
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
    if terms.collateral is not None and not terms.collateral > 0.0:
        yield ".collateral", f"is {terms.collateral:g}", "collateral is positive"
    if not 0.0 < terms.futures_margin <= 1.0:
        yield ".futures_margin", f"is {terms.futures_margin:g}", "a margin is a fraction: write 0.02 for 2 %"
    for name, most in (("max_leverage", 1000.0), ("max_loan_to_value", 1.0)):
        value = getattr(terms, name)
        if value is not None and terms.collateral is None:
            yield f".{name}", "stands without collateral", "state collateral as well"
        elif value is not None and not 0.0 < value <= most:
            yield f".{name}", f"is {value:g}", f"give a number from above 0 to {most:g}"
    if terms.max_notional is not None and not terms.max_notional > 0.0:
        yield ".max_notional", f"is {terms.max_notional:g}", "a notional is positive"
