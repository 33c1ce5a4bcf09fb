"""What a ticket says of accounts under a margin rule, before the trades and after them; and the same as JSON."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What one account has and needs.

    Parameters
    ----------
    equity : float
        Everything in it at its mark. [numeraire]
    covering : float
        What of it covers margin. [numeraire]
    initial, maintenance : float
        Margin that its positions need. [numeraire]
    notional : float
        Sum of absolute notionals of its futures. [numeraire]
    liquidation_down, liquidation_up : float or None
        Nearest moves of the spot at which it is liquidated, everything else as it is; None where none does it.
        [fraction]
    probability : float
        That the spot touches either within the horizon. [fraction]
    parts : tuple of (str, float)
        What the initial margin consists of. [numeraire]
    jump_probability : float or None
        The same by the jumps of the desk's Merton model; None where it states none. [fraction]
    """

    equity: float
    covering: float
    initial: float
    maintenance: float
    notional: float
    liquidation_down: float | None
    liquidation_up: float | None
    probability: float
    parts: tuple[tuple[str, float], ...] = ()
    jump_probability: float | None = None

    @property
    def leverage(self) -> float | None:
        """Notional of futures over what covers margin; None where nothing does. [pure]"""
        return self.notional / self.covering if self.covering > 0.0 else None

    @property
    def usage(self) -> float | None:
        """Maintenance margin over what covers it; None where nothing does. [fraction]"""
        return self.maintenance / self.covering if self.covering > 0.0 else None

    def to_dict(self, spot: float) -> dict[str, Any]:
        """Return it for machines.

        Parameters
        ----------
        spot : float
            Index now. [USD per coin]

        Returns
        -------
        dict
            Numbers by name. [numeraire], [fraction], [USD per coin]
        """
        moves = {"down": self.liquidation_down, "up": self.liquidation_up}
        return {
            "equity": self.equity,
            "covering": self.covering,
            "initial": self.initial,
            "maintenance": self.maintenance,
            "free": self.covering - self.initial,
            "usage": self.usage,
            "notional": self.notional,
            "leverage": self.leverage,
            "liquidation_down": self.liquidation_down,
            "liquidation_up": self.liquidation_up,
            "liquidation_price_down": None if moves["down"] is None else spot * (1.0 + moves["down"]),
            "liquidation_price_up": None if moves["up"] is None else spot * (1.0 + moves["up"]),
            "probability": self.probability,
            "jump_probability": self.jump_probability,
            "parts": [{"name": name, "amount": amount} for name, amount in self.parts],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageAdvice:
    """The collateral at which capital and the risk of liquidation of an account cost least.

    Parameters
    ----------
    leverage : float
        Notional of its futures over what covers margin then. [pure]
    collateral : float
        What should lie in it after the trades, in the currencies that it holds, before haircuts. [numeraire]
    held : float
        What lies in it. [numeraire]
    cost, cost_as_is : float
        Of capital and of liquidation over the holding period, with that collateral and with what lies in it.
        [numeraire]
    probability : float
        Of liquidation within it, with that collateral. [fraction]
    """

    leverage: float
    collateral: float
    held: float
    cost: float
    cost_as_is: float
    probability: float

    def to_dict(self) -> dict[str, float]:
        """Return it for machines.

        Returns
        -------
        dict
            Numbers by name. [as its fields]
        """
        return {
            "leverage": self.leverage,
            "collateral": self.collateral,
            "held": self.held,
            "cost": self.cost,
            "cost_as_is": self.cost_as_is,
            "probability": self.probability,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account before the trades and after them.

    Parameters
    ----------
    name, venue, rule, mode : str
        Of the desk file; the rule with the day of its tables.
    horizon_hours : float
        Over which the probability counts. [hours]
    before, after : AccountState
        What it has and needs; after, costs are paid.
    best : LeverageAdvice or None
        Where the desk file prices capital and liquidation.
    no_best : str
        Why there is none although it does. [text]
    """

    name: str
    venue: str
    rule: str
    mode: str
    horizon_hours: float
    before: AccountState
    after: AccountState
    best: LeverageAdvice | None = None
    no_best: str = ""

    def to_dict(self, spot: float) -> dict[str, Any]:
        """Return it for machines.

        Parameters
        ----------
        spot : float
            Index now. [USD per coin]

        Returns
        -------
        dict
            Plain numbers, texts and lists. [as its fields]
        """
        return {
            "name": self.name,
            "venue": self.venue or None,
            "rule": self.rule,
            "mode": self.mode,
            "horizon_hours": self.horizon_hours,
            "before": self.before.to_dict(spot),
            "after": self.after.to_dict(spot),
            "best_leverage": None if self.best is None else self.best.to_dict(),
            "no_best_leverage": self.no_best or None,
        }
