"""Desk units: how Greeks are named and scaled outside. Inside they are raw (see docs/nomenclature.md)."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from hedgerow.book import Sensitivities
from hedgerow.core.arrays import Float64
from hedgerow.core.instants import DAYS_PER_YEAR

VOL_POINTS: Final = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskGreek:
    """A Greek as users see it.

    Parameters
    ----------
    name : str
        The name outside.
    raw : str
        The attribute inside.
    per_raw : float
        Desk units per raw unit. [pure]
    """

    name: str
    raw: str
    per_raw: float


DESK_GREEKS: Final = (
    DeskGreek(name="value", raw="value", per_raw=1.0),
    DeskGreek(name="delta", raw="delta", per_raw=1.0),
    DeskGreek(name="gamma", raw="gamma", per_raw=1.0),
    DeskGreek(name="vega_per_volpoint", raw="vega", per_raw=1.0 / VOL_POINTS),
    DeskGreek(name="theta_per_day", raw="theta", per_raw=1.0 / DAYS_PER_YEAR),
    DeskGreek(name="volga_per_volpoint", raw="volga", per_raw=1.0 / VOL_POINTS**2),
    DeskGreek(name="rho_per_percent", raw="rho", per_raw=0.01),
)

TARGETS: Final = (
    "delta",
    "gamma",
    "gamma_per_1pct",
    "vega_per_volpoint",
    "vanna_per_volpoint",
    "volga_per_volpoint",
)
"""Greeks that can be held neutral."""

IN_COINS: Final = frozenset({"delta", "gamma_per_1pct", "vanna_per_volpoint"})
"""Those of them that are in coins whatever the numeraire."""


def unit_names(numeraire: str, base: str) -> dict[str, str]:
    """Return the unit of every number of a ticket.

    Parameters
    ----------
    numeraire : str
        ``USD`` or the coin.
    base : str
        The coin.

    Returns
    -------
    dict of str to str
        By name. [text]
    """
    return {
        "value": numeraire,
        "delta": base,
        "gamma": f"{numeraire}/USD^2",
        "gamma_per_1pct": base,
        "vega_per_volpoint": f"{numeraire} per 0.01 vol",
        "theta_per_day": f"{numeraire}/day",
        "vanna_per_volpoint": f"{base} per 0.01 vol",
        "volga_per_volpoint": f"{numeraire} per (0.01 vol)^2",
        "rho_per_percent": f"{numeraire} per 0.01 of rate",
        "delta_by_convention": base,
        "delta_range": base,
        "risk": numeraire,
        "risk_aversion": f"per {numeraire}",
        "marginal_cost": f"{numeraire} per {numeraire} of risk",
        "cost": numeraire,
        "cost_delta": base,
        "fee": numeraire,
        "half_spread": numeraire,
        "impact": numeraire,
        "fixed": numeraire,
        "ideal": "contracts",
        "holding_cost": numeraire,
        "rounding_loss": numeraire,
        "saves": numeraire,
        "quantity": "contracts",
        "hedge_ratio": "fraction of minus the book's delta",
        "index_price": f"USD/{base}",
        "data_age": "seconds",
        **_account_units(numeraire, base),
    }


def _account_units(numeraire: str, base: str) -> dict[str, str]:
    """Return the unit of what a ticket says of accounts and their margin."""
    amounts = ("equity", "covering", "initial", "maintenance", "free", "notional", "amount", "collateral", "held")
    shares = ("usage", "liquidation_down", "liquidation_up", "probability", "jump_probability")
    return {
        **dict.fromkeys((*amounts, "cost_as_is"), numeraire),
        **dict.fromkeys(shares, "fraction"),
        **dict.fromkeys(("liquidation_price_down", "liquidation_price_up"), f"USD/{base}"),
        "leverage": "pure",
        "horizon_hours": "hours",
    }


def desk_numbers(raw: Sensitivities, *, numeraire: str, base: str, spot: float) -> dict[str, float]:
    """Express raw sensitivities in desk units.

    Parameters
    ----------
    raw : Sensitivities
        Raw value and Greeks.
    numeraire, base : str
        ``USD`` or the coin; the coin.
    spot : float
        Index price. [USD per coin]

    Returns
    -------
    dict of str to float
        Desk Greeks by name; ``gamma_per_1pct`` is the change of delta for a spot move of 1 %, ``vanna_per_volpoint``
        that for a move of all vols by a point. [see ``unit_names``]
    """
    numbers = {greek.name: getattr(raw, greek.raw) * greek.per_raw for greek in DESK_GREEKS}
    # Delta is W' in USD and S·W' in coin; its derivative in ln S is S·W'' and S·W' + S²·W''.
    per_move = raw.delta + spot * spot * raw.gamma if numeraire == base else spot * raw.gamma
    # Vanna is the derivative of W' in vol; in coin delta is S·W', so its derivative in vol is S times that.
    vanna = raw.vanna * (spot if numeraire == base else 1.0) / VOL_POINTS
    return numbers | {"gamma_per_1pct": 0.01 * per_move, "vanna_per_volpoint": vanna}


def target_weights(name: str, *, numeraire: str, base: str, spot: float) -> Float64[np.ndarray, " 8"]:
    """Return what turns raw sensitivities into one desk Greek, which is linear in them.

    Parameters
    ----------
    name : str
        One of ``TARGETS``.
    numeraire, base : str
        ``USD`` or the coin; the coin.
    spot : float
        Index price. [USD per coin]

    Returns
    -------
    ndarray of shape (8,)
        Weights of value, delta, gamma, vega, theta, vanna, volga, rho. [desk unit per raw unit]
    """
    units = (Sensitivities.of(row) for row in np.eye(8))
    return np.array([desk_numbers(unit, numeraire=numeraire, base=base, spot=spot)[name] for unit in units])
