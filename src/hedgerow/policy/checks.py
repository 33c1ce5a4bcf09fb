"""Rules that parameters of policies share, and costs that are left to the market."""

from typing import Any, Final, TypeVar

import msgspec

from hedgerow.core.errors import InputError

LONGEST_S: Final = 1e9
_MOST: Final = 1e15
_COSTS: Final = ("proportional_cost", "fixed_cost", "impact_cost")

PolicyT = TypeVar("PolicyT")


def check_interval(name: str, value: float) -> None:
    """Refuse an interval that cannot be a policy's.

    Parameters
    ----------
    name : str
        The parameter. [text]
    value : float
        Its value. [seconds]

    Raises
    ------
    InputError
        If it is shorter than a millisecond or longer than many years.
    """
    if not 1e-3 <= value <= LONGEST_S:
        raise InputError(f"{name} = {value}", "give an interval between 0.001 and 1e9 seconds")


def check_positive(name: str, value: float, unit: str) -> None:
    """Refuse what is not a positive number.

    Parameters
    ----------
    name : str
        The parameter. [text]
    value : float
        Its value. [unit]
    unit : str
        What it counts, for the advice. [text]

    Raises
    ------
    InputError
        If it is not positive, or too large to calculate with.
    """
    if not 0.0 < value < _MOST:
        raise InputError(f"{name} = {value}", f"give a positive number, {unit}")


def check_cost(name: str, value: float | None, *, most: float = _MOST) -> None:
    """Refuse a cost that is negative; one that is not stated passes.

    Parameters
    ----------
    name : str
        The parameter. [text]
    value : float or None
        Its value. [unit of the cost]
    most : float
        It lies below this. [unit of the cost]

    Raises
    ------
    InputError
        If it is negative or too large.
    """
    if value is not None and not 0.0 <= value < most:
        raise InputError(f"{name} = {value}", f"give zero or a positive number below {most:g}")


def stated(name: str, value: float | None) -> float:
    """Return a cost that must be known by now.

    Parameters
    ----------
    name : str
        The parameter. [text]
    value : float or None
        Its value, None if nobody has stated it. [unit of the cost]

    Returns
    -------
    float
        The value. [unit of the cost]

    Raises
    ------
    InputError
        If it is None.

    References
    ----------
    A definition, no formula.
    """
    if value is None:
        raise InputError(f"{name} is not stated", f"state {name} of the policy, or fill it in with with_costs()")
    return value


def with_costs(
    policy: PolicyT,
    *,
    proportional_cost: float | None = None,
    fixed_cost: float | None = None,
    impact_cost: float | None = None,
) -> PolicyT:
    """Fill in the costs that a policy leaves to the market; what it states itself stays.

    Parameters
    ----------
    policy : Policy
        Any policy; one that knows no costs is returned as it is.
    proportional_cost : float or None
        Cost of a trade per unit of its notional, None if unknown. [fraction]
    fixed_cost : float or None
        Cost of a trade of any size, None if unknown. [quote]
    impact_cost : float or None
        Cost per unit of time of trading one unit of the underlying per year, None if unknown. [quote·years per base²]

    Returns
    -------
    Policy
        With its costs. [as its fields]

    References
    ----------
    A definition, no formula.

    Examples
    --------
    >>> from hedgerow.policy import WhalleyWilmott
    >>> with_costs(WhalleyWilmott(risk_aversion=1.0), proportional_cost=0.001).proportional_cost
    0.001
    """
    known = (proportional_cost, fixed_cost, impact_cost)
    missing: dict[str, Any] = {
        name: value
        for name, value in zip(_COSTS, known, strict=True)
        if value is not None and getattr(policy, name, 0.0) is None
    }
    return msgspec.structs.replace(policy, **missing) if missing else policy  # type: ignore[type-var]
