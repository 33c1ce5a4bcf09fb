"""Cost against risk: every policy of a study at many settings, all on the same paths, and a clock to compare with."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np

from hedgerow.config.simulation import SimulationStudy
from hedgerow.core.errors import ConfigError, InputError
from hedgerow.lab.comparing import Needs, beaten, bends, cheapest_crossing, saved
from hedgerow.lab.programmes import ResolvedPolicy
from hedgerow.lab.setting import Setting
from hedgerow.lab.tally import Figures, standard_error
from hedgerow.lab.trading import PARTS
from hedgerow.report.policy_frontier import FrontierCurve, FrontierPolicy, PolicyFrontier, Saving

MOST_SETTINGS: Final = 65
_WIDEST: Final = 16.0
"""Settings reach from the study's own over this to as many times it."""
_VARIED: Final = ("risk_aversion", "tolerance", "move", "every_hours", "every_steps", "every_s")
"""The parameter that a policy is varied by: the first of these that it has."""
_HOURS: Final = {"every_hours": 1.0, "every_s": 1.0 / 3600.0}
_HOUR_NS: Final = 3_600_000_000_000
_COSTS: Final = [PARTS.index(name) for name in ("proportional", "fixed", "impact")]
_TRADES: Final = PARTS.index("trades")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One policy of the study and where its settings stand in the wider one.

    Parameters
    ----------
    index : int
        Number of its own table. [index]
    parameter : str or None
        What is varied, None if it has no parameter. [name]
    settings : tuple of float
        Rising; empty without a parameter. [as the parameter]
    places : tuple of int
        Numbers of their tables; its own without a parameter. [index]
    added : tuple of float
        Those of the settings that nobody asked for: they narrow down where the curve has the clock's risk.
        [as the parameter]
    """

    index: int
    parameter: str | None
    settings: tuple[float, ...]
    places: tuple[int, ...]
    added: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study with all settings of its policies.

    Parameters
    ----------
    study : SimulationStudy
        Its first tables are those of the study that was given.
    lines : tuple of Line
        One for each of those.
    clock : int
        Number of the clock's table. [index]
    step_hours : float
        Time between two dates. [hours]
    notes : tuple of str
        What cannot be compared, and why. [text]
    """

    study: SimulationStudy
    lines: tuple[Line, ...]
    clock: int
    step_hours: float
    notes: tuple[str, ...]


def plan_frontier(study: SimulationStudy, settings: int, setting: Setting) -> Plan:
    """Add the settings of every policy, and the clock, to the policies of a study.

    Parameters
    ----------
    study : SimulationStudy
        The study, checked.
    settings : int
        So many for each policy, from a sixteenth of its parameter to sixteen times it, evenly in its logarithm. [count]
    setting : Setting
        The study in numbers.

    Returns
    -------
    Plan
        The wider study, and which table is what. [as its fields]

    Raises
    ------
    InputError
        If there are too few settings for a curve, or too many.
    ConfigError
        If the dates of the study do not meet the clock.
    """
    if not 2 <= settings <= MOST_SETTINGS:
        raise InputError(f"a frontier of {settings} settings", f"give 2 to {MOST_SETTINGS}")
    step_hours = setting.step_ns / _HOUR_NS
    clock = _clock(study, step_hours)
    tables, lines, notes = list(study.policy), [], []
    for i, table in enumerate(study.policy):
        parameter = next((name for name in _VARIED if isinstance(table.get(name), int | float)), None)
        if parameter is None and "risk_aversion" in _resolved_keys(study, table):
            parameter = "risk_aversion"
        if parameter is None:
            notes.append(f"{_name(table)}: has no parameter to vary")
            lines.append(Line(index=i, parameter=None, settings=(), places=(i,)))
            continue
        base = float(table.get(parameter) or study.objective.risk_aversion or 0.0)
        values = _values(parameter, base, settings, step_hours)
        places = tuple(range(len(tables), len(tables) + len(values)))
        tables += [varied(table, parameter, value, f"{i}/{k}") for k, value in enumerate(values)]
        lines.append(Line(index=i, parameter=parameter, settings=values, places=places))
    wider = msgspec.structs.replace(study, policy=(*tables, clock))
    return Plan(study=wider, lines=tuple(lines), clock=len(tables), step_hours=step_hours, notes=tuple(notes))


