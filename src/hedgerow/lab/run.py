"""``simulate()``: a study from file to report, all policies on the same paths, in one pass."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from hedgerow.config.load_simulation import check_simulation, load_simulation
from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_policies import read_policies
from hedgerow.core.errors import ConfigError, InputError, TransformError
from hedgerow.lab.figures import DoneStudy, make_report, scale_of
from hedgerow.lab.frontier import plan_frontier, resolve_plan
from hedgerow.lab.histogram import LossHistogram
from hedgerow.lab.narrowing import narrowed
from hedgerow.lab.programmes import ResolvedPolicy, resolve
from hedgerow.lab.returns import RealReturns, read_returns
from hedgerow.lab.setting import Setting, make_setting
from hedgerow.lab.sources import ModelPaths, PathSource, ResampledPaths, substeps_of
from hedgerow.lab.tally import Figures, Tally
from hedgerow.lab.trading import Outcome, Walk
from hedgerow.report.simulation import SimulationReport

_ENDLESS: Final = 1e150
"""The square of a loss is no number any more beyond this. [money]"""
Tell = Callable[[str, int, int], None]


def simulate(
    study: SimulationStudy | str | Path, *, frontier: int | None = None, progress: Tell | None = None
) -> SimulationReport:
    """Run the policies of a study on simulated paths, or on real returns drawn again.

    Parameters
    ----------
    study : SimulationStudy, str or Path
        The study, or its file.
    frontier : int or None
        Run every policy at so many settings too, on the same paths. [count]
    progress : callable, optional
        Told a name, how much is done and how much there is. [count]

    Returns
    -------
    SimulationReport
        Figures with standard errors, policy by policy. [as its unit says]

    Raises
    ------
    ConfigError
        If the study cannot be run; names file, line, field and remedy.
    """
    return make_report(run_study(study, frontier=frontier, progress=progress))


def run_study(
    study: SimulationStudy | str | Path, *, frontier: int | None = None, progress: Tell | None = None
) -> DoneStudy:
    """Take the policies of a study through its paths, and count.

    Parameters
    ----------
    study : SimulationStudy, str or Path
        The study, or its file.
    frontier : int or None
        Run every policy at so many settings too, on the same paths. [count]
    progress : callable, optional
        Told a name, how much is done and how much there is. [count]

    Returns
    -------
    DoneStudy
        The study, its policies and what was counted. [as its fields]

    Raises
    ------
    ConfigError
        If the study cannot be run; names file, line, field and remedy.
    """
    if not isinstance(study, SimulationStudy):
        study = load_simulation(study)
    else:
        check_simulation(study)
    moves = "model" if study.resample is None else "resample"
    returns = read_returns(study, study.resample) if study.resample is not None else None
    with _told(study, "position[0]" if study.option is None else "option"):
        setting = make_setting(study, None if returns is None else returns.vol)
    with _told(study, moves):
        source = source_of(study, setting, returns)
    plan = None if frontier is None else plan_frontier(study, frontier, setting)
    wider = study if plan is None else plan.study
    named = read_policies(wider)

    def resolved(i: int) -> ResolvedPolicy:
        return resolve(wider, i, named[i], setting, progress)

    if plan is None:
        policies = tuple(map(resolved, range(len(named))))
    else:
        plan, policies = resolve_plan(plan, len(study.policy), resolved)
    spread = LossHistogram()
    figures = _walked(study, setting, source, policies, spread, progress)
    if plan is not None:

        def run(tables: Sequence[dict[str, Any]]) -> list[tuple[ResolvedPolicy, Figures] | None]:
            made = [_tried(study, setting, table, progress) for table in tables]
            kept = tuple(each for each in made if each is not None)
            walked = iter(_walked(study, setting, source, kept, None, progress, called="paths, closer settings"))
            return [None if each is None else (each, next(walked)) for each in made]

        plan, policies, figures = narrowed(plan, policies, figures, run)
    bins = spread.bins(scale_of(study, setting))
    return DoneStudy(
        study=study, setting=setting, policies=policies, figures=figures, bins=bins, plan=plan, returns=returns
    )


def _walked(
    study: SimulationStudy,
    setting: Setting,
    source: PathSource,
    policies: Sequence[ResolvedPolicy],
    spread: LossHistogram | None,
    progress: Tell | None,
    *,
    called: str = "paths",
) -> tuple[Figures, ...]:
    """Take policies through all paths; the losses of the study's own, which come first, are spread over bins."""
    rules, paths, moves = study.objective, study.simulation.paths, "model" if study.resample is None else "resample"
    tallies = tuple(Tally(risk_aversion=rules.risk_aversion, level=rules.level) for _ in policies)
    walk, walked = Walk(setting, [each.policy for each in policies]), 0
    with _told(study, moves):
        for y in source.blocks(paths) if policies else ():
            outcomes = walk.through(y)
            _check_finite(study, moves, outcomes)
            for tally, outcome in zip(tallies, outcomes, strict=True):
                tally.add(walked, outcome)
            if spread is not None:
                spread.add([outcome.losses for outcome in outcomes[: len(study.policy)]])
            walked += y.shape[1]
            if progress is not None:
                progress(called, walked, paths)
    return tuple(tally.figures() for tally in tallies)


