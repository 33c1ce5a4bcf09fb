"""The cost-risk frontier for machines."""

from typing import Any

from hedgerow.hedging.frontier import Frontier, FrontierPoint


def frontier_list(frontier: Frontier, *, scenarios: bool = False) -> list[dict[str, Any]]:
    """Write a frontier for machines: what ``--json`` prints under ``frontier``.

    Parameters
    ----------
    frontier : Frontier
        The frontier.
    scenarios : bool
        True if risk over scenarios counts beside the variance: the slope of the frontier in the variance alone is then
        not what a unit of risk costs, and none is stated. [bool]

    Returns
    -------
    list of dict
        One for each plan, by rising risk aversion. [numeraire]
    """
    return [_plain(frontier.names, point, scenarios) for point in frontier.points]


def missing_notes(frontier: Frontier | None) -> list[str]:
    """Say which plans are missing, and why.

    Parameters
    ----------
    frontier : Frontier or None
        The frontier, if there is one.

    Returns
    -------
    list of str
        One sentence for each risk aversion without a certified plan. [text]
    """
    missing = () if frontier is None else frontier.missing
    return [f"frontier: no plan at a risk aversion of {aversion:.3g}: {reason}" for aversion, reason in missing]


def _plain(names: tuple[str, ...], point: FrontierPoint, scenarios: bool) -> dict[str, Any]:
    return {
        "risk_aversion": point.risk_aversion,
        "own": point.own,
        "risk": point.risk_lots,
        "cost": point.cost_lots,
        "continuous_risk": point.risk,
        "continuous_cost": point.cost,
        "marginal_cost": None if scenarios else point.marginal_cost,
        "certificate": {
            "kkt_residual": point.certificate.kkt_residual,
            "loss": point.certificate.loss,
            "lower_bound": point.certificate.lower_bound,
            "gap": point.certificate.gap,
            "holds": point.certificate.holds,
        },
        "trades": [
            {
                "instrument": name,
                "lots": int(point.lots[i]),
                "quantity": float(point.quantity[i]),
                "continuous": float(point.continuous[i]),
            }
            for i, name in enumerate(names)
            if point.lots[i] or point.continuous[i]
        ],
    }
