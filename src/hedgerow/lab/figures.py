"""From what was counted to the rows of the report: objectives, gaps to the optimum, and what is in doubt."""

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
import numpy as np

from hedgerow.config.simulation import SimulationStudy
from hedgerow.core.arrays import Float64
from hedgerow.lab.frontier import Plan, frontier_of
from hedgerow.lab.programmes import ResolvedPolicy
from hedgerow.lab.remarks import remarks
from hedgerow.lab.returns import RealReturns
from hedgerow.lab.setting import Setting
from hedgerow.lab.tally import GROUPS, Figures, standard_error
from hedgerow.report.published import FIGURES, PublishedFigure
from hedgerow.report.simulation import CostSplit, LossBins, PolicyFigures, SimulationReport

_SURE: Final = 2.0
"""A gap below so many standard errors is not a gap that was seen."""
_SAME: Final = 1e-12
"""Gaps below this part of the objectives are rounding, path by path the same policy. [fraction]"""
_HEAVY: Final = 0.2
"""With more of the exponentials in one group of paths, a certainty equivalent is that of a few paths. [fraction]"""
_FEW: Final = 20.0
"""With fewer paths in the tail a CVaR is that of a few paths. [count]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneStudy:
    """A study whose paths have been walked.

    Parameters
    ----------
    study : SimulationStudy
        The study.
    setting : Setting
        The same in numbers.
    policies : tuple of ResolvedPolicy
        In the order of the study; settings of a frontier stand behind them.
    figures : tuple of Figures
        What each came to. [money]
    bins : LossBins
        How the losses of the study's own policies are spread. [report unit]
    plan : Plan or None
        What of them is the frontier; None if none was asked for.
    returns : RealReturns or None
        What was drawn again; None under a model.
    """

    study: SimulationStudy
    setting: Setting
    policies: tuple[ResolvedPolicy, ...]
    figures: tuple[Figures, ...]
    bins: LossBins
    plan: Plan | None = None
    returns: RealReturns | None = None


def scale_of(study: SimulationStudy, setting: Setting) -> float:
    """Return what turns money into the report unit.

    Parameters
    ----------
    study : SimulationStudy
        The study.
    setting : Setting
        The same in numbers.

    Returns
    -------
    float
        1 for money, 100 over the premium for percent of it. [report unit per money]

    References
    ----------
    A definition, no formula.
    """
    return 100.0 / setting.premium if study.objective.report == "percent_of_premium" else 1.0


def make_report(done: DoneStudy) -> SimulationReport:
    """Turn what was counted into the report.

    Parameters
    ----------
    done : DoneStudy
        A study whose paths have been walked.

    Returns
    -------
    SimulationReport
        Figures with standard errors, policy by policy. [as its unit says]
    """
    study, setting, scale, plan = done.study, done.setting, scale_of(done.study, done.setting), done.plan
    own = len(study.policy)
    policies, figures = done.policies[:own], done.figures[:own]
    unit = study.objective.report
    objectives = [scale * objective_of(study, each) for each in figures]
    best = _benchmark(study, policies)
    gaps = [] if best is None else [each - objectives[best] for each in objectives]
    told: list[tuple[str, ...]] = [()] * own
    if best is not None:
        size, names = max(float(abs(each[0])) for each in objectives), [policy.name for policy in policies]
        told = _benchmark_notes(gaps, best, names, scale * policies[best].error, size)
    rows = []
    for i, (policy, each) in enumerate(zip(policies, figures, strict=True)):
        gap = gaps[i] if gaps else None
        notes = (*policy.notes, *_of_few(each, study), *told[i])
        rows.append(_row(policy, each, scale, objectives[i], objectives[i] - objectives[0], gap, notes))
    line: Any = study.model if study.model is not None else study.resample
    report = SimulationReport(
        name=study.name,
        model=msgspec.to_builtins(line),
        settlement=study.settlement,
        money="coin" if setting.inverse else "quote",
        unit=unit,
        spot=study.market.spot,
        premium=setting.premium,
        worth=setting.worth,
        objective=_stated_objective(study),
        steps=setting.steps,
        horizon_days=setting.steps * setting.step_years * study.days_per_year,
        days_per_year=study.days_per_year,
        hedge_vol=setting.date(0).vol,
        paths=study.simulation.paths,
        seed=study.simulation.seed,
        policies=tuple(rows),
        bins=done.bins,
        published=_published(study, rows),
        returns=None if done.returns is None else done.returns.facts(),
        notes=(
            *(() if done.returns is None else done.returns.notes),
            *_study_notes(study),
            *remarks(study, policies, has_gap=best is not None),
        ),
    )
    if plan is None:
        return report
    found = frontier_of(plan, done.policies, done.figures, scale=scale, unit=report.unit_name)
    return replace(report, frontier=found)


def _published(study: SimulationStudy, rows: list[PolicyFigures]) -> tuple[PublishedFigure, ...]:
    found, by_name = [], {row.name: row for row in rows}
    for line in study.published:
        seen, error = (float(getattr(by_name[line.policy], name)) for name in FIGURES[line.figure])
        found.append(PublishedFigure(**msgspec.structs.asdict(line), seen=seen, standard_error=error))
    return tuple(found)


def objective_of(study: SimulationStudy, figures: Figures) -> Float64[np.ndarray, " n_fold"]:
    """Return what a study minimises, and with each group of paths left out.

    Parameters
    ----------
    study : SimulationStudy
        Its ``[objective]`` counts.
    figures : Figures
        One policy's.

    Returns
    -------
    ndarray of shape (51,)
        All paths first. [money]
    """
    rules = study.objective
    if rules.kind == "entropic":
        return figures.certainty_equivalent
    return figures.cvar if rules.kind == "cvar" else figures.mean + rules.weight * figures.std


def _stated_objective(study: SimulationStudy) -> dict[str, Any]:
    rules = study.objective
    found: dict[str, Any] = {"kind": rules.kind, "level": rules.level, "risk_aversion": rules.risk_aversion}
    return found | {"weight": rules.weight if rules.kind == "mean_std" else None}


def _benchmark(study: SimulationStudy, policies: tuple[ResolvedPolicy, ...]) -> int | None:
    """Return which policy gaps are measured from: the exact one if entropic, at the objective's own risk aversion."""
    rules = study.objective
    for i, policy in enumerate(policies):
        best = policy.kind == "optimal"
        if rules.kind == "entropic" and policy.kind == "exact":
            best = policy.parameters["risk_aversion"] == rules.risk_aversion
        if best and policy.is_exact:
            return i
    return None