def _tried(
    study: SimulationStudy, setting: Setting, table: dict[str, Any], progress: Tell | None
) -> ResolvedPolicy | None:
    """Make the policy of one more table; None if it refuses its setting."""
    alone = msgspec.structs.replace(study, policy=(table,))
    try:
        return resolve(alone, 0, read_policies(alone)[0], setting, progress)
    except ConfigError:
        return None


@contextmanager
def _told(study: SimulationStudy, table: str) -> Iterator[None]:
    """Let what a formula refuses name the file, and the table that its numbers come from."""
    try:
        # What numpy would warn of leaves losses that are not finite: those are refused, with the place in the file.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            yield
    except TransformError as error:
        raise study.error("model", error.problem, error.advice) from None
    except InputError as error:
        raise study.error(table, error.problem, error.advice or "change its numbers") from None
    except (OverflowError, ZeroDivisionError) as error:
        raise study.error(table, f"leads to numbers without end: {error}", "take less extreme numbers") from None


def _check_finite(study: SimulationStudy, table: str, outcomes: Sequence[Outcome]) -> None:
    if not all((np.abs(outcome.losses) < _ENDLESS).all() for outcome in outcomes):
        told = "leads to losses without end: prices leave the range of numbers"
        raise study.error(table, told, "take a shorter time, or less vol, drift or jumps")


def source_of(
    study: SimulationStudy, setting: Setting, returns: RealReturns | None, *, size: int | None = None
) -> PathSource:
    """Return where the paths of a study come from.

    Parameters
    ----------
    study : SimulationStudy
        The study.
    setting : Setting
        The study in numbers.
    returns : RealReturns or None
        What is resampled; None under a model.
    size : int or None
        Paths of a block; None for as many as fit. [count]

    Returns
    -------
    PathSource
        The paths. [none]

    Raises
    ------
    ConfigError
        If dates do not fall on the ends of bars, or are too far apart for the scheme of the model.
    """
    rules = study.simulation
    if returns is None or study.resample is None:
        substeps = substeps_of(study, setting)
        return ModelPaths(setting, seed=rules.seed, substeps=substeps, antithetic=rules.antithetic, size=size)
    bars = returns.bars_per_year * setting.step_years
    if abs(bars - round(bars)) > 1e-6 or round(bars) < 1:
        told = f"makes dates {bars:g} bars apart"
        raise study.error("hedge.steps", told, "choose it so that a step is a whole number of bars")
    return ResampledPaths(setting, returns, bars=round(bars), seed=rules.seed, size=size)
