"""From a ``[[policy]]`` table and a setting to the policy that walks the paths."""

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import numpy as np

from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_policies import ENGINE_ONLY, NamedPolicy
from hedgerow.config.simulation_tables import (
    DeltaLine,
    ExactLine,
    LelandLine,
    OptimalLine,
    RegularLine,
)
from hedgerow.core.errors import InputError
from hedgerow.core.instants import HOUR_NS, SECOND_NS
from hedgerow.lab.book_kernels import CALL, LIQUIDITY
from hedgerow.lab.setting import Setting
from hedgerow.lab.trading import BandPolicy
from hedgerow.policy import ALWAYS_WAIT, Band, EveryBlock, Leland, Scene, TimeGrid, with_costs
from hedgerow.policy.programmes import (
    ExactBand,
    HedgingProblem,
    MeanRiskOptimum,
    Payoff,
    exact_bands,
    mean_risk_bands,
)
from hedgerow.pricing.models import Merton

_EARLY: Final = 1.0 - 1e-12
"""Intervals are shorter by this: rounding must not let a date come before its instant of the grid."""
_COSTS: Final = ("proportional_cost", "fixed_cost", "impact_cost")
_TRUSTED: Final = 0.2
"""A program whose error is larger than this, of what the book moves if left alone, is refused."""
_TOLD: Final = 0.01
"""From this on, of the same, a note says what it is off by."""
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedPolicy:
    """A policy as a study runs it.

    Parameters
    ----------
    kind, name : str
        Its kind; its name.
    parameters : dict
        Its keys, those included that the study filled in.
    policy : BandPolicy
        What walks the paths.
    is_exact : bool
        Whether it is the optimum of this study, not just a rule. [bool]
    error : float
        What its own numbers are off by: the error of its grid. [money]
    notes : tuple of str
        What a reader must know. [text]
    """

    kind: str
    name: str
    parameters: dict[str, Any]
    policy: BandPolicy
    is_exact: bool = False
    error: float = 0.0
    notes: tuple[str, ...] = ()


class EverySoManyDates(msgspec.Struct, frozen=True):
    """A policy that is asked at the first date and at every so many after it, and trades nothing in between.

    Parameters
    ----------
    policy : BandPolicy
        Whom to ask; it is told that the next decision is so many dates away.
    every_steps : int
        The interval. [dates]
    step_ns : int
        Time between two dates. [ns]
    """

    policy: Any
    every_steps: int
    step_ns: int

    def init(self) -> Any:
        """Return the memory of the policy.

        Returns
        -------
        object
            As the policy has it. [as its fields]
        """
        return self.policy.init()

    def band(self, state: Any, scene: Scene) -> tuple[Any, Band]:
        """Return the policy's band at its dates, one without end elsewhere.

        Parameters
        ----------
        state : object
            The memory of the policy.
        scene : Scene
            All paths at one date.

        Returns
        -------
        tuple of (object, Band)
            New memory, band. [asset]
        """
        if round(scene.now_ns / self.step_ns) % self.every_steps:
            return state, ALWAYS_WAIT
        later = dataclasses.replace(scene, step_years=scene.step_years * self.every_steps)
        found: tuple[Any, Band] = self.policy.band(state, later)
        return found


def resolve(
    study: SimulationStudy, i: int, named: NamedPolicy, setting: Setting, tell: Tell | None = None
) -> ResolvedPolicy:
    """Make the policy of a ``[[policy]]`` table.

    Parameters
    ----------
    study : SimulationStudy
        The study, for the places of errors.
    i : int
        Number of the table. [index]
    named : NamedPolicy
        The table.
    setting : Setting
        The study in numbers.
    tell : callable, optional
        Told the progress of what takes long.

    Returns
    -------
    ResolvedPolicy
        Ready to walk. [as its fields]

    Raises
    ------
    ConfigError
        If the policy cannot be run in this study.
    """
    try:
        if isinstance(named.rule, ExactLine | OptimalLine):
            return _solved(study, i, named, setting, tell)
        policy, parameters = _plain(study, i, named.rule, setting)
    except InputError as error:
        raise study.error(f"policy[{i}]", error.problem, error.advice) from None
    return ResolvedPolicy(kind=named.kind, name=named.name, parameters=parameters, policy=policy)


def _plain(study: SimulationStudy, i: int, rule: Any, setting: Setting) -> tuple[BandPolicy, dict[str, Any]]:
    """Make a policy that needs no program, and return what it was given."""
    if isinstance(rule, DeltaLine):
        return EveryBlock(), {}
    if isinstance(rule, RegularLine):
        every = _every(study, i, rule, setting)
        return TimeGrid(every_s=every * setting.step_ns / SECOND_NS * _EARLY), _stated(rule)
    costs = {name: getattr(setting.rules, name) for name in _COSTS}
    if isinstance(rule, LelandLine):
        leland = with_costs(Leland(proportional_cost=rule.proportional_cost, constant=rule.constant), **costs)
        sparse = EverySoManyDates(leland, _every(study, i, rule, setting), setting.step_ns)
        return sparse, _stated(rule) | {"proportional_cost": leland.proportional_cost}
    whole: Any = with_costs(rule, **costs)
    return whole, _stated(whole)


def _stated(rule: Any) -> dict[str, Any]:
    """Return what a policy was given; what only an engine needs to know is left out."""
    found = msgspec.structs.asdict(rule)
    return {name: value for name, value in found.items() if value is not None and name not in ENGINE_ONLY}