def _benchmark_notes(
    gaps: list[Float64[np.ndarray, " n_fold"]], best: int, names: list[str], grid_error: float, scale: float
) -> list[tuple[str, ...]]:
    """Return what is said of each gap: in doubt, or so far below zero that the benchmark cannot be the optimum."""
    told: list[tuple[str, ...]] = [() for _ in gaps]
    for i, gap in enumerate(gaps):
        if i == best or np.abs(gap).max() <= _SAME * scale:
            continue
        error = standard_error(gap)
        bounds = f"{_SURE:g} x {error:.2g} by chance and {grid_error:.2g} by grid"
        if abs(gap[0]) < _SURE * error + grid_error:
            told[i] = (f"the gap of {gap[0]:.3g} is within its error, {bounds}",)
        elif gap[0] < 0.0:
            told[i] = (f"the gap of {gap[0]:.3g} is below zero by more than its error, {bounds}",)
            told[i] = (f"{told[i][0]}: {names[best]} is not the optimum here",)
            told[best] += (f"not the optimum here: {names[i]} does better by {-gap[0]:.3g}, beyond {bounds}",)
    return told


def _of_few(figures: Figures, study: SimulationStudy) -> tuple[str, ...]:
    """Return which figures of a policy rest on too few paths, or could not be had."""
    notes = []
    if figures.heaviest > _HEAVY:
        notes.append(
            f"certainty equivalent decided by a few paths: one group of {GROUPS} has {figures.heaviest:.0%} of "
            f"E[exp(g·loss)], and its standard error is not to be trusted; take more paths or a smaller risk_aversion"
        )
    if not np.isfinite(figures.cvar).all():
        level = f"{study.objective.level:g}"
        notes.append(f"CVaR or its error not found: the tail at {level} begins outside of its bins; take another seed")
    return tuple(notes)


def _study_notes(study: SimulationStudy) -> tuple[str, ...]:
    tail = (1.0 - study.objective.level) * study.simulation.paths
    if tail >= _FEW - 1e-9:
        return ()
    told = f"CVaR decided by a few paths: the worst {1.0 - study.objective.level:.2%} of {study.simulation.paths:,} are"
    return (f"{told} {tail:.3g}, and its standard error is not to be trusted; take more paths or a lower level",)


def _row(
    policy: ResolvedPolicy,
    figures: Figures,
    scale: float,
    objective: np.ndarray,
    difference: np.ndarray,
    gap: np.ndarray | None,
    notes: tuple[str, ...],
) -> PolicyFigures:
    means = figures.parts[:, 0]
    certain = figures.certainty_equivalent
    return PolicyFigures(
        kind=policy.kind,
        name=policy.name,
        parameters=policy.parameters,
        mean=float(scale * figures.mean[0]),
        std=float(scale * figures.std[0]),
        cvar=float(scale * figures.cvar[0]),
        certainty_equivalent=float(scale * certain[0]),
        mean_error=scale * standard_error(figures.mean),
        std_error=scale * standard_error(figures.std),
        cvar_error=scale * standard_error(figures.cvar),
        certainty_equivalent_error=scale * standard_error(certain),
        objective=float(objective[0]),
        standard_error=standard_error(objective),
        trades=float(means[3]),
        turnover=float(means[4]),
        costs=CostSplit(
            proportional=float(scale * means[0]), fixed=float(scale * means[1]), impact=float(scale * means[2])
        ),
        difference=float(difference[0]),
        difference_error=standard_error(difference),
        gap=math.nan if gap is None else float(gap[0]),
        gap_error=math.nan if gap is None else standard_error(gap),
        grid_error=scale * policy.error,
        notes=notes,
    )
