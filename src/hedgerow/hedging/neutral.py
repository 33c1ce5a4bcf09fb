"""The cost-free hedge of one delta with one instrument: what the policy measures its distance from."""

from dataclasses import dataclass

from hedgerow.core.errors import InputError

_MOST_LOTS = 2.0**62


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutralPlan:
    """Where the position in the hedging instrument ought to be if trading were free.

    Parameters
    ----------
    ideal : float
        The position that leaves exactly the wanted delta. [lots]
    target_lots : int
        The nearest whole number. [lots]
    residual : float
        Delta of everything with the position as expected, less the wanted delta. [coin]
    hedge_ratio : float
        Minus the hedge's expected delta over the rest's; NaN where there is nothing to hedge. [fraction]
    unit_delta : float
        Delta of one lot. [coin per lot]
    """

    ideal: float
    target_lots: int
    residual: float
    hedge_ratio: float
    unit_delta: float


def neutral_plan(
    *, delta: float, hedge_delta: float, expected_lots: int, unit_delta: float, wanted: float
) -> NeutralPlan:
    """Find the position that makes delta what it should be.

    Parameters
    ----------
    delta : float
        Delta of everything, the hedge at its expected position included. [coin]
    hedge_delta : float
        The part of it that the hedge has. [coin]
    expected_lots : int
        The expected position. [lots]
    unit_delta : float
        Delta of one more lot. [coin per lot]
    wanted : float
        The delta to have. [coin]

    Returns
    -------
    NeutralPlan
        Target and distance. [lots], [coin]

    Raises
    ------
    InputError
        If a lot has no delta, or more lots are needed than can be counted.

    References
    ----------
    The minimum-variance position of one hedge with perfect correlation: Ederington (1979), J. Finance 34:157, eq. 8.

    Examples
    --------
    >>> plan = neutral_plan(delta=9.24, hedge_delta=0.0, expected_lots=0, unit_delta=0.1, wanted=0.0)
    >>> plan.target_lots, plan.hedge_ratio
    (-92, -0.0)
    """
    if not (unit_delta > 0.0 or unit_delta < 0.0):
        raise InputError(f"a lot with a delta of {unit_delta}", "hedge with an instrument that moves with the coin")
    residual = delta - wanted
    ideal = expected_lots - residual / unit_delta
    if not abs(ideal) < _MOST_LOTS:
        raise InputError(f"a hedge of {ideal:g} lots", "trade in larger lots")
    rest = residual - hedge_delta
    return NeutralPlan(
        ideal=ideal,
        target_lots=round(ideal),
        residual=residual,
        hedge_ratio=-hedge_delta / rest if rest else float("nan"),
        unit_delta=unit_delta,
    )
