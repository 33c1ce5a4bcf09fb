"""What a reader of a study must know about its objective and what it holds."""

from collections.abc import Sequence

from hedgerow.config.simulation import SimulationStudy
from hedgerow.config.simulation_tables import CallLine, PutLine
from hedgerow.lab.programmes import ResolvedPolicy


def remarks(study: SimulationStudy, policies: Sequence[ResolvedPolicy], *, has_gap: bool) -> tuple[str, ...]:
    """Say why there is no gap, what ``exact`` minimises, and what the means of liquidity contain.

    Parameters
    ----------
    study : SimulationStudy
        The study.
    policies : sequence of ResolvedPolicy
        Its policies.
    has_gap : bool
        Whether the optimum is among them. [bool]

    Returns
    -------
    tuple of str
        Sentences for the notes. [text]
    """
    found = []
    if not has_gap:
        found.append(_no_gap(study, policies))
    if study.objective.kind != "entropic" and any(policy.kind == "exact" for policy in policies):
        told = "exact minimises E[exp(g·loss)] at its own risk_aversion g, not the objective of this study"
        found.append(f"{told}: it need not be the best by it")
    if any(not isinstance(line, CallLine | PutLine) for line in study.position):
        found.append("the means contain what the liquidity loses as the price moves: it earns no fees here")
    return tuple(found)


def _no_gap(study: SimulationStudy, policies: Sequence[ResolvedPolicy]) -> str:
    rules = study.objective
    wanted = "exact" if rules.kind == "entropic" else "optimal"
    if any(policy.kind in ("optimal", wanted) and not policy.is_exact for policy in policies):
        return "no gap to the optimum: it is known under gbm and merton only"
    if rules.kind == "entropic" and any(policy.kind == "exact" for policy in policies):
        return f'no gap to the optimum: give kind = "exact" the objective\'s risk_aversion, {rules.risk_aversion:g}'
    if study.hedge.impact_cost:
        return "no gap to the optimum: it is not known with impact_cost"
    return f'no gap to the optimum: list a [[policy]] with kind = "{wanted}"'
