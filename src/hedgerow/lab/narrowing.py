"""Further passes over the same paths: settings ever closer to where a policy has the risk of the clock.

Settings of a frontier are far apart, and a straight line between two of them is a poor guess of what lies there. So
the two that bracket the clock's risk are brought together, until the line between them hardly matters.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple, TypeAlias

from hedgerow.lab.comparing import Needs, cheapest_crossing
from hedgerow.lab.frontier import Line, Plan, allowed, needs_of, varied
from hedgerow.lab.programmes import ResolvedPolicy
from hedgerow.lab.tally import Figures

_PASSES: Final = 3
_TIGHT: Final = 0.02
"""A bracket is tight when its risks differ by less than this part. [fraction]"""
_AROUND: Final = 0.1
"""New settings stand so far from the guess, in widths of the bracket. [fraction]"""
_SAME: Final = 1e-6
"""Settings that differ by less than this part are the same. [fraction]"""
Run: TypeAlias = Callable[[Sequence[dict[str, Any]]], Sequence[tuple[ResolvedPolicy, Figures] | None]]
"""Takes tables through all paths; None stands for a table that its policy refuses."""


class _Wanted(NamedTuple):
    """A setting that would help: number of the line, setting, table."""

    line: int
    setting: float
    table: dict[str, Any]


def narrowed(
    plan: Plan, policies: Sequence[ResolvedPolicy], figures: Sequence[Figures], run: Run
) -> tuple[Plan, tuple[ResolvedPolicy, ...], tuple[Figures, ...]]:
    """Bring the settings that bracket the clock's risk together, in up to three more passes.

    Parameters
    ----------
    plan : Plan
        What was run.
    policies : sequence of ResolvedPolicy
        All of it, in order.
    figures : sequence of Figures
        What each came to. [money]
    run : callable
        Takes further tables through the same paths.

    Returns
    -------
    tuple of (Plan, tuple of ResolvedPolicy, tuple of Figures)
        The same with what was added behind. [as their fields]

    References
    ----------
    Regula falsi from both sides: Press et al. (2007), "Numerical Recipes", section 9.2.
    """
    made, counted = list(policies), list(figures)
    for number in range(_PASSES):
        needs = needs_of(counted)
        wanted = [each for i, line in enumerate(plan.lines) for each in _wanted(plan, made, needs, i, line, number)]
        if not wanted:
            break
        found: dict[int, list[tuple[float, int]]] = {}
        for each, answer in zip(wanted, run([each.table for each in wanted]), strict=True):
            if answer is not None:
                found.setdefault(each.line, []).append((each.setting, len(made)))
                made.append(answer[0])
                counted.append(answer[1])
        plan = replace(plan, lines=tuple(_with(line, found.get(i, [])) for i, line in enumerate(plan.lines)))
    return plan, tuple(made), tuple(counted)


def _with(line: Line, found: Sequence[tuple[float, int]]) -> Line:
    """Put further settings where they belong."""
    both = sorted([*zip(line.settings, line.places, strict=True), *found]) if found else []
    if not both:
        return line
    settings, places = zip(*both, strict=True)
    return replace(line, settings=settings, places=places, added=(*line.added, *(value for value, _ in found)))


def _wanted(
    plan: Plan, policies: Sequence[ResolvedPolicy], needs: Needs, i: int, line: Line, number: int
) -> list[_Wanted]:
    """Return the settings at which a policy should be run next."""
    if line.parameter is None or policies[line.index].kind == "time_grid":
        return []
    table = plan.study.policy[line.index]
    found: list[_Wanted] = []
    for value in dict.fromkeys(allowed(line.parameter, each, plan.step_hours) for each in _guesses(plan, needs, line)):
        if all(abs(value / known - 1.0) > _SAME for known in line.settings):
            tag = f"{line.index}+{number}/{len(found)}"
            found.append(_Wanted(i, value, varied(table, line.parameter, value, tag)))
    return found


def _guesses(plan: Plan, needs: Needs, line: Line) -> list[float]:
    """Return settings on both sides of the place where the curve seems to have the clock's risk."""
    risk, wanted = needs.deviation[:, 0], float(needs.deviation[plan.clock, 0])
    pair = cheapest_crossing(needs, line.places, wanted)
    if pair is None:
        return _about_the_least(line, [float(risk[k]) for k in line.places], wanted)
    high, low = (float(risk[k]) for k in pair)
    if high - low <= _TIGHT * wanted:
        return []
    first, second = (math.log(line.settings[line.places.index(k)]) for k in pair)
    width = second - first
    share = math.log(high / wanted) / math.log(high / low) if low > 0.0 else (high - wanted) / (high - low)
    # Never beyond the bracket, and nearer to its end than the guess itself where that is close to it.
    before, after = max(share - _AROUND, 0.5 * share), min(share + _AROUND, 0.5 * (1.0 + share))
    return [math.exp(first + place * width) for place in (before, after)]


def _about_the_least(line: Line, risk: list[float], wanted: float) -> list[float]:
    """Return settings about the least risk of a curve that turns back above the clock's: it may dip in between."""
    least = min(range(len(risk)), key=risk.__getitem__)
    if not 0 < least < len(risk) - 1 or risk[least] <= wanted:
        return []
    return [math.sqrt(line.settings[least] * line.settings[k]) for k in (least - 1, least + 1)]