def resolve_plan(
    plan: Plan, own: int, resolved: Callable[[int], ResolvedPolicy]
) -> tuple[Plan, tuple[ResolvedPolicy, ...]]:
    """Make all policies of a plan; a setting that a policy refuses is left out and noted.

    Parameters
    ----------
    plan : Plan
        The wider study.
    own : int
        So many of its tables are those of the study that was given: what they refuse is raised. [count]
    resolved : callable
        Makes the policy of a table from its number.

    Returns
    -------
    tuple of (Plan, tuple of ResolvedPolicy)
        The plan without what was refused, and its policies in order. [as their fields]

    Raises
    ------
    ConfigError
        If a policy of the study itself cannot be run.
    """
    made: list[ResolvedPolicy] = []
    places: dict[int, int] = {}
    refused: dict[int, str] = {}
    for i in range(len(plan.study.policy)):
        try:
            made.append(resolved(i))
        except ConfigError as error:
            if i < own:
                raise
            refused[i] = error.problem.rpartition(f"{error.field}: ")[2]  # its place is in no file
            continue
        places[i] = len(made) - 1
    kept = [_kept(line, places) for line in plan.lines]
    notes = [*plan.notes, *(note for line in plan.lines for note in _left_out(line, made[line.index].name, refused))]
    return replace(plan, lines=tuple(kept), clock=places[plan.clock], notes=tuple(notes)), tuple(made)


def _kept(line: Line, places: dict[int, int]) -> Line:
    """Return a line without refused settings; if none is left, the policy as the study has it."""
    left = [(value, places[k]) for value, k in zip(line.settings, line.places, strict=False) if k in places]
    if not left:
        return Line(index=line.index, parameter=None, settings=(), places=(line.index,))
    settings, kept = zip(*left, strict=True)
    return replace(line, settings=settings, places=kept)


def _left_out(line: Line, name: str, refused: dict[int, str]) -> list[str]:
    """Say which settings of a line were refused, and why the first was."""
    out = [(value, refused[k]) for value, k in zip(line.settings, line.places, strict=False) if k in refused]
    if not out:
        return []
    listed = ", ".join(f"{value:.3g}" for value, _ in out)
    return [f"{name}: without {line.parameter} {listed}: {out[0][1]}"]


def needs_of(figures: Sequence[Figures], scale: float = 1.0) -> Needs:
    """Return what policies need.

    Parameters
    ----------
    figures : sequence of Figures
        What each came to. [money]
    scale : float
        From money to the report unit. [report unit per money]

    Returns
    -------
    Needs
        Deviations, costs and numbers of trades. [report unit], [count]
    """
    return Needs(
        deviation=scale * np.stack([each.std for each in figures]),
        cost=scale * np.stack([each.parts[_COSTS].sum(axis=0) for each in figures]),
        trades=np.stack([each.parts[_TRADES] for each in figures]),
    )


def frontier_of(
    plan: Plan, policies: Sequence[ResolvedPolicy], figures: Sequence[Figures], *, scale: float, unit: str
) -> PolicyFrontier:
    """Compare all policies at the risk of the clock.

    Parameters
    ----------
    plan : Plan
        What was run.
    policies : sequence of ResolvedPolicy
        All of it, in order.
    figures : sequence of Figures
        What each came to. [money]
    scale : float
        From money to the report unit. [report unit per money]
    unit : str
        The report unit. [name]

    Returns
    -------
    PolicyFrontier
        Curves, and what each saves. [report unit]

    References
    ----------
    Errors by the delete-one-group jackknife: Efron, Tibshirani (1993), "An Introduction to the Bootstrap", eq. 11.5.
    """
    needs = needs_of(figures, scale)
    means = [scale * float(each.mean[0]) for each in figures]
    curves = []
    for line in plan.lines:
        worse = beaten(needs, line.places)
        points = tuple(
            replace(_point(needs, means, k, value), added=value in line.added, beaten=is_worse)
            for k, value, is_worse in zip(line.places, line.settings or (None,), worse, strict=True)
        )
        policy = policies[line.index]
        curves.append(FrontierCurve(name=policy.name, kind=policy.kind, parameter=line.parameter, points=points))
    return PolicyFrontier(
        unit=unit,
        every_hours=plan.study.frontier.compare_every_hours,
        clock=_point(needs, means, plan.clock, None),
        curves=tuple(curves),
        savings=tuple(_savings(plan, policies, needs, plan.clock)),
        notes=plan.notes,
    )


def _resolved_keys(study: SimulationStudy, table: dict[str, Any]) -> tuple[str, ...]:
    """Return the keys that a table takes from the objective."""
    asks = table["kind"] in ("whalley_wilmott", "zakamouline", "gas_aware", "quadratic_impact", "exact")
    return ("risk_aversion",) if asks and study.objective.risk_aversion is not None else ()


