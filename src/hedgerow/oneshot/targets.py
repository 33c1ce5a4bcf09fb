"""What shall be neutral, and how much risk may cost, in the numeraire of the ticket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hedgerow.config import Desk
from hedgerow.config.desk import Target
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.hedging import GreekBand
from hedgerow.instruments import expiry_of, parse_deribit
from hedgerow.report.units import IN_COINS, TARGETS

_LARGEST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """Targets of the optimizer.

    Parameters
    ----------
    bands : tuple of GreekBand
        Greeks to hold; in desk units, so that messages speak the user's language.
    buckets : tuple of (str, int or None)
        Of each band the Greek, and the expiry that alone counts. [UTC epoch ns]
    risk_aversion : float
        Weight of half the variance over the horizon against cost: that of the desk file, times the holding period over
        the horizon, since a hedge that is paid for once serves for as long as it is held. [per numeraire]
    periods : float
        The holding period over the horizon; ``risk_aversion`` counts it already, risk over scenarios is weighed by it.
        [pure]
    notes : tuple of str
        What was converted. [text]
    """

    bands: tuple[GreekBand, ...]
    buckets: tuple[tuple[str, int | None], ...]
    risk_aversion: float
    periods: float = 1.0
    notes: tuple[str, ...] = ()


def goals(desk: Desk, neutral: Mapping[str, Target] | None, *, numeraire: str, spot: float) -> Goals:
    """Read the targets of a ticket.

    Parameters
    ----------
    desk : Desk
        The desk file; its figures are in its own numeraire.
    neutral : mapping of str to Target, or None
        Targets in the ticket's numeraire; None takes the desk file's. [desk units]
    numeraire : str
        The ticket's numeraire.
    spot : float
        Index at which the desk file's figures are converted, if its numeraire is the other one. [USD per coin]

    Returns
    -------
    Goals
        Bands and risk aversion in the ticket's numeraire. [desk units]

    Raises
    ------
    ConfigError
        If a target of the desk file is not a Greek that can be held, or not a number or band.
    InputError
        If one of ``neutral`` is not.
    """
    rate = 1.0
    if numeraire != desk.numeraire:
        rate = spot if numeraire == "USD" else 1.0 / spot
    notes = []
    if neutral is None:
        stated = {name: _convert(name, target, rate) for name, target in desk.hedge.neutral.items()}
    else:
        stated = dict(neutral)
    if rate != 1.0:
        what = "risk_aversion and bands" if neutral is None else "risk_aversion"
        notes.append(f"{what} of the desk file are in {desk.numeraire}; converted to {numeraire} at the index")
    periods = 1.0
    if desk.hedge.holding_hours is not None:
        periods = desk.hedge.holding_hours / desk.risk.horizon_hours
        notes.append(
            f"trades are held for {desk.hedge.holding_hours:g} h: risk over {desk.risk.horizon_hours:g} h counts "
            f"{periods:g} times against their cost"
        )
    bands = tuple(_band(desk, name, target, from_file=neutral is None) for name, target in stated.items())
    return Goals(
        bands=bands,
        buckets=tuple(_bucket(desk, name, from_file=neutral is None) for name in stated),
        risk_aversion=desk.hedge.risk_aversion / rate * periods,
        periods=periods,
        notes=tuple(notes),
    )


def _convert(name: str, target: Target, rate: float) -> Target:
    """Convert a target between numeraires; some are in coins in both."""
    factor = 1.0 if name.partition("@")[0] in IN_COINS else rate
    return target * factor if isinstance(target, int | float) else (target[0] * factor, target[1] * factor)


def _refusal(desk: Desk, name: str, problem: str, advice: str, *, from_file: bool) -> ConfigError | InputError:
    if from_file:
        return desk.error(f"hedge.neutral.{name}", problem, advice)
    return InputError(f"neutral {name}: {problem}", advice)


def _bucket(desk: Desk, name: str, *, from_file: bool) -> tuple[str, int | None]:
    """Read ``vega_per_volpoint@26JAN24``: a Greek, and the expiry that alone counts."""
    greek, _, token = name.partition("@")
    if greek not in TARGETS:
        advice = f"use {', '.join(TARGETS)}"
        raise _refusal(desk, name, "is not a Greek that can be held", advice, from_file=from_file)
    if not token and not name.endswith("@"):
        return greek, None
    try:
        return greek, expiry_of(parse_deribit(f"{desk.base}-{token}"))
    except InputError:
        advice = "write the expiry as in the names of contracts: vega_per_volpoint@26JAN24"
        raise _refusal(desk, name, f"{token!r} is no expiry", advice, from_file=from_file) from None


def _band(desk: Desk, name: str, target: Target, *, from_file: bool) -> GreekBand:
    def refuse(problem: str, advice: str) -> ConfigError | InputError:
        return _refusal(desk, name, problem, advice, from_file=from_file)

    _bucket(desk, name, from_file=from_file)
    given: Any = target
    ends = (given, given) if isinstance(given, int | float) else given if isinstance(given, tuple | list) else ()
    if len(ends) != 2 or not all(isinstance(end, int | float) and abs(end) <= _LARGEST for end in ends):
        raise refuse(f"is {target!r}", "give a finite number, or a band [lower, upper]")
    lower, upper = ends
    if lower > upper:
        raise refuse(f"is [{lower:g}, {upper:g}]", "give a number, or a band [lower, upper]")
    return GreekBand(name=name, lower=float(lower), upper=float(upper))
