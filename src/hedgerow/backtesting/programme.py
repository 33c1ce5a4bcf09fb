"""What a dynamic program has to solve for a study, and the policy that follows its bands.

A study in USD counts the coin as the asset. One in coin counts the dollar, whose price in coin is y = 1/S: a call
struck at K is K puts on y struck at 1/K, and liquidity between a and b is liquidity between 1/b and 1/a.
"""

import math
from collections.abc import Callable
from typing import Final

from hedgerow.book import Row, kernels
from hedgerow.config import PolicyLine, Study
from hedgerow.config.policy_lines import ExactLine
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.core.instants import HOUR_NS, YEAR_NS
from hedgerow.policy import ExactBand
from hedgerow.policy.programmes import HedgingProblem, Payoff, exact_bands
from hedgerow.policy.programmes.lattice import holdings_wanted, lattice

_MOST_STEPS: Final = 2_000
_TRUSTED: Final = 0.02
"""A program whose error is larger than this, of what the book moves if left alone, is refused."""
_ENDLESS: Final = 1e12
"""Liquidity up to a price beyond this counts as liquidity at all prices. [money per asset]"""
_OPTIONS: Final = (kernels.LINEAR_OPTION, kernels.INVERSE_OPTION)
Tell = Callable[[str, int, int], None]


def hedging_problem(
    study: Study, line: ExactLine, rows: tuple[Row, ...], spot: float, *, proportional_cost: float, fixed_cost: float
) -> HedgingProblem:
    """State what a program has to solve for a study.

    What is held ends with the study: liquidity at its value, options at their Black value for the time that is left.
    The first trade costs; what is held as a hedge at the end is not sold. The asset has no drift in the numeraire: who
    hedges has no view.

    Parameters
    ----------
    study : Study
        Its days and numeraire.
    line : ExactLine
        Its own vol and dates, where it states them.
    rows : tuple of Row
        What is held and not traded. [USD terms]
    spot : float
        The first price. [USD per coin]
    proportional_cost : float
        Of the value traded. [fraction]
    fixed_cost : float
        Of every trade. [numeraire]

    Returns
    -------
    HedgingProblem
        In terms of the asset: the coin, or the dollar where P&L is counted in coins. [as its fields]

    Raises
    ------
    InputError
        If a number is outside its domain.
    """
    in_coin, left_ns = study.numeraire == study.base, study.end_ns - study.start_ns
    steps = line.steps or min(max(round(left_ns / HOUR_NS), 1), _MOST_STEPS)
    bent = [row for row in rows if row.kind in (*_OPTIONS, kernels.RANGE)]
    vol = line.vol or _mean_vol(study, rows)
    return HedgingProblem(
        spot=1.0 / spot if in_coin else spot,
        vol=vol,
        years=left_ns / YEAR_NS,
        steps=steps,
        payoffs=tuple(_payoff(row, steps, study.end_ns, in_coin=in_coin) for row in bent),
        proportional_cost=line.proportional_cost if line.proportional_cost is not None else proportional_cost,
        fixed_cost=line.fixed_cost if line.fixed_cost is not None else fixed_cost,
        charge_liquidation=False,
        held=_outright(study, rows, spot),
    )


def _outright(study: Study, rows: tuple[Row, ...], spot: float) -> float:
    """Return what is held of the asset at the start without options and liquidity, less the wanted delta."""
    in_coin = study.numeraire == study.base
    kind = kernels.CASH if in_coin else kernels.COIN
    held = sum(row.quantity for row in rows if row.kind == kind)
    for account in study.account:
        for currency, amount in account.balances.items():
            if (currency == study.base) is not in_coin:
                held += amount if currency in (study.base, "USD") else amount * study.rates[currency]
    return held + study.hedge.delta * (spot if in_coin else -1.0)


def _payoff(row: Row, steps: int, end_ns: int, *, in_coin: bool) -> Payoff:
    if row.kind == kernels.RANGE:
        lower, upper = (1.0 / row.upper, 1.0 / row.lower) if in_coin else (row.lower, row.upper)
        edge = upper if upper < _ENDLESS else None
        return Payoff(kind="liquidity", quantity=row.quantity, step=steps, lower=lower, upper=edge)
    is_call = (row.sign > 0.0) is not in_coin  # of a dollar in coin the call is a put
    strike = row.strike / row.ratio  # a call on the forward r·S is r calls on S struck at K/r; r coins are paid for one
    units = row.quantity * (row.ratio if row.kind == kernels.LINEAR_OPTION else 1.0)
    return Payoff(
        kind="call" if is_call else "put",
        quantity=units * strike if in_coin else units,
        step=steps,
        strike=1.0 / strike if in_coin else strike,
        years_left=((row.expiry_ns or end_ns) - end_ns) / YEAR_NS,
        vol=row.vol,
    )


def _mean_vol(study: Study, rows: tuple[Row, ...]) -> float:
    """Return the vol of the options, weighted by their gamma at the money at the start."""
    options = [row for row in rows if row.kind in _OPTIONS]
    weights = [
        abs(row.quantity) / (row.vol * math.sqrt(((row.expiry_ns or 0) - study.start_ns) / YEAR_NS)) for row in options
    ]
    if not sum(weights):
        weights = [1.0] * len(options)
    return sum(weight * row.vol for weight, row in zip(weights, options, strict=True)) / sum(weights)


def exact_policy(
    study: Study,
    line: ExactLine,
    rows: tuple[Row, ...],
    spot: float,
    *,
    proportional_cost: float,
    fixed_cost: float,
    tell: Tell | None = None,
) -> ExactBand:
    """Make the policy that follows the exact bands of a study; solve them, if that has not been done.

    Parameters
    ----------
    study : Study
        Its days and numeraire.
    line : ExactLine
        Risk aversion, and what it states itself.
    rows : tuple of Row
        What is held and not traded. [USD terms]
    spot : float
        The first price. [USD per coin]
    proportional_cost : float
        What the instrument costs, where the line states nothing. [fraction]
    fixed_cost : float
        The same of a trade of any size. [numeraire]
    tell : callable, optional
        Told what is done, how many dates are done and how many there are.

    Returns
    -------
    ExactBand
        Solved. [as its fields]

    Raises
    ------
    ConfigError
        If the program cannot be solved, or not well enough to be trusted.
    """
    where = f"policy[{next(i for i, other in enumerate(study.policy) if other is line)}]"
    try:
        problem = hedging_problem(study, line, rows, spot, proportional_cost=proportional_cost, fixed_cost=fixed_cost)
        error = exact_bands(problem, line.risk_aversion, tell=tell).error
        lowest, highest = holdings_wanted(problem, lattice(problem, 2.0))
        policy = ExactBand(
            problem=problem, risk_aversion=line.risk_aversion, start_ns=study.start_ns, end_ns=study.end_ns
        )
    except InputError as fault:
        raise _refused(study, line, where, fault) from None
    size = problem.spot * problem.vol * math.sqrt(problem.years) * max(abs(lowest), abs(highest))
    if error > _TRUSTED * size:
        told = f"its program's grid is too coarse to trust: its value is off by {error:.2g} {study.numeraire}"
        raise study.error(f"{where}.kind", told, "take fewer steps or a smaller risk_aversion")
    return policy


def _refused(study: Study, line: PolicyLine, where: str, fault: InputError) -> ConfigError:
    """Point at the key that the refusal names, if it is in the file."""
    key, _, told = fault.problem.partition(" = ")
    if not told or getattr(line, key, None) is None:
        return study.error(f"{where}.kind", f"exact: {fault.problem}", fault.advice)
    return study.error(f"{where}.{key}", f"is {told}", fault.advice)