def _every(study: SimulationStudy, i: int, line: RegularLine | LelandLine, setting: Setting) -> int:
    """Return how many dates lie between two decisions."""
    if line.every_hours is None:
        return line.every_steps or 1
    step_hours = setting.step_ns / HOUR_NS
    count = line.every_hours / step_hours
    if abs(count - round(count)) > 1e-6 or round(count) < 1:
        told = f"is {line.every_hours:g}, and dates are {step_hours:g} hours apart"
        raise study.error(f"policy[{i}].every_hours", told, "give a whole number of dates, or other hedge.steps")
    return round(count)


def _solved(study: SimulationStudy, i: int, named: NamedPolicy, setting: Setting, tell: Tell | None) -> ResolvedPolicy:
    """Solve the program of a policy, or find it solved."""
    if setting.rules.impact_cost:
        told = f"is {named.kind}, which does not know impact_cost"
        raise study.error(f"policy[{i}].kind", told, "take quadratic_impact, or impact_cost = 0")
    problem, is_exact = hedging_problem(setting)
    rules, dates = study.objective, {"start_ns": 0, "end_ns": setting.steps * setting.step_ns}
    aversion = named.rule.risk_aversion if isinstance(named.rule, ExactLine) else rules.risk_aversion or 0.0
    policy: ExactBand | MeanRiskOptimum
    parameters: dict[str, Any]
    if isinstance(named.rule, ExactLine) or rules.kind == "entropic":
        error = exact_bands(problem, aversion, tell=tell).error
        policy, parameters = ExactBand(problem=problem, risk_aversion=aversion, **dates), {"risk_aversion": aversion}
    else:
        name, weight = ("weight", rules.weight) if rules.kind == "mean_std" else ("level", rules.level)
        error = mean_risk_bands(problem, rules.kind, weight, tell=tell).error
        policy = MeanRiskOptimum(problem=problem, objective=rules.kind, weight=weight, **dates)
        parameters = {"objective": rules.kind, name: weight}
    if error > _TRUSTED * _size(setting):
        told = f"its program's grid is too coarse to trust: its value is off by {error:.2g}"
        raise study.error(f"policy[{i}].kind", told, "take other hedge.steps, or leave the policy out")
    notes = []
    if not is_exact:
        notes.append(f"solved for a constant vol of {problem.vol:.2%}: under this model it is a rule, not the optimum")
    if error > _TOLD * _size(setting):
        notes.append(f"what it reaches and what its program promised differ by up to {error:.2g}, in money")
    return ResolvedPolicy(
        kind=named.kind,
        name=named.name,
        parameters=parameters,
        policy=policy,
        is_exact=is_exact,
        error=error,
        notes=tuple(notes),
    )


def _size(setting: Setting) -> float:
    """Return roughly how far the value of the book moves if it is left alone."""
    options = setting.legs[:, 0] != LIQUIDITY
    delta = setting.book(np.full(1, setting.spot), np.where(options, -1.0, math.inf)).delta
    units = float(np.abs(setting.legs[options, 1]).sum() + np.abs(delta).sum())
    return units * setting.spot * setting.date(0).vol * math.sqrt(setting.steps * setting.step_years)


def hedging_problem(setting: Setting) -> tuple[HedgingProblem, bool]:
    """State what a dynamic program has to solve for a study.

    Parameters
    ----------
    setting : Setting
        The study in numbers.

    Returns
    -------
    problem : HedgingProblem
        In terms of the asset. [none]
    is_exact : bool
        Whether the asset moves as the program has it: GBM or Merton's model, not a stand-in of constant vol. [bool]
    """
    model, rules, sign = setting.model, setting.rules, -1.0 if setting.inverse else 1.0
    is_exact = isinstance(model, Merton)
    vol, jumps = setting.date(0).vol, {}
    drift = setting.drift
    if isinstance(model, Merton):
        vol = model.vol
        if model.jump_intensity > 0.0:
            jumps = {"jump_intensity": model.jump_intensity, "jump_mean": sign * model.jump_mean}
            jumps["jump_vol"] = model.jump_vol
    if setting.inverse:  # E[1/S_t]·S_0 = exp(drift·t) by Ito's formula
        drift = vol**2 - drift
        if isinstance(model, Merton):
            rise, fall = (math.expm1(s * model.jump_mean + 0.5 * model.jump_vol**2) for s in (1.0, -1.0))
            drift += model.jump_intensity * (rise + fall)
    problem = HedgingProblem(
        spot=setting.spot,
        vol=vol,
        years=setting.steps * setting.step_years,
        steps=setting.steps,
        payoffs=tuple(_payoff(setting, leg) for leg in range(setting.legs.shape[0])),
        proportional_cost=rules.proportional_cost,
        fixed_cost=rules.fixed_cost,
        drift=drift,
        charge_first_trade=rules.charge_first_trade,
        charge_liquidation=rules.charge_liquidation,
        **jumps,
    )
    return problem, is_exact


def _payoff(setting: Setting, leg: int) -> Payoff:
    kind, quantity, strike, upper, vol = (float(number) for number in setting.legs[leg])
    step = min(int(setting.expiry_step[leg]), setting.steps)
    if kind == LIQUIDITY:
        edge = upper if math.isfinite(upper) else None
        return Payoff(kind="liquidity", quantity=quantity, step=step, lower=strike, upper=edge)
    left = max(float(setting.years_left(setting.steps)[leg]), 0.0)
    return Payoff(
        kind="call" if kind == CALL else "put",
        quantity=quantity,
        step=step,
        strike=strike,
        years_left=left,
        vol=vol,
    )
