"""What shall be neutral, and how much risk may cost, in the numeraire of the ticket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hedgerow.config import Desk
from hedgerow.config.desk import Target
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.hedging import GreekBand
from hedgerow.report.units import TARGETS

_LARGEST = 1e15


@dataclass(frozen=True, slots=True, kw_only=True)
class Goals:
    """Targets of the optimizer.

    Parameters
    ----------
    bands : tuple of GreekBand
        Greeks to hold; in desk units, so that messages speak the user's language.
    risk_aversion : float
        Weight of half the variance against cost. [per numeraire]
    notes : tuple of str
        What was converted. [text]
    """

    bands: tuple[GreekBand, ...]
    risk_aversion: float
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
    bands = tuple(_band(desk, name, target, from_file=neutral is None) for name, target in stated.items())
    return Goals(bands=bands, risk_aversion=desk.hedge.risk_aversion / rate, notes=tuple(notes))


def _convert(name: str, target: Target, rate: float) -> Target:
    """Convert a target between numeraires; delta is in coins in both."""
    factor = 1.0 if name == "delta" else rate
    return target * factor if isinstance(target, int | float) else (target[0] * factor, target[1] * factor)


def _band(desk: Desk, name: str, target: Target, *, from_file: bool) -> GreekBand:
    def refuse(problem: str, advice: str) -> ConfigError | InputError:
        if from_file:
            return desk.error(f"hedge.neutral.{name}", problem, advice)
        return InputError(f"neutral {name}: {problem}", advice)

    if name not in TARGETS:
        raise refuse("is not a Greek that can be held", f"use {', '.join(TARGETS)}")
    given: Any = target
    ends = (given, given) if isinstance(given, int | float) else given if isinstance(given, tuple | list) else ()
    if len(ends) != 2 or not all(isinstance(end, int | float) and abs(end) <= _LARGEST for end in ends):
        raise refuse(f"is {target!r}", "give a finite number, or a band [lower, upper]")
    lower, upper = ends
    if lower > upper:
        raise refuse(f"is [{lower:g}, {upper:g}]", "give a number, or a band [lower, upper]")
    return GreekBand(name=name, lower=float(lower), upper=float(upper))