def _name(table: dict[str, Any]) -> str:
    return str(table.get("name", "") or table["kind"])


def _values(parameter: str, base: float, count: int, step_hours: float) -> tuple[float, ...]:
    """Return the settings; intervals are whole steps, each once."""
    found = base * np.geomspace(1.0 / _WIDEST, _WIDEST, count)
    return tuple(sorted({allowed(parameter, float(value), step_hours) for value in found}))


def allowed(parameter: str, value: float, step_hours: float) -> float:
    """Return the nearest setting that a policy can have: intervals are whole steps.

    Parameters
    ----------
    parameter : str
        What is varied. [name]
    value : float
        The setting that is wanted. [as the parameter]
    step_hours : float
        Time between two dates. [hours]

    Returns
    -------
    float
        That, or the nearest whole number of steps. [as the parameter]
    """
    if parameter == "every_steps":
        return float(max(round(value), 1))
    if parameter in _HOURS:
        step = step_hours / _HOURS[parameter]
        return max(round(value / step), 1) * step
    return value


def varied(table: dict[str, Any], parameter: str, value: float, tag: str) -> dict[str, Any]:
    """Return a table with another setting, under a name of its own.

    Parameters
    ----------
    table : dict
        A ``[[policy]]`` table. [as its keys]
    parameter : str
        What is varied. [name]
    value : float
        The setting. [as the parameter]
    tag : str
        What tells it from its other settings. [text]

    Returns
    -------
    dict
        A new table. [as its keys]
    """
    set_to = int(value) if parameter == "every_steps" else value
    return {**table, "name": f"{_name(table)} [{tag}]", parameter: set_to}


def _clock(study: SimulationStudy, step_hours: float) -> dict[str, Any]:
    """Return the table of the clock, if the dates of the study meet it."""
    every = study.frontier.compare_every_hours
    steps = every / step_hours
    if steps < 1.0 - 1e-9 or abs(steps - round(steps)) > 1e-6 * steps:
        near = max(round(steps), 1) * step_hours
        told = f"is {every:g}, and dates are {step_hours:g} hours apart"
        advice = f"give a whole number of them, {near:g} say, or choose hedge.steps so that they meet it"
        raise study.error("frontier.compare_every_hours", told, advice)
    return {"kind": "time_grid", "every_steps": round(steps), "name": f"every {every:g} hours [clock]"}


def _point(needs: Needs, means: list[float], k: int, value: float | None) -> FrontierPolicy:
    return FrontierPolicy(
        setting=value,
        deviation=float(needs.deviation[k, 0]),
        deviation_error=standard_error(needs.deviation[k]),
        mean=means[k],
        cost=float(needs.cost[k, 0]),
        cost_error=standard_error(needs.cost[k]),
        trades=float(needs.trades[k, 0]),
    )


def _savings(plan: Plan, policies: Sequence[ResolvedPolicy], needs: Needs, clock: int) -> list[Saving]:
    """Return what each policy with settings saves at the risk of the clock."""
    found = []
    for line in plan.lines:
        if line.parameter is None or policies[line.index].kind == "time_grid":  # clocks save nothing on a clock
            continue
        stds = needs.deviation[list(line.places), 0]
        reach = {"name": policies[line.index].name, "lowest": float(stds.min()), "highest": float(stds.max())}
        pair = cheapest_crossing(needs, line.places, float(needs.deviation[clock, 0]))
        found.append(_not_there(reach) if pair is None else _saving(line, pair, needs, clock, reach))
    return found


def _not_there(reach: dict[str, Any]) -> Saving:
    needed = ("setting", "cost", "trades", "less_cost", "less_cost_error", "fewer_trades", "fewer_trades_error")
    nothing: dict[str, Any] = dict.fromkeys(needed)
    return Saving(**reach, **nothing)


def _saving(line: Line, pair: tuple[int, int], needs: Needs, clock: int, reach: dict[str, Any]) -> Saving:
    found = saved(needs, pair, clock)
    first, second = (line.settings[line.places.index(k)] for k in pair)
    cost_bend, trades_bend = bends(needs, pair, clock)
    is_free = not np.isfinite(found.less_cost[0])
    return Saving(
        **reach,
        setting=first * (second / first) ** found.place,
        cost=float(found.cost[0]),
        trades=float(found.trades[0]),
        less_cost=None if is_free else float(found.less_cost[0]),
        less_cost_error=None if is_free else math.hypot(standard_error(found.less_cost), cost_bend),
        fewer_trades=float(found.fewer_trades[0]),
        fewer_trades_error=math.hypot(standard_error(found.fewer_trades), trades_bend),
    )
