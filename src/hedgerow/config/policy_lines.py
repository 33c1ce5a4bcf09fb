"""``[[policy]]`` tables of policies that know costs, moves or blocks; the keys stand in ``docs/study-file.md``."""

from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from hedgerow.policy import (
    EveryBlock,
    GasAware,
    Leland,
    LelandConstant,
    PriceMove,
    QuadraticImpact,
    Unhedged,
    WhalleyWilmott,
    Zakamouline,
)

PolicyT = TypeVar("PolicyT")
Balances: TypeAlias = dict[str, dict[str, float]]
"""What accounts start with under one policy, by account and currency; others keep what the study states. [currency]"""

Leverage: TypeAlias = float | Literal["optimal"] | None
"""Notional of the neutral hedge at the first price over what its account starts with; None keeps that. [pure]"""


def _made(policy: type[PolicyT], line: Any) -> PolicyT:
    """Make a policy from the keys that it shares with its table."""
    fields: tuple[str, ...] = policy.__struct_fields__  # type: ignore[attr-defined]
    return policy(**{name: getattr(line, name) for name in fields})


class EveryBlockLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="every_block"
):
    """A ``[[policy]]`` that trades at every new block, or at every quote.

    Parameters
    ----------
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> EveryBlock:
        """Make the policy.

        Returns
        -------
        EveryBlock
            The rule that decides. [as its fields]
        """
        return _made(EveryBlock, self)


class PriceMoveLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="price_move"
):
    """A ``[[policy]]`` that trades when the price has moved.

    Parameters
    ----------
    move : float
        Log-return since the last trade beyond which it trades. [fraction]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    move: float
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> PriceMove:
        """Make the policy.

        Returns
        -------
        PriceMove
            The rule that decides. [as its fields]
        """
        return _made(PriceMove, self)


class LelandLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="leland"):
    """A ``[[policy]]`` that trades at regular times to the delta at Leland's vol.

    Parameters
    ----------
    every_s : float
        The interval. [seconds]
    proportional_cost : float or None
        Cost of a trade per unit of its notional; None takes the instrument's. [fraction]
    constant : {"leland", "boyle_vorst"}
        Of Leland's number: sqrt(2/pi), or 1.
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    every_s: float
    proportional_cost: float | None = None
    constant: LelandConstant = "leland"
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> Leland:
        """Make the policy.

        Returns
        -------
        Leland
            The rule that decides. [as its fields]
        """
        return _made(Leland, self)


class WhalleyWilmottLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="whalley_wilmott"
):
    """A ``[[policy]]`` that trades to the edge of the band of small proportional costs.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/numeraire]
    proportional_cost : float or None
        Cost of a trade per unit of its notional; None takes the instrument's. [fraction]
    look_every_s : float
        It looks at every multiple of this. [seconds]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    risk_aversion: float
    proportional_cost: float | None = None
    look_every_s: float = 60.0
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> WhalleyWilmott:
        """Make the policy.

        Returns
        -------
        WhalleyWilmott
            The rule that decides. [as its fields]
        """
        return _made(WhalleyWilmott, self)


class ZakamoulineLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="zakamouline"
):
    """A ``[[policy]]`` that trades to the edge of a band fitted to the exact optimum.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/numeraire]
    proportional_cost : float or None
        Cost of a trade per unit of its notional; None takes the instrument's. [fraction]
    look_every_s : float
        It looks at every multiple of this. [seconds]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    risk_aversion: float
    proportional_cost: float | None = None
    look_every_s: float = 60.0
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> Zakamouline:
        """Make the policy.

        Returns
        -------
        Zakamouline
            The rule that decides. [as its fields]
        """
        return _made(Zakamouline, self)


class GasAwareLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="gas_aware"
):
    """A ``[[policy]]`` that trades to delta when the risk is worth the gas.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/numeraire]
    fixed_cost : float or None
        Cost of a trade of any size; None takes the gas of one swap at the study's start. [numeraire]
    multiple : float
        The band is so many times as wide as the formula says. [fraction]
    look_every_s : float
        It looks at every multiple of this. [seconds]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    risk_aversion: float
    fixed_cost: float | None = None
    multiple: float = 1.0
    look_every_s: float = 60.0
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> GasAware:
        """Make the policy.

        Returns
        -------
        GasAware
            The rule that decides. [as its fields]
        """
        return _made(GasAware, self)


class QuadraticImpactLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="quadratic_impact"
):
    """A ``[[policy]]`` that trades part of the way.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/numeraire]
    impact_cost : float
        Cost per unit of time of trading one coin per year; one dollar where P&L is counted in coins.
        [numeraire·years per unit²]
    look_every_s : float
        It looks at every multiple of this. [seconds]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    risk_aversion: float
    impact_cost: float
    look_every_s: float = 60.0
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> QuadraticImpact:
        """Make the policy.

        Returns
        -------
        QuadraticImpact
            The rule that decides. [as its fields]
        """
        return _made(QuadraticImpact, self)


class ExactLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="exact"):
    """A ``[[policy]]`` that trades out of the band which a dynamic program finds for what the study holds.

    Parameters
    ----------
    risk_aversion : float
        Constant absolute risk aversion. [1/numeraire]
    steps : int or None
        Dates of the program from the study's start to its end; None for one per hour, at most 2,000. [count]
    vol : float or None
        Vol of the price; None for that of the options, by their gamma at the money. [fraction per root of a year]
    proportional_cost : float or None
        Cost of a trade per unit of its notional; None takes the instrument's. [fraction]
    fixed_cost : float or None
        Cost of a trade of any size; None takes the gas of one swap at the study's start, or none. [numeraire]
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    risk_aversion: float
    steps: int | None = None
    vol: float | None = None
    proportional_cost: float | None = None
    fixed_cost: float | None = None
    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None


class UnhedgedLine(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="unhedged"
):
    """A ``[[policy]]`` that never trades.

    Parameters
    ----------
    name, instrument : str
        For people; what it trades, the first instrument if empty.
    balances, leverage
        What its accounts start with, instead of what the study states.
    """

    name: str = ""
    instrument: str = ""
    balances: Balances = {}
    leverage: Leverage = None

    def rule(self) -> Unhedged:
        """Make the policy.

        Returns
        -------
        Unhedged
            The rule that decides. [as its fields]
        """
        return _made(Unhedged, self)
